"""The keeper of the tunnels, against scripted `ip`, `swanctl` and `vtysh`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roles.vpn_gateway.files.vpn_gateway import (
    Kernel,
    Sa,
    ensure_links,
    link_commands,
    parse_sas,
    report,
    sentence,
    status,
    to_initiate,
    watch,
)

TUNNEL = {
    "name": "tunnel1",
    "peer": "b1",
    "initiator": True,
    "local_vtep": "10.255.0.0",
    "peer_vtep": "10.255.0.1",
    "local_inside": "169.254.10.1",
    "peer_inside": "169.254.10.2",
    "vni": 101,
}
CONFIGURATION: dict[str, Any] = {
    "mtu": 1300,
    "vpc_router": "10.10.0.1",
    "tunnels": [TUNNEL],
    "remote_cidrs": ["10.20.0.0/16"],
}
UNUSED = CONFIGURATION | {"tunnels": [], "remote_cidrs": []}
NOTHING = Kernel([], [], [])
ALL = [
    "route add blackhole 10.255.0.1 proto 250",
    "route add unreachable 10.20.0.0/16 metric 4194304000 proto 250",
    "address add 10.255.0.0/32 dev lo label lo:vpn",
    "link add tunnel1 type vxlan id 101 local 10.255.0.0 remote 10.255.0.1 dstport 4789 nolearning",
    "link set tunnel1 alias vpn-gateway",
    "link set tunnel1 mtu 1300",
    "address add 169.254.10.1/30 dev tunnel1",
    "link set tunnel1 up",
]
SAS = """\
tunnel1: #3, ESTABLISHED, IKEv2, 5a39_i* 1b2c_r
  local  '198.51.100.11' @ 198.51.100.11[4500]
  remote '198.51.100.111' @ 198.51.100.111[4500]
  tunnel1: #7, reqid 1, INSTALLED, TUNNEL-in-UDP, ESP:AES_GCM_16-256
tunnel2: #4, CONNECTING, IKEv2, 77_i* 00_r
"""


def address(device: str, local: str, length: int, label: str = "") -> dict[str, Any]:
    return {
        "ifname": device,
        "addr_info": [{"family": "inet", "local": local, "prefixlen": length, "label": label or device}],
    }


def link(**changes: Any) -> dict[str, Any]:
    data = {"id": 101, "local": "10.255.0.0", "remote": "10.255.0.1", "port": 4789}
    return {
        "ifname": "tunnel1",
        "ifalias": "vpn-gateway",
        "mtu": 1300,
        "flags": ["UP"],
        "linkinfo": {"info_data": data},
    } | changes


def complete(**changes: Any) -> Kernel:
    return Kernel(
        [link(**changes)],
        [address("lo", "10.255.0.0", 32, "lo:vpn"), address("tunnel1", "169.254.10.1", 30)],
        [
            {"type": "blackhole", "dst": "10.255.0.1"},
            {"type": "unreachable", "dst": "10.20.0.0/16", "metric": 4194304000},
        ],
    )


def test_everything_is_made_from_nothing() -> None:
    assert link_commands(CONFIGURATION, NOTHING) == ALL


def test_nothing_is_done_when_all_is_there() -> None:
    assert link_commands(CONFIGURATION, complete()) == []


def test_only_what_differs_is_changed() -> None:
    commands = link_commands(CONFIGURATION | {"mtu": 1320}, complete(flags=[]))
    assert commands == ["link set tunnel1 mtu 1320", "link set tunnel1 up"]


def test_a_link_with_other_ends_is_made_again_with_its_address() -> None:
    commands = link_commands(CONFIGURATION | {"tunnels": [TUNNEL | {"vni": 9}]}, complete())
    assert commands[0] == "link delete tunnel1"
    assert commands[1].startswith("link add tunnel1 type vxlan id 9 ")
    assert "address add 169.254.10.1/30 dev tunnel1" in commands


def test_what_no_tunnel_needs_any_more_is_removed() -> None:
    assert link_commands(UNUSED, complete()) == [
        "link delete tunnel1",
        "address delete 10.255.0.0/32 dev lo",
        "route delete blackhole 10.255.0.1 proto 250",
        "route delete unreachable 10.20.0.0/16 proto 250",
    ]


def test_what_others_made_is_left_alone() -> None:
    kernel = Kernel([link(ifalias="")], [address("lo", "10.9.9.9", 32)], [])
    assert link_commands(UNUSED, kernel) == []


def test_states_are_read_by_tunnel() -> None:
    assert parse_sas(SAS) == {"tunnel1": Sa("ESTABLISHED", "INSTALLED"), "tunnel2": Sa("CONNECTING")}


def test_of_two_sas_the_one_that_is_up_counts() -> None:
    older = "tunnel1: #2, DELETING, IKEv2, 1_i* 2_r\n  tunnel1: #5, reqid 1, REKEYED, TUNNEL\n"
    assert parse_sas(SAS + older)["tunnel1"] == parse_sas(older + SAS)["tunnel1"] == Sa("ESTABLISHED", "INSTALLED")


@pytest.mark.parametrize(
    ("sa", "initiates"),
    [
        (Sa(), True),
        (Sa("ESTABLISHED"), True),
        (Sa("CONNECTING"), False),
        (Sa("ESTABLISHED", "INSTALLED"), False),
        (Sa("ESTABLISHED", "REKEYING"), False),
    ],
)
def test_a_tunnel_is_initiated_only_when_nothing_is_under_way(sa: Sa, initiates: bool) -> None:
    assert to_initiate([TUNNEL], {"tunnel1": sa}) == (["tunnel1"] if initiates else [])
    assert to_initiate([TUNNEL | {"initiator": False}], {"tunnel1": sa}) == []


class Host:
    """Scripted commands; one that is not expected fails the test."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.done: list[str] = []

    def __call__(self, argv: list[str]) -> str:
        command = " ".join(argv)
        self.done.append(command)
        return self.answers[command]


