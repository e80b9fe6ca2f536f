# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role against the lab's Google API: the plan on an empty project, each drift, a cut run, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.fakes.gcp import Gcp, running
from tests.unit.fakes.play import Done, play

REGION = "regions/asia-northeast3"
VARIABLES: dict[str, Any] = {
    "gcp_network_region": "asia-northeast3",
    "gcp_network_subnets": [{"name": "web", "range": "10.10.1.0/24"}, {"name": "db", "range": "10.10.2.0/24"}],
    "gcp_network_firewall": [
        {"name": "lb", "roles": ["web"], "ranges": ["130.211.0.0/22", "35.191.0.0/16"], "allow": {"tcp": [80]}},
        {"name": "mysql", "roles": ["db"], "source_roles": ["web"], "priority": 0, "allow": {"tcp": [3306]}},
    ],
}
DRIFTS: list[tuple[str, dict[str, Any], str]] = [
    ("global/networks/multicloud-dr", {"routingConfig": {"routingMode": "REGIONAL"}}, "routingConfig.routingMode"),
    (f"{REGION}/subnetworks/multicloud-dr-web", {"privateIpGoogleAccess": False}, "privateIpGoogleAccess"),
    (f"{REGION}/subnetworks/multicloud-dr-db", {"logConfig": {"enable": True}}, "logConfig.enable"),
    ("global/firewalls/multicloud-dr-lb", {"sourceRanges": ["35.191.0.0/16"]}, "sourceRanges[130.211.0.0/22]"),
    ("global/firewalls/multicloud-dr-lb", {"targetTags": None}, "targetTags[web]"),
    ("global/firewalls/multicloud-dr-mysql", {"sourceRanges": ["0.0.0.0/0"]}, "sourceRanges[0.0.0.0/0]"),
    ("global/firewalls/multicloud-dr-mysql", {"priority": 1000}, "priority"),
    (f"{REGION}/addresses/multicloud-dr-nat-0", {"labels": {"project": "other"}}, "labels.project"),
]
NAT = {
    "name": "nat",
    "natIpAllocateOption": "AUTO_ONLY",
    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    "minPortsPerVm": 32,
    "logConfig": {"enable": True, "filter": "ALL"},
}

HOLE = {"network": "global/networks/multicloud-dr", "sourceRanges": ["0.0.0.0/0"], "allowed": [{"IPProtocol": "all"}]}

Apply = Callable[..., Done]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcp]:
    with running(tmp_path_factory.mktemp("gcp")) as api:
        yield api


@pytest.fixture(scope="module")
def apply(cloud: Gcp, tmp_path_factory: pytest.TempPathFactory) -> Apply:
    folder = tmp_path_factory.mktemp("play")

    def run(*options: str, ok: bool = True, **variables: Any) -> Done:
        done = play(folder, "gcp_network", {**VARIABLES, **variables}, cloud.environment, *options)
        assert done.ok == ok, done.failures or done.text
        return done

    return run


def resources(cloud: Gcp) -> set[str]:
    """What the API has of the role's kinds."""
    state: dict[str, Any] = cloud.read("state").get("compute", {})
    kinds = ("networks", "subnetworks", "firewalls", "addresses", "routers")
    return {path for path in state if path.split("/")[-2] in kinds}


def test_check_on_an_empty_project_is_the_whole_plan_and_changes_nothing(cloud: Gcp, apply: Apply) -> None:
    cloud.post("reset")
    plan = apply("--check", "--diff")
    assert [result["diff"]["before"] for result in plan.changed] == [{}] * 7
    assert resources(cloud) == set()


@pytest.fixture(scope="module")
def built(cloud: Gcp, apply: Apply) -> Gcp:
    """By runs that were cut, each finished by the next, through an API that is busy one call in five."""
    cloud.post("reset")
    cloud.post("fault", {"method": ".*", "every": 5, "code": 503})
    made = 0
    for step in ("subnetworks", "routers"):
        cloud.post("fault", {"method": f"compute.{step}.insert", "count": 1, "code": 403, "reason": "quotaExceeded"})
        cut = apply(ok=False)
        assert any("quotaExceeded" in result.get("msg", "") for result in cut.results)
        made += len(cut.changed)
    assert made + len(apply().changed) == 7
    return cloud


def test_check_on_what_was_built_reports_nothing(built: Gcp, apply: Apply) -> None:
    assert apply("--check", "--diff").changed == []


def test_each_drift_is_seen_and_one_run_repairs_them_all(built: Gcp, apply: Apply) -> None:
    for path, patch, _ in DRIFTS:
        built.drift(path, patch)
    built.drift(f"{REGION}/routers/multicloud-dr-nat", {"nats": [NAT]})
    built.call("POST", "global/firewalls", {"name": "hole", **HOLE})
    seen = apply("--check", "--diff")
    sentences = " ".join(seen.differences)
    expected = [name for _, _, name in DRIFTS]
    expected += [
        "nats[nat].natIps",
        "nats[nat].minPortsPerVm",
        "nats[nat].logConfig.filter",
        "nats[nat].natIpAllocateOption",
    ]
    assert [name for name in expected if name not in sentences] == []
    assert [result["item"] for result in seen.changed if result.get("item") == "hole"] == ["hole"]
    assert len(apply().changed) == len(seen.changed)
    assert "hole" not in str(resources(built))
    assert apply("--check", gcp_network_firewall_purge=False).changed == []


def test_absent_leaves_nothing_and_is_done_once(built: Gcp, apply: Apply) -> None:
    assert len(apply("--check", gcp_network_state="absent").changed) == 7
    assert len(apply(gcp_network_state="absent").changed) == 7
    assert resources(built) == set()
    assert apply(gcp_network_state="absent").changed == []
