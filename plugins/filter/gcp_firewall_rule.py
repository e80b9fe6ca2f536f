# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A firewall rule in Compute Engine's words."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_firewall_rule
short_description: A firewall rule in Compute Engine's words
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Makes the REST representation of a rule as role gcp_network's C(gcp_network_firewall) has it. What the rule does
    not say is said to be empty, so that nothing can be added to it unseen.
  - See U(https://cloud.google.com/compute/docs/reference/rest/v1/firewalls).
options:
  _input:
    description: The rule.
    type: dict
    required: true
  network:
    description: Link of the network.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: One rule
  ansible.builtin.debug:
    msg: "{{ {'name': 'web', 'roles': ['web'], 'ranges': ['0.0.0.0/0'], 'allow': {'tcp': [443]}}
             | multicloud.dr.gcp_firewall_rule('global/networks/shop') }}"
"""

RETURN = r"""
_value:
  description: The body of C(multicloud.dr.gcp_resource).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any


def protocols(entries: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Protocol to ports, as a list of both; ports are text."""
    return [
        {"IPProtocol": protocol, **({"ports": [str(port) for port in ports]} if ports else {})}
        for protocol, ports in (entries or {}).items()
    ]


def gcp_firewall_rule(rule: Mapping[str, Any], network: str) -> dict[str, Any]:
    """The filter."""
    egress = rule.get("direction") == "egress"
    ranges = list(rule.get("ranges") or [])
    return {
        "network": network,
        "description": rule.get("description") or "",
        "direction": "EGRESS" if egress else "INGRESS",
        "priority": int(rule.get("priority", 1000)),
        "sourceRanges": [] if egress else ranges,
        "destinationRanges": ranges if egress else [],
        "sourceTags": list(rule.get("source_roles") or []),
        "targetTags": list(rule.get("roles") or []),
        "allowed": protocols(rule.get("allow")),
        "denied": protocols(rule.get("deny")),
        "disabled": False,
        "logConfig": {"enable": bool(rule.get("log"))},
    }


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_firewall_rule": gcp_firewall_rule}
