# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs, in virtual time, against agents that follow a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.transition import Request
from ansible_collections.multicloud.dr.plugins.modules.dr_failover import Asked, Failed, Transition

from tests.unit.fakes.sites import HEALTHY, UUID, Killed, World, lost, scene

OTHER = records.Cause("bob", "I was first", 0.0, (), "other")


def asked(planned: bool = True, target: str = "aws", start: int | None = None, **more: Any) -> Asked:
    source = "gcp" if target == "aws" else "aws"
    request = Request(source, target, planned, "mine", start)
    return Asked(request, **{"scene": scene(writable="up" if planned else "down"), "by": "ann", **more})


def start(world: World, wanted: Asked | None = None, check_mode: bool = False) -> Transition:
    transition = Transition(world, wanted or asked(), world.clock)
    transition.run(check_mode)
    return transition


def fail(world: World, wanted: Asked | None = None, check_mode: bool = False) -> tuple[str, Transition]:
    transition = Transition(world, wanted or asked(), world.clock)
    with pytest.raises(Failed) as failure:
        transition.run(check_mode)
    return str(failure.value), transition


def names(transition: Transition) -> list[str]:
    return [entry["step"] for entry in transition.timeline]


def final(world: World) -> records.Record:
    """The record, once it is certain that exactly one site takes writes."""
    assert world.record is not None
    assert [site for site, agent in world.agents.items() if agent.writes] == [world.record.active_site]
    return world.record


# As it should go -----------------------------------------------------------------------------------------------------


def test_planned() -> None:
    world = World()
    world.agents["gcp"].executed = f"{UUID}:1-1005"
    transition = start(world, asked(reason="maintenance"))
    assert names(transition) == ["look", "decide", "drain", "fence", "promote", "lease", "open"]
    record = final(world)
    assert (record.epoch, record.active_site, record.lossless_epoch) == (8, "aws", 8)
    assert (record.changed_by, record.reason, record.overrides, record.run) == ("ann", "maintenance", (), "mine")
    assert world.agents["aws"].executed == f"{UUID}:1-1005"
    assert world.done == ["drain", "complete_drain"]
    facts = transition.facts
    assert (facts["old_epoch"], facts["new_epoch"], transition.changed) == (7, 8, True)
    assert [step["name"] for step in facts["plan"]] == [
        "look",
        "decide",
        "drain",
        "fence",
        "catch_up",
        "promote",
        "open",
    ]
    at = [entry["at"] for entry in transition.timeline]
    assert at == sorted(at)
    assert facts["decision_to_writable_seconds"] == pytest.approx(at[-1] - at[1], abs=0.01)
    assert facts["decision_to_writable_seconds"] <= facts["predicted_seconds"], "the prediction is no promise broken"
    assert facts["verdict"]["predicted_loss"]["transactions"] == 0
    assert facts["record"]["overrides"] == []


def test_unplanned() -> None:
    world = lost(World())
    transition = start(world, asked(planned=False))
    assert names(transition) == ["look", "decide", "promote", "lease", "open"]
    record = final(world)
    assert (record.epoch, record.active_site, record.lossless_epoch) == (8, "aws", 0)
    assert world.done == ["promote"]
    facts = transition.facts
    assert facts["verdict"]["situation"] == "SiteDown"
    assert facts["verdict"]["watched_seconds"] >= 10
    assert facts["decision_to_writable_seconds"] <= facts["predicted_seconds"]


def test_a_standby_that_was_cut_off_waits_for_the_lease_to_expire() -> None:
    """The run waits with it: promoted is not yet open."""
    world = lost(World(moved=1009.0))
    assert start(world, asked(planned=False)).facts["decision_to_writable_seconds"] > 8


def test_the_way_back() -> None:
    world = World()
    start(world)
    world.sleep(5)
    start(world, asked(target="gcp", scene=scene(active="aws")))
    assert (final(world).epoch, final(world).active_site) == (9, "gcp")


