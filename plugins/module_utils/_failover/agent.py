# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's protocol: what a site may do with its database, and what it has to do next.

Pure: a frozen :class:`State`, functions that take in what was seen (each returns a new state), and :func:`due`, which
says what is due now. All times are seconds of the agent's own monotonic clock. The daemon and the simulation drive the
very same functions.

Why two writers cannot be: a holder's lease counts from when it *sent* a renewal, a challenger's wait from when it *saw*
the counter change or gave a grant, which is later, and ``challenger_ttl`` exceeds ``holder_ttl`` by more than two
clocks can drift apart in that time. Everything else here keeps those two facts true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from .record import Record

NEVER = float("-inf")


@dataclass(frozen=True)
class Times:
    """Seconds. Safe while the rates of two clocks differ by less than ``challenger_ttl / holder_ttl``."""

    holder_ttl: float = 8.0
    challenger_ttl: float = 10.0
    renew_every: float = 2.0
    poll_every: float = 0.5
    # While a transition is under way every look at the record counts.
    hurry_every: float = 0.1
    # A fence is begun this long before the lease ends.
    fence_time: float = 2.5
    # A database that has not answered for so long is given up: its lease is no longer renewed.
    database_grace: float = 10.0
    # An unplanned transition waits so long for the rest of a fenced holder's transactions.
    catch_up: float = 5.0
    # A drain that nobody completes is taken back by the drained site itself, with a new epoch.
    drain_ttl: float = 30.0


@dataclass(frozen=True)
class Site:
    """Who the agent is. ``covers(executed, wanted)``: the GTID set ``executed`` contains ``wanted``."""

    name: str
    peer: str
    covers: Callable[[str, str], bool]
    times: Times = field(default_factory=Times)


@dataclass(frozen=True)
class Database:
    """One look at the local database."""

    answers: bool = False
    open: bool = False
    executed: str = ""
    # Every received transaction is applied.
    applied: bool = False
    # Its receiver runs: more may arrive at any moment.
    receives: bool = False


@dataclass(frozen=True)
class State:
    """All that an agent knows. A new agent knows nothing: the last change and the last grant are "now"."""

    started: float
    record: Record | None = None
    record_at: float = NEVER
    # When the lease counter was last seen to change, and when a grant was last given.
    last_change: float = NEVER
    last_grant: float = NEVER
    # The epoch that this process opened by a renewal on the record, and until when it may write.
    opened_epoch: int = 0
    lease_until: float = NEVER
    renewal_sent: float = NEVER
    # It has given its word, perhaps without an answer, never to write under this epoch or an earlier one.
    resigned_epoch: int = 0
    # When it last asked the record for anything but a renewal: what came of it is read before it asks again.
    change_sent: float = NEVER
    # Nothing can write, and no opening is on its way: a close was completed after the last opening was begun.
    closed: bool = False
    # ... and ``database.executed`` was read after that: it is all that this site ever committed.
    sealed: bool = False
    database: Database = field(default_factory=Database)
    database_at: float = NEVER
    # When the record was first seen to be as it is: drained, or fenced.
    drain_seen: float = NEVER
    fence_seen: float = NEVER
    grant_asked: float = NEVER
    # The peer's executed GTID set, if the peer's agent answers.
    peer_executed: str | None = None


class Step(Enum):
    """What is due. Each names the one who does it: record, database or peer."""

    READ = "read the record"
    RENEW = "renew the lease"
    CONFIRM = "confirm the fence"
    TAKE_BACK = "take an abandoned drain back"
    CLOSE = "close the database"
    DETACH = "stop receiving from the peer"
    OPEN = "open the database"
    FOLLOW = "follow the peer"
    ASK = "ask the peer for a grant"


def begin(now: float) -> State:
    return State(started=now, last_change=now, last_grant=now)


# What was seen -----------------------------------------------------------------------------------------------------


