# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of a run: what its journal says of dr_failover's part, and of what was measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .._failover.evidence import Evidence, Settings
from .._failover.gtid import GtidError, GtidSet
from .._failover.journal import Entry, Event
from .._failover.loss import Loss, nothing, predict
from .._failover.plan import Plan, Step
from .._failover.record import Record, to_item
from .._failover.transition import Place, Request, locate, predict_seconds
from .._record_access import STEPS

Facts = Mapping[str, Any]
# A game day has two transitions; a failover has one, without a prefix.
PARTS = ("there_", "back_", "")
PLANNED = ("failover", "fail_back", "drill")


class Note(NamedTuple):
    """An entry to be written. ``data``: ``began`` (wall-clock seconds), ``seconds`` and ``sentence``, if known."""

    step: str
    event: Event
    data: dict[str, Any]


class Attempt(NamedTuple):
    """What dr_failover is asked for: its options ``run``, ``expected_epoch``, ``target``, ``planned``."""

    part: str
    record_run: str
    expected_epoch: int
    source: str
    target: str
    planned: bool

    @property
    def request(self) -> Request:
        return Request(self.source, self.target, self.planned, self.record_run, self.expected_epoch)


def part(step: str) -> str | None:
    """The transition that ``step`` belongs to, by its prefix; None: to none."""
    return next((prefix for prefix in PARTS if step.removeprefix(prefix) in STEPS and step.startswith(prefix)), None)


def attempt(plan: Plan, steps: Sequence[Step], entries: Sequence[Entry], record: Record, run: str) -> Attempt | None:
    """The transition that the first of ``steps`` belongs to: the one that was begun, or a new one.

    A drain that was taken back while nobody went on is asked for again, under another name.
    """
    prefix = part(steps[0].name) if steps else None
    if prefix is None or plan.verb not in (*PLANNED, "failover_unplanned"):
        return None
    ends = (plan.target, plan.source) if prefix == "back_" else (plan.source, plan.target)
    planned = plan.verb in PLANNED
    begun = [Attempt(**entry.data["attempt"]) for entry in entries if "attempt" in entry.data]
    begun = [each for each in begun if each.part == prefix]
    if begun and locate(begun[-1].request, record).place is not Place.TAKEN_BACK:
        return begun[-1]
    tries = len({each.record_run for each in begun})
    name = run + ("-back" if prefix == "back_" else "") + (f".{tries + 1}" if tries else "")
    return Attempt(prefix, name, record.epoch, *ends, planned)


def resumable(wanted: Attempt, record: Record | None) -> bool:
    """After a failure: has the record been changed in a way that this run has to go on with?"""
    if record is None:
        return True
    return locate(wanted.request, record).place in (Place.DRAINING, Place.FENCED, Place.PROMOTED, Place.OPEN)


def of_transition(
    steps: Sequence[Step], wanted: Attempt, result: Facts, began: float, measured: Facts | None
) -> Iterator[Note]:
    """The entries for what dr_failover did of ``steps``; the last one is "failed" if it failed.

    ``result``: what it returned; ``began``: wall clock when it was asked. ``measured``: of the loss.
    """
    seen = {line["step"]: line for line in result.get("timeline") or ()}
    changed = (result.get("record") or {}).get("changed_at")
    if changed and "promote" in seen:
        # The record's change is on both clocks.
        began = changed - seen["promote"]["at"]
    failed, before = bool(result.get("failed")), 0.0
    for step in steps:
        if part(step.name) != wanted.part:
            break
        name = step.name.removeprefix(wanted.part)
        line = seen.get(name)
        later = any(other in seen for other in STEPS[STEPS.index(name) + 1 :])
        data: dict[str, Any] = {"began": began + before}
        if line is not None:
            data |= {"seconds": round(line["at"] - before, 3), "sentence": line["sentence"]}
            before = line["at"]
        elif failed and not later:
            yield Note(step.name, "failed", {**data, "sentence": result.get("msg", ""), **_verdict(name, result)})
            return
        elif name == "catch_up":
            data |= {"seconds": 0.0, "sentence": f"{wanted.target} opens only with all of it: part of opening."}
        else:
            data |= {"seconds": None, "sentence": "Was done by an earlier start of this run."}
        data |= _verdict(name, result) or _overridden(name, wanted, result)
        if name == "open":
            if failed:
                yield Note(step.name, "failed", {**data, "sentence": result.get("msg", "")})
                return
            data |= {
                "epoch": result.get("new_epoch"),
                "decision_to_writable_seconds": result.get("decision_to_writable_seconds"),
                "loss": dict(measured or {}),
            }
        yield Note(step.name, "done", data)


