# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, with redis-py's client replaced. A real server: tests/integration/redis_role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import redis_role
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.redis import MASTER, REPLICA, Redis

FOLLOW: dict[str, Any] = {"role": "replica", "master_host": "10.0.0.1"}
DOWN = {**REPLICA, "master_link_status": "down"}
Serve = Callable[..., Redis]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(redis_role.main, capsys, {})


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Put a client in place that answers so."""

    def put(*answers: dict[str, Any] | Exception) -> Redis:
        client = Redis(*answers)
        monkeypatch.setattr(redis_role, "connect", lambda _: client)
        return client

    return put


def test_a_master_becomes_a_replica_and_its_link_is_awaited(run: Run, serve: Serve) -> None:
    client = serve(MASTER, DOWN, REPLICA)
    result = run(**FOLLOW)
    assert (result["changed"], result["role"], result["link"]) == (True, "replica", "up")
    assert result["diff"] == {
        "before": {"role": "master"},
        "after": {"role": "replica", "master_host": "10.0.0.1", "master_port": 6379},
    }
    assert client.commands == [("REPLICAOF", "10.0.0.1", 6379)]


def test_a_replica_becomes_a_master(run: Run, serve: Serve) -> None:
    client = serve(REPLICA, MASTER)
    result = run(role="master")
    assert (result["changed"], result["role"], result["link"]) == (True, "master", "")
    assert result["diff"]["after"] == {"role": "master"}
    assert client.commands == [("REPLICAOF", "NO", "ONE")]


@pytest.mark.parametrize(("answer", "options"), [(MASTER, {"role": "master"}), (REPLICA, FOLLOW)])
def test_a_role_that_it_has_is_left_alone(run: Run, serve: Serve, answer: Any, options: dict[str, Any]) -> None:
    client = serve(answer)
    result = run(**options)
    assert (result["changed"], client.commands) == (False, [])
    assert result["diff"]["before"] == result["diff"]["after"]


@pytest.mark.parametrize("changed", [{"master_host": "10.0.0.9"}, {"master_port": 6380}])
def test_another_master_is_another_role(run: Run, serve: Serve, changed: dict[str, Any]) -> None:
    client = serve({**REPLICA, **changed}, REPLICA)
    assert run(**FOLLOW)["changed"]
    assert len(client.commands) == 1


def test_check_mode_sends_nothing_and_does_not_wait(run: Run, serve: Serve) -> None:
    client = serve(MASTER)
    result = run(_check=True, **FOLLOW)
    assert (result["changed"], result["role"], client.commands) == (True, "master", [])
    assert result["diff"]["after"]["role"] == "replica"
    serve(DOWN)
    assert run(_check=True, **FOLLOW)["changed"] is False


def test_a_link_that_stays_down_is_a_failure_even_of_a_replica_that_was_one(run: Run, serve: Serve) -> None:
    client = serve(DOWN)
    result = run(wait_seconds=0.2, **FOLLOW)
    assert result["failed"]
    assert "Not ready after 0.2 s: the link to 10.0.0.1:6379 is down" in result["msg"]
    assert client.commands == []


def test_without_waiting_the_link_may_be_down(run: Run, serve: Serve) -> None:
    serve(MASTER, DOWN)
    result = run(wait_seconds=0, **FOLLOW)
    assert (result["changed"], result["link"]) == (True, "down")


def test_no_server_is_a_failure(run: Run, serve: Serve) -> None:
    serve(RedisConnectionError("refused"))
    assert run(role="master")["msg"] == "Redis does not tell its role: refused"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"role": "replica"}, "master_host"),
        ({"role": "slave"}, "value of role must be one of: master, replica"),
        ({"role": "master", "master_host": "10.0.0.1"}, "a master has no master"),
        ({**FOLLOW, "wait_seconds": -1}, "wait_seconds is -1; it has to be 0 or more"),
    ],
)
def test_bad_options_fail_with_a_sentence(run: Run, serve: Serve, options: dict[str, Any], part: str) -> None:
    client = serve(MASTER)
    result = run(**options)
    assert result["failed"]
    assert part in result["msg"]
    assert client.commands == []
