# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn.connections import (
    ConfigurationError,
    alive,
    describe,
    parse,
    status_of,
)

TUNNEL = """
  <ipsec_tunnel>
    <customer_gateway>
      <tunnel_outside_address><ip_address>198.51.100.11</ip_address></tunnel_outside_address>
      <tunnel_inside_address><ip_address> {inside}.2 </ip_address></tunnel_inside_address>
      {customer_bgp}
    </customer_gateway>
    <vpn_gateway>
      <tunnel_outside_address><ip_address>{outside}</ip_address></tunnel_outside_address>
      <tunnel_inside_address><ip_address>{inside}.1</ip_address></tunnel_inside_address>
      {amazon_bgp}
    </vpn_gateway>
    <ike><pre_shared_key>very_secret</pre_shared_key></ike>
  </ipsec_tunnel>"""


def xml(*tunnels: tuple[str, str], bgp: bool = True) -> str:
    parts = [
        TUNNEL.format(
            outside=outside,
            inside=inside,
            customer_bgp="<bgp><asn>65010</asn><hold_time>30</hold_time></bgp>" if bgp else "",
            amazon_bgp="<bgp><asn>64512</asn><hold_time>30</hold_time></bgp>" if bgp else "",
        )
        for outside, inside in tunnels
    ]
    return f'<?xml version="1.0" encoding="UTF-8"?><vpn_connection id="vpn-1">{"".join(parts)}</vpn_connection>'


def connection(**more: Any) -> dict[str, Any]:
    return {
        "VpnConnectionId": "vpn-1",
        "State": "available",
        "CustomerGatewayId": "cgw-1",
        "VpnGatewayId": "vgw-1",
        "Options": {
            "StaticRoutesOnly": False,
            "TunnelOptions": [
                {
                    "OutsideIpAddress": "203.0.113.9",
                    "TunnelInsideCidr": "169.254.9.0/30",
                    "PreSharedKey": "very_secret",
                },
                {"OutsideIpAddress": "203.0.113.1", "TunnelInsideCidr": "169.254.8.0/30", "StartupAction": "start"},
            ],
        },
        "CustomerGatewayConfiguration": xml(("203.0.113.1", "169.254.8"), ("203.0.113.9", "169.254.9")),
        "VgwTelemetry": [
            {
                "OutsideIpAddress": "203.0.113.1",
                "Status": "UP",
                "StatusMessage": "2 BGP ROUTES",
                "LastStatusChange": datetime(2026, 1, 2, tzinfo=UTC),
                "AcceptedRouteCount": 2,
            }
        ],
        "Tags": [{"Key": "Name", "Value": "x"}],
        **more,
    }


def test_three_lists_of_tunnels_become_one_by_their_address() -> None:
    first, second = describe(connection())["tunnels"]
    assert first["outside_address"] == "203.0.113.9"
    assert (first["inside_cidr"], first["amazon_inside_address"]) == ("169.254.9.0/30", "169.254.9.1")
    assert (first["customer_inside_address"], first["customer_asn"], first["amazon_asn"]) == (
        "169.254.9.2",
        65010,
        64512,
    )
    assert (second["inside_cidr"], second["startup_action"]) == ("169.254.8.0/30", "start")
    assert (second["status"], second["accepted_routes"]) == ("UP", 2)
    assert second["status_since"] == "2026-01-02T00:00:00+00:00"


def test_what_is_not_reported_is_down() -> None:
    assert describe(connection())["tunnels"][0]["status"] == "DOWN"
    assert status_of(connection(), "203.0.113.9") == "DOWN"
    assert status_of(connection(), "203.0.113.1") == "UP"


def test_no_key_is_ever_described() -> None:
    assert "very_secret" not in str(describe(connection()))


def test_the_order_can_be_chosen() -> None:
    tunnels = describe(connection(), ["203.0.113.1"])["tunnels"]
    assert [each["outside_address"] for each in tunnels] == ["203.0.113.1", "203.0.113.9"]


def test_a_static_connection_has_no_bgp() -> None:
    (tunnel,) = parse(xml(("203.0.113.1", "169.254.8"), bgp=False)).values()
    assert tunnel.keys() == {"amazon_inside_address", "customer_outside_address", "customer_inside_address"}


def test_a_connection_may_lack_almost_everything() -> None:
    bare = connection(Options={}, Tags=[], VgwTelemetry=[], VpnGatewayId=None)
    del bare["CustomerGatewayConfiguration"]
    assert describe(bare) | {"tags": {}} == {
        "id": "vpn-1", "name": "", "state": "available", "customer_gateway_id": "cgw-1", "vpn_gateway_id": "",
        "static_routes_only": False, "tags": {}, "tunnels": [],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["no xml", "<a>", "<vpn_connection><ipsec_tunnel/></vpn_connection>"])
def test_an_unreadable_configuration_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="CustomerGatewayConfiguration"):
        parse(text)


def test_deleted_connections_are_gone() -> None:
    states = ["pending", "available", "modifying", "deleting", "deleted"]
    assert [each["State"] for each in alive([connection(State=state) for state in states])] == states[:3]
