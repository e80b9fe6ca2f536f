# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad variables of the roles for Google Cloud get a sentence before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.fakes.preflight import said

SUBNETS = [{"name": "web", "range": "10.10.1.0/24"}]
GOOD: dict[str, dict[str, Any]] = {
    "gcp_network": {"gcp_network_region": "asia-northeast3", "gcp_network_subnets": SUBNETS},
    "gcp_vpn": {"gcp_vpn_region": "asia-northeast3"},
    "gcp_iam": {
        "gcp_iam_project": "my-project",
        "gcp_iam_accounts": [{"name": "web", "roles": ["roles/logging.logWriter"]}],
    },
    "gcp_secrets": {"gcp_secrets_values": {"token": "unit-test-value"}},
}
CASES: dict[str, dict[str, tuple[dict[str, Any], str]]] = {
    "gcp_network": {
        "good": ({}, ""),
        "name": ({"gcp_network_name": "Shop"}, "gcp_network_name is 'Shop'; allowed are"),
        "region": ({"gcp_network_region": "asia-northeast3-a"}, "gcp_network_region is 'asia-northeast3-a'"),
        "mtu": ({"gcp_network_mtu": 9000}, "gcp_network_mtu is 9000 (allowed: 1300 to 8896)"),
        "addresses": ({"gcp_network_nat_addresses": 17}, "gcp_network_nat_addresses 17 (0 to 16)"),
        "subnets": ({"gcp_network_subnets": []}, "gcp_network_subnets is empty"),
        "rule": ({"gcp_network_firewall": [{"name": "a"}]}, "gcp_network_firewall: 'a' needs one of allow and deny"),
    },
    "gcp_vpn": {
        "good": ({}, ""),
        "network": ({"gcp_vpn_network": "a_b"}, "gcp_vpn_network is 'a_b'"),
        "keepalive": ({"gcp_vpn_keepalive_seconds": 5}, "gcp_vpn_keepalive_seconds is 5 (allowed: 20 to 60)"),
        "asn": ({"gcp_vpn_asn": 1}, "gcp_vpn_asn is 1; it has to be private"),
        "peers": ({"gcp_vpn_peer_addresses": ["198.51.100.1"]}, "needed are four different ones"),
    },
    "gcp_iam": {
        "good": ({}, ""),
        "project": ({"gcp_iam_project": "p"}, "gcp_iam_project is 'p'"),
        "short": ({"gcp_iam_name": "a", "gcp_iam_accounts": [{"name": "b"}]}, "makes the accounts ['a-b']"),
        "twice": ({"gcp_iam_accounts": [{"name": "web"}, {"name": "web"}]}, "is there once"),
        "owner": ({"gcp_iam_accounts": [{"name": "web", "roles": ["roles/owner"]}]}, "has the roles ['roles/owner']"),
        "role": ({"gcp_iam_accounts": [{"name": "web", "roles": ["logWriter"]}]}, "has the roles ['logWriter']"),
    },
    "gcp_secrets": {
        "good": ({}, ""),
        "none": ({"gcp_secrets_values": {}}, "the names in gcp_secrets_values are []"),
        "name": ({"gcp_secrets_values": {"a b": "unit-test-value"}}, "the names in gcp_secrets_values are ['a b']"),
        "empty": ({"gcp_secrets_values": {"token": ""}}, "gcp_secrets_values has no value for token."),
    },
}


@pytest.mark.parametrize("role", CASES)
def test_each_bad_variable_gets_its_sentence(role: str, tmp_path: Path) -> None:
    task = {"ansible.builtin.include_role": {"name": f"multicloud.dr.{role}", "tasks_from": "preflight"}}
    cases = CASES[role]
    found = said(tmp_path, task, GOOD[role], {name: change for name, (change, _) in cases.items()})
    assert found["good"] == ""
    assert {name: part for name, (_, part) in cases.items() if part not in found[name]} == {}
    assert "unit-test-value" not in str(found)
