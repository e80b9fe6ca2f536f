# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer moves, under load, and customers hardly notice. The judge shares no code with the product."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.harness import controls
from tests.harness.distribution import distribution
from tests.harness.trial import Trial
from tests.harness.writer import HONOURS

from .lab import Lab, wait_for
from .scenarios import planned_moves, process_killed
from .sites import DATABASE, LIMITS, agent, failover, nothing_lost, settled

pytestmark = pytest.mark.usefixtures("at_home")


def test_a_planned_failover_is_done_by_the_module(lab: Lab, tmp_path: Path) -> None:
    """Once there and back as the runbook asks for it, with carts that have to survive."""
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
        print(f"planned {source} -> {target}: {judgement.acked} orders acknowledged, 0 lost, steps {steps}")
        wait_for(partial(settled, lab, target), f"{target} writes and the other follows", 60)


def test_twenty_cycles_lose_nothing(lab: Lab, tmp_path: Path) -> None:
    judgement, moves = planned_moves(lab, tmp_path, 40)
    nothing_lost(judgement)
    assert all(cart.survived for cart in judgement.carts), judgement.carts
    print(
        f"{len(moves)} planned failovers: {judgement.acked} orders acknowledged, 0 lost, time without one"
        f" {distribution([move.gap for move in moves])}, decision to writable"
        f" {distribution([move.decision_to_writable for move in moves])}"
    )


def test_a_killed_server_comes_back_at_the_same_site(lab: Lab, tmp_path: Path) -> None:
    epoch = agent(lab, "gcp")["epoch"]
    for host, unit in (("gcp-db", "mysql"), ("gcp-cache", "redis-server")):
        judgement, longest = process_killed(lab, tmp_path, host, unit)
        nothing_lost(judgement)
        print(f"{unit} killed: {longest:.2f} s without an order, {judgement.acked} acknowledged")
    assert agent(lab, "gcp")["epoch"] == epoch


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
    with ThreadPoolExecutor(2) as pool:
        ask = partial(failover, "aws", planned=True, expected_epoch=before)
        done = [one.result()[0] for one in [pool.submit(ask, requested_by=name) for name in ("ann", "bob")]]
    wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)
    assert agent(lab, "aws")["epoch"] == before + 1
    assert any(done), "neither operator was told that it is done"
    done_back, answer = failover("gcp", planned=True)
    assert done_back, answer["msg"]
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
