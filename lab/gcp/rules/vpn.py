# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HA VPN: gateways on both sides, and the tunnels between them.

https://cloud.google.com/network-connectivity/docs/vpn/concepts/overview, .../how-to/connect-ha-vpn-aws-peer-gateway;
REST: compute/docs/reference/rest/v1/vpnGateways, /externalVpnGateways, /vpnTunnels.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from ..errors import invalid, missing, unimplemented
from ..store import Body, name_of, path_of, project_of, region_of
from . import values
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

GATEWAYS = Kind("vpnGateways", "VpnGateway", defaults={"stackType": "IPV4_ONLY", "gatewayIpVersion": "IPV4"})
EXTERNAL = Kind("externalVpnGateways", "ExternalVpnGateway")
TUNNELS = Kind("vpnTunnels", "VpnTunnel", defaults={"ikeVersion": 2})

# https://cloud.google.com/compute/docs/reference/rest/v1/externalVpnGateways (redundancyType)
_INTERFACES = {"SINGLE_IP_INTERNALLY_REDUNDANT": 1, "TWO_IPS_REDUNDANCY": 2, "FOUR_IPS_REDUNDANCY": 4}
_EVERYTHING = ["0.0.0.0/0"]
# https://cloud.google.com/network-connectivity/docs/vpn/support/troubleshooting
_DETAILS = {
    "ESTABLISHED": "Tunnel is up and running.",
    "NO_INCOMING_PACKETS": "No incoming packets from peer.",
    "FIRST_HANDSHAKE": "Handshake with peer broken for unknown reason. Trying again soon.",
    "AUTHORIZATION_ERROR": "Authorization error: the shared secret is not the peer's.",
    "NEGOTIATION_FAILURE": "Negotiation failure: the proposals do not match.",
}


@GATEWAYS.saving
def gateway(change: Change) -> None:
    """Google chooses the two public addresses."""
    values.labels("labels", change.new.get("labels", {}))
    if change.new["stackType"] != "IPV4_ONLY" or change.new["gatewayIpVersion"] != "IPV4":
        raise unimplemented("VPN gateways with IPv6")
    if change.old is None:
        addresses = change.cloud.public_addresses(2)
        change.new["vpnInterfaces"] = [{"id": number, "ipAddress": text} for number, text in enumerate(addresses)]


@GATEWAYS.verb("getStatus")
def gateway_status(call: Call) -> Body:
    """Do the tunnels cover every interface? https://cloud.google.com/network-connectivity/docs/vpn/concepts/topologies."""
    call.store.need(call.path)
    peers: dict[str, list[Body]] = {}
    for _, tunnel in call.store.kind("vpnTunnels", call.project):
        if path_of(tunnel.get("vpnGateway")) == call.path:
            peers.setdefault(tunnel.get("peerExternalGateway") or tunnel["peerGcpGateway"], []).append(tunnel)
    connections = []
    for peer, tunnels in sorted(peers.items()):
        external = "externalVpnGateways" in peer
        wanted = len(call.store.need(path_of(peer))["interfaces"]) if external else 2
        ours = {tunnel["vpnGatewayInterface"] for tunnel in tunnels}
        theirs = {tunnel.get("peerExternalGatewayInterface") for tunnel in tunnels}
        met = ours == {0, 1} and (not external or len(theirs) == wanted)
        state: Body = {"state": "CONNECTION_REDUNDANCY_MET" if met else "CONNECTION_REDUNDANCY_NOT_MET"}
        if not met:
            state["unsatisfiedReason"] = "INCOMPLETE_TUNNELS_COVERAGE"
        connections.append(
            {
                ("peerExternalGateway" if external else "peerGcpGateway"): peer,
                "tunnels": [
                    {
                        "tunnelUrl": tunnel["selfLink"],
                        "localGatewayInterface": tunnel["vpnGatewayInterface"],
                        "peerGatewayInterface": tunnel.get("peerExternalGatewayInterface", 0),
                    }
                    for tunnel in tunnels
                ],
                "state": state,
            }
        )
    return {"result": {"vpnConnections": connections}}


