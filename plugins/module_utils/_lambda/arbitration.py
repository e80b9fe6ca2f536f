# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Lambda does when it is woken: look until it is clear, ask the arbiter, write at most once, tell people.

Everything outside is in :class:`World`, so that the tests drive it with fakes and a clock of their own. The arbiter's
verdict holds for the record as it was seen, so the write is conditional on that: however many invocations, runbooks
and operators act at once, one of them moves the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .._dynamodb import StoreError
from .._failover.arbiter import Verdict, decide
from .._failover.evidence import Evidence, EvidenceError, Settings
from .._failover.record import Cause, Change, Is, Record, RecordError, promote, to_item
from .._failover.situation import RESPONSES

LOOK_SECONDS = 1.0
# Kept back for the write, reading what came of it, and the notice.
RESERVE_SECONDS = 10.0
# Refusals that a later look may dissolve: Route 53's checkers need their time to say "down".
MAY_PASS = frozenset({"health", "evidence", "situation"})
HEALTHY = "Healthy"
# SNS: "must be ASCII text ... less than 100 characters long".
SUBJECT_LENGTH = 99


class Store(Protocol):
    """_dynamodb.Store; every method may raise StoreError."""

    def read(self) -> Record | None: ...
    def statuses(self, sites: tuple[str, ...]) -> Mapping[str, Mapping[str, Any] | None]: ...
    def apply(self, change: Change) -> Record | None: ...


@dataclass(frozen=True)
class World:
    """``health()``: Route 53's verdicts, {site: {writable, healthz}}. ``notify(subject, text)`` raises OSError.

    ``exchange(key)`` remembers ``key`` and returns what was remembered before, "" if nothing; may raise StoreError.
    ``monotonic``, ``wall``, ``remaining``: seconds; the last is how long this invocation may still take.
    """

    store: Store
    health: Callable[[], Mapping[str, Any]]
    notify: Callable[[str, str], None]
    exchange: Callable[[str], str]
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    remaining: Callable[[], float]


@dataclass(frozen=True)
class _Look:
    begun: float
    complete: float
    record: Record | None
    status: Mapping[str, Any]

    @property
    def plain(self) -> dict[str, Any]:
        return {"record": None if self.record is None else to_item(self.record), "status": self.status}


def run(world: World, sites: tuple[str, str], settings: Settings, woken_by: str, run_id: str) -> dict[str, Any]:
    """One invocation. Returns the verdict as plain JSON data; ``outcome`` is promoted, superseded, refused or nothing.

    Raises StoreError if it is not known what came of the write: Lambda then tries again.
    """
    try:
        evidence, verdict = watch(world, sites, settings)
    except (EvidenceError, RecordError) as error:
        told = _tell(world, f"unreadable {error}", "what is in the table cannot be read", str(error))
        return {"outcome": "refused", "sentence": str(error), "woken_by": woken_by, "notified": told}
    if verdict.allowed:
        outcome = _promote(world, verdict, woken_by, run_id)
        told = _tell(world, None, _headline(outcome, verdict), _text(outcome, verdict, woken_by))
    else:
        outcome = "refused" if "notify" in verdict.actions else "nothing"
        told = _tell_of_situation(world, verdict, woken_by)
    return {
        "outcome": outcome,
        "situation": verdict.situation.name,
        "sentence": verdict.situation.sentence,
        "target": verdict.target,
        "epoch": verdict.epoch,
        "lease_counter": verdict.lease_counter,
        "refusals": [{"name": refusal.name, "sentence": refusal.sentence} for refusal in verdict.refusals],
        "predicted_loss": {
            "transactions": verdict.predicted_loss.transactions,
            "seconds": verdict.predicted_loss.seconds,
            "exact": verdict.predicted_loss.exact,
            "sentence": verdict.predicted_loss.sentence,
        },
        "watched_seconds": round(evidence.elapsed, 3),
        "woken_by": woken_by,
        "notified": told,
    }


def watch(world: World, sites: tuple[str, str], settings: Settings) -> tuple[Evidence, Verdict]:
    """Look once a second until it is clear, or the time is up. Raises EvidenceError, RecordError."""
    first = _look(world, sites)
    while True:
        world.sleep(LOOK_SECONDS)
        health = world.health()
        second = _look(world, sites)
        evidence = Evidence.from_dict(
            {
                "sites": sites,
                "first": first.plain,
                "second": second.plain,
                # What lies between the two looks and no more: a lease could have been renewed during either.
                "elapsed": second.begun - first.complete,
                "health": health,
                "caller": "automatic",
                "now": world.wall(),
            }
        )
        target = sites[1] if evidence.record is None else evidence.other(evidence.record.active_site)
        verdict = decide(evidence, target, settings=settings)
        if _clear(evidence, verdict, settings) or world.remaining() < LOOK_SECONDS + RESERVE_SECONDS:
            return evidence, verdict
        if first.record is None or evidence.moved():
            first = second


