# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge's scheduled rules. Knows nothing of moto: rules are objects with arn, state and scheduled_expression.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Protocol

log = logging.getLogger(__name__)

RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Rule(Protocol):
    """What moto's rules have."""

    arn: str
    state: str
    scheduled_expression: str | None


def period_seconds(expression: str) -> int:
    """Of ``rate(value unit)``. ValueError: AWS refuses it, too. NotImplementedError: it is not a rate."""
    if expression.startswith("cron("):
        raise NotImplementedError(f"the schedule {expression}: only rate() fires")
    found = RATE.fullmatch(expression)
    # "If the value is equal to 1, then the unit must be singular."
    if found is None or int(found[1]) < 1 or (int(found[1]) == 1) == bool(found[3]):
        raise ValueError("Parameter ScheduleExpression is not valid.")
    return int(found[1]) * SECONDS[found[2]]


class Schedules:
    """To be told the time once a second. ``fire(rule)`` must not block."""

    def __init__(
        self,
        rules: Callable[[], Iterable[Rule]],
        fire: Callable[[Rule], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._fire = fire
        self._now = now
        # (ARN, expression) -> when it fires next: counted from when the rule was seen first, or enabled, or changed.
        self._next: dict[tuple[str, str], float] = {}

    def tick(self) -> None:
        """Fire what is due; what was missed meanwhile is missed."""
        now, following = self._now(), {}
        for rule in self._rules():
            if not rule.scheduled_expression or rule.state != "ENABLED":
                continue
            key, period = (rule.arn, rule.scheduled_expression), period_seconds(rule.scheduled_expression)
            due = self._next.get(key, now + period)
            if due <= now:
                try:
                    self._fire(rule)
                except Exception:  # the others fire all the same
                    log.exception("FAILED rule %s", rule.arn)
                due += period * (1 + (now - due) // period)
            following[key] = due
        self._next = following
