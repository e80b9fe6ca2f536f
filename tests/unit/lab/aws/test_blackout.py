# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A blackout as boto3's clients meet it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dns.message
import dns.query
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lab.aws.blackout import Blackout, Mistake, Switch, read
from tests.unit.fakes.aws import Aws

from .functions import create, wait_for

# A call of a service for each of AWS's protocols.
CALLS: dict[str, Callable[[Any], Any]] = {
    "route53": lambda client: client.list_health_checks(),
    "ec2": lambda client: client.describe_vpcs(),
    "sns": lambda client: client.list_topics(),
    "s3": lambda client: client.list_buckets(),
    "dynamodb": lambda client: client.list_tables(),
    "cloudwatch": lambda client: client.list_metrics(),
    "lambda": lambda client: client.list_functions(),
}
THROTTLED = {
    "route53": (400, "Throttling"),
    "ec2": (503, "RequestLimitExceeded"),
    "sns": (400, "Throttling"),
    "s3": (400, "Throttling"),
    "dynamodb": (400, "ThrottlingException"),
    "cloudwatch": (400, "ThrottlingException"),
    "lambda": (429, "TooManyRequestsException"),
}

Control = Callable[..., Any]


def control(aws: Aws, method: str = "GET", **wanted: Any) -> Any:
    body = json.dumps(wanted).encode() if wanted else None
    request = urllib.request.Request(f"{aws.endpoint}/lab/blackout", method=method, data=body)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def turn(aws: Aws) -> Iterator[Control]:
    """Begins a blackout; there is none after the test."""
    yield lambda **wanted: control(aws, "POST", **wanted)
    control(aws, "DELETE")


def call(aws: Aws, service: str) -> tuple[int, str]:
    """Status and error code."""
    try:
        return CALLS[service](aws.client(service))["ResponseMetadata"]["HTTPStatusCode"], ""
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]


@pytest.mark.parametrize("service", sorted(CALLS))
def test_without_a_blackout_all_are_answered(aws: Aws, service: str) -> None:
    """Negative control."""
    assert call(aws, service) == (200, "")


@pytest.mark.parametrize("service", sorted(CALLS.keys() - {"dynamodb"}))
def test_every_protocol_says_that_its_service_is_unavailable(aws: Aws, turn: Control, service: str) -> None:
    turn(services=["*"], **{"except": ["dynamodb"]})
    assert call(aws, service) == (503, "ServiceUnavailable")
    with pytest.raises(ClientError, match="The service is away: blackout"):
        CALLS[service](aws.client(service))
    assert call(aws, "dynamodb") == (200, "")


@pytest.mark.parametrize(("service", "answer"), THROTTLED.items())
def test_every_protocol_says_that_it_was_one_call_too_many(
    aws: Aws, turn: Control, service: str, answer: tuple[int, str]
) -> None:
    turn(services=[service], how="throttle")
    assert call(aws, service) == answer
    others = sorted(CALLS.keys() - {service})
    assert {other: call(aws, other) for other in others} == dict.fromkeys(others, (200, ""))


def test_the_present_one_is_told_replaced_and_ended(aws: Aws, turn: Control) -> None:
    assert control(aws) is None
    first = {"services": ["cloudwatch"], "except": [], "how": "refuse"}
    assert turn(services=["cloudwatch"]) == first == control(aws)
    assert call(aws, "cloudwatch") == (503, "ServiceUnavailable"), "it signs as monitoring"
    turn(services=["ec2"])
    assert (call(aws, "cloudwatch"), call(aws, "ec2")) == ((200, ""), (503, "ServiceUnavailable"))
    assert control(aws, "DELETE") is None
    assert (control(aws), call(aws, "ec2")) == (None, (200, ""))


def test_what_is_no_blackout_is_refused_and_changes_nothing(aws: Aws, turn: Control) -> None:
    turn(services=["ec2"])
    with pytest.raises(urllib.error.HTTPError) as refusal:
        turn(services=["rout53"])
    with refusal.value as answer:
        assert (answer.code, answer.read().decode()) == (
            400,
            "there is no service 'rout53'; services are named as boto3 does, such as route53 and ec2\n",
        )
    assert control(aws)["services"] == ["ec2"]


def test_a_call_that_hangs_is_answered_when_the_blackout_is_over(aws: Aws, turn: Control) -> None:
    turn(services=["route53"], how="hang")
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(call, aws, "route53")
        assert call(aws, "ec2") == (200, "")
        assert not hanging.done()
        turn(services=["ec2"], how="hang")
        assert hanging.result(10) == (200, "")


