# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replication task: what has to be done to it, and what it says of itself. Pure.

https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html
https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationTask.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]

MIGRATION_TYPES = ("full-load", "cdc", "full-load-and-cdc")
# A task in one of these can be modified, started and deleted; in the others it is on its way to one of these.
AT_REST = ("ready", "stopped", "failed")
ON_THE_WAY = ("creating", "modifying", "starting", "stopping", "testing", "moving")
FIXED = {
    "source_endpoint_arn": "SourceEndpointArn",
    "target_endpoint_arn": "TargetEndpointArn",
    "instance_arn": "ReplicationInstanceArn",
}


def from_api(task: Mapping[str, Any]) -> Settings:
    """What DescribeReplicationTasks returns, under the names of the options."""
    return {
        **{name: task.get(api, "") for name, api in FIXED.items()},
        "migration_type": task["MigrationType"],
        "table_mappings": json.loads(task.get("TableMappings") or "{}"),
        "settings": json.loads(task.get("ReplicationTaskSettings") or "{}"),
    }


def to_api(settings: Settings) -> dict[str, Any]:
    """The part of a request that sets these settings."""
    request = {api: settings[name] for name, api in FIXED.items() if name in settings}
    if "migration_type" in settings:
        request["MigrationType"] = settings["migration_type"]
    if "table_mappings" in settings:
        request["TableMappings"] = json.dumps(settings["table_mappings"], sort_keys=True)
    if settings.get("settings"):
        request["ReplicationTaskSettings"] = json.dumps(settings["settings"], sort_keys=True)
    return request


def contains(whole: Any, part: Any) -> bool:
    """Is every value of ``part`` in ``whole``? DMS fills task settings up with its defaults."""
    if isinstance(whole, Mapping) and isinstance(part, Mapping):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    return bool(whole == part)


def merged(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """``whole`` with the values of ``part``."""
    found = dict(whole)
    for key, value in part.items():
        inner = found.get(key)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        found[key] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return found


def changes(current: Settings, wanted: Settings) -> Settings:
    """What has to be modified. Raises OptionError for what cannot be."""
    found = {
        name: value
        for name, value in wanted.items()
        if (not contains(current["settings"], value) if name == "settings" else value != current[name])
    }
    if fixed := [name for name in FIXED if name in found]:
        was = ", ".join(f"{name} from {current[name]} to {found[name]}" for name in fixed)
        raise OptionError(f"DMS cannot change {was}; delete the replication task first.")
    return found


def steps(status: str, state: str, changed: bool, has_run: bool, interrupt: bool) -> tuple[str, ...]:
    """What leads from a task's status to the wanted ``state`` (present, started or stopped), in order.

    ``has_run``: whether it was started before; ``interrupt``: whether a running task may be stopped to be changed.
    Each step ends in a state from which the rest is found again, so an interrupted run is continued by the next one.
    Raises OptionError.
    """
    running = status in ("running", "starting")
    if changed and running and state != "stopped" and not (interrupt and state == "started"):
        raise OptionError(
            "The task is running, and DMS modifies only one that is stopped; set state: started and interrupt: true, "
            "which stops it, modifies it and resumes it."
        )
    found: list[str] = []
    if running and (changed or state == "stopped"):
        found.append("stop")
    if changed:
        found.append("modify")
    if state == "started" and (not running or found):
        found.append("resume-processing" if has_run else "start-replication")
    return tuple(found)


def progress(task: Mapping[str, Any]) -> dict[str, Any]:
    """What a task says of itself."""
    stats = task.get("ReplicationTaskStats") or {}
    return {
        "full_load_percent": stats.get("FullLoadProgressPercent", 0),
        "tables_loaded": stats.get("TablesLoaded", 0),
        "tables_loading": stats.get("TablesLoading", 0),
        "tables_queued": stats.get("TablesQueued", 0),
        "tables_errored": stats.get("TablesErrored", 0),
    }


def newest(datapoints: Iterable[Mapping[str, Any]]) -> float | None:
    """The latest value of a metric's data."""
    found = sorted(datapoints, key=lambda point: str(point["Timestamp"]))
    return float(found[-1]["Maximum"]) if found else None
