# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this site be promoted now? One answer for the Lambda, the runbook and the drill, with every reason against it.

Two tables of rules, one for each kind of failover. A rule says in a sentence why not, or nothing. An operator may
override some of them by name; the names that were needed stand in the verdict and go into the record.

That two sites never write at once does not hang on this: the agents wait for leases and fences whatever is decided
here. What hangs on it is the loss, and whether a failover is needed at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from .evidence import Evidence, Settings, SiteStatus
from .loss import Loss, nothing, predict, unknown
from .record import Record
from .situation import ACTIONABLE, RESPONSES, Situation, analyse, flapping, not_following


class ArbiterError(ValueError):
    """The question cannot be asked like this; the message says what is allowed."""


@dataclass(frozen=True)
class Refusal:
    """One reason against the promotion. ``name`` is what an operator overrides, if it is ``overridable``."""

    name: str
    sentence: str
    overridable: bool


@dataclass(frozen=True)
class Verdict:
    """``allowed`` holds for ``epoch`` and ``lease_counter`` as seen; write only on condition that they still stand.

    ``refusals`` stand in the way; ``overridden`` ones would, had the operator not named them.
    ``actions``: what to do now, in order, of drain, promote, notify.
    """

    allowed: bool
    target: str
    planned: bool
    situation: Situation
    refusals: tuple[Refusal, ...]
    overridden: tuple[Refusal, ...]
    predicted_loss: Loss
    actions: tuple[str, ...]
    epoch: int | None
    lease_counter: int | None


@dataclass(frozen=True)
class _Question:
    """What the rules look at. ``source``: the site that would be left."""

    evidence: Evidence
    settings: Settings
    record: Record
    situation: Situation
    loss: Loss
    target: str
    source: str

    def alive(self, site: str) -> SiteStatus | None:
        """The site's status if its agent lives. A rule about what a silent agent last said would only add noise."""
        return self.evidence.status(site) if self.evidence.fresh(site) else None


class Rule(NamedTuple):
    name: str
    overridable: bool
    reason: Callable[[_Question], str]


def decide(
    evidence: Evidence,
    target: str,
    overrides: Collection[str] = (),
    planned: bool = False,
    settings: Settings | None = None,
) -> Verdict:
    """The verdict on promoting ``target``; the defaults are the operator's. Raises :class:`ArbiterError`."""
    settings = settings or Settings()
    rules = PLANNED if planned else UNPLANNED
    _check(overrides, evidence, planned)
    situation = analyse(evidence, settings)
    record = evidence.record
    if target not in evidence.sites:
        reasons = [Refusal("target", f"{target!r} is no site; there are {' and '.join(evidence.sites)}.", False)]
        loss = unknown("the target is none of the sites")
    elif record is None:
        reasons = [Refusal("record", situation.sentence, False)]
        loss = unknown("the record cannot be read")
    elif target == record.active_site:
        reasons = [Refusal("target", f"{target} is the active site already, at epoch {record.epoch}.", False)]
        loss = nothing("Nothing changes.")
    else:
        loss = _planned_loss(record, target) if planned else predict(evidence, target, settings)
        question = _Question(evidence, settings, record, situation, loss, target, record.active_site)
        reasons = [
            Refusal(rule.name, sentence, rule.overridable) for rule in rules if (sentence := rule.reason(question))
        ]

    overridden = tuple(refusal for refusal in reasons if refusal.overridable and refusal.name in overrides)
    refusals = tuple(refusal for refusal in reasons if refusal not in overridden)
    return Verdict(
        allowed=not refusals,
        target=target,
        planned=planned,
        situation=situation,
        refusals=refusals,
        overridden=overridden,
        predicted_loss=loss,
        actions=_actions(planned, refusals, situation),
        epoch=None if record is None else record.epoch,
        lease_counter=None if record is None else record.lease_counter,
    )


def overridable(planned: bool) -> list[str]:
    """The names that an operator may override."""
    return sorted({rule.name for rule in (PLANNED if planned else UNPLANNED) if rule.overridable})