def _verdict(name: str, result: Facts) -> dict[str, Any]:
    verdict = result.get("verdict")
    return {"verdict": dict(verdict)} if name == "decide" and verdict else {}


def _overridden(name: str, wanted: Attempt, result: Facts) -> dict[str, Any]:
    """Who heard the verdict has died; the names of what it overrode are on the record."""
    record = result.get("record") or {}
    if name != "decide" or record.get("run") != wanted.record_run:
        return {}
    sentence = "Overridden by an earlier start of this run."
    overridden = [{"name": each, "sentence": sentence, "overridable": True} for each in record.get("overrides", ())]
    return {"verdict": {"overridden": overridden}} if overridden else {}


def measure(record: Record, statuses: Mapping[str, Facts | None], wanted: Attempt) -> dict[str, Any]:
    """What the new active site lacks of what the old one had executed, as far as that is known."""
    fenced = record.fence_epoch == record.epoch - 1 and record.fence_site == wanted.source
    source, target = ((statuses.get(site) or {}).get("database") or {} for site in (wanted.source, wanted.target))
    executed = record.fence_gtid if fenced else source.get("executed", "")
    try:
        missing = GtidSet.parse(executed) - GtidSet.parse(target.get("executed", ""))
    except GtidError as error:
        return {"transactions": None, "gtids": "", "exact": False, "sentence": f"Not measured: {error}"}
    if not executed:
        return {"transactions": None, "gtids": "", "exact": False, "sentence": f"Not known: {wanted.source} is silent."}
    what = "had executed when it was fenced" if fenced else "last said it had executed; the rest is found by rejoin"
    sentence = f"{wanted.target} lacks {missing.count} transactions of what {wanted.source} {what}."
    return {"transactions": missing.count, "gtids": str(missing), "exact": fenced, "sentence": sentence}


def foresee(
    record: Record, statuses: Mapping[str, Facts | None], wanted: Attempt, sites: tuple[str, str], settings: Settings
) -> tuple[Loss, float]:
    """Loss, and seconds from the decision until the target takes writes, from one look: at most, as yet."""
    look = {"record": to_item(record), "status": statuses}
    evidence = Evidence.from_dict(
        {"sites": sites, "first": look, "second": look, "elapsed": 0.0, "caller": "operator", "now": 0.0}
    )
    if wanted.planned:
        loss = nothing(f"nothing: {wanted.target} opens only with all that {wanted.source} has executed.")
    else:
        loss = predict(evidence, wanted.target, settings)
    return loss, predict_seconds(evidence, wanted.target, wanted.planned, settings)


# Words -------------------------------------------------------------------------------------------------------------


def plan_text(plan: Plan, steps: Sequence[Step], run: str, head: Sequence[str]) -> str:
    """The plan as it is printed before anything is done."""
    done = {step.name for step in plan.steps} - {step.name for step in steps}
    rows = [
        f"{'done' if step.name in done else '':4} {step.name:<14}{step.budget_seconds:>5g} s  {step.sentence}"
        for step in plan.steps
    ]
    return "\n".join(
        [
            f"{plan.verb} from {plan.source} to {plan.target}, run {run}",
            *head,
            *rows,
            f"budget: {plan.budget_seconds:g} s for the steps that must succeed",
        ]
    )


def steps_text(plan: Plan, notes: Sequence[Note]) -> str:
    """What was done, each step against its budget."""
    budgets = {step.name: step.budget_seconds for step in plan.steps}
    rows = []
    for note in notes:
        took = note.data.get("seconds")
        shown = "     ?" if took is None else f"{took:6.1f}"
        over = " OVER" if took is not None and took > budgets.get(note.step, took) else ""
        budget = budgets.get(note.step, 0)
        rows.append(f"{note.step:<14}{note.event:<7}{shown} of {budget:g} s{over}  {note.data.get('sentence', '')}")
    return "\n".join(rows)
