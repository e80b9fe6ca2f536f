# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's verbs as steps, and where an interrupted run goes on.

A runner writes ``intent`` into the journal, does the step, writes ``done`` or ``failed``. It may die anywhere, and the
next one, on any host, does what :func:`remaining` says. So a step can be begun twice, and must find out for itself
whether its effect is there already: the record carries the run's id, and every change of it is conditional.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from .journal import Entry

# The name of the first entry: what the run is going to do, see :meth:`Plan.data`.
PLAN = "plan"


class PlanError(ValueError):
    """There is no such plan, or the journal is not one of it; the message says why."""


@dataclass(frozen=True)
class Step:
    """One step of a run.

    ``budget_seconds``: its share of the recovery time; a longer step is reported, not stopped.
    ``critical``: if it fails the run ends, to be resumed; otherwise the failure is noted and the run goes on.
    ``reversible``: what it does can be taken back, or passes by itself: up to here a run can be abandoned.
    ``repeat``: what a resumed run does with it once it is done. ``once``: nothing. ``until_used``: again, as long as
    the step that builds on it has not begun: what was seen an hour ago is no evidence. ``always``: again, each time.
    """

    name: str
    sentence: str
    budget_seconds: float
    critical: bool = True
    reversible: bool = True
    repeat: Literal["once", "until_used", "always"] = "once"


@dataclass(frozen=True)
class Plan:
    """The steps of ``verb``, in order. ``source``: the active site; ``target``: the one that the verb is about."""

    verb: str
    source: str
    target: str
    steps: tuple[Step, ...]

    @property
    def budget_seconds(self) -> float:
        """The recovery time that was promised: that of the critical steps."""
        return sum(step.budget_seconds for step in self.steps if step.critical)

    @property
    def data(self) -> dict[str, Any]:
        """For the first entry of the journal; :func:`restore` makes the plan of it again."""
        names = [step.name for step in self.steps]
        return {"verb": self.verb, "source": self.source, "target": self.target, "steps": names}


def make(verb: str, source: str, target: str) -> Plan:
    """Raises :class:`PlanError`."""
    if verb not in VERBS:
        raise PlanError(f"There is no verb {verb!r}; there are {', '.join(VERBS)}.")
    if source == target:
        raise PlanError(f"The active site and the target are both {target!r}.")
    return Plan(verb, source, target, VERBS[verb](source, target))


def restore(entries: Sequence[Entry]) -> Plan:
    """The plan of a journal. Raises :class:`PlanError` if this version of the code would do other steps."""
    if not entries or entries[0].step != PLAN:
        raise PlanError("The journal does not begin with a plan.")
    data = dict(entries[0].data)
    plan = make(str(data.get("verb")), str(data.get("source")), str(data.get("target")))
    if plan.data != data:
        raise PlanError(f"The journal's plan of {plan.verb} is not the one of this version; resume with the other one.")
    return plan


def remaining(plan: Plan, entries: Sequence[Entry]) -> tuple[Step, ...]:
    """The steps that a run has still to do, given its journal: all of them for an empty one.

    Raises :class:`PlanError` if the journal cannot be one of this plan.
    """
    if not entries:
        return plan.steps
    if restore(entries) != plan:
        raise PlanError(f"The journal is not one of this {plan.verb} from {plan.source} to {plan.target}.")
    begun = {entry.step for entry in entries[1:] if entry.event != "note"}
    if strange := sorted(begun - {step.name for step in plan.steps}):
        raise PlanError(f"The journal has steps that the plan has not: {', '.join(strange)}.")

    # Ever: a step that is done again, and interrupted then, was done all the same.
    ended = {(entry.step, entry.event) for entry in entries}
    done = [
        (step.name, "done") in ended or (not step.critical and (step.name, "failed") in ended) for step in plan.steps
    ]
    if all(done):
        return ()
    here = done.index(False)
    for step in plan.steps[here + 1 :]:
        if step.name in begun:
            raise PlanError(f"The journal says that {step.name} was begun before {plan.steps[here].name} was done.")
    if plan.steps[here].name not in begun or plan.steps[here].repeat == "until_used":
        while here and plan.steps[here - 1].repeat == "until_used":
            here -= 1
    return (*(step for step in plan.steps[:here] if step.repeat == "always"), *plan.steps[here:])


# The verbs -----------------------------------------------------------------------------------------------------------


def _begin() -> tuple[Step, ...]:
    return (Step("lock", "Take the lock, so that no other run comes between.", 5, repeat="always"),)


