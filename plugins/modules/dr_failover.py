#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask for another active site, wait for the agents, return the time line."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_failover
version_added: 0.1.0
short_description: Make a site the active one and wait until it takes writes
description:
  - >-
    Looks at the record and at what the sites publish, asks the arbiter, writes the record, and waits until the agent of
    O(target) has opened its database. Nothing else is done: no host is configured and no control plane is called.
  - >-
    A planned failover asks the active site to stop writing, waits for its word, and gives the next epoch to the target,
    which opens with everything that the old site had executed. If the word does not come within O(drain_timeout), the
    old site gets a new epoch of its own and the module fails.
  - >-
    An unplanned failover watches the lease of the active site expire, for ten seconds, unless it is seen to live, and
    gives the next epoch to the target. What would be lost is predicted first.
  - >-
    The arbiter's refusals end the module before anything is written. Each has a name and a sentence; some can be
    overridden by O(overrides).
  - >-
    An interrupted run goes on where the record says it is, if it is started again with the same O(run). Every write is
    conditional, so of two that fail over at once one loses, and says so.
  - A target that is active already is only waited for.
options:
  target:
    description: The site to be active.
    type: str
    required: true
  planned:
    description: Whether the active site is to hand over, V(true), or is lost, V(false).
    type: bool
    required: true
  run:
    description:
      - The name of this run. Written into the record, it says on a second start what has been done already.
      - Never use one name for two failovers to the same site.
    type: str
    required: true
  expected_epoch:
    description:
      - The epoch that is to be left. The module fails if the record has moved on without this O(run).
      - Give the one that was journaled when an interrupted run is taken up again, so that it is never begun twice.
    type: int
  overrides:
    description: The names of the refusals that an operator takes upon himself. They are written into the record.
    type: list
    elements: str
    default: []
  reason:
    description: Why, for the record.
    type: str
    default: ""
  requested_by:
    description: Who, for the record.
    type: str
    default: dr_failover
  caller:
    description: Who is asking the arbiter. Only an V(operator) may use O(overrides).
    type: str
    choices: [operator, drill]
    default: operator
  drain_timeout:
    description: >-
      Seconds until the active site must have given its word. After 30 seconds it would take the drain back by itself.
    type: float
    default: 10.0
  open_timeout:
    description: Seconds from the promotion until the target must take writes. After that the epoch is its own still.
    type: float
    default: 30.0
attributes:
  check_mode:
    details: [The evidence is looked at, and a refusal fails the module, as it would without check mode.]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
  - multicloud.dr.record
  - multicloud.dr.record.evidence
requirements:
  - dnspython, if O(zone) is used
seealso:
  - module: multicloud.dr.dr_failover_info
  - module: multicloud.dr.dr_record
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Hand over to AWS without losing anything
  multicloud.dr.dr_failover:
    region: ap-northeast-1
    sites: [gcp, aws]
    target: aws
    planned: true
    run: "{{ dr_run }}"
    reason: Maintenance of the VPN.
    requested_by: ann
    zone: multicloud.example
    name_servers: [ns-1.example.net, ns-2.example.net]

- name: Google Cloud is lost, and DNS cannot be asked from here
  multicloud.dr.dr_failover:
    region: ap-northeast-1
    sites: [gcp, aws]
    target: aws
    planned: false
    run: "{{ dr_run }}"
    overrides: [evidence]
    reason: Nobody can reach the region.
"""

RETURN = r"""
source:
  description: The other site.
  returned: always
  type: str
  sample: gcp
target:
  description: The site to be active.
  returned: always
  type: str
  sample: aws
old_epoch:
  description: The epoch that was left, or is to be left; null if the record was not read.
  returned: always
  type: int
  sample: 7
new_epoch:
  description: The record's epoch at the end, or in check mode the one that would be.
  returned: always
  type: int
  sample: 8
timeline:
  description: What was seen when, in the order of time.
  returned: always
  type: list
  elements: dict
  contains:
    step:
      description: A step of RV(plan), V(lease) when the target holds the new lease, or V(take_back).
      type: str
      returned: always
      sample: fence
    at:
      description: Seconds since the module began, by its monotonic clock. Steps of an earlier start are not seen.
      type: float
      returned: always
      sample: 2.514
    sentence:
      description: What happened.
      type: str
      returned: always
      sample: gcp has given its word never to write again under epoch 7.
decision_to_writable_seconds:
  description: From the arbiter's verdict until the target was seen to take writes; null if not both were seen.
  returned: always
  type: float
  sample: 1.38
plan:
  description: The steps, in order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The step's name.
      type: str
      returned: always
      sample: drain
    sentence:
      description: What is done.
      type: str
      returned: always
      sample: Ask gcp to stop writing.
    budget_seconds:
      description: Its share of the recovery time.
      type: float
      returned: always
      sample: 1
