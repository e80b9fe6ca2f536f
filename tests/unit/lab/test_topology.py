# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.errors import LabError
from lab.topology import Host, Topology, parse_host, parse_route, problems


def topology(*hosts: Host, networks: tuple[str, ...] = ("net",), name: str = "lab") -> Topology:
    return Topology(name, IPv4Network("10.30.0.0/24"), networks, (IPv4Network("10.10.0.0/16"),), hosts)


def host(name: str = "a", management: str = "10.30.0.10", **more: Any) -> Host:
    return parse_host(name, {"management": management, **more})


def test_the_machine_has_the_first_address() -> None:
    assert topology().gateway == IPv4Address("10.30.0.1")


def test_a_route_to_a_network_the_host_is_on_is_left_out() -> None:
    links = [{"name": "wan0", "network": "net", "address": "198.51.100.5/24"}]
    routes = ["198.51.100.0/24 via 10.10.0.1", "10.20.0.0/16 via 10.10.0.1"]
    assert [str(r.destination) for r in host(links=links, routes=routes).routes] == ["10.20.0.0/16"]


def test_a_route_reads_cidr_via_address() -> None:
    with pytest.raises(ValueError, match="does not read 'CIDR via ADDRESS'"):
        parse_route("10.0.0.0/8")


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        ([host("a"), host("a", "10.30.0.11")], "Host a stands in the list twice."),
        ([host("a"), host("b")], "b and a both have the address 10.30.0.10."),
        (
            [host("a", "10.31.0.10")],
            "ansible_host of a is 10.31.0.10; it must lie in the management network 10.30.0.0/24.",
        ),
        ([host("a", "10.30.0.1")], "ansible_host of a is 10.30.0.1, which is the machine's own address."),
        (
            [host(links=[{"name": "eth0", "network": "moon", "address": "10.10.0.1/24"}])],
            "eth0 of a is on network 'moon'; known are net.",
        ),
    ],
)
def test_each_mistake_is_one_sentence(hosts: list[Host], sentence: str) -> None:
    with pytest.raises(LabError) as error:
        topology(*hosts)
    assert str(error.value) == sentence


def test_names_must_fit_an_interface() -> None:
    with pytest.raises(LabError, match="exceeds 15 characters"):
        topology(networks=("internet-of-things",))


def test_the_digest_follows_the_content() -> None:
    assert topology(host()).digest() == topology(host()).digest()
    assert topology(host()).digest() != topology(host(units=["x.service"])).digest()


def test_a_sound_topology_has_no_problems() -> None:
    assert problems(topology(host())) == []
