# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the clouds there is the VPN or nothing."""

from __future__ import annotations

import subprocess
import time

import pytest

from .lab import Lab, wait_for

GATEWAYS = ("gcp-vpn1", "gcp-vpn2", "aws-vpn1", "aws-vpn2")


def reachable(lab: Lab) -> bool:
    return lab.succeeds("gcp-web1", "timeout", "2", "bash", "-c", "echo > /dev/tcp/10.20.0.20/3306")


def capture(lab: Lab, host: str, seconds: int) -> list[str]:
    """Packets on a gateway's cable to the internet, one line each."""
    index = [entry.name for entry in lab.topology.hosts].index(host)
    done = subprocess.run(
        ["timeout", str(seconds), "tcpdump", "-lnn", "-i", f"{lab.topology.name}{index:02d}wan0", "ip"],
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if " IP " in line]


def is_tunnel_packet(line: str) -> bool:
    """IKE, NAT traversal or ESP between two gateways."""
    return ".500 >" in line or ".4500 >" in line or " ESP(" in line


def test_four_tunnels_are_up(lab: Lab) -> None:
    wait_for(lambda: lab.all_tunnels() == 4, "four BGP sessions over four tunnels", 90)


def test_the_internet_sees_only_the_tunnels(lab: Lab) -> None:
    with subprocess.Popen(lab.writer_command("--seconds", "6"), stdout=subprocess.DEVNULL) as load:
        packets = [line for host in ("gcp-vpn1", "gcp-vpn2") for line in capture(lab, host, 3)]
        load.terminate()
    assert packets, "nothing was captured, so nothing is proven"
    assert [line for line in packets if not is_tunnel_packet(line)] == []


def test_the_capture_would_see_a_leak(lab: Lab) -> None:
    """Negative control: a packet past the tunnel is recognised as one."""
    with subprocess.Popen(
        lab.command("gcp-vpn1", "ping", "-c", "6", "-i", "0.5", "198.51.100.111"), stdout=subprocess.DEVNULL
    ):
        assert [line for line in capture(lab, "gcp-vpn1", 3) if not is_tunnel_packet(line)]


def test_without_tunnels_the_other_cloud_is_unreachable_and_replication_resumes(lab: Lab) -> None:
    assert reachable(lab)
    for host in GATEWAYS:
        lab.cable(host, "wan0", "down")
    try:
        wait_for(lambda: not reachable(lab), "the other cloud is unreachable", 60)
        order = lab.order()
        assert order["outcome"] == "acked"
        statement = f"SELECT COUNT(*) FROM shop.orders WHERE request_id = '{order['id']}'"
        assert lab.sql("aws-db", statement) == [["0"]]
    finally:
        for host in GATEWAYS:
            lab.cable(host, "wan0", "up")
    started = time.monotonic()
    wait_for(lambda: lab.sql("aws-db", statement) == [["1"]], "replication resumed by itself", 180)
    print(f"order of the outage on aws-db {time.monotonic() - started:.1f} s after the cables were plugged in again")
    wait_for(lambda: lab.all_tunnels() == 4, "all tunnels are back", 120)


def test_no_packet_for_the_lab_leaves_the_machine(lab: Lab) -> None:
    for address in ("10.10.0.99", "10.20.0.99", "198.51.100.99"):
        done = subprocess.run(["ip", "route", "get", address], capture_output=True, text=True)
        assert done.returncode != 0, f"the machine would send {address} somewhere: {done.stdout}"


@pytest.mark.parametrize("address", ["10.30.0.42", "10.30.0.120"])
def test_hosts_do_not_meet_on_the_management_network(lab: Lab, address: str) -> None:
    assert not lab.succeeds("gcp-web1", "ping", "-c1", "-W1", address)
