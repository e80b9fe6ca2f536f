# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's Google API."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import gcp_iam_member, gcp_resource

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.gcp import PROJECT, Gcp

WEB = f"serviceAccount:shop-web@{PROJECT}.iam.gserviceaccount.com"
UNIFORM = {"uniformBucketLevelAccess": {"enabled": True}}
LOGS = {"role": "roles/logging.logWriter", "member": WEB}


@pytest.fixture
def run(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> Run:
    make = runner(gcp_resource.main, capsys, gcp.environment)
    for name in ("shop-web", "shop-db"):
        made = make(api="iam", collection="serviceAccounts", name=name, body={"displayName": name})
        assert made.get("action") == "created", made
    secret = {
        "api": "secretmanager",
        "collection": "secrets",
        "name": "shop-password",
        "body": {"replication": {"automatic": {}}},
    }
    bucket = {
        "api": "storage",
        "collection": "b",
        "name": "shop-backups",
        "body": {"location": "ASIA-NORTHEAST3", "iamConfiguration": UNIFORM},
    }
    for task in (secret, bucket):
        made = make(**task)
        assert made.get("action") == "created", made
        assert make(**task)["action"] == "none"
    return runner(gcp_iam_member.main, capsys, gcp.environment)


TARGETS: list[dict[str, Any]] = [
    LOGS,
    {
        "kind": "service_account",
        "resource": f"shop-db@{PROJECT}.iam.gserviceaccount.com",
        "role": "roles/iam.serviceAccountUser",
        "member": WEB,
    },
    {"kind": "secret", "resource": "shop-password", "role": "roles/secretmanager.secretAccessor", "member": WEB},
    {"kind": "bucket", "resource": "shop-backups", "role": "roles/storage.objectAdmin", "member": WEB},
]


@pytest.mark.parametrize("task", TARGETS, ids=lambda task: str(task.get("kind", "project")))
def test_given_once_and_taken_away_once(run: Run, task: dict[str, Any]) -> None:
    assert run(_check=True, **task)["changed"]
    result = run(**task)
    assert (result["changed"], result["members"]) == (True, [WEB])
    assert result["diff"] == {"before": {"members": []}, "after": {"members": [WEB]}}
    assert not run(**task)["changed"]
    assert not run(_check=True, **task)["changed"]
    assert run(state="absent", **task)["changed"]
    assert not run(state="absent", **task)["changed"]


def test_others_stay(run: Run) -> None:
    run(**LOGS)
    other = {**LOGS, "member": f"serviceAccount:shop-db@{PROJECT}.iam.gserviceaccount.com"}
    assert run(**other)["members"] == [WEB, other["member"]]
    assert run(state="absent", **LOGS)["members"] == [other["member"]]


def test_a_resource_has_to_be_named(run: Run) -> None:
    assert "resource does not say which" in run(kind="secret", **LOGS)["msg"]


def test_a_member_that_is_not_there_is_refused(run: Run) -> None:
    result = run(role="roles/logging.logWriter", member=f"serviceAccount:nobody@{PROJECT}.iam.gserviceaccount.com")
    assert (result["failed"], result["error_status"]) == (True, 400)
