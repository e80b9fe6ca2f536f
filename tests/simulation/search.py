# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Play one world after another until the invariant breaks."""

from __future__ import annotations

from dataclasses import dataclass

from .world import Faults, Rules, Violation, World

# About two minutes of simulated time: longer than any wait in the protocol, short enough to vary the clocks often.
WORLD_STEPS = 5000


@dataclass(frozen=True)
class Found:
    seed: int
    violation: Violation


def find_violation(rules: Rules | None, faults: Faults | None, first_seed: int, worlds: int) -> Found | None:
    """The first of ``worlds`` worlds in which the invariant breaks, or None."""
    for seed in range(first_seed, first_seed + worlds):
        try:
            World(seed, rules, faults).run(WORLD_STEPS)
        except Violation as violation:
            return Found(seed, violation)
    return None
