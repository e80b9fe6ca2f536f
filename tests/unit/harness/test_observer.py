# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.harness.history import read_observation
from tests.harness.observer import Database, Target, connector, dns_sample, repeat, target

from .conftest import NameServer

ROOT = Path(__file__).resolve().parents[3]


class Server:
    """A made-up MySQL: each look at the clock takes a second; ``insert`` and ``rollback`` may raise."""

    def __init__(self, insert: Exception | None = None, rollback: Exception | None = None) -> None:
        self.now = 0.0
        self.insert, self.rolled_back = insert, rollback
        self.log: list[str] = []

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def __call__(self) -> Any:
        self.log.append("connect")
        return self

    def cursor(self) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def execute(self, sql: str) -> None:
        self.log.append(sql.split()[0])
        if sql.startswith("INSERT") and self.insert:
            raise self.insert

    def fetchone(self) -> tuple[int, int, str]:
        return 0, 1, "uuid-a"

    def rollback(self) -> None:
        self.log.append("ROLLBACK")
        if self.rolled_back:
            raise self.rolled_back

    def close(self) -> None:
        self.log.append("close")
        raise pymysql.err.Error("Already closed")


def test_an_insert_that_is_accepted_means_open_and_is_rolled_back() -> None:
    server = Server()
    database = Database("gcp-db", server, server.clock)
    assert database.sample() == {
        "database": "gcp-db",
        "state": "open",
        "begin": 2.0,  # the INSERT's own time
        "end": 3.0,
        "read_only": False,
        "super_read_only": True,
        "server_uuid": "uuid-a",
        "error": "",
    }
    database.sample()
    assert server.log == ["connect", *["SELECT", "INSERT", "ROLLBACK"] * 2]


@pytest.mark.parametrize("code", [1290, 1836, 3032, 1644])
def test_a_refused_insert_means_closed(code: int) -> None:
    server = Server(insert=pymysql.err.OperationalError(code, "no"))
    sample = Database("gcp-db", server, server.clock).sample()
    assert (sample["state"], sample["begin"], sample["end"]) == ("closed", 2.0, 3.0)
    assert server.log[-1] == "ROLLBACK", "the connection is kept"


@pytest.mark.parametrize(
    "error",
    [
        pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query (timed out)"),
        pymysql.err.ProgrammingError(1146, "Table 'shop.write_probe' doesn't exist"),
        pymysql.err.OperationalError(1142, "INSERT command denied"),
        pymysql.err.OperationalError(1040, "Too many connections"),
        TimeoutError("timed out"),
    ],
)
def test_any_other_error_proves_nothing(error: Exception) -> None:
    server = Server(insert=error)
    database = Database("gcp-db", server, server.clock)
    sample = database.sample()
    assert (sample["state"], sample["begin"]) == ("unknown", 1.0)
    assert sample["end"] > sample["begin"], "how long it waited"
    assert type(error).__name__ in sample["error"]
    assert server.log[-1] == "close"
    database.sample()
    assert server.log.count("connect") == 2


def test_a_connection_that_breaks_after_the_insert_does_not_take_the_proof_away() -> None:
    server = Server(rollback=pymysql.err.OperationalError(2013, "Lost connection"))
    sample = Database("gcp-db", server, server.clock).sample()
    assert (sample["state"], sample["begin"], sample["end"]) == ("open", 2.0, 3.0)


def test_where_nothing_listens_nothing_is_written() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    where = Target("gcp-db", "", "127.0.0.1", port)
    sample = Database("gcp-db", connector(where, "shop", "", 1.0)).sample()
    assert sample["state"] == "closed"
    assert "refused" in sample["error"]


def test_who_takes_connections_and_says_nothing_is_unknown() -> None:
    """As a frozen host does: its kernel completes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = Target("gcp-db", "", "127.0.0.1", listener.getsockname()[1])
        sample = Database("gcp-db", connector(where, "shop", "", 0.1)).sample()
    assert sample["state"] == "unknown"
    assert sample["end"] - sample["begin"] >= 0.1


def test_what_dns_answers(name_server: NameServer) -> None:
    server = Target("resolver", "", "127.0.0.1", name_server.port)
    sample = dns_sample(server, "shop.example", 1.0)
    assert (sample["addresses"], sample["ttl"], sample["error"]) == (["127.0.0.1"], 60, "")
    name_server.code = 2
    sample = dns_sample(server, "shop.example", 1.0)
    assert (sample["addresses"], sample["error"]) == ([], "OSError: DNS answered with code 2")


def test_a_series_ends_when_told_to() -> None:
    stop = threading.Event()
    done: list[None] = []

    def step() -> None:
        done.append(None)
        if len(done) == 3:
            stop.set()

    repeat(step, 0.001, stop)
    assert len(done) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gcp-db=lab-gcp-db/10.10.0.20", Target("gcp-db", "lab-gcp-db", "10.10.0.20", 3306)),
        ("gcp-db=10.10.0.20:3307", Target("gcp-db", "", "10.10.0.20", 3307)),
    ],
)
def test_a_target(text: str, found: Target) -> None:
    assert target(text, 3306) == found


@pytest.mark.parametrize("text", ["", "gcp-db", "gcp-db=", "=10.10.0.20", "gcp-db=10.10.0.20:mysql"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not NAME="):
        target(text, 3306)


def observe(*argv: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.harness.observer", "--period=0.01", *argv]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def until(process: subprocess.Popen[str], condition: Callable[[list[dict[str, Any]]], bool]) -> list[str]:
    assert process.stdout
    lines: list[str] = []
    while not condition([json.loads(line) for line in lines]):
        lines.append(process.stdout.readline())
    return lines


def test_the_whole_observer(name_server: NameServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    dns = f"--dns=resolver=127.0.0.1:{name_server.port}"
    with observe(f"--database=gcp-db=127.0.0.1:{port}", dns, "--name=shop.example") as process:
        lines = until(process, lambda seen: {"sample", "dns"} <= {line["kind"] for line in seen})
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    found = read_observation([*lines, *rest.splitlines()])
    assert found.databases == ("gcp-db",)
    assert found.end is not None
    assert {one.state for one in found.samples} == {"closed"}
    assert {one.addresses for one in found.answers} == {("127.0.0.1",)}


def test_a_series_that_cannot_begin_ends_the_observer_and_leaves_no_end_line(name_server: NameServer) -> None:
    dns = f"--dns=resolver=127.0.0.1:{name_server.port}"
    with observe("--database=gcp-db=no-such-namespace/127.0.0.1", dns, "--name=shop.example") as process:
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert errors.startswith("observer: gcp-db: ")
    assert read_observation(output.splitlines()).end is None
