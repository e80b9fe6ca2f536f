#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin, resume, continue and end a run of a runbook: its lock, its journal, its report."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_run
version_added: 0.1.0
short_description: The lock, the journal and the report of a runbook's run
description:
  - >-
    Keeps the journal of a run in the record's table, so that another operator on another host can continue it, and a
    copy in O(directory). Each line is chained to the one before by its hash.
  - Runs where Ansible runs. It says what is to be done; M(multicloud.dr.dr_failover) does it.
  - Whoever resumes a run takes it over. A process that had it before, and still lives, stops at its next step.
options:
  state:
    description:
      - V(begun) checks O(target), makes the plan, takes the lock; or takes over the run O(resume).
      - V(stepped) writes down what became of O(steps) or of O(transition), and that the next step is begun. If the
        transition failed the module fails, after it has ended the run unless the record has to be gone on with. So it
        does if a step failed that only looks before anything is done.
      - V(checked) waits until what O(step) wants to see is seen, for twice its budget at most, and writes that down.
      - V(ended) writes the report and gives the lock back.
      - V(abandoned) ends the run O(run) of whoever has it, and gives its lock back. The record is left as it is.
    type: str
    choices: [begun, stepped, checked, ended, abandoned]
    required: true
  verb:
    description: What to do. Required to begin.
    type: str
    choices: [failover, failover_unplanned, fail_back, rejoin, drill, drill_isolation]
  target:
    description: The site that the run is about. Required to begin; a resumed run knows it.
    type: str
  resume:
    description: The run to take over.
    type: str
  run:
    description: The run, as RV(run). Required unless it is begun.
    type: str
  seat:
    description: RV(seat) of the process that began or resumed it. Required unless it is begun or abandoned.
    type: str
  step:
    description: The step to see, V(cache), V(write), V(dns), V(follow) or V(catch_up), as the plan calls it.
    type: str
  steps:
    description: What became of steps.
    type: list
    elements: dict
    default: []
    suboptions:
      step:
        description: A step of the plan.
        type: str
        required: true
      event:
        description: How it ended, or a remark about it.
        type: str
        choices: [done, failed, note]
        default: done
      seconds:
        description: How long it took. Without it, the time since the journal says that it was begun.
        type: float
      sentence:
        description: What happened.
        type: str
        default: ""
      data:
        description: Anything else that the journal should keep.
        type: dict
        default: {}
  transition:
    description: What M(multicloud.dr.dr_failover) returned.
    type: dict
  reason:
    description: Why, for the journal.
    type: str
    default: ""
  overrides:
    description: The refusals that the operator overrides, for the journal.
    type: list
    elements: str
    default: []
  directory:
    description: Where the copies of journals and the reports go, a folder for each run.
    type: path
    required: true
  zone:
    description: DNS zone with Route 53's verdicts, as of M(multicloud.dr.dr_failover).
    type: str
  name:
    description: The customers' name.
    type: str
  name_servers:
    description: Servers to ask about both.
    type: list
    elements: str
    default: []
  addresses:
    description: The public address of each site.
    type: dict
    default: {}
attributes:
  check_mode:
    details: [Nothing is written, neither the table nor O(directory); the plan is returned.]
  diff_mode:
    support: none
  idempotent:
    support: none
    details: [Each call continues the journal.]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
  - multicloud.dr.record
requirements:
  - dnspython, if O(name) or O(zone) is used
seealso:
  - module: multicloud.dr.dr_run_info
  - module: multicloud.dr.dr_failover
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Begin
  multicloud.dr.dr_run:
    state: begun
    region: ap-northeast-1
    sites: [gcp, aws]
    verb: failover
    target: aws
    directory: /var/lib/dr-runs
  register: dr_run
"""

RETURN = r"""
run:
  description: The run's name.
  returned: success
  type: str
  sample: 20261123T120000-ann
seat:
  description: Names this process's right to continue the run.
  returned: when begun
  type: str
  sample: 3f2a9c