def _check(overrides: Collection[str], evidence: Evidence, planned: bool) -> None:
    allowed = overridable(planned)
    kind = "a planned" if planned else "an unplanned"
    for name in sorted(set(overrides) - set(allowed)):
        known = name in {"target", "record"} | {rule.name for rule in (*PLANNED, *UNPLANNED)}
        what = f"can never be overridden in {kind} failover" if known else "is no refusal of the arbiter"
        raise ArbiterError(f"dr_override: {name!r} {what}; allowed are {', '.join(allowed)}.")
    if overrides and evidence.caller != "operator":
        raise ArbiterError(f"dr_override: only an operator may override; the caller is {evidence.caller!r}.")


def _actions(planned: bool, refusals: tuple[Refusal, ...], situation: Situation) -> tuple[str, ...]:
    if not refusals:
        return ("drain", "promote") if planned else ("promote", "notify")
    return () if RESPONSES[situation.name].action == "nothing" else ("notify",)


def _planned_loss(record: Record, target: str) -> Loss:
    return nothing(f"Nothing: {target} opens only with all that {record.active_site} has executed when it is fenced.")


# Rules of both kinds -----------------------------------------------------------------------------------------------


def _moved(q: _Question) -> str:
    return "The epoch moved between the two looks: look again." if q.evidence.moved() else ""


def _draining(q: _Question) -> str:
    if not q.record.draining:
        return ""
    return f"A planned failover to {q.record.drain_to} is under way (run {q.record.run})."


def _target_silent(q: _Question) -> str:
    if q.evidence.fresh(q.target):
        return ""
    return f"The agent of {q.target} was not seen to publish between the two looks; only it can open the site."


def _target_database(q: _Question) -> str:
    status = q.alive(q.target)
    return f"The database of {q.target} does not answer." if status and not status.database.answers else ""


def _target_cut_off(q: _Question) -> str:
    """Such an agent would not learn of its promotion."""
    status = q.alive(q.target)
    if status is None:
        return ""
    age = status.record_age_seconds
    if age is not None and age <= q.settings.challenger_ttl:
        return ""
    return f"The agent of {q.target} has not read the record {'yet' if age is None else f'for {age:g} s'}."


def _diverged(q: _Question) -> str:
    status = q.evidence.status(q.target)
    # What the last holder itself has executed is what counts.
    if status is None or status.database.diverged is not True or q.record.lease_site == q.target:
        return ""
    return f"{q.target} has transactions that {q.source} never had; they would become part of the shop's data."


def _diverged_unknown(q: _Question) -> str:
    status = q.alive(q.target)
    if status is None or status.database.diverged is not None or q.record.lease_site == q.target:
        return ""
    return f"It is not known whether {q.target} has diverged."


# Unplanned: is the active site really lost, and what would be lost with it? ------------------------------------------


def _not_actionable(q: _Question) -> str:
    if q.evidence.caller != "automatic" or q.situation.name in ACTIONABLE:
        return ""
    return f"The situation is {q.situation.name}; without a human only {' and '.join(sorted(ACTIONABLE))} are acted on."


def _manual(q: _Question) -> str:
    if q.evidence.caller != "automatic" or q.record.mode == "automatic":
        return ""
    return "dr_mode is manual: only a human promotes."


def _lease_held(q: _Question) -> str:
    held = q.evidence.lease(q.settings) == "held"
    return f"{q.source} renewed its lease between the two looks: it lives." if held else ""


def _lease_unseen(q: _Question) -> str:
    if q.evidence.lease(q.settings) != "unknown" or q.evidence.moved():
        return ""
    if (before := q.evidence.first.record) is None:
        return f"The first look did not find the record, so it is not known whether {q.source} renews its lease."
    if q.record.lease_counter < before.lease_counter:
        return f"The second look read an older record than the first; whether {q.source} renews its lease is not known."
    return (
        f"{q.source}'s lease was watched for {q.evidence.elapsed:g} s only;"
        f" a counter that stands still proves something after {q.settings.challenger_ttl:g} s."
    )


def _writable(q: _Question) -> str:
    up = q.evidence.health[q.source].writable == "up"
    return f"Route 53's checkers find that clients can write at {q.source}." if up else ""


def _no_verdict(q: _Question) -> str:
    if q.evidence.health[q.source].writable is not None:
        return ""
    return f"DNS gave no verdict on {q.source}'s /writable; no answer is no proof of death."


