# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VPN connection as DescribeVpnConnections answers it, in one piece: options, the customer's XML, telemetry. Pure.

The three lists of tunnels come in different orders; the Amazon-side address tells which is which.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnConnection.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .tunnels import Existing, from_api, shown

Facts = dict[str, Any]

GONE = ("deleting", "deleted")
# Option name of a fact -> its path in an <ipsec_tunnel>, and whether it is a number.
CONFIGURATION = {
    "amazon_inside_address": ("vpn_gateway/tunnel_inside_address/ip_address", str),
    "amazon_asn": ("vpn_gateway/bgp/asn", int),
    "customer_outside_address": ("customer_gateway/tunnel_outside_address/ip_address", str),
    "customer_inside_address": ("customer_gateway/tunnel_inside_address/ip_address", str),
    "customer_asn": ("customer_gateway/bgp/asn", int),
    "bgp_hold_seconds": ("customer_gateway/bgp/hold_time", int),
}


class ConfigurationError(ValueError):
    """CustomerGatewayConfiguration is not the XML that it is documented to be; the text says why."""


def tags_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """A resource's tags as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags") or ()}


def parse(configuration: str) -> dict[str, Facts]:
    """The tunnels of a CustomerGatewayConfiguration by their Amazon-side address, without keys.

    A static connection has no BGP facts. Raises ConfigurationError.
    """
    try:
        tunnels = list(ET.fromstring(configuration).iter("ipsec_tunnel"))
    except ET.ParseError as error:
        raise ConfigurationError(f"CustomerGatewayConfiguration is not XML: {error}") from error
    found: dict[str, Facts] = {}
    for tunnel in tunnels:
        outside = (tunnel.findtext("vpn_gateway/tunnel_outside_address/ip_address") or "").strip()
        if not outside:
            raise ConfigurationError("CustomerGatewayConfiguration has a tunnel without the address of Amazon's side.")
        texts = {name: (tunnel.findtext(path) or "").strip() for name, (path, _) in CONFIGURATION.items()}
        found[outside] = {name: CONFIGURATION[name][1](text) for name, text in texts.items() if text}
    return found


def tunnels_of(connection: Mapping[str, Any]) -> list[Existing]:
    """The tunnels' options, with their keys, in the API's order."""
    return [from_api(each) for each in (connection.get("Options") or {}).get("TunnelOptions") or ()]


def alive(connections: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that are not deleted; AWS lists deleted ones for a while."""
    return [connection for connection in connections if connection["State"] not in GONE]


def status_of(connection: Mapping[str, Any], outside_address: str) -> str:
    """UP or DOWN. No telemetry is never UP."""
    for each in connection.get("VgwTelemetry") or ():
        if each["OutsideIpAddress"] == outside_address:
            return str(each["Status"])
    return "DOWN"


def describe(connection: Mapping[str, Any], order: Sequence[str] = ()) -> Facts:
    """A connection as the modules return it; keys are left out.

    ``order``: Amazon-side addresses of the tunnels that come first. Raises ConfigurationError.
    """
    configuration = connection.get("CustomerGatewayConfiguration")
    parsed = parse(configuration) if configuration else {}
    telemetry = {each["OutsideIpAddress"]: each for each in connection.get("VgwTelemetry") or ()}
    rank = {address: place for place, address in enumerate(order)}
    tunnels = sorted(tunnels_of(connection), key=lambda each: rank.get(each.outside_address, len(rank)))
    tags = tags_of(connection)
    return {
        "id": connection["VpnConnectionId"],
        "name": tags.get("Name", ""),
        "state": connection["State"],
        "customer_gateway_id": connection["CustomerGatewayId"],
        "vpn_gateway_id": connection.get("VpnGatewayId") or "",
        "static_routes_only": bool((connection.get("Options") or {}).get("StaticRoutesOnly")),
        "tags": tags,
        "tunnels": [
            {"outside_address": tunnel.outside_address}
            | shown(tunnel.options)
            | parsed.get(tunnel.outside_address, {})
            | _seen(telemetry.get(tunnel.outside_address, {}))
            for tunnel in tunnels
        ],
    }


def _seen(telemetry: Mapping[str, Any]) -> Facts:
    since = telemetry.get("LastStatusChange")
    return {
        "status": telemetry.get("Status", "DOWN"),
        "status_message": telemetry.get("StatusMessage") or "",
        "status_since": since.isoformat() if since else "",
        "accepted_routes": telemetry.get("AcceptedRouteCount", 0),
    }
