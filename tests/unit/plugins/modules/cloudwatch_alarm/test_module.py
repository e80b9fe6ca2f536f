# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, and the one that reads, against the lab's AWS API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import cloudwatch_alarm, cloudwatch_alarm_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

METRIC: dict[str, Any] = {
    "metric_name": "TunnelState",
    "namespace": "AWS/VPN",
    "dimensions": {"TunnelIpAddress": "203.0.113.10"},
    "statistic": "Maximum",
    "period": 60,
    "evaluation_periods": 3,
    "threshold": 1,
    "comparison": "LessThanThreshold",
}
MATH: dict[str, Any] = {
    "metrics": [
        {"id": "errors", "namespace": "Shop", "metric_name": "Errors", "statistic": "Sum", "period": 60},
        {"id": "share", "expression": "100 * errors", "return_data": True, "label": "share"},
    ],
    "evaluation_periods": 1,
    "threshold": 5,
    "comparison": "GreaterThanThreshold",
}
KINDS = [METRIC, MATH, {"rule": "TRUE AND NOT FALSE"}]
TAGS = {"project": "shop"}


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudwatch_alarm.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def read(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudwatch_alarm_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def name() -> str:
    return f"alarm-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("options", KINDS)
def test_life_of_an_alarm(run: Run, read: Run, name: str, options: dict[str, Any]) -> None:
    assert run(_check=True, name=name, tags=TAGS, **options)["action"] == "created"
    assert read(names=[name])["alarms"] == []
    made = run(name=name, tags=TAGS, **options)
    assert (made["action"], made["alarm"]["tags"]) == ("created", TAGS)
    again = run(name=name, tags=TAGS, **options)
    assert (again["changed"], again["alarm"]) == (False, made["alarm"])
    assert again["diff"]["before"] == again["diff"]["after"]
    (found,) = read(names=[name])["alarms"]
    assert {key: found[key] for key in made["alarm"]} == made["alarm"]
    assert run(_check=True, name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "none"
    assert read(names=[name])["alarms"] == []


@pytest.mark.parametrize(
    ("options", "drift"),
    [
        *[(METRIC, change) for change in [{"threshold": 2}, {"period": 300}, {"statistic": "Minimum"}]],
        *[(METRIC, change) for change in [{"dimensions": {}}, {"evaluation_periods": 4}, {"description": "x"}]],
        *[(METRIC, change) for change in [{"treat_missing_data": "ignore"}, {"actions_enabled": False}]],
        (METRIC, {"alarm_actions": ["arn:aws:sns:us-east-1:123456789012:t"]}),
        (METRIC, {"tags": {"project": "other"}}),
        (METRIC, {"tags": {"project": "shop", "more": "x"}}),
        (MATH, {"threshold": 6}),
        (MATH, {"metrics": [MATH["metrics"][0], {**MATH["metrics"][1], "expression": "errors"}]}),
        (MATH, {"metrics": [{**MATH["metrics"][0], "period": 120}, MATH["metrics"][1]]}),
        ({"rule": "TRUE"}, {"rule": "FALSE"}),
        ({"rule": "TRUE"}, {"description": "x"}),
    ],
)
def test_drift_is_seen_by_check_mode_and_repaired(
    run: Run, name: str, options: dict[str, Any], drift: dict[str, Any]
) -> None:
    wanted = {"tags": TAGS, **options}
    run(name=name, **wanted)
    assert run(name=name, **wanted | drift)["action"] == "updated"
    seen = run(_check=True, name=name, **wanted)
    assert (seen["changed"], seen["action"]) == (True, "updated")
    assert seen["diff"]["before"] != seen["diff"]["after"]
    assert run(name=name, **wanted)["diff"] == seen["diff"]
    assert run(name=name, **wanted)["changed"] is False


def test_the_state_survives_an_update(run: Run, read: Run, name: str, aws: Aws) -> None:
    run(name=name, **METRIC | {"treat_missing_data": "ignore"})
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    run(name=name, **METRIC | {"treat_missing_data": "ignore", "threshold": 7})
    (found,) = read(names=[name], state_value="ALARM")["alarms"]
    assert (found["state"], found["reason"]) == ("ALARM", "by hand")
    assert read(prefix=name, state_value="OK")["alarms"] == []


def test_an_update_that_was_interrupted_before_its_tags_is_finished(run: Run, name: str, aws: Aws) -> None:
    run(name=name, **METRIC)
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/VPN",
        MetricName="TunnelState",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=9,
        ComparisonOperator="LessThanThreshold",
    )
    result = run(name=name, tags=TAGS, **METRIC)
    assert (result["action"], result["alarm"]["tags"]) == ("updated", TAGS)
    assert run(name=name, tags=TAGS, **METRIC)["changed"] is False


def test_a_composite_alarm_may_name_one_that_the_same_play_makes(run: Run, name: str) -> None:
    rule = f"ALARM({name}-child)"
    assert run(_check=True, name=name, rule=rule)["action"] == "created"
    refused = run(name=name, rule=rule)
    assert (refused["failed"], refused["error_code"]) == (True, "ValidationError")
    run(name=f"{name}-child", **METRIC)
    assert run(name=name, rule=rule)["action"] == "created"
    assert "depending on it" in run(name=f"{name}-child", state="absent")["msg"]


@pytest.mark.parametrize(("first", "then"), [(METRIC, {"rule": "TRUE"}), ({"rule": "TRUE"}, METRIC)])
def test_an_alarm_does_not_become_another_kind(
    run: Run, name: str, first: dict[str, Any], then: dict[str, Any]
) -> None:
    run(name=name, **first)
    for check in (True, False):
        assert "cannot become" in run(_check=check, name=name, **then)["msg"]


def test_mistakes_are_sentences(run: Run, name: str) -> None:
    assert "exactly one of" in run(name=name)["msg"]
    assert "period is 45" in run(name=name, **METRIC | {"period": 45})["msg"]


def test_no_names_are_no_alarms(read: Run) -> None:
    assert read(names=[])["alarms"] == []
