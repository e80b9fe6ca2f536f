# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trial of the real shop with real writers; the observer is made up."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import writer
from tests.harness.checker import Limits
from tests.harness.history import Fault
from tests.harness.trial import Trial
from tests.harness.writer import CDN, HONOURS, IGNORES

from .conftest import NameServer, final_rows

OBSERVER = """
import json, signal, sys, time
def line(kind, **more):
    print(json.dumps({"kind": kind, "monotonic": time.monotonic(), **more}), flush=True)
def stop(*_):
    line("end")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
line("start", databases=["gcp-db", "aws-db"])
while True:
    for name, state in (("gcp-db", "open"), ("aws-db", "closed")):
        now = time.monotonic()
        line("sample", database=name, state=state, begin=now, end=now, server_uuid="", error="")
    time.sleep(0.02)
"""


class LocalLab:
    """Everything on this machine: ``tests.harness.trial.Lab``, as far as a trial without faults needs it."""

    def __init__(self, port: int, name_server: NameServer, database: Path, observer: str = OBSERVER) -> None:
        self._port, self._name_server, self._database, self._observer = port, name_server, database, observer
        self.asked: list[str] = []
        self.doors: list[tuple[str, str]] = []

    def command(self, host: str, *argv: str) -> list[str]:
        assert (host, *argv[:2]) == ("client", "python3", "/usr/local/lib/writer.py")
        self.doors.append((argv[2], argv[3]))
        where = [f"http://shop.example:{self._port}", "--resolver=127.0.0.1", f"--dns-port={self._name_server.port}"]
        return [sys.executable, writer.__file__, *where, *argv[3:]]

    def on_machine(self, *argv: str) -> list[str]:
        self.asked = list(argv)
        return [sys.executable, "-c", self._observer]

    def namespace(self, host: str) -> str:
        return f"lab-{host}"

    def address(self, host: str, link: str) -> str:
        return {"gcp-db": "10.10.0.20", "aws-db": "10.20.0.20"}[host]

    def sql(self, host: str, statement: str) -> list[list[str]]:
        return final_rows(self._database)


@pytest.fixture
def lab(real_shop: int, name_server: NameServer, tmp_path: Path) -> Iterator[Any]:
    yield LocalLab(real_shop, name_server, tmp_path / "shop.db")


def test_a_trial(lab: Any, tmp_path: Path) -> None:
    with Trial(lab, tmp_path, clients=(HONOURS, IGNORES, CDN), rate=20, writers=2, cart=0.05) as trial:
        trial.await_orders(5)
        fault = Fault(time.monotonic(), time.monotonic())
        trial.await_orders(5, clients=["ignores-ttl"])
        trial.await_sight("gcp-db", "open", 2)
    assert lab.doors == [
        ("https://shop.multicloud.example", "--client=honours-ttl"),
        ("https://shop.multicloud.example", "--client=ignores-ttl"),
        ("https://cdn.multicloud.example", "--client=cdn"),
    ]
    assert [one for one in lab.asked if one.startswith("--")] == [
        "--database=gcp-db=lab-gcp-db/10.10.0.20",
        "--database=aws-db=lab-aws-db/10.20.0.20",
        "--dns=resolver=lab-client/198.51.100.53",
        "--dns=route53=lab-client/198.51.100.230",
        "--name=shop.multicloud.example",
        lab.asked[-1],
    ]
    assert lab.asked[-1].endswith("/.lab/secrets/mysql_shop_password")
    judgement = trial.judge("gcp-db", fault=fault, limits=Limits(blind=60))  # however busy the machine is
    assert (judgement.verdict, judgement.reasons) == ("pass", ())
    assert judgement.acked >= 20
    assert [(one.who, one.what) for one in judgement.timeline] == [("gcp-db", "open"), ("aws-db", "closed")]
    assert set(judgement.availability) == {"honours-ttl", "ignores-ttl", "cdn"}
    assert [(one.survived, one.kept) for one in judgement.carts] == [(True, True)] * 3


def test_a_writer_that_dies_ends_the_trial_and_nothing_is_left_running(lab: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="-ttl of run"), Trial(lab, tmp_path, seconds=0.1) as trial:
        trial.await_orders(10_000)
    assert all(process.poll() is not None for process in trial._processes.values())


def test_an_observer_that_cannot_see_ends_the_trial_before_it_begins(
    real_shop: int, name_server: NameServer, tmp_path: Path
) -> None:
    lab: Any = LocalLab(real_shop, name_server, tmp_path / "shop.db", observer="raise SystemExit(1)")
    with pytest.raises(RuntimeError, match="observer of run"), Trial(lab, tmp_path):
        pytest.fail("entered")


def test_patience_has_an_end(lab: Any, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="10000 orders each by ignores-ttl"), Trial(lab, tmp_path) as trial:
        trial.await_orders(10_000, timeout=0.1, clients=["ignores-ttl"])
