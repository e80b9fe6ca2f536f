# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be concluded from moments that are only known to lie between a begin and an end. Pure.

A sample is a moment, somewhere in its window, at which a database was open or closed; nobody looked in between. So

* *surely open* is the time between the first and the last of several open samples that follow each other closely, from
  the first one's end to the last one's begin;
* *possibly open* is the time from the last closed sample before an open one to the first closed one after it, taken as
  widely as their windows allow.

Two writers are certain where two databases were surely open at once, or one was while another one's open sample lies
wholly inside that time. They are possible where both may have been open.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product


@dataclass(frozen=True)
class Evidence:
    """``database`` was open (or closed) at a moment between ``begin`` and ``end``."""

    database: str
    open: bool
    begin: float
    end: float


@dataclass(frozen=True)
class Interval:
    """Seconds."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True)
class Overlap:
    """Two databases open at once, at some time between ``begin`` and ``end``."""

    databases: tuple[str, str]
    begin: float
    end: float


@dataclass(frozen=True)
class Overlaps:
    """Proven ones, and all that cannot be excluded (the proven ones among them)."""

    certain: tuple[Overlap, ...] = ()
    possible: tuple[Overlap, ...] = ()


def surely_open(evidence: Sequence[Evidence], join: float) -> list[tuple[float, float]]:
    """(end of the first, begin of the last) of each run of open evidence, of one database and in order.

    Two belong to one run if no more than ``join`` seconds lie between their furthest ends. A run of one has its end
    before its begin: it is a moment in between.
    """
    runs: list[list[Evidence]] = []
    current: list[Evidence] = []
    for one in evidence:
        if not one.open:
            current = []
        elif one.end - one.begin > join:
            runs.append([one])
        elif current and one.end - current[-1].begin <= join:
            current.append(one)
        else:
            current = [one]
            runs.append(current)
    return [(min(one.end for one in run), max(one.begin for one in run)) for run in runs]


def possibly_open(evidence: Sequence[Evidence]) -> list[Interval]:
    """The widest times in which one database may have been open, each around at least one open sample."""
    found: list[Interval] = []
    since, seen = -math.inf, False
    for one in evidence:
        if one.open:
            seen = True
            continue
        if seen:
            found.append(Interval(since, one.end))
        since, seen = one.begin, False
    return [*found, Interval(since, math.inf)] if seen else found


def without(whole: Interval, off: Iterable[Interval]) -> list[Interval]:
    """What is left of an interval outside others."""
    left, at = [], whole.begin
    for gone in sorted(off, key=lambda one: one.begin):
        left.append(Interval(at, min(gone.begin, whole.end)))
        at = max(at, gone.end)
    return [one for one in [*left, Interval(at, whole.end)] if one.begin < one.end]


def overlaps(
    evidence: Iterable[Evidence], span: Interval, join: float, frozen: Mapping[str, Sequence[Interval]] | None = None
) -> Overlaps:
    """Two writers at once within ``span``, for each pair of databases. A ``frozen`` one takes no write meanwhile."""
    off = frozen or {}
    of: dict[str, list[Evidence]] = {}
    for one in sorted(evidence, key=lambda one: (one.begin, one.end)):
        of.setdefault(one.database, []).append(one)
    parted = {name: [Evidence(name, False, one.begin, one.end) for one in off.get(name, ())] for name in of}
    surely = {
        name: surely_open(sorted([*seen, *parted[name]], key=lambda one: one.begin), join) for name, seen in of.items()
    }
    possibly = {
        name: [part for one in possibly_open(seen) for part in without(one, off.get(name, ()))]
        for name, seen in of.items()
    }
    certain, possible = [], []
    for left, right in combinations(sorted(of), 2):
        for a, b in product(surely[left], surely[right]):
            # Also right for runs of one: the other one's sure time must then hold their whole window.
            if a[0] <= b[1] and b[0] <= a[1]:
                moments = (max(a[0], b[0]), min(a[1], b[1]))
                certain.append(Overlap((left, right), min(moments), max(moments)))
        for x, y in product(possibly[left], possibly[right]):
            begin, end = max(x.begin, y.begin, span.begin), min(x.end, y.end, span.end)
            if begin < end:
                possible.append(Overlap((left, right), begin, end))
    return Overlaps(tuple(certain), tuple(possible))


def blind(
    evidence: Iterable[Evidence], span: Interval, longer_than: float, excused: Sequence[Interval] = ()
) -> list[Interval]:
    """Times within ``span`` without evidence of one database for longer than so many seconds, excused ones left out.

    Counted at its longest: from the earliest moment of one sample to the latest of the next.
    """
    found = []
    seen = span.begin
    for begin, end in [*sorted((one.begin, one.end) for one in evidence), (span.end, span.end)]:
        gap = Interval(seen, min(end, span.end))
        pardoned = sum(max(0.0, min(gap.end, one.end) - max(gap.begin, one.begin)) for one in excused)
        if gap.length - pardoned > longer_than:
            found.append(gap)
        seen = max(seen, begin)
    return found


@dataclass(frozen=True)
class Gap:
    """Nothing was acknowledged between ``begin`` and ``end``; for ``sure`` seconds of it nothing was under way either
    that was acknowledged later, so nothing can have been written."""

    begin: float
    end: float
    sure: float

    @property
    def length(self) -> float:
        return self.end - self.begin


def gaps(windows: Iterable[tuple[float, float]], span: Interval) -> list[Gap]:
    """Time without writes, longest first. windows: (begin, end) of acknowledged attempts.

    The ends of ``span`` count, so that an outage that never ends is one.
    """
    ordered = sorted((window for window in windows if window[1] >= span.begin), key=lambda window: window[1])
    ends = [span.begin, *(end for _, end in ordered), span.end]
    under_way = [math.inf] * (len(ordered) + 2)
    for index in range(len(ordered), 0, -1):
        under_way[index] = min(ordered[index - 1][0], under_way[index + 1])
    found = [
        Gap(begin, end, max(0.0, min(under_way[index + 1], end) - begin))
        for index, (begin, end) in enumerate(pairwise(ends))
        if end > begin
    ]
    return sorted(found, key=lambda gap: -gap.length)
