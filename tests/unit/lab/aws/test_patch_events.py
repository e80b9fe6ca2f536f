# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarm, SNS, EventBridge and Lambda as one chain, through boto3 on the running API; with what must not happen."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.aws.patches.events import fire
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.functions import Recorder, invoke, recorder, wait_for

REGION = "us-east-1"
EVENTS, SNS = "events.amazonaws.com", "sns.amazonaws.com"


def refused(function: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        function(**arguments)
    response: Any = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def seen(aws: Aws) -> Recorder:
    return recorder(aws, REGION)


def alarm(aws: Aws, **changes: Any) -> str:
    """A new alarm without data; returns its name."""
    name = f"alarm-{uuid.uuid4().hex}"
    given = {
        "AlarmName": name,
        "Namespace": "AWS/Route53",
        "MetricName": "HealthCheckStatus",
        "Dimensions": [{"Name": "HealthCheckId", "Value": name}],
        "Statistic": "Minimum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        **changes,
    }
    aws.client("cloudwatch", REGION).put_metric_alarm(**given)
    return name


def set_state(aws: Aws, name: str, state: str) -> None:
    aws.client("cloudwatch", REGION).set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def state(aws: Aws, name: str) -> str:
    (found,) = aws.client("cloudwatch", REGION).describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


def is_in_state(aws: Aws, name: str, expected: str) -> bool:
    return state(aws, name) == expected


def rule(aws: Aws, seen: Recorder, pattern: dict[str, Any] | None = None, **target: Any) -> tuple[str, str]:
    """A rule for the recorder; returns name and ARN."""
    events, name = aws.client("events", REGION), f"rule-{uuid.uuid4().hex}"
    given = {"ScheduleExpression": "rate(1 day)"} if pattern is None else {"EventPattern": json.dumps(pattern)}
    arn = events.put_rule(Name=name, **given)["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": seen.arn, **target}])
    return name, arn


def subscribed_topic(aws: Aws, seen: Recorder, **attributes: str) -> str:
    sns = aws.client("sns", REGION)
    arn: str = sns.create_topic(Name=uuid.uuid4().hex)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=seen.arn, Attributes=attributes)
    return arn


def marker(seen: Recorder) -> list[Any]:
    """All events but this last one: whatever was sent before it has begun, or never will."""
    invoke(seen.client, seen.name, Payload=b'"marker"')
    begun = len(re.findall(f"LAMBDA {seen.name}: .* begins", seen.aws.log.read_text()))
    wait_for(lambda: len(seen.events()) == begun, "all that has begun has ended")
    return [event for event in seen.events() if event != "marker"]


# --- alarm → SNS → Lambda


def test_an_alarm_tells_its_topic_which_invokes_the_function(aws: Aws, seen: Recorder) -> None:
    topic = subscribed_topic(aws, seen)
    seen.permit(SNS, topic)
    name = alarm(aws, AlarmActions=[topic], AlarmDescription="gcp cannot be written to")
    set_state(aws, name, "ALARM")
    (event,) = wait_for(seen.events, "the notification")
    (record,) = event["Records"]
    assert (record["EventSource"], record["Sns"]["TopicArn"]) == ("aws:sns", topic)
    assert record["Sns"]["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'[:100]
    message = json.loads(record["Sns"]["Message"])
    assert (message["AlarmName"], message["OldStateValue"], message["NewStateValue"]) == (
        name,
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert message["Trigger"]["Dimensions"] == [{"name": "HealthCheckId", "value": name}]


def test_the_topics_function_may_be_in_another_region(aws: Aws) -> None:
    seen = recorder(aws, "eu-west-1")
    topic = subscribed_topic(aws, seen)
    seen.permit(SNS, topic)
    aws.client("sns", REGION).publish(TopicArn=topic, Message="hello")
    (event,) = wait_for(seen.events, "the message")
    assert event["Records"][0]["Sns"]["Message"] == "hello"


@pytest.mark.parametrize("principal", [SNS, EVENTS])
def test_sns_needs_a_permission_for_that_topic(aws: Aws, seen: Recorder, principal: str) -> None:
    topic = subscribed_topic(aws, seen)
    seen.permit(principal, topic + "x" if principal == SNS else topic)
    aws.client("sns", REGION).publish(TopicArn=topic, Message="hello")
    assert f"LAMBDA {seen.arn} does not permit {SNS} for {topic}" in aws.log.read_text()
    assert marker(seen) == []


def test_only_a_change_of_state_acts(aws: Aws, seen: Recorder) -> None:
    topic = subscribed_topic(aws, seen)
    seen.permit(SNS, topic)
    name = alarm(aws, OKActions=[topic])
    for value in ("ALARM", "ALARM", "OK", "OK"):
        set_state(aws, name, value)
    wait_for(seen.events, "the notification")
    assert len(marker(seen)) == 1


def test_disabled_actions_do_not_act(aws: Aws, seen: Recorder) -> None:
    topic = subscribed_topic(aws, seen)
    seen.permit(SNS, topic)
    set_state(aws, alarm(aws, AlarmActions=[topic], ActionsEnabled=False), "ALARM")
    assert marker(seen) == []


def test_a_topic_that_does_not_exist_is_in_the_log(aws: Aws) -> None:
    topic = f"arn:aws:sns:{REGION}:123456789012:{uuid.uuid4().hex}"
    set_state(aws, alarm(aws, AlarmActions=[topic]), "ALARM")
    assert f"could not tell {topic}" in aws.log.read_text()


def test_a_subscriptions_filter(aws: Aws, seen: Recorder) -> None:
    topic = subscribed_topic(aws, seen, FilterPolicy='{"kind": ["alarm"]}')
    seen.permit(SNS, topic)
    for kind in ("other", "alarm"):
        attribute = {"kind": {"DataType": "String", "StringValue": kind}}
        aws.client("sns", REGION).publish(TopicArn=topic, Message=kind, MessageAttributes=attribute)
    wait_for(seen.events, "the message")
    assert [event["Records"][0]["Sns"]["Message"] for event in marker(seen)] == ["alarm"]


def test_a_queue_hears_a_topic(aws: Aws) -> None:
    """What an operator, or a test, reads."""
    sqs, sns = aws.client("sqs", REGION), aws.client("sns", REGION)
    queue = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=uuid.uuid4().hex)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Subject="s", Message="m")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "m"