def _loss_unknown(q: _Question) -> str:
    if q.loss.seconds is not None and q.loss.transactions is not None:
        return ""
    return f"The RPO of {q.settings.rpo_seconds:g} s cannot be vouched for. {q.loss.sentence}"


def _loss_seconds(q: _Question) -> str:
    if q.loss.seconds is None or q.loss.seconds <= q.settings.rpo_seconds:
        return ""
    return (
        f"The predicted loss of {q.loss.seconds:g} s exceeds the RPO of {q.settings.rpo_seconds:g} s. {q.loss.sentence}"
    )


def _loss_transactions(q: _Question) -> str:
    limit = q.settings.max_loss_transactions
    if limit is None or q.loss.transactions is None or q.loss.transactions <= limit:
        return ""
    return f"The predicted loss of {q.loss.transactions} transactions exceeds the limit of {limit}. {q.loss.sentence}"


def _flapping(q: _Question) -> str:
    return flapping(q.record, q.evidence.now, q.settings)


UNPLANNED = (
    Rule("situation", False, _not_actionable),
    Rule("mode", False, _manual),
    Rule("epoch", False, _moved),
    Rule("drain", True, _draining),
    Rule("lease", True, _lease_held),
    Rule("evidence", True, _lease_unseen),
    Rule("health", True, _writable),
    Rule("evidence", True, _no_verdict),
    Rule("standby", True, _target_silent),
    Rule("standby", True, _target_database),
    Rule("standby", True, _target_cut_off),
    Rule("diverged", True, _diverged),
    Rule("evidence", True, _diverged_unknown),
    Rule("rpo", True, _loss_unknown),
    Rule("rpo", True, _loss_seconds),
    Rule("rpo", True, _loss_transactions),
    Rule("anti_flap", True, _flapping),
)


# Planned: can the active site hand over, and the other one take over, with nothing lost? ------------------------------


def _nobody_plans(q: _Question) -> str:
    return "A planned failover is a human's decision." if q.evidence.caller == "automatic" else ""


def _source_silent(q: _Question) -> str:
    if q.evidence.fresh(q.source):
        return ""
    return f"The agent of {q.source} was not seen to publish between the two looks; only it can hand over."


def _source_not_renewing(q: _Question) -> str:
    if q.evidence.lease(q.settings) == "held" or q.evidence.moved():
        return ""
    return f"{q.source} was not seen to renew its lease between the two looks."


def _source_closed(q: _Question) -> str:
    status = q.alive(q.source)
    if status is None or (status.database.writable and q.record.lease_epoch == q.record.epoch):
        return ""
    return f"{q.source} is not open at epoch {q.record.epoch}: it has nothing to hand over yet."


def _link_down(q: _Question) -> str:
    return q.evidence.link_down()


def _not_following(q: _Question) -> str:
    status = q.alive(q.target)
    return not_following(status, q.settings) if status else ""


def _unhealthy(q: _Question) -> str:
    down = [site for site in q.evidence.sites if q.evidence.health[site].healthz == "down"]
    return f"Route 53's checkers find no shop at {' and '.join(down)}." if down else ""


def _health_unknown(q: _Question) -> str:
    unread = [site for site in q.evidence.sites if q.evidence.health[site].healthz is None]
    return f"DNS gave no verdict on /healthz of {' and '.join(unread)}." if unread else ""


# What a planned failover cannot do without is not overridable: there is the unplanned one.
PLANNED = (
    Rule("caller", False, _nobody_plans),
    Rule("epoch", False, _moved),
    Rule("drain", False, _draining),
    Rule("active", False, _source_silent),
    Rule("active", False, _source_not_renewing),
    Rule("active", False, _source_closed),
    Rule("standby", False, _target_silent),
    Rule("standby", False, _target_database),
    Rule("standby", False, _target_cut_off),
    Rule("link", False, _link_down),
    Rule("replication", False, _not_following),
    Rule("diverged", True, _diverged),
    Rule("evidence", True, _diverged_unknown),
    Rule("health", True, _unhealthy),
    Rule("evidence", True, _health_unknown),
)
