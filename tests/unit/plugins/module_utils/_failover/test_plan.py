# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import journal
from ansible_collections.multicloud.dr.plugins.module_utils._failover.journal import Entry, Event
from ansible_collections.multicloud.dr.plugins.module_utils._failover.plan import (
    PLAN,
    VERBS,
    Plan,
    PlanError,
    Step,
    make,
    remaining,
    restore,
)
from hypothesis import given
from hypothesis import strategies as st

VERB = st.sampled_from(sorted(VERBS))
# What a step builds on must have been seen by the same runner, unless the step had begun before.
EVIDENCE = {"drain", "promote", "errants", "isolate"}


class Killed(Exception):
    """SIGKILL, as far as a test can."""


@dataclass
class Runner:
    """Runs a plan, and dies after ``lives[0]`` of its actions, then again after ``lives[1]``..., before the end."""

    plan: Plan
    next_steps: Callable[[Plan, Sequence[Entry]], tuple[Step, ...]] = remaining
    file: bytes = b""
    entries: list[Entry] = field(default_factory=list)
    # (number of the life, step) for every effect.
    effects: list[tuple[int, str]] = field(default_factory=list)
    failing: frozenset[str] = frozenset()
    left: int = 0
    life: int = 0
    tear: int = 0

    def run(self, lives: Sequence[int]) -> None:
        for self.life, self.left in enumerate([*lives, 10_000]):
            try:
                self.resume()
            except Killed:
                continue
            return

    def resume(self) -> None:
        found = journal.read(self.file)
        self.file = self.file[: len(self.file) - len(found.torn)]
        self.entries = list(found.entries)
        if not self.entries:
            self.write(PLAN, "note")
        for step in self.next_steps(self.plan, self.entries):
            self.write(step.name, "intent")
            self.act()
            self.effects.append((self.life, step.name))
            failed = step.name in self.failing and not step.critical
            self.write(step.name, "failed" if failed else "done")

    def write(self, step: str, event: Event) -> None:
        data = self.plan.data if step == PLAN else None
        entry = journal.next_entry(self.entries, run="r", time=0, step=step, event=event, data=data)
        try:
            self.act()
        except Killed:
            # Killed while writing: a part of the line is there.
            self.file += entry.line[: self.tear % len(entry.line)]
            raise
        self.file += entry.line
        self.entries.append(entry)

    def act(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


def blind(runner: Runner) -> list[str]:
    """Steps that were done on evidence which another runner had gathered, before anything was begun on it."""
    begun: set[str] = set()
    found = []
    for life, name in runner.effects:
        seen = name.split("_")[0] + "_look" if name.startswith(("there_", "back_")) else "look"
        step = name.removeprefix("there_").removeprefix("back_")
        first = (
            step in EVIDENCE
            and name not in begun
            and not (step == "promote" and seen.replace("look", "drain") in begun)
        )
        intents = [
            entry for entry in journal.read(runner.file).entries if (entry.step, entry.event) == (name, "intent")
        ]
        if first and (life, seen) not in runner.effects and len(intents) == 1:
            found.append(name)
        begun.add(name)
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_every_plan_interrupted_anywhere_ends_the_same(verb: str) -> None:
    """Killed before and after each intent, effect and result, and while writing."""
    plan = make(verb, "gcp", "aws")
    names = [step.name for step in plan.steps]
    once = {step.name for step in plan.steps if step.repeat == "once"}
    for actions in range(3 * len(names) + 2):
        runner = Runner(plan, tear=25 * actions)
        runner.run([actions])
        done = [name for _, name in runner.effects]
        assert list(dict.fromkeys(done)) == names  # each one, first done in the plan's order
        assert remaining(plan, journal.read(runner.file).entries) == ()
        assert all(done.count(name) <= 2 for name in names)
        # At most the step that was under way is done twice; or what must be seen or held again.
        assert sum(done.count(name) - 1 for name in once) <= 1
        assert blind(runner) == []


@given(
    VERB,
    st.lists(st.integers(0, 40), max_size=8),
    st.integers(0, 200),
    st.sets(st.sampled_from(["dns", "cache", "alone"])),
)
def test_many_deaths(verb: str, lives: list[int], tear: int, failing: set[str]) -> None:
    plan = make(verb, "gcp", "aws")
    runner = Runner(plan, tear=tear, failing=frozenset(failing))
    runner.run(lives)
    done = [name for _, name in runner.effects]
    assert list(dict.fromkeys(done)) == [step.name for step in plan.steps]
    assert blind(runner) == []
    # Whoever goes on holds the lock: each life begins with it.
    for life in {life for life, _ in runner.effects}:
        assert next(name for number, name in runner.effects if number == life) == "lock"


def naive(plan: Plan, entries: Sequence[Entry]) -> tuple[Step, ...]:
    """Go on where it stopped: what a resume without thought would do."""
    done = {entry.step for entry in entries if entry.event == "done"}
    return tuple(step for step in plan.steps if step.name not in done)


def test_a_resume_without_thought_is_found_out() -> None:
    """Negative control: it promotes on old evidence, and without the lock."""
    plan = make("failover_unplanned", "gcp", "aws")
    found = set()
    for actions in range(3 * len(plan.steps)):
        runner = Runner(plan, next_steps=naive)
        runner.run([actions])
        found |= set(blind(runner))
    assert found == {"promote"}


def write(plan: Plan, *events: tuple[str, Event]) -> list[Entry]:
    entries: list[Entry] = []
    for step, event in ((PLAN, "note"), *events):
        data = plan.data if step == PLAN else None
        entries.append(journal.next_entry(entries, run="r", time=0, step=step, event=event, data=data))
    return entries


def done(*names: str) -> list[tuple[str, Event]]:
    events: tuple[Event, ...] = ("intent", "done")
    return [(name, event) for name in names for event in events]


UNPLANNED = make("failover_unplanned", "gcp", "aws")


@pytest.mark.parametrize(
    ("events", "first"),
    [
        ([], ["lock", "look"]),
        ([("lock", "intent")], ["lock", "look"]),
        (done("lock"), ["lock", "look"]),
        (done("lock", "look"), ["lock", "look"]),
        ([*done("lock", "look"), ("decide", "intent")], ["lock", "look"]),
        # Refused, and asked again later: on new evidence.
        ([*done("lock", "look"), ("decide", "failed")], ["lock", "look"]),
        (done("lock", "look", "decide"), ["lock", "look"]),
        # Perhaps written: it finds out, and is not decided anew.
        ([*done("lock", "look", "decide"), ("promote", "intent")], ["lock", "promote"]),
        ([*done("lock", "look", "decide"), ("promote", "intent"), ("promote", "failed")], ["lock", "promote"]),
        (done("lock", "look", "decide", "promote"), ["lock", "open"]),
        # Killed while seeing it all again.
        ([*done("lock", "look", "decide", "lock"), ("look", "intent")], ["lock", "look"]),
        # Not critical: noted, and on.
        ([*done("lock", "look", "decide", "promote", "open", "cache"), ("write", "failed")], ["lock", "dns"]),
        ([*done("lock", "look"), ("look", "note")], ["lock", "look"]),
    ],
)
def test_where_a_run_goes_on(events: list[tuple[str, Event]], first: list[str]) -> None:
    assert [step.name for step in remaining(UNPLANNED, write(UNPLANNED, *events))][:2] == first


def test_a_new_run_does_all() -> None:
    assert remaining(UNPLANNED, []) == UNPLANNED.steps


def test_a_finished_run_does_nothing() -> None:
    assert remaining(UNPLANNED, write(UNPLANNED, *done(*(step.name for step in UNPLANNED.steps)))) == ()


def test_a_plan_is_restored_from_its_journal() -> None:
    for verb in VERBS:
        plan = make(verb, "gcp", "aws")
        assert restore(write(plan)) == plan


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (write(make("fail_back", "aws", "gcp")), "The journal is not one of this failover_unplanned from gcp to aws."),
        (write(UNPLANNED)[1:] + write(UNPLANNED, ("lock", "intent"))[1:], "The journal does not begin with a plan."),
        (write(UNPLANNED, ("drain", "intent")), "The journal has steps that the plan has not: drain."),
        (
            write(UNPLANNED, *done("lock", "look", "promote")),
            "The journal says that promote was begun before decide was done.",
        ),
        (
            [
                journal.next_entry(
                    [], run="r", time=0, step=PLAN, event="note", data={**UNPLANNED.data, "steps": ["lock"]}
                )
            ],
            "The journal's plan of failover_unplanned is not the one of this version; resume with the other one.",
        ),
        (
            [journal.next_entry([], run="r", time=0, step=PLAN, event="note", data={"verb": "dance"})],
            f"There is no verb 'dance'; there are {', '.join(VERBS)}.",
        ),
    ],
)
def test_a_journal_of_something_else_is_refused(entries: list[Entry], sentence: str) -> None:
    with pytest.raises(PlanError) as error:
        remaining(UNPLANNED, entries)
    assert str(error.value) == sentence


