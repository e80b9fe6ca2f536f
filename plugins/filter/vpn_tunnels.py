# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One gateway's side of tunnels that are written down once for both ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vpn_tunnels
short_description: Show the tunnels of one gateway from its own side
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - The first end of a tunnel has the first host address of C(inside_cidr) and of C(vtep_cidr), and initiates.
options:
  _input:
    description: Tunnels as in C(vpn_gateway_tunnels), already checked by P(multicloud.dr.vpn_errors#filter).
    type: list
    elements: dict
    required: true
  gateways:
    description: Gateways as in C(vpn_gateway_gateways).
    type: dict
    required: true
  name:
    description: The gateway whose side is wanted.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name this gateway's peers
  ansible.builtin.debug:
    msg: "{{ vpn_gateway_tunnels | multicloud.dr.vpn_tunnels(vpn_gateway_gateways, 'a1') | map(attribute='peer') }}"
"""

RETURN = r"""
_value:
  description: The gateway's tunnels in the order of the input.
  type: list
  elements: dict
  contains:
    name: {description: The tunnel., type: str}
    peer: {description: The gateway at the other end., type: str}
    initiator: {description: Whether this end sets the tunnel up., type: bool}
    local_address: {description: Public address of this end., type: str}
    peer_address: {description: Public address of the other end., type: str}
    local_inside: {description: BGP address of this end., type: str}
    peer_inside: {description: BGP address of the other end., type: str}
    local_vtep: {description: VXLAN address of this end., type: str}
    peer_vtep: {description: VXLAN address of the other end., type: str}
    vni: {description: VXLAN network identifier., type: int}
    peer_asn: {description: Autonomous system of the other end., type: int}
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from typing import Any


def side(tunnel: dict[str, Any], gateways: dict[str, Any], end: int) -> dict[str, Any]:
    """C(tunnel) as seen from its end number C(end), 0 or 1."""
    local, peer = tunnel["ends"][end], tunnel["ends"][1 - end]
    inside = list(IPv4Network(tunnel["inside_cidr"]).hosts())
    vtep = list(IPv4Network(tunnel["vtep_cidr"]))
    return {
        "name": tunnel["name"],
        "peer": peer,
        "initiator": end == 0,
        "local_address": gateways[local]["address"],
        "peer_address": gateways[peer]["address"],
        "local_inside": str(inside[end]),
        "peer_inside": str(inside[1 - end]),
        "local_vtep": str(vtep[end]),
        "peer_vtep": str(vtep[1 - end]),
        "vni": tunnel["vni"],
        "peer_asn": gateways[peer]["asn"],
    }


def vpn_tunnels(tunnels: Iterable[dict[str, Any]], gateways: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The filter: the tunnels of the gateway C(name)."""
    return [side(tunnel, gateways, tunnel["ends"].index(name)) for tunnel in tunnels if name in tunnel["ends"]]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vpn_tunnels": vpn_tunnels}
