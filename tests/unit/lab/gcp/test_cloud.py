# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations, faults, the log, and what belongs to all calls."""

from __future__ import annotations

import json

import pytest

from lab.gcp import faults
from lab.gcp.cloud import Cloud, Request
from lab.gcp.documents import Documents
from lab.gcp.operations import LONGEST, Operations
from tests.unit.lab.gcp.client import PROJECT, Gcp, Refused

NETWORK = {"name": "n", "autoCreateSubnetworks": False}
TARGET = f"projects/{PROJECT}/global/networks/n"


def slow(documents: Documents, polls: int = 2) -> Gcp:
    return Gcp(Cloud(documents, [PROJECT], polls=polls))


def test_an_operation_is_done_at_once(gcp: Gcp) -> None:
    answer = gcp.post("compute:global/networks", NETWORK)
    assert (answer["status"], answer["progress"]) == ("DONE", 100)
    assert answer["targetLink"].endswith(TARGET)
    assert answer["targetId"] == gcp.get("compute:global/networks/n")["id"]


def test_or_after_some_polls(documents: Documents) -> None:
    gcp = slow(documents)
    operation = gcp.post("compute:global/networks", NETWORK)
    seen = [operation["status"]]
    while seen[-1] != "DONE":
        seen.append(gcp.get(operation["selfLink"])["status"])
    assert seen == ["PENDING", "RUNNING", "RUNNING", "DONE"]


def test_or_when_somebody_waits(documents: Documents) -> None:
    gcp = slow(documents)
    operation = gcp.post("compute:global/networks", NETWORK)
    assert gcp.post(f"compute:global/operations/{operation['name']}/wait")["status"] == "DONE"


def test_whoever_does_not_wait_is_refused(documents: Documents) -> None:
    gcp = slow(documents)
    gcp.post("compute:global/networks", NETWORK)
    subnetwork = {"name": "s", "network": "global/networks/n", "ipCidrRange": "10.0.0.0/24"}
    refusal = gcp.refused("POST", "compute:regions/europe-west1/subnetworks", subnetwork)
    assert (refusal.code, refusal.reason) == (400, "resourceNotReady")
    assert gcp.refused("DELETE", "compute:global/networks/n").reason == "resourceNotReady"


def test_an_operation_that_nobody_polls_ends_by_itself() -> None:
    """A play that died while it waited can be run again."""
    time = 0.0
    operations = Operations(polls=100, clock=lambda: time)
    operations.start("1", TARGET, "2", "insert")
    assert operations.not_ready(TARGET)
    time = LONGEST
    assert not operations.not_ready(TARGET)


def test_an_unknown_operation_is_404(gcp: Gcp) -> None:
    assert gcp.refused("GET", "compute:global/operations/operation-1").code == 404


def test_a_fault_now_and_then(gcp: Gcp) -> None:
    gcp.cloud.faults.append(faults.read({"every": 3, "code": 503}))
    codes = []
    for _ in range(6):
        try:
            gcp.get("compute:global/networks")
            codes.append(200)
        except Refused as refusal:
            codes.append(refusal.code)
    assert codes == [200, 200, 503, 200, 200, 503]


def test_a_fault_once_and_for_one_method(gcp: Gcp) -> None:
    gcp.cloud.faults.append(faults.read({"method": "compute.networks.insert", "count": 1, "code": 403}))
    gcp.get("compute:global/networks")
    refusal = gcp.refused("POST", "compute:global/networks", NETWORK)
    assert (refusal.code, refusal.reason) == (403, "quotaExceeded")
    gcp.post("compute:global/networks", NETWORK)


def test_a_fault_of_the_operation_comes_after_200(gcp: Gcp) -> None:
    order = {"code": 403, "reason": "QUOTA_EXCEEDED", "message": "Quota exceeded", "count": 1, "operation": True}
    gcp.cloud.faults.append(faults.read({"method": ".*insert", **order}))
    operation = gcp.post("compute:global/networks", NETWORK)
    assert operation["error"]["errors"] == [{"code": "QUOTA_EXCEEDED", "message": "Quota exceeded"}]
    assert gcp.refused("GET", "compute:global/networks/n").code == 404
    assert "error" not in gcp.post("compute:global/networks", NETWORK)