predicted_seconds:
  description: From the verdict until the target takes writes, as predicted; null if nothing was decided.
  returned: always
  type: float
  sample: 2.9
verdict:
  description: The arbiter's; null if there was nothing to decide.
  returned: always
  type: dict
  contains:
    allowed:
      description: Whether the target may be promoted.
      type: bool
      returned: always
      sample: false
    situation:
      description: What was seen, under a name.
      type: str
      returned: always
      sample: LinkDown
    sentence:
      description: What was seen.
      type: str
      returned: always
      sample: None of the 4 VPN tunnels is up.
    refusals:
      description: What stands against the promotion, each with C(name), C(sentence) and C(overridable).
      type: list
      elements: dict
      returned: always
      sample: [{name: link, sentence: None of the 4 VPN tunnels is up., overridable: false}]
    overridden:
      description: What would stand against it without O(overrides).
      type: list
      elements: dict
      returned: always
      sample: []
    predicted_loss:
      description: >-
        C(transactions) that are known to be missing, C(gtids) that name them, C(seconds) of writes at most, whether
        that is C(exact), and a C(sentence).
      type: dict
      returned: always
      sample: {transactions: 0, gtids: "", seconds: 0.0, exact: true, sentence: Nothing.}
    epoch:
      description: The epoch that this is about.
      type: int
      returned: always
      sample: 7
    watched_seconds:
      description: How long was looked.
      type: float
      returned: always
      sample: 2.1
record:
  description: The record at the end, as M(multicloud.dr.dr_record) returns it; null if it was not read.
  returned: always
  type: dict
  sample: {epoch: 8, active_site: aws}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _record_access as access
from ..module_utils import _watch
from ..module_utils._dynamodb import StoreError
from ..module_utils._failover import record as records
from ..module_utils._failover.agent import Times
from ..module_utils._failover.arbiter import ArbiterError, Verdict, decide
from ..module_utils._failover.evidence import Evidence, EvidenceError, Settings
from ..module_utils._failover.record import Cause, Change, Is, Record, RecordError
from ..module_utils._failover.transition import (
    Budgets,
    Do,
    Place,
    Request,
    locate,
    moved,
    next_step,
    predict_seconds,
    refused,
    told,
)
from ..module_utils._watch import Clock, Scene, Statuses, Store

Facts = dict[str, Any]

POLL_SECONDS = 0.1
# A table that does not answer at all for so long is not worth waiting for: nothing is begun yet.
FIRST_LOOK_SECONDS = 5.0


class Failed(Exception):
    """It ended badly; the message says how, and what is now."""


@dataclass(frozen=True)
class Asked:
    """What the options ask for."""

    request: Request
    scene: Scene
    by: str = "dr_failover"
    reason: str = ""
    overrides: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    budgets: Budgets = field(default_factory=Budgets)


def refusal(verdict: Verdict) -> str:
    """Every reason by name, and the way out."""
    reasons = " ".join(f"[{refusal.name}] {refusal.sentence}" for refusal in verdict.refusals)
    names = sorted({refusal.name for refusal in verdict.refusals})
    final = sorted({refusal.name for refusal in verdict.refusals if not refusal.overridable})
    way = (
        f"Not to be overridden: {', '.join(final)}."
        if final
        else f"An operator may override: dr_override: [{', '.join(names)}]."
    )
    return f"{verdict.target} may not be promoted. {reasons} {way}"


