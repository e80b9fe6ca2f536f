# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lambda as a client sees it, through boto3 on the running API."""

from __future__ import annotations

import base64
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.functions import bundle, create, invoke, recorder, wait_for

ECHO = "def handler(event, context):\n    print('seen', event)\n    return {'echo': event}"
SLOW = "import time\ndef handler(event, context): time.sleep(3)"


def code_of(function: Any, **arguments: Any) -> tuple[str, int]:
    """AWS's error code and HTTP status of a call that must fail."""
    with pytest.raises(ClientError) as error:
        function(**arguments)
    response: Any = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_uploaded_zip_runs(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, ECHO)["FunctionName"]
    answer = invoke(client, name, Payload=b'{"a": [1]}', LogType="Tail")
    assert answer["Payload"] == {"echo": {"a": [1]}}
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert base64.b64decode(answer["LogResult"]) == b"seen {'a': [1]}\n"


def test_a_function_is_known_by_its_arn_and_needs_no_payload(aws: Aws) -> None:
    arn = create(aws, ECHO)["FunctionArn"]
    answer = invoke(aws.client("lambda", "eu-west-1"), arn)
    assert answer["Payload"] == {"echo": None}


def test_new_code_and_variables_count_at_once(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, ECHO)["FunctionName"]
    source = "import os\ndef handler(event, context): return os.environ['WORD']"
    updated = client.update_function_code(FunctionName=name, ZipFile=bundle(source))
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"WORD": "new"}})
    assert invoke(client, name)["Payload"] == "new"
    assert client.get_function(FunctionName=name)["Configuration"]["CodeSha256"] == updated["CodeSha256"]


def test_an_exception_is_a_function_error(aws: Aws) -> None:
    name = create(aws, "def handler(event, context): raise ValueError('bad')")["FunctionName"]
    answer = invoke(aws.client("lambda", "eu-west-1"), name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    payload = answer["Payload"]
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "bad")


def test_a_time_out_is_a_function_error(aws: Aws) -> None:
    name = create(aws, "import time\ndef handler(event, context): time.sleep(60)", Timeout=1)["FunctionName"]
    answer = invoke(aws.client("lambda", "eu-west-1"), name)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"


def test_its_output_is_in_cloudwatch_logs(aws: Aws) -> None:
    name = create(aws, ECHO)["FunctionName"]
    invoke(aws.client("lambda", "eu-west-1"), name, Payload=b"7")
    logs, group = aws.client("logs", "eu-west-1"), f"/aws/lambda/{name}"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert "seen 7" in [event["message"] for event in events]


def test_an_event_invocation_returns_at_once_and_runs_later(aws: Aws) -> None:
    seen = recorder(aws)
    answer = invoke(seen.client, seen.name, InvocationType="Event", Payload=b'{"n": 1}')
    assert (answer["StatusCode"], answer["Payload"]) == (202, None)
    assert wait_for(seen.events, "the event") == [{"n": 1}]


def test_a_dry_run_runs_nothing(aws: Aws) -> None:
    seen = recorder(aws)
    assert invoke(seen.client, seen.name, InvocationType="DryRun")["StatusCode"] == 204
    invoke(seen.client, seen.name, Payload=b"2")
    assert seen.events() == [2]


def test_reserved_concurrency(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, SLOW)["FunctionName"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(invoke, client, name)
        wait_for(lambda: f"LAMBDA {name}: " in aws.log.read_text(), "the first one begins")
        assert code_of(client.invoke, FunctionName=name) == ("TooManyRequestsException", 429)
        assert "FunctionError" not in first.result()
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert code_of(client.invoke, FunctionName=name)[0] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName=name)
    assert invoke(client, name, InvocationType="Event")["StatusCode"] == 202


def test_a_throttled_event_runs_when_there_is_room(aws: Aws) -> None:
    seen = recorder(aws)
    seen.client.put_function_concurrency(FunctionName=seen.name, ReservedConcurrentExecutions=0)
    invoke(seen.client, seen.name, InvocationType="Event", Payload=b"3")
    wait_for(lambda: f"{seen.arn}: throttled" in aws.log.read_text(), "throttled")
    assert seen.events() == []
    seen.client.put_function_concurrency(FunctionName=seen.name, ReservedConcurrentExecutions=1)
    assert wait_for(seen.events, "the event") == [3]


def test_an_unknown_function(aws: Aws) -> None:
    client = aws.client("lambda", "eu-west-1")
    assert code_of(client.invoke, FunctionName="nosuch") == ("ResourceNotFoundException", 404)


def test_a_payload_that_is_not_json(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, ECHO)["FunctionName"]
    assert code_of(client.invoke, FunctionName=name, Payload=b"{") == ("InvalidRequestContentException", 400)


@pytest.mark.parametrize(
    "changes",
    [
        {"Runtime": "nodejs22.x"},
        {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:123456789012:q"}},
        {"TracingConfig": {"Mode": "Active"}},
        {"PackageType": "Image"},
    ],
)
def test_what_it_would_not_do_is_not_pretended(aws: Aws, changes: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="NotImplemented"):
        create(aws, ECHO, **changes)


@pytest.mark.parametrize("changes", [{"Timeout": 901}, {"Environment": {"Variables": {"AWS_REGION": "eu-west-3"}}}])
def test_what_aws_refuses(aws: Aws, changes: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        create(aws, ECHO, **changes)
    name = create(aws, ECHO)["FunctionName"]
    update = aws.client("lambda", "eu-west-1").update_function_configuration
    assert code_of(update, FunctionName=name, **changes) == ("InvalidParameterValueException", 400)


def test_other_operations_are_not_pretended(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, ECHO)["FunctionName"]
    calls: list[tuple[Any, dict[str, Any]]] = [
        (client.create_function_url_config, {"AuthType": "NONE"}),
        (client.put_function_event_invoke_config, {"MaximumRetryAttempts": 0}),
        (client.create_event_source_mapping, {"EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:q"}),
    ]
    assert {code_of(call, FunctionName=name, **more) for call, more in calls} == {("NotImplemented", 501)}


def test_permissions(aws: Aws) -> None:
    client, name = aws.client("lambda", "eu-west-1"), create(aws, ECHO)["FunctionName"]
    given = {
        "FunctionName": name,
        "StatementId": "alarms",
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
        "SourceArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    }
    client.add_permission(**given)
    assert code_of(client.add_permission, **given) == ("ResourceConflictException", 409)
    (statement,) = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert (statement["Sid"], statement["Principal"]) == ("alarms", {"Service": "sns.amazonaws.com"})
    assert code_of(client.add_permission, **given | {"StatementId": "x", "PrincipalOrgID": "o-1234567890"})[1] == 501
    client.remove_permission(FunctionName=name, StatementId="alarms")
    client.add_permission(**given)


def test_a_role_that_does_not_exist(aws: Aws) -> None:
    with pytest.raises(ClientError, match="cannot be assumed"):
        create(aws, ECHO, Role=f"arn:aws:iam::123456789012:role/{uuid.uuid4().hex}")
