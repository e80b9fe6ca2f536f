# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Router: interfaces, BGP peers and Cloud NAT.

https://cloud.google.com/network-connectivity/docs/router/concepts/overview, /nat/docs/nat-product-interactions;
REST: compute/docs/reference/rest/v1/routers.
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

from ..errors import invalid, missing
from ..store import Body, name_of, path_of, region_of
from . import values
from .kit import Call, Change, Kind

ROUTERS = Kind("routers", "Router", defaults={"encryptedInterconnectRouter": False}, fixed=("network",))

# https://cloud.google.com/network-connectivity/docs/router/concepts/overview#asn
_PRIVATE_ASN = (range(64512, 65535), range(4200000000, 4294967295))
_PARTNER_ASN = 16550
_LINK_LOCAL = IPv4Network("169.254.0.0/16")
_METADATA = IPv4Network("169.254.169.254/32")
_LINKED = ("linkedVpnTunnel", "linkedInterconnectAttachment", "subnetwork")


@ROUTERS.saving
def router(change: Change) -> None:
    """Interfaces first, then the peers that need them, then NAT."""
    new = change.new
    bgp = new.get("bgp", {})
    asn = bgp.get("asn")
    if asn is None and (bgp or new.get("interfaces") or new.get("bgpPeers")):
        raise missing("bgp.asn")
    if asn is not None and asn != _PARTNER_ASN and not any(asn in numbers for numbers in _PRIVATE_ASN):
        raise invalid("bgp.asn", asn, "Local ASN must be a private ASN (RFC 6996) or 16550.")
    if bgp:
        _advertisement("bgp", bgp)
    ranges = _interfaces(change)
    for index, peer in enumerate(new.get("bgpPeers", [])):
        _peer(f"bgpPeers[{index}]", peer, asn, ranges)
    _unique("bgpPeers", new.get("bgpPeers", []))
    _unique("nats", new.get("nats", []))
    for index, nat in enumerate(new.get("nats", [])):
        _nat(change, f"nats[{index}]", nat)


@ROUTERS.verb("getRouterStatus")
def status(call: Call) -> Body:
    """Sessions as the data plane sees them: https://cloud.google.com/compute/docs/reference/rest/v1/routers/getRouterStatus."""
    body = call.store.need(call.path)
    tunnels = {entry["name"]: entry.get("linkedVpnTunnel") for entry in body.get("interfaces", [])}
    peers = []
    for peer in body.get("bgpPeers", []):
        routes = call.cloud.plane.bgp_routes(call.project, region_of(call.path), name_of(call.path), peer["name"])
        up = routes is not None and peer["enable"] == "TRUE"
        peers.append(
            {
                "name": peer["name"],
                "ipAddress": peer.get("ipAddress", ""),
                "peerIpAddress": peer.get("peerIpAddress", ""),
                "status": "UP" if up else "DOWN",
                "state": "Established" if up else "Active" if peer["enable"] == "TRUE" else "Idle",
                "numLearnedRoutes": (routes or 0) if up else 0,
                "linkedVpnTunnel": tunnels.get(peer["interfaceName"]),
            }
        )
    result: Body = {"network": body["network"]}
    if peers:
        result["bgpPeerStatus"] = peers
    if body.get("nats"):
        result["natStatus"] = [
            {"name": nat["name"], "minExtraNatIpsNeeded": 0, "numVmEndpointsWithNatMappings": 0} for nat in body["nats"]
        ]
    return {"kind": "compute#routerStatusResponse", "result": result}


def _interfaces(change: Change) -> dict[str, IPv4Interface | None]:
    """The ranges by name of interface."""
    found: dict[str, IPv4Interface | None] = {}
    tunnels = set()
    _unique("interfaces", change.new.get("interfaces", []))
    for index, entry in enumerate(change.new.get("interfaces", [])):
        field = f"interfaces[{index}]"
        if "name" not in entry:
            raise missing(f"{field}.name")
        if len([name for name in _LINKED if entry.get(name)]) > 1:
            raise invalid(field, entry["name"], "An interface can have one linked resource.")
        mine = _link_local(f"{field}.ipRange", entry["ipRange"]) if "ipRange" in entry else None
        for name, other in found.items():
            if mine and other and mine.network.overlaps(other.network):
                raise invalid(f"{field}.ipRange", mine, f"It overlaps the range of interface '{name}'.")
        found[entry["name"]] = mine
        if link := entry.get("linkedVpnTunnel"):
            _tunnel(change, f"{field}.linkedVpnTunnel", link)
            if link in tunnels:
                raise invalid(f"{field}.linkedVpnTunnel", link, "The tunnel is linked to another interface already.")
            tunnels.add(link)
        entry.setdefault("managementType", "MANAGED_BY_USER")
    return found


def _link_local(field: str, text: str) -> IPv4Interface:
    """An address with its range, out of RFC 3927's block."""
    try:
        interface = IPv4Interface(text)
    except ValueError as error:
        raise invalid(field, text, "Must be an IP address with the length of its prefix.") from error
    network = interface.network
    if not network.subnet_of(_LINK_LOCAL) or network.overlaps(_METADATA):
        raise invalid(field, text, "The range must be in the link-local block 169.254.0.0/16 (RFC 3927).")
    if network.prefixlen not in (29, 30) or interface.ip in (network[0], network[-1]):
        raise invalid(field, text, "Must be the address of a host in a /30 (or /29) range.")
    return interface


