# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the health of a check to the state of an alarm, minute by minute, on a clock of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID

from lab.aws.alarm_clock import AlarmClock
from lab.aws.health_metric import HealthMetric, provide

START = datetime(2026, 1, 1, 12, 0, 0)


class Time:
    """Everything that follows the clock, without one."""

    def __init__(self) -> None:
        self.now = START
        self.health: dict[str, bool] = {}
        self.metric = HealthMetric(lambda: dict(self.health), lambda: self.now)
        self.alarms = AlarmClock(lambda: self.now.replace(tzinfo=UTC).timestamp())
        provide(self.metric)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.metric.tick()
            self.alarms.tick()
            self.now += timedelta(seconds=1)


@pytest.fixture
def time() -> Iterator[Time]:
    time = Time()
    yield time
    for backend in cloudwatch_backends[DEFAULT_ACCOUNT_ID].values():
        backend.alarms.clear()
    time.metric.published.clear()


def backend(region: str = "us-east-1") -> CloudWatchBackend:
    return cloudwatch_backends[DEFAULT_ACCOUNT_ID][region]


def alarm_on(check: str, region: str = "us-east-1", **changes: Any) -> Any:
    given: dict[str, Any] = {
        "name": uuid.uuid4().hex,
        "namespace": "AWS/Route53",
        "metric_name": "HealthCheckStatus",
        "comparison_operator": "LessThanThreshold",
        "evaluation_periods": 1,
        "period": 60,
        "threshold": 1.0,
        "statistic": "Minimum",
        "description": "",
        "dimensions": [{"Name": "HealthCheckId", "Value": check}],
        "alarm_actions": [],
    }
    alarm = backend(region).put_metric_alarm(**given | changes)
    alarm.state_value = "INSUFFICIENT_DATA"
    return alarm


def data(time: Time, check: str) -> list[tuple[Any, ...]]:
    return [
        (point.timestamp, point.min, point.max, point.sum, point.sample_count) for point in time.metric.published[check]
    ]


def test_each_minute_is_one_datum_published_when_it_is_over(time: Time) -> None:
    time.health = {"a": True}
    time.run(60)
    assert time.metric.published == {}
    time.run(1)
    assert data(time, "a") == [(START, 1, 1, 60, 60)]
    time.health = {"a": False}
    time.run(60)
    assert data(time, "a")[1:] == [(START + timedelta(minutes=1), 0, 1, 1, 60)]


def test_a_deleted_check_loses_its_data_in_time(time: Time) -> None:
    time.health = {"a": True, "b": True}
    time.run(121)
    time.health = {"b": True}
    time.run(300)
    assert set(time.metric.published) == {"b"}


def test_cloudwatch_has_the_metric_in_us_east_1_only(time: Time) -> None:
    time.health = {"a": True}
    time.run(61)
    arguments = ("AWS/Route53", "HealthCheckStatus", START, START + timedelta(hours=1), 60, ["Minimum"])
    dimension = [{"Name": "HealthCheckId", "Value": "a"}]
    assert [point.minimum for point in backend().get_metric_statistics(*arguments, dimension)] == [1.0]
    assert backend("eu-west-1").get_metric_statistics(*arguments, dimension) == []
    assert backend().get_metric_statistics(*arguments, [{"Name": "HealthCheckId", "Value": "b"}]) == []


def test_an_alarm_goes_off_when_a_minute_was_bad_and_comes_back(time: Time) -> None:
    time.health, alarm = {"a": True}, alarm_on("a")
    time.run(60)
    assert alarm.state_value == "INSUFFICIENT_DATA"
    time.run(1)
    assert alarm.state_value == "OK"
    time.health = {"a": False}
    time.run(59)
    assert alarm.state_value == "OK"
    time.run(2)
    assert alarm.state_value == "ALARM"
    assert "1 out of the last 1 datapoints [0.0] was less than the threshold (1.0)" in alarm.state_reason
    time.health = {"a": True}
    time.run(121)
    assert alarm.state_value == "OK"


def test_two_of_three(time: Time) -> None:
    alarm = alarm_on("a", evaluation_periods=3, datapoints_to_alarm=2)
    states = []
    for healthy in (True, False, True, False, True, True):
        time.health = {"a": healthy}
        time.run(60)
        states.append(alarm.state_value)  # of the minutes before this one
    assert states == ["INSUFFICIENT_DATA", "OK", "OK", "OK", "ALARM", "OK"]


def test_another_region_has_no_data(time: Time) -> None:
    time.health, alarm = {"a": False}, alarm_on("a", "eu-west-1")
    time.run(200)
    assert alarm.state_value == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "ALARM"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_when_the_data_stops(time: Time, treatment: str, expected: str) -> None:
    time.health, alarm = {"a": False}, alarm_on("a", treat_missing_data=treatment)
    time.run(121)
    assert alarm.state_value == "ALARM"
    time.health = {}
    time.run(300)
    assert alarm.state_value == expected


def test_what_somebody_set_lasts_until_the_next_evaluation(time: Time) -> None:
    time.health, alarm = {"a": True}, alarm_on("a")
    time.run(70)
    alarm.update_state("a test", "{}", "ALARM")
    time.run(40)
    assert alarm.state_value == "ALARM"
    time.run(20)
    assert alarm.state_value == "OK"


def test_an_alarm_that_cannot_be_evaluated_does_not_keep_the_others(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    alarm_on("a", statistic="p99")
    time.health, good = {"a": True}, alarm_on("a")
    time.run(61)
    assert good.state_value == "OK"
    assert "FAILED alarm" in caplog.text
