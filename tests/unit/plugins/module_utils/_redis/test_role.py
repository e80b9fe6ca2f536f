# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._redis.connection import arguments
from ansible_collections.multicloud.dr.plugins.module_utils._redis.role import (
    Role,
    RoleError,
    await_ready,
    change,
    parse,
    read,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.unit.fakes.redis import MASTER, REPLICA, Redis

WANTED = ("replica", "10.0.0.1", 6379)


class Clock:
    """Sleeping makes the time pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait(client: Redis, seconds: float = 1) -> Role:
    clock = Clock()
    return await_ready(lambda: read(client), WANTED, seconds, clock, clock.sleep)


def test_a_master_with_a_replica() -> None:
    replica = {"ip": "10.0.0.2", "port": 6379, "state": "online", "offset": 90, "lag": 1}
    role = parse({**MASTER, "connected_slaves": 1, "slave0": replica})
    assert role.facts() == {
        "role": "master",
        "master_host": "",
        "master_port": 0,
        "link": "",
        "syncing": False,
        "last_io_seconds": None,
        "replication_id": "f" * 40,
        "offset": 100,
        "replicas": [{"address": "10.0.0.2", "port": 6379, "state": "online", "offset": 90, "lag_seconds": 1}],
    }
    assert role.ready


def test_a_replica() -> None:
    role = parse(REPLICA)
    assert (role.role, role.master_host, role.master_port, role.link) == ("replica", "10.0.0.1", 6379, "up")
    assert (role.offset, role.last_io_seconds, role.ready) == (95, 0, True)


def test_a_replica_without_a_link() -> None:
    down = {"master_link_status": "down", "master_last_io_seconds_ago": -1, "slave_repl_offset": -1}
    role = parse({**REPLICA, **down, "master_sync_in_progress": 1})
    assert (role.link, role.last_io_seconds, role.offset, role.syncing) == ("down", None, None, True)
    assert not role.ready


@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        (("replica", "10.0.0.1", 6379), True),
        (("replica", "10.0.0.1", 6380), False),
        (("replica", "10.0.0.2", 6379), False),
        (("master", "", 6379), False),
    ],
)
def test_the_role_of_a_replica_has_a_master(wanted: tuple[str, str, int], is_it: bool) -> None:
    assert parse(REPLICA).is_(*wanted) is is_it


def test_the_port_says_nothing_about_a_master() -> None:
    assert parse(MASTER).is_("master", "", 6379)


def test_roles_are_changed_at_run_time_only() -> None:
    client = Redis(MASTER)
    change(client, "replica", "10.0.0.1", 6379)
    change(client, "master", "", 6379)
    assert client.commands == [("REPLICAOF", "10.0.0.1", 6379), ("REPLICAOF", "NO", "ONE")]


def test_errors_are_sentences() -> None:
    client = Redis(RedisConnectionError("refused"))
    with pytest.raises(RoleError, match="Redis does not tell its role: refused"):
        read(client)
    with pytest.raises(RoleError, match="Redis refuses REPLICAOF NO ONE: refused"):
        change(client, "master", "", 0)


def test_waiting_ends_when_the_link_is_up() -> None:
    down = {**REPLICA, "master_link_status": "down"}
    assert wait(Redis(down, down, REPLICA)).link == "up"


def test_a_server_that_loads_a_snapshot_is_asked_again() -> None:
    assert wait(Redis(RedisConnectionError("loading"), REPLICA)).link == "up"


@pytest.mark.parametrize(
    ("last", "part"),
    [
        ({**REPLICA, "master_link_status": "down"}, "to 10.0.0.1:6379 is down, no synchronisation"),
        (
            {**REPLICA, "master_link_status": "down", "master_sync_in_progress": 1},
            "a full synchronisation is under way",
        ),
        (MASTER, "Redis is master, something else has changed its role"),
        ({**REPLICA, "master_host": "10.0.0.9"}, "Redis is replica of 10.0.0.9:6379, something else"),
        (RedisConnectionError("loading"), "does not tell its role: loading"),
    ],
)
def test_waiting_has_an_end_and_tells_what_was_seen_last(last: Any, part: str) -> None:
    with pytest.raises(RoleError, match=f"Not ready after 1 s: .*{part}"):
        wait(Redis(*[last] * 20))


LOGIN = {
    "login_unix_socket": None,
    "login_host": "10.0.0.1",
    "login_port": 6379,
    "login_user": "admin",
    "login_password": "secret",
    "tls": True,
    "ca_cert": "/ca",
    "check_hostname": True,
    "connect_timeout": 5,
}


def test_tls_checks_the_certificate_and_the_name() -> None:
    made = arguments(LOGIN)
    assert (made["host"], made["ssl"], made["ssl_ca_certs"], made["ssl_check_hostname"]) == (
        *("10.0.0.1", True, "/ca", True),
    )
    assert (made["username"], made["password"], made["socket_timeout"]) == ("admin", "secret", 5)


def test_without_tls_there_is_no_certificate() -> None:
    made = arguments({**LOGIN, "tls": False})
    assert made["ssl"] is False
    assert "ssl_ca_certs" not in made


def test_a_socket_goes_before_an_address() -> None:
    made = arguments({**LOGIN, "login_unix_socket": "/sock"})
    assert made["unix_socket_path"] == "/sock"
    assert not {"host", "ssl"} & made.keys()
