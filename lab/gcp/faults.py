# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on request: an API that is short of quota, throttles or is away now and then.

``{"method": "compute\\\\..*", "every": 5, "code": 503}``: every fifth matching call;
``{"method": "compute.addresses.insert", "count": 1, "code": 403, "reason": "quotaExceeded"}``: the next one.
``"operation": true``: the call is accepted and its operation fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ApiError

# https://cloud.google.com/compute/docs/api/rate-limits, https://cloud.google.com/apis/design/errors
_DEFAULTS = {
    403: ("quotaExceeded", "Quota 'STATIC_ADDRESSES' exceeded.  Limit: 8.0 in region."),
    429: ("rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'."),
    503: ("backendError", "The service is currently unavailable."),
}


@dataclass
class Fault:
    """One order; it counts the calls that match."""

    method: re.Pattern[str]
    error: ApiError
    every: int
    left: int | None
    operation: bool
    seen: int = 0

    def strikes(self, method: str) -> bool:
        """Does this call meet the fault?"""
        if self.left == 0 or not self.method.fullmatch(method):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.left is not None:
            self.left -= 1
        return True


def read(order: dict[str, object]) -> Fault:
    """From JSON. Errors: ``ValueError`` naming what is wrong."""
    unknown = set(order) - {"method", "every", "count", "code", "reason", "message", "operation"}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    code = int(str(order.get("code", 503)))
    reason, message = _DEFAULTS.get(code, ("backendError", "Injected by the lab."))
    count = order.get("count")
    every = int(str(order.get("every", 1)))
    if every < 1:
        raise ValueError("every has to be 1 or more")
    return Fault(
        re.compile(str(order.get("method", ".*"))),
        ApiError(code, str(order.get("reason", reason)), str(order.get("message", message))),
        every,
        None if count is None else int(str(count)),
        bool(order.get("operation", False)),
    )
