from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.filter.vpn_tunnels import vpn_tunnels

GATEWAYS = {
    "a1": {"address": "198.51.100.11", "asn": 65010, "cidrs": ["10.10.0.0/16"]},
    "b1": {"address": "198.51.100.111", "asn": 65020, "cidrs": ["10.20.0.0/16"]},
}
TUNNEL = {
    "name": "tunnel1",
    "ends": ["a1", "b1"],
    "inside_cidr": "169.254.10.0/30",
    "vtep_cidr": "10.255.0.0/31",
    "vni": 101,
}


def test_the_first_end_initiates_and_has_the_first_addresses() -> None:
    assert vpn_tunnels([TUNNEL], GATEWAYS, "a1") == [
        {
            "name": "tunnel1",
            "peer": "b1",
            "initiator": True,
            "local_address": "198.51.100.11",
            "peer_address": "198.51.100.111",
            "local_inside": "169.254.10.1",
            "peer_inside": "169.254.10.2",
            "local_vtep": "10.255.0.0",
            "peer_vtep": "10.255.0.1",
            "vni": 101,
            "peer_asn": 65020,
        }
    ]


def test_both_ends_see_the_same_tunnel() -> None:
    (one,) = vpn_tunnels([TUNNEL], GATEWAYS, "a1")
    (other,) = vpn_tunnels([TUNNEL], GATEWAYS, "b1")
    for what in ("address", "inside", "vtep"):
        assert (one[f"local_{what}"], one[f"peer_{what}"]) == (other[f"peer_{what}"], other[f"local_{what}"])
    assert (other["initiator"], other["peer"], other["peer_asn"]) == (False, "a1", 65010)


def test_tunnels_of_others_are_left_out() -> None:
    assert vpn_tunnels([TUNNEL], GATEWAYS, "a2") == []
