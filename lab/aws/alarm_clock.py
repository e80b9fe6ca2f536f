# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates every CloudWatch alarm that moto keeps, as often as CloudWatch does, and writes down its new state.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html: every minute, and every ten
seconds for a period of less than a minute.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID

from .alarms import COMPARE, EXTRA_PERIODS, alarm_state

log = logging.getLogger(__name__)

WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


class AlarmClock:
    """To be told the time once a second."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._evaluated: dict[str, int] = {}

    def tick(self) -> None:
        """Evaluate what is due. A new alarm is due at once."""
        now, due = self._now(), {}
        for backend, alarm in _alarms():
            slot = int(now // (60 if int(alarm.period) >= 60 else 10))
            due[alarm.alarm_arn] = slot
            if self._evaluated.get(alarm.alarm_arn) != slot:
                try:
                    _evaluate(backend, alarm, now)
                except Exception:  # the others are evaluated all the same
                    log.exception("FAILED alarm %s", alarm.name)
        self._evaluated = due


def _alarms() -> Iterator[tuple[Any, Any]]:
    for backend in list(cloudwatch_backends[DEFAULT_ACCOUNT_ID].values()):
        for alarm in list(backend.alarms.values()):
            if alarm.comparison_operator in COMPARE:
                yield backend, alarm


def _evaluate(backend: Any, alarm: Any, now: float) -> None:
    points = datapoints(backend, alarm, now)
    state = state_of(points, alarm, alarm.state_value)
    if state != alarm.state_value:
        recent = [value for value in points if value is not None][-int(alarm.evaluation_periods) :]
        data = {
            "version": "1.0",
            "queryDate": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "statistic": alarm.statistic,
            "period": int(alarm.period),
            "recentDatapoints": recent,
            "threshold": float(alarm.threshold),
        }
        alarm.update_state(_reason(recent, alarm, state), json.dumps(data), state)


def _reason(recent: list[float], alarm: Any, state: str) -> str:
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {alarm.evaluation_periods} datapoints were unknown."
    wanted = ("was " if state == "ALARM" else "was not ") + WORDS[alarm.comparison_operator]
    return (
        f"Threshold Crossed: {len(recent)} out of the last {alarm.evaluation_periods} datapoints {recent} "
        f"{wanted} the threshold ({float(alarm.threshold)}), missing data treated as {treatment(alarm)}."
    )


def treatment(alarm: Any) -> str:
    """TreatMissingData and its default."""
    return str(alarm.treat_missing_data or "missing")


def state_of(points: list[float | None], alarm: Any, current: str) -> str:
    """The alarm's state by its data."""
    periods = int(alarm.evaluation_periods)
    return alarm_state(
        points,
        alarm.comparison_operator,
        float(alarm.threshold),
        int(alarm.datapoints_to_alarm or periods),
        treatment(alarm),
        periods,
        current,
    )


def datapoints(backend: Any, alarm: Any, now: float) -> list[float | None]:
    """The alarm's evaluation range: its statistic in each period up to ``now``, oldest first."""
    end = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    period = timedelta(seconds=int(alarm.period))
    count = int(alarm.evaluation_periods) + EXTRA_PERIODS
    return [_datapoint(backend, alarm, end - (number + 1) * period) for number in reversed(range(count))]


def _datapoint(backend: Any, alarm: Any, start: datetime) -> float | None:
    period = int(alarm.period)
    found = backend.get_metric_statistics(
        alarm.namespace,
        alarm.metric_name,
        start,
        start + timedelta(seconds=period),
        period,
        [alarm.statistic],
        [{"Name": dimension.name, "Value": dimension.value} for dimension in alarm.dimensions],
    )
    return None if not found else float(found[0].get_statistics_for_type(alarm.statistic))
