# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Site-to-Site VPN accepts, stores and tells the customer's side. Pure: API-shaped dicts in and out.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnTunnelOptions.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnGateway.html
"""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import Any

Tunnel = dict[str, Any]

TUNNELS = 2
INSIDE = IPv4Network("169.254.0.0/16")
RESERVED = (*(IPv4Network(f"169.254.{number}.0/30") for number in range(6)), IPv4Network("169.254.169.252/30"))
PRE_SHARED_KEY = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
ENCRYPTION = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
INTEGRITY = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
DH_GROUPS = {1: (2, *range(14, 25), 35), 2: (2, 5, *range(14, 25), 35, 36, 37)}
LISTS: dict[str, tuple[Any, ...]] = {
    "Phase1EncryptionAlgorithms": ENCRYPTION,
    "Phase2EncryptionAlgorithms": ENCRYPTION,
    "Phase1IntegrityAlgorithms": INTEGRITY,
    "Phase2IntegrityAlgorithms": INTEGRITY,
    "Phase1DHGroupNumbers": DH_GROUPS[1],
    "Phase2DHGroupNumbers": DH_GROUPS[2],
    "IKEVersions": ("ikev1", "ikev2"),
}
RANGES = {
    "Phase1LifetimeSeconds": (900, 28_800),
    "Phase2LifetimeSeconds": (900, 3_600),
    "RekeyFuzzPercentage": (0, 100),
    "ReplayWindowSize": (64, 2048),
    "DPDTimeoutSeconds": (30, None),
}
CHOICES = {"DPDTimeoutAction": ("clear", "none", "restart"), "StartupAction": ("add", "start")}
DEFAULTS = {"Phase1LifetimeSeconds": 28_800, "Phase2LifetimeSeconds": 3_600, "RekeyMarginTimeSeconds": 270}
SUPPORTED = frozenset({"TunnelInsideCidr", "PreSharedKey", "RekeyMarginTimeSeconds", *LISTS, *RANGES, *CHOICES})
# Describe spells these differently (API_TunnelOption.html).
STORED_AS = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}
# How the XML for the customer's device spells algorithms.
CIPHERS = {"AES128": "aes-128-cbc", "AES256": "aes-256-cbc", "AES128-GCM-16": "aes-128-gcm-16"} | {
    "AES256-GCM-16": "aes-256-gcm-16"
}


class Refused(Exception):
    """A request that AWS refuses. ``code`` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class End:
    """One end of all tunnels of a connection, as the XML names it."""

    address: str
    asn: int


def require_valid(given: Mapping[str, Any], current: Mapping[str, Any], taken: Collection[IPv4Network]) -> None:
    """Options of one tunnel, new (``current`` is empty) or to be changed. ``taken``: the gateway's other inside CIDRs.

    Raises Refused, and NotImplementedError for what nothing here would act upon.
    """
    if given.get("TunnelInsideIpv6Cidr"):
        message = "An ipv6 inside cidr is not allowed for VPNs using an ipv4 inside ip version"
        raise Refused("InvalidParameterCombination", message)
    if unsupported := sorted(name for name in given.keys() - SUPPORTED if given[name] not in (None, False, {}, [])):
        raise NotImplementedError(f"a VPN tunnel with {', '.join(unsupported)}")
    if "TunnelInsideCidr" in given:
        _require_inside_cidr(given["TunnelInsideCidr"], taken)
    if "PreSharedKey" in given and not PRE_SHARED_KEY.fullmatch(given["PreSharedKey"]):
        # Seen in the answer of the real API, which does not repeat the key.
        raise Refused("InvalidParameterValue", "Value for parameter PreSharedKey is invalid.")
    for name, (least, most) in RANGES.items():
        value = given.get(name)
        if value is not None and (int(value) < least or (most is not None and int(value) > most)):
            raise _invalid(name, value, f"at least {least}" if most is None else f"{least} to {most}")
    for name, allowed in (*CHOICES.items(), *LISTS.items()):
        for value in _values(given.get(name, ())):
            if value not in allowed:
                raise _invalid(name, value, ", ".join(map(str, allowed)))
    _require_times(DEFAULTS | {name: value for name, value in {**current, **given}.items() if name in DEFAULTS})