def _tunnel(change: Change, field: str, link: str) -> None:
    tunnel = change.store.need(path_of(link))
    if path_of(tunnel["router"]) != change.path:
        raise invalid(field, link, f"The tunnel uses another router, '{name_of(tunnel['router'])}'.")


def _peer(field: str, peer: Body, asn: int | None, ranges: dict[str, IPv4Interface | None]) -> None:
    for name in ("name", "interfaceName", "peerAsn"):
        if name not in peer:
            raise missing(f"{field}.{name}")
    if peer["interfaceName"] not in ranges:
        raise invalid(f"{field}.interfaceName", peer["interfaceName"], "The router has no such interface.")
    if peer["peerAsn"] == asn or not peer["peerAsn"]:
        # https://cloud.google.com/network-connectivity/docs/router/concepts/overview: eBGP only
        raise invalid(f"{field}.peerAsn", peer["peerAsn"], "Peer ASN must be different from the router's ASN.")
    mine = ranges[peer["interfaceName"]]
    if mine is not None:
        if peer.setdefault("ipAddress", str(mine.ip)) != str(mine.ip):
            raise invalid(f"{field}.ipAddress", peer["ipAddress"], f"The interface has the address {mine.ip}.")
        if "peerIpAddress" in peer:
            theirs = values.address(f"{field}.peerIpAddress", peer["peerIpAddress"])
            if theirs not in mine.network or theirs in (mine.ip, mine.network[0], mine.network[-1]):
                why = f"Must be the other address of the interface's range {mine.network}."
                raise invalid(f"{field}.peerIpAddress", theirs, why)
    for key, value in (("enable", "TRUE"), ("managementType", "MANAGED_BY_USER"), ("enableIpv6", False)):
        peer.setdefault(key, value)
    _advertisement(field, peer)


def _advertisement(field: str, section: Body) -> None:
    """Groups and ranges are for advertiseMode CUSTOM."""
    mode = section.setdefault("advertiseMode", "DEFAULT")
    for key in ("advertisedGroups", "advertisedIpRanges"):
        if section.get(key) and mode != "CUSTOM":
            raise invalid(f"{field}.{key}", section[key], "It can only be populated if advertiseMode is CUSTOM.")
    for entry in section.get("advertisedIpRanges", []):
        values.network(f"{field}.advertisedIpRanges[].range", entry.get("range", ""))


def _nat(change: Change, field: str, nat: Body) -> None:
    """https://cloud.google.com/nat/docs/ports-and-addresses."""
    option = nat.setdefault("natIpAllocateOption", "AUTO_ONLY")
    if option == "MANUAL_ONLY" and not nat.get("natIps"):
        raise missing(f"{field}.natIps")
    if option == "AUTO_ONLY" and nat.get("natIps"):
        raise invalid(f"{field}.natIps", nat["natIps"], "It can only be populated if the option is MANUAL_ONLY.")
    for link in nat.get("natIps", []):
        path = path_of(link)
        if region_of(path) != change.region or change.store.need(path)["addressType"] != "EXTERNAL":
            raise invalid(f"{field}.natIps", link, f"Must be an external address of region {change.region}.")
    some = nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    if some != bool(nat.get("subnetworks")):
        why = "Subnetworks are given if, and only if, the ranges to translate are LIST_OF_SUBNETWORKS."
        raise invalid(f"{field}.subnetworks", nat.get("subnetworks", ""), why)
    least, most = nat.get("minPortsPerVm"), nat.get("maxPortsPerVm")
    if least is not None and not 2 <= least <= 57344:
        raise invalid(f"{field}.minPortsPerVm", least, "Must be between 2 and 57344.")
    if most is not None and not nat.get("enableDynamicPortAllocation"):
        raise invalid(f"{field}.maxPortsPerVm", most, "It needs dynamic port allocation.")
    _only_nat(change, field, nat)
    for key, value in (("type", "PUBLIC"), ("enableEndpointIndependentMapping", False)):
        nat.setdefault(key, value)
    nat.setdefault("endpointTypes", ["ENDPOINT_TYPE_VM"])


def _only_nat(change: Change, field: str, nat: Body) -> None:
    """A gateway for all subnetworks is the only one of its network and region."""
    for path, other in change.store.kind("routers", change.project):
        if path == change.path or region_of(path) != change.region or other["network"] != change.new["network"]:
            continue
        for theirs in other.get("nats", []):
            if "ALL_SUBNETWORKS" in theirs["sourceSubnetworkIpRangesToNat"] + nat["sourceSubnetworkIpRangesToNat"]:
                why = f"Router '{name_of(path)}' already translates subnetworks of this network."
                raise invalid(f"{field}.sourceSubnetworkIpRangesToNat", nat["name"], why)


def _unique(field: str, entries: list[Body]) -> None:
    names = [entry.get("name") for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"{field}[].name", name, "The name is used more than once.")
