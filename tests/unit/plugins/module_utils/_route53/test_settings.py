# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53 import settings
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import OptionError


def test_given_keeps_what_was_given_even_if_empty() -> None:
    options: dict[str, Any] = {
        "name": "x",
        "type": "HTTP",
        "port": None,
        "regions": [],
        "fqdn": "",
        "inverted": False,
        "tags": {"a": "b"},
    }
    assert settings.given(options) == {"type": "HTTP", "regions": [], "fqdn": "", "inverted": False}


def test_given_sorts_lists_without_order() -> None:
    assert settings.given({"type": "CALCULATED", "child_health_checks": ["b", "a", "b"]}) == {
        "type": "CALCULATED",
        "child_health_checks": ["a", "b"],
    }


def test_api_round_trip() -> None:
    config = {
        "Type": "HTTPS",
        "IPAddress": "192.0.2.1",
        "Port": 443,
        "FullyQualifiedDomainName": "shop.example",
        "ResourcePath": "/healthz",
        "RequestInterval": 10,
        "FailureThreshold": 3,
        "MeasureLatency": False,
        "EnableSNI": True,
        "Regions": ["eu-west-1", "us-east-1", "us-west-1"],
        "Inverted": True,
        "Disabled": False,
    }
    assert settings.to_api(settings.from_api(config)) == config


def test_an_alarm_is_two_options_and_one_field() -> None:
    config = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Name": "a", "Region": "us-east-1"},
        "InsufficientDataHealthStatus": "Unhealthy",
    }
    options = settings.from_api(config)
    assert (options["alarm_name"], options["alarm_region"]) == ("a", "us-east-1")
    assert settings.to_api(options) == config


def test_from_api_leaves_out_what_is_not_there() -> None:
    assert settings.from_api({"Type": "TCP", "Regions": [], "ResourcePath": None}) == {"type": "TCP"}


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "HTTP", "fqdn": "x"},
        {"type": "HTTPS_STR_MATCH", "ip_address": "192.0.2.1", "search_string": "ok", "enable_sni": False},
        {"type": "TCP", "ip_address": "192.0.2.1", "port": 1},
        {"type": "CALCULATED", "child_health_checks": ["a"], "health_threshold": 0, "inverted": True},
        {"type": "RECOVERY_CONTROL", "routing_control_arn": "arn"},
        {"type": "HTTP", "fqdn": "x", "regions": []},
        {"type": "HTTP", "fqdn": "x", "resource_path": ""},
    ],
)
def test_valid(wanted: dict[str, Any]) -> None:
    settings.require_valid(wanted)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({"type": "HTTP"}, "needs ip_address or fqdn"),
        ({"type": "HTTP", "ip_address": ""}, "needs ip_address or fqdn"),
        ({"type": "HTTP", "fqdn": "x", "search_string": "y"}, "search_string cannot be set"),
        ({"type": "TCP", "fqdn": "x", "resource_path": "/y"}, "resource_path cannot be set"),
        ({"type": "CALCULATED", "child_health_checks": [], "port": 1, "fqdn": "x"}, "fqdn, port cannot be set"),
        ({"type": "HTTP", "fqdn": "x", "resource_path": "healthz"}, "resource_path is 'healthz'"),
        ({"type": "HTTP", "fqdn": "x", "regions": ["us-east-1"]}, "at least 3"),
    ],
)
def test_invalid(wanted: dict[str, Any], part: str) -> None:
    with pytest.raises(OptionError, match=part):
        settings.require_valid(wanted)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"type": "HTTPS", "fqdn": "x"}, {"type": "HTTPS", "fqdn": "x", "enable_sni": True}),
        ({"type": "HTTPS", "enable_sni": False}, {"type": "HTTPS", "enable_sni": False}),
        ({"type": "HTTP", "regions": [], "fqdn": ""}, {"type": "HTTP"}),
    ],
)
def test_created(wanted: dict[str, Any], expected: dict[str, Any]) -> None:
    assert settings.created(wanted) == expected


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        ({"port": 80}, {"port": 80}, {}),
        ({"port": 80}, {"port": 81}, {"port": 81}),
        ({"port": 80, "fqdn": "x"}, {"port": 80}, {}),  # not given: left alone
        ({}, {"resource_path": "/x"}, {"resource_path": "/x"}),
        ({"resource_path": "/x"}, {"resource_path": ""}, {"resource_path": ""}),
        ({}, {"resource_path": "", "regions": [], "inverted": False}, {}),  # already at the default
        ({"inverted": False}, {"inverted": True}, {"inverted": True}),
        ({"alarm_name": "a", "alarm_region": "r"}, {"alarm_name": "b", "alarm_region": "r"}, {"alarm_name": "b"}),
    ],
)
def test_changes(current: dict[str, Any], wanted: dict[str, Any], expected: dict[str, Any]) -> None:
    assert settings.changes(current, wanted) == expected


def test_updated_drops_what_went_back_to_the_default() -> None:
    assert settings.updated({"port": 80, "resource_path": "/x"}, {"resource_path": "", "port": 81}) == {"port": 81}


@pytest.mark.parametrize(
    ("current", "changed", "expected"),
    [
        ({}, {"port": 81}, {"Port": 81}),
        ({}, {"inverted": False}, {"Inverted": False}),
        ({}, {"resource_path": "", "regions": []}, {"ResetElements": ["Regions", "ResourcePath"]}),
        ({}, {"port": 81, "fqdn": ""}, {"Port": 81, "ResetElements": ["FullyQualifiedDomainName"]}),
        (
            {"alarm_name": "b", "alarm_region": "r"},
            {"alarm_name": "b"},
            {"AlarmIdentifier": {"Name": "b", "Region": "r"}},
        ),
    ],
)
def test_update_request(current: dict[str, Any], changed: dict[str, Any], expected: dict[str, Any]) -> None:
    assert settings.update_request(current, changed) == expected


def test_caller_references_are_recognised_by_their_name_only() -> None:
    reference = settings.caller_reference("shop", "0")
    assert settings.managed_as("shop", reference)
    assert not settings.managed_as("shop2", reference)
    assert not settings.managed_as("shop", "something else")
    assert reference == settings.caller_reference("shop", "0")
    assert len(settings.caller_reference("n" * 500, "r0123456789ab")) <= 64


def test_the_specification_names_each_option_once() -> None:
    known = {*settings.API_NAMES, *settings.ALARM_NAMES}
    assert set().union(*settings.ALLOWED.values()) == known
    assert known >= settings.IMMUTABLE
    assert known >= settings.RESETTABLE