def _look(world: World, sites: tuple[str, str]) -> _Look:
    """What cannot be read was not seen."""
    begun = world.monotonic()
    try:
        record, status = world.store.read(), world.store.statuses(sites)
    except StoreError as error:
        print(f"A look failed: {error}")
        record, status = None, {}
    return _Look(begun, world.monotonic(), record, status)


def _clear(evidence: Evidence, verdict: Verdict, settings: Settings) -> bool:
    """Would another look change nothing?"""
    if evidence.record is None or evidence.moved():
        return False
    against = {refusal.name for refusal in verdict.refusals} - {"mode"}
    if not against:  # now, or only by a human
        return True
    match evidence.lease(settings):
        case "held":
            everybody = all(evidence.fresh(site) for site in evidence.sites)
            return everybody or evidence.elapsed >= settings.challenger_ttl
        case "expired":
            return RESPONSES[verdict.situation.name].action == "nothing" or not against <= MAY_PASS
    return False


def _promote(world: World, verdict: Verdict, woken_by: str, run_id: str) -> str:
    """The one write."""
    assert verdict.epoch is not None and verdict.lease_counter is not None
    cause = Cause(
        by="arbiter",
        reason=f"{verdict.situation.name}: {verdict.situation.sentence} (woken by {woken_by})",
        at=world.wall(),
        run=run_id,
    )
    change = promote(verdict.epoch, verdict.target, cause)
    # The holder must not have renewed since the last look.
    change = replace(change, conditions={**change.conditions, "lease_counter": Is(verdict.lease_counter)})
    try:
        if world.store.apply(change) is not None:
            return "promoted"
    except StoreError as error:
        print(f"It is not known what came of the write: {error}")
    # Refused, or perhaps done by an attempt whose answer was lost: the record says whose the epoch is.
    record = world.store.read()
    mine = record is not None and (record.epoch, record.run) == (verdict.epoch + 1, run_id)
    return "promoted" if mine else "superseded"


def _tell_of_situation(world: World, verdict: Verdict, woken_by: str) -> bool:
    """A trouble is told once, and its end."""
    if "notify" in verdict.actions:
        key = f"{verdict.epoch} {verdict.situation.name} {sorted({refusal.name for refusal in verdict.refusals})}"
        return _tell(world, key, _headline("refused", verdict), _text("refused", verdict, woken_by))
    if verdict.situation.name != HEALTHY:  # a transition: whatever was told before still stands
        return False
    over = _exchange(world, HEALTHY) not in ("", HEALTHY)
    return over and _send(world, HEALTHY, _text("nothing", verdict, woken_by))


def _tell(world: World, key: str | None, subject: str, text: str) -> bool:
    """``key``: tell it only if it was not the last thing told."""
    return (key is None or _exchange(world, key) != key) and _send(world, subject, text)


def _exchange(world: World, key: str) -> str:
    try:
        return world.exchange(key)
    except StoreError as error:  # rather told twice than never
        print(f"It is not known what was told last: {error}")
        return ""


def _send(world: World, subject: str, text: str) -> bool:
    """A notice that is lost must not undo or repeat what was done."""
    subject = f"multicloud.dr: {subject}".encode("ascii", "replace").decode()[:SUBJECT_LENGTH]
    try:
        world.notify(subject, text)
    except OSError as error:
        print(f"Nobody was told: {error}\n{subject}\n{text}")
        return False
    return True


def _only_by_hand(verdict: Verdict) -> bool:
    return {refusal.name for refusal in verdict.refusals} == {"mode"}


def _headline(outcome: str, verdict: Verdict) -> str:
    name = verdict.situation.name
    if outcome == "promoted":
        return f"{name}: {verdict.target} is now the active site"
    if outcome == "superseded":
        return f"{name}: somebody else was faster"
    return f"{name}: promote {verdict.target}?" if _only_by_hand(verdict) else name


def _text(outcome: str, verdict: Verdict, woken_by: str) -> str:
    """For a person who was just woken up: what is, what was done, what to do."""
    lines = [verdict.situation.sentence, ""]
    if outcome == "promoted":
        lines.append(f"{verdict.target} was promoted: epoch {(verdict.epoch or 0) + 1}. Its agent opens the database.")
    elif outcome == "superseded":
        lines.append(f"{verdict.target} was to be promoted, but the record had moved already. Nothing was written.")
    elif _only_by_hand(verdict):
        lines.append("Nothing was done: dr_mode is manual. Nothing else stands against it:")
        lines.append(f"    ansible-playbook playbooks/failover.yml -e dr_target={verdict.target}")
    else:
        lines.append("Nothing was done.")
    lines.append(f"Advice: {RESPONSES[verdict.situation.name].advice}")
    if verdict.refusals and verdict.situation.name != HEALTHY:
        lines += ["", f"Against a promotion of {verdict.target}:"]
        lines += [f"  {refusal.name}: {refusal.sentence}" for refusal in verdict.refusals]
    lines += ["", f"Predicted loss of a promotion: {verdict.predicted_loss.sentence}", f"Woken by: {woken_by}."]
    return "\n".join(lines)
