# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, and the one that reads, against the lab's AWS API and a server that one can log in to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import dms_replication_task, dms_replication_task_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.fakes.mysql_server import mysql_server

MAPPINGS = {"rules": [{"rule-type": "selection", "rule-id": "1", "rule-action": "include"}]}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with mysql_server("dms") as port:
        yield port


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dms_replication_task.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def read(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dms_replication_task_info.main, capsys, aws_environment(aws.endpoint))


def options(aws: Aws, port: int) -> dict[str, Any]:
    """A task between new endpoints on a new instance."""
    dms, name = aws.client("dms"), f"t{uuid.uuid4().hex[:8]}"
    dms.create_replication_instance(ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.t3.medium")
    for kind in ("source", "target"):
        dms.create_endpoint(
            EndpointIdentifier=f"{name}-{kind}",
            EndpointType=kind,
            EngineName="mysql",
            ServerName="127.0.0.1",
            Port=port,
            Username="dms",
            Password="secret",
        )
    return {
        "name": name,
        "source_endpoint": f"{name}-source",
        "target_endpoint": f"{name}-target",
        "instance": name,
        "migration_type": "full-load-and-cdc",
        "table_mappings": MAPPINGS,
        "settings": {"Logging": {"EnableLogging": True}},
        "tags": {"project": "shop"},
    }


@pytest.fixture
def wanted(aws: Aws, port: int) -> dict[str, Any]:
    return options(aws, port)


def test_life_of_a_task(run: Run, read: Run, wanted: dict[str, Any]) -> None:
    name = wanted["name"]
    planned = run(_check=True, **wanted, state="started")
    assert (planned["action"], planned["steps"]) == ("created", ["start-replication"])
    assert read(name=name)["tasks"] == []
    made = run(**wanted, state="started")
    assert (made["action"], made["task"]["status"]) == ("created", "running")
    again = run(**wanted, state="started")
    assert (again["changed"], again["steps"]) == (False, [])
    (found,) = read(name=name, tables=True)["tasks"]
    assert (found["status"], found["tables"], found["tags"]) == ("running", [], {"project": "shop"})
    assert found["latency"] == {"source": None, "target": None}
    assert found["progress"]["full_load_percent"] == 0
    assert run(_check=True, name=name, state="stopped")["diff"]["after"]["status"] == "stopped"
    assert run(name=name, state="stopped")["steps"] == ["stop"]
    assert run(name=name, state="stopped")["changed"] is False
    assert run(name=name, state="started")["steps"] == ["resume-processing"]
    assert run(_check=True, name=name, state="absent")["steps"] == ["stop", "delete"]
    assert run(name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "none"


@pytest.mark.parametrize(
    "drift",
    [
        {"migration_type": "cdc"},
        {"table_mappings": {"rules": [{"rule-id": "2"}]}},
        {"settings": {"Logging": {"EnableLogging": False}}},
        {"tags": {"project": "other"}},
    ],
)
def test_drift_is_seen_by_check_mode_and_repaired(run: Run, wanted: dict[str, Any], drift: dict[str, Any]) -> None:
    run(**wanted)
    assert run(**wanted | drift)["action"] == "updated"
    seen = run(_check=True, **wanted)
    assert seen["action"] == "updated"
    assert run(**wanted)["diff"] == seen["diff"]
    assert run(**wanted)["changed"] is False


def test_a_running_task_is_changed_only_when_told(run: Run, wanted: dict[str, Any]) -> None:
    run(**wanted, state="started")
    change = {**wanted, "migration_type": "cdc"}
    for check in (True, False):
        assert "interrupt: true" in run(_check=check, **change, state="started")["msg"]
    done = run(**change, state="started", interrupt=True)
    assert (done["steps"], done["task"]["status"]) == (["stop", "modify", "resume-processing"], "running")


@pytest.mark.parametrize("after", ["stop", "modify"])
def test_an_interrupted_change_is_continued(run: Run, aws: Aws, wanted: dict[str, Any], after: str) -> None:
    arn = run(**wanted, state="started")["task"]["arn"]
    dms = aws.client("dms")
    dms.stop_replication_task(ReplicationTaskArn=arn)
    if after == "modify":
        dms.describe_replication_tasks()
        dms.modify_replication_task(ReplicationTaskArn=arn, MigrationType="cdc")
    done = run(**wanted | {"migration_type": "cdc"}, state="started", interrupt=True)
    rest = ["modify", "resume-processing"] if after == "stop" else ["resume-processing"]
    assert (done["steps"], done["task"]["status"]) == (rest, "running")


def test_a_connection_that_does_not_work_is_a_sentence(run: Run, aws: Aws) -> None:
    result = run(**options(aws, 1), state="started")
    assert "does not work: Test Endpoint failed" in result["msg"]


def test_what_does_not_exist_yet_is_planned_by_name(run: Run, wanted: dict[str, Any]) -> None:
    change = {"source_endpoint": "nobody", "instance": "nothing"}
    planned = run(_check=True, **wanted | change)
    assert planned["diff"]["after"]["source_endpoint_arn"] == "nobody"
    assert "source_endpoint is 'nobody'" in run(**wanted | change)["msg"]


def test_mistakes_are_sentences(run: Run, wanted: dict[str, Any]) -> None:
    assert "migration_type, table_mappings is needed" in run(name="nobody")["msg"]
    run(**wanted)
    swapped = {"source_endpoint": wanted["target_endpoint"]}
    assert "DMS cannot change source_endpoint_arn" in run(**wanted | swapped)["msg"]


def test_latency(run: Run, read: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    task = run(**wanted)["task"]["arn"].rpartition(":")[2]
    names = {"ReplicationInstanceIdentifier": wanted["instance"], "ReplicationTaskIdentifier": task}
    dimensions = [{"Name": name, "Value": value} for name, value in names.items()]
    at = datetime.now(UTC) - timedelta(seconds=90)
    data = {"MetricName": "CDCLatencyTarget", "Value": 3.0, "Timestamp": at, "Dimensions": dimensions}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/DMS", MetricData=[data])
    (found,) = read(name=wanted["name"])["tasks"]
    assert found["latency"] == {"source": None, "target": 3.0}
