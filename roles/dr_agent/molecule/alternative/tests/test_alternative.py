# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site without its other half: it writes with the witness alone, and its Redis with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ...conftest import Site, Table

testinfra_hosts = ["ansible://db1"]
Wait = Callable[..., None]


@pytest.fixture(scope="module")
def site() -> Site:
    return Site("db1", "10.10.0.21", 8118)


@pytest.fixture(scope="module")
def table() -> Table:
    return Table("other", "us-west-2")


def redis_role(site: Site) -> str:
    password = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "secrets", "redis").read_text()
    client = "redis-cli --no-auth-warning --tls --cacert /etc/dr-agent/ca.crt -h 10.10.0.21 -p 7379 --user mover"
    return site.do(f"REDISCLI_AUTH={password} {client} INFO replication | grep ^role: | tr -d '\\r'")


def test_database_and_redis_are_open(site: Site, wait: Wait) -> None:
    wait(lambda: site.code("/primary") == "200", "the database is open")
    wait(lambda: site.code("/redis/primary") == "200", "Redis is open")
    assert redis_role(site) == "role:master"
    assert site.code("/redis/replica") == "200"
    assert site.status()["peer"]["answers"] is False


def test_redis_restarted_is_opened_again(site: Site, wait: Wait) -> None:
    site.do("systemctl restart redis-server")
    wait(lambda: site.code("/redis/primary") == "200" and redis_role(site) == "role:master", "Redis is open again")


def test_both_close_with_the_lease_of_another_site(site: Site, table: Table, wait: Wait) -> None:
    table.promote("south")
    wait(site.closed, "the database is closed")
    wait(lambda: redis_role(site) == "role:slave", "Redis is a replica")
    assert (site.code("/primary"), site.code("/redis/primary"), site.status()["role"]) == ("503", "503", "standby")
    epoch = table.promote("north")
    wait(lambda: site.code("/redis/primary") == "200", "both are open again")
    assert int(table.record()["lease_epoch"]) == epoch


def test_without_the_witness_and_without_a_peer_it_stops(site: Site, wait: Wait) -> None:
    site.do("ip route add blackhole 10.10.0.40/32")
    try:
        wait(site.closed, "the lease has run out", 20)
    finally:
        site.do("ip route delete blackhole 10.10.0.40/32")
    wait(lambda: site.code("/primary") == "200", "it is open again")
