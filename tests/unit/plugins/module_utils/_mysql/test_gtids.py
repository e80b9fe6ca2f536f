# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.connection import QueryError, arguments
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.gtids import HEARTBEAT, SERVER, read

A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4f22fb58-71ca-11e1-9e33-c80aa9429563"
BEAT = {"site": "gcp", "server_uuid": A, "at": datetime(2026, 1, 1, 12, 0, 0, 123), "age": Decimal("0.7")}


def channel(received: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "Channel_Name": "",
        "Source_Host": "10.20.0.20",
        "Source_Port": 3306,
        "Source_UUID": B,
        "Retrieved_Gtid_Set": received,
        "Replica_IO_Running": "Yes",
        "Replica_SQL_Running": "Yes",
        "Auto_Position": 1,
        "Last_IO_Error": "",
        "Last_SQL_Error": "",
        **changes,
    }


class Server:
    """Answers the three questions, and remembers in which order they came."""

    def __init__(self, executed: str = "", *channels: dict[str, Any], heartbeat: Any = (), **changes: Any) -> None:
        server = {
            "server_uuid": A,
            "version": "9.7.4",
            "read_only": 0,
            "super_read_only": 0,
            "executed": executed,
            "purged": "",
        }
        self._answers = {"SHOW REPLICA STATUS": channels, SERVER: [{**server, **changes}], HEARTBEAT: heartbeat}
        self.asked: list[str] = []

    def __call__(self, statement: str) -> list[dict[str, Any]]:
        self.asked.append(statement)
        answer = self._answers[statement]
        if isinstance(answer, Exception):
            raise answer
        return list(answer)


def test_sets_are_canonical_and_counted() -> None:
    facts = read(Server(f"{A.upper()}:1-5,\n{B}:7", purged=f"{A}:1-2"), None)
    assert (facts["executed"], facts["purged"]) == (f"{A}:1-5,{B}:7", f"{A}:1-2")
    assert facts["counts"] == {"executed": 6, "purged": 2, "received": 0, "pending": 0}
    assert "errant" not in facts


def test_errant_and_missing() -> None:
    facts = read(Server(f"{A}:1-5:drill:1"), GtidSet.parse(f"{A}:1-3,{B}:1-2"))
    assert (facts["errant"], facts["missing"]) == (f"{A}:4-5:drill:1", f"{B}:1-2")
    assert (facts["counts"]["errant"], facts["counts"]["missing"]) == (3, 2)


def test_an_empty_set_is_compared_too() -> None:
    assert read(Server(f"{A}:1"), GtidSet())["errant"] == f"{A}:1"


@pytest.mark.parametrize(
    ("executed", "applied", "pending"),
    [(f"{A}:1,{B}:1-4", True, ""), (f"{A}:1,{B}:1-2", False, f"{B}:3-4"), ("", False, f"{B}:1-4")],
)
def test_applied_means_everything_received_is_executed(executed: str, applied: bool, pending: str) -> None:
    facts = read(Server(executed, channel(f"{B}:1-2"), channel(f"{B}:3-4", Channel_Name="second")), None)
    assert (facts["applied"], facts["pending"], facts["received"]) == (applied, pending, f"{B}:1-4")
    assert [each["name"] for each in facts["channels"]] == ["", "second"]


def test_a_server_that_follows_nobody_has_nothing_to_apply() -> None:
    assert read(Server(f"{A}:1"), None)["applied"] is True


def test_received_is_read_before_executed() -> None:
    server = Server()
    read(server, None)
    assert server.asked[:2] == ["SHOW REPLICA STATUS", SERVER]


def test_a_channel() -> None:
    broken = channel("", Replica_IO_Running="Connecting", Last_IO_Error="no route", Auto_Position=0)
    assert read(Server("", broken), None)["channels"] == [
        {
            "name": "",
            "source_host": "10.20.0.20",
            "source_port": 3306,
            "source_uuid": B,
            "received": "",
            "receiver": "Connecting",
            "applier": "Yes",
            "auto_position": False,
            "error": "no route",
        }
    ]


@pytest.mark.parametrize(("read_only", "super_read_only", "writable"), [(0, 0, True), (1, 0, False), (1, 1, False)])
def test_writable(read_only: int, super_read_only: int, writable: bool) -> None:
    assert read(Server(read_only=read_only, super_read_only=super_read_only), None)["writable"] is writable


def test_the_heartbeat() -> None:
    assert read(Server(heartbeat=[BEAT]), None)["heartbeat"] == {
        "site": "gcp",
        "server_uuid": A,
        "at": "2026-01-01T12:00:00.000123+00:00",
        "age_seconds": 0.7,
    }


@pytest.mark.parametrize("answer", [[], QueryError("no table", 1146), QueryError("no database", 1049)])
def test_there_may_be_no_heartbeat(answer: Any) -> None:
    assert read(Server(heartbeat=answer), None)["heartbeat"] is None


def test_a_heartbeat_that_may_not_be_read_is_an_error() -> None:
    with pytest.raises(QueryError, match="denied"):
        read(Server(heartbeat=QueryError("denied", 1142)), None)


LOGIN = {
    "login_unix_socket": None,
    "login_host": "10.0.0.1",
    "login_port": 3306,
    "login_user": "u",
    "login_password": None,
    "ca_cert": None,
    "check_hostname": True,
    "connect_timeout": 5,
}


def test_a_socket_goes_before_an_address() -> None:
    made = arguments({**LOGIN, "login_unix_socket": "/sock", "ca_cert": "/ca"})
    assert made["unix_socket"] == "/sock"
    assert not {"host", "port", "ssl"} & made.keys()


def test_a_certificate_means_tls() -> None:
    assert arguments(LOGIN)["ssl"] is None
    made = arguments({**LOGIN, "ca_cert": "/ca", "check_hostname": False})
    assert (made["host"], made["ssl"]) == ("10.0.0.1", {"ca": "/ca", "check_hostname": False})


def test_every_wait_has_an_end() -> None:
    made = arguments(LOGIN)
    assert {made["connect_timeout"], made["read_timeout"], made["write_timeout"]} == {5}
