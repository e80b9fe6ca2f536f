# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web ACL's logging: between the module's options and WAFv2's LoggingConfiguration. Pure.

Source: https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingConfiguration.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]

DESTINATION_PREFIX = "aws-waf-logs-"
FIELDS = {"method": "Method", "query_string": "QueryString", "uri_path": "UriPath"}
ACTIONS = ["ALLOW", "BLOCK", "COUNT", "CAPTCHA", "CHALLENGE", "EXCLUDED_AS_COUNT"]


def given(options: Mapping[str, Any]) -> Settings:
    """What the options ask for; an option that is not given is missing. Raises OptionError."""
    settings: Settings = {"destination_arn": destination(options["destination_arn"])}
    for name in ("redacted_fields", "redacted_headers"):
        if options[name] is not None:
            settings[name] = sorted({str(value).lower() for value in options[name]})
    if options["filters"] is not None:
        settings["filters"] = [_filter(each) for each in options["filters"]]
        settings["default_behavior"] = options["default_behavior"] if options["filters"] else ""
    return settings


def destination(arn: str) -> str:
    """A log group's ARN without the suffix that CloudWatch Logs shows. Raises OptionError."""
    plain = arn.removesuffix(":*")
    name = plain.rpartition(":")[2].rpartition("/")[2]
    if not plain.startswith("arn:") or not name.startswith(DESTINATION_PREFIX):
        raise OptionError(
            f"destination_arn is '{arn}'; it must be the ARN of a log group, bucket or delivery stream whose name "
            f"begins with {DESTINATION_PREFIX}."
        )
    return plain


def _filter(given: Mapping[str, Any]) -> Settings:
    found = {
        "behavior": given["behavior"],
        "requirement": given["requirement"],
        "actions": sorted(given["actions"] or ()),
        "labels": sorted(given["labels"] or ()),
    }
    if not found["actions"] and not found["labels"]:
        raise OptionError("filters has an entry with neither actions nor labels.")
    return found


def from_api(configuration: Mapping[str, Any]) -> Settings:
    """All settings of a LoggingConfiguration."""
    redacted = configuration.get("RedactedFields") or []
    filtering = configuration.get("LoggingFilter") or {}
    options = {name: option for option, name in FIELDS.items()}
    return {
        "destination_arn": configuration["LogDestinationConfigs"][0].removesuffix(":*"),
        "redacted_fields": sorted(options[name] for field in redacted for name in field if name in options),
        "redacted_headers": sorted(
            field["SingleHeader"]["Name"].lower() for field in redacted if "SingleHeader" in field
        ),
        "filters": [
            {
                "behavior": each["Behavior"],
                "requirement": each["Requirement"],
                "actions": _conditions(each, "ActionCondition", "Action"),
                "labels": _conditions(each, "LabelNameCondition", "LabelName"),
            }
            for each in filtering.get("Filters") or ()
        ],
        "default_behavior": filtering.get("DefaultBehavior", ""),
    }


def _conditions(entry: Mapping[str, Any], kind: str, name: str) -> list[str]:
    return sorted(condition[kind][name] for condition in entry["Conditions"] if kind in condition)


def to_api(resource_arn: str, settings: Settings) -> dict[str, Any]:
    """The LoggingConfiguration that sets these settings, all of them: a call replaces the whole."""
    configuration: dict[str, Any] = {
        "ResourceArn": resource_arn,
        "LogDestinationConfigs": [settings["destination_arn"]],
        "RedactedFields": [
            *({FIELDS[name]: {}} for name in settings.get("redacted_fields", ())),
            *({"SingleHeader": {"Name": name}} for name in settings.get("redacted_headers", ())),
        ],
    }
    if settings.get("filters"):
        configuration["LoggingFilter"] = {
            "DefaultBehavior": settings["default_behavior"],
            "Filters": [
                {
                    "Behavior": each["behavior"],
                    "Requirement": each["requirement"],
                    "Conditions": [
                        *({"ActionCondition": {"Action": action}} for action in each["actions"]),
                        *({"LabelNameCondition": {"LabelName": label}} for label in each["labels"]),
                    ],
                }
                for each in settings["filters"]
            ],
        }
    return configuration
