# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement: what was promised (writers' journals) against what is there (final tables) and what was seen.

Pure; shares no code with the product. *fail*: something wrong is proven. *unknown*: nothing is, but the run proves
little. *pass*: neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .history import Attempt, Cart, Fault, Journal, Observation
from .intervals import Evidence, Gap, Interval, Overlaps, blind, gaps, overlaps
from .tables import Order, Tables


@dataclass(frozen=True)
class Limits:
    """Seconds. ``blind``: how long a database may go unseen; ``gap``: which times without writes are listed; ``join``:
    two open samples so close belong together."""

    blind: float = 1.0
    gap: float = 1.0
    join: float = 0.5


@dataclass(frozen=True)
class Lost:
    """An acknowledged order that is not in the final tables. ``elsewhere``: another database still has it."""

    id: str
    begin: float
    end: float
    client: str
    site: str
    elsewhere: bool


@dataclass(frozen=True)
class Availability:
    """What one kind of client saw, counting only orders that stayed.

    gaps: times without writes longer than the limit, longest first; longest: of all, in seconds. rto: seconds from the
    fault to the end of the first attempt that was begun after it, acknowledged, and stayed; None if there is none.
    """

    longest: float
    gaps: tuple[Gap, ...]
    rto: float | None


@dataclass(frozen=True)
class CartFate:
    """survived: same session, same content, at the last look. kept: the same session took up a change at the end.

    None: no answer after the fault says it.
    """

    client: str
    survived: bool | None
    kept: bool | None


@dataclass(frozen=True)
class Change:
    """A database was found ``open`` or ``closed``, or a DNS server answered other addresses than before.

    at: the end of the first sample that shows it.
    """

    at: float
    who: str
    what: str


