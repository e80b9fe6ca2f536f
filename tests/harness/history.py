# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journals of writers and observer as data. Raises KeyError or ValueError for what is not such a journal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One attempt at an order. ``new``: the answer said that this very attempt made the order (201)."""

    id: str
    outcome: str
    begin: float
    end: float
    client: str = ""
    site: str = ""
    new: bool = False
    order_id: int | None = None
    total: int | None = None
    items: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Cart:
    """One request about a cart: ``step`` is fill, look or change."""

    step: str
    outcome: str
    begin: float
    end: float
    expected: int
    count: int | None = None
    same_session: bool | None = None


@dataclass(frozen=True)
class Journal:
    """What one writer wrote down; ``end`` is None if it was cut short."""

    run: str
    client: str
    begin: float
    end: float | None
    attempts: tuple[Attempt, ...] = ()
    carts: tuple[Cart, ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class Sample:
    """One look at a database: at a moment between ``begin`` and ``end`` it was open or closed to writes, or unknown."""

    database: str
    state: str
    begin: float
    end: float
    server_uuid: str = ""
    error: str = ""


@dataclass(frozen=True)
class Answer:
    """What a DNS server said; no addresses: it said nothing useful."""

    server: str
    begin: float
    end: float
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """What the observer wrote down; ``end`` is None if it was cut short."""

    databases: tuple[str, ...]
    begin: float
    end: float | None
    samples: tuple[Sample, ...] = ()
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Something was broken at a moment between ``begin`` and ``end``."""

    begin: float
    end: float


def _lines(text: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The last line of a writer that was killed may be half a line."""
    for line in text:
        if line.rstrip("\n").endswith("}"):
            yield json.loads(line)


def _by_kind(text: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in _lines(text):
        found.setdefault(entry["kind"], []).append(entry)
    return found


def read_journal(text: Iterable[str]) -> Journal:
    """A writer's lines."""
    lines = _by_kind(text)
    start, end = lines["start"][0], next(iter(lines.get("end", [])), {})
    return Journal(
        run=start["run"],
        client=start["client"],
        begin=start["monotonic"],
        end=end.get("monotonic"),
        attempts=tuple(map(_attempt, lines.get("attempt", []))),
        carts=tuple(map(_cart, lines.get("cart", []))),
        skipped=end.get("skipped", 0),
    )


def _attempt(entry: dict[str, Any]) -> Attempt:
    answer = entry["answer"] if isinstance(entry["answer"], dict) else {}
    return Attempt(
        **{key: entry[key] for key in ("id", "outcome", "begin", "end", "client", "site", "items")},
        new=entry["status"] == 201,
        order_id=answer.get("order_id"),
        total=answer.get("total"),
    )


def _cart(entry: dict[str, Any]) -> Cart:
    return Cart(**{key: entry[key] for key in ("step", "outcome", "begin", "end", "expected", "count", "same_session")})


def read_observation(text: Iterable[str]) -> Observation:
    """The observer's lines."""
    lines = _by_kind(text)
    start, end = lines["start"][0], next(iter(lines.get("end", [])), {})
    samples = (
        Sample(**{key: entry[key] for key in ("database", "state", "begin", "end", "server_uuid", "error")})
        for entry in lines.get("sample", [])
    )
    answers = (
        Answer(entry["server"], entry["begin"], entry["end"], tuple(entry["addresses"]))
        for entry in lines.get("dns", [])
    )
    return Observation(
        tuple(start["databases"]), start["monotonic"], end.get("monotonic"), tuple(samples), tuple(answers)
    )
