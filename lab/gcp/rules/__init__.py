# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the discovery documents do not say: one file per family of resources, each rule with its source."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path


def load() -> None:
    """Register every kind. Calling it again does nothing."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if file.stem != "__init__":
            import_module(f"{__name__}.{file.stem}")
