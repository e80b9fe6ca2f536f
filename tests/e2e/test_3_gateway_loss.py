# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One gateway dies under load: orders go on, and none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harness.checker import Judgement
from tests.harness.faults import Faults
from tests.harness.trial import Trial
from tests.harness.writer import HONOURS

from .lab import Lab, wait_for
from .sites import LIMITS


def heartbeat_age(lab: Lab) -> float:
    """Seconds since the newest heartbeat that the aws database holds."""
    rows = lab.sql("aws-db", "SELECT TIMESTAMPDIFF(MICROSECOND, MAX(at), UTC_TIMESTAMP(6)) / 1e6 FROM dr.heartbeat")
    return float(rows[0][0])


def test_killing_a_gateway_loses_nothing(lab: Lab, tmp_path: Path) -> None:
    wait_for(lambda: lab.all_tunnels() == 4, "four tunnels before the fault", 120)
    ages = []
    with Faults(lab) as faults, ThreadPoolExecutor(1) as pool:
        with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
            trial.await_orders(30)
            faults.kill("gcp-vpn1")
            sold = pool.submit(trial.await_orders, 200)
            while not sold.done():
                ages.append(heartbeat_age(lab))
            sold.result()

        def judgement() -> Judgement:
            return trial.judge("aws-db", limits=LIMITS)

        wait_for(lambda: judgement().verdict == "pass", "every acknowledged order is on the aws database", 60)
        assert lab.tunnels("gcp-vpn2") == 2
    found = judgement()
    print(
        f"gateway killed: oldest replica state {max(ages):.1f} s; {found.acked} orders acknowledged, none lost;"
        f" longest time without one {found.availability[HONOURS].longest:.2f} s"
    )
    wait_for(lambda: lab.all_tunnels() == 4, "the gateway's own tunnels are back", 180)
