# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API with its health checkers."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import route53_health_check, route53_health_check_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

WAIT_SECONDS = 60


@pytest.fixture
def manage(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(route53_health_check.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def info(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(route53_health_check_info.main, capsys, aws_environment(aws.endpoint))


def wait_for_verdict(info: Run, name: str, checkers: int = 16) -> dict[str, Any]:
    """The report once every checker has looked."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        (report,) = info(name=name)["health_checks"]
        if len(report["observations"]) == checkers:
            return dict(report)
        assert time.monotonic() < end, report
        time.sleep(0.2)


def test_verdicts_come_from_the_checkers(manage: Run, info: Run, aws: Aws) -> None:
    name, port = uuid.uuid4().hex[:8], int(aws.endpoint.rpartition(":")[2])
    endpoint = {"type": "HTTP", "ip_address": "127.0.0.1", "request_interval": 10}
    manage(name=f"{name}-up", port=port, resource_path="/lab/ready", **endpoint)
    manage(name=f"{name}-down", port=9, inverted=True, **endpoint)
    children = [f"{name}-up", f"{name}-down"]
    manage(name=name, type="CALCULATED", child_health_checks=children, health_threshold=2)
    fresh = info(name=f"{name}-up")["health_checks"][0]
    if not fresh["observations"]:
        assert fresh["verdict"] == "unknown"
    up = wait_for_verdict(info, f"{name}-up")
    down = wait_for_verdict(info, f"{name}-down")
    assert (up["verdict"], down["verdict"]) == ("healthy", "healthy")
    assert down["observations"][0]["status"].startswith("Failure: ")
    (both,) = info(name=name)["health_checks"]
    assert (both["verdict"], both["observations"]) == ("healthy", [])


def test_reading_changes_nothing(manage: Run, info: Run) -> None:
    name = uuid.uuid4().hex[:8]
    made = manage(name=name, type="TCP", ip_address="127.0.0.1", port=9)["health_check"]
    result = info(id=made["id"], status=False)
    assert result["changed"] is False
    assert [(each["name"], each["config"]) for each in result["health_checks"]] == [(name, made["config"])]


def test_name_and_id_exclude_each_other(info: Run) -> None:
    result = info(name="a", id="b")
    assert result["failed"]
    assert "mutually exclusive" in result["msg"]