source:
  description: The site that was active when the run was begun.
  returned: success
  type: str
  sample: gcp
target:
  description: The site that the run is about.
  returned: success
  type: str
  sample: aws
remaining:
  description: The names of the steps that are still to be done.
  returned: success
  type: list
  elements: str
  sample: [look, decide, drain]
attempt:
  description: What M(multicloud.dr.dr_failover) is to be asked for next; null if nothing.
  returned: success
  type: dict
  sample: {record_run: 20261123T120000-ann, expected_epoch: 7, source: gcp, target: aws, planned: true}
budgets:
  description: Seconds for each step.
  returned: success
  type: dict
  sample: {look: 6, decide: 1}
known:
  description: What the journal keeps of each step that is done.
  returned: success
  type: dict
  sample: {lock: {seconds: 0.1, sentence: The lock is held.}}
text:
  description: The plan, or what was done, to be printed.
  returned: success
  type: str
  sample: failover from gcp to aws
outcome:
  description: V(running), V(done), V(failed), V(refused) or V(abandoned).
  returned: success
  type: str
  sample: running
report:
  description: Paths of the report, by format; null until the run has ended.
  returned: success
  type: dict
  sample: {json: /var/lib/dr-runs/20261123T120000-ann/report.json}
"""

import getpass
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _dns, _dynamodb
from ..module_utils import _record_access as access
from ..module_utils._failover import plan as plans
from ..module_utils._failover.evidence import EvidenceError, Settings
from ..module_utils._failover.journal import Entry, Journal, JournalError, next_entry
from ..module_utils._failover.plan import Plan, PlanError, Step
from ..module_utils._failover.record import Record, RecordError
from ..module_utils._runbook import course
from ..module_utils._runbook import report as reports
from ..module_utils._runbook.addresses import addresses
from ..module_utils._runbook.course import Attempt, Note
from ..module_utils._runbook.runs import RUNNING, Runs, Stored, of_module
from ..module_utils._watch import Clock

Facts = dict[str, Any]

POLL_SECONDS = 0.5


class Failed(Exception):
    """It cannot go on; the message says why and what to do. ``facts``: what is known."""

    def __init__(self, message: str, facts: Facts | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}


@dataclass(frozen=True)
class Dns:
    """Where to ask, and what to expect."""

    zone: str = ""
    name: str = ""
    servers: tuple[str, ...] = ()
    sites: Mapping[str, str] | None = None
    verdicts: Callable[..., Mapping[str, str | None]] = _dns.verdicts
    addresses: Callable[..., list[str] | None] = addresses


@dataclass(frozen=True)
class Request:
    """What is to be begun. ``target`` may be empty if ``resume`` is not."""

    verb: str
    target: str
    resume: str = ""
    reason: str = ""
    overrides: tuple[str, ...] = ()


class Process:
    """This process's part in a run. All methods may raise StoreError, JournalError, RecordError, PlanError, Failed."""

    def __init__(
        self, runs: Runs, sites: tuple[str, str], directory: Path, owner: str, clock: Clock, check_mode: bool = False
    ) -> None:
        self._runs, self._sites, self._directory = runs, sites, directory
        self._owner, self._clock, self._check = owner, clock, check_mode
        self._seat = ""
        self._stored: Stored
        self._plan: Plan

    # Beginning ------------------------------------------------------------------------------------------------------

    def begin(self, request: Request) -> Facts:
        """Begin, or take over."""
        record = self._runs.read()
        if record is None:
            raise Failed("There is no record yet; site.yml creates it.")
        self._seat = secrets.token_hex(8)
        if request.resume:
            self._resume(request, record)
        else:
            self._create(request, record)
        steps = plans.remaining(self._plan, self._entries)
        wanted = self._attempt(steps[1:], record)
        head = [f"{record.active_site} is active at epoch {record.epoch}.", *self._prediction(record, wanted)]
        head += [f"reason: {request.reason}"] if request.reason else []
        head += [f"overrides: {', '.join(request.overrides)}"] if request.overrides else []
        text = course.plan_text(self._plan, steps, self._stored.run, head)
        if self._check:
            return self._facts(text, steps[1:], wanted)
        self._lock(new=not request.resume)
        return {**self._next(record), "text": text}

    def _create(self, request: Request, record: Record) -> None:
        source = record.active_site
        if not request.target:
            other = next(site for site in self._sites if site != source)
            raise Failed(
                f"dr_target is not given; name the site explicitly: -e dr_target={other} ({source} is active)."
            )
        if request.target not in self._sites:
            raise Failed(f"dr_target is {request.target!r}; the sites are {' and '.join(self._sites)}.")
        if request.target == source:
            raise Failed(f"dr_target is {source!r}, which is the active site already, at epoch {record.epoch}.")
        now = self._clock.wall()
        self._plan = plans.make(request.verb, source, request.target)
        who = re.sub(r"[^A-Za-z0-9_-]", "", self._owner.split(" ")[0])
        name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}-{who}"
        about = {"reason": request.reason, "overrides": request.overrides, "by": self._owner, "epoch": record.epoch}
        # The same person may begin twice in a second.
        for run in (name, *(f"{name}-{number}" for number in range(2, 10))):
            first = next_entry((), run=run, time=now, step=plans.PLAN, event="note", data=self._plan.data)
            entries = (first, next_entry([first], run=run, time=now, step="lock", event="note", data=about))
            facts = (run, request.verb, request.target, self._owner, self._seat, RUNNING, now, Journal(entries))
            self._stored = Stored(*facts)
            if self._check or self._runs.create(self._stored):
                return
        raise Failed(f"There are too many runs named {name}.")

    def _resume(self, request: Request, record: Record) -> None:
        stored = self._runs.get(request.resume)
        if stored is None:
            raise Failed(f"dr_resume is {request.resume!r}; there is no such run in the table.")
        if stored.outcome != RUNNING:
            raise Failed(f"Run {stored.run} has ended ({stored.outcome}); there is nothing to resume.")
        self._stored, self._plan = stored, plans.restore(stored.journal.entries)
        if request.verb.removesuffix("_unplanned") != self._plan.verb.removesuffix("_unplanned"):
            raise Failed(f"Run {stored.run} is a {self._plan.verb}; resume it with that playbook.")
        if request.target not in ("", self._plan.target):
            raise Failed(f"dr_target is {request.target!r}, but run {stored.run} is about {self._plan.target}.")
        if self._check:
            return
        self._runs.sit(stored.run, self._seat, self._owner)
        sentence = f"Taken up by {self._owner}, at epoch {record.epoch}."
        self._write([Note("lock", "note", {"sentence": sentence, "by": self._owner})])

    def _lock(self, new: bool) -> None:
        run, began, since = self._stored.run, self._clock.wall(), self._clock.monotonic()
        self._write([Note("lock", "intent", {})])
        holder = self._runs.take_lock(run, self._owner)
        data: Facts = {"began": began, "seconds": round(self._clock.monotonic() - since, 3)}
        if holder is None:
            self._write([Note("lock", "done", {**data, "sentence": f"The lock is held by run {run}."})])
            return
        sentence = f"The lock is held by run {holder}."
        self._write([Note("lock", "failed", {**data, "sentence": sentence})], "refused" if new else RUNNING)
        other = holder.split(" ")[0]
        raise Failed(
            f"{sentence} Two runs must not interleave. If it was interrupted, take it up: -e dr_resume={other};"
            f" or give it up: -e dr_abandon={other}."
        )

    def _prediction(self, record: Record, wanted: Attempt | None) -> list[str]:
        if wanted is None or wanted.source != record.active_site:
            return []
        loss, seconds = course.foresee(record, self._runs.statuses(self._sites), wanted, self._sites, Settings())
        return [
            f"predicted time: {seconds:g} s from the decision until {wanted.target} takes writes",
            f"predicted loss: {loss.sentence}",
        ]

    # Going on -------------------------------------------------------------------------------------------------------

    def sit(self, run: str, seat: str) -> None:
        """Go on with what begin() began, perhaps in an earlier process."""
        stored = self._runs.get(run)
        if stored is None:
            raise Failed(f"There is no run {run!r} in the table.")
        self._stored, self._seat = stored, seat
        self._plan = plans.restore(stored.journal.entries)
        self._own()

    def step(self, steps: Sequence[Facts]) -> Facts:
        """Write down what became of ``steps``."""
        now = self._clock.wall()
        notes = []
        for each in steps:
            begun = [entry.time for entry in self._entries if (entry.step, entry.event) == (each["step"], "intent")]
            seconds = each["seconds"]
            if seconds is None and begun and each["event"] != "note":
                seconds = round(now - begun[-1], 3)
            data = {"sentence": each["sentence"], "seconds": seconds, **each["data"]}
            if seconds is not None:
                data["began"] = now - seconds
            notes.append(Note(each["step"], each["event"], data))
        self._write(notes)
        critical = {step.name: step for step in self._plan.steps if step.critical}
        for note in notes:
            if note.event != "failed" or note.step not in critical:
                continue
            message = f"{note.step}: {note.data['sentence']}"
            if critical[note.step].repeat != "until_used":
                raise Failed(f"{message} {self._again}", self._facts("", (), None))
            # It has only looked.
            facts = self.end("failed")
            raise Failed(f"{message} The run has ended; its report is {facts['report']['html']}.", facts)
        done = {note.step for note in notes if note.event == "done"}
        return {**self._next(self._runs.read(), done), "text": course.steps_text(self._plan, notes)}

    def transition(self, result: Facts) -> Facts:
        """Write down what dr_failover did, and what was lost as far as that is known."""
        steps = plans.remaining(self._plan, self._entries)
        steps = tuple(step for step in steps if course.part(step.name) is not None)
        record = self._runs.read()
        wanted = self._begun()
        if wanted is None or record is None:
            raise Failed("No transition was begun.")
        statuses = self._runs.statuses(self._sites)
        began = next(
            (entry.time for entry in reversed(self._entries) if "attempt" in entry.data), self._entries[-1].time
        )
        measured = None if result.get("failed") else course.measure(record, statuses, wanted)
        notes = list(course.of_transition(steps, wanted, result, began, measured))
        text = course.steps_text(self._plan, notes)
        if not result.get("failed"):
            self._write(notes)
            return {**self._next(record), "text": text}
        message = str(result.get("msg", "dr_failover failed."))
        if course.resumable(wanted, record):
            self._write(notes)
            raise Failed(f"{message} {self._again}", self._facts(text, steps, wanted))
        self._write(notes)
        facts = self.end("failed")
        raise Failed(f"{message} The run has ended; its report is {facts['report']['html']}.", {**facts, "text": text})

    def check(self, name: str, dns: Dns) -> Facts:
        """Wait until it is seen. What is not seen is written down and no error: the site was moved all the same."""
        step = next((step for step in self._plan.steps if step.name == name), None)
        if step is None:
            raise Failed(f"{self._plan.verb} has no step {name!r}.")
        back = name.startswith("back_")
        target, source = (self._plan.source, self._plan.target) if back else (self._plan.target, self._plan.source)
        began, since = self._clock.wall(), self._clock.monotonic()
        while True:
            seen, sentence = self._look(name.removeprefix("there_").removeprefix("back_"), source, target, dns)
            waited = self._clock.monotonic() - since
            if seen or seen is None or waited >= 2 * step.budget_seconds:
                break
            self._clock.sleep(POLL_SECONDS)
        data: Facts = {"began": began, "seconds": round(waited, 3), "sentence": sentence}
        note = Note(name, "done" if seen else "failed", data)
        self._write([note])
        if not seen and step.critical:
            raise Failed(f"{name}: {sentence} {self._again}")
        return {**self._next(self._runs.read()), "text": course.steps_text(self._plan, [note]), "seen": bool(seen)}

    def _look(self, name: str, source: str, target: str, dns: Dns) -> tuple[bool | None, str]:
        """Is it seen? None: it cannot be. With a sentence."""
        if self._plan.verb in ("rejoin", "drill_isolation"):
            return self._rejoined(name, source, target)
        if name in ("cache", "follow"):
            try:
                record, statuses = self._runs.read(), self._runs.statuses(self._sites)
            except _dynamodb.StoreError as error:
                return False, str(error)
            site = target if name == "cache" else source
            status = statuses.get(site) or {}
            part = status.get("cache" if name == "cache" else "database") or {}
            current = record is not None and status.get("epoch") == record.epoch
            if name == "cache":
                return current and part.get("role") == "master", f"Redis of {site} is {part.get('role') or 'silent'}."
            follows = current and bool(part.get("follows") and part.get("running"))
            return follows, f"{site} {'follows' if follows else 'does not follow'} {target}."
        if name == "write":
            if not dns.zone:
                return None, "Not looked at: no zone with Route 53's verdicts was given."
            asked = {site: f"writable.{site}.{dns.zone}" for site in self._write_sites(source, target)}
            found = dns.verdicts(asked.values(), dns.servers)
            words = ", ".join(f"{site} {found[name] or '?'}" for site, name in asked.items())
            return bool(set(found.values()) == {"up"}), f"Can a client write? Route 53 says: {words}."
        if name == "dns":
            if not (dns.name and dns.servers and (dns.sites or {}).get(target)):
                return None, "Not looked at: no name, servers or addresses were given."
            answer = dns.addresses(dns.name, dns.servers) or []
            return bool(answer == [(dns.sites or {})[target]]), f"{dns.name} is {', '.join(answer) or 'not answered'}."
        raise Failed(f"step is {name!r}; allowed are cache, write, dns and follow.")

    def _rejoined(self, name: str, source: str, target: str) -> tuple[bool, str]:
        """Does the site that was deposed, or cut off, follow?"""
        try:
            record, statuses = self._runs.read(), self._runs.statuses(self._sites)
        except _dynamodb.StoreError as error:
            return False, str(error)
        status = statuses.get(target) or {}
        database, cache = status.get("database") or {}, status.get("cache") or {}
        if record is None or status.get("epoch") != record.epoch:
            return False, f"The agent of {target} does not speak of the record's epoch."
        if name == "cache":
            seen = cache.get("role") == "replica" and cache.get("link_up") is True
            return seen, f"Redis of {target} {'follows' if seen else 'does not follow'}."
        follows = bool(database.get("follows") and database.get("running"))
        if name == "follow" or not follows:
            return follows, f"{target} {'follows' if follows else 'does not follow'} {source}."
        lag = database.get("lag_seconds")
        near = lag is not None and lag <= Settings().max_lag_seconds and database.get("diverged") is not True
        return near, f"{target} is {'?' if lag is None else f'{lag:.1f}'} s behind {source}."

    def _write_sites(self, source: str, target: str) -> tuple[str, ...]:
        return (target,) if self._plan.verb == "failover_unplanned" else (source, target)

    # Ending ---------------------------------------------------------------------------------------------------------

    def end(self, outcome: str = "done") -> Facts:
        """Report, unlock, report once more with that in it."""
        run, began, since = self._stored.run, self._clock.wall(), self._clock.monotonic()
        self._write([Note("report", "intent", {})])
        paths = self._report(outcome)
        took = {"began": began, "seconds": round(self._clock.monotonic() - since, 3)}
        done = Note("report", "done", {**took, "sentence": f"The report is {paths['html']}."})
        began, since = self._clock.wall(), self._clock.monotonic()
        self._write([done, Note("unlock", "intent", {})])
        released = self._runs.release_lock(run)
        took = {"began": began, "seconds": round(self._clock.monotonic() - since, 3)}
        sentence = "The lock is free." if released else "The lock was not held by this run."
        self._write([Note("unlock", "done", {**took, "sentence": sentence})], outcome)
        self._report(outcome)
        return {**self._facts(self._summary(), (), None), "outcome": outcome, "report": paths}

    def abandon(self, run: str) -> Facts:
        """Give up the run of whoever has it."""
        stored = self._runs.get(run)
        if stored is None:
            raise Failed(f"dr_abandon is {run!r}; there is no such run in the table.")
        self._stored, self._seat = stored, secrets.token_hex(8)
        self._plan = plans.restore(stored.journal.entries)
        record = self._runs.read()
        epoch = "?" if record is None else f"{record.epoch}, which belongs to {record.active_site}"
        text = f"Run {run} is given up; the record stays as it is, at epoch {epoch}."
        if stored.outcome == RUNNING and not self._check:
            self._runs.sit(run, self._seat, self._owner)
            self._write([Note("lock", "note", {"sentence": f"Given up by {self._owner}."})], "abandoned")
        if not self._check:
            self._runs.release_lock(run)
        return {**self._facts(text, (), None), "outcome": "abandoned"}

    def _report(self, outcome: str) -> dict[str, str]:
        report = reports.build(self._stored.run, self._stored.owner, outcome, self._entries)
        folder = self._folder
        text = {"json": json.dumps(report, indent=2) + "\n", "html": reports.html(report)}
        for kind, content in text.items():
            _replace(folder / f"report.{kind}", content.encode())
        return {kind: str(folder / f"report.{kind}") for kind in text}

    def _summary(self) -> str:
        report = reports.build(self._stored.run, self._stored.owner, "", self._entries)
        rows = [f"{name:<28}{value:>10}  {note}" for name, value, note in reports.figures(report)]
        rows += [f"not seen: {step['name']}: {step['sentence']}" for step in report["steps"] if _missed(step)]
        return "\n".join(rows)

    # The journal ----------------------------------------------------------------------------------------------------

    @property
    def _entries(self) -> tuple[Entry, ...]:
        return self._stored.journal.entries

    @property
    def _folder(self) -> Path:
        return self._directory / self._stored.run

    @property
    def _again(self) -> str:
        return f"The run keeps the lock: go on with -e dr_resume={self._stored.run}, or give it up with -e dr_abandon."

    def _write(self, notes: Sequence[Note], outcome: str = RUNNING) -> None:
        if self._check or not (notes or outcome != RUNNING):
            return
        entries = list(self._entries)
        for note in notes:
            arguments: Facts = {"step": note.step, "event": note.event, "data": note.data}
            entries.append(next_entry(entries, run=self._stored.run, time=self._clock.wall(), **arguments))
        new = entries[len(self._entries) :]
        if not self._runs.append(self._stored.run, self._seat, self._stored.journal.head, new, outcome):
            self._own()
            raise Failed(f"The journal of run {self._stored.run} was continued by somebody else meanwhile.")
        self._stored = replace(self._stored, journal=Journal(tuple(entries)), outcome=outcome)
        _replace(self._folder / "journal.jsonl", b"".join(entry.line for entry in entries))

    def _own(self) -> None:
        now = self._runs.get(self._stored.run)
        if now is not None and now.seat != self._seat:
            raise Failed(f"Run {now.run} was taken over by {now.owner}; this process stops.")

    def _begun(self) -> Attempt | None:
        tries = [Attempt(**entry.data["attempt"]) for entry in self._entries if "attempt" in entry.data]
        return tries[-1] if tries else None

    def _attempt(self, steps: Sequence[Step], record: Record | None) -> Attempt | None:
        return None if record is None else course.attempt(self._plan, steps, self._entries, record, self._stored.run)

    def _next(self, record: Record | None, done: Collection[str] = ()) -> Facts:
        """Say that the next step is begun. ``done``: what this process did just now and need not do again."""
        remaining = plans.remaining(self._plan, self._entries)
        steps = tuple(step for step in remaining if step.repeat != "always" and step.name not in done)
        wanted = self._attempt(steps, record)
        if steps and steps[0].name not in ("report", "unlock"):
            self._write([Note(steps[0].name, "intent", {"attempt": wanted._asdict()} if wanted else {})])
        return self._facts("", steps, wanted)

    def _facts(self, text: str, steps: Sequence[Step], wanted: Attempt | None) -> Facts:
        return {
            "run": self._stored.run,
            "seat": self._seat,
            "source": self._plan.source,
            "target": self._plan.target,
            "remaining": [step.name for step in steps],
            "attempt": wanted._asdict() if wanted else None,
            "budgets": {step.name: step.budget_seconds for step in self._plan.steps},
            "known": {entry.step: dict(entry.data) for entry in self._entries if entry.event == "done"},
            "text": text,
            "outcome": self._stored.outcome,
            "report": None,
        }


