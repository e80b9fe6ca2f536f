# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role against the lab's Google API: stages, each drift told by its tunnel, a key that rotates, the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.fakes.gcp import Gcp, running
from tests.unit.fakes.play import Done, play

REGION = "regions/asia-northeast3"
ROUTER = f"{REGION}/routers/multicloud-dr-vpn"
TUNNELS = [
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
VARIABLES: dict[str, Any] = {
    "gcp_vpn_region": "asia-northeast3",
    "gcp_vpn_peer_addresses": [f"198.51.100.{number}" for number in range(11, 15)],
    "gcp_vpn_tunnels": TUNNELS,
    "gcp_vpn_psks": KEYS,
}
Apply = Callable[..., Done]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcp]:
    with running(tmp_path_factory.mktemp("gcp")) as api:
        api.call("POST", "global/networks", {"name": "multicloud-dr", "autoCreateSubnetworks": False})
        yield api


@pytest.fixture(scope="module")
def apply(cloud: Gcp, tmp_path_factory: pytest.TempPathFactory) -> Apply:
    folder = tmp_path_factory.mktemp("play")

    def run(*options: str, ok: bool = True, **variables: Any) -> Done:
        done = play(folder, "gcp_vpn", {**VARIABLES, **variables}, cloud.environment, *options)
        assert done.ok == ok, done.failures or done.text
        assert not any(key in done.text for key in KEYS.values())
        return done

    return run


def resources(cloud: Gcp) -> set[str]:
    state: dict[str, Any] = cloud.read("state").get("compute", {})
    kinds = ("vpnGateways", "externalVpnGateways", "vpnTunnels", "routers")
    return {path for path in state if path.split("/")[-2] in kinds}


def told(done: Done) -> str:
    """What the role says of what was not as wanted."""
    return " ".join(" ".join(result["msg"]) for result in done.results if isinstance(result.get("msg"), list))


def test_check_on_an_empty_project_is_the_whole_plan(cloud: Gcp, apply: Apply) -> None:
    # The router is there twice: with its number, then with its sessions.
    assert len(apply("--check", "--diff").changed) == 8
    assert resources(cloud) == set()


@pytest.fixture(scope="module")
def built(cloud: Gcp, apply: Apply) -> Gcp:
    """In two stages, the second one cut in the middle of the tunnels."""
    assert len(apply(gcp_vpn_peer_addresses=[]).changed) == 2
    cloud.post(
        "fault", {"method": "compute.vpnTunnels.insert", "every": 3, "count": 1, "code": 403, "reason": "quotaExceeded"}
    )
    assert any("quotaExceeded" in result.get("msg", "") for result in apply(ok=False).results)
    apply()
    assert len(resources(cloud)) == 7
    return cloud


def test_without_the_other_side_tunnels_that_are_there_are_left_alone(built: Gcp, apply: Apply) -> None:
    assert apply("--check", gcp_vpn_peer_addresses=[]).changed == []


def test_check_on_what_was_built_reports_nothing(built: Gcp, apply: Apply) -> None:
    assert apply("--check", "--diff").changed == []


def test_each_drift_is_told_by_its_tunnel_and_repaired_by_one_run(built: Gcp, apply: Apply) -> None:
    router = built.call("GET", ROUTER)
    interfaces, peers = router["interfaces"], router["bgpPeers"]
    peers[0]["peerAsn"] = 64999
    peers[1]["advertisedRoutePriority"] = 7
    peers[2]["enable"] = "FALSE"
    interfaces[3]["ipRange"] = "169.254.99.2/30"
    peers[3] |= {"ipAddress": "169.254.99.2", "peerIpAddress": "169.254.99.1"}
    built.drift(ROUTER, {"interfaces": interfaces, "bgpPeers": peers, "bgp": {"asn": 65000}})
    built.drift(f"{REGION}/vpnTunnels/multicloud-dr-1", {"ikeVersion": 1})
    built.drift(f"{REGION}/vpnTunnels/multicloud-dr-2", {"labels": {"project": "multicloud-dr", "more": "1"}})
    built.drift(f"{REGION}/vpnGateways/multicloud-dr", {"labels": {"project": "other"}})
    seen = apply("--check", "--diff")
    for sentence in (
        "Tunnel multicloud-dr-0: bgpPeers[multicloud-dr-0].peerAsn is 64999, wanted is 64512.",
        "bgpPeers[multicloud-dr-1].advertisedRoutePriority is 7, wanted is 100.",
        "bgpPeers[multicloud-dr-2].enable is FALSE, wanted is TRUE.",
        "interfaces[multicloud-dr-3].ipRange is 169.254.99.2/30, wanted is 169.254.10.14/30.",
        "Tunnel 1: ikeVersion is 1, wanted is 2.",
        "Tunnel 2: labels.more is 1, wanted is not set.",
    ):
        assert sentence in told(seen)
    assert "bgp.asn is 65000, wanted is 65534" in seen.differences
    assert "labels.project is other, wanted is multicloud-dr" in seen.differences
    apply()
    assert apply("--check").changed == []


def test_one_key_rotates_and_the_other_tunnels_stay(built: Gcp, apply: Apply) -> None:
    tunnel = f"{REGION}/vpnTunnels/multicloud-dr-"
    before = {number: built.call("GET", f"{tunnel}{number}")["id"] for number in range(4)}
    other = {"gcp_vpn_psks": {**KEYS, "2": "unit.test.other_key"}}
    assert "Tunnel 2: the pre-shared key is another one than the wanted." in told(apply("--check", **other))
    # The tunnel, and the router that gets its session back.
    assert len(apply(**other).changed) == 2
    after = {number: built.call("GET", f"{tunnel}{number}")["id"] for number in range(4)}
    assert [number for number in range(4) if before[number] != after[number]] == [2]
    assert len(built.call("GET", ROUTER)["bgpPeers"]) == 4


def test_a_tunnel_that_does_not_stand_is_told(built: Gcp, apply: Apply) -> None:
    other = {"gcp_vpn_psks": {**KEYS, "2": "unit.test.other_key"}}
    failed = apply(ok=False, gcp_vpn_wait_seconds=1, **other)
    assert any("Tunnel 3 to 198.51.100.14 is " in str(result.get("msg", "")) for result in failed.results)


def test_absent_leaves_nothing_and_is_done_once(built: Gcp, apply: Apply) -> None:
    assert len(apply(gcp_vpn_state="absent").changed) == 7
    assert resources(built) == set()
    assert apply(gcp_vpn_state="absent").changed == []
