# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, and the one that reads, against the lab's AWS API."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import cloudwatch_dashboard, cloudwatch_dashboard_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

TEXT = {"type": "text", "x": 0, "y": 0, "properties": {"markdown": "# Shop"}}
METRIC = {"type": "metric", "x": 0, "y": 1, "properties": {"metrics": [["AWS/EC2", "CPUUtilization"]], "period": 60}}
BODY: dict[str, Any] = {"widgets": [TEXT, METRIC]}
TAGS = {"project": "shop"}


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudwatch_dashboard.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def read(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudwatch_dashboard_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def name() -> str:
    return f"board-{uuid.uuid4().hex[:8]}"


def test_life_of_a_dashboard(run: Run, read: Run, name: str) -> None:
    assert run(_check=True, name=name, body=BODY, tags=TAGS)["action"] == "created"
    assert read(name=name)["dashboards"] == []
    made = run(name=name, body=BODY, tags=TAGS)
    assert (made["action"], made["dashboard"]["arn"]) == (
        "created",
        f"arn:aws:cloudwatch::123456789012:dashboard/{name}",
    )
    again = run(name=name, body=BODY, tags=TAGS)
    assert (again["changed"], again["dashboard"]) == (False, made["dashboard"])
    assert read(name=name)["dashboards"] == read(prefix=name)["dashboards"] == [made["dashboard"]]
    assert run(_check=True, name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "deleted"
    assert run(name=name, state="absent")["action"] == "none"


@pytest.mark.parametrize(
    "drift",
    [
        {"body": {"widgets": [METRIC, TEXT]}},
        {"body": {"widgets": [TEXT]}},
        {"body": {"widgets": [{**TEXT, "x": 6}, METRIC]}},
        {"body": {**BODY, "start": "-PT6H"}},
        {"tags": {}},
        {"tags": {**TAGS, "more": "x"}},
    ],
)
def test_drift_is_seen_by_check_mode_and_repaired(run: Run, name: str, drift: dict[str, Any]) -> None:
    wanted = {"name": name, "body": BODY, "tags": TAGS}
    run(**wanted)
    assert run(**wanted | drift)["action"] == "updated"
    seen = run(_check=True, **wanted)
    assert (seen["action"], seen["diff"]["after"]) == ("updated", {"body": BODY, "tags": TAGS})
    assert run(**wanted)["diff"] == seen["diff"]
    assert run(**wanted)["changed"] is False


def test_layout_of_the_json_is_no_change(run: Run, name: str, aws: Aws) -> None:
    text = json.dumps({"widgets": [dict(reversed(list(TEXT.items()))), METRIC]}, indent=4)
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=text)
    assert run(name=name, body=BODY)["changed"] is False


def test_a_body_that_cloudwatch_refuses(run: Run, name: str) -> None:
    result = run(name=name, body={"widgets": [{"type": "text"}]})
    assert result["failed"]
    assert "required property 'properties'" in result["msg"]


def test_a_dashboard_shows_something(run: Run, name: str) -> None:
    assert "body" in run(name=name)["msg"]
