# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides mean the same four tunnels."""

from __future__ import annotations

from typing import Any


def below(google: dict[str, dict[str, Any]], collection: str) -> dict[str, dict[str, Any]]:
    return {path.rpartition("/")[2]: body for path, body in google.items() if f"/{collection}/" in path}


def test_each_tunnel_leads_to_the_address_that_aws_gave_it(
    google: dict[str, dict[str, Any]], connections: list[dict[str, Any]]
) -> None:
    (router,) = (one for one in below(google, "routers").values() if one.get("interfaces"))
    tunnels, (gateway,) = below(google, "vpnTunnels"), below(google, "vpnGateways").values()
    ours = {one["id"]: one["ipAddress"] for one in gateway["vpnInterfaces"]}
    inside = {one["linkedVpnTunnel"].rpartition("/")[2]: one["ipRange"] for one in router["interfaces"]}
    options = [one for each in connections for one in each["Options"]["TunnelOptions"]]
    theirs = {one["TunnelInsideCidr"]: one["OutsideIpAddress"] for one in options}
    assert len(tunnels) == len(theirs) == len(inside) == 4
    for name, tunnel in tunnels.items():
        net, _, last = inside[name].partition("/")[0].rpartition(".")
        assert theirs[f"{net}.{int(last) - 2}/30"] == tunnel["peerIp"], name
    assert {tunnel["vpnGatewayInterface"] for tunnel in tunnels.values()} == set(ours) == {0, 1}


def test_bgp_numbers_are_each_others(google: dict[str, dict[str, Any]], connections: list[dict[str, Any]]) -> None:
    (router,) = (one for one in below(google, "routers").values() if one.get("interfaces"))
    assert router["bgp"]["asn"] == 65010
    assert [peer["peerAsn"] for peer in router["bgpPeers"]] == [65020] * 4
    assert all("<asn>65020</asn>" in one["CustomerGatewayConfiguration"].replace("bgp_", "") for one in connections)


def test_the_apis_did_all_that_they_were_asked(beyond: list[str]) -> None:
    assert beyond == []
