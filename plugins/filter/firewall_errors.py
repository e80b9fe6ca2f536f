# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the openings of a firewall, before it is loaded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: firewall_errors
short_description: Check the openings of role common's firewall
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each entry that nftables would refuse or misread.
  - The role's preflight asserts that there is none.
options:
  _input:
    description: Openings as in C(common_firewall_allow).
    type: list
    elements: dict
    required: true
  forward:
    description: Openings for routed packets as in C(common_firewall_forward).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Refuse a port that does not exist
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ [{'name': 'web', 'protocol': 'tcp', 'ports': [80000]}] | multicloud.dr.firewall_errors }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network
from typing import Any

WITH_PORTS = ("tcp", "udp")
WITHOUT_PORTS = ("esp", "gre")
INTERFACE = re.compile(r"[a-zA-Z][\w.-]{0,14}")


def is_network(value: object) -> bool:
    """Whether C(value) reads as an IPv4 network or address, without host bits."""
    try:
        IPv4Network(str(value))
    except ValueError:
        return False
    return True


def is_port(value: object) -> bool:
    """Whether C(value) is a port or a range of them, C(8000-8010)."""
    ends = str(value).split("-")
    return len(ends) <= 2 and all(end.isdecimal() and 1 <= int(end) <= 65535 for end in ends)


def allow_errors(rule: dict[str, Any]) -> Iterator[str]:
    """Sentences about one entry of C(common_firewall_allow)."""
    where = f"common_firewall_allow: the entry {rule.get('name', rule)!r}"
    protocol = rule.get("protocol")
    if "name" not in rule:
        yield f"{where} has no name; say what it opens."
    if protocol not in WITH_PORTS + WITHOUT_PORTS:
        yield f"{where} has the protocol {protocol!r}; allowed are {', '.join(WITH_PORTS + WITHOUT_PORTS)}."
    if protocol in WITH_PORTS and not rule.get("ports"):
        yield f"{where} has no ports; {protocol} needs at least one."
    for port in rule.get("ports") or []:
        if not is_port(port):
            yield f"{where} has the port {port!r}; allowed are 1 to 65535 and ranges such as 8000-8010."
    # An empty list would silently mean "from anywhere".
    for key in ("sources", "interfaces"):
        if key in rule and not rule[key]:
            yield f"{where} has no {key} in its list; leave the key out to open it to all."
    for source in rule.get("sources") or []:
        if not is_network(source):
            yield f"{where} has the source {source!r}; allowed are IPv4 networks such as 10.10.0.0/16."


def forward_errors(rule: dict[str, Any]) -> Iterator[str]:
    """Sentences about one entry of C(common_firewall_forward)."""
    where = f"common_firewall_forward: the entry {rule.get('name', rule)!r}"
    if "name" not in rule:
        yield f"{where} has no name; say what it opens."
    for key in ("from", "to"):
        end = rule.get(key, "")
        if not is_network(end) and not INTERFACE.fullmatch(str(end)):
            yield f"{where} goes {key} {end!r}; allowed are an IPv4 network such as 10.10.0.0/16 or an interface."


def firewall_errors(allow: Iterable[dict[str, Any]], forward: Iterable[dict[str, Any]] = ()) -> list[str]:
    """The filter: sentences about all entries."""
    return [
        *(sentence for rule in allow for sentence in allow_errors(rule)),
        *(sentence for rule in forward for sentence in forward_errors(rule)),
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"firewall_errors": firewall_errors}
