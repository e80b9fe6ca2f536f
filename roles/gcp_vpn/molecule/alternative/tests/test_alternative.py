# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Stored = Callable[[str], dict[str, dict[str, Any]]]
REGION = "regions/europe-west3"


def test_the_api_did_all_that_it_was_asked(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []


def test_the_old_tunnel_is_gone_and_the_others_go_to_the_new_addresses(stored: Stored) -> None:
    found = stored(f"{REGION}/vpnTunnels")
    assert {name: one["peerIp"] for name, one in found.items()} == {
        "shop-a": "198.51.100.21",
        "shop-b": "198.51.100.22",
        "shop-c": "198.51.100.23",
        "shop-d": "198.51.100.24",
    }
    assert len(stored("global/externalVpnGateways")) == 1


def test_the_router_tells_more_and_prefers_a_tunnel(stored: Stored) -> None:
    router = stored(f"{REGION}/routers")["shop-vpn"]
    bgp = router["bgp"]
    assert (bgp["asn"], bgp["advertiseMode"], bgp["keepaliveInterval"]) == (4200000001, "CUSTOM", 30)
    assert bgp["advertisedGroups"] == ["ALL_SUBNETS"]
    assert [one["range"] for one in bgp["advertisedIpRanges"]] == ["10.99.0.0/16"]
    priorities = {one["name"]: one["advertisedRoutePriority"] for one in router["bgpPeers"]}
    assert priorities == {"shop-a": 50, "shop-b": 100, "shop-c": 100, "shop-d": 100}
    assert {one["peerAsn"] for one in router["bgpPeers"]} == {64700}
