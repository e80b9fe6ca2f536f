# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

from tests.unit.fakes.scenario import Scenario

PREFIX = "multicloud-dr-monitor"


def alarms(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """By name, without the prefix."""
    found = scenario.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {
        alarm["AlarmName"].removeprefix(f"{PREFIX}-"): alarm
        for alarm in found["MetricAlarms"] + found["CompositeAlarms"]
    }


def dashboard(scenario: Scenario) -> dict[str, Any]:
    found = scenario.client("cloudwatch").get_dashboard(DashboardName=PREFIX)
    body: dict[str, Any] = json.loads(found["DashboardBody"])
    return body


def test_there_is_an_alarm_for_what_there_is(scenario: Scenario) -> None:
    vpn = [f"multicloud-dr-{number}-{which}" for number in (1, 2) for which in ("degraded", "down")]
    found = alarms(scenario)
    assert found.keys() == {"multicloud-dr-db-ill", *vpn, "cut-off", "any"}
    assert found["cut-off"]["AlarmRule"] == f'ALARM("{PREFIX}-{vpn[1]}") AND ALARM("{PREFIX}-{vpn[3]}")'
    assert found["any"]["AlarmRule"].count("ALARM") == 5
    assert {action for alarm in found.values() for action in alarm["AlarmActions"]} == {
        f"arn:aws:sns:ap-northeast-2:123456789012:{PREFIX}"
    }


def test_the_dashboard_shows_both_sites(scenario: Scenario) -> None:
    widgets = dashboard(scenario)["widgets"]
    assert [widget["type"] for widget in widgets] == ["text", "alarm", "metric", "metric", "metric"]
    assert "project=shop-123" in widgets[0]["properties"]["markdown"]
    assert len(widgets[1]["properties"]["alarms"]) == 7
    (check,) = widgets[2]["properties"]["metrics"]
    assert (check[:3], check[4]) == (
        ["AWS/Route53", "HealthCheckStatus", "HealthCheckId"],
        {"label": "aws-writable", "region": "us-east-1"},
    )


def test_drift_is_seen_and_repaired(scenario: Scenario) -> None:
    cloudwatch = scenario.client("cloudwatch")
    found = alarms(scenario)
    cloudwatch.put_composite_alarm(AlarmName=f"{PREFIX}-cut-off", AlarmRule="FALSE")
    cloudwatch.put_composite_alarm(AlarmName=f"{PREFIX}-by-hand", AlarmRule="TRUE")
    cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-any"])
    cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-multicloud-dr-1-degraded"])
    cloudwatch.untag_resource(ResourceARN=found["multicloud-dr-db-ill"]["AlarmArn"], TagKeys=["project"])
    cloudwatch.put_dashboard(DashboardName=PREFIX, DashboardBody='{"widgets": []}')
    expected = {
        "present | Alarms": ["multicloud-dr-db-ill", "multicloud-dr-1-degraded", "cut-off", "any"],
        "present | No other alarm": [f"{PREFIX}-by-hand"],
        "present | Dashboard": [""],
    }
    assert scenario.apply(check=True) == expected
    assert scenario.apply() == expected
    assert scenario.apply(check=True) == {}


def test_the_alarms_of_a_host_go_with_it(scenario: Scenario) -> None:
    ec2 = scenario.client("ec2")
    role = {"Name": "tag:role", "Values": ["db"]}
    (reservation,) = ec2.describe_instances(Filters=[role])["Reservations"]
    ec2.terminate_instances(InstanceIds=[reservation["Instances"][0]["InstanceId"]])
    changed = scenario.apply()
    assert changed == {
        "present | Alarms": ["any"],
        "present | No other alarm": [f"{PREFIX}-multicloud-dr-db-ill"],
        "present | Dashboard": [""],
    }


def test_the_api_was_asked_nothing_that_it_cannot_do(scenario: Scenario) -> None:
    assert scenario.errors() == []
