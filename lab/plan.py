# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a topology into commands. Nothing here runs anything, so a plan can be printed and tested.

Layout of a lab called ``lab``:

* one bridge a network (``lab-gcp`` ...) on which the machine itself has no address, so it cannot route between them;
* one bridge ``lab-mgmt`` with the machine's address, every port isolated: the controller reaches each host by SSH, the
  hosts reach package mirrors through NAT, and no host reaches another;
* one network namespace a host, made before its container and outliving it: a host keeps its cables over a reboot.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from .topology import Host, Topology

# Worse than any real route: only a packet that nothing else wants meets it.
LAST_RESORT_METRIC = "4294967295"


@dataclass(frozen=True)
class Step:
    """One command and what it reads."""

    argv: tuple[str, ...]
    stdin: str | None = None


def namespace(topology: Topology, host: Host) -> str:
    """Name of the host's network namespace, and of its container."""
    return f"{topology.name}-{host.name}"


def bridge(topology: Topology, network: str) -> str:
    """Name of a network's bridge on the machine."""
    return f"{topology.name}-{network}"


def plug(topology: Topology, host: Host, link: str) -> str:
    """The switch's end of a host's cable.

    ``<lab><index><link>`` by the host's place in the topology; for a host that joined later ``<lab>j<number><link>`` by
    its place in the management network, which nobody else can have.
    """
    if host in topology.hosts:
        return f"{topology.name}{topology.hosts.index(host):02d}{link}"
    return f"{topology.name}j{int(host.management) - int(topology.management.network_address)}{link}"


def safety_routes(prefixes: tuple[IPv4Network, ...]) -> list[Step]:
    """Make the machine refuse lab addresses that no bridge of the lab claims, before anything else starts."""
    return [
        Step(("ip", "route", "replace", "unreachable", str(prefix), "metric", LAST_RESORT_METRIC))
        for prefix in prefixes
    ]


def firewall(topology: Topology) -> str:
    """nftables rules of the machine: hosts reach the outside for packages only, nothing reaches them from there."""
    management = bridge(topology, "mgmt")
    prefixes = ", ".join(str(prefix) for prefix in topology.prefixes)
    table = f"inet multicloud_{topology.name}"
    return f"""\
table {table}
delete table {table}
table {table} {{
  chain forward {{
    type filter hook forward priority -10; policy accept;
    iifname "{management}" ip daddr {{ {prefixes} }} drop
    iifname "{management}" ct state established,related accept
    iifname "{management}" tcp dport {{ 53, 80, 443 }} accept
    iifname "{management}" udp dport 53 accept
    iifname "{management}" reject
    oifname "{management}" ct state established,related accept
    oifname "{management}" drop
    ip daddr {{ {prefixes} }} drop
  }}
  chain input {{
    type filter hook input priority -10; policy accept;
    iifname "{management}" ct state established,related accept
    iifname "{management}" meta l4proto icmp accept
    iifname "{management}" drop
  }}
  chain output {{
    type filter hook output priority -10; policy accept;
    oifname "lo" accept
    ip daddr {topology.management} oifname != "{management}" drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {topology.management} oifname != "{management}" masquerade
  }}
}}
"""


def networks(topology: Topology, mtu: int) -> list[Step]:
    """Bridges and the machine's side of the management network."""
    lines = []
    for network in (*topology.networks, "mgmt"):
        name = bridge(topology, network)
        # STP off and no address: a plain cable duct.
        lines += [f"link add {name} type bridge", f"link set {name} up"]
    management = bridge(topology, "mgmt")
    lines += [
        f"link set {management} mtu {mtu}",
        f"address add {topology.gateway}/{topology.management.prefixlen} dev {management}",
    ]
    return [Step(("ip", "-batch", "-"), "\n".join(lines) + "\n")]


def wiring(topology: Topology, host: Host, mtu: int) -> list[Step]:
    """The host's namespace, its cables, addresses and routes."""
    space = namespace(topology, host)
    outside: list[str] = []
    inside: list[str] = ["link set lo up"]
    cables: list[tuple[str, str, tuple[str, ...], int]] = [
        ("mgmt0", "mgmt", (f"{host.management}/{topology.management.prefixlen}",), mtu)
    ]
    cables += [(link.name, link.network, tuple(str(a) for a in link.addresses), 1500) for link in host.links]
    for name, network, addresses, size in cables:
        end = plug(topology, host, name)
        outside += [
            f"link add {end} mtu {size} type veth peer name {name} mtu {size} netns {space}",
            f"link set {end} master {bridge(topology, network)} up",
        ]
        inside += [f"address add {address} dev {name}" for address in addresses]
        inside += [f"link set {name} up"]
    inside += [f"route add default via {topology.gateway} dev mgmt0"]
    inside += [f"route add {route.destination} via {route.via}" for route in host.routes]
    return [
        Step(("ip", "netns", "add", space)),
        Step(("ip", "-batch", "-"), "\n".join(outside) + "\n"),
        Step(("bridge", "link", "set", "dev", plug(topology, host, "mgmt0"), "isolated", "on")),
        Step(("ip", "-netns", space, "-batch", "-"), "\n".join(inside) + "\n"),
    ]


def management_routes(topology: Topology, host: Host) -> list[Step]:
    """The machine reaches the host's private addresses, too, and as it reaches the host: by the management network.

    The route is ``add``ed and goes with its bridge: an address that leads to another lab's host stays that one's.
    """
    return [Step(("ip", "route", "add", *_management_route(topology, host, address.ip))) for address in _private(host)]


def unwiring(topology: Topology, host: Host) -> list[Step]:
    """Everything that ``wiring`` and ``management_routes`` made; each step may find that there is nothing to do."""
    routes = [_management_route(topology, host, address.ip) for address in _private(host)]
    cables = ["mgmt0", *(link.name for link in host.links)]
    return [
        *(Step(("ip", "route", "delete", *route)) for route in routes),
        *(Step(("ip", "link", "delete", plug(topology, host, name))) for name in cables),
        Step(("ip", "netns", "delete", namespace(topology, host))),
    ]


def router_address(topology: Topology, router: Host, link: str, address: IPv4Interface) -> Step:
    """The cloud's own router has the first address of every subnet."""
    space = namespace(topology, router)
    return Step(("ip", "-netns", space, "address", "replace", str(address), "dev", link))


def _private(host: Host) -> list[IPv4Interface]:
    return [address for link in host.links for address in link.addresses]


def _management_route(topology: Topology, host: Host, address: IPv4Address) -> tuple[str, ...]:
    return (f"{address}/32", "via", str(host.management), "dev", bridge(topology, "mgmt"))


def container(topology: Topology, host: Host, podman: tuple[str, ...], image: str) -> Step:
    """Create (not start) the host's container."""
    space = namespace(topology, host)
    # Podman writes this file itself.
    hostname = dict(host.files).get("/etc/hostname", host.name).strip()
    return Step(
        (
            *podman,
            "create",
            "--name",
            space,
            "--hostname",
            hostname,
            "--network",
            f"ns:/run/netns/{space}",
            "--label",
            f"multicloud.lab={topology.name}",
            # A host of its own: systemd, nftables, TUN devices, a freezer.
            "--privileged",
            "--systemd=always",
            "--pids-limit=0",
            "--ulimit=nofile=10000:10000",
            "--ulimit=nproc=10000:10000",
            "--dns=none",
            "--no-hosts",
            "--stop-timeout=10",
            image,
            "/sbin/init",
        )
    )
