# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's Google API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import gcp_secret

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.gcp import Gcp

BASE = "https://secretmanager.googleapis.com/v1"
TASK: dict[str, Any] = {"name": "shop-password", "value": "unit-test-value-1", "labels": {"project": "shop"}}


@pytest.fixture
def run(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> Run:
    plain = runner(gcp_secret.main, capsys, gcp.environment)

    def never_shown(**options: Any) -> dict[str, Any]:
        result = plain(**options)
        assert "unit-test-value" not in json.dumps(result)
        return result

    return never_shown


def versions(gcp: Gcp) -> list[str]:
    found = gcp.call("GET", "secrets/shop-password/versions", base=BASE)["versions"]
    return [one["state"] for one in sorted(found, key=lambda one: str(one["name"]))]


def test_made_with_its_value_and_then_left_alone(run: Run, gcp: Gcp) -> None:
    plan = run(_check=True, **TASK)
    assert (plan["action"], plan["version_added"], plan["diff"]["before"]) == ("created", True, {"value": "(none)"})
    assert run(**TASK)["version_added"]
    for check in (True, False):
        assert not run(_check=check, **TASK)["changed"]
    assert versions(gcp) == ["ENABLED"]


def test_another_value_is_another_version(run: Run, gcp: Gcp) -> None:
    run(**TASK)
    other = {**TASK, "value": "unit-test-value-2"}
    plan = run(_check=True, **other)
    assert (plan["action"], plan["diff"]["before"]["value"], plan["diff"]["after"]["value"]) == (
        "none",
        "(another one)",
        "(as wanted)",
    )
    assert versions(gcp) == ["ENABLED"]
    assert run(**other)["version"].endswith("/versions/2")
    assert versions(gcp) == ["ENABLED", "ENABLED"]
    assert run(disable_others=True, **TASK)["version_added"]
    assert versions(gcp) == ["DISABLED", "DISABLED", "ENABLED"]
    assert not run(**TASK)["changed"]


def test_a_value_that_was_disabled_is_added_again(run: Run, gcp: Gcp) -> None:
    run(**TASK)
    gcp.call("POST", "secrets/shop-password/versions/1:disable", {}, base=BASE)
    assert run(_check=True, **TASK)["version_added"]
    assert run(**TASK)["version_added"]
    assert not run(**TASK)["changed"]


def test_labels_are_put_right_without_a_new_version(run: Run, gcp: Gcp) -> None:
    run(**TASK)
    gcp.drift("secrets/shop-password", {"labels": {"more": "1"}}, "secretmanager")
    result = run(**TASK)
    assert (result["action"], result["version_added"]) == ("updated", False)
    assert not run(**TASK)["changed"]


def test_without_a_value_versions_are_left_alone(run: Run) -> None:
    assert run(name="shop-password")["version_added"] is False


def test_where_it_is_kept_cannot_be_changed(run: Run) -> None:
    run(**TASK)
    assert run(locations=["asia-northeast3"], **TASK)["error"] == "Immutable"


def test_absent_once(run: Run) -> None:
    run(**TASK)
    assert run(name="shop-password", state="absent")["action"] == "deleted"
    assert not run(name="shop-password", state="absent")["changed"]