def test_an_active_target_is_only_waited_for() -> None:
    world = World()
    transition = start(world, asked(target="gcp"))
    assert (transition.changed, world.done, transition.facts["verdict"]) == (False, [], None)
    assert (transition.facts["old_epoch"], transition.facts["new_epoch"]) == (7, 7)
    assert names(transition) == ["lease", "open"]


def test_an_active_target_that_fell_silent_is_not_well() -> None:
    """What it published before the run looked is no evidence."""
    sentence, transition = fail(lost(World()), asked(target="gcp", planned=False))
    assert "gcp, which does not take writes after 30 s. The agent of gcp has published nothing" in sentence
    assert not transition.changed


# Check mode ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planned", [True, False])
def test_check_mode_changes_nothing_and_says_what_would_be(planned: bool) -> None:
    world = World() if planned else lost(World())
    transition = start(world, asked(planned), check_mode=True)
    assert (world.done, world.record and world.record.epoch) == ([], 7)
    facts = transition.facts
    assert transition.changed
    assert (facts["new_epoch"], facts["record"]["active_site"]) == (8, "aws")
    assert facts["verdict"]["allowed"]
    assert facts["predicted_seconds"] > 0
    assert names(transition) == ["look", "decide"]


def test_check_mode_refuses_as_the_run_would() -> None:
    world = World()
    world.agents["aws"].alive = False
    told, transition = fail(world, check_mode=True)
    assert told == fail(world)[0]
    assert not transition.changed


def test_check_mode_of_a_run_that_is_under_way() -> None:
    world = World(record=records.apply(HEALTHY, records.drain(7, "aws", "mine")))
    transition = start(world, check_mode=True)
    assert (transition.changed, transition.facts["new_epoch"], world.done) == (True, 8, [])


def test_check_mode_of_a_run_that_is_over() -> None:
    world = World()
    start(world)
    transition = start(world, check_mode=True)
    assert (transition.changed, transition.facts["old_epoch"], transition.facts["new_epoch"]) == (False, 7, 8)


# What the arbiter refuses --------------------------------------------------------------------------------------------


def test_every_refusal_is_named_with_the_way_out() -> None:
    world = lost(World())
    world.agents["aws"].lag = 90.0
    sentence, transition = fail(world, asked(planned=False, scene=scene(writable=None)))
    assert "[evidence] DNS gave no verdict on gcp's /writable" in sentence
    assert "[rpo] The predicted loss" in sentence
    assert sentence.endswith("An operator may override: dr_override: [evidence, rpo].")
    refusals = transition.facts["verdict"]["refusals"]
    assert [(refusal["name"], refusal["overridable"]) for refusal in refusals] == [("evidence", True), ("rpo", True)]
    assert world.done == []


def test_what_was_overridden_goes_into_the_record() -> None:
    world = lost(World())
    wanted = asked(planned=False, scene=scene(writable=None), overrides=("evidence", "rpo"))
    transition = start(world, wanted)
    assert final(world).overrides == ("evidence",), "only what was needed"
    assert [refusal["name"] for refusal in transition.facts["verdict"]["overridden"]] == ["evidence"]


def test_what_cannot_be_overridden_is_said() -> None:
    world = World()
    world.agents["aws"].alive = False
    sentence, _ = fail(world)
    assert sentence.endswith("Not to be overridden: standby.")
    assert world.done == []


def test_a_living_site_can_be_left_unplanned_only_by_override() -> None:
    world = World()
    wanted = asked(planned=False, scene=scene())
    sentence, transition = fail(world, wanted)
    assert "[lease] gcp renewed its lease" in sentence
    assert transition.facts["verdict"]["watched_seconds"] < 4, "nothing more was to be seen"
    start(world, replace(wanted, overrides=("lease", "health", "rpo")))
    assert (final(world).active_site, final(world).overrides[0]) == ("aws", "lease")


def test_without_a_record() -> None:
    assert "There is no record yet" in fail(World(record=None))[0]


