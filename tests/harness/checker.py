# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a writer's journal against what the databases hold afterwards. Shares no code with the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """``verdict`` is "unknown" when nothing was promised: an empty test cannot pass."""

    verdict: str
    acked: int
    unknown: int
    lost: tuple[str, ...]
    duplicated: tuple[str, ...]
    phantom: tuple[str, ...]


def judge(journal: Iterable[Mapping[str, Any]], rows: Iterable[str]) -> Verdict:
    """journal: the writer's attempts. rows: the request ids found in the database, one for each order row."""
    attempts = list(journal)
    found = Counter(rows)
    acked = {entry["id"] for entry in attempts if entry["outcome"] == "acked"}
    unknown = {entry["id"] for entry in attempts if entry["outcome"] == "unknown"}
    failed = {entry["id"] for entry in attempts if entry["outcome"] == "failed"}
    lost = tuple(sorted(acked - set(found)))
    duplicated = tuple(sorted(key for key, count in found.items() if count > 1 and key in acked | unknown))
    phantom = tuple(sorted(failed & set(found)))
    verdict = "unknown" if not acked else "fail" if lost or duplicated or phantom else "pass"
    return Verdict(verdict, len(acked), len(unknown), lost, duplicated, phantom)
