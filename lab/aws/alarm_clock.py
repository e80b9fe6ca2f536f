# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates every CloudWatch alarm that moto keeps, as often as CloudWatch does, and writes down its new state.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html: every minute, and every ten
seconds for a period of less than a minute. A composite alarm follows its children at once.
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

from . import alarm_rules, metric_math
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
            slot = int(now // (60 if period_of(alarm) >= 60 else 10))
            due[alarm.alarm_arn] = slot
            if self._evaluated.get(alarm.alarm_arn) != slot:
                try:
                    _evaluate(backend, alarm, now)
                except Exception:  # the others are evaluated all the same
                    log.exception("FAILED alarm %s", alarm.name)
        self._evaluated = due
        for backend in list(cloudwatch_backends[DEFAULT_ACCOUNT_ID].values()):
            try:
                _evaluate_composites(backend)
            except Exception:  # the other regions' are evaluated all the same
                log.exception("FAILED composite alarms of %s", backend.region_name)


def _evaluate_composites(backend: Any) -> None:
    """Children first.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html: "the evaluation of
    composite alarms stops if CloudWatch detects a cycle in the evaluation path".
    """
    alarms = dict(backend.alarms)
    rules = {name: alarm_rules.parse(alarm.rule) for name, alarm in alarms.items() if alarm.rule is not None}
    while ready := [name for name in rules if not rules[name].children & rules.keys()]:
        for name in ready:
            rule, alarm = rules.pop(name), alarms[name]
            states = {child: alarms[child].state_value for child in rule.children if child in alarms}
            state = "ALARM" if rule.holds(states) else "OK"
            if state != alarm.state_value:
                # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
                told = [
                    {"arn": alarms[child].alarm_arn, "state": {"value": value}}
                    for child, value in sorted(states.items())
                ]
                reason = ", ".join(f"{alarms[child].alarm_arn} is {value}" for child, value in sorted(states.items()))
                alarm.update_state(
                    f"The rule {alarm.rule} is {state == 'ALARM'}: {reason or 'it names no alarm'}",
                    json.dumps({"triggeringAlarms": told}),
                    state,
                )


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
            **({"statistic": alarm.statistic} if alarm.statistic else {}),
            "period": period_of(alarm),
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


def period_of(alarm: Any) -> int:
    """Seconds; those of a metric math alarm's metrics, which the API makes sure are the same."""
    stats = [query.metric_stat for query in alarm.metric_data_queries if query.metric_stat]
    return int(stats[0].period if stats else alarm.period)


def datapoints(backend: Any, alarm: Any, now: float) -> list[float | None]:
    """The alarm's evaluation range: its value in each period up to ``now``, oldest first."""
    end = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    seconds = period_of(alarm)
    period = timedelta(seconds=seconds)
    count = int(alarm.evaluation_periods) + EXTRA_PERIODS
    starts = [end - (number + 1) * period for number in reversed(range(count))]
    if alarm.metric_data_queries:
        return [_result(backend, alarm.metric_data_queries, start, seconds) for start in starts]
    metric = (alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic)
    return [_datapoint(backend, metric, start, seconds) for start in starts]


def _result(backend: Any, queries: list[Any], start: datetime, period: int) -> float | None:
    """What a metric math alarm watches: the one query whose data is returned."""
    values: dict[str, float | None] = {}
    for query in queries:  # the API makes sure that an expression comes after what it uses
        if query.metric_stat:
            metric, stat = query.metric_stat.metric, query.metric_stat.stat
            named = (metric.namespace, metric.metric_name, metric.dimensions, stat)
            values[query.id] = _datapoint(backend, named, start, period)
        else:
            values[query.id] = metric_math.value(query.expression, values)
    (watched,) = [query.id for query in queries if query.return_data is not False]
    return values[watched]


Named = tuple[str, str, list[Any], str]


def _datapoint(backend: Any, metric: Named, start: datetime, period: int) -> float | None:
    namespace, name, dimensions, statistic = metric
    found = backend.get_metric_statistics(
        namespace,
        name,
        start,
        start + timedelta(seconds=period),
        period,
        [statistic],
        [{"Name": dimension.name, "Value": dimension.value} for dimension in dimensions],
    )
    return None if not found else float(found[0].get_statistics_for_type(statistic))
