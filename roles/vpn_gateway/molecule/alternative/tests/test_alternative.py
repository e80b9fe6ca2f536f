"""Two gateways on one site: the loss of one moves the routes. The tests build on each other."""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
import testinfra

FAR = "10.20.0.11"


def connect(name: str) -> Any:
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])


@pytest.fixture(scope="module")
def router() -> Any:
    return connect("router")


@pytest.fixture(scope="module")
def a1() -> Any:
    return connect("a1")


def gateways(router: Any) -> list[str]:
    """Through which gateways the router reaches the other site."""
    (route,) = json.loads(router.check_output("ip -j route show 10.20.0.0/16"))
    hops = route.get("nexthops", [route])
    return sorted(hop["gateway"] for hop in hops if "gateway" in hop)


def crosses(router: Any) -> bool:
    return bool(router.run(f"ping -c 3 -i 0.2 -W 1 {FAR}").rc == 0)


def wait(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s: {what}"
        time.sleep(0.5)


def test_the_router_uses_both_gateways(router: Any) -> None:
    wait(lambda: gateways(router) == ["10.10.0.11", "10.10.0.12"], "the router does not use both gateways")
    assert crosses(router)


@pytest.mark.parametrize("name", ["a1", "a2", "b1"])
def test_options_are_in_force(name: str) -> None:
    host = connect(name)
    assert "mtu 1280" in host.check_output("ip link show type vxlan")
    sas = host.check_output("swanctl --list-sas 2>/dev/null")
    assert "AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_3072" in sas
    assert host.run("pgrep bfdd").rc != 0


def test_the_far_site_announces_all_its_networks(a1: Any) -> None:
    assert " via 169.254." in a1.check_output("ip route get 10.21.0.1")


def test_only_the_sites_networks_are_exchanged() -> None:
    b1 = connect("b1")
    learned = json.loads(b1.check_output("vtysh -c 'show ip route bgp json'"))
    assert list(learned) == ["10.10.0.0/16"]


def test_the_two_directions_may_take_different_gateways(router: Any) -> None:
    """Towards the far site through a1 only, back through a2 only: a firewall that tracked connections would drop it."""
    b1 = connect("b1")
    router.check_output(f"ip route replace {FAR}/32 via 10.10.0.11")
    b1.check_output("ip route replace 10.10.0.1/32 via 169.254.77.21")
    try:
        router.check_output(f"python3 -c \"import socket; socket.create_connection(('{FAR}', 22), 3).recv(4)\"")
    finally:
        router.check_output(f"ip route delete {FAR}/32")
        b1.check_output("ip route delete 10.10.0.1/32")


def test_a_dead_tunnel_moves_the_routes(router: Any, a1: Any) -> None:
    a1.check_output("systemctl kill --signal=STOP strongswan")
    try:
        wait(lambda: gateways(router) == ["10.10.0.12"], "the router still uses the gateway without a tunnel")
        assert crosses(router)
    finally:
        a1.check_output("systemctl kill --signal=CONT strongswan")
    wait(lambda: gateways(router) == ["10.10.0.11", "10.10.0.12"], "the gateway did not come back", 90)


def test_without_any_tunnel_the_far_site_is_unreachable(router: Any) -> None:
    hosts = [connect(name) for name in ("a1", "a2")]
    for host in hosts:
        host.check_output("systemctl stop strongswan")
    try:
        wait(lambda: not gateways(router), "the router still has a route")
        assert not crosses(router)
    finally:
        for host in hosts:
            host.check_output("systemctl start strongswan")
    wait(lambda: len(gateways(router)) == 2 and crosses(router), "the tunnels did not come back", 90)
