# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses DNS answers now, asked like _dns.py asks for verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from .._dns import MAX_SERVERS, records


def addresses(name: str, servers: Sequence[str]) -> list[str] | None:
    """The addresses of ``name``, from the first of ``servers`` that answers; None: none does."""
    found = lookup(name, servers)
    return None if found is None else found[0]


def lookup(name: str, servers: Sequence[str]) -> tuple[list[str], int | None] | None:
    """The addresses, and for how many seconds they may be kept; None if nobody answers."""
    for server in servers[:MAX_SERVERS]:
        try:
            found, ttl = records(name, "A", server)
        except OSError:
            continue
        return sorted(map(str, found)), ttl
    return None