# Two at once ---------------------------------------------------------------------------------------------------------


def at_the_first(name: str, act: Callable[[World], object], world: World) -> World:
    """Something happens just before the run's first change of that name is written."""
    pending = [act]

    def before(number: int, operation: str) -> None:
        if operation == name and pending:
            pending.pop()(world)

    world.before = before
    return world


def change(made: records.Change) -> Callable[[World], object]:
    return lambda world: world._apply(made)


def test_another_promotion_was_first() -> None:
    world = at_the_first("drain", change(records.promote(7, "aws", OTHER)), World())
    sentence, transition = fail(world)
    assert sentence == (
        "The record has moved: it is at epoch 8, which belongs to aws (by bob, run other: I was first),"
        " not at epoch 7 as this run began."
    )
    assert not transition.changed


def test_another_drain_was_first() -> None:
    world = at_the_first("drain", change(records.drain(7, "aws", "other")), World())
    sentence, transition = fail(world)
    assert sentence == "A planned failover to aws is under way (run other). Nothing was changed."
    assert (transition.changed, world.done) == (False, [])


def test_the_holder_came_back_at_the_last_moment() -> None:
    world = at_the_first("promote", change(records.renew(7, "gcp")), lost(World()))
    sentence, _ = fail(world, asked(planned=False))
    assert sentence == "gcp has renewed its lease meanwhile: it lives. Nothing was changed."
    assert world.record is not None and world.record.epoch == 7


def test_the_arbiter_promotes_while_a_drain_is_under_way() -> None:
    world = World()
    world.agents["gcp"].hands_over = False
    at_the_first("promote", change(records.promote(7, "aws", OTHER)), world)
    assert "it is at epoch 8, which belongs to aws (by bob, run other: I was first)" in fail(world)[0]


def test_the_record_moves_while_it_is_looked_at() -> None:
    world = World()
    world.after = lambda number, name: number == 5 and world._apply(records.promote(7, "aws", OTHER))
    assert "it is at epoch 8, which belongs to aws" in fail(world)[0]
    assert world.done == []


@pytest.mark.parametrize("planned", [True, False])
def test_an_epoch_that_is_not_the_expected_one(planned: bool) -> None:
    world = World()
    assert "it is at epoch 7, which belongs to gcp (by somebody, run before)" in fail(world, asked(planned, start=6))[0]
    assert world.done == []


# When it does not go well --------------------------------------------------------------------------------------------


def test_a_drain_without_a_word_is_taken_back() -> None:
    world = World()
    world.agents["gcp"].hands_over = False
    sentence, transition = fail(world)
    assert sentence == (
        "The drain was taken back: gcp did not give its word within 10 s. At epoch 8, gcp takes writes again."
    )
    assert names(transition) == ["look", "decide", "drain", "take_back"]
    assert (final(world).active_site, final(world).epoch) == ("gcp", 8)
    assert world.done == ["drain", "promote"]
    assert fail(world)[0] == sentence, "and so it stays, however often the run is started again"
    assert world.done == ["drain", "promote"]


def test_a_drained_site_that_died_is_not_said_to_write() -> None:
    world = World()

    def die(number: int, name: str) -> None:
        if name == "drain":
            lost(world)

    world.after = die
    sentence, _ = fail(world)
    assert "At epoch 8, gcp does not take writes yet. The agent of gcp has published nothing" in sentence


def test_a_drain_that_the_site_took_back_itself() -> None:
    world = World()
    world.agents["gcp"].hands_over = False
    back = records.promote(7, "gcp", records.Cause("dr-agent of gcp", "a drain that nobody completed", 0.0))
    at_the_first("promote", change(back), world)
    assert "taken back: a drain that nobody completed. At epoch 8, gcp takes writes again." in fail(world)[0]


