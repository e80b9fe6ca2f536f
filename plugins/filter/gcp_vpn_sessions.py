# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interfaces and BGP sessions of a Cloud Router, one pair for each tunnel."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_vpn_sessions
short_description: Interfaces and BGP sessions of a Cloud Router
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Makes the part of a router's REST representation that belongs to the tunnels of role gcp_vpn. Interface and
    session carry their tunnel's name.
  - See U(https://cloud.google.com/compute/docs/reference/rest/v1/routers).
options:
  _input:
    description: Tunnels as in C(gcp_vpn_tunnels).
    type: list
    elements: dict
    required: true
  prefix:
    description: Beginning of the names.
    type: str
    required: true
  regional:
    description: Path of the region below the project.
    type: str
    required: true
  peer_asn:
    description: The other side's number in BGP.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: One session
  ansible.builtin.debug:
    msg: "{{ [{'name': '0', 'address': '169.254.10.2/30', 'peer_address': '169.254.10.1'}]
             | multicloud.dr.gcp_vpn_sessions('shop', 'regions/asia-northeast3', 64512) }}"
"""

RETURN = r"""
_value:
  description: C(interfaces) and C(bgpPeers).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def gcp_vpn_sessions(
    tunnels: Sequence[Mapping[str, Any]], prefix: str, regional: str, peer_asn: int
) -> dict[str, list[dict[str, Any]]]:
    """The filter."""
    return {
        "interfaces": [
            {
                "name": f"{prefix}-{tunnel['name']}",
                "ipRange": tunnel["address"],
                "linkedVpnTunnel": f"{regional}/vpnTunnels/{prefix}-{tunnel['name']}",
            }
            for tunnel in tunnels
        ],
        "bgpPeers": [
            {
                "name": f"{prefix}-{tunnel['name']}",
                "interfaceName": f"{prefix}-{tunnel['name']}",
                "ipAddress": tunnel["address"].partition("/")[0],
                "peerIpAddress": tunnel["peer_address"],
                "peerAsn": int(peer_asn),
                "advertisedRoutePriority": int(tunnel.get("priority", 100)),
                "enable": "TRUE",
            }
            for tunnel in tunnels
        ],
    }


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_vpn_sessions": gcp_vpn_sessions}
