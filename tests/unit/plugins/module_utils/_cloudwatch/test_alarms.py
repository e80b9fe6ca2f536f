# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._aws_resource import OptionError
from ansible_collections.multicloud.dr.plugins.module_utils._cloudwatch import alarms

EVALUATED: dict[str, Any] = {"evaluation_periods": 3, "threshold": 1, "comparison": "LessThanThreshold"}
METRIC: dict[str, Any] = {"metric_name": "TunnelState", "namespace": "AWS/VPN", "statistic": "Maximum", "period": 60}
STAT: dict[str, Any] = {"id": "m1", "metric_name": "Errors", "namespace": "Shop", "statistic": "Sum", "period": 60}
SUM: dict[str, Any] = {"id": "e1", "expression": "m1 * 2", "return_data": True}
EXAMPLES = [
    {"rule": "ALARM(a)\n  AND OK(b)", "description": "both", "actions_enabled": False, "alarm_actions": ["z", "a"]},
    METRIC | EVALUATED | {"dimensions": {"b": 2, "a": "1"}, "unit": "Count", "treat_missing_data": "breaching"},
    METRIC | EVALUATED | {"statistic": "p99", "datapoints_to_alarm": 2},
    EVALUATED | {"metrics": [STAT, SUM | {"label": "twice"}]},
    EVALUATED | {"metrics": [STAT | {"return_data": True, "unit": "Count", "dimensions": {"a": 1}}]},
]


def stored(request: dict[str, Any]) -> dict[str, Any]:
    """A request as DescribeAlarms would answer it."""
    return {key: value for key, value in request.items() if value not in ([], None)}


@pytest.mark.parametrize("options", EXAMPLES)
def test_what_is_written_is_what_is_read(options: dict[str, Any]) -> None:
    wanted = alarms.wanted(options)
    assert alarms.from_api(stored(alarms.to_api(wanted))) == wanted


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"dimensions": {"TunnelIpAddress": "203.0.113.1"}}, False),
        ({"namespace": "AWS/EC2"}, False),
        ({"statistic": "Minimum"}, False),
        ({"statistic": "p90"}, False),
        ({"period": 300}, False),
        ({"unit": "Count"}, False),
        ({"evaluation_periods": 4}, False),
        ({"datapoints_to_alarm": 2}, False),
        ({"datapoints_to_alarm": 3}, True),
        ({"threshold": 2}, False),
        ({"threshold": 1.0}, True),
        ({"comparison": "GreaterThanThreshold"}, False),
        ({"treat_missing_data": "breaching"}, False),
        ({"treat_missing_data": "missing"}, True),
        ({"actions_enabled": False}, False),
        ({"description": "other"}, False),
        ({"alarm_actions": ["b", "a"]}, True),
        ({"alarm_actions": ["a"]}, False),
        ({"ok_actions": ["a"]}, False),
        ({"insufficient_data_actions": ["a"]}, False),
    ],
)
def test_every_attribute_counts_and_nothing_else(change: dict[str, Any], same: bool) -> None:
    options = METRIC | EVALUATED | {"alarm_actions": ["a", "b"]}
    assert (alarms.wanted(options) == alarms.wanted(options | change)) is same


def test_line_breaks_in_a_rule_mean_nothing() -> None:
    assert alarms.wanted({"rule": "ALARM(a)\n  OR ALARM(b)\n"})["rule"] == "ALARM(a) OR ALARM(b)"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "exactly one of metric_name, metrics and rule"),
        ({"rule": "TRUE", "metric_name": "m"}, "exactly one"),
        ({"rule": "TRUE", "threshold": 1}, "threshold cannot be set together with rule"),
        ({"rule": "TRUE", "period": 60, "namespace": "n"}, "namespace, period cannot be set together with rule"),
        ({"metrics": [SUM], "period": 60}, "period cannot be set together with metrics"),
        ({"metric_name": "m"}, "needs namespace, statistic, period, evaluation_periods, threshold, comparison"),
        (METRIC | EVALUATED | {"period": 45}, "period is 45"),
        (METRIC | EVALUATED | {"period": 90}, "period is 90"),
        (METRIC | EVALUATED | {"datapoints_to_alarm": 4}, "datapoints_to_alarm is 4"),
        (EVALUATED | {"metrics": [STAT]}, "return_data on none"),
        (EVALUATED | {"metrics": [STAT | {"return_data": True}, SUM]}, "return_data on m1, e1"),
        (EVALUATED | {"metrics": [STAT, SUM | {"id": "m1"}]}, "each may be there once"),
        (EVALUATED | {"metrics": [SUM | {"id": "E1"}]}, "has to begin with a small letter"),
        (EVALUATED | {"metrics": [SUM | {"metric_name": "m"}]}, "either expression or metric_name"),
        (EVALUATED | {"metrics": [{"id": "m1", "metric_name": "m"}]}, "needs namespace, statistic, period"),
        (EVALUATED | {"metrics": [STAT | {"period": 7}]}, "metrics 'm1' period is 7"),
    ],
)
def test_mistakes_are_sentences(options: dict[str, Any], part: str) -> None:
    with pytest.raises(OptionError, match=part):
        alarms.wanted(options)
