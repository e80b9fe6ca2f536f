# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lambda functions for the tests, and what they were invoked with."""

from __future__ import annotations

import io
import json
import textwrap
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.unit.fakes.aws import Aws

WAIT_SECONDS = 60
RECORDER = """
import json, os, uuid
import boto3

def handler(event, context):
    item = {"id": {"S": str(uuid.uuid4())}, "event": {"S": json.dumps(event)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    print("recorded")
    return "recorded"
"""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of ``condition``."""
    end = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)
    return value


def bundle(source: str) -> bytes:
    """A zip with app.py."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", textwrap.dedent(source))
    return packed.getvalue()


def role(aws: Aws) -> str:
    """The ARN of a role that Lambda can assume."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    created = aws.client("iam").create_role(RoleName=uuid.uuid4().hex, AssumeRolePolicyDocument=policy)
    return str(created["Role"]["Arn"])


def create(aws: Aws, source: str, region: str = "eu-west-1", **changes: Any) -> dict[str, Any]:
    """A new function; returns its configuration."""
    given = {
        "FunctionName": f"f-{uuid.uuid4().hex}",
        "Runtime": "python3.12",
        "Role": role(aws),
        "Handler": "app.handler",
        "Code": {"ZipFile": bundle(source)},
        "Timeout": 10,
        **changes,
    }
    return dict(aws.client("lambda", region).create_function(**given))


def invoke(client: Any, name: str, **arguments: Any) -> dict[str, Any]:
    """The answer of Invoke, its payload read and parsed (None if there is none)."""
    answer = client.invoke(FunctionName=name, **arguments)
    payload = answer["Payload"].read()  # an unread one keeps its connection
    return {**answer, "Payload": json.loads(payload) if payload else None}


@dataclass(frozen=True)
class Recorder:
    """A function that writes its events down in a table."""

    aws: Aws
    name: str
    arn: str
    region: str

    @property
    def client(self) -> Any:
        return self.aws.client("lambda", self.region)

    def events(self) -> list[Any]:
        """What it has been invoked with, in no particular order."""
        items = self.aws.client("dynamodb", self.region).scan(TableName=self.name)["Items"]
        return [json.loads(item["event"]["S"]) for item in items]

    def permit(self, principal: str, source_arn: str) -> None:
        self.client.add_permission(
            FunctionName=self.name,
            StatementId=uuid.uuid4().hex,
            Action="lambda:InvokeFunction",
            Principal=principal,
            SourceArn=source_arn,
        )


def recorder(aws: Aws, region: str = "eu-west-1") -> Recorder:
    name = f"recorder-{uuid.uuid4().hex}"
    aws.client("dynamodb", region).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made = create(aws, RECORDER, region, FunctionName=name, Environment={"Variables": {"TABLE": name}})
    return Recorder(aws, name, made["FunctionArn"], region)
