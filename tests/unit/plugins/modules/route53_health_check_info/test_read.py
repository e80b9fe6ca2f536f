# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.api import Route53Error
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check_info import read

from tests.unit.fakes.scripted_client import ScriptedClient, refusal


def check(identifier: str, kind: str = "HTTP", **config: Any) -> dict[str, Any]:
    return {
        "Id": identifier,
        "CallerReference": identifier,
        "HealthCheckVersion": 1,
        "HealthCheckConfig": {"Type": kind, **config},
    }


def account(*checks: dict[str, Any]) -> ScriptedClient:
    """Route 53 with some checks, each named like its id."""
    client = ScriptedClient().expect("list_health_checks", returns={"HealthChecks": list(checks), "IsTruncated": False})
    ids = [each["Id"] for each in checks]
    sets = [{"ResourceId": each, "Tags": [{"Key": "Name", "Value": each}]} for each in ids]
    return client.expect(
        "list_tags_for_resources", ResourceType="healthcheck", ResourceIds=ids, returns={"ResourceTagSets": sets}
    )


def expect_status(client: ScriptedClient, identifier: str, *statuses: str) -> None:
    found = [
        {
            "Region": "us-east-1",
            "IPAddress": f"192.0.2.{number}",
            "StatusReport": {"Status": status, "CheckedTime": datetime(2026, 1, 1, tzinfo=UTC)},
        }
        for number, status in enumerate(statuses)
    ]
    client.expect("get_health_check_status", HealthCheckId=identifier, returns={"HealthCheckObservations": found})


def verdicts(client: ScriptedClient, name: str | None = None, status: bool = True) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in read(client, name, None, status)}


def test_every_check_with_its_verdict_by_name() -> None:
    with account(check("b"), check("a", Inverted=True), check("c")) as client:
        expect_status(client, "c")
        expect_status(client, "a", "Success: x")
        expect_status(client, "b", "Success: x")
        assert verdicts(client) == {"a": "unhealthy", "b": "healthy", "c": "unknown"}


def test_a_calculated_check_asks_its_children_instead() -> None:
    parent = check("p", "CALCULATED", ChildHealthChecks=["a", "b"], HealthThreshold=2)
    with account(parent, check("a"), check("b"), check("other")) as client:
        expect_status(client, "b", "Failure: x")
        expect_status(client, "a", "Success: x")
        assert verdicts(client, name="p") == {"p": "unhealthy"}


def test_without_status_nothing_is_asked_and_nothing_is_known() -> None:
    with account(check("a")) as client:
        assert verdicts(client, status=False) == {"a": "unknown"}


def test_a_name_that_does_not_exist_gives_nothing() -> None:
    with account(check("a")) as client:
        assert read(client, "nobody", None, True) == []


def test_an_id_that_does_not_exist_gives_nothing() -> None:
    listed = {"HealthChecks": [check("a")], "IsTruncated": False}
    with ScriptedClient().expect("list_health_checks", returns=listed) as client:
        assert read(client, None, "nobody", True) == []


def test_what_the_api_does_not_report_on_is_unknown() -> None:
    with account(check("a", "CLOUDWATCH_METRIC")) as client:
        client.expect("get_health_check_status", HealthCheckId="a", returns=refusal("InvalidInput"))
        assert verdicts(client) == {"a": "unknown"}


def test_any_other_refusal_is_an_error() -> None:
    with account(check("a")) as client:
        client.expect("get_health_check_status", HealthCheckId="a", returns=refusal("NotImplemented"))
        with pytest.raises(Route53Error, match="NotImplemented"):
            read(client, None, None, True)