def _missed(step: Mapping[str, Any]) -> bool:
    return bool(step["outcome"] == "failed")


def _replace(path: Path, content: bytes) -> None:
    """All of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)


def do(process: Process, params: Mapping[str, Any]) -> Facts:
    """What the options ask for. Raises what Process raises."""
    match params["state"]:
        case "begun":
            request = Request(
                params["verb"],
                params["target"] or "",
                params["resume"] or "",
                params["reason"],
                tuple(params["overrides"]),
            )
            return process.begin(request)
        case "abandoned":
            return process.abandon(params["run"])
    process.sit(params["run"], params["seat"])
    match params["state"]:
        case "checked":
            servers = tuple(params["name_servers"])
            return process.check(
                params["step"], Dns(params["zone"] or "", params["name"] or "", servers, params["addresses"])
            )
        case "ended":
            return process.end()
    return process.transition(params["transition"]) if params["transition"] else process.step(params["steps"])


def pretend(params: Mapping[str, Any]) -> Facts:
    """Check mode has no journal; a transition that would be refused is refused. Raises Failed."""
    if (params["transition"] or {}).get("failed"):
        raise Failed(str(params["transition"].get("msg")))
    return {"text": ""}


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            **access.RECORD_OPTIONS,
            "state": {
                "type": "str",
                "choices": ["begun", "stepped", "checked", "ended", "abandoned"],
                "required": True,
            },
            "verb": {"type": "str", "choices": list(plans.VERBS)},
            "target": {"type": "str"},
            "resume": {"type": "str"},
            "run": {"type": "str"},
            "seat": {"type": "str"},
            "step": {"type": "str"},
            "steps": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "step": {"type": "str", "required": True},
                    "event": {"type": "str", "choices": ["done", "failed", "note"], "default": "done"},
                    "seconds": {"type": "float"},
                    "sentence": {"type": "str", "default": ""},
                    "data": {"type": "dict", "default": {}},
                },
            },
            "transition": {"type": "dict"},
            "reason": {"type": "str", "default": ""},
            "overrides": {"type": "list", "elements": "str", "default": []},
            "directory": {"type": "path", "required": True},
            "zone": {"type": "str"},
            "name": {"type": "str"},
            "name_servers": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "dict", "default": {}},
        },
        required_if=[
            ("state", "begun", ["verb"]),
            ("state", "stepped", ["run", "seat"]),
            ("state", "checked", ["run", "seat", "step"]),
            ("state", "ended", ["run", "seat"]),
            ("state", "abandoned", ["run"]),
        ],
        supports_check_mode=True,
    )
    params = module.params
    owner = f"{getpass.getuser()} on {socket.gethostname()}"
    try:
        sites = access.two_sites(params)
        process = Process(of_module(module), sites, Path(params["directory"]), owner, Clock(), module.check_mode)
        facts = pretend(params) if module.check_mode and params["state"] == "stepped" else do(process, params)
    except _dynamodb.StoreError as error:
        module.fail_json(msg=access.explain(error, params["table"]))
    except Failed as error:
        shown = ("run", "outcome", "text", "report")
        module.fail_json(msg=str(error), **{name: error.facts[name] for name in shown if name in error.facts})
    except (access.OptionError, EvidenceError, JournalError, PlanError, RecordError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=not module.check_mode, **facts)


if __name__ == "__main__":
    main()
