# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API: each attribute set, drifted, seen and repaired."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._wafv2 import logging
from ansible_collections.multicloud.dr.plugins.modules import wafv2_logging, wafv2_logging_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import unique, web_acl


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(wafv2_logging.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture(params=["REGIONAL", "CLOUDFRONT"])
def wanted(aws: Aws, request: pytest.FixtureRequest) -> dict[str, Any]:
    acl, group = web_acl(aws, request.param, "us-east-1"), unique("aws-waf-logs")
    aws.client("logs").create_log_group(logGroupName=group)
    return {
        "web_acl": acl["Name"],
        "scope": request.param,
        "destination_arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*",
        "redacted_fields": ["uri_path", "method"],
        "redacted_headers": ["Cookie", "authorization"],
        "filters": [{"behavior": "KEEP", "actions": ["COUNT", "BLOCK"], "labels": ["awswaf:managed:aws:x"]}],
        "default_behavior": "DROP",
    }


def stored(aws: Aws, arn: str) -> dict[str, Any]:
    found = aws.client("wafv2").get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
    return logging.from_api(found)


def test_life(run: Run, aws: Aws, wanted: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    info = runner(wafv2_logging_info.main, capsys, aws_environment(aws.endpoint))
    which = {name: wanted[name] for name in ("web_acl", "scope")}
    assert run(_check=True, **wanted)["action"] == "created"
    assert info(**which)["settings"] == {}, "check mode did it"
    made = run(**wanted)
    assert (made["action"], made["diff"]["before"]) == ("created", {})
    assert stored(aws, made["logging"]["web_acl_arn"]) == made["logging"]["settings"]
    assert made["logging"]["settings"]["redacted_headers"] == ["authorization", "cookie"]
    again = run(**wanted)
    assert (again["changed"], again["diff"]["before"]) == (False, again["diff"]["after"])
    assert info(**which)["settings"] == made["logging"]["settings"]
    assert not run(**{**which, "destination_arn": wanted["destination_arn"]})["changed"], "not given, left alone"
    emptied: dict[str, Any] = {"filters": [], "redacted_fields": [], "redacted_headers": []}
    assert run(**{**wanted, **emptied})["action"] == "updated"
    assert not run(**{**wanted, **emptied})["changed"]
    assert run(_check=True, **which, state="absent")["action"] == "deleted"
    assert run(**which, state="absent")["action"] == "deleted"
    assert not run(**which, state="absent")["changed"]


@pytest.mark.parametrize(
    "drift",
    [
        {"redacted_fields": ["method"]},
        {"redacted_headers": []},
        {"filters": []},
        {"filters": [{"behavior": "DROP", "requirement": "MEETS_ANY", "actions": ["BLOCK"], "labels": []}]},
        {"default_behavior": "KEEP"},
        {"destination_arn": "other"},
    ],
)
def test_drift_is_seen_and_repaired(run: Run, aws: Aws, wanted: dict[str, Any], drift: dict[str, Any]) -> None:
    made = run(**wanted)["logging"]
    if "destination_arn" in drift:
        group = unique("aws-waf-logs")
        aws.client("logs").create_log_group(logGroupName=group)
        drift = {"destination_arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"}
    changed = logging.to_api(made["web_acl_arn"], made["settings"] | drift)
    aws.client("wafv2").put_logging_configuration(LoggingConfiguration=changed)
    seen = run(_check=True, **wanted)
    assert seen["action"] == "updated"
    assert {name: seen["diff"]["before"][name] for name in drift} == drift
    assert run(**wanted)["action"] == "updated"
    assert stored(aws, made["web_acl_arn"]) == made["settings"]
    assert not run(**wanted)["changed"]


def test_a_web_acl_that_is_not_there(run: Run) -> None:
    options = {"web_acl": "nobody", "scope": "REGIONAL", "destination_arn": "arn:aws:s3:::aws-waf-logs-x"}
    assert "there is no web ACL REGIONAL of this name" in run(**options)["msg"]
    assert run(_check=True, **options)["action"] == "created"
    assert run(**options, state="absent")["action"] == "none"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "destination_arn"),
        ({"destination_arn": "arn:aws:logs:us-east-1:123456789012:log-group:waf"}, "begins with aws-waf-logs-"),
        ({"destination_arn": "aws-waf-logs-x"}, "it must be the ARN"),
        ({"destination_arn": "arn:aws:s3:::aws-waf-logs-x", "filters": [{"behavior": "KEEP"}]}, "neither actions nor"),
    ],
)
def test_bad_options(run: Run, options: dict[str, Any], part: str) -> None:
    assert part in run(web_acl="x", scope="REGIONAL", **options)["msg"]


def test_the_apis_refusal_is_a_sentence(run: Run, aws: Aws) -> None:
    acl = web_acl(aws, "REGIONAL", "us-east-1")["Name"]
    missing = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-none"
    result = run(web_acl=acl, scope="REGIONAL", destination_arn=missing)
    assert result["error_code"] == "WAFLogDestinationPermissionIssueException"
    assert "Cannot set the logging of the web ACL" in result["msg"]
