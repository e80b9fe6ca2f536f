"""Two Redis servers, each configured as a replica of the other; the tests are the agent. They build on each other."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import testinfra

EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
PORT = 7379
MIB = 1 << 20


class Redis:
    """One of the servers. Commands go over the network from the other host."""

    def __init__(self, name: str, address: str) -> None:
        self.address = address
        self.host = self._connect(name)
        self.client = self._connect("cache2" if name == "cache1" else "cache1")

    @staticmethod
    def _connect(name: str) -> Any:
        return testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])

    def __call__(self, command: str, user: str = "shop", stdin: str = "true", local: bool = False) -> str:
        """What redis-cli prints; `stdin` is a shell command whose output it reads."""
        password = (EPHEMERAL / "secrets" / user).read_text()
        client = (
            f"redis-cli --no-auth-warning --user {user} --tls --cacert /etc/redis/ca.crt -h {self.address} -p {PORT}"
        )
        host = self.host if local else self.client
        output: str = host.run(f"{stdin} | REDISCLI_AUTH={password} timeout 10 {client} {command} 2>&1").stdout.strip()
        return output

    def info(self, section: str, local: bool = False) -> dict[str, str]:
        """INFO as a dictionary."""
        lines = self(f"INFO {section}", "monitor", local=local).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def follow(self, other: "Redis | None") -> None:
        """Become a replica, or the writer."""
        target = f"{other.address} {PORT}" if other else "NO ONE"
        assert self(f"REPLICAOF {target}", "admin") == "OK"

    def syncs(self) -> tuple[int, int]:
        """How many full copies and how many partial ones this server has given since it started."""
        stats = self.info("stats")
        return int(stats["sync_full"]), int(stats["sync_partial_ok"])


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def linked(replica: Redis, local: bool = False) -> bool:
    return replica.info("replication", local).get("master_link_status") == "up"


def caught_up(writer: Redis, replica: Redis) -> bool:
    ours, theirs = writer.info("replication"), replica.info("replication")
    return theirs["master_link_status"] == "up" and ours["master_repl_offset"] == theirs["master_repl_offset"]


@pytest.fixture(scope="module")
def one() -> Redis:
    return Redis("cache1", "10.10.0.31")


@pytest.fixture(scope="module")
def two() -> Redis:
    return Redis("cache2", "10.10.0.32")


@pytest.fixture(scope="module", autouse=True)
def closed(one: Redis, two: Redis) -> None:
    """Both as after a boot."""
    for server in (one, two):
        server.host.check_output("systemctl restart redis-server")


def test_both_wait_read_only(one: Redis, two: Redis) -> None:
    for server, peer in ((one, two), (two, one)):
        assert server("SET a 1").startswith("READONLY")
        assert server("ROLE", "monitor").split()[:3] == ["slave", peer.address, str(PORT)]
        assert not linked(server)


def test_settings(one: Redis) -> None:
    for name, value in {
        "bind": one.address,
        "maxmemory": str(64 * MIB),
        "maxmemory-policy": "noeviction",
        "appendfsync": "always",
        # 1 KiB/s over 60 s is below the floor of 1 MiB, for both.
        "repl-backlog-size": str(MIB),
        "min-replicas-to-write": "1",
        "min-replicas-max-lag": "30",
        "repl-timeout": "5",
        "repl-ping-replica-period": "1",
    }.items():
        assert one(f"CONFIG GET {name}", "admin").split() == [name, value]
    assert f"slave {2 * MIB} 0 0" in one("CONFIG GET client-output-buffer-limit", "admin")


def test_the_opened_one_takes_writes_and_the_other_follows(one: Redis, two: Redis) -> None:
    one.follow(None)
    wait(lambda: linked(two))
    wait(lambda: one("SET a 1") == "OK")
    wait(lambda: two("GET a") == "1")
    assert two("SET a 2").startswith("READONLY")


def test_min_replicas(one: Redis, two: Redis) -> None:
    two.host.check_output("systemctl stop redis-server")
    wait(lambda: one("SET b 1").startswith("NOREPLICAS"))
    two.host.check_output("systemctl start redis-server")
    wait(lambda: one("SET b 1") == "OK")


def outage(one: Redis, two: Redis, written: int) -> tuple[int, int]:
    """Cut the link until the replica has noticed and write so many bytes; how many full and partial copies it cost."""
    wait(lambda: caught_up(one, two))
    full, partial = one.syncs()
    chain = f"chain c {{ type filter hook prerouting priority -300; ip saddr {one.address} tcp sport {PORT} drop; }};"
    two.host.check_output(f"echo 'table inet cut {{ {chain} }}' | nft -f -")
    try:
        assert one("-x SET big", stdin=f"head -c {written} /dev/zero | tr '\\0' x", local=True) == "OK"
        wait(lambda: not linked(two, local=True))
    finally:
        two.host.check_output("nft delete table inet cut")
    wait(lambda: linked(two))
    wait(lambda: caught_up(one, two))
    assert two("STRLEN big") == str(written)
    full_after, partial_after = one.syncs()
    return full_after - full, partial_after - partial


def test_an_outage_within_the_backlog_costs_no_full_copy(one: Redis, two: Redis) -> None:
    assert outage(one, two, MIB // 2) == (0, 1)


def test_an_outage_beyond_the_backlog_costs_one(one: Redis, two: Redis) -> None:
    assert outage(one, two, 2 * MIB) == (1, 0)


def test_changing_places_costs_no_full_copy(one: Redis, two: Redis) -> None:
    wait(lambda: caught_up(one, two))
    before = two.syncs()
    two.follow(None)
    one.follow(two)
    wait(lambda: linked(one))
    wait(lambda: two("SET c 1") == "OK")
    wait(lambda: one("GET c") == "1")
    assert one("SET c 2").startswith("READONLY")
    assert two.syncs() == (before[0], before[1] + 1)


def test_both_crash_and_nothing_is_lost(one: Redis, two: Redis) -> None:
    assert two("SET d 1") == "OK"
    for server in (one, two):
        server.host.check_output("systemctl kill -s KILL redis-server")
    # Both read-only, each waiting for the other, neither copying from the other.
    for server in (one, two):
        wait(lambda server=server: server("SET d 2").startswith("READONLY"))  # type: ignore[misc]
        assert not linked(server)
    assert two("GET d") == "1"
    two.follow(None)
    wait(lambda: linked(one))
    wait(lambda: two("SET e 1") == "OK")
    assert [one(f"GET {key}") for key in "abcde"] == ["1"] * 5
    # A process that has read an append-only file knows no replication id: the one full copy that a restart costs.
    assert two.syncs() == (1, 0)


def test_users_of_the_list(one: Redis) -> None:
    assert one("INFO server", "monitor").startswith("# Server")
    assert one("GET a", "monitor").startswith("NOPERM")
    assert one("KEYS x").startswith("NOPERM")
    assert one("PUBLISH news x") == "0"
    assert one("PUBLISH other x").startswith("NOPERM")
