# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, with PyMySQL's connect replaced. A real server: tests/integration/mysql_salvage."""

from __future__ import annotations

from typing import Any

import pymysql
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.connection import CIPHER
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.gtids import HEARTBEAT, SERVER
from ansible_collections.multicloud.dr.plugins.modules import mysql_gtid_info

from tests.unit.fakes.ansible_module import Run, runner

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
ROW = {
    "server_uuid": UUID,
    "version": "9.7.4",
    "read_only": 1,
    "super_read_only": 1,
    "executed": f"{UUID}:1-5",
    "purged": "",
}


class Connection:
    """Answers statements from a dict; an exception is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self._rows: list[dict[str, Any]] = []
        self.closed = False

    def cursor(self, _: object) -> Connection:
        return self

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        """The cursor's end."""

    def execute(self, statement: str) -> None:
        answer = self._answers[statement]
        if isinstance(answer, Exception):
            raise answer
        self._rows = answer

    def fetchall(self) -> list[dict[str, Any]]:
        return self._rows

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Its answers, to be changed; ``connection`` is the last one made, ``arguments`` how."""
    missing = pymysql.err.ProgrammingError(1146, "Table 'dr.heartbeat' doesn't exist")
    state: dict[str, Any] = {"SHOW REPLICA STATUS": [], SERVER: [ROW], HEARTBEAT: missing}

    def connect(**arguments: Any) -> Connection:
        made = Connection(state)
        state.update(connection=made, arguments=arguments)
        return made

    monkeypatch.setattr(pymysql, "connect", connect)
    return state


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(mysql_gtid_info.main, capsys, {})


def test_facts(run: Run, server: dict[str, Any]) -> None:
    result = run(login_unix_socket="/run/sock", login_user="root", compare_to=f"{UUID}:1-3")
    assert (result["changed"], result["errant"], result["counts"]["errant"]) == (False, f"{UUID}:4-5", 2)
    assert (result["heartbeat"], result["writable"], result["applied"]) == (None, False, True)
    assert server["arguments"]["unix_socket"] == "/run/sock"
    assert server["connection"].closed


def test_a_server_that_refuses_a_statement(run: Run, server: dict[str, Any]) -> None:
    server["SHOW REPLICA STATUS"] = pymysql.err.OperationalError(1227, "Access denied")
    result = run(login_host="10.0.0.1")
    assert (result["failed"], result["error_code"]) == (True, 1227)
    assert result["msg"] == "MySQL at 10.0.0.1:3306 refuses 'SHOW REPLICA STATUS': Access denied"
    assert server["connection"].closed


def test_no_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(**_: Any) -> None:
        raise pymysql.err.OperationalError(2003, "Connection refused")

    monkeypatch.setattr(pymysql, "connect", connect)
    result = run(login_unix_socket="/nowhere")
    assert (result["msg"], result["error_code"]) == ("No connection to MySQL at /nowhere: Connection refused", 2003)


@pytest.mark.parametrize(("cipher", "failed"), [("", True), ("TLS_AES_256_GCM_SHA384", False)])
def test_a_certificate_means_tls(run: Run, server: dict[str, Any], cipher: str, failed: bool) -> None:
    server[CIPHER] = [{"Variable_name": "Ssl_cipher", "Value": cipher}]
    result = run(login_host="10.0.0.1", ca_cert="/ca.crt")
    assert (result.get("failed", False), server["connection"].closed) == (failed, True)
    assert not failed or result["msg"].endswith("it offers no TLS, but ca_cert is given")


def test_a_set_that_is_none_fails_with_a_sentence(run: Run, server: dict[str, Any]) -> None:
    result = run(compare_to="12")
    assert result["failed"]
    assert result["msg"].startswith("compare_to is '12': ")
    assert "connection" not in server


def test_the_password_is_not_shown(run: Run, server: dict[str, Any]) -> None:
    server[SERVER] = [{**ROW, "version": "a-secret-word"}]
    assert "a-secret-word" not in str(run(login_password="a-secret-word"))
