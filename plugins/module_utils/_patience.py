# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until something is seen. Clock and sleep are arguments, so that tests need no time.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Patience:
    """How long to wait at most, and how often to look."""

    seconds: float
    poll: float = POLL_SECONDS
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, seen: Callable[[], bool]) -> bool:
        """False: not within the time. Looks at least once."""
        end = self.monotonic() + self.seconds
        while not seen():
            left = end - self.monotonic()
            if left <= 0:
                return False
            self.sleep(min(self.poll, left))
        return True
