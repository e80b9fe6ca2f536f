# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Stored = Callable[[str], dict[str, dict[str, Any]]]
REGION = "regions/asia-northeast3"


def test_the_api_did_all_that_it_was_asked(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []


def test_four_tunnels_from_both_interfaces_to_four_addresses(stored: Stored) -> None:
    found = stored(f"{REGION}/vpnTunnels")
    ends = {
        name: (one["vpnGatewayInterface"], one["peerExternalGatewayInterface"], one["peerIp"])
        for name, one in found.items()
    }
    assert ends == {
        "multicloud-dr-0": (0, 0, "198.51.100.11"),
        "multicloud-dr-1": (0, 1, "198.51.100.12"),
        "multicloud-dr-2": (1, 2, "198.51.100.13"),
        "multicloud-dr-3": (1, 3, "198.51.100.14"),
    }
    assert {one["ikeVersion"] for one in found.values()} == {2}
    assert {one["labels"]["project"] for one in found.values()} == {"multicloud-dr"}


def test_each_tunnel_has_a_session_of_its_own(stored: Stored) -> None:
    router = stored(f"{REGION}/routers")["multicloud-dr-vpn"]
    assert (router["bgp"]["asn"], router["bgp"]["advertiseMode"]) == (65534, "DEFAULT")
    peers = {one["name"]: (one["ipAddress"], one["peerIpAddress"], one["peerAsn"]) for one in router["bgpPeers"]}
    assert peers["multicloud-dr-2"] == ("169.254.10.10", "169.254.10.9", 64512)
    assert len(peers) == len(router["interfaces"]) == 4
