# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a requested transition has come, read off the record alone, and what its run does next.

Nothing is remembered between two looks but the epoch that the run leaves. So a run that was killed anywhere, or whose
write got no answer, goes on where the record says that it is: every write carries the run's name.

    planned    NEW -> drain -> DRAINING -> (the holder's word) -> FENCED -> complete -> PROMOTED -> OPEN
                                  '-> (no word in time) -> take back -> TAKEN_BACK
    unplanned  NEW -> promote -> PROMOTED -> OPEN
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from .agent import Times
from .evidence import Evidence, Settings
from .gtid import GtidError, GtidSet
from .record import Change, Record, why_not

Status = Mapping[str, Any]


class Place(Enum):
    """Where the run stands. The value is its name in a time line."""

    NEW = "new"
    DRAINING = "drain"
    FENCED = "fence"
    PROMOTED = "promote"
    OPEN = "lease"
    TAKEN_BACK = "take_back"
    MOVED = "moved"


class Do(Enum):
    """What the run does next."""

    DECIDE = "look at the evidence, ask the arbiter and begin"
    WAIT = "wait for the agents"
    COMPLETE = "complete the drain"
    TAKE_BACK = "take the drain back"
    SUCCEED = "end well"
    FAIL = "end badly"


class Next(NamedTuple):
    """``sentence`` says why it ends badly; empty otherwise."""

    do: Do
    sentence: str = ""


@dataclass(frozen=True)
class Request:
    """Who asks for what. ``start``: the epoch that is left; None until it is known."""

    source: str
    target: str
    planned: bool
    run: str
    start: int | None = None


@dataclass(frozen=True)
class Budgets:
    """Seconds. ``drain``: until the holder has given its word; ``open``: from the promotion until writes are taken."""

    drain: float = 10.0
    open: float = 30.0


class Position(NamedTuple):
    """``start``: the epoch that the run left, or will leave."""

    place: Place
    start: int


def locate(request: Request, record: Record) -> Position:
    """Where the run stands."""
    position = _locate(request, record)
    return position if request.start in (None, position.start) else Position(Place.MOVED, position.start)


def _locate(request: Request, record: Record) -> Position:
    mine = record.run == request.run
    if record.draining:
        if mine and request.planned and record.drain_to == request.target:
            fenced = record.fence_epoch == record.epoch
            return Position(Place.FENCED if fenced else Place.DRAINING, record.epoch)
        return Position(Place.NEW, record.epoch)
    left = record.epoch - 1
    if record.active_site == request.target:
        # Without a move of this run the target was active before: nothing is left, and nothing has to be done.
        begun = left if mine else record.epoch
        return Position(Place.OPEN if record.lease_epoch == record.epoch else Place.PROMOTED, begun)
    drained = record.drain_epoch == left and record.drain_to == request.target
    # The drained site takes an abandoned drain back by itself.
    if drained and (mine or request.start == left):
        return Position(Place.TAKEN_BACK, left)
    return Position(Place.NEW, record.epoch)


def next_step(
    request: Request,
    record: Record,
    statuses: Mapping[str, Status | None],
    before: Mapping[str, Status | None],
    waited: float,
    budgets: Budgets,
) -> Next:
    """``statuses``: what the sites last published; ``before``: what they had published when the run began to look.

    ``waited``: seconds since the run came to its place; from PROMOTED to OPEN it is one wait.
    """
    place = locate(request, record).place
    active = record.active_site
    match place:
        case Place.NEW:
            return Next(Do.DECIDE)
        case Place.MOVED:
            return Next(Do.FAIL, moved(request, record))
        case Place.FENCED:
            return Next(Do.COMPLETE)
        case Place.DRAINING:
            return Next(Do.WAIT if waited < budgets.drain else Do.TAKE_BACK)
    open_now = record.lease_epoch == record.epoch and writes(active, record, statuses.get(active), before.get(active))
    closed = why_closed(active, record, statuses.get(active), before.get(active))
    if place is Place.TAKEN_BACK:
        if not open_now and waited < budgets.open:
            return Next(Do.WAIT)
        now = "takes writes again." if open_now else f"does not take writes yet. {closed}"
        return Next(Do.FAIL, f"The drain was taken back: {record.reason}. At epoch {record.epoch}, {active} {now}")
    if open_now:
        return Next(Do.SUCCEED)
    if waited < budgets.open:
        return Next(Do.WAIT)
    return Next(
        Do.FAIL,
        f"Epoch {record.epoch} belongs to {active}, which does not take writes after {budgets.open:g} s. "
        f"{closed} Run again as {request.run} to wait on.",
    )


def writes(site: str, record: Record, status: Status | None, before: Status | None) -> bool:
    """Does the site itself say, since ``before``, that its database takes writes at the record's epoch?"""
    return (
        status is not None
        and status.get("epoch") == record.epoch
        and status.get("role") == "active"
        and _database(status).get("writable") is True
        and not same(status, before)
    )


def same(status: Status | None, before: Status | None) -> bool:
    """Nothing was published in between."""
    return _publication(status) == _publication(before)


def why_closed(site: str, record: Record, status: Status | None, before: Status | None) -> str:
    """What is known of why the site does not take writes; one sentence."""
    if status is None:
        return f"The agent of {site} has never published."
    if same(status, before):
        return f"The agent of {site} has published nothing since this run looked first."
    database = _database(status)
    if not database.get("answers"):
        return f"The database of {site} does not answer."
    if status.get("epoch") != record.epoch:
        return f"The agent of {site} last spoke of epoch {status.get('epoch')}."
    lacking = _lacking(record, str(database.get("executed", "")))
    if record.lossless_epoch == record.epoch and lacking:
        return f"{site} lacks {lacking} transactions that {record.fence_site} had executed when it was fenced."
    return f"The agent of {site} calls itself {status.get('role')}."


def _lacking(record: Record, executed: str) -> int:
    try:
        return (GtidSet.parse(record.fence_gtid) - GtidSet.parse(executed)).count
    except GtidError:
        return 0


def moved(request: Request, record: Record) -> str:
    """The loser's sentence: the record has left the epoch that the run began at."""
    by = f"{record.changed_by or 'somebody'}{f', run {record.run}' if record.run else ''}"
    why = f": {record.reason}" if record.reason else ""
    return (
        f"The record has moved: it is at epoch {record.epoch}, which belongs to {record.active_site} (by {by}{why}),"
        f" not at epoch {request.start} as this run began."
    )


def refused(request: Request, record: Record | None, change: Change) -> str:
    """The loser's sentence when ``change`` was refused and this is the record now; empty if it would be taken now."""
    reason = why_not(record, change)
    if not reason or record is None:
        return f"The change was refused: {reason}." if reason else ""
    if locate(request, record).place is Place.MOVED:
        return moved(request, record)
    if record.draining:
        return f"A planned failover to {record.drain_to} is under way (run {record.run}). Nothing was changed."
    if reason.startswith("lease_counter"):
        return f"{record.active_site} has renewed its lease meanwhile: it lives. Nothing was changed."
    return f"The change was refused: {reason}. Nothing was changed."


def told(place: Place, request: Request, record: Record) -> str:
    """A time line's sentence about coming to ``place``."""
    match place:
        case Place.DRAINING:
            return f"{request.source} is asked to stop writing under epoch {record.epoch}."
        case Place.FENCED:
            return f"{request.source} has given its word never to write again under epoch {record.epoch}."
        case Place.PROMOTED:
            return f"Epoch {record.epoch} belongs to {record.active_site}."
        case Place.OPEN:
            return f"{record.active_site} holds the lease of epoch {record.epoch}."
        case Place.TAKEN_BACK:
            return f"The drain is taken back: epoch {record.epoch} belongs to {record.active_site}."
    return f"The record is at epoch {record.epoch}, which belongs to {record.active_site}."


def predict_seconds(evidence: Evidence, target: str, planned: bool, settings: Settings) -> float:
    """From the decision until the target takes writes, if everything that lives goes on to. Needs a record."""
    record, times = evidence.record, Times()
    assert record is not None
    status = evidence.status(target)
    # An agent notices; a database is opened, or closed.
    notice, turn = times.poll_every, 1.0
    behind = (status.database.lag_seconds or 0.0) if status is not None else 0.0
    if planned:
        return round(notice + turn + behind + turn, 1)
    if record.fenced or record.lease_site in ("", target):
        wait = 0.0
    elif evidence.lease(settings) == "expired":
        wait = max(0.0, settings.challenger_ttl - evidence.elapsed)
    else:
        wait = settings.challenger_ttl
    return round(notice + wait + turn, 1)


def _database(status: Status) -> Mapping[str, Any]:
    return status.get("database") or {}


def _publication(status: Status | None) -> tuple[Any, Any] | None:
    return None if status is None else (status.get("incarnation"), status.get("seq"))
