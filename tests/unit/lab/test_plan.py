# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Network

from lab import plan
from lab.topology import Topology, parse_host

HOST = parse_host(
    "web1",
    {
        "management": "10.30.0.41",
        "links": [{"name": "eth0", "network": "gcp", "address": "10.10.0.41/24"}],
        "routes": ["10.20.0.0/16 via 10.10.0.1"],
    },
)
LAB = Topology("lab", IPv4Network("10.30.0.0/24"), ("gcp",), (IPv4Network("10.10.0.0/16"),), (HOST,))


def text(steps: list[plan.Step]) -> str:
    return "\n".join(" ".join(step.argv) + "\n" + (step.stdin or "") for step in steps)


def test_lab_addresses_have_a_last_resort_that_refuses() -> None:
    (step,) = plan.safety_routes(LAB.prefixes)
    assert step.argv == ("ip", "route", "replace", "unreachable", "10.10.0.0/16", "metric", "4294967295")


def test_the_machine_has_an_address_on_the_management_network_only() -> None:
    lines = text(plan.networks(LAB, 1400))
    assert lines.count("address add") == 1
    assert "address add 10.30.0.1/24 dev lab-mgmt" in lines


def test_a_host_is_wired_and_isolated_on_the_management_network() -> None:
    lines = text(plan.wiring(LAB, HOST, 1400))
    assert "bridge link set dev lab00mgmt0 isolated on" in lines
    assert "link add lab00eth0 mtu 1500 type veth peer name eth0 mtu 1500 netns lab-web1" in lines
    assert "route add 10.20.0.0/16 via 10.10.0.1" in lines


def test_hosts_reach_packages_and_nothing_of_the_lab_through_the_machine() -> None:
    rules = plan.firewall(LAB)
    assert rules.index('iifname "lab-mgmt" ip daddr { 10.10.0.0/16 } drop') < rules.index("tcp dport { 53, 80, 443 }")
    assert 'oifname "lab-mgmt" drop' in rules


def test_a_container_uses_the_namespace_made_for_it() -> None:
    argv = plan.container(LAB, HOST, ("podman",), "image").argv
    assert "ns:/run/netns/lab-web1" in argv
    assert argv[-2:] == ("image", "/sbin/init")