def test_a_target_that_does_not_open_keeps_the_epoch() -> None:
    world = World()
    world.agents["aws"].opens = False
    sentence, transition = fail(world)
    assert "Epoch 8 belongs to aws, which does not take writes after 30 s. The agent of aws calls itself opening." in (
        sentence
    )
    assert transition.changed
    world.agents["aws"].opens = True
    again = start(world)
    assert (again.changed, final(world).active_site, names(again)) == (False, "aws", ["promote", "lease", "open"])


def test_a_late_lease_does_not_begin_the_wait_anew() -> None:
    world = World()
    world.agents["aws"].opens = False

    def renew_late(number: int, name: str) -> None:
        record = world.record
        if record is not None and record.epoch == 8 and record.lease_epoch == 7 and world.now > 1022:
            world._apply(records.renew(8, "aws"))

    world.before = renew_late
    sentence, transition = fail(world)
    assert "does not take writes after 30 s." in sentence
    assert names(transition)[-2:] == ["promote", "lease"]
    assert world.now < 1036


def test_a_target_that_lacks_transactions_says_how_many() -> None:
    world = World()
    world.agents["gcp"].executed = f"{UUID}:1-1005"
    world.agents["aws"].applies = False
    assert "aws lacks 5 transactions that gcp had executed when it was fenced." in fail(world)[0]


def test_a_table_that_is_silent_from_the_beginning() -> None:
    world = World()
    world.before = at_call(0, StoreError("no answer."), always=True)
    with pytest.raises(StoreError, match="no answer"):
        start(world)
    assert world.now < 1006


def test_a_table_that_falls_silent_is_asked_again_and_then_given_up() -> None:
    world = World()

    def silence(number: int, name: str) -> None:
        if "drain" in world.done:
            raise StoreError("read on the table dr: no answer.")

    world.before = silence
    sentence, _ = fail(world)
    assert sentence == "read on the table dr: no answer. What was begun stands; run again as mine to go on."


# Interrupted anywhere ------------------------------------------------------------------------------------------------


def calls(planned: bool) -> list[int]:
    """The operations that a whole run asks for, by number. Of those that watch a lease expire a few will do."""
    world = World() if planned else lost(World())
    start(world, asked(planned))
    return [number for number in range(1, world.calls + 1) if number < 6 or number > world.calls - 20 or not number % 9]


def at_call(wanted: int, error: BaseException, always: bool = False) -> Callable[[int, str], None]:
    def strike(number: int, name: str) -> None:
        if number == wanted or always:
            raise error

    return strike


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("planned", [True, False])
def test_killed_at_any_call_and_started_again(planned: bool, when: str) -> None:
    """The same end from everywhere, and the record was changed no more often than it had to be."""
    for number in calls(planned):
        world = World() if planned else lost(World())
        setattr(world, when, at_call(number, Killed()))
        with pytest.raises(Killed):
            start(world, asked(planned))
        world.sleep(number % 5)
        start(world, asked(planned, start=7))
        record = final(world)
        assert (record.epoch, record.active_site, record.run) == (8, "aws", "mine"), number
        assert world.done == (["drain", "complete_drain"] if planned else ["promote"]), number


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("planned", [True, False])
def test_any_call_without_an_answer(planned: bool, when: str) -> None:
    for number in calls(planned):
        world = World() if planned else lost(World())
        setattr(world, when, at_call(number, StoreError("no answer.")))
        transition = start(world, asked(planned))
        assert (final(world).epoch, final(world).active_site, transition.changed) == (8, "aws", True), number
        assert world.done == (["drain", "complete_drain"] if planned else ["promote"]), number


def test_a_killed_run_leaves_a_drain_that_another_one_cannot_take_over() -> None:
    world = World()
    world.after = lambda number, name: at_call(number, Killed())(number, name) if name == "drain" else None
    with pytest.raises(Killed):
        start(world)
    world.after = lambda number, name: None
    other = asked()
    sentence, _ = fail(world, replace(other, request=replace(other.request, run="other")))
    assert "[drain] A planned failover to aws is under way (run mine)." in sentence
    start(world)
    assert final(world).active_site == "aws"
