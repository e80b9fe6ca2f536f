# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API: bad options, check mode, create, again, update, again, delete."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import route53_health_check

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

ENDPOINT = {"type": "HTTPS", "ip_address": "127.0.0.1", "port": 9, "resource_path": "/healthz", "request_interval": 10}


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(route53_health_check.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def name() -> str:
    return f"check-{uuid.uuid4().hex[:8]}"


def stored(aws: Aws, check_id: str) -> dict[str, Any]:
    return dict(aws.route53.get_health_check(HealthCheckId=check_id)["HealthCheck"]["HealthCheckConfig"])


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "type"),
        ({"type": "TCP", "ip_address": "127.0.0.1"}, "port"),
        ({"type": "HTTP"}, "needs ip_address or fqdn"),
        ({"type": "CALCULATED", "health_threshold": 1}, "child_health_checks"),
        ({"type": "CALCULATED", "child_health_checks": ["nobody"], "health_threshold": 1}, "names 'nobody'"),
        ({"type": "HTTP", "fqdn": "x", "failure_threshold": 11}, "failure_threshold"),
        ({"type": "HTTP", "fqdn": "x", "request_interval": 20}, "request_interval"),
    ],
)
def test_bad_options_fail_with_a_sentence(run: Run, name: str, options: dict[str, Any], part: str) -> None:
    result = run(name=name, **options)
    assert result["failed"]
    assert part in result["msg"]


def test_life_of_a_check(run: Run, aws: Aws, name: str) -> None:
    planned = run(_check=True, name=name, **ENDPOINT)
    assert (planned["changed"], planned["action"]) == (True, "created")
    assert run(_check=True, name=name, **ENDPOINT)["action"] == "created", "check mode created it"

    created = run(name=name, **ENDPOINT)
    assert (created["action"], created["diff"]["before"]) == ("created", {})
    check = created["health_check"]["id"]
    assert stored(aws, check)["EnableSNI"] is True

    again = run(name=name, **ENDPOINT)
    assert (again["changed"], again["action"], again["health_check"]["id"]) == (False, "none", check)
    assert again["diff"]["before"] == again["diff"]["after"]

    changed = {**ENDPOINT, "inverted": True, "resource_path": "", "regions": ["us-east-1", "us-west-1", "eu-west-1"]}
    assert run(_check=True, name=name, **changed)["action"] == "updated"
    assert stored(aws, check)["Inverted"] is False
    updated = run(name=name, tags={"site": "gcp"}, **changed)
    assert (updated["action"], updated["health_check"]["version"]) == ("updated", 2)
    assert updated["health_check"]["tags"] == {"Name": name, "site": "gcp"}
    assert "ResourcePath" not in stored(aws, check)
    assert run(name=name, **{**changed, "regions": ["eu-west-1", "us-west-1", "us-east-1"]})["action"] == "none"

    assert run(_check=True, name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "none"

    assert run(name=name, **ENDPOINT)["action"] == "created", "the name of a deleted check can be used again"


def test_drift_is_corrected(run: Run, aws: Aws, name: str) -> None:
    check = run(name=name, **ENDPOINT)["health_check"]["id"]
    aws.route53.update_health_check(HealthCheckId=check, ResourcePath="/elsewhere")
    result = run(name=name, **ENDPOINT)
    assert result["action"] == "updated"
    assert result["diff"]["before"]["config"]["resource_path"] == "/elsewhere"
    assert stored(aws, check)["ResourcePath"] == "/healthz"


def test_immutable_fields_need_replace(run: Run, name: str) -> None:
    old = run(name=name, **ENDPOINT)["health_check"]["id"]
    slower = {**ENDPOINT, "request_interval": 30}
    refused = run(name=name, **slower)
    assert refused["failed"]
    assert "request_interval from 10 to 30" in refused["msg"]
    replaced = run(name=name, replace=True, **slower)
    assert replaced["action"] == "replaced"
    assert replaced["health_check"]["id"] != old
    assert run(name=name, **slower)["action"] == "none"


def test_calculated_children_by_name_and_id_in_any_order(run: Run, aws: Aws, name: str) -> None:
    ids = [run(name=f"{name}-{site}", **ENDPOINT)["health_check"]["id"] for site in ("gcp", "aws")]
    first = {"type": "CALCULATED", "child_health_checks": [f"{name}-gcp", ids[1]], "health_threshold": 2}
    created = run(name=name, **first)
    assert stored(aws, created["health_check"]["id"])["ChildHealthChecks"] == sorted(ids)
    assert run(name=name, **{**first, "child_health_checks": [f"{name}-aws", f"{name}-gcp"]})["action"] == "none"
    assert run(name=name, **{**first, "health_threshold": 1})["action"] == "updated"
    assert stored(aws, created["health_check"]["id"])["ChildHealthChecks"] == sorted(ids)


def test_check_mode_on_an_empty_account_shows_children_by_name(run: Run, name: str) -> None:
    options = {"type": "CALCULATED", "child_health_checks": [f"{name}-later"], "health_threshold": 1}
    planned = run(_check=True, name=name, **options)
    assert planned["diff"]["after"]["config"]["child_health_checks"] == [f"{name}-later"]


def test_an_alarm_check(run: Run, aws: Aws, name: str) -> None:
    options = {
        "type": "CLOUDWATCH_METRIC",
        "alarm_name": "orders",
        "alarm_region": "us-east-1",
        "insufficient_data_status": "Unhealthy",
    }
    created = run(name=name, **options)
    assert stored(aws, created["health_check"]["id"])["AlarmIdentifier"] == {"Region": "us-east-1", "Name": "orders"}
    assert run(name=name, **options)["action"] == "none"
    assert run(name=name, **{**options, "alarm_name": "carts"})["action"] == "updated"
    assert stored(aws, created["health_check"]["id"])["AlarmIdentifier"] == {"Region": "us-east-1", "Name": "carts"}


def test_a_check_made_elsewhere_is_adopted_by_its_name(run: Run, aws: Aws, name: str) -> None:
    config: Any = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9}
    check = aws.route53.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
    tags: Any = [{"Key": "Name", "Value": name}]
    aws.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check, AddTags=tags)
    result = run(name=name, type="TCP", ip_address="127.0.0.1", port=9)
    assert (result["action"], result["health_check"]["id"]) == ("none", check)


def test_an_api_that_refuses_is_a_failure_with_its_code(run: Run, name: str) -> None:
    arn = "arn:aws:route53-recovery-control::123456789012:controlpanel/a/routingcontrol/b"
    result = run(name=name, type="RECOVERY_CONTROL", routing_control_arn=arn)
    assert (result["failed"], result["error_code"]) == (True, "NotImplemented")
    assert result["msg"].startswith("Cannot create the health check: ")
