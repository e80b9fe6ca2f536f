# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's journal: JSON Lines, each chained to the one before by its hash, that another operator can continue.

A line is written when its newline is. So bytes after the last newline are the mark of a crash while writing: they say
nothing, and a resumed run cuts them off before it appends. Any other damage is an error.

The chain shows damage and careless edits. Whoever rewrites a line and all after it, or cuts lines off the end, is found
only by somebody who kept the last hash: give it to :func:`verify` as ``head``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, Literal, get_args

Event = Literal["intent", "done", "failed", "note"]
# What the first line continues.
START = "0" * 64


class JournalError(ValueError):
    """The bytes are not an intact journal; the message names the first bad line."""


@dataclass(frozen=True)
class Entry:
    """One line. ``time`` is wall-clock seconds, for people; only ``seq`` orders entries."""

    seq: int
    time: float
    run: str
    step: str
    event: Event
    data: Mapping[str, Any]
    prev: str
    hash: str = ""

    @property
    def line(self) -> bytes:
        """The line to append, newline included, in one write."""
        return _canonical(asdict(self)) + b"\n"


KEYS = {entry.name for entry in fields(Entry)}


@dataclass(frozen=True)
class Journal:
    """The intact ``entries``, and the ``torn`` bytes after them, which a resumed run cuts off."""

    entries: tuple[Entry, ...] = ()
    torn: bytes = field(default=b"", repr=False)

    @property
    def head(self) -> str:
        """The last hash: kept elsewhere, it proves that the journal is whole."""
        return self.entries[-1].hash if self.entries else START


def next_entry(
    entries: Sequence[Entry], *, run: str, time: float, step: str, event: Event, data: Mapping[str, Any] | None = None
) -> Entry:
    """The entry after ``entries``. ``data``: what JSON can say; its keys become strings, its tuples lists.

    Raises :class:`JournalError` if the entry could not be read back.
    """
    if event not in get_args(Event):
        raise JournalError(f"The event {event!r} is none of {', '.join(get_args(Event))}.")
    if entries and run != entries[-1].run:
        raise JournalError(f"The journal belongs to run {entries[-1].run!r}, not to {run!r}.")
    try:
        # To text and back first: JSON sorts the keys of {9: ..., 10: ...} otherwise as numbers now and as text later.
        plain = json.loads(json.dumps(dict(data or {}), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(f"The data of step {step!r} are not JSON: {error}.") from error
    return _seal(Entry(len(entries) + 1, float(time), run, step, event, plain, _head(entries)))


def read(content: bytes) -> Journal:
    """The journal in ``content``. Raises :class:`JournalError` with one sentence about the first bad line."""
    *lines, torn = content.split(b"\n")
    entries: list[Entry] = []
    for number, line in enumerate(lines, 1):
        entry = _parse(number, line)
        if entry.seq != number or entry.prev != _head(entries):
            before = f"line {number - 1}" if entries else "the beginning"
            raise JournalError(
                f"Line {number} does not continue {before}: a line was changed, moved, removed or put in between."
            )
        if entry.run != (entries or [entry])[0].run:
            raise JournalError(f"Line {number} belongs to run {entry.run!r}, the lines before to {entries[0].run!r}.")
        entries.append(entry)
    return Journal(tuple(entries), torn)


def verify(content: bytes, head: str = "") -> str:
    """One sentence about the first bad line; empty if the journal is intact, and ends with ``head`` if that is given.

    A torn last line is not damage: see :attr:`Journal.torn`.
    """
    try:
        journal = read(content)
    except JournalError as error:
        return str(error)
    if head and head != journal.head:
        return f"The journal ends with line {len(journal.entries)}, hash {journal.head}, not with hash {head}."
    return ""


def _parse(number: int, line: bytes) -> Entry:
    try:
        values = json.loads(line)
        if not isinstance(values, dict) or set(values) != KEYS or values["event"] not in get_args(Event):
            raise JournalError(f"Line {number} is not an entry of a journal.")
        entry = Entry(**values)
        # Byte for byte: not only the content but also the writing of it is what was hashed.
        intact = _seal(entry).line == line + b"\n"
    except JournalError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(f"Line {number} is not an entry of a journal: {error}.") from error
    if not intact:
        raise JournalError(f"Line {number} was changed: its hash is not that of its content.")
    return entry


def _seal(entry: Entry) -> Entry:
    content = {name: value for name, value in asdict(entry).items() if name != "hash"}
    return replace(entry, hash=sha256(_canonical(content)).hexdigest())


def _head(entries: Sequence[Entry]) -> str:
    return entries[-1].hash if entries else START


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
