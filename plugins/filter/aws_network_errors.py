# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the description of a VPC, before any of it is built."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_network_errors
short_description: Check the subnets and security groups of role aws_network
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each mistake. The role's preflight asserts that there is none.
options:
  _input:
    description: Subnets as in C(aws_network_subnets).
    type: list
    elements: dict
    required: true
  cidr:
    description: The VPC's network.
    type: str
    required: true
  region:
    description: The region.
    type: str
    required: true
  groups:
    description: Security groups as in C(aws_network_security_groups).
    type: list
    elements: dict
    required: true
  others:
    description: Networks that the VPC is connected with.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse a network that AWS would refuse half-way
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ aws_network_subnets | multicloud.dr.aws_network_errors(aws_network_cidr, aws_network_region, []) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
LONGEST, SHORTEST = 28, 16
ZONES = 2
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (GroupName, GroupDescription)
TEXT = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
NAME = re.compile(r"(?!sg-)[A-Za-z0-9._-]{1,100}")
PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def network(value: object) -> IPv4Network | None:
    """C(value) as a network, or None."""
    try:
        return IPv4Network(str(value))
    except ValueError:
        return None


def sized(cidr: IPv4Network) -> bool:
    """Whether a VPC or subnet may have this size."""
    return SHORTEST <= cidr.prefixlen <= LONGEST


def subnet_errors(subnet: dict[str, Any], vpc: IPv4Network, region: str) -> Iterator[str]:
    """Sentences about one entry of C(aws_network_subnets)."""
    where = f"aws_network_subnets: {subnet.get('name', subnet)!r}"
    cidr = network(subnet.get("cidr"))
    if cidr is None or not sized(cidr) or not cidr.subnet_of(vpc):
        yield f"{where} has the cidr {subnet.get('cidr')!r}; allowed is one of /{SHORTEST} to /{LONGEST} within {vpc}."
    zone = str(subnet.get("zone"))
    if not zone.startswith(region) or zone == region:
        yield f"{where} has the zone {zone!r}; it must be one of the region {region}, such as {region}a."


def layout_errors(subnets: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Sentences about the subnets together."""
    for one, other in combinations(subnets, 2):
        first, second = network(one.get("cidr")), network(other.get("cidr"))
        if first and second and first.overlaps(second):
            yield f"aws_network_subnets: {one.get('name')!r} and {other.get('name')!r} overlap: {first}, {second}."
        if one.get("name") == other.get("name"):
            yield f"aws_network_subnets: two have the name {one.get('name')!r}; each needs its own."
    for public in (True, False):
        zones = {str(subnet.get("zone")) for subnet in subnets if bool(subnet.get("public")) is public}
        if len(zones) < ZONES:
            kind = "public" if public else "private"
            yield f"aws_network_subnets has {kind} subnets in {len(zones)} zones; {ZONES} are needed."


def group_errors(groups: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Sentences about C(aws_network_security_groups)."""
    known: set[str] = set()
    for group in groups:
        name = str(group.get("name"))
        where = f"aws_network_security_groups: {name!r}"
        if not NAME.fullmatch(name):
            yield f"{where} has a name that AWS refuses; allowed are 1 to 100 of A-Z a-z 0-9 . _ -, not sg- first."
        if name in known:
            yield f"{where} is there twice; each name is used once."
        if not TEXT.fullmatch(str(group.get("description", ""))):
            yield f"{where} has the description {group.get('description')!r}; AWS wants 1 to 255 plain characters."
        known.add(name)
        for rule in group.get("rules") or ():
            yield from rule_errors(where, rule, known)


def rule_errors(where: str, rule: dict[str, Any], known: set[str]) -> Iterator[str]:
    """Sentences about one rule. C(known): the group itself and those before it."""
    which = f"{where}: the rule {rule.get('description', rule)!r}"
    if not TEXT.fullmatch(str(rule.get("description", ""))):
        yield f"{which} has a description that AWS refuses; it wants 1 to 255 plain characters."
    for cidr in (cidr for cidr in rule.get("cidrs") or () if network(cidr) is None):
        yield f"{which} has the source {cidr!r}; an IPv4 network is needed."
    for group in (group for group in rule.get("groups") or () if group not in known):
        yield f"{which} has the group {group!r} as source, which does not stand before {where.rpartition(': ')[2]}."
    for ports in rule.get("ports") or ():
        found = PORTS.fullmatch(str(ports))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last <= 65535:
            yield f"{which} has the ports {ports!r}; allowed is a port or first-last, up to 65535."


def aws_network_errors(
    subnets: Iterable[dict[str, Any]],
    cidr: str,
    region: str,
    groups: Sequence[dict[str, Any]],
    others: Iterable[str] = (),
) -> list[str]:
    """The filter."""
    vpc = network(cidr)
    if vpc is None or not sized(vpc):
        return [f"aws_network_cidr is {cidr!r}; allowed is a network of /{SHORTEST} to /{LONGEST}."]
    subnets = list(subnets)
    overlapping = [other for other in others if (found := network(other)) is None or found.overlaps(vpc)]
    return [
        *(f"aws_network_cidr is {cidr}, which overlaps {other}, a network behind the VPN." for other in overlapping),
        *(sentence for subnet in subnets for sentence in subnet_errors(subnet, vpc, region)),
        *layout_errors(subnets),
        *group_errors(groups),
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"aws_network_errors": aws_network_errors}