def saw_record(state: State, at: float, record: Record) -> State:
    """``record`` was read; its answer came at ``at``. An answer older than what is known says nothing."""
    known = state.record
    if known is not None and (record.epoch, record.lease_counter) < (known.epoch, known.lease_counter):
        return state
    changed = known is None or record.lease_counter != known.lease_counter
    return replace(
        state,
        record=record,
        record_at=at,
        last_change=at if changed else state.last_change,
        drain_seen=_since(
            state.drain_seen, at, record.draining, known is not None and known.drain_epoch == record.drain_epoch
        ),
        fence_seen=_since(
            state.fence_seen, at, record.fenced, known is not None and known.fence_epoch == record.fence_epoch
        ),
    )


def _since(before: float, at: float, holds: bool, same: bool) -> float:
    if not holds:
        return NEVER
    return before if same and before != NEVER else at


def renewing(state: State, now: float) -> State:
    """A renewal goes out. Its lease will count from here."""
    return replace(state, renewal_sent=now)


def renewed(site: Site, state: State, sent: float, at: float, record: Record) -> State:
    """The record took the renewal sent at ``sent``; this is the record after it."""
    state = saw_record(state, at, record)
    until = sent + site.times.holder_ttl
    if record.epoch == state.opened_epoch:
        until = max(until, state.lease_until)
    return replace(state, opened_epoch=record.epoch, lease_until=until)


def asking(state: State, now: float) -> State:
    return replace(state, grant_asked=now)


def granted(site: Site, state: State, sent: float, epoch: int) -> State:
    """The peer answered yes to the question sent at ``sent``. A grant extends a lease that the record opened."""
    if epoch != state.opened_epoch:
        return state
    return replace(state, lease_until=max(state.lease_until, sent + site.times.holder_ttl))


def asked_for_grant(site: Site, state: State, now: float, epoch: int, asker: str) -> tuple[State, bool]:
    """The peer asks. Yes means: this site will not open before the grant has run out, even if the record moves."""
    record = state.record
    if record is None or record.epoch != epoch or record.active_site != asker or asker == site.name:
        return state, False
    return replace(state, last_grant=now), True


def saw_database(state: State, at: float, database: Database) -> State:
    """A look at the database, begun at ``at``. An unexpected opening is closed again; silence changes nothing else.

    A look begun before the last close or opening was completed says nothing about what came of it.
    """
    if at < state.database_at:
        return state
    if not database.answers:
        return replace(state, database=replace(state.database, answers=False))
    shut = state.closed and not database.open
    return replace(state, database=database, database_at=at, closed=shut, sealed=state.sealed and shut)


def opening(state: State) -> State:
    """An opening goes out to the database; until a close is completed it may take effect at any moment."""
    return replace(state, closed=False, sealed=False)


def opened(state: State, at: float) -> State:
    """The database took the opening. It may have been closed again meanwhile; the next look tells."""
    return replace(state, database=replace(state.database, open=True), database_at=at)


def closed(state: State, at: float, executed: str) -> State:
    """A close begun after the last opening is completed; ``executed`` was read afterwards."""
    shut = replace(state.database, answers=True, open=False, executed=executed)
    return replace(state, closed=True, sealed=True, database=shut, database_at=at)


def killed(state: State) -> State:
    """The database process is gone: it starts closed. What it had committed is known only after that."""
    return replace(state, closed=True, sealed=False, database=replace(state.database, answers=False, open=False))


def confirming(state: State, now: float, epoch: int) -> State:
    """The word goes out. It binds from now on, whether or not an answer comes."""
    return replace(state, resigned_epoch=max(state.resigned_epoch, epoch), change_sent=now)


def taking_back(state: State, now: float) -> State:
    """A new epoch for this site is asked for."""
    return replace(state, change_sent=now)


def saw_peer(state: State, executed: str | None) -> State:
    return replace(state, peer_executed=executed)


# What may be done --------------------------------------------------------------------------------------------------


def entitled(site: Site, state: State, now: float) -> bool:
    """May the database be open? False early enough for a fence to be completed before the lease ends."""
    record = state.record
    return (
        record is not None
        and record.active_site == site.name
        and not record.draining
        and state.opened_epoch > max(state.resigned_epoch, record.fence_epoch if record.fence_site == site.name else 0)
        and now < state.lease_until - site.times.fence_time
    )