def test_a_plan_needs_two_sites() -> None:
    with pytest.raises(PlanError, match="The active site and the target are both 'aws'"):
        make("failover", "aws", "aws")


@pytest.mark.parametrize("verb", VERBS)
def test_what_every_plan_has(verb: str) -> None:
    plan = make(verb, "gcp", "aws")
    names = [step.name for step in plan.steps]
    assert len(set(names)) == len(names)
    assert (names[0], names[-1]) == ("lock", "unlock")
    assert all(step.sentence.endswith(".") and step.budget_seconds > 0 for step in plan.steps)
    # Nobody goes on as if nothing had happened when a change that stays has failed.
    assert all(step.critical for step in plan.steps if not step.reversible)


def test_a_drain_ends_before_the_drained_site_takes_its_epoch_back() -> None:
    """The site does so after 30 s, see agent.Times."""
    from ansible_collections.multicloud.dr.plugins.module_utils._failover.agent import Times

    budget = {step.name: step.budget_seconds for step in make("failover", "gcp", "aws").steps}
    assert budget["drain"] + budget["fence"] + budget["catch_up"] + budget["promote"] < Times().drain_ttl


def test_the_way_back_is_a_planned_failover_with_the_sites_exchanged() -> None:
    assert make("fail_back", "aws", "gcp").steps == make("failover", "aws", "gcp").steps


def test_budgets() -> None:
    assert make("failover", "gcp", "aws").budget_seconds == 30
    assert make("failover_unplanned", "gcp", "aws").budget_seconds == 39
