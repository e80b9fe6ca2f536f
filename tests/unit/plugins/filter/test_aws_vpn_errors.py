# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.aws_vpn_errors import aws_vpn_errors

ONE: dict[str, Any] = {
    "name": "gcp-0",
    "peer_address": "198.51.100.11",
    "peer_asn": 65010,
    "tunnels": [{"name": "a", "inside_cidr": "169.254.20.0/30"}, {"name": "b", "inside_cidr": "169.254.20.4/30"}],
}
TWO: dict[str, Any] = {
    "name": "gcp-1",
    "peer_address": "198.51.100.12",
    "peer_asn": 65010,
    "tunnels": [{"name": "c", "inside_cidr": "169.254.20.8/30"}, {"name": "d", "inside_cidr": "169.254.20.12/30"}],
}
PSKS = {name: f"secret_of_{name}" for name in "abcd"}


def test_sound_connections_give_no_sentence() -> None:
    assert aws_vpn_errors([ONE, TWO], PSKS, 64512, {"ike_versions": ["ikev2"], "phase1_lifetime_seconds": 28800}) == []


@pytest.mark.parametrize("asn", [64511, 65535, 4_294_967_295, "64512", True, None])
def test_amazons_asn_has_ranges(asn: Any) -> None:
    (said,) = aws_vpn_errors([], {}, asn)
    assert said == f"aws_vpn_asn is {asn!r}; allowed are 64512 to 65534 and 4200000000 to 4294967294."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"peer_address": "gcp"}, "'gcp-1' has the peer_address 'gcp'"),
        ({"peer_address": "198.51.100.11"}, "'gcp-0' and 'gcp-1' have the same peer_address"),
        ({"peer_asn": 0}, "has the peer_asn 0; allowed are 1 to 2147483647 other than aws_vpn_asn, 64512"),
        ({"peer_asn": 64512}, "has the peer_asn 64512"),
        ({"peer_asn": "65010"}, "has the peer_asn '65010'"),
        ({"name": "gcp-0"}, "have the same name"),
        ({"tunnels": TWO["tunnels"][:1]}, "has 1 tunnels; 2 are needed"),
    ],
)
def test_connections(change: dict[str, Any], said: str) -> None:
    (sentence,) = aws_vpn_errors([ONE, TWO | change], PSKS, 64512)
    assert said in sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inside_cidr": "169.254.0.0/30"}, "the tunnel 'd': has the inside_cidr 169.254.0.0/30"),
        ({"inside_cidr": "169.254.20.0/29"}, "has the inside_cidr 169.254.20.0/29; allowed is a /30"),
        ({"inside_cidr": "169.254.20.4/30"}, "'b' and 'd' have the same inside_cidr"),
        ({"name": "e"}, "aws_vpn_psks has no key for the tunnel 'e' of 'gcp-1'"),
        ({"name": "a"}, "'a' and 'a' have the same name"),
    ],
)
def test_tunnels(change: dict[str, Any], said: str) -> None:
    (sentence,) = aws_vpn_errors([ONE, TWO | {"tunnels": [TWO["tunnels"][0], TWO["tunnels"][1] | change]}], PSKS, 64512)
    assert said in sentence


@pytest.mark.parametrize("key", ["short_1", "0_begins_with_0", "has-a-dash", "x" * 65])
def test_a_key_that_aws_refuses_is_not_repeated(key: str) -> None:
    (said,) = aws_vpn_errors([ONE, TWO], PSKS | {"d": key}, 64512)
    assert "the tunnel 'd': has a pre_shared_key that AWS refuses" in said
    assert key not in said


def test_no_two_tunnels_share_a_key() -> None:
    (said,) = aws_vpn_errors([ONE, TWO], PSKS | {"d": PSKS["a"]}, 64512)
    assert said == "aws_vpn_connections: the tunnels 'a' and 'd' have the same key in aws_vpn_psks; each needs its own."


def test_options_of_all_tunnels_are_checked() -> None:
    said = aws_vpn_errors([ONE], PSKS, 64512, {"phase2_lifetime_seconds": 9999})
    assert len(said) == 2
    assert "phase2_lifetime_seconds 9999" in said[0]
