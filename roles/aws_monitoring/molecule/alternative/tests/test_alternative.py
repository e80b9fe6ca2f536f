# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.unit.fakes.scenario import Scenario


def test_it_looks_at_what_the_variables_say(scenario: Scenario) -> None:
    found = scenario.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == ["shop-monitor-orders"]
    assert [alarm["AlarmRule"] for alarm in found["CompositeAlarms"]] == ['ALARM("shop-monitor-orders")']


def test_people_are_told(scenario: Scenario) -> None:
    topic = "arn:aws:sns:ap-northeast-2:123456789012:shop-monitor"
    (found,) = scenario.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (found["Protocol"], found["Endpoint"]) == ("sqs", "arn:aws:sqs:ap-northeast-2:123456789012:people")


def test_it_goes_as_it_came(scenario: Scenario) -> None:
    gone = {
        "absent | No dashboard": [""],
        "absent | No alarm": ["shop-monitor-any", "shop-monitor-orders"],
        "absent | No topic": [""],
    }
    assert scenario.apply(check=True, aws_monitoring_state="absent") == gone
    assert scenario.apply(aws_monitoring_state="absent") == gone
    assert scenario.apply(aws_monitoring_state="absent") == {}
    assert scenario.client("sns").list_topics()["Topics"] == []