@EXTERNAL.saving
def external(change: Change) -> None:
    """As many interfaces as the kind of redundancy says, numbered from 0, each with an address of its own."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    wanted = _INTERFACES[new["redundancyType"]]
    numbers = sorted(interface.get("id", 0) for interface in new["interfaces"])
    if numbers != list(range(wanted)):
        why = f"{new['redundancyType']} needs the interfaces 0 to {wanted - 1}."
        raise invalid("interfaces", numbers, why)
    addresses = []
    for index, interface in enumerate(new["interfaces"]):
        interface.setdefault("id", 0)
        field = f"interfaces[{index}].ipAddress"
        if "ipAddress" not in interface:
            raise missing(field)
        found = values.address(field, interface["ipAddress"])
        if found.is_link_local or found.is_loopback or found.is_multicast or found.is_unspecified:
            raise invalid(field, found, "Must be the address of a gateway.")
        if found in addresses:
            raise invalid(field, found, "Every interface needs an IP address of its own.")
        addresses.append(found)


@TUNNELS.saving
def tunnel(change: Change) -> None:
    """A tunnel of an HA VPN gateway; the secret is kept, and shown to nobody."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    if change.old is not None:
        return
    if "vpnGateway" not in new:
        if "targetVpnGateway" in new:
            raise unimplemented("Classic VPN tunnels (targetVpnGateway)")
        raise missing("vpnGateway")
    for field in ("router", "vpnGatewayInterface"):
        if field not in new:
            raise missing(field)
    if new["ikeVersion"] not in (1, 2):
        raise invalid("ikeVersion", new["ikeVersion"], "Must be 1 or 2.")
    if new["vpnGatewayInterface"] not in (0, 1):
        raise invalid("vpnGatewayInterface", new["vpnGatewayInterface"], "Must be 0 or 1.")
    if not new["sharedSecret"]:
        raise missing("sharedSecret")
    for field in ("localTrafficSelector", "remoteTrafficSelector"):
        if new.setdefault(field, _EVERYTHING) != _EVERYTHING:
            raise invalid(field, new[field], "A tunnel with dynamic routing must have the traffic selector 0.0.0.0/0.")
    _peer(change)
    _same_network(change)
    _unique(change)
    secret = new["sharedSecret"]
    change.hidden["sharedSecret"] = secret
    new["sharedSecretHash"] = base64.b64encode(hashlib.sha256(secret.encode()).digest()).decode()
    new["sharedSecret"] = "*" * 13


@TUNNELS.viewing
def tunnel_view(cloud: Cloud, path: str, body: Body) -> Body:
    """Whether it stands, the data plane says."""
    status = cloud.plane.vpn_status(project_of(path), region_of(path), name_of(path))
    return {**body, "status": status, "detailedStatus": _DETAILS.get(status, status.replace("_", " ").capitalize())}


def _peer(change: Change) -> None:
    """Either an external gateway and one of its interfaces, or another HA VPN gateway."""
    new = change.new
    if bool(new.get("peerExternalGateway")) == bool(new.get("peerGcpGateway")):
        why = "Exactly one of peerExternalGateway and peerGcpGateway must be specified."
        raise invalid("peerExternalGateway", new.get("peerExternalGateway", ""), why)
    if "peerGcpGateway" in new:
        other = change.store.need(path_of(new["peerGcpGateway"]))
        new["peerIp"] = other["vpnInterfaces"][new["vpnGatewayInterface"]]["ipAddress"]
        return
    if "peerExternalGatewayInterface" not in new:
        raise missing("peerExternalGatewayInterface")
    number = new["peerExternalGatewayInterface"]
    interfaces = change.store.need(path_of(new["peerExternalGateway"]))["interfaces"]
    addresses = [interface["ipAddress"] for interface in interfaces if interface["id"] == number]
    if not addresses:
        raise invalid("peerExternalGatewayInterface", number, "The external VPN gateway has no such interface.")
    new["peerIp"] = addresses[0]


def _same_network(change: Change) -> None:
    """Gateway and router: of this region, and of one network."""
    found = {}
    for field in ("vpnGateway", "router"):
        path = path_of(change.new[field])
        if region_of(path) != change.region:
            raise invalid(field, change.new[field], f"It is not in region {change.region}.")
        found[field] = change.store.need(path)["network"]
    if found["router"] != found["vpnGateway"]:
        raise invalid("router", change.new["router"], "The router is in another network than the VPN gateway.")


def _unique(change: Change) -> None:
    """One tunnel between two interfaces."""
    ends = ("vpnGateway", "vpnGatewayInterface", "peerIp")
    for path, other in change.store.kind("vpnTunnels", change.project):
        if path != change.path and all(other.get(end) == change.new[end] for end in ends):
            why = f"The tunnel '{name_of(path)}' already connects this interface with that peer address."
            raise invalid("peerExternalGatewayInterface", change.new.get("peerExternalGatewayInterface", ""), why)
