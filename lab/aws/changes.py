# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53's change batches: PENDING until the name servers have loaded them, then INSYNC.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any


class Changes:
    """A change belongs to the first generation of the configuration that contains it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, tuple[int, datetime]] = {}

    @property
    def generation(self) -> int:
        """The newest generation."""
        return len(self._made)

    def record(self) -> dict[str, Any]:
        """Note a change that has just been applied; returns its ChangeInfo."""
        with self._lock:
            generation = len(self._made) + 1
            identifier = f"C{generation:013d}"
            self._made[identifier] = (generation, datetime.now(UTC))
        return self.info(identifier, served=-1)

    def info(self, identifier: str, served: int) -> dict[str, Any]:
        """ChangeInfo while the name servers serve the generation ``served``. KeyError: no such change."""
        generation, submitted = self._made[identifier]
        return {
            "Id": f"/change/{identifier}",
            "Status": "INSYNC" if generation <= served else "PENDING",
            "SubmittedAt": submitted,
        }
