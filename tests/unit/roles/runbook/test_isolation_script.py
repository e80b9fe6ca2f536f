# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is never cut off without the timer that joins it again; and it is asked for nothing that would be stored."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from roles.runbook.files import isolation


class Host:
    """nft and systemd as far as the script uses them. ``broken``: the command that fails."""

    def __init__(self) -> None:
        self.table = ""
        self.timer = ""
        self.broken = ""
        # (table, timer) after each change.
        self.seen: list[tuple[bool, bool]] = []

    def run(self, command: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[str]:
        code = self._do(" ".join(command), options.get("input") or "")
        self.seen.append((bool(self.table), bool(self.timer)))
        if code and options.get("check"):
            raise subprocess.CalledProcessError(code, command, stderr="refused")
        return subprocess.CompletedProcess(command, code, "", "")

    def _do(self, words: str, text: str) -> int:
        if self.broken and words.startswith(self.broken):
            return 1
        if words == "nft list table inet dr_drill":
            return not self.table
        if words == "nft table inet dr_drill; delete table inet dr_drill":
            self.table = ""
        elif words == "nft -f -":
            self.table = text
        elif words.startswith("systemd-run"):
            assert not self.timer, "there is a unit of this name"
            self.timer = words
        elif words == "systemctl is-active --quiet dr-drill-join.timer":
            return not self.timer
        elif words == "systemctl stop dr-drill-join.timer":
            self.timer = ""
        else:
            raise AssertionError(words)
        return 0


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    found = Host()
    monkeypatch.setattr(subprocess, "run", found.run)
    return found


def test_a_host_is_cut_off_and_joined_again(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    isolation.main("cut", "65", "2222", "10.10.0.0/16", "10.11.0.0/16")
    assert "--on-active=65" in host.timer
    assert host.timer.endswith("nft table inet dr_drill; delete table inet dr_drill")
    assert "ip saddr { 10.10.0.0/16, 10.11.0.0/16 } drop" in host.table
    assert "ip daddr { 10.10.0.0/16, 10.11.0.0/16 } drop" in host.table
    assert host.table.index("tcp dport 2222 accept") < host.table.index("drop"), "nobody locks himself out"
    isolation.main("join")
    assert (host.table, host.timer) == ("", "")
    isolation.main("join")
    assert capsys.readouterr().out.split("\n") == ["cut", "joined", "nothing to do", ""]


def test_the_table_never_stands_without_its_timer(host: Host) -> None:
    isolation.main("cut", "65", "22", "10.10.0.0/16")
    isolation.main("cut", "70", "22", "10.10.0.0/16")
    isolation.main("join")
    assert "--on-active=70" not in host.timer
    assert (True, True) in host.seen
    assert (True, False) not in host.seen


def test_no_timer_no_table(host: Host) -> None:
    host.broken = "systemd-run"
    with pytest.raises(subprocess.CalledProcessError):
        isolation.main("cut", "65", "22", "10.10.0.0/16")
    assert host.table == ""


# What it can do ------------------------------------------------------------------------------------------------------


class Shop(BaseHTTPRequestHandler):
    """``answers``: the status of each order in turn, the last one for ever."""

    answers: list[int]
    orders: list[bytes]

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/api/products" else 404)

    def do_POST(self) -> None:
        self.orders.append(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/api/orders"
        assert self.headers["Idempotency-Key"]
        self._answer(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(isolation, "is_cut", lambda: True)
    Shop.answers, Shop.orders = [503], []
    with HTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_web_host_is_asked_for_the_catalogue_and_for_an_order(shop: str) -> None:
    assert isolation.look("web", shop) == {"cut": True, "catalogue": 200, "orders": 503}
    assert isolation.look("cache", shop) == {"cut": True}


def test_it_has_some_time_to_notice(shop: str) -> None:
    Shop.answers = [422, 503]
    assert isolation.look("web", shop)["orders"] == 503


def test_but_not_for_ever(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PATIENCE_SECONDS", 0.0)
    Shop.answers = [422]
    assert isolation.look("web", shop)["orders"] == 422


def test_silence_is_no_answer() -> None:
    assert isolation.ask("http://127.0.0.1:1/api/products") is None


@pytest.mark.parametrize(
    ("code", "output", "closed"), [(0, "2\n", True), (0, "1\n", False), (0, "0\n", False), (0, "", None), (1, "", None)]
)
def test_a_database_is_closed_for_everybody(
    monkeypatch: pytest.MonkeyPatch, code: int, output: str, closed: bool | None
) -> None:
    done = subprocess.CompletedProcess("mysql", code, output, "")
    monkeypatch.setattr(subprocess, "run", lambda *command, **options: done)
    assert isolation.closed() is closed
