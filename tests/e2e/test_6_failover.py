# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer moves, under load, and customers hardly notice. Judged by a harness that shares no code with the product.

The last file of all: its last test leaves the shop on AWS.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from lab.__main__ import ROOT
from tests.harness import controls
from tests.harness.checker import Limits
from tests.harness.faults import Faults
from tests.harness.trial import Trial
from tests.harness.writer import HONOURS

from .lab import Lab, wait_for
from .sites import DATABASE, LIMITS, agent, failover, nothing_lost, settled

pytestmark = pytest.mark.usefixtures("at_home")


def test_a_planned_failover_there_and_back_loses_nothing(lab: Lab, tmp_path: Path) -> None:
    for target, source in (("aws", "gcp"), ("gcp", "aws")):
        with Trial(lab, tmp_path, clients=(HONOURS,), database=DATABASE[source], tries=2) as trial:
            trial.await_orders(30)
            done, answer = failover(target, planned=True)
            assert done, answer["msg"]
            trial.await_orders(30)
        judgement = trial.judge(DATABASE[target], limits=LIMITS)
        nothing_lost(judgement)
        assert all(cart.survived for cart in judgement.carts), judgement.carts
        steps = {step["step"]: step["at"] for step in answer["timeline"]}
        print(
            f"planned {source} -> {target}: {judgement.acked} orders acknowledged, 0 lost, longest time without one"
            f" {judgement.availability[HONOURS].longest:.2f} s, decision to writable"
            f" {answer['decision_to_writable_seconds']:.2f} s, steps {steps}"
        )
        wait_for(partial(settled, lab, target), f"{target} writes and the other follows", 60)


def test_a_killed_mysqld_comes_back_at_the_same_site(lab: Lab, tmp_path: Path) -> None:
    epoch = agent(lab, "gcp")["epoch"]
    with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial, Faults(lab) as faults:
        trial.await_orders(30)
        event = faults.signal("gcp-db", "mysql", "KILL")
        trial.await_orders(30)
    judgement = trial.judge("gcp-db", fault=event.fault, limits=LIMITS)
    nothing_lost(judgement)
    assert agent(lab, "gcp")["epoch"] == epoch
    longest = judgement.availability[HONOURS].longest
    print(f"mysqld killed: {longest:.2f} s without an order, {judgement.acked} acknowledged")


def test_the_checker_sees_a_lost_order(lab: Lab, tmp_path: Path) -> None:
    """Negative control: an acknowledged order is deleted behind the shop's back."""
    judgement, gone = controls.lose_an_order(lab, tmp_path, writer="gcp-db")
    assert judgement.verdict == "fail"
    assert [one.id for one in judgement.lost] == [gone]


def test_the_observer_sees_two_writers(lab: Lab, tmp_path: Path) -> None:
    """Negative control: the standby is opened by hand, against everything that keeps it closed."""
    judgement = controls.open_the_standby(lab, tmp_path, writer="gcp-db", standby="aws-db")
    assert judgement.verdict == "fail"
    assert judgement.writers.certain
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)


def test_two_operators_at_once_move_the_writer_once(lab: Lab) -> None:
    before = agent(lab, "gcp")["epoch"]
    runs = []
    for name in ("ann", "bob"):
        code = (
            "import json, sys; from tests.e2e.sites import failover;"
            f" print(json.dumps(failover('aws', planned=True, requested_by='{name}', expected_epoch={before})[0]))"
        )
        runs.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT))
    done = [json.loads(run.communicate(timeout=300)[0].splitlines()[-1]) for run in runs]
    wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)
    assert agent(lab, "aws")["epoch"] == before + 1
    assert any(done), "neither operator was told that it is done"
    done_back, answer = failover("gcp", planned=True)
    assert done_back, answer["msg"]
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)


def test_the_active_database_host_is_lost_and_gcp_goes_on_selling(lab: Lab, tmp_path: Path) -> None:
    """The arbiter lets nobody promote before Route 53 has seen it too; then the web tier of gcp sells from aws."""
    refusals: list[str] = []

    def promoted() -> bool:
        done, answer = failover("aws", planned=False)
        if not done:
            refusals.append(answer["msg"])
        return done

    with Faults(lab) as faults:
        with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
            trial.await_orders(30)
            event = faults.kill("gcp-db")
            wait_for(promoted, "the arbiter allows the promotion", 150)
            trial.await_orders(30)
            # DNS has not moved, or not for everybody: the web tier of gcp sells, across the VPN.
            gcp = lab.address("gcp-edge", "wan0")
            page = lab.curl(
                "--resolve", f"shop.multicloud.example:443:{gcp}", "https://shop.multicloud.example/writable"
            )
            assert "gcp" in page
        # A host that is not there cannot be looked at.
        judgement = trial.judge("aws-db", fault=event.fault, limits=Limits(blind=600.0))
    assert judgement.verdict in ("pass", "fail"), judgement.reasons
    assert judgement.duplicated == judgement.phantom == ()
    assert judgement.writers.certain == ()
    seen = judgement.availability[HONOURS]
    print(
        f"active database host killed: {judgement.acked} orders acknowledged, {len(judgement.lost)} lost, RPO"
        f" {judgement.rpo} s, RTO {seen.rto:.1f} s; refused {len(refusals)} times before"
    )
    assert judgement.rpo is not None and judgement.rpo < 1
    assert all(one.end >= event.fault.begin - 1 for one in judgement.lost)
    wait_for(lambda: agent(lab, "gcp").get("role") == "standby", "the old site is back as a standby", 120)
    assert lab.sql("gcp-db", "SELECT @@super_read_only") == [["1"]]
    assert agent(lab, "aws")["database"]["writable"]
