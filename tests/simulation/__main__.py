# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.simulation [--steps N] [--seed S]``: so many steps under all rules, then each control."""

from __future__ import annotations

import argparse
import sys
import time

from .controls import CONTROLS
from .search import WORLD_STEPS, find_violation


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    arguments.add_argument("--steps", type=int, default=5_000_000)
    arguments.add_argument("--seed", type=int, default=0, help="the first world's")
    options = arguments.parse_args()
    began = time.monotonic()
    found = find_violation(None, None, options.seed, options.steps // WORLD_STEPS)
    if found:
        print(f"seed {found.seed}: {found.violation}")
        return 1
    print(f"{options.steps} steps: never two writers ({time.monotonic() - began:.0f} s)")
    blind = 0
    for name, (rules, faults, _) in CONTROLS.items():
        found = find_violation(rules, faults, options.seed, options.steps // WORLD_STEPS)
        blind += found is None
        print(f"without the rule: {name}: " + (f"two writers with seed {found.seed}" if found else "NOT FOUND"))
    return 1 if blind else 0


if __name__ == "__main__":
    sys.exit(main())