def _require_inside_cidr(text: str, taken: Collection[IPv4Network]) -> None:
    try:
        cidr = IPv4Network(text)
    except ValueError:
        raise _invalid("TunnelInsideCidr", text, f"a /30 in {INSIDE}") from None
    if cidr.prefixlen != 30 or not cidr.subnet_of(INSIDE):
        raise _invalid("TunnelInsideCidr", text, f"a /30 in {INSIDE}")
    if cidr in RESERVED:
        raise _invalid("TunnelInsideCidr", text, f"a /30 that is not reserved, as {', '.join(map(str, RESERVED))} are")
    if cidr in taken:
        raise _invalid("TunnelInsideCidr", text, "one that no other VPN connection of the virtual private gateway has")


def _require_times(times: Mapping[str, int]) -> None:
    first, second, margin = (int(times[name]) for name in DEFAULTS)
    if second >= first:
        raise _invalid("Phase2LifetimeSeconds", second, f"less than Phase1LifetimeSeconds, {first}")
    if not 60 <= margin <= second // 2:
        raise _invalid("RekeyMarginTimeSeconds", margin, f"60 to half of Phase2LifetimeSeconds, {second // 2}")


def _invalid(name: str, value: Any, allowed: str) -> Refused:
    return Refused("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid. Allowed: {allowed}.")


def _values(given: Any) -> Iterator[Any]:
    if isinstance(given, str):
        yield given
        return
    for each in given or ():
        yield int(each["Value"]) if str(each["Value"]).isdecimal() else each["Value"]


def stored(given: Mapping[str, Any]) -> Tunnel:
    """Checked options as DescribeVpnConnections shows them; what was never given is not shown."""
    shown: Tunnel = {}
    for name in SUPPORTED & {name for name, value in given.items() if value is not None}:
        value = given[name]
        if name in LISTS:
            value = [{"Value": each} for each in _values(value)]
        shown[STORED_AS.get(name, name)] = int(value) if str(value).isdecimal() and name != "PreSharedKey" else value
    return shown


def as_given(tunnel: Mapping[str, Any]) -> Tunnel:
    """The reverse: what is stored, under the names of a request."""
    names = {shown: name for name, shown in STORED_AS.items()}
    return {names.get(name, name): value for name, value in tunnel.items() if name != "OutsideIpAddress"}


def new_tunnels(
    given: Sequence[Mapping[str, Any]], taken: Collection[IPv4Network], addresses: Iterator[str], random: Random
) -> list[Tunnel]:
    """Both tunnels of a new connection; AWS chooses the CIDR and the key that are not given. Raises Refused."""
    if len(given) > TUNNELS:
        raise _invalid("TunnelOptions", len(given), f"at most {TUNNELS}")
    used, tunnels = set(taken), []
    for options in given:
        require_valid(options, {}, used)
        if "TunnelInsideCidr" in options:
            used.add(IPv4Network(options["TunnelInsideCidr"]))
    for options in (*given, *[{}] * (TUNNELS - len(given))):
        tunnel = {"OutsideIpAddress": next(addresses)} | stored(options)
        if "TunnelInsideCidr" not in tunnel:
            cidr = _free_cidr(used, random)
            used.add(cidr)
            tunnel["TunnelInsideCidr"] = str(cidr)
        if "PreSharedKey" not in tunnel:
            first, letters = string.ascii_letters, string.ascii_letters + string.digits
            tunnel["PreSharedKey"] = random.choice(first) + "".join(random.choices(letters, k=31))
        tunnels.append(tunnel)
    return tunnels


def _free_cidr(used: Collection[IPv4Network], random: Random) -> IPv4Network:
    while True:
        cidr = IPv4Network((int(INSIDE.network_address) + 4 * random.randrange(2**14), 30))
        if cidr not in used and cidr not in RESERVED:
            return cidr


def require_customer_asn(asn: Any) -> int:
    """BgpAsn of a customer gateway. Raises Refused."""
    number = int(asn) if str(asn).isdecimal() else 0
    if not 1 <= number <= 2_147_483_647:
        raise _invalid("BgpAsn", asn, "1 to 2147483647")
    return number