SHOW = {
    "ip -j -d link show type vxlan": "",
    "ip -j -d address show": "[{}]",
    "ip -j -d route show proto 250": "[]",
}
DO = {f"ip {command}": "" for command in ALL}
INITIATE = "swanctl --initiate --ike tunnel1 --child tunnel1 --timeout -1"


def test_links_are_made_from_what_ip_prints() -> None:
    host = Host(SHOW | DO)
    assert ensure_links(CONFIGURATION, host) == ALL
    assert host.done == [*SHOW, *DO]


def test_watch_initiates_what_is_missing() -> None:
    host = Host(SHOW | DO | {"swanctl --list-sas": "", INITIATE: ""})
    watch(CONFIGURATION, host)
    assert host.done[-1] == INITIATE


def test_report_names_each_state() -> None:
    peers = {"169.254.10.2": {"state": "Established"}, "10.10.0.1": {"state": "Active"}}
    rows = report(CONFIGURATION, parse_sas(SAS), peers)
    assert rows["tunnel1"]["up"] is True
    assert sentence("tunnel1", rows["tunnel1"]) == (
        "Tunnel tunnel1 to b1 is up: IKE ESTABLISHED, CHILD INSTALLED, BGP Established."
    )
    assert sentence("vpc", rows["vpc"]) == "The session with the VPC's router 10.10.0.1 is not up: BGP Active."


def test_a_tunnel_without_ike_gets_a_hint() -> None:
    rows = report(CONFIGURATION, {}, {})
    assert sentence("tunnel1", rows["tunnel1"]) == (
        "Tunnel tunnel1 to b1 is not up: IKE none, CHILD none, BGP not configured. "
        "Check UDP 500 and 4500 between the two, and that both have the same pre-shared key."
    )


def test_status_reports_whatever_answers() -> None:
    summary = {"peers": {"169.254.10.2": {"state": "Idle"}}}

    def run(argv: list[str]) -> str:
        if argv[0] == "swanctl":
            raise OSError("charon does not run")
        return json.dumps(summary)

    assert status(CONFIGURATION, run)["tunnel1"] == {
        "peer": "b1",
        "ike": "none",
        "child": "none",
        "bgp": "Idle",
        "up": False,
    }
