# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._route53.checks import HealthChecks
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import caller_reference

from tests.unit.fakes.scripted_client import ScriptedClient


def listed(*checks: tuple[str, str]) -> dict[str, Any]:
    """A page of (id, caller reference)."""
    found = [
        {"Id": check, "CallerReference": reference, "HealthCheckVersion": 1, "HealthCheckConfig": {"Type": "TCP"}}
        for check, reference in checks
    ]
    return {"HealthChecks": found, "IsTruncated": False}


def tags(**names: str) -> dict[str, Any]:
    return {
        "ResourceTagSets": [
            {"ResourceId": check, "Tags": [{"Key": "Name", "Value": name}]} for check, name in names.items()
        ]
    }


def test_ours_are_found_by_reference_and_only_their_tags_are_read() -> None:
    with ScriptedClient() as client:
        client.expect("list_health_checks", returns=listed(("h1", "other"), ("h2", caller_reference("shop", "0"))))
        client.expect("list_tags_for_resources", ResourceType="healthcheck", ResourceIds=["h2"], returns=tags())
        (found,) = HealthChecks(client).named("shop")
    assert (found.id, found.tags, found.settings) == ("h2", {}, {"type": "TCP"})


def test_others_are_found_by_their_name_tag() -> None:
    with ScriptedClient() as client:
        client.expect("list_health_checks", returns=listed(("h1", "x"), ("h2", "y")))
        client.expect(
            "list_tags_for_resources",
            ResourceType="healthcheck",
            ResourceIds=["h1", "h2"],
            returns=tags(h1="cart", h2="shop"),
        )
        checks = HealthChecks(client)
        assert [check.id for check in checks.named("shop")] == ["h2"]
        assert checks.named("nobody") == []  # nothing is read twice


def test_with_id() -> None:
    with ScriptedClient() as client:
        client.expect("list_health_checks", returns=listed(("h1", "x")))
        client.expect(
            "list_tags_for_resources", ResourceType="healthcheck", ResourceIds=["h1"], returns=tags(h1="shop")
        )
        checks = HealthChecks(client)
        found = checks.with_id("h1")
        assert found is not None
        assert found.tags == {"Name": "shop"}
        assert checks.with_id("h2") is None
