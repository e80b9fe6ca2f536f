# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of MySQL transactions: what one server has and another has not, without asking either.

Text as MySQL 8.4 and 9.x write it: ``uuid[:tag]:first[-last]...``, comma-separated, where a tag holds until the next
tag of the same UUID. Stricter than MySQL's own reader on purpose: MySQL skips empty parts, but a text that was cut off
must not pass for a smaller set when a company's data hangs on the difference.

Source: dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}")
INTERVAL = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
# The largest transaction number that MySQL gives away: 2^63 - 1 is its end mark.
LARGEST = 2**63 - 2


class GtidError(ValueError):
    """The text is not a GTID set; the message says which part and why."""


class Interval(NamedTuple):
    """Transactions ``first`` to ``last``, both included, of one source. ``tag`` is empty for untagged ones."""

    uuid: str
    tag: str
    first: int
    last: int


@dataclass(frozen=True)
class GtidSet:
    """An immutable set of transactions. ``intervals`` is canonical, so equal sets are equal and hash equally.

    Make one with :meth:`parse` or :meth:`of`.
    """

    intervals: tuple[Interval, ...] = ()

    @classmethod
    def parse(cls, text: str) -> GtidSet:
        """Read MySQL's text; white space between parts, case, order and overlaps do not matter.

        Raises :class:`GtidError` with one sentence.
        """
        parts = re.sub(r"\s*([,:-])\s*", r"\1", text.strip().lower())
        if not parts:
            return cls()
        return cls.of(interval for part in parts.split(",") for interval in _parse_source(part))

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> GtidSet:
        """The set of all transactions in ``intervals``, which may overlap and come in any order."""
        return _combine(intervals, (), lambda in_first, in_second: in_first)

    @property
    def count(self) -> int:
        """How many transactions."""
        return sum(interval.last - interval.first + 1 for interval in self.intervals)

    def __or__(self, other: GtidSet) -> GtidSet:
        return _combine(self, other, lambda in_first, in_second: in_first or in_second)

    def __and__(self, other: GtidSet) -> GtidSet:
        return _combine(self, other, lambda in_first, in_second: in_first and in_second)

    def __sub__(self, other: GtidSet) -> GtidSet:
        return _combine(self, other, lambda in_first, in_second: in_first and not in_second)

    def __le__(self, other: GtidSet) -> bool:
        """Is every transaction of this set in the other one?"""
        return not self - other

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __str__(self) -> str:
        """MySQL's canonical text, on one line."""
        return ",".join(uuid + _format_source(group) for uuid, group in groupby(self, lambda interval: interval.uuid))


def covers(executed: str, wanted: str) -> bool:
    """Does the set written as ``executed`` contain the one written as ``wanted``? Raises :class:`GtidError`."""
    return GtidSet.parse(wanted) <= GtidSet.parse(executed)


def _parse_source(part: str) -> Iterator[Interval]:
    uuid, *rest = part.split(":")
    if not UUID.fullmatch(uuid):
        raise GtidError(f"{part!r} does not begin with a server's UUID.")
    tag = ""
    for index, piece in enumerate(rest):
        if match := INTERVAL.fullmatch(piece):
            first, last = int(match[1]), int(match[2] or match[1])
            if not 1 <= first <= last <= LARGEST:
                raise GtidError(f"{piece!r} in {part!r} is no interval: 1 <= first <= last <= {LARGEST} must hold.")
            yield Interval(uuid, tag, first, last)
        elif TAG.fullmatch(piece) and index + 1 < len(rest) and INTERVAL.fullmatch(rest[index + 1]):
            tag = piece
        else:
            raise GtidError(f"{piece!r} in {part!r} is neither an interval nor a tag with intervals after it.")
    if not rest:
        raise GtidError(f"{part!r} names no transactions.")


def _format_source(intervals: Iterable[Interval]) -> str:
    text = ""
    for tag, group in groupby(intervals, lambda interval: interval.tag):
        text += f":{tag}" if tag else ""
        text += "".join(f":{first}" if first == last else f":{first}-{last}" for _, _, first, last in group)
    return text


def _combine(first: Iterable[Interval], second: Iterable[Interval], keep: Callable[[bool, bool], bool]) -> GtidSet:
    """All transactions for which ``keep(in first, in second)``: one sweep over the ends of all intervals."""
    ends: defaultdict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for which, intervals in enumerate((first, second)):
        for interval in intervals:
            ends[interval.uuid, interval.tag] += [(interval.first, which, +1), (interval.last + 1, which, -1)]
    kept: list[Interval] = []
    for source in sorted(ends):
        depth = [0, 0]
        start = 0  # of the interval being kept; transaction numbers begin at 1
        for number, changes in groupby(sorted(ends[source]), lambda end: end[0]):
            for _, which, change in changes:
                depth[which] += change
            if keep(depth[0] > 0, depth[1] > 0):
                start = start or number
            elif start:
                kept.append(Interval(*source, start, number - 1))
                start = 0
    return GtidSet(tuple(kept))
