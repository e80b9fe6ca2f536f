# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPC networks, subnetworks and routes.

https://cloud.google.com/vpc/docs/vpc, /subnets (ranges), /routes; REST: compute/docs/reference/rest/v1/networks,
/subnetworks, /routes.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from ..catalogue import ZONES
from ..errors import invalid, missing, unusable
from ..store import Body, link, name_of, now, path_of, region_of
from . import values
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

NETWORKS = Kind(
    "networks",
    "Network",
    defaults={
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        "routingConfig": {"routingMode": "REGIONAL", "bgpBestPathSelectionMode": "LEGACY"},
    },
    fixed=("autoCreateSubnetworks", "IPv4Range"),
)
SUBNETWORKS = Kind(
    "subnetworks",
    "Subnetwork",
    defaults={
        "privateIpGoogleAccess": False,
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
        "enableFlowLogs": False,
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
    },
    fixed=("network",),
)
ROUTES = Kind("routes", "Route", defaults={"priority": 1000})

# https://cloud.google.com/vpc/docs/subnets#valid-ranges: at least 8 addresses; these ranges are Google's or nobody's.
_SMALLEST = 29
_LARGEST = 4
_AUTOMATIC = IPv4Network("10.128.0.0/9")
_FORBIDDEN = tuple(
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "199.36.153.4/30", "199.36.153.8/30"),
        *("224.0.0.0/4", "255.255.255.255/32"),
    )
)
_HOPS = ("nextHopGateway", "nextHopInstance", "nextHopIp", "nextHopVpnTunnel", "nextHopIlb", "nextHopNetwork")


@NETWORKS.saving
def network(change: Change) -> None:
    """https://cloud.google.com/vpc/docs/mtu: 1,300 to 8,896 bytes."""
    mtu = change.new.get("mtu")
    if mtu is not None and not 1300 <= mtu <= 8896:
        raise invalid("mtu", mtu, "Must be between 1300 and 8896.")
    if change.old is None:
        if "autoCreateSubnetworks" not in change.new:  # that would be a legacy network, which nobody gets any more
            raise missing("autoCreateSubnetworks")
        if change.new["autoCreateSubnetworks"]:
            _automatic(change)
    change.new["selfLinkWithId"] = f"{change.new['selfLink'].rpartition('/')[0]}/{change.new['id']}"


def _automatic(change: Change) -> None:
    """One subnetwork in every region: https://cloud.google.com/vpc/docs/vpc#auto-mode-considerations."""
    ranges = _AUTOMATIC.subnets(new_prefix=20)
    for region, cidr in zip(ZONES, ranges, strict=False):
        path = f"projects/{change.project}/regions/{region}/subnetworks/{change.new['name']}"
        body = {
            "kind": "compute#subnetwork",
            "id": change.cloud.next_id(),
            "name": change.new["name"],
            "creationTimestamp": now(),
            "selfLink": link(path),
            "region": link(f"projects/{change.project}/regions/{region}"),
            "network": change.new["selfLink"],
            "ipCidrRange": str(cidr),
        }
        SUBNETWORKS.keep(change.cloud, path, SUBNETWORKS.complete(body), owner=change.path)


@NETWORKS.deleting
def network_deleted(cloud: Cloud, path: str) -> None:
    """Automatic subnetworks go along."""
    for owned in cloud.store("compute").owned(path):
        cloud.drop("compute", owned)


@NETWORKS.viewing
def network_view(cloud: Cloud, path: str, body: Body) -> Body:
    """A network lists its subnetworks."""
    subnetworks = [
        item["selfLink"] for _, item in cloud.store("compute").kind("subnetworks") if path_of(item["network"]) == path
    ]
    return {**body, "subnetworks": subnetworks} if subnetworks else body


@SUBNETWORKS.saving
def subnetwork(change: Change) -> None:
    """A valid range, that nothing else of the network has, and that can only grow."""
    mine = _range("ipCidrRange", change.new["ipCidrRange"])
    if change.old is not None and mine != (before := _range("ipCidrRange", change.old["ipCidrRange"])):
        # https://cloud.google.com/vpc/docs/create-modify-vpc-networks#expand-subnet
        why = f"The range can only be expanded: {mine} does not contain {before}."
        if not before.subnet_of(mine):
            raise invalid("ipCidrRange", mine, why)
    ranges = [mine]
    for secondary in change.new.get("secondaryIpRanges", []):
        ranges.append(_range("secondaryIpRanges[].ipCidrRange", secondary["ipCidrRange"]))
        if any(ranges[-1].overlaps(other) for other in ranges[:-1]):
            raise invalid("secondaryIpRanges[].ipCidrRange", ranges[-1], "It overlaps another range of the subnetwork.")
    for path, other in change.store.kind("subnetworks", change.project):
        if path == change.path or other["network"] != change.new["network"]:
            continue
        for taken in _ranges(other):
            for one in ranges:
                if one.overlaps(taken):
                    why = (
                        f"Invalid IPCidrRange: {one} conflicts with existing subnetwork '{name_of(path)}' "
                        f"in region '{region_of(path)}'."
                    )
                    raise invalid("ipCidrRange", one, why)
    change.new["gatewayAddress"] = str(mine[1])