def test_a_client_that_leaves_sets_its_thread_free(aws: Aws, turn: Control) -> None:
    turn(services=["route53"], how="hang")
    client = aws.client("route53", read_timeout=0.5)
    before = aws.log.read_text().count("499 route53 GetHealthCheckCount")
    with pytest.raises(ReadTimeoutError):
        client.get_health_check_count()
    wait_for(lambda: aws.log.read_text().count("499 route53 GetHealthCheckCount") == before + 1, "the log has its end")


def test_data_planes_go_on(aws: Aws, turn: Control) -> None:
    """A name follows an endpoint that is away, although nobody could call Route 53."""
    name = f"{uuid.uuid4().hex}.test"
    route53 = aws.route53
    zone = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    config: Any = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9, "RequestInterval": 10, "FailureThreshold": 1}
    check = route53.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
    pair: list[Any] = [
        {"Failover": "PRIMARY", "HealthCheckId": check, "ResourceRecords": [{"Value": '"up"'}]},
        {"Failover": "SECONDARY", "ResourceRecords": [{"Value": '"down"'}]},
    ]
    changes: list[Any] = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {"Name": name, "Type": "TXT", "TTL": 5, "SetIdentifier": each["Failover"], **each},
        }
        for each in pair
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    turn(services=["*"])
    assert call(aws, "route53") == (503, "ServiceUnavailable")

    def answer() -> str:
        query = dns.message.make_query(name, "TXT")
        found = dns.query.udp(query, "127.0.0.1", port=aws.dns_port, timeout=5)
        return " ".join(str(item) for rrset in found.answer for item in rrset)

    wait_for(lambda: answer() == '"down"', "the health checkers have looked and the name server knows")


def test_a_function_is_invoked_by_an_api_and_runs_without(aws: Aws, turn: Control) -> None:
    """What it asks of the API itself is judged by the service that it asks."""
    source = """
    import boto3
    def handler(event, context):
        boto3.client("dynamodb").list_tables()
        return "ran"
    """
    name = create(aws, source)["FunctionName"]
    client = aws.client("lambda", region="eu-west-1")
    turn(services=["lambda"])
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        client.invoke(FunctionName=name)
    turn(services=["*"], **{"except": ["lambda", "dynamodb"]})
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == "ran"
    turn(services=["dynamodb"])
    assert "FunctionError" in client.invoke(FunctionName=name)


def unsigned(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_call_that_does_not_say_whose_it_is_is_refused_during_a_blackout(aws: Aws, turn: Control) -> None:
    url = f"{aws.endpoint}/moto-api/config"
    assert unsigned(url)[0] == 201, "negative control"
    turn(services=["ec2"])
    code, text = unsigned(url)
    assert code == 400
    assert "During a blackout a call has to say whose it is" in text
    assert unsigned(f"{aws.endpoint}/lab/ready") == (200, "")


def test_a_presigned_call_says_whose_it_is(aws: Aws, turn: Control) -> None:
    client = aws.client("s3", region="eu-central-1")
    url = client.generate_presigned_url("list_buckets")
    turn(services=["ec2"])
    assert unsigned(url)[0] == 200
    turn(services=["s3"])
    assert unsigned(url)[0] == 503


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a blackout is a JSON object"),
        ("[]", "a blackout is a JSON object"),
        ("{}", "services is None; it must be a list"),
        ('{"services": "ec2"}', "services is 'ec2'; it must be a list"),
        ('{"services": []}', "services is empty"),
        ('{"services": ["ec2"], "until": 1}', "not until"),
        ('{"services": ["ec2"], "except": ["s3"]}', "except goes with services"),
        ('{"services": ["*"], "except": ["dynamo"]}', "there is no service 'dynamo'"),
        ('{"services": ["ec2"], "how": "slow"}', "how is 'slow'; allowed are refuse, hang, throttle"),
    ],
)
def test_each_mistake_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Mistake, match=sentence.replace("[", r"\[")):
        read(text.encode())


def test_nobody_waits_for_a_client_that_has_left() -> None:
    switch = Switch()
    switch.turn(Blackout(("ec2",), how="hang"))
    assert switch.refusal("ec2", lambda: True) == "hang"
    assert switch.refusal("route53", lambda: True) is None
    looks = threading.Event()

    def left() -> bool:
        looks.set()
        return False

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(switch.refusal, "ec2", left)
        assert looks.wait(10)
        switch.turn(Blackout(("ec2",), how="throttle"))
        assert waiting.result(10) == "throttle"
