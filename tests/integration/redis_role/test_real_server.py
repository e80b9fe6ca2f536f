# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis_role against two real servers: ``pytest tests/integration/redis_role``; redis-server on the PATH, no root."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.multicloud.dr.plugins.modules import redis_role, redis_role_info

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.aws import free_port

SECONDS = 30
# As the role redis makes its users: nothing but what the module says that it needs.
USERS = """\
user default off
user replication on >secret +ping +psync +replconf
user admin on >secret +info +replicaof
user shop on >secret ~* +set +get +ping
"""


class Server:
    """A Redis on loopback, with an ACL and without persistence."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail("redis-server is not on the PATH; these tests need it.")
        folder.mkdir()
        self.config = folder / "redis.conf"
        self.port = free_port()
        users = folder / "users.acl"
        users.write_text(USERS)
        settings = [f"port {self.port}", "bind 127.0.0.1", f"dir {folder}", 'save ""', f"aclfile {users}"]
        settings += ["masteruser replication", "masterauth secret", "repl-diskless-sync-delay 0"]
        self.config.write_text("\n".join(settings) + "\n")
        self.process = subprocess.Popen([program, str(self.config)], stdout=subprocess.DEVNULL)

    @property
    def login(self) -> dict[str, Any]:
        login = {"login_host": "127.0.0.1", "login_port": self.port, "tls": False}
        return {**login, "login_user": "admin", "login_password": "secret"}

    def shop(self) -> Any:
        return redis.Redis(port=self.port, username="shop", password="secret", decode_responses=True)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    made = [Server(tmp_path / name) for name in ("first", "second")]
    try:
        for server in made:
            _await_answer(server)
        yield made
    finally:
        for server in made:
            server.process.terminate()
            server.process.wait(SECONDS)


def _await_answer(server: Server) -> None:
    end = time.monotonic() + SECONDS
    with server.shop() as client:
        while True:
            try:
                client.ping()
                return
            except redis.exceptions.ConnectionError:
                assert time.monotonic() < end and server.process.poll() is None
                time.sleep(0.05)


@pytest.fixture
def manage(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(redis_role.main, capsys, {})


@pytest.fixture
def info(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(redis_role_info.main, capsys, {})


def test_there_and_back(servers: list[Server], manage: Run, info: Run) -> None:
    first, second = servers
    written = second.config.read_text()
    with first.shop() as client:
        client.set("cart", "3")
    follow = {**second.login, "role": "replica", "master_host": "127.0.0.1", "master_port": first.port}
    assert manage(_check=True, **follow)["changed"]
    assert info(**second.login)["role"] == "master", "check mode changed it"
    made = manage(**follow)
    assert (made["changed"], made["link"], made["replication_id"]) == (
        True,
        "up",
        info(**first.login)["replication_id"],
    )
    assert [replica["port"] for replica in info(**first.login)["replicas"]] == [second.port]
    with second.shop() as client:
        assert client.get("cart") == "3"
        with pytest.raises(redis.exceptions.ReadOnlyError):
            client.set("cart", "4")
        assert manage(**follow)["changed"] is False
        assert manage(**{**second.login, "role": "master"})["changed"]
        client.set("cart", "4")
    assert manage(**{**second.login, "role": "master"})["changed"] is False
    assert second.config.read_text() == written


def test_a_master_that_does_not_answer(servers: list[Server], manage: Run) -> None:
    nowhere = {**servers[1].login, "role": "replica", "master_host": "127.0.0.1", "master_port": free_port()}
    result = manage(wait_seconds=1, **nowhere)
    assert result["failed"]
    assert "Not ready after 1 s: the link to 127.0.0.1" in result["msg"]
    assert manage(wait_seconds=0, **nowhere)["changed"] is False, "the role stays"
