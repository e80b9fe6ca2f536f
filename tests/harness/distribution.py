# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Percentiles over runs, by exact rank: no interpolation, so every figure was really measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """None stands for "never": a run that did not recover is worse than any that did, and is not left out."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


def percentile(values: Sequence[float | None], percent: int) -> float | None:
    """The smallest value that at least ``percent`` % of all do not exceed: number ceil(percent * n / 100) in order.

    So with fewer than 20 values p95 is the largest. Raises ValueError without values or outside 1 to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError(f"{percent} % of {len(values)} values; allowed are 1 to 100 % of at least one.")
    ordered = sorted(math.inf if value is None else value for value in values)
    value = ordered[-(-percent * len(ordered) // 100) - 1]
    return None if value == math.inf else value


def distribution(values: Sequence[float | None]) -> Distribution:
    """Raises ValueError without values."""
    p50, p95, p99, largest = (percentile(values, percent) for percent in (50, 95, 99, 100))
    return Distribution(len(values), p50, p95, p99, largest)
