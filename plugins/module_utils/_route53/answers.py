# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which side of a failover pair Route 53 answers: asked of name servers, no API.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .. import _dns

# ``ask(name, type, server)`` returns records and TTL; OSError: no answer.
Ask = Callable[[str, str, str], tuple[Sequence[Any], int | None]]
# What each side answers, by identifier; None: an alias, whose answer nobody knows beforehand.
Sides = Mapping[str, Collection[str] | None]


@dataclass(frozen=True)
class Answer:
    """Of one server. ``side`` is empty if there was no ``answer``, or if it is no side's."""

    server: str
    side: str = ""
    values: tuple[str, ...] = ()
    ttl: int | None = None
    error: str = ""


def ask_all(name: str, rdtype: str, servers: Sequence[str], sides: Sides, ask: Ask = _dns.records) -> list[Answer]:
    """Ask every server, at once."""

    def one(server: str) -> Answer:
        try:
            found, ttl = ask(name, rdtype, server)
        except OSError as error:
            return Answer(server, error=str(error))
        values = tuple(sorted(_plain(str(record)) for record in found))
        return Answer(server, side_of(values, sides), values, ttl)

    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        return list(pool.map(one, servers))


def side_of(values: Collection[str], sides: Sides) -> str:
    """Whose answer it is; of a pair with one alias, what is not the other's is the alias's."""
    if not values:
        return ""
    for side, expected in sides.items():
        if expected is not None and {_plain(value) for value in expected} == set(values):
            return side
    unknown = [side for side, expected in sides.items() if expected is None]
    return unknown[0] if len(unknown) == 1 and len(sides) == 2 else ""


def agreed(answers: Sequence[Answer]) -> str:
    """The side that all servers answer that answer at all; empty if they differ, or nobody does."""
    said = {answer.side for answer in answers if not answer.error}
    return said.pop() if len(said) == 1 else ""


def _plain(value: str) -> str:
    return value.lower().rstrip(".")
