# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.api import VersionMismatch
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import OptionError, caller_reference
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check import Result, ensure_absent, ensure_present

from tests.unit.fakes.scripted_client import ScriptedClient, refusal

CONFIG = {"Type": "HTTP", "IPAddress": "192.0.2.1", "Port": 80, "RequestInterval": 10, "Inverted": False}
SETTINGS = {"type": "HTTP", "ip_address": "192.0.2.1", "port": 80, "request_interval": 10, "inverted": False}
NAME_TAG = {"Key": "Name", "Value": "shop"}


def options(**more: Any) -> dict[str, Any]:
    """The module's parameters; what is not given is None, as Ansible passes it."""
    return {
        "name": "shop",
        "type": "HTTP",
        "ip_address": "192.0.2.1",
        "request_interval": 10,
        "replace": False,
        "tags": None,
        "purge_tags": True,
        **more,
    }


def check(identifier: str = "h", suffix: str = "0", version: int = 1, **config: Any) -> dict[str, Any]:
    return {
        "Id": identifier,
        "CallerReference": caller_reference("shop", suffix),
        "HealthCheckVersion": version,
        "HealthCheckConfig": {**CONFIG, **config},
    }


class Account(ScriptedClient):
    """Route 53 with some checks of the name ``shop``."""

    def with_checks(self, *checks: dict[str, Any], tags: tuple[dict[str, str], ...] = (NAME_TAG,)) -> Account:
        self.expect("list_health_checks", returns={"HealthChecks": list(checks), "IsTruncated": False})
        ids = [each["Id"] for each in checks]
        if ids:
            sets = [{"ResourceId": each, "Tags": list(tags)} for each in ids]
            self.expect(
                "list_tags_for_resources",
                ResourceType="healthcheck",
                ResourceIds=ids,
                returns={"ResourceTagSets": sets},
            )
        return self

    def expect_tags(self, identifier: str = "h", **parts: Any) -> None:
        self.expect("change_tags_for_resource", ResourceType="healthcheck", ResourceId=identifier, **parts)

    def expect_create(self, made: dict[str, Any], suffix: str = "0", **config: Any) -> None:
        asked = {"Type": "HTTP", "IPAddress": "192.0.2.1", "RequestInterval": 10, **config}
        self.expect(
            "create_health_check",
            CallerReference=caller_reference("shop", suffix),
            HealthCheckConfig=asked,
            returns={"HealthCheck": made},
        )
        self.expect_tags(made["Id"], AddTags=[NAME_TAG])


def present(client: ScriptedClient, check_mode: bool = False, **more: Any) -> Result:
    return ensure_present(client, options(**more), check_mode)


def test_create() -> None:
    with Account().with_checks() as account:
        account.expect_create(check())
        result = present(account)
    assert result.action == "created"
    assert result.health_check == {
        "id": "h",
        "name": "shop",
        "version": 1,
        "config": SETTINGS,
        "tags": {"Name": "shop"},
    }
    assert (result.before, result.after) == ({}, {"config": SETTINGS, "tags": {"Name": "shop"}})


def test_create_in_check_mode_calls_nothing() -> None:
    with Account().with_checks() as account:
        result = present(account, check_mode=True)
    assert (result.action, result.health_check and result.health_check["id"]) == ("created", "")
    assert result.after["config"] == {"type": "HTTP", "ip_address": "192.0.2.1", "request_interval": 10}


@pytest.mark.parametrize("check_mode", [False, True])
def test_nothing_to_do(check_mode: bool) -> None:
    with Account().with_checks(check()) as account:
        result = present(account, check_mode=check_mode)
    assert result.action == "none"
    assert result.before == result.after


def test_update_sends_only_the_change_under_the_version_that_was_read() -> None:
    with Account().with_checks(check(version=7)) as account:
        account.expect(
            "update_health_check",
            HealthCheckId="h",
            HealthCheckVersion=7,
            Inverted=True,
            returns={"HealthCheck": check(version=8, Inverted=True)},
        )
        result = present(account, inverted=True)
    assert (result.action, result.health_check and result.health_check["version"]) == ("updated", 8)
    assert result.before["config"]["inverted"] is False
    assert result.after["config"]["inverted"] is True


