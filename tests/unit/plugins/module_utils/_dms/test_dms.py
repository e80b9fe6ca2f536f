# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._aws_resource import AwsError, OptionError
from ansible_collections.multicloud.dr.plugins.module_utils._dms import instances, tasks
from ansible_collections.multicloud.dr.plugins.module_utils._dms.api import Patience

# --- instances

INSTANCE = {
    "ReplicationInstanceClass": "dms.t3.medium",
    "AllocatedStorage": 50,
    "MultiAZ": False,
    "PubliclyAccessible": False,
    "AvailabilityZone": None,
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-2"}, {"VpcSecurityGroupId": "sg-1"}],
    "ReplicationSubnetGroup": {"ReplicationSubnetGroupIdentifier": "shop"},
    "PendingModifiedValues": {"AllocatedStorage": 100},
}


def test_what_waits_for_the_maintenance_window_counts_as_done() -> None:
    current = instances.from_api(INSTANCE)
    assert current["allocated_storage"] == 100
    assert instances.changes(current, {"allocated_storage": 100}) == {}


def test_only_what_is_given_is_compared() -> None:
    options = {"instance_class": "dms.t3.large", "security_groups": ["sg-1", "sg-2"], "subnet_group": "Shop", "x": 1}
    wanted = instances.given({**options, "multi_az": None})
    assert instances.changes(instances.from_api(INSTANCE), wanted) == {"instance_class": "dms.t3.large"}


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({"subnet_group": "other"}, "subnet_group from shop to other"),
        ({"publicly_accessible": True}, "publicly_accessible from False to True"),
        ({"availability_zone": "a"}, "availability_zone from None to a"),
        ({"allocated_storage": 20}, "allocated_storage is 20"),
    ],
)
def test_what_dms_cannot_change(wanted: dict[str, Any], part: str) -> None:
    with pytest.raises(OptionError, match=part):
        instances.changes(instances.from_api(INSTANCE), wanted)


# --- tasks

MAPPINGS = {"rules": [{"rule-id": "1"}]}
TASK = {
    "SourceEndpointArn": "s",
    "TargetEndpointArn": "t",
    "ReplicationInstanceArn": "i",
    "MigrationType": "cdc",
    "TableMappings": json.dumps(MAPPINGS, indent=2),
    "ReplicationTaskSettings": '{"Logging": {"EnableLogging": false, "Components": []}, "Other": 1}',
}


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        ({}, {}),
        ({"table_mappings": MAPPINGS, "migration_type": "cdc", "source_endpoint_arn": "s"}, {}),
        ({"settings": {"Logging": {"EnableLogging": False}}}, {}),
        ({"settings": {"Logging": {"EnableLogging": True}}}, {"settings": {"Logging": {"EnableLogging": True}}}),
        ({"settings": {"New": 1}}, {"settings": {"New": 1}}),
        ({"migration_type": "full-load"}, {"migration_type": "full-load"}),
        ({"table_mappings": {"rules": []}}, {"table_mappings": {"rules": []}}),
    ],
)
def test_changes(wanted: dict[str, Any], changed: dict[str, Any]) -> None:
    assert tasks.changes(tasks.from_api(TASK), wanted) == changed


def test_ends_cannot_be_changed() -> None:
    with pytest.raises(OptionError, match="source_endpoint_arn from s to x, instance_arn from i to y"):
        tasks.changes(tasks.from_api(TASK), {"source_endpoint_arn": "x", "instance_arn": "y"})


def test_settings_are_merged_for_the_eye() -> None:
    assert tasks.merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "d": 4}) == {"a": {"b": 9, "c": 2}, "d": 4}


@pytest.mark.parametrize(
    ("status", "state", "changed", "has_run", "steps"),
    [
        ("ready", "present", False, False, ()),
        ("ready", "started", False, False, ("start-replication",)),
        ("ready", "started", True, False, ("modify", "start-replication")),
        ("ready", "stopped", False, False, ()),
        ("stopped", "started", False, True, ("resume-processing",)),
        ("failed", "started", False, True, ("resume-processing",)),
        ("stopped", "present", True, True, ("modify",)),
        ("running", "present", False, True, ()),
        ("running", "started", False, True, ()),
        ("running", "stopped", False, True, ("stop",)),
        ("running", "stopped", True, True, ("stop", "modify")),
        ("running", "started", True, True, ("stop", "modify", "resume-processing")),
    ],
)
def test_steps(status: str, state: str, changed: bool, has_run: bool, steps: tuple[str, ...]) -> None:
    assert tasks.steps(status, state, changed, has_run, interrupt=True) == steps


@pytest.mark.parametrize(("state", "interrupt"), [("started", False), ("present", False), ("present", True)])
def test_a_running_task_is_not_interrupted_unless_told_and_resumed(state: str, interrupt: bool) -> None:
    with pytest.raises(OptionError, match="interrupt: true"):
        tasks.steps("running", state, True, True, interrupt)


def test_the_newest_value() -> None:
    points = [{"Timestamp": "2026-01-01T00:01", "Maximum": 2}, {"Timestamp": "2026-01-01T00:00", "Maximum": 1}]
    assert (tasks.newest(points), tasks.newest([])) == (2.0, None)


# --- waiting


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_waiting_ends_with_the_wanted_status() -> None:
    clock, seen = Clock(), iter(["creating", "creating", "ready"])
    patience = Patience(60, 5, clock.sleep, clock.now)
    assert patience.until(lambda: next(seen), ["ready"], "It") == "ready"
    assert clock.time == 10


def test_waiting_ends_with_a_sentence() -> None:
    clock = Clock()
    with pytest.raises(AwsError, match=r"It is still creating after 20 s\."):
        Patience(20, 5, clock.sleep, clock.now).until(lambda: "creating", ["ready"], "It")
    assert clock.time == 20


def test_no_patience_takes_what_is_there() -> None:
    assert Patience(0).until(lambda: "creating", ["ready"], "It") == "creating"
