# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Auto Scaling group's settings: between the module's options and the API. Pure.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]

API_NAMES = {
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "health_check_type": "HealthCheckType",
    "health_check_grace_period": "HealthCheckGracePeriod",
}
METRICS = ("ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget")


def wanted(options: Mapping[str, Any]) -> Settings:
    """The group that the options ask for. Raises OptionError."""
    if options["min_size"] > options["max_size"]:
        raise OptionError(f"min_size is {options['min_size']}, more than max_size, {options['max_size']}.")
    capacity = options.get("initial_capacity")
    if capacity is not None and not options["min_size"] <= capacity <= options["max_size"]:
        raise OptionError(
            f"initial_capacity is {capacity}; allowed are min_size to max_size, {options['min_size']} to "
            f"{options['max_size']}."
        )
    return {
        **{name: options[name] for name in API_NAMES},
        "launch_template": options["launch_template"],
        "launch_template_version": options["launch_template_version"],
        "subnets": sorted(options["subnets"]),
        "target_groups": sorted(options["target_groups"]),
    }


def from_api(group: Mapping[str, Any]) -> Settings:
    """What DescribeAutoScalingGroups returns."""
    template = group.get("LaunchTemplate") or {}
    return {
        **{name: group.get(api) for name, api in API_NAMES.items()},
        "launch_template": template.get("LaunchTemplateName", ""),
        "launch_template_version": template.get("Version", "$Default"),
        "subnets": sorted(filter(None, (group.get("VPCZoneIdentifier") or "").split(","))),
        "target_groups": sorted(group.get("TargetGroupARNs") or []),
    }


def to_api(settings: Settings) -> dict[str, Any]:
    """The part of CreateAutoScalingGroup and UpdateAutoScalingGroup that both have."""
    template = {"LaunchTemplateName": settings["launch_template"], "Version": settings["launch_template_version"]}
    common = {api: settings[name] for name, api in API_NAMES.items()}
    return {**common, "LaunchTemplate": template, "VPCZoneIdentifier": ",".join(settings["subnets"])}


def tags_to_api(name: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags of the group, which its new instances get as well."""
    common = {"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    return [{**common, "Key": key, "Value": value} for key, value in sorted(tags.items())]


def tags_from_api(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """One that instances do not get is another tag than one that they do."""
    return {
        tag["Key"]: tag["Value"] if tag.get("PropagateAtLaunch") else f"{tag['Value']} (not on instances)"
        for tag in tags
    }


def policies(given: Sequence[Mapping[str, Any]]) -> dict[str, Settings]:
    """Target tracking policies, by name. Raises OptionError."""
    names = [policy["name"] for policy in given]
    if len(set(names)) < len(names):
        raise OptionError(f"target_tracking has the names {', '.join(names)}; each may be there once.")
    for policy in given:
        if (policy["metric"] == "ALBRequestCountPerTarget") != bool(policy.get("resource_label")):
            raise OptionError(
                f"target_tracking '{policy['name']}' follows {policy['metric']}: resource_label is needed for "
                "ALBRequestCountPerTarget, and for nothing else."
            )
    return {
        policy["name"]: {
            "metric": policy["metric"],
            "target": float(policy["target"]),
            "resource_label": policy.get("resource_label") or "",
            "scale_in": policy.get("scale_in") is not False,
        }
        for policy in given
    }


def policies_from_api(found: Sequence[Mapping[str, Any]]) -> dict[str, Settings]:
    """By name; a policy of another type is shown by its type, and is none that the module makes."""
    return {policy["PolicyName"]: _policy(policy) for policy in found}


def _policy(policy: Mapping[str, Any]) -> Settings:
    configuration = policy.get("TargetTrackingConfiguration") or {}
    metric = configuration.get("PredefinedMetricSpecification")
    if policy.get("PolicyType") != "TargetTrackingScaling" or not metric:
        return {"type": policy.get("PolicyType")}
    return {
        "metric": metric["PredefinedMetricType"],
        "target": float(configuration["TargetValue"]),
        "resource_label": metric.get("ResourceLabel") or "",
        "scale_in": not configuration.get("DisableScaleIn", False),
    }


def policy_to_api(policy: Settings) -> dict[str, Any]:
    """The part of PutScalingPolicy that makes it."""
    metric = {"PredefinedMetricType": policy["metric"]}
    metric |= {"ResourceLabel": policy["resource_label"]} if policy["resource_label"] else {}
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": metric,
            "TargetValue": policy["target"],
            "DisableScaleIn": not policy["scale_in"],
        },
    }
