# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import lambda_invocation

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.functions import create

SNS = {
    "statement_id": "alarms",
    "principal": "sns.amazonaws.com",
    "source_arn": "arn:aws:sns:us-east-1:123456789012:alarms",
}
RULE = {
    "statement_id": "schedule",
    "principal": "events.amazonaws.com",
    "source_arn": "arn:aws:events:us-east-1:123456789012:rule/r",
    "source_account": "123456789012",
}


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(lambda_invocation.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def name(aws: Aws) -> str:
    return str(create(aws, "", "us-east-1")["FunctionName"])


def statements(aws: Aws, name: str) -> dict[str, Any]:
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=name)["Policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def reserved(aws: Aws, name: str) -> Any:
    return aws.client("lambda").get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")


def test_permissions_are_the_whole_policy(run: Run, aws: Aws, name: str) -> None:
    options = {"function_name": name, "permissions": [SNS, RULE]}
    planned = run(_check=True, **options)
    assert planned["changed"]
    assert run(_check=True, **options) == planned, "check mode added them"

    made = run(**options)
    assert made["diff"]["before"] == {"reserved_concurrency": None, "permissions": {}}
    assert made["diff"]["after"] == planned["diff"]["after"]
    assert statements(aws, name)["alarms"]["Condition"] == {"ArnLike": {"AWS:SourceArn": SNS["source_arn"]}}

    again = run(**options)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]

    changed = {**SNS, "source_arn": "arn:aws:sns:us-east-1:123456789012:others"}
    assert run(function_name=name, permissions=[changed])["changed"]
    assert list(statements(aws, name)) == ["alarms"], "the statement that is not wanted any more is gone"
    assert run(function_name=name, reserved_concurrency=1)["permissions"] == {
        "alarms": {"principal": "sns.amazonaws.com", "source_arn": changed["source_arn"]}
    }, "permissions that are not given are left alone"


def test_reserved_concurrency(run: Run, aws: Aws, name: str) -> None:
    assert run(_check=True, function_name=name, reserved_concurrency=1)["changed"]
    assert reserved(aws, name) is None
    assert run(function_name=name, reserved_concurrency=1)["changed"]
    assert not run(function_name=name, reserved_concurrency=1)["changed"]
    assert reserved(aws, name) == 1
    assert not run(function_name=name)["changed"], "what is not given is left alone"
    assert run(function_name=name, reserved_concurrency=0)["reserved_concurrency"] == 0
    assert run(function_name=name, reserved_concurrency=-1)["reserved_concurrency"] is None
    assert not run(function_name=name, reserved_concurrency=-1)["changed"]
    assert reserved(aws, name) is None


def test_a_function_that_is_not_there(run: Run) -> None:
    result = run(function_name="nobody", reserved_concurrency=1)
    assert result["failed"]
    assert "get function concurrency of the function nobody: " in result["msg"]
    assert run(_check=True, function_name="nobody", reserved_concurrency=1)["changed"], "it may be still to come"


def test_a_missing_principal_fails_with_a_sentence(run: Run, name: str) -> None:
    result = run(function_name=name, permissions=[{"statement_id": "s"}])
    assert result["failed"]
    assert "principal" in result["msg"]


def test_an_api_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    result = runner(lambda_invocation.main, capsys, aws_environment("http://127.0.0.1:9"))(function_name="f")
    assert result["failed"]
    assert "Could not connect" in result["msg"]