@dataclass(frozen=True)
class Judgement:
    """``reasons``: one sentence for each thing that is wrong or unproven. Orders are counted by id, not by attempt.

    stranded: ids that only another database has, acknowledged or not: what a ledger of lost writes must list, no more
    and no less. settled: ids whose outcome was unknown and that exist. rpo: seconds from the beginning of the oldest
    lost attempt to the fault, 0 if nothing from before it was lost; None without a fault.
    """

    verdict: str
    reasons: tuple[str, ...]
    acked: int
    failed: int
    unknown: int
    stable: int
    settled: int
    lost: tuple[Lost, ...]
    duplicated: tuple[str, ...]
    phantom: tuple[str, ...]
    inconsistent: tuple[str, ...]
    stranded: tuple[str, ...]
    rpo: float | None
    availability: Mapping[str, Availability]
    carts: tuple[CartFate, ...]
    writers: Overlaps = field(default=Overlaps())
    commits: Overlaps = field(default=Overlaps())
    blind: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    timeline: tuple[Change, ...] = ()

    def report(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Asked:
    """All attempts with one id."""

    attempts: tuple[Attempt, ...]

    @property
    def ack(self) -> Attempt | None:
        return next((one for one in self.attempts if one.outcome == "acked"), None)

    @property
    def outcome(self) -> str:
        """An attempt that failed says nothing about an earlier one whose outcome is unknown."""
        outcomes = {one.outcome for one in self.attempts}
        return next(kind for kind in ("acked", "unknown", "failed") if kind in outcomes)


def judge(
    journals: Sequence[Journal],
    final: Tables,
    *,
    elsewhere: Tables = Tables(),  # noqa: B008  # it is frozen
    before: Tables | None = None,
    observation: Observation | None = None,
    fault: Fault | None = None,
    frozen: Mapping[str, Sequence[Interval]] | None = None,
    limits: Limits = Limits(),
) -> Judgement:
    """Judge one run.

    journals: of all writers of the run. final: of the database that takes writes in the end. elsewhere: of one that was
    deposed, before it was rebuilt. before: tables from before the run, for the stock. frozen: per database, when its
    host was known to be frozen (or off). fault: what the times count from.
    """
    asked = _by_id(journals)
    rows = _rows(final)
    others = _rows(elsewhere)
    kinds = {
        kind: {key for key, one in asked.items() if one.outcome == kind} for kind in ("acked", "unknown", "failed")
    }
    lost = [
        Lost(key, ack.begin, ack.end, ack.client, ack.site, key in others)
        for key, one in asked.items()
        if (ack := one.ack) and key not in rows
    ]
    lost.sort(key=lambda one: one.end)
    stable = kinds["acked"] & set(rows)
    duplicated = sorted(_duplicated(asked, rows))
    whole = all(journal.end is not None for journal in journals)
    phantom = kinds["failed"] & {*rows, *others} | ({*rows, *others} - set(asked) if whole else set())
    inconsistent = [*_contents(asked, rows), *_stock(before, final)]
    span = _span(journals)
    writers, unseen = _observed(observation, span, frozen or {}, limits)
    commits = overlaps(_commits(asked, {**others, **rows}), span, limits.join)

    wrong = [
        (len(lost), "acknowledged order(s) lost"),
        (len(duplicated), "order(s) placed twice"),
        (len(phantom), "order(s) exist that were refused or never asked for"),
        (len(inconsistent), "inconsistencies in the tables"),
        (len(writers.certain), "time(s) with two writable databases, seen by the observer"),
        (len(commits.certain), "time(s) with two databases committing, seen in the orders"),
    ]
    acks = [one.ack for one in asked.values() if one.ack]
    doubtful = [
        (not acks, "nothing was acknowledged: an empty run proves nothing"),
        (
            bool(acks) and fault is not None and all(ack.end > fault.begin for ack in acks),
            "nothing was acknowledged before the fault: nothing could be lost",
        ),
        (not whole, "a writer's journal was cut short"),
        (observation is not None and observation.end is None, "the observer's journal was cut short"),
    ]
    doubtful += [
        (bool(times), f"{name} was not seen for {max(time.length for time in times):.1f} s" if times else "")
        for name, times in unseen.items()
    ]
    failures = [f"{count} {what}" for count, what in wrong if count]
    doubts = [sentence for doubt, sentence in doubtful if doubt]
    return Judgement(
        verdict="fail" if failures else "unknown" if doubts else "pass",
        reasons=(*failures, *doubts),
        acked=len(kinds["acked"]),
        failed=len(kinds["failed"]),
        unknown=len(kinds["unknown"]),
        stable=len(stable),
        settled=len(kinds["unknown"] & set(rows)),
        lost=tuple(lost),
        duplicated=tuple(duplicated),
        phantom=tuple(sorted(phantom)),
        inconsistent=tuple(inconsistent),
        stranded=tuple(sorted(set(others) - set(rows))),
        rpo=None if fault is None else max([0.0, *(fault.end - one.begin for one in lost)]),
        availability=_availability(journals, set(rows), fault, limits),
        carts=tuple(_cart(journal, fault) for journal in journals if journal.carts),
        writers=writers,
        commits=commits,
        blind={name: tuple(times) for name, times in unseen.items() if times},
        timeline=timeline(observation) if observation else (),
    )


def timeline(observation: Observation) -> tuple[Change, ...]:
    """What changed, in order; a sample that tells nothing changes nothing."""
    seen = [Change(one.end, one.database, one.state) for one in observation.samples if one.state != "unknown"]
    seen += [Change(one.end, one.server, " ".join(one.addresses)) for one in observation.answers if one.addresses]
    found: dict[str, list[Change]] = {}
    for change in sorted(seen, key=lambda one: one.at):
        mine = found.setdefault(change.who, [])
        if not mine or mine[-1].what != change.what:
            mine.append(change)
    return tuple(sorted((one for several in found.values() for one in several), key=lambda one: one.at))


def silent(observation: Observation, database: str, since: float) -> Interval:
    """From ``since`` to the first sample after it that tells anything.

    For ``frozen``, where a server was stopped (SIGSTOP) and whoever fences it must have ended it before it could write.
    """
    told = (one.begin for one in observation.samples if one.database == database and one.state != "unknown")
    return Interval(since, min((begin for begin in told if begin >= since), default=observation.end or since))


def _by_id(journals: Iterable[Journal]) -> dict[str, _Asked]:
    found: dict[str, list[Attempt]] = {}
    for journal in journals:
        for attempt in journal.attempts:
            found.setdefault(attempt.id, []).append(attempt)
    return {key: _Asked(tuple(sorted(attempts, key=lambda one: one.begin))) for key, attempts in found.items()}


def _rows(tables: Tables) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = {}
    for order in tables.orders:
        found.setdefault(order.id, []).append(order)
    return found


def _span(journals: Sequence[Journal]) -> Interval:
    """From the first writer's begin to the last one's end."""
    ends = [time for one in journals for time in (one.begin, one.end or 0.0, *(a.end for a in one.attempts))]
    return Interval(min((one.begin for one in journals), default=0.0), max(ends, default=0.0))


def _duplicated(asked: Mapping[str, _Asked], rows: Mapping[str, list[Order]]) -> Iterable[str]:
    """Ids with several rows, and ids that were said to be new orders of different numbers."""
    for key, orders in rows.items():
        if len(orders) > 1:
            yield key
    for key, one in asked.items():
        numbers = Counter(attempt.order_id for attempt in one.attempts if attempt.new)
        if len(numbers) > 1 and len(rows.get(key, ())) <= 1:
            yield key


def _contents(asked: Mapping[str, _Asked], rows: Mapping[str, list[Order]]) -> Iterable[str]:
    """Sentences about orders that are not what was asked for or promised."""
    for key, (order, *_) in rows.items():
        items = {sku: qty for sku, (qty, _) in order.items.items()}
        total = sum(qty * price for qty, price in order.items.values())
        if order.total != total:
            yield f"{key}: its total is {order.total}, its items come to {total}"
        if key not in asked:
            continue
        wanted, ack = asked[key].attempts[0].items, asked[key].ack
        if wanted is not None and items != wanted:
            yield f"{key}: asked for {dict(wanted)}, got {items}"
        if ack and ack.order_id not in (None, order.order_id):
            yield f"{key}: promised as order {ack.order_id}, kept as order {order.order_id}"
        if ack and ack.total not in (None, order.total):
            yield f"{key}: promised for {ack.total}, kept for {order.total}"


def _stock(before: Tables | None, final: Tables) -> Iterable[str]:
    """Sentences about products of which more or less went than was ordered."""
    if before is None or before.accounted is None or final.accounted is None:
        return
    for sku, count in before.accounted.items():
        now = final.accounted.get(sku)
        if now != count:
            yield f"{sku}: stock and sales came to {count} before the run and come to {now} after it"


def _observed(
    observation: Observation | None, span: Interval, frozen: Mapping[str, Sequence[Interval]], limits: Limits
) -> tuple[Overlaps, dict[str, list[Interval]]]:
    """Two writers, and when each database was not seen."""
    if observation is None:
        return Overlaps(), {}
    seen: dict[str, list[Evidence]] = {name: [] for name in observation.databases}
    for sample in observation.samples:
        if sample.state != "unknown":
            seen[sample.database].append(Evidence(sample.database, sample.state == "open", sample.begin, sample.end))
    unseen = {name: blind(evidence, span, limits.blind, frozen.get(name, ())) for name, evidence in seen.items()}
    evidence = [one for several in seen.values() for one in several]
    return overlaps(evidence, span, limits.join, frozen), unseen


def _commits(asked: Mapping[str, _Asked], rows: Mapping[str, list[Order]]) -> list[Evidence]:
    """An order that an attempt made shows its server taking a write within that attempt, whatever was observed."""
    return [
        Evidence(rows[key][0].server_uuid, True, attempt.begin, attempt.end)
        for key, one in asked.items()
        for attempt in one.attempts
        if attempt.new and key in rows
    ]


def _availability(
    journals: Sequence[Journal], kept: set[str], fault: Fault | None, limits: Limits
) -> dict[str, Availability]:
    found = {}
    for client in sorted({journal.client for journal in journals}):
        mine = [journal for journal in journals if journal.client == client]
        good = [one for journal in mine for one in journal.attempts if one.outcome == "acked" and one.id in kept]
        times = gaps([(one.begin, one.end) for one in good], _span(mine))
        first = min((one.end for one in good if fault and one.begin >= fault.end), default=None)
        found[client] = Availability(
            longest=times[0].length if times else 0.0,
            gaps=tuple(gap for gap in times if gap.length > limits.gap),
            rto=None if first is None or fault is None else first - fault.begin,
        )
    return found


def _cart(journal: Journal, fault: Fault | None) -> CartFate:
    """Whether a session with its cart outlived the fault."""
    answered = [one for one in journal.carts if one.outcome == "acked"]
    filled = any(one.step == "fill" for one in answered)
    later = [one for one in answered if filled and (fault is None or one.begin >= fault.end)]
    looks = [one for one in later if one.step == "look"]
    change = next((one for one in journal.carts if one.step == "change"), None)
    survived = None if not looks else looks[-1].count in _expected(looks[-1], change)
    kept = None if change is None or change not in later else bool(change.same_session) and bool(survived)
    return CartFate(journal.client, survived, kept)


def _expected(look: Cart, change: Cart | None) -> set[int]:
    """A change whose outcome is unknown may have been made."""
    undecided = change is not None and change.outcome == "unknown" and look.begin >= change.begin
    return {look.expected, look.expected + undecided}