class Transition:
    """One run, or the rest of one. ``changed``: the record was changed by it since it was started."""

    def __init__(self, store: Store, asked: Asked, clock: Clock) -> None:
        self._store = store
        self._asked = asked
        self._clock = clock
        self._began = clock.monotonic()
        self._request = asked.request
        self._before: Statuses = {}
        self._opening: Change | None = None
        # A run that goes on does not know which of them were needed.
        self._overrides = asked.overrides
        self._decided: float | None = None
        self._writable: float | None = None
        self.changed = False
        self.found: Record | None = None
        self.record: Record | None = None
        self.timeline: list[Facts] = []
        self.verdict: Facts | None = None
        self.predicted: float | None = None

    @property
    def facts(self) -> Facts:
        """What the module returns, however it ended."""
        record, request = self.record, self._request
        took = None
        if self._decided is not None and self._writable is not None:
            took = round(self._writable - self._decided, 3)
        return {
            "source": request.source,
            "target": request.target,
            "old_epoch": request.start,
            "new_epoch": None if record is None else record.epoch,
            "timeline": self.timeline,
            "decision_to_writable_seconds": took,
            "plan": access.steps(request.planned, request.source, request.target),
            "predicted_seconds": self.predicted,
            "verdict": self.verdict,
            "record": None if record is None else records.to_item(record),
        }

    def run(self, check_mode: bool = False) -> None:
        """Until the target takes writes. Raises Failed, ArbiterError, EvidenceError, RecordError, StoreError."""
        record = self._begin()
        if locate(self._request, record).place is Place.NEW:
            record = self._decide()
        if check_mode:
            self._pretend(record)
        else:
            self._carry_out(record)

    def _begin(self) -> Record:
        """From here on it is about one epoch."""
        record, self._before = self._first_look()
        if record is None:
            raise Failed("There is no record yet; dr_record creates it.")
        self.record = self.found = record
        place, start = locate(self._request, record)
        if place is not Place.MOVED:
            self._request = replace(self._request, start=start)
        return record

    def _first_look(self) -> tuple[Record | None, Statuses]:
        end = self._clock.monotonic() + FIRST_LOOK_SECONDS
        while True:
            try:
                return self._store.read(), self._store.statuses(self._asked.scene.sites)
            except StoreError as error:
                if access.absent(error) or self._clock.monotonic() >= end:
                    raise
                self._clock.sleep(POLL_SECONDS)

    def _decide(self) -> Record:
        """Look, ask, and prepare the first write. Returns the record that was decided about."""
        asked, request = self._asked, self._request
        evidence, look = _watch.watch(self._store, asked.scene, asked.settings, self._clock)
        record = evidence.record
        if record is not None:
            self.record, self._before = record, look.statuses
            if locate(request, record).place is Place.MOVED:
                raise Failed(moved(request, record))
        verdict = decide(evidence, request.target, asked.overrides, request.planned, asked.settings)
        self.verdict = {**access.describe(verdict), "watched_seconds": round(evidence.elapsed, 3)}
        self._note("look", verdict.situation.sentence)
        if not verdict.allowed:
            raise Failed(refusal(verdict))
        assert record is not None  # or it would have been refused
        self.predicted = predict_seconds(evidence, request.target, request.planned, asked.settings)
        self._overrides = tuple(dict.fromkeys(refusal.name for refusal in verdict.overridden))
        self._opening = self._first_change(evidence, record)
        self._decided = self._clock.monotonic()
        self._note("decide", f"{request.target} may be promoted. Predicted loss: {verdict.predicted_loss.sentence}")
        return record

    def _first_change(self, evidence: Evidence, record: Record) -> Change:
        request = self._request
        if request.planned:
            return records.drain(record.epoch, request.target, request.run)
        change = records.promote(record.epoch, request.target, self._cause(self._asked.reason))
        if evidence.lease(self._asked.settings) == "expired":
            # The verdict rests on it: the holder must not have come back since.
            change = replace(change, conditions={**change.conditions, "lease_counter": Is(record.lease_counter)})
        return change

    def _cause(self, reason: str) -> Cause:
        return Cause(self._asked.by, reason, self._clock.wall(), self._overrides, self._request.run)

    def _pretend(self, record: Record) -> None:
        """Check mode: the record as it would be at the end."""
        budgets = self._asked.budgets
        match locate(self._request, record).place:
            case Place.MOVED | Place.TAKEN_BACK:
                raise Failed(next_step(self._request, record, self._before, {}, budgets.open, budgets).sentence)
            case Place.NEW | Place.DRAINING | Place.FENCED:
                target, run = self._request.target, self._request.run
                self.record = replace(record, epoch=record.epoch + 1, active_site=target, run=run)
                self.changed = True

    def _carry_out(self, record: Record) -> None:
        asked, here, since = self._asked, Place.NEW, self._clock.monotonic()
        while True:
            self.record = record
            place = locate(self._request, record).place
            if place is not here:
                self._note(place.value, told(place, self._request, record))
                if (here, place) != (Place.PROMOTED, Place.OPEN):
                    since = self._clock.monotonic()
                here = place
            waited = self._clock.monotonic() - since
            todo = next_step(self._request, record, self._statuses(record, waited), self._before, waited, asked.budgets)
            match todo.do:
                case Do.SUCCEED:
                    self._writable = self._clock.monotonic()
                    self._note("open", f"{record.active_site} takes writes at epoch {record.epoch}.")
                    return
                case Do.FAIL:
                    raise Failed(todo.sentence)
                case Do.WAIT:
                    self._clock.sleep(POLL_SECONDS)
                    record = self._read()
                case do:
                    record = self._write(self._change(do, record), here, waited)

    def _statuses(self, record: Record, waited: float) -> Statuses:
        """Read only when something hangs on them."""
        opened = record.lease_epoch == record.epoch and not record.draining
        if not opened and waited < self._asked.budgets.open:
            return {}
        try:
            return self._store.statuses(self._asked.scene.sites)
        except StoreError:
            return {}

    def _change(self, do: Do, record: Record) -> Change:
        request = self._request
        if do is Do.COMPLETE:
            return records.complete_drain(record.epoch, request.target, self._cause(self._asked.reason))
        if do is Do.TAKE_BACK:
            reason = f"{request.source} did not give its word within {self._asked.budgets.drain:g} s"
            return records.promote(record.epoch, request.source, self._cause(reason))
        assert self._opening is not None  # a run that goes on is never new
        return self._opening

    def _write(self, change: Change, here: Place, waited: float) -> Record:
        """The record after it. No answer may mean that it was done: the record tells, and it is never done twice."""
        trouble = ""
        try:
            record = self._store.apply(change)
            if record is not None:
                self.changed = True
                return record
        except StoreError as error:
            trouble = str(error)
        record = self.record = self._read()
        place = locate(self._request, record).place
        if place not in (here, Place.MOVED):
            self.changed = True
        elif place is Place.NEW and (reason := refused(self._request, record, change)):
            raise Failed(reason)
        elif waited >= self._asked.budgets.open:
            raise Failed(f"{trouble or 'The record refuses it.'} {self._again}")
        else:
            self._clock.sleep(POLL_SECONDS)
        return record

    def _read(self) -> Record:
        """The record, although the table may be silent for a while."""
        end = self._clock.monotonic() + self._asked.budgets.open
        while True:
            try:
                record = self._store.read()
            except StoreError as error:
                if self._clock.monotonic() >= end:
                    raise Failed(f"{error} {self._again}") from error
                self._clock.sleep(POLL_SECONDS)
                continue
            if record is None:
                raise Failed("The record has vanished.")
            return record

    @property
    def _again(self) -> str:
        return f"What was begun stands; run again as {self._request.run} to go on."

    def _note(self, step: str, sentence: str) -> None:
        at = round(self._clock.monotonic() - self._began, 3)
        self.timeline.append({"step": step, "at": at, "sentence": sentence})


