# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it is looked, and what counts as seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence, Settings
from ansible_collections.multicloud.dr.plugins.module_utils._watch import Scene, watch

from tests.unit.fakes.sites import SITES, World, lost, scene

SETTINGS = Settings()


def seen(world: World, what: Scene | None = None) -> tuple[Evidence, float]:
    """The evidence, and how long it took."""
    begun = world.now
    return watch(world, what or scene(), SETTINGS, world.clock)[0], world.now - begun


def trouble(world: World, when: Callable[[int, str], bool]) -> World:
    def before(number: int, name: str) -> None:
        if when(number, name):
            raise StoreError("no answer.")

    world.before = before
    return world


def test_when_everybody_lives_two_seconds_are_enough() -> None:
    evidence, took = seen(World())
    assert evidence.lease(SETTINGS) == "held"
    assert all(evidence.fresh(site) for site in SITES)
    assert took < 3


def test_an_expired_lease_takes_its_time() -> None:
    evidence, took = seen(lost(World()))
    assert evidence.lease(SETTINGS) == "expired"
    assert evidence.elapsed >= SETTINGS.challenger_ttl
    assert took < 11


def test_a_silent_standby_is_watched_as_long() -> None:
    evidence, took = seen(lost(World(), "aws"))
    assert evidence.lease(SETTINGS) == "held"
    assert evidence.silent("aws", SETTINGS)
    assert 10 <= took < 11


def test_no_record_at_all() -> None:
    evidence, took = seen(trouble(World(), lambda number, name: True))
    assert evidence.record is None
    assert took < 11


@pytest.mark.parametrize("name", ["read", "statuses"])
def test_a_first_look_that_is_not_whole_is_taken_again(name: str) -> None:
    evidence, took = seen(trouble(World(), lambda number, operation: number < 6 and operation == name))
    assert evidence.first.record is not None
    assert all(evidence.fresh(site) for site in SITES)
    assert took < 4


def test_a_last_look_that_is_not_whole_is_taken_again() -> None:
    """Only the looks after Route 53's verdicts fail, twice."""
    world, asked = World(), []

    def health() -> dict[str, dict[str, str | None]]:
        asked.append(world.calls)
        return {"gcp": {"writable": "up", "healthz": "up"}, "aws": {"writable": "down", "healthz": "up"}}

    trouble(world, lambda number, name: bool(asked) and number <= asked[0] + 2)
    evidence, _ = seen(world, Scene(SITES, "operator", health))
    assert evidence.record is not None
    assert len(asked) == 1
    assert evidence.health["gcp"].writable == "up"


def test_a_record_that_moves_is_looked_at_anew() -> None:
    world = World()
    cause = records.Cause("ann", "", 0.0)

    def after(number: int, name: str) -> None:
        if number == 4:
            world._apply(records.promote(7, "aws", cause))

    world.after = after
    evidence, _ = seen(world)
    assert not evidence.moved()
    assert evidence.record is not None
    assert (evidence.record.epoch, evidence.lease(SETTINGS)) == (8, "held")
