# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab consists of: hosts, their links, the networks between them. Pure data, checked when it is made."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from .errors import LabError

# IFNAMSIZ leaves 15 characters for an interface's name; ours are "<lab><index><link>" and "<lab>-<network>".
MAX_INTERFACE_NAME = 15
NAME = re.compile(r"^[a-z][a-z0-9-]*$")


@dataclass(frozen=True)
class Link:
    """One interface of a host: ``name`` inside the host, plugged into ``network``."""

    name: str
    network: str
    addresses: tuple[IPv4Interface, ...]


@dataclass(frozen=True)
class Route:
    """A static route that the cloud's fabric would give the host."""

    destination: IPv4Network
    via: IPv4Address


@dataclass(frozen=True)
class Daemon:
    """An emulator process in the host's namespace: a module of this repository and its arguments."""

    name: str
    module: str
    arguments: tuple[str, ...]
    ready: str


@dataclass(frozen=True)
class Host:
    """A systemd container; without an ``image`` only a network namespace for emulator processes."""

    name: str
    management: IPv4Address
    links: tuple[Link, ...] = ()
    routes: tuple[Route, ...] = ()
    image: str | None = "debian"
    files: tuple[tuple[str, str], ...] = ()
    units: tuple[str, ...] = ()
    daemons: tuple[Daemon, ...] = ()


@dataclass(frozen=True)
class Topology:
    """A whole lab. ``management`` is the only network on which the machine itself has an address (its first)."""

    name: str
    management: IPv4Network
    networks: tuple[str, ...]
    prefixes: tuple[IPv4Network, ...]
    hosts: tuple[Host, ...]
    secrets: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for problem in problems(self):
            raise LabError(problem)

    @property
    def gateway(self) -> IPv4Address:
        """The machine's own address on the management network."""
        return next(self.management.hosts())

    def digest(self) -> str:
        """Changes when anything that would have to be rebuilt changes."""
        built = {**asdict(self), "secrets": None}
        return hashlib.sha256(json.dumps(built, default=str, sort_keys=True).encode()).hexdigest()[:16]


def problems(topology: Topology) -> list[str]:
    """Sentences about what is wrong with ``topology``; empty if it can be built."""
    found: list[str] = []
    if not NAME.match(topology.name):
        found.append(f"The lab's name is {topology.name!r}; allowed are lower-case letters, digits and hyphens.")
    for network in topology.networks:
        if len(f"{topology.name}-{network}") > MAX_INTERFACE_NAME:
            found.append(f"Network {network!r} is too long a name: {topology.name}-{network} exceeds 15 characters.")
    seen: dict[IPv4Address, str] = {}
    names: set[str] = set()
    for host in topology.hosts:
        if host.name in names:
            found.append(f"Host {host.name} stands in the list twice.")
        names.add(host.name)
        if host.management not in topology.management:
            found.append(
                f"ansible_host of {host.name} is {host.management}; it must lie in the management network "
                f"{topology.management}."
            )
        if host.management == topology.gateway:
            found.append(f"ansible_host of {host.name} is {host.management}, which is the machine's own address.")
        for address in [host.management, *(a.ip for link in host.links for a in link.addresses)]:
            owner = seen.setdefault(address, host.name)
            if owner != host.name:
                found.append(f"{host.name} and {owner} both have the address {address}.")
        for link in host.links:
            if link.network not in topology.networks:
                found.append(
                    f"{link.name} of {host.name} is on network {link.network!r}; known are "
                    f"{', '.join(topology.networks)}."
                )
    return found


def parse_host(name: str, data: dict[str, Any]) -> Host:
    """Build a host from plain data (a molecule platform or an inventory's ``lab_*`` variables).

    ``data``: ``management`` (address), ``links`` [{name, network, address | addresses}], ``routes``
    ["CIDR via ADDRESS"], ``image``, ``files`` {path: text}, ``units`` [name],
    ``daemons`` [{name, module, arguments, ready (URL that answers 200)}].
    """
    try:
        links = tuple(
            Link(
                name=link["name"],
                network=link["network"],
                addresses=tuple(IPv4Interface(address) for address in link.get("addresses") or [link["address"]]),
            )
            for link in data.get("links", [])
        )
        routes = tuple(parse_route(route) for route in data.get("routes", []))
        on_link = {address.network for link in links for address in link.addresses}
        return Host(
            name=name,
            management=IPv4Address(data["management"]),
            links=links,
            # A network the host is plugged into needs no route (and one would hide the connected route).
            routes=tuple(route for route in routes if route.destination not in on_link),
            image=data.get("image", "debian"),
            files=tuple(sorted(data.get("files", {}).items())),
            units=tuple(data.get("units", [])),
            daemons=tuple(
                Daemon(entry["name"], entry["module"], tuple(map(str, entry["arguments"])), entry["ready"])
                for entry in data.get("daemons", [])
            ),
        )
    except KeyError as missing:
        raise LabError(f"Host {name} lacks {missing}.") from missing
    except ValueError as error:
        raise LabError(f"Host {name}: {error}.") from error


def parse_route(text: str) -> Route:
    """``"10.20.0.0/16 via 10.10.0.1"``."""
    match = re.match(r"^(\S+) via (\S+)$", text)
    if match is None:
        raise ValueError(f"route {text!r} does not read 'CIDR via ADDRESS'")
    return Route(destination=IPv4Network(match[1]), via=IPv4Address(match[2]))