def asked(params: Mapping[str, Any]) -> Asked:
    """The options. Raises OptionError."""
    sites = access.two_sites(params)
    target = access.one_of("target", params["target"], sites)
    if not params["run"]:
        raise access.OptionError("run is empty; it names this run in the record.")
    budgets = Budgets(params["drain_timeout"], params["open_timeout"])
    limit = Times().drain_ttl
    if not 0 < budgets.drain < limit:
        raise access.OptionError(
            f"drain_timeout is {budgets.drain:g}; more than 0 and less than {limit:g} is allowed,"
            " when the drained site would take the drain back."
        )
    if not budgets.open > 0:
        raise access.OptionError(f"open_timeout is {budgets.open:g}; it must be more than 0.")
    source = sites[1] if target == sites[0] else sites[0]
    return Asked(
        Request(source, target, params["planned"], params["run"], params["expected_epoch"]),
        Scene(sites, params["caller"], access.health(params, sites), params["tunnels"]),
        params["requested_by"],
        params["reason"],
        tuple(params["overrides"]),
        access.settings(params),
        budgets,
    )


def shown(record: Record | None) -> Facts:
    """What a diff shows."""
    return {} if record is None else {"epoch": record.epoch, "active_site": record.active_site}


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            **access.RECORD_OPTIONS,
            **access.EVIDENCE_OPTIONS,
            "target": {"type": "str", "required": True},
            "planned": {"type": "bool", "required": True},
            "run": {"type": "str", "required": True},
            "expected_epoch": {"type": "int"},
            "overrides": {"type": "list", "elements": "str", "default": []},
            "reason": {"type": "str", "default": ""},
            "requested_by": {"type": "str", "default": "dr_failover"},
            "caller": {"type": "str", "choices": ["operator", "drill"], "default": "operator"},
            "drain_timeout": {"type": "float", "default": 10.0},
            "open_timeout": {"type": "float", "default": 30.0},
        },
        **access.EVIDENCE_RULES,
        supports_check_mode=True,
    )
    try:
        wanted = asked(module.params)
    except access.OptionError as error:
        module.fail_json(msg=str(error))
    transition = Transition(access.store(module), wanted, Clock())
    failure = ""
    try:
        transition.run(module.check_mode)
    except StoreError as error:
        failure = access.explain(error, module.params["table"])
    except (Failed, ArbiterError, EvidenceError, RecordError) as error:
        failure = str(error)
    report: Facts = {"changed": transition.changed, **transition.facts}
    if module._diff:
        report["diff"] = {"before": shown(transition.found), "after": shown(transition.record)}
    if failure:
        module.fail_json(msg=failure, **report)
    module.exit_json(**report)


if __name__ == "__main__":
    main()
