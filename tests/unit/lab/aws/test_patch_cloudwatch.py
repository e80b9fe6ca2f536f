# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.functions import wait_for


def new() -> str:
    return f"t{uuid.uuid4().hex}"


@pytest.fixture
def cloudwatch(bare_aws: Aws) -> Any:
    return bare_aws.client("cloudwatch")


def refused(function: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        function(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def metric_alarm(cloudwatch: Any, **changes: Any) -> str:
    """An alarm on a metric of its own, in ALARM above 1."""
    name = new()
    given: dict[str, Any] = {
        "AlarmName": name,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    if "Metrics" not in changes:
        given |= {"Namespace": "test", "MetricName": name, "Statistic": "Maximum", "Period": 60}
    cloudwatch.put_metric_alarm(**given | changes)
    return name


def metric(identifier: str, name: str, period: int = 60, stat: str = "Sum") -> dict[str, Any]:
    watched = {"Namespace": "test", "MetricName": name}
    return {
        "Id": identifier,
        "MetricStat": {"Metric": watched, "Period": period, "Stat": stat},
        "ReturnData": False,
    }


def composite(cloudwatch: Any, rule: str, **more: Any) -> str:
    name = new()
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)
    return name


def state(cloudwatch: Any, name: str) -> str:
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(alarm["StateValue"])


def publish(cloudwatch: Any, **values: float) -> None:
    at = datetime.now(UTC) - timedelta(seconds=5)
    data = [{"MetricName": name, "Value": value, "Timestamp": at} for name, value in values.items()]
    cloudwatch.put_metric_data(Namespace="test", MetricData=data)


def becomes(cloudwatch: Any, name: str, expected: str) -> None:
    wait_for(lambda: state(cloudwatch, name) == expected, f"{name} is {expected}")


# --- composite alarms


def test_a_composite_alarm_follows_its_rule(cloudwatch: Any) -> None:
    first, second = metric_alarm(cloudwatch), metric_alarm(cloudwatch)
    both = composite(cloudwatch, f"ALARM({first}) AND ALARM({second})", AlarmDescription="both")
    becomes(cloudwatch, both, "OK")
    cloudwatch.set_alarm_state(AlarmName=first, StateValue="ALARM", StateReason="a test")
    cloudwatch.set_alarm_state(AlarmName=second, StateValue="ALARM", StateReason="a test")
    becomes(cloudwatch, both, "ALARM")
    (found,) = cloudwatch.describe_alarms(AlarmNames=[both], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert found["AlarmRule"] == f"ALARM({first}) AND ALARM({second})"
    assert (found["AlarmDescription"], found["ActionsEnabled"]) == ("both", True)
    assert first in found["StateReason"]
    cloudwatch.set_alarm_state(AlarmName=first, StateValue="OK", StateReason="a test")
    becomes(cloudwatch, both, "OK")


def test_composites_of_composites(cloudwatch: Any) -> None:
    inner = composite(cloudwatch, f"ALARM({metric_alarm(cloudwatch)})")
    outer = composite(cloudwatch, f"OK({inner})")
    becomes(cloudwatch, outer, "ALARM")


def test_a_cycle_is_never_evaluated(cloudwatch: Any) -> None:
    first = composite(cloudwatch, "FALSE")
    becomes(cloudwatch, first, "OK")
    second = composite(cloudwatch, f"ALARM({first})")
    cloudwatch.put_composite_alarm(AlarmName=first, AlarmRule=f"NOT ALARM({second})")
    witness = composite(cloudwatch, "TRUE")
    becomes(cloudwatch, witness, "ALARM")  # evaluated later than the two could have been
    assert state(cloudwatch, first) == "OK"
    cloudwatch.put_composite_alarm(AlarmName=first, AlarmRule="TRUE")
    becomes(cloudwatch, second, "ALARM")


def test_a_composite_alarm_tells_its_topic(cloudwatch: Any, bare_aws: Aws) -> None:
    sqs, sns = bare_aws.client("sqs"), bare_aws.client("sns")
    queue = sqs.create_queue(QueueName=new())["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=new())["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    quiet = composite(cloudwatch, "TRUE", AlarmActions=[topic], ActionsEnabled=False)
    loud = composite(cloudwatch, "TRUE", AlarmActions=[topic])
    becomes(cloudwatch, quiet, "ALARM")
    becomes(cloudwatch, loud, "ALARM")
    messages = wait_for(
        lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"), "it is told"
    )
    told = [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
    assert [(each["AlarmName"], each["AlarmRule"], each["NewStateValue"]) for each in told] == [(loud, "TRUE", "ALARM")]


def test_a_topic_whose_queue_is_not_there_stops_nothing(cloudwatch: Any, bare_aws: Aws) -> None:
    sns = bare_aws.client("sns")
    topic = sns.create_topic(Name=new())["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:nobody")
    name = composite(cloudwatch, "TRUE", AlarmActions=[topic])
    becomes(cloudwatch, name, "ALARM")
    becomes(cloudwatch, composite(cloudwatch, "TRUE"), "ALARM")
    assert f"alarm {name} could not tell {topic}" in bare_aws.log.read_text()


def test_only_metric_alarms_are_described_unless_asked(cloudwatch: Any) -> None:
    name = composite(cloudwatch, "TRUE")
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    assert "CompositeAlarms" not in cloudwatch.describe_alarms(AlarmNames=[name])


def test_a_rule_names_alarms_that_exist(cloudwatch: Any) -> None:
    code, message = refused(cloudwatch.put_composite_alarm, AlarmName=new(), AlarmRule="ALARM(nobody)")
    assert (code, "alarms [nobody] in the alarm rule do not exist" in message) == ("ValidationError", True)


def test_a_rule_has_to_be_one(cloudwatch: Any) -> None:
    code, message = refused(cloudwatch.put_composite_alarm, AlarmName=new(), AlarmRule="ALARM(")
    assert (code, "Error in AlarmRule" in message) == ("ValidationError", True)


def test_a_suppressor_is_not_implemented(cloudwatch: Any) -> None:
    given = {"ActionsSuppressor": "x", "ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    code, _ = refused(cloudwatch.put_composite_alarm, AlarmName=new(), AlarmRule="TRUE", **given)
    assert code == "NotImplemented"


def test_a_child_cannot_be_deleted_before_its_composite(cloudwatch: Any) -> None:
    child = metric_alarm(cloudwatch)
    parent = composite(cloudwatch, f"ALARM({child})")
    code, message = refused(cloudwatch.delete_alarms, AlarmNames=[child])
    assert (code, message) == (
        "ValidationError",
        f"Cannot delete {child} as there are composite alarm(s) depending on it.",
    )
    assert state(cloudwatch, child)
    cloudwatch.delete_alarms(AlarmNames=[parent])
    cloudwatch.delete_alarms(AlarmNames=[child])


def test_one_composite_at_a_time_is_deleted(cloudwatch: Any) -> None:
    names = [composite(cloudwatch, "TRUE") for _ in range(2)]
    assert refused(cloudwatch.delete_alarms, AlarmNames=names)[0] == "ValidationError"


# --- tags


def test_tags_are_taken_when_an_alarm_is_made_and_die_with_it(cloudwatch: Any) -> None:
    name = composite(cloudwatch, "TRUE", Tags=[{"Key": "project", "Value": "a"}])
    arn = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="FALSE", Tags=[{"Key": "project", "Value": "b"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "project", "Value": "a"}]
    cloudwatch.delete_alarms(AlarmNames=[name])
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="TRUE")
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


# --- metric math


def test_metric_math_is_evaluated(cloudwatch: Any) -> None:
    errors, requests = new(), new()
    publish(cloudwatch, **{errors: 8, requests: 10})
    ratio = {"Id": "e1", "Expression": "100 * errors / requests", "ReturnData": True}
    queries = [metric("errors", errors), metric("requests", requests), ratio]
    high = metric_alarm(cloudwatch, Metrics=queries, Threshold=50)
    low = metric_alarm(cloudwatch, Metrics=queries, Threshold=90)
    becomes(cloudwatch, high, "ALARM")
    becomes(cloudwatch, low, "OK")


def test_metric_math_without_data_is_no_alarm(cloudwatch: Any) -> None:
    queries = [metric("m1", new()), {"Id": "e1", "Expression": "m1 + 9", "ReturnData": True}]
    name = metric_alarm(cloudwatch, Metrics=queries)
    witness = composite(cloudwatch, "TRUE")
    becomes(cloudwatch, witness, "ALARM")
    assert state(cloudwatch, name) == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("queries", "code"),
    [
        ([metric("m1", "m")], "ValidationError"),  # nothing is returned
        ([{**metric("m1", "m"), "ReturnData": True}, {"Id": "e1", "Expression": "m1"}], "ValidationError"),  # twice
        ([{**metric("M1", "m"), "ReturnData": True}], "ValidationError"),
        ([{**metric("m1", "m", period=61), "ReturnData": True}], "ValidationError"),
        ([{**metric("m1", "m", stat="p99"), "ReturnData": True}], "NotImplemented"),
        ([metric("m1", "m"), {"Id": "e1", "Expression": "RATE(m1)"}], "NotImplemented"),
        ([metric("m1", "m"), metric("m2", "m", 120), {"Id": "e1", "Expression": "m1 + m2"}], "NotImplemented"),
        ([{"Id": "e1", "Expression": "m1"}, metric("m1", "m")], "NotImplemented"),  # used before it is there
    ],
)
def test_what_metric_math_is_refused(cloudwatch: Any, queries: list[dict[str, Any]], code: str) -> None:
    assert refused(partial(metric_alarm, cloudwatch), Metrics=queries)[0] == code


def test_metric_math_and_a_metric_exclude_each_other(cloudwatch: Any) -> None:
    queries = [{**metric("m1", "m"), "ReturnData": True}]
    assert refused(partial(metric_alarm, cloudwatch), Metrics=queries, MetricName="m")[0] == "ValidationError"


# --- dashboards


WIDGET = {"type": "text", "properties": {"markdown": "# hello"}}


def test_a_dashboard_and_its_tags(cloudwatch: Any) -> None:
    name = new()
    arn = f"arn:aws:cloudwatch::123456789012:dashboard/{name}"
    body = json.dumps({"widgets": [WIDGET]})
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body, Tags=[{"Key": "project", "Value": "a"}])
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body, Tags=[{"Key": "project", "Value": "b"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "project", "Value": "a"}]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "project", "Value": "c"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["project"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    cloudwatch.delete_dashboards(DashboardNames=[name])
    assert refused(cloudwatch.tag_resource, ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])[0].startswith(
        "ResourceNotFound"
    )


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("{", "valid JSON"),
        ("{}", "required property 'widgets'"),
        ("[]", "required property 'widgets'"),
        ('{"widgets": [{"type": "text"}]}', "required property 'properties'"),
    ],
)
def test_a_dashboard_that_is_none(cloudwatch: Any, body: str, part: str) -> None:
    code, message = refused(cloudwatch.put_dashboard, DashboardName=new(), DashboardBody=body)
    assert code.startswith("InvalidParameterInput")
    assert part in message


def test_a_dashboards_name(cloudwatch: Any) -> None:
    assert refused(cloudwatch.put_dashboard, DashboardName="a b", DashboardBody='{"widgets": []}')[0].startswith("Inv")