def _end() -> tuple[Step, ...]:
    return (
        Step("report", "Write the report: what was measured, step by step.", 10, critical=False),
        Step("unlock", "Give the lock back.", 5, critical=False),
    )


def _judge(target: str, seconds: float) -> tuple[Step, ...]:
    return (
        Step("look", "See the record, the agents and Route 53's verdicts, twice.", seconds, repeat="until_used"),
        Step("decide", f"Ask the arbiter whether {target} may be promoted.", 1, repeat="until_used"),
    )


def _check(target: str, write_seconds: float) -> tuple[Step, ...]:
    return (
        Step("cache", f"See Redis at {target} take writes, too.", 10, critical=False),
        Step("write", "See a client's write arrive, through the web tier of each site.", write_seconds, critical=False),
        Step("dns", f"See DNS answer with {target}.", 120, critical=False),
    )


def _hand_over(source: str, target: str) -> tuple[Step, ...]:
    """Until ``promote`` the drained site takes its epoch back by itself if nobody goes on."""
    return (
        *_judge(target, 6),
        Step("drain", f"Ask {source} to stop writing.", 1),
        Step("fence", f"Wait for {source}'s word that it never writes again, and all that it had executed.", 3),
        Step("catch_up", f"Wait until {target} has applied all of it.", 10),
        Step("promote", f"Write the next epoch for {target} into the record.", 1, reversible=False),
        Step("open", f"Wait until {target} has opened its database.", 3),
        # So short a pause is no failure to Route 53.
        *_check(target, 15),
        Step("follow", f"See {source} follow {target}.", 30, critical=False),
    )


def _planned(source: str, target: str) -> tuple[Step, ...]:
    return (*_begin(), *_hand_over(source, target), *_end())


def _unplanned(source: str, target: str) -> tuple[Step, ...]:
    return (
        *_begin(),
        *_judge(target, 12),
        Step("promote", f"Write the next epoch for {target} into the record.", 1, reversible=False),
        Step("open", f"Wait until {source}'s last lease is over and {target} has opened its database.", 20),
        # Route 53 has seen a failure, and wants three good probes 10 s apart to take it back.
        *_check(target, 45),
        *_end(),
    )


def _rejoin(source: str, target: str) -> tuple[Step, ...]:
    return (
        *_begin(),
        Step("look", f"See that {source} is active, and that {target} is closed.", 12, repeat="until_used"),
        Step("errants", f"Find the transactions that only {target} has.", 10),
        Step("salvage", "Write them into the ledger: rows, replayable SQL, orders.", 120),
        Step(
            "rebuild",
            f"Copy {source}'s database over {target}'s, unless it can go on as it is.",
            1800,
            reversible=False,
        ),
        Step("follow", f"Let {target} follow {source}.", 10),
        Step("catch_up", f"Wait until {target} is close behind {source}.", 600),
        Step("cache", f"See Redis at {target} follow, too.", 30, critical=False),
        *_end(),
    )


def _game_day(source: str, target: str) -> tuple[Step, ...]:
    def part(name: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(replace(step, name=f"{name}_{step.name}") for step in steps)

    return (
        *_begin(),
        *part("there", _hand_over(source, target)),
        Step("stay", f"Let {target} serve for the agreed time.", 60, critical=False),
        *part("back", _hand_over(target, source)),
        *_end(),
    )


def _isolation(source: str, target: str) -> tuple[Step, ...]:
    return (
        *_begin(),
        Step(
            "look",
            f"See that {source} is active, and that {target} follows and can be spared.",
            20,
            repeat="until_used",
        ),
        # Whatever comes of these two, the sites are joined again.
        Step(
            "isolate", f"Cut {target} off from {source}; a timer on each host ends that by itself.", 20, critical=False
        ),
        Step("alone", f"See what {target} can do alone.", 90, critical=False),
        Step("reconnect", f"Join {target} and {source} again.", 20),
        Step("catch_up", f"Wait until {target} is close behind {source}.", 60),
        Step("cache", f"See Redis at {target} follow, too.", 30, critical=False),
        *_end(),
    )


VERBS: dict[str, Callable[[str, str], tuple[Step, ...]]] = {
    "failover": _planned,
    "failover_unplanned": _unplanned,
    "fail_back": _planned,
    "rejoin": _rejoin,
    "drill": _game_day,
    "drill_isolation": _isolation,
}
