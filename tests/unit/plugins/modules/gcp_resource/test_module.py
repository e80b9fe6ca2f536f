# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's Google API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import gcp_resource

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.gcp import PROJECT, Gcp

NETWORK: dict[str, Any] = {
    "collection": "global/networks",
    "name": "shop",
    "body": {"autoCreateSubnetworks": False, "routingConfig": {"routingMode": "GLOBAL"}},
}
FIREWALL: dict[str, Any] = {
    "collection": "global/firewalls",
    "name": "shop-web",
    "body": {
        "network": "global/networks/shop",
        "priority": 0,
        "sourceRanges": ["35.191.0.0/16", "130.211.0.0/22"],
        "targetTags": ["web"],
        "allowed": [{"IPProtocol": "tcp", "ports": ["443", "80"]}],
        "logConfig": {"enable": False},
    },
}


@pytest.fixture
def run(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(gcp_resource.main, capsys, gcp.environment)


@pytest.fixture
def built(run: Run) -> Run:
    for task in (NETWORK, FIREWALL):
        assert run(**task)["action"] == "created"
    return run


def test_check_mode_on_an_empty_project_tells_the_whole_plan_and_makes_nothing(run: Run, gcp: Gcp) -> None:
    for task in (NETWORK, FIREWALL):
        result = run(_check=True, **task)
        assert (result["action"], result["diff"]["before"]) == ("created", {})
        assert result["diff"]["after"].items() >= {"network": "global/networks/shop"}.items() or task is NETWORK
    assert run(_check=True, **NETWORK)["changed"]


def test_a_second_run_changes_nothing(built: Run) -> None:
    for task in (NETWORK, FIREWALL):
        for check in (True, False):
            result = built(_check=check, **task)
            assert (result["changed"], result["differences"]) == (False, [])
            assert result["diff"]["before"] == result["diff"]["after"]


@pytest.mark.parametrize(
    "drift",
    [
        {"sourceRanges": ["35.191.0.0/16"]},
        {"sourceRanges": ["35.191.0.0/16", "130.211.0.0/22", "0.0.0.0/0"]},
        {"allowed": [{"IPProtocol": "tcp", "ports": ["443"]}]},
        {"allowed": [{"IPProtocol": "tcp", "ports": ["443", "80", "22"]}]},
        {"allowed": [{"IPProtocol": "tcp", "ports": ["443", "80"]}, {"IPProtocol": "icmp"}]},
        {"targetTags": ["web", "db"]},
        {"targetTags": None},
        {"priority": 1000},
        {"disabled": True},
        {"sourceTags": ["other"]},
        {"logConfig": {"enable": True}},
    ],
    ids=str,
)
def test_each_drift_is_seen_by_check_and_repaired_by_one_run(built: Run, gcp: Gcp, drift: dict[str, Any]) -> None:
    gcp.drift("global/firewalls/shop-web", drift)
    seen = built(_check=True, **FIREWALL)
    assert (seen["action"], len(seen["differences"]) > 0) == ("updated", True)
    assert seen["diff"]["before"] != seen["diff"]["after"]
    assert built(**FIREWALL)["action"] == "updated"
    assert built(**FIREWALL)["action"] == "none"


def test_what_cannot_be_changed_is_replaced_only_where_allowed(built: Run) -> None:
    other = {**NETWORK, "name": "other"}
    built(**other)
    moved = {**FIREWALL, "body": {**FIREWALL["body"], "network": "global/networks/other"}}
    result = built(**moved)
    assert (result["failed"], result["error"]) == (True, "Immutable")
    assert "replace_on_immutable" in result["msg"]
    assert built(_check=True, replace_on_immutable=True, **moved)["action"] == "replaced"
    assert built(replace_on_immutable=True, **moved)["action"] == "replaced"
    assert built(**moved)["action"] == "none"


def test_absent_is_deleted_once(built: Run) -> None:
    task = {"collection": "global/firewalls", "name": "shop-web", "state": "absent"}
    assert built(_check=True, **task)["action"] == "deleted"
    assert built(**task)["action"] == "deleted"
    assert built(**task)["action"] == "none"


def test_what_is_in_use_says_so(built: Run) -> None:
    result = built(collection="global/networks", name="shop", state="absent")
    assert (result["failed"], result["error"]) == (True, "InUse")


@pytest.mark.parametrize(("code", "reason"), [(503, "backendError"), (429, "rateLimitExceeded")])
def test_an_api_that_is_busy_one_call_in_two_changes_nothing_but_the_time(
    run: Run, gcp: Gcp, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    gcp.post("fault", {"method": ".*", "every": 2, "code": code, "reason": reason})
    for task in (NETWORK, FIREWALL):
        assert run(**task)["action"] == "created"
        assert run(**task)["action"] == "none"


def test_a_quota_is_an_error_of_its_kind(run: Run, gcp: Gcp) -> None:
    gcp.post("fault", {"method": "compute.networks.insert", "count": 1, "code": 403, "reason": "quotaExceeded"})
    result = run(**NETWORK)
    assert (result["error"], result["error_status"], result["error_reason"]) == ("QuotaExceeded", 403, "quotaExceeded")


def test_an_operation_that_fails_is_an_error(run: Run, gcp: Gcp) -> None:
    gcp.post(
        "fault",
        {"method": "compute.networks.insert", "count": 1, "code": 403, "reason": "QUOTA_EXCEEDED", "operation": True},
    )
    result = run(**NETWORK)
    assert (result["failed"], result["error"]) == (True, "QuotaExceeded")
    assert run(**NETWORK)["action"] == "created"


def test_a_secret_in_the_open_is_refused_and_not_repeated(run: Run) -> None:
    result = run(collection="regions/asia-northeast3/vpnTunnels", name="t", body={"sharedSecret": "open-secret-1"})
    assert "belongs in secret_body" in result["msg"]
    assert "open-secret-1" not in json.dumps(result)


def test_a_secret_is_shown_nowhere(run: Run) -> None:
    task: dict[str, Any] = {
        "collection": "regions/asia-northeast3/vpnTunnels",
        "name": "t",
        "body": {"ikeVersion": 2},
        "secret_body": {"sharedSecret": "hidden-secret-1"},
    }
    result = run(_check=True, **task)
    assert result["diff"]["after"]["sharedSecret"] == "VALUE_HIDDEN"
    assert "hidden-secret-1" not in json.dumps(result)


def test_without_a_project_or_with_a_bad_key_it_fails_with_a_sentence(
    gcp: Gcp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GCP_PROJECT", raising=False)
    nowhere = {name: value for name, value in gcp.environment.items() if name != "GCP_PROJECT"}
    assert "project is not set" in runner(gcp_resource.main, capsys, nowhere)(**NETWORK)["msg"]
    bad = {name: value for name, value in gcp.environment.items() if "TOKEN" not in name}
    key = {"auth_kind": "serviceaccount", "service_account_contents": {"type": "service_account"}}
    assert "no credentials: Service account info" in runner(gcp_resource.main, capsys, bad)(**NETWORK, **key)["msg"]


def test_references_are_of_the_project(built: Run) -> None:
    assert built(**NETWORK)["resource"]["selfLink"].endswith(f"projects/{PROJECT}/global/networks/shop")


@pytest.mark.parametrize(
    ("task", "drift"),
    [
        (
            {
                "api": "iam",
                "collection": "serviceAccounts",
                "name": "shop-web",
                "body": {"displayName": "web", "description": ""},
            },
            {"displayName": "other", "description": "other"},
        ),
        (
            {
                "api": "secretmanager",
                "collection": "secrets",
                "name": "shop-password",
                "body": {"replication": {"automatic": {}}, "labels": {"project": "shop"}},
            },
            {"labels": {"project": "other", "more": "1"}},
        ),
    ],
    ids=lambda value: str(value.get("api", "")),
)
def test_other_apis_too(run: Run, gcp: Gcp, task: dict[str, Any], drift: dict[str, Any]) -> None:
    assert run(_check=True, **task)["action"] == "created"
    assert run(**task)["action"] == "created"
    assert run(**task)["action"] == "none"
    item = f"{task['name']}@{PROJECT}.iam.gserviceaccount.com" if task["api"] == "iam" else task["name"]
    gcp.drift(f"{task['collection']}/{item}", drift, task["api"])
    assert run(_check=True, **task)["action"] == "updated"
    assert run(**task)["action"] == "updated"
    assert run(**task)["action"] == "none"
    assert run(state="absent", **task)["action"] == "deleted"
    assert run(state="absent", **task)["action"] == "none"
