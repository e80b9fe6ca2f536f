# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way that we know to get two writable databases, under load: the observer never sees two, and orders stop only
where the design says so.

Here the sites stay cut, frozen or killed while the arbiter may promote by itself. What makes the observer's silence
worth something is its negative control in test_6.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from lab.__main__ import ROOT
from tests.harness.checker import Judgement, Limits, silent
from tests.harness.faults import Event, Faults
from tests.harness.trial import Trial
from tests.harness.writer import HONOURS

from .lab import Lab, wait_for
from .sites import LIMITS, agent, never_two, nothing_lost, rejoin, send_customers, settled

pytestmark = pytest.mark.usefixtures("automatic")

# More orders, at ten a second, than any lease or grant lasts.
OUTLAST = 150
HOLDER_TTL = 8


def closed(judgement: Judgement, database: str, event: Event) -> list[float]:
    """When the observer saw a database close, from a fault on."""
    return [
        one.at
        for one in judgement.timeline
        if one.who == database and one.what == "closed" and one.at > event.fault.begin
    ]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Faults.cut_vpn, id="the VPN is cut"),
        pytest.param(lambda faults: faults.cut_one_way("gcp"), id="the VPN loses what gcp sends"),
        pytest.param(lambda faults: faults.cut_witness("gcp"), id="gcp loses the witness"),
        pytest.param(lambda faults: faults.cut_witness("gcp", requests=False), id="gcp loses the witness's answers"),
        pytest.param(lambda faults: faults.cut_witness("aws"), id="aws loses the witness"),
    ],
)
def test_one_lost_link_stops_nobody(lab: Lab, tmp_path: Path, fault: Callable[[Faults], Event]) -> None:
    stays_at_gcp(lab, tmp_path, fault, OUTLAST)


def test_the_record_cannot_be_reached_by_anybody(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    stays_at_gcp(lab, tmp_path, Faults.witness_down, 10 * request.config.getoption("outage"))


def stays_at_gcp(lab: Lab, folder: Path, fault: Callable[[Faults], Event], orders: int) -> None:
    """Under the fault, for as long as so many orders take, and after it: gcp writes on, without a pause."""
    epoch = agent(lab, "gcp")["epoch"]
    # Customers who come in at aws buy across the VPN.
    send_customers(lab, "gcp")
    with Faults(lab) as faults, Trial(lab, folder, clients=(HONOURS,), database="gcp-db") as trial:
        trial.await_orders(20)
        event = fault(faults)
        trial.await_orders(orders, timeout=600)
        faults.mend(event)
        trial.await_orders(20)
    judgement = trial.judge("gcp-db", fault=event.fault, limits=LIMITS)
    nothing_lost(judgement)
    assert closed(judgement, "gcp-db", event) == []
    assert agent(lab, "gcp")["epoch"] == epoch
    longest = judgement.availability[HONOURS].longest
    print(f"{event.what}: {judgement.acked} orders, longest time without one {longest:.2f} s")
    assert longest < HOLDER_TTL, "not even a lease that was lost and found may be behind it"


@pytest.mark.parametrize(("unit", "signal"), [("dr-agent", "KILL"), ("dr-agent", "STOP"), ("mysql", "STOP")])
def test_a_dead_or_frozen_process_is_fenced_and_comes_back(lab: Lab, tmp_path: Path, unit: str, signal: str) -> None:
    """The watchdog ends a frozen agent, the agent ends a frozen database; both close what was open on the way."""
    epoch = agent(lab, "gcp")["epoch"]

    def process() -> str:
        return lab.run("gcp-db", "systemctl", "show", "--value", "--property=MainPID", unit).strip()

    before = process()
    with Faults(lab) as faults, Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
        trial.await_orders(20)
        event = faults.signal("gcp-db", unit, signal)
        wait_for(lambda: process() not in (before, "0"), f"{unit} is ended and started again", 60)
        trial.await_orders(20)
    judgement = trial.judge(
        "gcp-db",
        fault=event.fault,
        # A stopped server answers nobody, not even the observer.
        frozen={"gcp-db": [silent(trial.observation(), "gcp-db", event.fault.end)]} if unit == "mysql" else None,
        limits=LIMITS,
    )
    nothing_lost(judgement)
    assert judgement.failed, "nobody was refused: it was not closed in between"
    assert agent(lab, "gcp")["epoch"] == epoch
    print(f"{event.what}: longest time without an order {judgement.availability[HONOURS].longest:.2f} s")


def test_a_site_cut_off_from_all_but_its_users_fences_itself(lab: Lab, tmp_path: Path) -> None:
    """Neither record nor peer: gcp must stop, though its customers still reach it. Then aws is promoted."""
    moves_to_aws(lab, tmp_path, lambda faults: faults.cut_all_but_users("gcp"), LIMITS)


def test_a_site_frozen_for_a_minute_thaws_as_a_standby(lab: Lab, tmp_path: Path) -> None:
    """It thaws in the middle of what it did, with a lease in its memory that another epoch has ended."""

    def freeze(faults: Faults) -> Event:
        return faults.freeze_site("gcp")

    moves_to_aws(lab, tmp_path, freeze, Limits(blind=600), seconds=60)


def moves_to_aws(lab: Lab, folder: Path, fault: Callable[[Faults], Event], limits: Limits, seconds: float = 0) -> None:
    """Under the fault, for so many seconds at least, aws is promoted and sells; gcp comes back as a standby."""
    epoch = agent(lab, "gcp")["epoch"]
    with Faults(lab) as faults, Trial(lab, folder, clients=(HONOURS,), database="gcp-db") as trial:
        trial.await_orders(20)
        event = fault(faults)
        wait_for(lambda: agent(lab, "aws").get("database", {}).get("writable"), "the arbiter promotes aws", 150)
        trial.await_orders(20, timeout=150)
        wait_for(lambda: time.monotonic() > event.fault.end + seconds, "the fault has lasted long enough", seconds + 1)
        faults.mend(event)
        wait_for(lambda: agent(lab, "gcp").get("role") == "standby", "gcp comes back as a standby", 120)
        trial.await_orders(20)
        frozen = faults.frozen(time.monotonic())
    judgement = trial.judge("aws-db", fault=event.fault, frozen=frozen, limits=limits)
    never_two(judgement)
    assert agent(lab, "aws")["epoch"] == epoch + 1
    print(
        f"{event.what}: {len(judgement.lost)} of {judgement.acked} orders lost, RPO {judgement.rpo:.2f} s,"
        f" first order after {judgement.availability[HONOURS].rto:.1f} s"
    )
    rejoin(lab, "gcp")
    wait_for(partial(settled, lab, "aws"), "aws writes and gcp follows", 120)


def test_two_operators_start_the_runbook_at_once(lab: Lab) -> None:
    """One of them is told that the other is at it; the writer moves once."""
    before = agent(lab, "gcp")["epoch"]
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/failover.yml", "-e", "dr_target=aws"]
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate(timeout=300)[0] for run in runs]
    codes = sorted(run.returncode for run in runs)
    assert codes[0] == 0 and codes[1] != 0, outputs
    wait_for(partial(settled, lab, "aws"), "aws writes and gcp follows", 60)
    assert agent(lab, "aws")["epoch"] == before + 1