def test_update_in_check_mode_shows_the_same_difference() -> None:
    with Account().with_checks(check()) as account:
        result = present(account, check_mode=True, inverted=True)
    assert (result.action, result.after["config"]) == ("updated", {**SETTINGS, "inverted": True})


def test_a_change_by_somebody_else_is_not_overwritten() -> None:
    with Account().with_checks(check()) as account:
        account.expect(
            "update_health_check",
            HealthCheckId="h",
            HealthCheckVersion=1,
            Inverted=True,
            returns=refusal("HealthCheckVersionMismatch"),
        )
        with pytest.raises(VersionMismatch):
            present(account, inverted=True)


def test_a_check_that_was_never_tagged_is_finished() -> None:
    with Account().with_checks(check(), tags=()) as account:
        account.expect_tags(AddTags=[NAME_TAG])
        assert present(account).action == "updated"


def test_tags_are_compared_whole_when_given() -> None:
    old = {"Key": "old", "Value": "1"}
    with Account().with_checks(check(), tags=(NAME_TAG, old)) as account:
        account.expect_tags(AddTags=[{"Key": "new", "Value": "2"}], RemoveTagKeys=["old"])
        result = present(account, tags={"new": 2})
    assert result.health_check is not None
    assert result.health_check["tags"] == {"Name": "shop", "new": "2"}


@pytest.mark.parametrize("more", [{}, {"tags": {}, "purge_tags": False}])
def test_tags_are_left_alone_when_not_given_or_not_purged(more: dict[str, Any]) -> None:
    with Account().with_checks(check(), tags=(NAME_TAG, {"Key": "old", "Value": "1"})) as account:
        assert present(account, **more).action == "none"


def test_an_immutable_change_is_an_error_that_says_the_way_out() -> None:
    with (
        Account().with_checks(check()) as account,
        pytest.raises(OptionError, match=r"request_interval from 10 to 30 .* replace: true"),
    ):
        present(account, request_interval=30)


def test_replace_creates_first_and_deletes_then() -> None:
    with Account().with_checks(check("old")) as account:
        account.expect(
            "create_health_check",
            CallerReference=caller_reference("shop", "0"),
            HealthCheckConfig={"Type": "HTTP", "IPAddress": "192.0.2.1", "RequestInterval": 30},
            returns=refusal("HealthCheckAlreadyExists"),
        )
        account.expect_create(check("new", "1", RequestInterval=30), "1", RequestInterval=30)
        account.expect("delete_health_check", HealthCheckId="old")
        result = present(account, request_interval=30, replace=True)
    assert (result.action, result.health_check and result.health_check["id"]) == ("replaced", "new")
    assert (result.before["ids"], result.after["ids"]) == (["old"], ["new"])


def test_replace_in_check_mode_calls_nothing() -> None:
    with Account().with_checks(check("old")) as account:
        result = present(account, check_mode=True, request_interval=30, replace=True)
    assert (result.action, result.before["ids"]) == ("replaced", ["old"])


def test_an_interrupted_replacement_is_finished() -> None:
    with Account().with_checks(check("old"), check("new", "1", RequestInterval=30)) as account:
        account.expect("delete_health_check", HealthCheckId="old")
        assert present(account, request_interval=30, replace=True).action == "replaced"


def test_replace_does_nothing_to_a_check_that_fits() -> None:
    with Account().with_checks(check()) as account:
        assert present(account, replace=True).action == "none"


def test_bad_options_are_refused_before_the_first_call() -> None:
    with ScriptedClient() as client, pytest.raises(OptionError, match="search_string"):
        present(client, search_string="x")


def test_absent() -> None:
    with Account().with_checks(check()) as account:
        account.expect("delete_health_check", HealthCheckId="h")
        result = ensure_absent(account, options(), check_mode=False)
    assert (result.action, result.after) == ("deleted", {})
    assert result.before["config"] == SETTINGS


def test_absent_in_check_mode_calls_nothing() -> None:
    with Account().with_checks(check()) as account:
        assert ensure_absent(account, options(), check_mode=True).action == "deleted"


def test_absent_already() -> None:
    with Account().with_checks() as account:
        assert ensure_absent(account, options(), check_mode=False) == Result()
