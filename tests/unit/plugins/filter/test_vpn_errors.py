from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.vpn_errors import vpn_errors

GATEWAYS: dict[str, Any] = {
    "a1": {"address": "198.51.100.11", "asn": 65010, "cidrs": ["10.10.0.0/16"]},
    "b1": {"address": "198.51.100.111", "asn": 65020, "cidrs": ["10.20.0.0/16"]},
    "b2": {"address": "198.51.100.112", "asn": 65020, "cidrs": ["10.20.0.0/16"]},
}
ONE = {
    "name": "tunnel1",
    "ends": ["a1", "b1"],
    "inside_cidr": "169.254.10.0/30",
    "vtep_cidr": "10.255.0.0/31",
    "vni": 101,
}
TWO = {
    "name": "tunnel2",
    "ends": ["a1", "b2"],
    "inside_cidr": "169.254.10.4/30",
    "vtep_cidr": "10.255.0.2/31",
    "vni": 102,
}


def test_correct_tunnels_give_no_sentence() -> None:
    assert vpn_errors([ONE, TWO], GATEWAYS) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "a-name-far-too-long"}, "a name that no interface can have"),
        ({"ends": ["a1"]}, "has the ends ['a1']; two different gateways are needed."),
        ({"ends": ["a1", "a1"]}, "two different gateways are needed."),
        ({"ends": ["a1", "c1"]}, "ends at 'c1', which vpn_gateway_gateways does not have: a1, b1, b2."),
        ({"inside_cidr": "10.0.0.0/30"}, "has the inside_cidr '10.0.0.0/30'; allowed is a /30 in 169.254.0.0/16"),
        ({"inside_cidr": "169.254.10.0/29"}, "allowed is a /30"),
        ({"inside_cidr": "169.254.10.1/30"}, "allowed is a /30"),
        ({"inside_cidr": "169.254.169.252/30"}, "other than 169.254.0.0/30"),
        ({"vtep_cidr": "10.255.0.0/30"}, "allowed is a /31"),
        ({"vtep_cidr": "169.254.10.0/31"}, "allowed is a /31 outside 169.254.0.0/16"),
        ({"vtep_cidr": "10.20.9.0/31"}, "which is part of the site's network 10.20.0.0/16."),
        ({"vni": 0}, "has the vni 0; allowed are 1 to 16777215."),
    ],
)
def test_a_wrong_tunnel_is_named(change: dict[str, Any], sentence: str) -> None:
    (found,) = vpn_errors([ONE | change], GATEWAYS)
    assert found.startswith("vpn_gateway_tunnels: the tunnel ")
    assert sentence in found


def test_what_a_tunnel_lacks_is_listed() -> None:
    assert vpn_errors([{"name": "tunnel1", "vni": 1}], GATEWAYS) == [
        "vpn_gateway_tunnels: the tunnel 'tunnel1' has no ends, inside_cidr, vtep_cidr."
    ]


@pytest.mark.parametrize("key", ["name", "inside_cidr", "vtep_cidr", "vni"])
def test_two_tunnels_share_nothing(key: str) -> None:
    (found,) = vpn_errors([ONE, TWO | {key: ONE[key]}], GATEWAYS)
    assert f"have the same {key} {ONE[key]!r}; each needs its own." in found


def test_one_tunnel_for_each_pair_whichever_end_comes_first() -> None:
    (found,) = vpn_errors([ONE, TWO | {"ends": ["b1", "a1"]}], GATEWAYS)
    assert "one tunnel for each pair of gateways is allowed." in found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"asn": 0}, "has the asn 0; allowed are 1 to 4294967294"),
        ({"asn": 65535}, "has the asn 65535;"),
        ({"asn": "65010"}, "has the asn '65010';"),
        ({"address": "a1.example"}, "has the address 'a1.example'; an IPv4 address is needed."),
        ({"cidrs": []}, "has the cidrs []; a list of the IPv4 networks behind it is needed"),
    ],
)
def test_a_wrong_gateway_is_named(change: dict[str, Any], sentence: str) -> None:
    (found,) = vpn_errors([], GATEWAYS | {"a1": GATEWAYS["a1"] | change})
    assert found.startswith("vpn_gateway_gateways: a1 ")
    assert sentence in found