def require_amazon_asn(asn: Any) -> int:
    """AmazonSideAsn of a virtual private gateway. Raises Refused."""
    number = int(asn) if str(asn).isdecimal() else 0
    if not (64_512 <= number <= 65_534 or 4_200_000_000 <= number <= 4_294_967_294):
        raise _invalid("AmazonSideAsn", asn, "64512 to 65534 and 4200000000 to 4294967294")
    return number


def customer_configuration(
    ids: Mapping[str, str], tunnels: Sequence[Tunnel], customer: End, amazon_asn: int, static: bool
) -> str:
    """CustomerGatewayConfiguration: XML for the device at the other end, its tunnels by their outside address.

    ``ids``: vpn_connection, customer_gateway and vpn_gateway. Of several permitted algorithms it names the first.
    """
    root = ET.Element("vpn_connection", id=ids["vpn_connection"])
    ET.SubElement(root, "customer_gateway_id").text = ids["customer_gateway"]
    ET.SubElement(root, "vpn_gateway_id").text = ids["vpn_gateway"]
    ET.SubElement(root, "vpn_connection_type").text = "ipsec.1"
    if static:
        ET.SubElement(root, "vpn_connection_attributes").text = "NoBGPVPNConnection"
    for tunnel in sorted(tunnels, key=lambda each: str(each["OutsideIpAddress"])):
        amazon = End(tunnel["OutsideIpAddress"], amazon_asn)
        first, second = IPv4Network(tunnel["TunnelInsideCidr"]).hosts()
        part = ET.SubElement(root, "ipsec_tunnel")
        _fill(part, {"customer_gateway": _end(customer, str(second), static)})
        _fill(part, {"vpn_gateway": _end(amazon, str(first), static)})
        _fill(part, {"ike": _ike(tunnel), "ipsec": _ipsec(tunnel)})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _fill(element: ET.Element, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        child = ET.SubElement(element, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        else:
            child.text = str(value)


def _end(end: End, inside: str, static: bool) -> dict[str, Any]:
    bgp = {} if static else {"bgp": {"asn": end.asn, "hold_time": 30}}
    return {
        "tunnel_outside_address": {"ip_address": end.address},
        "tunnel_inside_address": {"ip_address": inside, "network_mask": "255.255.255.252", "network_cidr": 30},
    } | bgp


def _chosen(tunnel: Tunnel, name: str) -> Any:
    return tunnel.get(name, [{"Value": LISTS[name][0]}])[0]["Value"]


def _ike(tunnel: Tunnel) -> dict[str, Any]:
    return {
        "authentication_protocol": str(_chosen(tunnel, "Phase1IntegrityAlgorithms")).lower(),
        "encryption_protocol": CIPHERS[_chosen(tunnel, "Phase1EncryptionAlgorithms")],
        "lifetime": tunnel.get("Phase1LifetimeSeconds", DEFAULTS["Phase1LifetimeSeconds"]),
        "perfect_forward_secrecy": f"group{_chosen(tunnel, 'Phase1DHGroupNumbers')}",
        "mode": "main",
        "pre_shared_key": tunnel["PreSharedKey"],
    }


def _ipsec(tunnel: Tunnel) -> dict[str, Any]:
    integrity = str(_chosen(tunnel, "Phase2IntegrityAlgorithms")).lower()
    return {
        "protocol": "esp",
        "authentication_protocol": f"hmac-{integrity}" + ("-96" if integrity == "sha1" else ""),
        "encryption_protocol": CIPHERS[_chosen(tunnel, "Phase2EncryptionAlgorithms")],
        "lifetime": tunnel.get("Phase2LifetimeSeconds", DEFAULTS["Phase2LifetimeSeconds"]),
        "perfect_forward_secrecy": f"group{_chosen(tunnel, 'Phase2DHGroupNumbers')}",
        "mode": "tunnel",
        "clear_df_bit": "true",
        "fragmentation_before_encryption": "true",
        "tcp_mss_adjustment": 1379,
        "dead_peer_detection": {"interval": 10, "retries": 3},
    }
