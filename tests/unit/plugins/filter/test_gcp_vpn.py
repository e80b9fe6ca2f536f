# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of role gcp_vpn."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.gcp_vpn_down import gcp_vpn_down
from ansible_collections.multicloud.dr.plugins.filter.gcp_vpn_errors import gcp_vpn_errors
from ansible_collections.multicloud.dr.plugins.filter.gcp_vpn_findings import gcp_vpn_findings
from ansible_collections.multicloud.dr.plugins.filter.gcp_vpn_sessions import gcp_vpn_sessions

PEERS = ["198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.14"]
TUNNELS: list[dict[str, Any]] = [
    {
        "name": str(number),
        "interface": number // 2,
        "peer_interface": number,
        "address": f"169.254.10.{4 * number + 2}/30",
        "peer_address": f"169.254.10.{4 * number + 1}",
    }
    for number in range(4)
]
KEYS = {str(number): f"unit.test.key_{number}" for number in range(4)}


def errors(first: dict[str, Any] | None = None, **change: Any) -> str:
    tunnels = [{**TUNNELS[0], **(first or {})}, *TUNNELS[1:]]
    options = {"peer_addresses": PEERS, "psks": KEYS, "asn": 65534, "peer_asn": 64512, **change}
    return " ".join(gcp_vpn_errors(options.pop("tunnels", tunnels), **options))


def test_good_ones_have_no_errors_and_neither_has_the_first_stage() -> None:
    assert errors() == ""
    assert errors(peer_addresses=[], psks={}) == ""
    assert errors(tunnels=[], peer_addresses=[], psks={}) == ""


@pytest.mark.parametrize(
    ("first", "part"),
    [
        ({"name": "a_b"}, "'a_b' needs a name"),
        ({"name": "1"}, "'1' needs a name of its own"),
        ({"interface": 1}, "less is not highly available"),
        ({"peer_interface": 1}, "one to each of 0 to 3"),
        ({"address": "169.254.10.2/29"}, "needed is one of a /30"),
        ({"address": "10.0.0.2/30"}, "of 169.254.0.0/16"),
        ({"address": "none"}, "'none'"),
        ({"address": "169.254.10.3/30"}, "needed are the two of 169.254.10.1 and 169.254.10.2"),
        ({"peer_address": "169.254.10.2"}, "needed are the two"),
        ({"peer_address": "169.254.10.5"}, "needed are the two"),
        ({"address": "169.254.169.254/30", "peer_address": "169.254.169.253"}, "reserved"),
        ({"address": "169.254.10.6/30", "peer_address": "169.254.10.5"}, "inside two tunnels"),
    ],
)
def test_a_tunnel(first: dict[str, Any], part: str) -> None:
    assert part in errors(first)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"asn": 13}, "has to be private"),
        ({"asn": 64512}, "are both 64512"),
        ({"peer_addresses": PEERS[:3]}, "needed are four"),
        ({"peer_addresses": [*PEERS[:3], "x"]}, "'x', which is no IPv4 address"),
        ({"tunnels": TUNNELS[:3]}, "needed are four, two from each"),
        ({"psks": {**KEYS, "0": "short"}}, "the key of '0'"),
        ({"psks": {**KEYS, "0": "0zero.zero.zero"}}, "the key of '0'"),
        ({"psks": {}}, "the key of '3' is missing"),
        ({"psks": {**KEYS, "0": KEYS["1"]}}, "two tunnels have the same key"),
    ],
)
def test_the_whole(change: dict[str, Any], part: str) -> None:
    said = errors(**change)
    assert part in said
    assert not any(key in said for key in KEYS.values())


def test_a_session_for_each_tunnel() -> None:
    assert gcp_vpn_sessions([{**TUNNELS[1], "priority": 50}], "shop", "regions/r", 64512) == {
        "interfaces": [
            {"name": "shop-1", "ipRange": "169.254.10.6/30", "linkedVpnTunnel": "regions/r/vpnTunnels/shop-1"}
        ],
        "bgpPeers": [
            {
                "name": "shop-1",
                "interfaceName": "shop-1",
                "ipAddress": "169.254.10.6",
                "peerIpAddress": "169.254.10.5",
                "peerAsn": 64512,
                "advertisedRoutePriority": 50,
                "enable": "TRUE",
            }
        ],
    }


def test_findings_are_told_by_tunnel_and_a_key_is_not_told() -> None:
    results = [
        {"item": {"name": "0"}, "differences": ["description is shop, key 12ab, wanted is shop, key 34cd"]},
        {"item": {"name": "1"}, "differences": ["ikeVersion is 1, wanted is 2"]},
        {"item": {"name": "2"}, "differences": []},
    ]
    assert gcp_vpn_findings(results, ["bgpPeers[shop-3].peerAsn is 1, wanted is 2", "bgp.asn is 1, wanted is 2"]) == [
        "Tunnel 0: the pre-shared key is another one than the wanted.",
        "Tunnel 1: ikeVersion is 1, wanted is 2.",
        "Tunnel shop-3: bgpPeers[shop-3].peerAsn is 1, wanted is 2.",
        "Router: bgp.asn is 1, wanted is 2.",
    ]


def test_what_does_not_stand_is_told_with_its_cause() -> None:
    tunnels = [
        {"name": "shop-0", "status": "ESTABLISHED"},
        {"name": "shop-1", "status": "ESTABLISHED"},
        {"name": "shop-2", "status": "AUTHORIZATION_ERROR", "peerIp": "198.51.100.13"},
    ]
    peers = [{"name": "shop-0", "status": "UP"}, {"name": "shop-1", "status": "DOWN"}]
    assert gcp_vpn_down(tunnels, peers, TUNNELS, 64512) == [
        "Tunnel 1 stands and its BGP session is down; "
        "expected are 169.254.10.6/30 here, 169.254.10.5 with ASN 64512 there.",
        "Tunnel 2 to 198.51.100.13 is AUTHORIZATION_ERROR: the pre-shared keys of both sides differ.",
        "Tunnel 3 does not exist.",
    ]
    assert gcp_vpn_down(tunnels[:1], peers, TUNNELS[:1], 64512) == []