def clear_at(site: Site, state: State) -> float:
    """From when on nobody else can hold a lease; needs a record."""
    record = state.record
    assert record is not None
    if record.lease_site in ("", site.name) or record.fenced:
        return NEVER
    return max(state.last_change, state.last_grant) + site.times.challenger_ttl


def caught_up(site: Site, state: State, now: float) -> bool:
    """Nothing more is to be waited for: needs a record."""
    record = state.record
    assert record is not None
    if not record.fenced or record.lease_site == site.name or site.covers(state.database.executed, record.fence_gtid):
        return True
    return record.lossless_epoch != record.epoch and now >= state.fence_seen + site.times.catch_up


def claims(site: Site, state: State, now: float) -> bool:
    """The record gives this site the epoch, it has not resigned it, and nobody else can still hold a lease."""
    record = state.record
    return (
        record is not None
        and record.active_site == site.name
        and not record.draining
        and record.epoch > max(state.resigned_epoch, record.fence_epoch)
        and now >= clear_at(site, state)
    )


def ready(site: Site, state: State, now: float) -> bool:
    """The database can be opened without leaving behind anything that was received."""
    database = state.database
    return database.answers and not database.receives and database.applied and caught_up(site, state, now)


def resigns(site: Site, state: State) -> int:
    """The epoch whose lease this site held and will never use again, if that is not yet on the record; else 0."""
    record = state.record
    if record is None or record.lease_site != site.name or record.fence_epoch >= record.lease_epoch:
        return 0
    gone = record.active_site != site.name
    drained = record.draining and record.lease_epoch == record.epoch
    return record.lease_epoch if gone or drained else 0


def due(site: Site, state: State, now: float) -> list[Step]:
    """What is due now, most urgent first. The caller does not begin a step whose like is still under way."""
    times, record, database = site.times, state.record, state.database
    steps: list[Step] = []
    may_write = entitled(site, state, now)
    word_due = resigns(site, state) > 0
    if not may_write and (not state.closed or (word_due and not state.sealed and database.answers)):
        steps.append(Step.CLOSE)
    if record is None:
        return [*steps, Step.READ] if now >= state.record_at + times.poll_every else steps

    claim = claims(site, state, now)
    knows = state.record_at > state.change_sent
    if word_due and state.sealed:
        if knows:
            steps.append(Step.CONFIRM)
    elif record.draining and record.active_site == site.name and now >= state.drain_seen + times.drain_ttl:
        if knows:
            steps.append(Step.TAKE_BACK)
    elif claim and now >= state.renewal_sent + times.renew_every and _alive(site, state, now):
        holds = record.lease_site == site.name
        if holds or ready(site, state, now):
            steps.append(Step.RENEW)

    if record.active_site == site.name:
        if database.receives and claim and caught_up(site, state, now):
            steps.append(Step.DETACH)
        elif may_write and not database.open and ready(site, state, now):
            steps.append(Step.OPEN)
    elif (
        state.closed
        and database.answers
        and not database.receives
        and state.peer_executed is not None
        and site.covers(state.peer_executed, database.executed)
    ):
        steps.append(Step.FOLLOW)

    in_transition = record.draining or (record.active_site == site.name and record.lease_epoch != record.epoch)
    if now >= state.record_at + (times.hurry_every if in_transition else times.poll_every):
        steps.append(Step.READ)
    if (
        record.active_site == site.name
        and state.opened_epoch == record.epoch > state.resigned_epoch
        and not record.draining
        and now >= state.lease_until - times.holder_ttl + 1.5 * times.renew_every
        and now >= state.grant_asked + times.renew_every / 2
        and _alive(site, state, now)
    ):
        steps.append(Step.ASK)
    return steps


def _alive(site: Site, state: State, now: float) -> bool:
    """The database answers, or was silent only for a moment: it may be starting again."""
    return state.database.answers or now < max(state.database_at, state.started) + site.times.database_grace