def test_nobody_pretends_to_send_mail(aws: Aws) -> None:
    sns = aws.client("sns", REGION)
    topic = sns.create_topic(Name=uuid.uuid4().hex)["TopicArn"]
    mail = {"TopicArn": topic, "Protocol": "email", "Endpoint": "ops@multicloud.example"}
    assert refused(sns.subscribe, **mail) == ("NotImplemented", 501)
    assert refused(sns.publish, PhoneNumber="+491234567", Message="hello") == ("NotImplemented", 501)


# --- the alarm's state


def test_a_new_alarm_knows_nothing_and_an_update_keeps_the_state(aws: Aws) -> None:
    name = alarm(aws)
    assert state(aws, name) == "INSUFFICIENT_DATA"
    set_state(aws, name, "ALARM")
    alarm(aws, AlarmName=name, AlarmDescription="more")
    assert state(aws, name) == "ALARM"


def test_alarms_are_evaluated(aws: Aws) -> None:
    cloudwatch, metric = aws.client("cloudwatch", REGION), uuid.uuid4().hex
    name = alarm(aws, Namespace="Shop", MetricName=metric, Dimensions=[], Period=10)
    for value, expected in ((5.0, "OK"), (0.0, "ALARM")):
        data = {"MetricName": metric, "Value": value, "Timestamp": datetime.now(UTC)}
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[data])
        wait_for(partial(is_in_state, aws, name, expected), expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"AlarmActions": [f"arn:aws:automate:{REGION}:ec2:recover"]}, ("NotImplemented", 501)),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, ("NotImplemented", 501)),
        ({"Period": 45}, ("ValidationError", 400)),
        ({"OKActions": ["arn:aws:sns:eu-west-1:123456789012:t"]}, ("ValidationError", 400)),
    ],
)
def test_alarms_that_nothing_would_evaluate_or_follow(
    aws: Aws, changes: dict[str, Any], expected: tuple[str, int]
) -> None:
    with pytest.raises(ClientError) as error:
        alarm(aws, **changes)
    response: Any = error.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == expected


# --- alarm → EventBridge → Lambda


def pattern(name: str, value: str = "ALARM") -> dict[str, Any]:
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name], "state": {"value": [value]}},
    }


