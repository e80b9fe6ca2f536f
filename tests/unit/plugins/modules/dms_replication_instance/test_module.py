# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, and the one that reads, against the lab's AWS API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import dms_replication_instance, dms_replication_instance_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

OPTIONS: dict[str, Any] = {
    "instance_class": "dms.t3.medium",
    "allocated_storage": 50,
    "publicly_accessible": False,
    "multi_az": False,
    "auto_minor_version_upgrade": False,
    "preferred_maintenance_window": "sun:03:00-sun:04:00",
    "security_groups": ["sg-2", "sg-1"],
    "tags": {"project": "shop"},
}


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dms_replication_instance.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def read(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dms_replication_instance_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def name() -> str:
    return f"i{uuid.uuid4().hex[:8]}"


def test_life_of_an_instance(run: Run, read: Run, name: str) -> None:
    assert run(_check=True, name=name, **OPTIONS)["action"] == "created"
    assert read(name=name)["instances"] == []
    made = run(name=name.upper(), **OPTIONS)
    assert (made["action"], made["instance"]["status"]) == ("created", "available")
    again = run(name=name, **OPTIONS)
    assert (again["changed"], again["instance"]) == (False, made["instance"])
    assert read(name=name)["instances"] == [made["instance"]]
    assert run(_check=True, name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "none"


@pytest.mark.parametrize(
    "drift",
    [
        {"instance_class": "dms.t3.large"},
        {"multi_az": True},
        {"auto_minor_version_upgrade": True},
        {"preferred_maintenance_window": "mon:03:00-mon:04:00"},
        {"security_groups": ["sg-1"]},
        {"tags": {}},
    ],
)
def test_drift_is_seen_by_check_mode_and_repaired(run: Run, name: str, drift: dict[str, Any]) -> None:
    wanted = {"name": name, **OPTIONS}
    run(**wanted)
    assert run(**wanted | drift)["action"] == "updated"
    seen = run(_check=True, **wanted)
    assert seen["action"] == "updated"
    assert run(**wanted)["diff"] == seen["diff"]
    assert run(**wanted)["changed"] is False


def test_mistakes_are_sentences(run: Run, name: str) -> None:
    assert "instance_class is needed" in run(name=name)["msg"]
    assert "exclude each other" in run(name=name, **OPTIONS | {"multi_az": True, "availability_zone": "a"})["msg"]
    run(name=name, **OPTIONS)
    assert "DMS cannot change publicly_accessible" in run(name=name, publicly_accessible=True)["msg"]
    assert "can only grow" in run(name=name, allocated_storage=5)["msg"]
