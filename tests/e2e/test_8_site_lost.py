# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole cloud is lost and nobody is at the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.checker import Limits
from tests.harness.faults import Faults
from tests.harness.trial import Trial
from tests.harness.writer import CDN, HONOURS

from .lab import Lab, wait_for
from .scenarios import DETECTION, TTL, home_again, site_lost
from .sites import agent, failover, never_two, rejoin

pytestmark = pytest.mark.usefixtures("automatic")


def test_a_lost_site_is_replaced_and_its_return_changes_nothing(lab: Lab, tmp_path: Path) -> None:
    epoch = agent(lab, "gcp")["epoch"]
    judgement, figures = site_lost(lab, tmp_path)
    never_two(judgement)
    assert agent(lab, "aws")["epoch"] == epoch + 1
    assert lab.sql("gcp-db", "SELECT @@super_read_only") == [["1"]]
    assert figures.first_order[HONOURS] is not None and figures.first_order[CDN] is not None
    assert figures.rpo < 1
    # A customer was told that his order is taken; only what had not left gcp can be gone, and gcp has it still.
    assert all(one.elsewhere for one in judgement.lost)
    print(
        f"site lost: {figures.lost} of {judgement.acked} orders lost, RPO {figures.rpo:.2f} s; aws opened after"
        f" {figures.promoted:.1f} s, Route 53 answered aws after {figures.detected:.1f} s, first order by"
        f" kind of client {figures.first_order}; DNS floor {DETECTION[0] + TTL:.0f} to {DETECTION[1] + TTL:.0f} s"
    )
    home_again(lab)


def test_the_active_database_host_is_lost_and_gcp_goes_on_selling(lab: Lab, tmp_path: Path) -> None:
    """The arbiter, woken by the standby's agent, and an operator who cannot wait: one epoch, whoever was first."""
    epoch = agent(lab, "gcp")["epoch"]

    def promoted() -> bool:
        done, _ = failover("aws", planned=False)
        return done

    with Faults(lab) as faults:
        with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
            trial.await_orders(30)
            event = faults.kill("gcp-db")
            wait_for(promoted, "the operator is told that aws is active", 150)
            trial.await_orders(30)
            # DNS has not moved, or not for everybody: the web tier of gcp sells, across the VPN.
            gcp = lab.address("gcp-edge", "wan0")
            page = lab.curl(
                "--resolve", f"shop.multicloud.example:443:{gcp}", "https://shop.multicloud.example/writable"
            )
            assert "gcp" in page
        # A host that is not there cannot be looked at.
        judgement = trial.judge("aws-db", fault=event.fault, limits=Limits(blind=600.0))
    never_two(judgement)
    assert agent(lab, "aws")["epoch"] == epoch + 1
    print(
        f"active database host killed: {len(judgement.lost)} of {judgement.acked} orders lost, RPO {judgement.rpo} s,"
        f" first order after {judgement.availability[HONOURS].rto:.1f} s"
    )
    assert judgement.rpo is not None and judgement.rpo < 1
    wait_for(lambda: agent(lab, "gcp").get("role") == "standby", "the old site is back as a standby", 120)
    assert agent(lab, "aws")["database"]["writable"]
    rejoin(lab, "gcp")
