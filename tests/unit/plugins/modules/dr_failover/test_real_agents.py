# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs against the agents' real protocol, in the simulation's world, whose invariant holds at every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.transition import Request
from ansible_collections.multicloud.dr.plugins.module_utils._watch import Clock
from ansible_collections.multicloud.dr.plugins.modules.dr_failover import Asked, Failed, Transition

from tests.simulation.world import QUIET, World
from tests.unit.fakes.sites import SITES, scene

CALM = replace(QUIET, clock_rates=(0.97, 1.03))
UUIDS = [f"{digit * 8}-0000-0000-0000-000000000000" for digit in "ab"]
PUBLISH_EVERY = 2.0


class Witness:
    """The world as a run sees it: a table, a clock, and statuses every two seconds."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed, faults=CALM)
        self.published: dict[str, dict[str, Any]] = {}
        self.seq = 0
        self.next = 0.0
        self.sleep(20)

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.world.now, wall=lambda: 1.8e9 + self.world.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.next < end:
            self.world.run_until(self.next)
            self.next += PUBLISH_EVERY
            self.seq += 1
            for site in SITES:
                if self.world.now >= self.world.hosts[site].frozen_until:
                    self.published[site] = self._status(site)
        self.world.run_until(end)
        self.world.now = end

    def read(self) -> records.Record | None:
        return self.world.record

    def statuses(self, sites: tuple[str, ...]) -> dict[str, dict[str, Any] | None]:
        return {site: self.published.get(site) for site in sites}

    def apply(self, change: records.Change) -> records.Record | None:
        return self.world._record(change)

    def executed(self, site: str) -> list[int]:
        return self.world.hosts[site].database.executed

    def _status(self, site: str) -> dict[str, Any]:
        host, record = self.world.hosts[site], self.world.record
        assert record is not None
        mine, writes = record.active_site == site, self.world.accepts(host)
        pairs = zip(UUIDS, host.database.executed, strict=True)
        text = ",".join(f"{uuid}:1-{count}" for uuid, count in pairs if count)
        return {
            "site": site,
            "seq": self.seq,
            "incarnation": "one",
            "epoch": host.state.record.epoch if host.state.record else 0,
            "role": "active" if writes else "opening" if mine else "standby",
            "record_age_seconds": 0.2,
            "database": {
                "answers": True,
                "writable": writes,
                "executed": text,
                "received": text,
                "applied": True,
                "follows": host.database.receives,
                "running": host.database.receives,
                "lag_seconds": 0.2,
                "diverged": False,
            },
            "peer": {"answers": True, "age_seconds": 0.2},
        }


def run(witness: Witness, target: str, planned: bool, writable: str = "up") -> Transition:
    source = SITES[1] if target == SITES[0] else SITES[0]
    asked = Asked(Request(source, target, planned, f"to {target}"), scene(writable, active=source))
    transition = Transition(witness, asked, witness.clock)
    transition.run()
    return transition


@pytest.mark.parametrize("seed", range(5))
def test_there_and_back_without_a_loss(seed: int) -> None:
    witness = Witness(seed)
    for source, target in (SITES, reversed(SITES), SITES):
        index = SITES.index(source)
        transition = run(witness, target, planned=True)
        assert [step["step"] for step in transition.timeline][-4:] == ["fence", "promote", "lease", "open"]
        assert witness.executed(target)[index] == witness.executed(source)[index] > 0
        at = {step["step"]: step["at"] for step in transition.timeline}
        # In the simulation's time, which no busy machine slows down.
        assert at["lease"] - at["drain"] < 2
        witness.sleep(10)


@pytest.mark.parametrize("seed", range(5))
def test_a_site_that_is_gone(seed: int) -> None:
    witness = Witness(seed)
    witness.world.hosts["gcp"].frozen_until = witness.world.now + 60
    transition = run(witness, "aws", planned=False, writable="down")
    assert transition.facts["decision_to_writable_seconds"] <= transition.facts["predicted_seconds"] + PUBLISH_EVERY
    # The old site thaws; the world would object to a second writer.
    witness.sleep(90)
    assert witness.world.accepts(witness.world.hosts["aws"])


@pytest.mark.parametrize("seed", range(3))
def test_a_holder_that_freezes_while_it_is_drained(seed: int) -> None:
    """The drain is taken back, and when it thaws it goes on writing, at an epoch of its own."""
    witness = Witness(seed)
    apply = witness.apply

    def freeze(change: records.Change) -> records.Record | None:
        if change.name == "drain":
            witness.world.hosts["gcp"].frozen_until = witness.world.now + 20
        return apply(change)

    witness.apply = freeze  # type: ignore[method-assign]
    with pytest.raises(Failed, match="The drain was taken back: gcp did not give its word within 10 s"):
        run(witness, "aws", planned=True)
    witness.sleep(10)
    assert witness.world.record is not None
    assert (witness.world.record.epoch, witness.world.record.active_site) == (2, "gcp")
    assert witness.world.accepts(witness.world.hosts["gcp"])