def test_an_alarms_event_matches_a_rule_and_invokes_the_function(aws: Aws, seen: Recorder) -> None:
    name = alarm(aws)
    seen.permit(EVENTS, rule(aws, seen, pattern(name))[1])
    set_state(aws, name, "ALARM")
    (event,) = wait_for(seen.events, "the event")
    assert {key: event[key] for key in ("version", "source", "region", "account", "resources")} == {
        "version": "0",
        "source": "aws.cloudwatch",
        "region": REGION,
        "account": "123456789012",
        "resources": [f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{name}"],
    }
    assert datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ")
    detail = event["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("INSUFFICIENT_DATA", "ALARM")
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {"HealthCheckId": name}


@pytest.mark.parametrize("other", ["another alarm", "another state", "another source"])
def test_what_a_pattern_does_not_match_does_not_arrive(aws: Aws, seen: Recorder, other: str) -> None:
    name = alarm(aws)
    wanted = {
        "another alarm": pattern(f"{name}x"),
        "another state": pattern(name, "OK"),
        "another source": {"source": ["aws.ec2"]},
    }[other]
    seen.permit(EVENTS, rule(aws, seen, wanted)[1])
    set_state(aws, name, "ALARM")
    assert marker(seen) == []


@pytest.mark.parametrize("principal", [EVENTS, SNS])
def test_eventbridge_needs_a_permission_for_that_rule(aws: Aws, seen: Recorder, principal: str) -> None:
    name = alarm(aws)
    arn = rule(aws, seen, pattern(name))[1]
    seen.permit(principal, arn + "x" if principal == EVENTS else arn)
    set_state(aws, name, "ALARM")
    assert f"LAMBDA {seen.arn} does not permit {EVENTS} for {arn}" in aws.log.read_text()
    assert marker(seen) == []


def test_disabled_and_scheduled_rules_take_no_events(aws: Aws, seen: Recorder) -> None:
    name = alarm(aws)
    disabled, arn = rule(aws, seen, pattern(name))
    seen.permit(EVENTS, arn)
    seen.permit(EVENTS, rule(aws, seen)[1])
    aws.client("events", REGION).disable_rule(Name=disabled)
    set_state(aws, name, "ALARM")
    assert marker(seen) == []
    aws.client("events", REGION).enable_rule(Name=disabled)
    set_state(aws, name, "OK")
    set_state(aws, name, "ALARM")
    wait_for(seen.events, "the event")


def test_a_targets_constant_input_replaces_the_event(aws: Aws, seen: Recorder) -> None:
    name = alarm(aws)
    seen.permit(EVENTS, rule(aws, seen, pattern(name), Input='{"why": "alarm"}')[1])
    set_state(aws, name, "ALARM")
    assert wait_for(seen.events, "the event") == [{"why": "alarm"}]


def test_a_clients_own_events_arrive_and_forged_ones_do_not(aws: Aws, seen: Recorder) -> None:
    events, source = aws.client("events", REGION), f"shop.{uuid.uuid4().hex}"
    seen.permit(EVENTS, rule(aws, seen, {"source": [source]})[1])
    seen.permit(EVENTS, rule(aws, seen, {"source": ["aws.cloudwatch"], "detail-type": [source]})[1])
    answer = events.put_events(
        Entries=[
            {"Source": "aws.cloudwatch", "DetailType": source, "Detail": "{}"},
            {"Source": source, "DetailType": "x", "Detail": '{"n": 1}'},
        ]
    )
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    wait_for(seen.events, "the event")
    assert [event["source"] for event in marker(seen)] == [source]


def test_targets_and_rules_that_would_not_work(aws: Aws, seen: Recorder) -> None:
    events, name = aws.client("events", REGION), rule(aws, seen)[0]

    def target(**changes: Any) -> tuple[str, int]:
        return refused(events.put_targets, Rule=name, Targets=[{"Id": "2", "Arn": seen.arn, **changes}])

    assert target(Arn=f"arn:aws:sqs:{REGION}:123456789012:q") == ("NotImplemented", 501)
    assert target(InputPath="$.detail") == ("NotImplemented", 501)
    assert target(Arn=seen.arn.replace(REGION, "eu-west-1")) == ("ValidationException", 400)
    put = events.put_rule
    assert refused(put, Name="r", ScheduleExpression="cron(0 12 * * ? *)") == ("NotImplemented", 501)
    assert refused(put, Name="r", ScheduleExpression="rate(1 minutes)") == ("ValidationException", 400)
    assert refused(put, Name="r", EventPattern='{"source": [{"sounds-like": "x"}]}') == ("NotImplemented", 501)
    assert refused(put, Name="r", EventPattern="{") == ("InvalidEventPatternException", 400)
    assert refused(events.describe_rule, Name="r")[0] == "ResourceNotFoundException"


# --- schedule → Lambda


def test_what_a_scheduled_rule_sends() -> None:
    sent: list[Any] = []

    class Functions:
        def deliver(self, *arguments: Any) -> None:
            sent.append(arguments)

    class Rule:
        arn, account_id, region_name = "arn:aws:events:us-east-1:1:rule/r", "1", "us-east-1"
        targets = [{"Id": "1", "Arn": "f"}, {"Id": "2", "Arn": "g", "Input": "{}"}]  # noqa: RUF012

    functions: Any = Functions()
    fire(functions, Rule)
    (account, arn, event, principal, source), second = sent
    assert (account, arn, principal, source) == ("1", "f", EVENTS, Rule.arn)
    assert (event["detail-type"], event["source"], event["resources"]) == ("Scheduled Event", "aws.events", [Rule.arn])
    assert second[2] == {}
