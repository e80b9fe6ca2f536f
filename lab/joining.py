# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host joins a running lab, is switched off and on, and parts, while the others go on.

Whatever is interrupted can be done again: a host that has not quite joined parts like any other.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Interface

from . import engine, joined, plan
from .errors import CommandError, LabError
from .joined import RUNNING, UNFINISHED, Joined
from .machine import PODMAN, Machine, default_mtu
from .topology import Host, Topology


def join(
    machine: Machine, topology: Topology, home: engine.Home, new: Joined, tag: str, router: str | None = None
) -> None:
    """Build the host from the image ``tag`` and let it boot. ``router``: the host that has its subnet's first address.

    Raises LabError if the lab does not run, or if a private address of the host leads somewhere else already.
    """
    with engine.lock():
        state = engine.state_of(topology.name)
        joined.keep(state, replace(new, power=UNFINISHED))
        if router is not None:
            machine.steps(_router_addresses(topology, engine.find_host(topology, router), new.host))
        _reach(machine, topology, new.host)
        engine.build_host(machine, topology, new.host, tag, home, engine.resolver_file(), default_mtu(machine))
        key = engine.host_key(topology, new.host).with_suffix(".pub").read_text()
        _rewrite_known_hosts(home, new.host, [f"{name} {' '.join(key.split()[:2])}" for name in _addresses(new.host)])
        joined.keep(state, replace(new, power=RUNNING))


def switch(machine: Machine, topology: Topology, old: Joined, power: str) -> None:
    """RUNNING: boot; STOPPED: an orderly shutdown. The host keeps its disk and its cables."""
    with engine.lock():
        machine.do([*PODMAN, "start" if power == RUNNING else "stop", plan.namespace(topology, old.host)])
        joined.keep(engine.state_of(topology.name), replace(old, power=power))


def part(machine: Machine, topology: Topology, home: engine.Home, old: Joined) -> None:
    """Remove the host and every trace of it; what is not there any more is no obstacle."""
    with engine.lock():
        state = engine.state_of(topology.name)
        machine.do([*PODMAN, "unpause", plan.namespace(topology, old.host)], check=False)
        remove = ["rm", "--force", "--ignore", "--time", "0", "--volumes", plan.namespace(topology, old.host)]
        machine.do([*PODMAN, *remove])
        for step in plan.unwiring(topology, old.host):
            machine.do(step.argv, step.stdin, check=False)
        _rewrite_known_hosts(home, old.host, [])
        shutil.rmtree(state / "files" / old.host.name, ignore_errors=True)
        joined.forget(state, old.host.name)


def bake(machine: Machine, topology: Topology, source: Joined, image: str) -> None:
    """Keep the host's disk as the image ``image`` of this lab."""
    machine.do([*PODMAN, "commit", "--quiet", plan.namespace(topology, source.host), baked_tag(topology.name, image)])


def drop_image(machine: Machine, topology: Topology, image: str) -> None:
    """Remove a baked image that no host was made of."""
    machine.do([*PODMAN, "rmi", baked_tag(topology.name, image)])


def baked_images(machine: Machine, topology: Topology) -> set[str]:
    """The images of this lab that ``bake`` has kept."""
    return {tag.rpartition(":")[2] for tag in engine.baked_tags(machine, topology.name)}


def baked_tag(lab: str, image: str) -> str:
    """How podman calls a baked image."""
    return f"{engine.baked_repository(lab)}:{image}"


def _router_addresses(topology: Topology, router: Host, host: Host) -> list[plan.Step]:
    """``router`` has the first address of each subnet that ``host`` is in."""
    cables = {link.network: link.name for link in router.links}
    steps = []
    for link in host.links:
        if link.network not in cables:
            raise LabError(f"{router.name} is to route for {host.name}, but has no cable to {link.network!r}.")
        for address in link.addresses:
            first = IPv4Interface(f"{address.network[1]}/{address.network.prefixlen}")
            steps.append(plan.router_address(topology, router, cables[link.network], first))
    return steps


def _reach(machine: Machine, topology: Topology, host: Host) -> None:
    try:
        machine.steps(plan.management_routes(topology, host))
    except CommandError as error:
        where = ", ".join(_addresses(host)[1:])
        raise LabError(f"{where} of {host.name} leads elsewhere on this machine already: {error.output}") from error


def _addresses(host: Host) -> list[str]:
    return [str(host.management), *(str(each.ip) for link in host.links for each in link.addresses)]


def _rewrite_known_hosts(home: engine.Home, host: Host, lines: Iterable[str]) -> None:
    """Put the host's lines in the place of whatever is known of its addresses; at once or not at all."""
    addresses = set(_addresses(host))
    known = home.known_hosts.read_text().splitlines() if home.known_hosts.exists() else []
    kept = [line for line in known if line and line.split()[0] not in addresses]
    unfinished = home.known_hosts.with_suffix(".new")
    unfinished.write_text("".join(f"{line}\n" for line in [*kept, *lines]))
    os.replace(unfinished, home.known_hosts)
