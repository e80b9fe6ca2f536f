# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a security group, as amazon.aws.ec2_security_group wants them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_security_group_rules
short_description: Rules of role aws_network as M(amazon.aws.ec2_security_group) wants them
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - That module takes one kind of source per rule, and other groups by their full name.
  - A rule without any source gives nothing.
options:
  _input:
    description: Rules as in C(aws_network_security_groups).
    type: list
    elements: dict
    required: true
  groups:
    description: All groups, as in C(aws_network_security_groups).
    type: list
    elements: dict
    required: true
  prefix:
    description: What the full name of every group begins with.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name the rules of the first group
  ansible.builtin.debug:
    msg: "{{ groups[0].rules | multicloud.dr.aws_security_group_rules(groups, 'shop-') }}"
"""

RETURN = r"""
_value:
  description: Rules with C(proto), C(ports), C(rule_desc) and either C(cidr_ip) or C(group_name) and C(group_desc).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any


def expand(rule: dict[str, Any], descriptions: dict[str, str], prefix: str) -> Iterator[dict[str, Any]]:
    """One rule for the addresses, and one for each group."""
    common = {"proto": rule.get("proto", "tcp"), "rule_desc": rule["description"]}
    if "ports" in rule:
        common["ports"] = [str(port) for port in rule["ports"]]
    if rule.get("cidrs"):
        yield common | {"cidr_ip": list(rule["cidrs"])}
    for group in rule.get("groups") or ():
        yield common | {"group_name": [prefix + group], "group_desc": descriptions[group]}


def aws_security_group_rules(
    rules: Iterable[dict[str, Any]], groups: Sequence[dict[str, Any]], prefix: str
) -> list[dict[str, Any]]:
    """The filter."""
    descriptions = {group["name"]: group["description"] for group in groups}
    return [expanded for rule in rules for expanded in expand(rule, descriptions, prefix)]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"aws_security_group_rules": aws_security_group_rules}
