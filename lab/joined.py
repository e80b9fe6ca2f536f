# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that joined a lab while it ran: one record each, in the lab's own state, so that they go with it.

A record is written before anything of its host exists and says ``UNFINISHED`` until everything does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from .errors import LabError
from .topology import Host, Topology, parse_host

UNFINISHED, RUNNING, STOPPED = "unfinished", "running", "stopped"


@dataclass(frozen=True)
class Joined:
    """One host and whom it stands for.

    ``cloud``: whose instance it is. ``instance``: the identity of that, which no other one ever has. ``disk``: what an
    image of it names as its source. ``called``: what people call it.
    ``power``: what the lab did last: a host that somebody killed since then is still RUNNING here.
    """

    host: Host
    cloud: str
    instance: str
    disk: str
    called: str
    power: str = UNFINISHED


def records(state: Path) -> list[Joined]:
    """All of a lab's, by name. ``state``: the directory of a running lab; none if there is no such lab."""
    return [_read(json.loads(path.read_text())) for path in sorted((state / "joined").glob("*.json"))]


def keep(state: Path, joined: Joined) -> None:
    """Write a record, at once or not at all. Raises LabError if the lab does not run."""
    if not (state / "digest").exists():
        raise LabError(f"The lab {state.name!r} does not run, so {joined.host.name} cannot join it.")
    path = _path(state, joined.host.name)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(_written(joined)))
    os.replace(unfinished, path)


def forget(state: Path, name: str) -> None:
    """Remove a record if there is one."""
    _path(state, name).unlink(missing_ok=True)


def named(joined: Iterable[Joined], name: str) -> list[Joined]:
    """The one host of that name, or else all that people call so."""
    known = list(joined)
    return [one for one in known if one.host.name == name] or [one for one in known if one.called == name]


def free_management(topology: Topology, taken: Iterable[IPv4Address]) -> IPv4Address:
    """The lowest address of the management network that is nobody's. Raises LabError if all are taken."""
    used = {topology.gateway, *(host.management for host in topology.hosts), *taken}
    for address in topology.management.hosts():
        if address not in used:
            return address
    raise LabError(f"No address of the management network {topology.management} is free.")


def _path(state: Path, name: str) -> Path:
    return state / "joined" / f"{name}.json"


def _written(joined: Joined) -> dict[str, Any]:
    host = joined.host
    return {
        "name": host.name,
        "host": {
            "management": str(host.management),
            "image": host.image,
            "links": [
                {"name": link.name, "network": link.network, "addresses": [str(each) for each in link.addresses]}
                for link in host.links
            ],
            "routes": [f"{route.destination} via {route.via}" for route in host.routes],
            "files": dict(host.files),
        },
        "cloud": joined.cloud,
        "instance": joined.instance,
        "disk": joined.disk,
        "called": joined.called,
        "power": joined.power,
    }


def _read(record: dict[str, Any]) -> Joined:
    rest = {key: record[key] for key in ("cloud", "instance", "disk", "called", "power")}
    return Joined(parse_host(record["name"], record["host"]), **rest)
