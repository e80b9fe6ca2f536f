"""One tunnel: what crosses it, what the internet sees of it, and how it comes back. The tests build on each other."""

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import testinfra

A, B = "10.10.0.11", "10.20.0.11"
# Counts what passes the internet's interface, in both directions, but for a kernel that looks for IPv6 routers.
PROBE = """
table inet probe {
  counter tunnelled { }
  counter other { }
  chain tally {
    udp dport { 500, 4500 } counter name tunnelled return
    icmpv6 type nd-router-solicit return
    counter name other
  }
  chain incoming { type filter hook prerouting priority -300; iifname wan0 jump tally; }
  chain outgoing { type filter hook postrouting priority 300; oifname wan0 jump tally; }
}
"""


def connect(name: str) -> Any:
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])


@pytest.fixture(scope="module")
def a1() -> Any:
    return connect("a1")


@pytest.fixture(scope="module")
def b1() -> Any:
    return connect("b1")


@pytest.fixture
def probe(a1: Any) -> Iterator[Callable[[], tuple[int, int]]]:
    """Packets seen on a1's wan0 so far: IKE or ESP in UDP, and others."""

    def packets(name: str) -> int:
        answer = json.loads(a1.check_output(f"nft -j list counter inet probe {name}"))
        return int(answer["nftables"][1]["counter"]["packets"])

    a1.check_output(f"nft -f - <<'END'{PROBE}END")
    yield lambda: (packets("tunnelled"), packets("other"))
    a1.check_output("nft delete table inet probe")


def crosses(a1: Any) -> bool:
    return bool(a1.run(f"ping -c 1 -W 1 -I {A} {B}").rc == 0)


def is_up(host: Any) -> bool:
    return bool(host.run("vpn-gateway status --tunnels tunnel1").rc == 0)


def wait(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s: {what}"
        time.sleep(0.5)


def test_status_says_that_the_tunnel_is_up(a1: Any) -> None:
    assert a1.check_output("vpn-gateway status") == (
        "Tunnel tunnel1 to b1 is up: IKE ESTABLISHED, CHILD INSTALLED, BGP Established."
    )


def test_bfd_watches_the_session(a1: Any) -> None:
    (peer,) = json.loads(a1.check_output("vtysh -c 'show bfd peers json'"))
    assert (peer["peer"], peer["status"]) == ("169.254.10.2", "up")
    assert (peer["detect-multiplier"], peer["receive-interval"]) == (3, 1000)


def test_sites_reach_each_other_and_the_internet_sees_only_ipsec(a1: Any, probe: Callable[[], Any]) -> None:
    a1.check_output(f"ping -q -c 20 -i 0.02 -I {A} {B}")
    tunnelled, other = probe()
    assert tunnelled >= 40
    assert other == 0


def test_the_probe_sees_what_is_not_ipsec(a1: Any, probe: Callable[[], Any]) -> None:
    a1.check_output("ping -q -c 1 198.51.100.111")
    assert probe()[1] == 2


def test_the_largest_packet_of_the_tunnel_passes(a1: Any) -> None:
    assert a1.run(f"ping -c 1 -W 2 -M do -s {1300 - 28} -I {A} {B}").rc == 0
    assert a1.run(f"ping -c 1 -W 2 -M do -s {1301 - 28} -I {A} {B}").rc != 0


@pytest.mark.parametrize("where", ["a1", "b1"])
def test_a_terminated_tunnel_comes_back(a1: Any, where: str) -> None:
    def number() -> str:
        return str(a1.check_output("swanctl --list-sas 2>/dev/null | sed -n 's/^tunnel1: #\\([0-9]*\\),.*/\\1/p'"))

    before = number()
    connect(where).check_output("swanctl --terminate --ike tunnel1 2>/dev/null")
    wait(lambda: number() not in ("", before) and is_up(a1) and crosses(a1), "the tunnel did not come back")


def test_a_deleted_interface_comes_back(a1: Any) -> None:
    a1.check_output("ip link delete tunnel1; ip address flush dev lo label lo:vpn")
    wait(lambda: is_up(a1) and crosses(a1), "the interface did not come back")


def test_with_another_key_there_is_no_tunnel_and_nothing_leaves_in_clear(
    a1: Any, b1: Any, probe: Callable[[], Any]
) -> None:
    """Negative control."""
    secrets = "/etc/swanctl/conf.d/vpn-gateway.conf"
    load = "swanctl --load-creds --clear --noprompt 2>/dev/null; swanctl --terminate --ike tunnel1 2>/dev/null"
    b1.check_output(f"cp -p {secrets} /var/tmp/saved; sed -i 's/secret = .*/secret = other/' {secrets}; {load}")
    try:
        wait(lambda: not is_up(a1) and not crosses(a1), "the tunnel stayed up")
        attempts = "journalctl -u strongswan --since -60s | grep -c AUTHENTICATION_FAILED"
        wait(lambda: int(a1.run(attempts).stdout) > 1, "nobody tried")
        assert not crosses(a1)
        assert a1.run("vpn-gateway status --tunnels tunnel1").stdout.startswith("Tunnel tunnel1 to b1 is not up: ")
        assert probe()[1] == 0
    finally:
        b1.check_output(f"mv /var/tmp/saved {secrets}; swanctl --load-creds --clear --noprompt 2>/dev/null")
    wait(lambda: is_up(a1) and crosses(a1), "the tunnel did not come back")


def test_the_services_start_at_boot(a1: Any) -> None:
    """One job of a cycle would be dropped, by chance the keeper's."""
    verified = a1.run("systemd-analyze verify --man=no multi-user.target")
    assert "ordering cycle" not in verified.stderr
    for name in ("vpn-gateway", "strongswan", "frr"):
        assert a1.service(name).is_enabled


def test_keys_are_not_readable_by_others(a1: Any) -> None:
    assert a1.file("/etc/swanctl/conf.d/vpn-gateway.conf").mode == 0o600
    assert "secret" not in a1.file("/etc/vpn-gateway.json").content_string