@SUBNETWORKS.verb("expandIpCidrRange")
def expand(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/expandIpCidrRange."""
    if "ipCidrRange" not in call.body:
        raise missing("ipCidrRange")
    SUBNETWORKS.keep(call.cloud, call.path, {**call.store.need(call.path), **call.body})


@SUBNETWORKS.verb("setPrivateIpGoogleAccess")
def private_access(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/setPrivateIpGoogleAccess."""
    wanted = bool(call.body.get("privateIpGoogleAccess", False))
    SUBNETWORKS.keep(call.cloud, call.path, {**call.store.need(call.path), "privateIpGoogleAccess": wanted})


@ROUTES.saving
def route(change: Change) -> None:
    """Exactly one next hop, a valid destination and priority."""
    values.network("destRange", change.new["destRange"])
    if not 0 <= change.new["priority"] <= 65535:
        raise invalid("priority", change.new["priority"], "Must be between 0 and 65535.")
    values.tags("tags", change.new.get("tags", []))
    hops = [hop for hop in _HOPS if hop in change.new]
    if len(hops) != 1:
        raise invalid("nextHop", hops, "Exactly one next hop must be specified.")


def usable(subnetwork_body: Body, address: IPv4Address) -> bool:
    """May a resource have this address? The first two and the last two of a range are reserved.

    https://cloud.google.com/vpc/docs/subnets#unusable-ip-addresses-in-every-subnet
    """
    cidr = IPv4Network(subnetwork_body["ipCidrRange"])
    return address in cidr and int(address) - int(cidr[0]) >= 2 and int(cidr[-1]) - int(address) >= 2


def take_address(cloud: Cloud, subnetwork_path: str, wanted: str = "", field: str = "networkIP") -> str:
    """A private address out of a subnetwork, that one or the next free one. Errors: 400."""
    body = cloud.store("compute").need(subnetwork_path)
    used = _used(cloud, subnetwork_path)
    if wanted:
        address = values.address(field, wanted)
        if not usable(body, address):
            why = f"IP address must be within the range {body['ipCidrRange']} of the subnetwork and not reserved."
            raise invalid(field, wanted, why)
        if wanted in used:
            raise invalid(field, wanted, "IP_IN_USE_BY_ANOTHER_RESOURCE: the address is already in use.")
        return wanted
    for address in IPv4Network(body["ipCidrRange"]).hosts():
        if usable(body, address) and str(address) not in used:
            return str(address)
    raise unusable(f"IP space of '{subnetwork_path}' is exhausted")


def _used(cloud: Cloud, subnetwork_path: str) -> set[str]:
    """The addresses of a subnetwork's instances and reservations."""
    store = cloud.store("compute")
    taken = {
        nic.get("networkIP", "")
        for _, instance in store.kind("instances")
        for nic in instance.get("networkInterfaces", [])
        if path_of(nic.get("subnetwork")) == subnetwork_path
    }
    reserved = {
        body["address"] for _, body in store.kind("addresses") if path_of(body.get("subnetwork")) == subnetwork_path
    }
    return taken | reserved


def _range(field: str, text: str) -> IPv4Network:
    cidr = values.network(field, text)
    if not isinstance(cidr, IPv4Network):
        raise invalid(field, text, "Must be an IPv4 range.")
    if not _LARGEST <= cidr.prefixlen <= _SMALLEST:
        raise invalid(field, text, f"The prefix length must be between /{_LARGEST} and /{_SMALLEST}.")
    if any(cidr.overlaps(other) for other in _FORBIDDEN):
        raise invalid(field, text, "The range is reserved.")
    return cidr


def _ranges(body: Body) -> list[IPv4Network]:
    secondary = [entry["ipCidrRange"] for entry in body.get("secondaryIpRanges", [])]
    return [IPv4Network(text) for text in [body["ipCidrRange"], *secondary]]
