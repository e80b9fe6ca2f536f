# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replication instance's settings: between the module's options and DMS. Pure.

https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html
https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationInstance.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]

API_NAMES = {
    "instance_class": "ReplicationInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "multi_az": "MultiAZ",
    "engine_version": "EngineVersion",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "publicly_accessible": "PubliclyAccessible",
    "availability_zone": "AvailabilityZone",
    "kms_key_id": "KmsKeyId",
}
# ModifyReplicationInstance does not take these.
IMMUTABLE = ("subnet_group", "publicly_accessible", "availability_zone", "kms_key_id")
OPTIONS = (*API_NAMES, "security_groups", "subnet_group")


def given(options: Mapping[str, Any]) -> Settings:
    """The settings among a module's options that were given at all."""
    settings = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    if "security_groups" in settings:
        settings["security_groups"] = sorted(set(settings["security_groups"]))
    if "subnet_group" in settings:  # DMS keeps it in small letters
        settings["subnet_group"] = settings["subnet_group"].lower()
    return settings


def from_api(instance: Mapping[str, Any]) -> Settings:
    """What DescribeReplicationInstances returns; what waits for the maintenance window counts as done."""
    pending = instance.get("PendingModifiedValues") or {}
    merged = {**instance, **{name: value for name, value in pending.items() if value is not None}}
    settings = {name: merged[api] for name, api in API_NAMES.items() if merged.get(api) is not None}
    settings["security_groups"] = sorted(
        group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups") or []
    )
    group = instance.get("ReplicationSubnetGroup") or {}
    name = group.get("ReplicationSubnetGroupIdentifier")
    return settings | ({"subnet_group": name} if name else {})


def to_api(settings: Settings) -> dict[str, Any]:
    """The part of a request that sets these settings."""
    request = {api: settings[name] for name, api in API_NAMES.items() if name in settings}
    if "security_groups" in settings:
        request["VpcSecurityGroupIds"] = settings["security_groups"]
    if "subnet_group" in settings:
        request["ReplicationSubnetGroupIdentifier"] = settings["subnet_group"]
    return request


def changes(current: Settings, wanted: Settings) -> Settings:
    """What has to be modified. Raises OptionError for what cannot be."""
    found = {name: value for name, value in wanted.items() if value != current.get(name)}
    if fixed := [name for name in IMMUTABLE if name in found]:
        was = ", ".join(f"{name} from {current.get(name)} to {found[name]}" for name in fixed)
        raise OptionError(f"DMS cannot change {was}; delete the replication instance first.")
    if found.get("allocated_storage", current.get("allocated_storage", 0)) < current.get("allocated_storage", 0):
        raise OptionError(
            f"allocated_storage is {found['allocated_storage']}, but it has {current['allocated_storage']} GB, "
            "which can only grow."
        )
    return found
