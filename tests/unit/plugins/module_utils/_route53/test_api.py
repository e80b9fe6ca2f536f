# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53 import api
from botocore.exceptions import EndpointConnectionError

from tests.unit.fakes.scripted_client import ScriptedClient, refusal


def test_iter_health_checks_follows_the_pages() -> None:
    with ScriptedClient() as client:
        client.expect(
            "list_health_checks", returns={"HealthChecks": [{"Id": "1"}], "IsTruncated": True, "NextMarker": "m"}
        )
        client.expect("list_health_checks", Marker="m", returns={"HealthChecks": [{"Id": "2"}], "IsTruncated": False})
        assert [check["Id"] for check in api.iter_health_checks(client)] == ["1", "2"]


def test_tags_are_read_ten_at_a_time() -> None:
    ids = [f"h{number}" for number in range(11)]
    with ScriptedClient() as client:
        for part in (ids[:10], ids[10:]):
            sets = [{"ResourceId": check, "Tags": [{"Key": "Name", "Value": check}]} for check in part]
            client.expect(
                "list_tags_for_resources",
                ResourceType="healthcheck",
                ResourceIds=part,
                returns={"ResourceTagSets": sets},
            )
        assert api.tags_of(client, ids) == {check: {"Name": check} for check in ids}


def test_no_tags_are_read_for_nobody() -> None:
    with ScriptedClient() as client:
        assert api.tags_of(client, []) == {}


def test_create() -> None:
    with ScriptedClient() as client:
        client.expect(
            "create_health_check",
            CallerReference="r",
            HealthCheckConfig={"Type": "TCP"},
            returns={"HealthCheck": {"Id": "h"}},
        )
        assert api.create_health_check(client, "r", {"Type": "TCP"}) == {"Id": "h"}


def test_update_sends_the_version() -> None:
    with ScriptedClient() as client:
        client.expect(
            "update_health_check", HealthCheckId="h", HealthCheckVersion=3, Port=1, returns={"HealthCheck": {"Id": "h"}}
        )
        assert api.update_health_check(client, "h", 3, Port=1) == {"Id": "h"}


def test_a_changed_version_is_its_own_error() -> None:
    client = ScriptedClient().expect(
        "update_health_check", HealthCheckId="h", HealthCheckVersion=3, returns=refusal("HealthCheckVersionMismatch")
    )
    with pytest.raises(api.VersionMismatch, match="Cannot update the health check") as error:
        api.update_health_check(client, "h", 3)
    assert error.value.code == "HealthCheckVersionMismatch"


@pytest.mark.parametrize(("outcome", "expected"), [(None, True), (refusal("NoSuchHealthCheck"), False)])
def test_delete_says_whether_there_was_one(outcome: Exception | None, expected: bool) -> None:
    with ScriptedClient() as client:
        client.expect("delete_health_check", HealthCheckId="h", returns=outcome)
        assert api.delete_health_check(client, "h") is expected


def test_other_refusals_of_a_delete_are_errors() -> None:
    client = ScriptedClient().expect("delete_health_check", HealthCheckId="h", returns=refusal("AccessDenied"))
    with pytest.raises(api.Route53Error, match="AccessDenied"):
        api.delete_health_check(client, "h")


@pytest.mark.parametrize(
    ("add", "remove", "parts"),
    [
        ({"a": "b"}, [], {"AddTags": [{"Key": "a", "Value": "b"}]}),
        ({}, ["c"], {"RemoveTagKeys": ["c"]}),
    ],
)
def test_change_tags(add: dict[str, str], remove: list[str], parts: dict[str, object]) -> None:
    with ScriptedClient() as client:
        client.expect("change_tags_for_resource", ResourceType="healthcheck", ResourceId="h", **parts)
        api.change_tags(client, "h", add, remove)


def test_no_answer_is_an_error_without_a_code() -> None:
    lost = EndpointConnectionError(endpoint_url="http://x")
    client = ScriptedClient().expect("list_health_checks", returns=lost)
    with pytest.raises(api.Route53Error, match="Cannot list health checks") as error:
        list(api.iter_health_checks(client))
    assert error.value.code == ""
