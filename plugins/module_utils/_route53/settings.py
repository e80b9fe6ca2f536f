# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A health check's settings: between the module's options and Route 53's HealthCheckConfig. Pure.

``Settings`` are keyed by the modules' option names; lists whose order means nothing are sorted.
Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

Settings = dict[str, Any]

API_NAMES = {
    "type": "Type",
    "ip_address": "IPAddress",
    "port": "Port",
    "fqdn": "FullyQualifiedDomainName",
    "resource_path": "ResourcePath",
    "search_string": "SearchString",
    "request_interval": "RequestInterval",
    "failure_threshold": "FailureThreshold",
    "measure_latency": "MeasureLatency",
    "enable_sni": "EnableSNI",
    "regions": "Regions",
    "child_health_checks": "ChildHealthChecks",
    "health_threshold": "HealthThreshold",
    "insufficient_data_status": "InsufficientDataHealthStatus",
    "routing_control_arn": "RoutingControlArn",
    "inverted": "Inverted",
    "disabled": "Disabled",
}
# The two options that make AlarmIdentifier.
ALARM_NAMES = {"alarm_name": "Name", "alarm_region": "Region"}
UNORDERED = ("regions", "child_health_checks")
# UpdateHealthCheck does not take these.
IMMUTABLE = frozenset({"type", "request_interval", "measure_latency", "routing_control_arn"})
# What an empty value takes back to AWS's default (ResetElements of UpdateHealthCheck).
RESETTABLE = frozenset({"fqdn", "resource_path", "regions"})

COMMON = frozenset({"type", "inverted", "disabled"})
TCP = COMMON | {"ip_address", "fqdn", "port", "request_interval", "failure_threshold", "measure_latency", "regions"}
HTTP = TCP | {"resource_path"}
HTTPS = HTTP | {"enable_sni"}
ALLOWED = {
    "TCP": TCP,
    "HTTP": HTTP,
    "HTTP_STR_MATCH": HTTP | {"search_string"},
    "HTTPS": HTTPS,
    "HTTPS_STR_MATCH": HTTPS | {"search_string"},
    "CALCULATED": COMMON | {"child_health_checks", "health_threshold"},
    "CLOUDWATCH_METRIC": COMMON | {"alarm_name", "alarm_region", "insufficient_data_status"},
    "RECOVERY_CONTROL": COMMON | {"routing_control_arn"},
}
REGIONS_MIN = 3
REGIONS = (
    *("us-east-1", "us-west-1", "us-west-2", "eu-west-1"),
    *("ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"),
)

CALLER_REFERENCE_PREFIX = "multicloud.dr"


class OptionError(ValueError):
    """The options contradict each other; the text is for the user."""


def given(options: Mapping[str, Any]) -> Settings:
    """The settings among a module's options that were given at all. Empty values stay: they mean "AWS's default"."""
    names = (*API_NAMES, *ALARM_NAMES)
    return _sorted_lists({name: options[name] for name in names if options.get(name) is not None})


def require_valid(settings: Settings) -> None:
    """Raises OptionError when the settings do not fit their type."""
    kind = settings["type"]
    foreign = sorted(settings.keys() - ALLOWED[kind])
    if foreign:
        allowed = ", ".join(sorted(ALLOWED[kind] - COMMON))
        raise OptionError(f"{', '.join(foreign)} cannot be set on a health check of type {kind}; it takes {allowed}.")
    if "port" in ALLOWED[kind] and not settings.get("ip_address") and not settings.get("fqdn"):
        raise OptionError(f"A health check of type {kind} needs ip_address or fqdn.")
    path = settings.get("resource_path")
    if path and not path.startswith("/"):
        raise OptionError(f"resource_path is '{path}'; it has to start with '/'.")
    regions = settings.get("regions")
    if regions and len(regions) < REGIONS_MIN:
        raise OptionError(
            f"regions names {', '.join(regions)}; Route 53 wants at least {REGIONS_MIN}, or none for all."
        )


def from_api(config: Mapping[str, Any]) -> Settings:
    """A HealthCheckConfig as Route 53 returns it."""
    settings = {name: config[api] for name, api in API_NAMES.items() if config.get(api) not in (None, [])}
    alarm = config.get("AlarmIdentifier") or {}
    return _sorted_lists(settings | {name: alarm[api] for name, api in ALARM_NAMES.items() if api in alarm})


def to_api(settings: Settings) -> dict[str, Any]:
    """The part of a request that sets these settings; empty values are left out."""
    config = {api: settings[name] for name, api in API_NAMES.items() if settings.get(name) not in (None, "", [])}
    alarm = {api: settings[name] for name, api in ALARM_NAMES.items() if name in settings}
    return config | ({"AlarmIdentifier": alarm} if alarm else {})


def created(wanted: Settings) -> Settings:
    """The settings of a new check. SNI is on for HTTPS unless told otherwise: virtual hosts need it."""
    sni = {"enable_sni": True} if "enable_sni" in ALLOWED[wanted["type"]] else {}
    return sni | {name: value for name, value in wanted.items() if value not in ("", [])}


def changes(current: Settings, wanted: Settings) -> Settings:
    """The wanted settings that differ from the current ones; what is not wanted explicitly is left alone."""
    return {name: value for name, value in wanted.items() if value != current.get(name, type(value)())}


def updated(current: Settings, changed: Settings) -> Settings:
    """The settings after ``changed`` has been applied."""
    return {name: value for name, value in (current | changed).items() if value not in ("", [])}


def update_request(current: Settings, changed: Settings) -> dict[str, Any]:
    """Arguments of UpdateHealthCheck. An alarm is always named as a whole."""
    alarm = {name: current[name] for name in ALARM_NAMES if name in current} if ALARM_NAMES.keys() & changed else {}
    request = to_api(alarm | changed)
    reset = sorted(API_NAMES[name] for name in RESETTABLE if changed.get(name) in ("", []))
    return request | ({"ResetElements": reset} if reset else {})


def caller_reference(name: str, suffix: str) -> str:
    """At most 64 characters; the same for every run that manages the check of this name.

    Route 53 refuses the reference of a deleted check for some days, hence the suffix.
    """
    return f"{_reference_stem(name)}/{suffix}"


def managed_as(name: str, reference: str) -> bool:
    """Was this caller reference made for this name?"""
    return reference.startswith(f"{_reference_stem(name)}/")


def _reference_stem(name: str) -> str:
    return f"{CALLER_REFERENCE_PREFIX}/{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _sorted_lists(settings: Settings) -> Settings:
    return settings | {name: unordered(settings[name]) for name in UNORDERED if name in settings}


def unordered(values: Iterable[str]) -> list[str]:
    """A list that compares equal whatever its order."""
    return sorted(set(values))
