# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a network's subnets and firewall rules, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_network_errors
short_description: Check subnets and firewall rules of role gcp_network
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each subnet or rule that Compute Engine would refuse, or that means something else than
    it seems to.
options:
  _input:
    description: Rules as in C(gcp_network_firewall).
    type: list
    elements: dict
    required: true
  subnets:
    description: Subnets as in C(gcp_network_subnets).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a rule that says nothing
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ [{'name': 'web'}] | multicloud.dr.gcp_network_errors([{'name': 'web', 'range': '10.10.1.0/24'}]) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

# Behind a prefix of 30 and a dash, of the 63 that a name may have.
NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?")
ROLE = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
# https://cloud.google.com/firewall/docs/firewalls#protocols_and_ports
WITH_PORTS = ("tcp", "udp", "sctp")
WITHOUT_PORTS = ("icmp", "esp", "ah", "ipip", "all")
LONGEST_PREFIX = 29
HIGHEST_PRIORITY = 65535


def network(value: object) -> IPv4Network | None:
    """None if it does not read as an IPv4 range."""
    try:
        return IPv4Network(str(value))
    except ValueError:
        return None


def is_port(value: object) -> bool:
    """Whether it is a port or a range of them, such as 8000-8010."""
    ends = str(value).split("-")
    return (
        len(ends) <= 2 and all(end.isdecimal() and int(end) <= 65535 for end in ends) and int(ends[0]) <= int(ends[-1])
    )


def subnet_errors(subnets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sentences about the subnets."""
    if not subnets:
        yield "gcp_network_subnets is empty; at least one subnet is needed."
    seen: dict[str, IPv4Network] = {}
    for subnet in subnets:
        name, where = str(subnet.get("name", "")), f"gcp_network_subnets: {subnet.get('name', subnet)!r}"
        found = network(subnet.get("range"))
        if not NAME.fullmatch(name) or name in seen:
            yield f"{where} needs a name of its own of 1 to 32 a-z 0-9 -."
        if found is None or found.prefixlen > LONGEST_PREFIX:
            value = subnet.get("range")
            yield f"{where} has the range {value!r}; needed is one like 10.10.1.0/24, /{LONGEST_PREFIX} at least."
            continue
        for other, taken in seen.items():
            if found.overlaps(taken):
                yield f"{where} has the range {found}, which overlaps {taken} of {other!r}."
        seen[name] = found


def protocol_errors(where: str, word: str, entries: Any) -> Iterator[str]:
    """Sentences about what a rule allows or denies."""
    if not isinstance(entries, Mapping):
        yield f"{where}: {word} is {entries!r}; it must be protocols and ports, such as {{tcp: [443], icmp: []}}."
        return
    for protocol, ports in entries.items():
        if protocol not in WITH_PORTS + WITHOUT_PORTS:
            yield f"{where} has the protocol {protocol!r}; allowed are {', '.join(WITH_PORTS + WITHOUT_PORTS)}."
        if ports and protocol in WITHOUT_PORTS:
            yield f"{where} has ports for {protocol}, which has none."
        for port in ports or []:
            if not is_port(port):
                yield f"{where} has the port {port!r}; allowed are 0 to 65535 and ranges such as 8000-8010."


def rule_errors(rule: Mapping[str, Any]) -> Iterator[str]:
    """Sentences about one rule."""
    where = f"gcp_network_firewall: {rule.get('name', rule)!r}"
    if not NAME.fullmatch(str(rule.get("name", ""))):
        yield f"{where} needs a name of 1 to 32 a-z 0-9 -."
    if bool(rule.get("allow")) == bool(rule.get("deny")):
        yield f"{where} needs one of allow and deny."
    for word in ("allow", "deny"):
        if rule.get(word):
            yield from protocol_errors(where, word, rule[word])
    egress = rule.get("direction") == "egress"
    if egress and rule.get("source_roles"):
        yield f"{where} is for packets that leave, which have no source_roles."
    # Without both, Google would take it for "from anywhere".
    if not rule.get("ranges") and not rule.get("source_roles"):
        yield f"{where} needs ranges{'' if egress else ' or source_roles'}; all addresses are ranges: [0.0.0.0/0]."
    for value in rule.get("ranges") or []:
        if network(value) is None:
            yield f"{where} has the range {value!r}; allowed are IPv4 ranges such as 10.10.0.0/16."
    for role in [*(rule.get("roles") or []), *(rule.get("source_roles") or [])]:
        if not ROLE.fullmatch(str(role)):
            yield f"{where} has the role {role!r}; allowed are 1 to 63 of a-z 0-9 -, a letter first."
    priority = rule.get("priority", 1000)
    if not str(priority).isdecimal() or int(priority) > HIGHEST_PRIORITY:
        yield f"{where} has the priority {priority!r}; allowed are 0 to {HIGHEST_PRIORITY}."


def gcp_network_errors(rules: Sequence[Mapping[str, Any]], subnets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The filter: sentences about all of them."""
    names = [rule.get("name") for rule in rules]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    return [
        *subnet_errors(subnets),
        *(f"gcp_network_firewall: {name!r} is there {names.count(name)} times." for name in twice),
        *(sentence for rule in rules for sentence in rule_errors(rule)),
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_network_errors": gcp_network_errors}