@pytest.mark.parametrize("order", [{"often": 2}, {"every": 0}, {"code": "many"}])
def test_an_order_that_is_none(order: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        faults.read(order)


@pytest.mark.parametrize(
    ("http", "url"),
    [
        ("GET", "https://run.googleapis.com/v2/projects/multicloud-dr/locations/l/services"),
        ("GET", "https://unheard.googleapis.com/v1/projects/multicloud-dr/things"),
        ("POST", "compute:global/urlMaps/web/invalidateCache"),
        ("GET", "compute:regions/europe-west1/targetPools"),
    ],
)
def test_what_it_does_not_do_it_says_and_logs(site: Gcp, caplog: pytest.LogCaptureFixture, http: str, url: str) -> None:
    body = {"path": "/*"} if http == "POST" else None
    assert site.refused(http, url, body).code == 501
    assert [record.levelname for record in caplog.records if "UNIMPLEMENTED" in record.message] == ["ERROR"]


def test_a_mistake_of_ours_looks_like_one(gcp: Gcp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcp.cloud, "next_id", lambda: 1 / 0)
    assert gcp.refused("POST", "compute:global/networks", NETWORK).code == 500


def test_the_log_names_call_and_caller(gcp: Gcp) -> None:
    gcp.post("compute:global/networks", {**NETWORK, "gatewayIPv4": "10.0.0.1"})
    entry = gcp.cloud.entries()[-1]
    assert (entry["method"], entry["caller"], entry["code"]) == ("compute.networks.insert", "operator", 200)
    assert entry["ignored"] == ["output only resource.gatewayIPv4"]


def test_no_json(gcp: Gcp) -> None:
    request = Request("POST", "compute.googleapis.com", f"/compute/v1/projects/{PROJECT}/global/networks")
    code, answer = gcp.cloud.answer(Request(**{**vars(request), "authorization": "Bearer ya29.x", "data": b"{"}))
    assert (code, json.loads(answer)["error"]["message"]) == (400, "Invalid JSON payload received.")


def test_unknown_projects(gcp: Gcp) -> None:
    compute = "https://compute.googleapis.com/compute/v1/projects/other/global/networks"
    assert gcp.refused("GET", compute).code == 404
    assert gcp.refused("GET", "https://secretmanager.googleapis.com/v1/projects/other/secrets").code == 403
    public = "https://compute.googleapis.com/compute/v1/projects/debian-cloud/global/images/family/debian-13"
    assert gcp.get(public)["family"] == "debian-13"


def test_pages(gcp: Gcp) -> None:
    for number in range(5):
        gcp.post("compute:global/networks", {**NETWORK, "name": f"n-{number}"})
    names, token = [], ""
    while True:
        page = gcp.get(f"compute:global/networks?maxResults=2&pageToken={token}")
        names += [item["name"] for item in page["items"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert names == [f"n-{number}" for number in range(5)]
    assert gcp.refused("GET", "compute:global/networks?pageToken=none").code == 400


def test_an_empty_list_has_no_items(gcp: Gcp) -> None:
    assert "items" not in gcp.get("compute:global/networks")


def test_aggregated_lists_say_where_there_is_nothing(site: Gcp) -> None:
    items = site.get("compute:aggregated/instances")["items"]
    assert {item["name"] for item in items["zones/europe-west1-b"]["instances"]} >= {"db-0"}
    assert items["zones/us-east1-b"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"


def test_drift_asks_no_rule(site: Gcp) -> None:
    path = f"projects/{PROJECT}/global/firewalls/allow-lb"
    site.cloud.drift("compute", path, {"sourceRanges": ["0.0.0.0/0"]})
    assert site.get("compute:global/firewalls/allow-lb")["sourceRanges"] == ["0.0.0.0/0"]


def test_reset_leaves_nothing(documents: Documents) -> None:
    gcp = Gcp(Cloud(documents, [PROJECT]))
    gcp.post("compute:global/networks", NETWORK)
    gcp.cloud.reset()
    assert gcp.cloud.state() == {}
    assert gcp.cloud.entries() == []
