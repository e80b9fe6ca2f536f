"""Two agents over Redis; that of cache1 opens. The tests build on each other."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import testinfra

testinfra_hosts = ["ansible://cache1"]


class Site:
    def __init__(self, name: str, address: str) -> None:
        self.address = address
        self.host = testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])

    def code(self, path: str) -> str:
        url = f"http://{self.address}:8118{path}"
        output: str = CACHE1.host.run(f"curl -s -o /dev/null -w '%{{http_code}}' --max-time 2 '{url}'").stdout
        return output

    def status(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.host.check_output(f"curl -sf http://{self.address}:8118/status"))
        return result

    def systemctl(self, command: str) -> None:
        self.host.check_output(f"systemctl {command}")


CACHE1, CACHE2 = Site("cache1", "10.10.0.31"), Site("cache2", "10.10.0.32")


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def test_one_writer_and_its_replica() -> None:
    wait(lambda: CACHE1.code("/primary") == "200")
    wait(lambda: CACHE2.code("/replica?max_lag=15") == "200")
    assert CACHE2.code("/primary") == "503"
    # The site's role is told by its database only.
    assert [site.code("/dr/active") for site in (CACHE1, CACHE2)] == ["503", "503"]


def test_the_password_is_not_readable_by_others() -> None:
    config = CACHE1.host.file("/etc/dr-agent/config.json")
    assert (config.user, config.group, config.mode) == ("root", "dr-agent", 0o640)


def test_restarted_redis_is_opened_again() -> None:
    CACHE1.systemctl("restart redis-server")
    wait(lambda: CACHE1.code("/primary") == "200")
    wait(lambda: CACHE2.code("/replica?max_lag=15") == "200")


def test_the_standby_is_never_opened() -> None:
    """Not even when the writer's site is gone, and its own Redis and agent start anew."""
    CACHE1.systemctl("stop redis-server dr-agent")
    try:
        CACHE2.systemctl("restart redis-server dr-agent")
        wait(lambda: CACHE2.code("/replica") == "200")
        assert CACHE2.code("/replica?max_lag=15") == "503"
        assert CACHE2.code("/primary") == "503"
        assert "standby" in CACHE2.status()["reason"]
    finally:
        CACHE1.systemctl("start redis-server dr-agent")
    wait(lambda: CACHE1.code("/primary") == "200")


def test_no_second_writer_beside_a_writing_peer() -> None:
    """Somebody opens the standby by hand: the writer, restarted, stays closed until that is undone."""
    redis = "redis-cli --no-auth-warning --user mover -s /run/redis/redis-server.sock REPLICAOF"
    password = (
        'export REDISCLI_AUTH=$(python3 -c "import json; '
        "print(json.load(open('/etc/dr-agent/config.json'))['redis_password'])\")"
    )
    CACHE1.systemctl("stop redis-server")
    CACHE2.host.check_output(f"{password}; {redis} NO ONE")
    try:
        wait(lambda: CACHE2.code("/primary") == "200")
        CACHE1.systemctl("start redis-server")
        wait(lambda: "peer takes writes" in CACHE1.status()["reason"])
        assert CACHE1.code("/primary") == "503"
    finally:
        CACHE1.systemctl("start redis-server")
        CACHE2.host.check_output(f"{password}; {redis} {CACHE1.address} 7379")
    wait(lambda: CACHE1.code("/primary") == "200")


def test_silent_peer_holds_nobody_up_for_long() -> None:
    """The hazard of fixed roles, as the README tells it."""
    CACHE2.systemctl("stop dr-agent")
    try:
        CACHE1.systemctl("restart redis-server")
        # The journal first: for a moment after the restart the agent still answers what it saw before it.
        wait(lambda: "hazard" in CACHE1.host.check_output("journalctl -u dr-agent -o cat | grep open: | tail -1"))
        wait(lambda: CACHE1.code("/primary") == "200")
    finally:
        CACHE2.systemctl("start dr-agent")
