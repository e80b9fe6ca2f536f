# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One gateway dies under load: orders go on, and none is lost."""

from __future__ import annotations

import subprocess
import time

from tests.harness.checker import Judgement, judge
from tests.harness.history import read_journal
from tests.harness.tables import query, read_tables

from .conftest import Lab, wait_for


def heartbeat_age(lab: Lab) -> float:
    """Seconds since the newest heartbeat that the aws database holds."""
    rows = lab.sql("aws-db", "SELECT TIMESTAMPDIFF(MICROSECOND, MAX(at), UTC_TIMESTAMP(6)) / 1e6 FROM dr.heartbeat")
    return float(rows[0][0])


def test_killing_a_gateway_loses_nothing(lab: Lab) -> None:
    wait_for(lambda: lab.all_tunnels() == 4, "four tunnels before the fault", 120)
    with subprocess.Popen(
        lab.writer_command("--seconds", "40", "--rate", "10"), stdout=subprocess.PIPE, text=True
    ) as load:
        time.sleep(2)  # some load before the fault; nothing is asserted of its length
        lab.verb("kill", "gcp-vpn1")
        try:
            ages = []
            end = time.monotonic() + 25
            while time.monotonic() < end:
                ages.append(heartbeat_age(lab))
            output, _ = load.communicate(timeout=120)
        finally:
            lab.verb("start", "gcp-vpn1")
    journal = read_journal(output.splitlines())

    def judgement() -> Judgement:
        return judge([journal], read_tables(lab.sql("aws-db", query(journal.run))))

    wait_for(lambda: judgement().verdict == "pass", "every acknowledged order is on the aws database", 60)
    found = judgement()
    longest = found.availability[journal.client].longest
    print(
        f"gateway killed: oldest replica state {max(ages):.1f} s; {found.acked} orders acknowledged, none lost;"
        f" longest time without one {longest:.2f} s"
    )
    assert lab.tunnels("gcp-vpn2") == 2
    wait_for(lambda: lab.all_tunnels() == 4, "the gateway's own tunnels are back", 180)
