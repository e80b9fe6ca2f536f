# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.gcp_firewall_rule import gcp_firewall_rule
from ansible_collections.multicloud.dr.plugins.filter.gcp_network_errors import gcp_network_errors

SUBNET = {"name": "web", "range": "10.10.1.0/24"}
RULE: dict[str, Any] = {
    "name": "web",
    "roles": ["web"],
    "ranges": ["0.0.0.0/0"],
    "allow": {"tcp": [80, "8000-8010"], "icmp": []},
}


def test_good_ones_have_no_errors() -> None:
    egress = {"name": "out", "direction": "egress", "ranges": ["10.0.0.0/8"], "deny": {"all": []}, "priority": 0}
    assert gcp_network_errors([RULE, egress], [SUBNET, {"name": "db", "range": "10.10.2.0/29"}]) == []


@pytest.mark.parametrize(
    ("subnets", "part"),
    [
        ([], "is empty"),
        ([{"name": "Web", "range": "10.0.0.0/24"}], "'Web' needs a name"),
        ([SUBNET, {"name": "web", "range": "10.10.3.0/24"}], "needs a name of its own"),
        ([SUBNET, {"name": "db", "range": "10.10.0.0/16"}], "overlaps 10.10.1.0/24 of 'web'"),
        ([{"name": "db", "range": "10.10.0.1/24"}], "'10.10.0.1/24'"),
        ([{"name": "db", "range": "10.10.0.0/30"}], "/29 at least"),
    ],
)
def test_subnets(subnets: list[dict[str, Any]], part: str) -> None:
    assert part in " ".join(gcp_network_errors([], subnets))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": "a_b"}, "'a_b' needs a name"),
        ({"allow": {}}, "one of allow and deny"),
        ({"deny": {"tcp": []}}, "one of allow and deny"),
        ({"allow": ["tcp"]}, "must be protocols and ports"),
        ({"allow": {"http": [80]}}, "has the protocol 'http'"),
        ({"allow": {"icmp": [1]}}, "ports for icmp"),
        ({"allow": {"tcp": [65536]}}, "the port 65536"),
        ({"allow": {"tcp": ["90-80"]}}, "the port '90-80'"),
        ({"ranges": []}, "needs ranges or source_roles"),
        ({"ranges": ["10.0.0.1/8"]}, "the range '10.0.0.1/8'"),
        ({"direction": "egress", "source_roles": ["web"]}, "have no source_roles"),
        ({"roles": ["a_b"]}, "the role 'a_b'"),
        ({"priority": 65536}, "the priority 65536"),
    ],
)
def test_rules(change: dict[str, Any], part: str) -> None:
    assert part in " ".join(gcp_network_errors([{**RULE, **change}], [SUBNET]))


def test_a_rule_is_there_once() -> None:
    assert "'web' is there 2 times" in gcp_network_errors([RULE, RULE], [SUBNET])[0]


def test_a_rule_in_googles_words_says_what_it_does_not_have() -> None:
    assert gcp_firewall_rule(RULE, "n") == {
        "network": "n",
        "description": "",
        "direction": "INGRESS",
        "priority": 1000,
        "sourceRanges": ["0.0.0.0/0"],
        "destinationRanges": [],
        "sourceTags": [],
        "targetTags": ["web"],
        "allowed": [{"IPProtocol": "tcp", "ports": ["80", "8000-8010"]}, {"IPProtocol": "icmp"}],
        "denied": [],
        "disabled": False,
        "logConfig": {"enable": False},
    }


def test_packets_that_leave() -> None:
    rule = gcp_firewall_rule({"direction": "egress", "ranges": ["10.0.0.0/8"], "deny": {"all": []}, "log": True}, "n")
    assert (rule["sourceRanges"], rule["destinationRanges"], rule["denied"]) == (
        [],
        ["10.0.0.0/8"],
        [{"IPProtocol": "all"}],
    )
    assert rule["logConfig"] == {"enable": True}
