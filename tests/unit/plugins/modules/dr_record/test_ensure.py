# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._record_access import OptionError
from ansible_collections.multicloud.dr.plugins.modules.dr_record import Conflict, Result, ensure, shown

from tests.unit.fakes.sites import HEALTHY, World

CAUSE = records.Cause("somebody", "", 0.0)


def run(world: World, check_mode: bool = False, **options: Any) -> Result:
    given = {"active_site": None, "mode": None, "acknowledge": False, **options}
    return ensure(world, given, check_mode, world.clock.wall)


def test_the_first_record() -> None:
    world = World(record=None)
    result = run(world, active_site="gcp")
    assert world.record == result.after
    assert (result.after.epoch, result.after.active_site, result.after.mode) == (1, "gcp", "manual")
    assert (result.after.changed_by, result.after.changed_at) == ("dr_record", 1_800_001_000.0)
    assert (result.changes, shown(result.before)) == (["bootstrap"], {})
    assert run(world, active_site="gcp") == Result(result.after, result.after, [])


def test_the_first_record_may_be_automatic() -> None:
    assert run(World(record=None), active_site="gcp", mode="automatic").after.mode == "automatic"


def test_the_first_record_needs_a_site() -> None:
    with pytest.raises(OptionError, match="active_site is needed"):
        run(World(record=None))


def test_an_existing_record_is_never_overwritten() -> None:
    world = World()
    assert run(world, active_site="aws").changes == []
    assert world.record == HEALTHY


def test_mode() -> None:
    world = World()
    result = run(world, mode="automatic")
    assert (result.changes, world.record) == (["set_mode"], replace(HEALTHY, mode="automatic"))
    assert shown(result.before) == {"epoch": 7, "active_site": "gcp", "mode": "manual", "acknowledged_epoch": 0}
    assert run(world, mode="automatic").changes == []
    assert run(world).changes == [], "a mode that is not given is kept"


def test_acknowledge_is_about_the_epoch_of_now_and_idempotent() -> None:
    world = World()
    assert run(world, acknowledge=True).changes == ["acknowledge"]
    assert world.record == replace(HEALTHY, acknowledged_epoch=7)
    assert run(world, acknowledge=True).changes == []
    world._apply(records.promote(7, "aws", CAUSE))
    assert run(world, acknowledge=True).after.acknowledged_epoch == 8


def test_all_at_once() -> None:
    world = World(record=None)
    result = run(world, active_site="aws", mode="automatic", acknowledge=True)
    assert result.changes == ["bootstrap", "acknowledge"]


@pytest.mark.parametrize("record", [None, HEALTHY])
def test_check_mode_says_the_same_and_does_nothing(record: records.Record | None) -> None:
    options: dict[str, Any] = {"active_site": "gcp", "mode": "automatic", "acknowledge": True}
    world = World(record=record)
    predicted = run(world, check_mode=True, **options)
    assert world.record == record
    assert predicted == run(world, **options)


def test_two_that_create_it_at_once_both_find_it() -> None:
    world = World(record=None)

    def before(number: int, name: str) -> None:
        if name == "bootstrap" and world.record is None:
            world._apply(records.bootstrap("aws", "manual", CAUSE))

    world.before = before
    result = run(world, active_site="gcp", mode="automatic")
    assert (result.after.active_site, result.after.mode) == ("aws", "automatic")
    assert result.changes == ["set_mode"]


def test_an_epoch_that_moves_is_not_acknowledged_by_mistake() -> None:
    world = World()
    world.before = lambda number, name: name == "acknowledge" and world._apply(records.promote(7, "aws", CAUSE))
    with pytest.raises(Conflict, match="The record changed meanwhile: epoch is 8, not 7"):
        run(world, acknowledge=True)
