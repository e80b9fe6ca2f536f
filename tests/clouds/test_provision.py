# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two empty accounts, and provision.yml: planned, built, left alone, drifted, repaired, torn down. In this order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from . import drifts
from .clouds import Clouds

TUNNELS = ("gcp-0-a", "gcp-0-b", "gcp-1-a", "gcp-1-b")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    for name in TUNNELS:
        (folder / f"vpn_psk_{name}").write_text(f"key_of.{name}".replace("-", "_"))
    return folder


@pytest.fixture(scope="module")
def asked(secrets: Path) -> dict[str, Any]:
    return {"dr_secrets_dir": str(secrets)}


def built(clouds: Clouds) -> tuple[int, int]:
    """How many resources there are at Google, and how many VPCs of ours at AWS."""
    vpcs = clouds.aws("ec2").describe_vpcs(Filters=[{"Name": "tag:project", "Values": ["multicloud-dr"]}])["Vpcs"]
    return len(clouds.google("state").get("compute", {})), len(vpcs)


def test_a_plan_for_empty_accounts_is_complete_and_changes_nothing(clouds: Clouds, asked: dict[str, Any]) -> None:
    told = clouds.play("provision", "--check", "--diff", **asked)
    assert told.code == 0, told.text[-3000:]
    assert built(clouds) == (0, 0)
    for part in ("HA VPN gateway", "Tunnels", "BGP sessions", "Customer gateways", "Connections"):
        assert any(part in task for task in told.changes), (part, told.changes)


def test_one_run_builds_everything(clouds: Clouds, asked: dict[str, Any]) -> None:
    told = clouds.play("provision", **asked)
    assert told.code == 0, told.text[-3000:]
    assert told.changed > 0
    connections = clouds.aws("ec2").describe_vpn_connections()["VpnConnections"]
    outside = {one["OutsideIpAddress"] for each in connections for one in each["VgwTelemetry"]}
    tunnels = [body for path, body in clouds.google("state")["compute"].items() if "/vpnTunnels/" in path]
    assert {one["peerIp"] for one in tunnels} == outside and len(outside) == 4


def test_a_second_run_changes_nothing(clouds: Clouds, asked: dict[str, Any]) -> None:
    told = clouds.play("provision", **asked)
    assert (told.code, told.changed) == (0, 0), told.changes


def test_a_plan_for_built_accounts_is_empty(clouds: Clouds, asked: dict[str, Any]) -> None:
    told = clouds.play("provision", "--check", "--diff", **asked)
    assert (told.code, told.changed) == (0, 0), told.changes


def test_each_drift_is_planned_and_repaired_by_one_run(clouds: Clouds, asked: dict[str, Any]) -> None:
    wanted = []
    for task, drift in drifts.at_aws(drifts.Account(clouds)):
        drift()
        wanted.append(task)
    for path, patch, _ in drifts.AT_GOOGLE:
        place = f"projects/multicloud-dr/{path}"
        clouds.google("drift", {"api": "compute", "path": place, "patch": patch})
    seen = clouds.play("provision", "--check", "--diff", **asked)
    assert seen.code == 0, seen.text[-3000:]
    assert [task for task in wanted if not any(task in each for each in seen.changes)] == [], seen.changes
    assert [name for _, _, name in drifts.AT_GOOGLE if name not in seen.text] == []
    assert "somebody_elses_key" not in seen.text and "key_of" not in seen.text
    repaired = clouds.play("provision", **asked)
    assert repaired.code == 0, repaired.text[-3000:]
    assert set(repaired.changes) >= set(seen.changes)
    again = clouds.play("provision", **asked)
    assert (again.code, again.changed) == (0, 0), again.changes


def test_a_teardown_wants_the_project_named_and_no_active_site(clouds: Clouds, asked: dict[str, Any]) -> None:
    unnamed = clouds.play("teardown", **asked)
    assert unnamed.code != 0 and "say -e dr_teardown=multicloud-dr" in unnamed.words
    active = clouds.play("teardown", **asked, dr_teardown="multicloud-dr")
    assert active.code != 0 and "gcp is the active site" in active.words
    assert built(clouds)[1] == 1


def test_a_teardown_leaves_nothing_but_the_record(clouds: Clouds, asked: dict[str, Any]) -> None:
    meant = {**asked, "dr_teardown": "multicloud-dr", "dr_override": ["active"]}
    told = clouds.play("teardown", **meant)
    assert told.code == 0, told.text[-3000:]
    assert built(clouds) == (0, 0)
    assert drifts.Account(clouds).everything() == []
    assert clouds.aws("dynamodb", "ap-northeast-1").list_tables()["TableNames"] == ["multicloud-dr"]
    again = clouds.play("teardown", **meant)
    assert (again.code, again.changed) == (0, 0), again.changes


def test_the_emulators_were_asked_for_nothing_beyond_them(clouds: Clouds) -> None:
    assert clouds.beyond() == []
