# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.aws_network_errors import aws_network_errors
from ansible_collections.multicloud.dr.plugins.filter.aws_security_group_rules import aws_security_group_rules

SUBNETS: list[dict[str, Any]] = [
    {"name": "public-a", "cidr": "10.20.0.0/24", "zone": "eu-west-1a", "public": True},
    {"name": "public-b", "cidr": "10.20.1.0/24", "zone": "eu-west-1b", "public": True},
    {"name": "private-a", "cidr": "10.20.2.0/24", "zone": "eu-west-1a", "public": False},
    {"name": "private-b", "cidr": "10.20.3.0/24", "zone": "eu-west-1b", "public": False},
]
GROUPS: list[dict[str, Any]] = [
    {"name": "edge", "description": "Edge", "rules": [{"description": "all", "ports": [443], "cidrs": ["0.0.0.0/0"]}]},
    {"name": "web", "description": "Web", "rules": [{"description": "shop", "ports": ["80-81"], "groups": ["edge"]}]},
]


def errors(
    first: dict[str, Any] | None = None,
    groups: list[dict[str, Any]] | None = None,
    cidr: str = "10.20.0.0/16",
    others: tuple[str, ...] = ("10.10.0.0/16",),
) -> list[str]:
    subnets = [SUBNETS[0] | (first or {}), *SUBNETS[1:]]
    return aws_network_errors(subnets, cidr, "eu-west-1", GROUPS if groups is None else groups, others)


def test_a_sound_network_gives_no_sentence() -> None:
    assert errors() == []


@pytest.mark.parametrize("cidr", ["10.20.0.0/15", "10.20.0.0/29", "10.20.0.1/16", "x", ""])
def test_the_vpcs_network(cidr: str) -> None:
    (said,) = errors(cidr=cidr)
    assert said == f"aws_network_cidr is {cidr!r}; allowed is a network of /16 to /28."


@pytest.mark.parametrize("other", ["10.20.9.0/24", "10.0.0.0/8", "x"])
def test_networks_behind_the_vpn_are_others(other: str) -> None:
    assert errors(others=(other,)) == [
        f"aws_network_cidr is 10.20.0.0/16, which overlaps {other}, a network behind the VPN."
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cidr": "10.30.0.0/24"}, "'public-a' has the cidr '10.30.0.0/24'; allowed is one of /16 to /28 within"),
        ({"cidr": "10.20.0.0/29"}, "has the cidr"),
        ({"cidr": "none"}, "has the cidr"),
        ({"cidr": "10.20.1.0/25"}, "'public-a' and 'public-b' overlap"),
        ({"zone": "us-east-1a"}, "has the zone 'us-east-1a'; it must be one of the region eu-west-1"),
        ({"zone": "eu-west-1"}, "has the zone"),
        ({"zone": "eu-west-1b"}, "has public subnets in 1 zones; 2 are needed"),
        ({"public": False}, "has public subnets in 1 zones"),
        ({"name": "public-b"}, "two have the name 'public-b'"),
    ],
)
def test_subnets(change: dict[str, Any], said: str) -> None:
    (sentence,) = errors(change)
    assert said in sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "sg-web"}, "has a name that AWS refuses"),
        ({"name": "edge"}, "'edge' is there twice"),
        ({"description": "Größe"}, "has the description"),
        ({"rules": [{"description": "", "ports": [1], "cidrs": []}]}, "has a description that AWS refuses"),
        ({"rules": [{"description": "x", "ports": [1], "cidrs": ["10.0.0.1/8"]}]}, "has the source '10.0.0.1/8'"),
        (
            {"rules": [{"description": "x", "ports": [1], "groups": ["db"]}]},
            "'db' as source, which does not stand before",
        ),
        ({"rules": [{"description": "x", "ports": [65536], "groups": []}]}, "has the ports 65536"),
        ({"rules": [{"description": "x", "ports": ["9-8"], "groups": []}]}, "has the ports '9-8'"),
        ({"rules": [{"description": "x", "ports": ["http"], "groups": []}]}, "has the ports 'http'"),
    ],
)
def test_security_groups(change: dict[str, Any], said: str) -> None:
    (sentence,) = errors(groups=[GROUPS[0], GROUPS[1] | change])
    assert said in sentence


def test_a_group_may_name_itself() -> None:
    rule = {"description": "own", "proto": "all", "groups": ["web"]}
    assert errors(groups=[GROUPS[0], GROUPS[1] | {"rules": [rule]}]) == []


def test_rules_as_the_module_wants_them() -> None:
    rules: list[dict[str, Any]] = [
        {"description": "both", "ports": [80, "90-91"], "cidrs": ["10.0.0.0/8"], "groups": ["edge", "web"]},
        {"description": "ping", "proto": "icmp", "cidrs": ["10.0.0.0/8"]},
        {"description": "nobody", "ports": [22], "cidrs": []},
    ]
    both = {"proto": "tcp", "rule_desc": "both", "ports": ["80", "90-91"]}
    assert aws_security_group_rules(rules, GROUPS, "x-") == [
        both | {"cidr_ip": ["10.0.0.0/8"]},
        both | {"group_name": ["x-edge"], "group_desc": "Edge"},
        both | {"group_name": ["x-web"], "group_desc": "Web"},
        {"proto": "icmp", "rule_desc": "ping", "cidr_ip": ["10.0.0.0/8"]},
    ]
