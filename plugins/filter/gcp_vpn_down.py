# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tunnels of an HA VPN do not stand, and why."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_vpn_down
short_description: Which tunnels of an HA VPN do not stand, and why
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Makes a sentence of each tunnel that is not established or whose BGP session is not up, naming what both sides
    have to agree on.
options:
  _input:
    description: Tunnels as the API has them.
    type: list
    elements: dict
    required: true
  peers:
    description: C(bgpPeerStatus) of the router's status.
    type: list
    elements: dict
    required: true
  wanted:
    description: Tunnels as in C(gcp_vpn_tunnels).
    type: list
    elements: dict
    required: true
  peer_asn:
    description: The other side's number in BGP.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Fail with the tunnels that are down
  ansible.builtin.assert:
    that: __down | length == 0
    fail_msg: "{{ __down | join(' ') }}"
  vars:
    __down: "{{ __tunnels.resources | multicloud.dr.gcp_vpn_down(__router.result.bgpPeerStatus, gcp_vpn_tunnels,
    64512) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all stand.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

# https://cloud.google.com/compute/docs/reference/rest/v1/vpnTunnels (status)
CAUSES = {
    "AUTHORIZATION_ERROR": "the pre-shared keys of both sides differ",
    "NEGOTIATION_FAILURE": "the proposals of both sides have nothing in common",
    "NO_INCOMING_PACKETS": "nothing comes from the other side; its gateway or its address may be another one",
    "FIRST_HANDSHAKE": "the other side has not answered yet",
}


def down(
    tunnels: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    wanted: Sequence[Mapping[str, Any]],
    peer_asn: int,
) -> Iterator[str]:
    """Sentences."""
    states = {str(tunnel["name"]): tunnel for tunnel in tunnels}
    sessions = {str(peer["name"]): peer for peer in peers}
    for one in wanted:
        name = next((each for each in states if each.endswith(f"-{one['name']}")), "")
        if not name:
            yield f"Tunnel {one['name']} does not exist."
            continue
        status = states[name].get("status", "unknown")
        if status != "ESTABLISHED":
            cause = CAUSES.get(status) or states[name].get("detailedStatus") or "no cause is known"
            yield f"Tunnel {one['name']} to {states[name].get('peerIp', '?')} is {status}: {cause}."
        elif sessions.get(name, {}).get("status") != "UP":
            ends = f"{one['address']} here, {one['peer_address']} with ASN {peer_asn} there"
            yield f"Tunnel {one['name']} stands and its BGP session is down; expected are {ends}."


def gcp_vpn_down(
    tunnels: Sequence[Mapping[str, Any]],
    peers: Sequence[Mapping[str, Any]],
    wanted: Sequence[Mapping[str, Any]],
    peer_asn: int,
) -> list[str]:
    """The filter."""
    return list(down(tunnels, peers, wanted, peer_asn))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_vpn_down": gcp_vpn_down}
