# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small throw-away labs, one a molecule scenario, several at a time beside the big one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from . import engine
from .errors import LabError
from .topology import Topology, parse_host

# One /24 for SSH each. The hosts' own networks have no address on the machine, so labs may repeat them.
POOL = tuple(IPv4Network("10.40.0.0/16").subnets(new_prefix=24))[1:100]
PREFIXES = ("10.10.0.0/16", "10.20.0.0/16", "10.40.0.0/16", "198.51.100.0/24")


def topology(number: int, platforms: list[dict[str, Any]]) -> Topology:
    """The lab number ``number`` of a scenario's platforms ([{name, links?, routes?, image?, daemons?}])."""
    management = POOL[number]
    hosts = []
    for index, platform in enumerate(platforms):
        address = management[10 + index]
        links = platform.get("links") or [{"name": "eth0", "network": "net", "address": f"10.10.0.{10 + index}/24"}]
        daemons = [_at(daemon, address) for daemon in platform.get("daemons", [])]
        data = {**platform, "management": address, "links": links, "daemons": daemons}
        hosts.append(parse_host(platform["name"], data))
    networks = sorted({link.network for host in hosts for link in host.links})
    prefixes = tuple(IPv4Network(prefix) for prefix in PREFIXES if not management.subnet_of(IPv4Network(prefix)))
    return Topology(f"m{number}", management, tuple(networks), (*prefixes, management), tuple(hosts))


def _at(daemon: dict[str, Any], management: IPv4Address) -> dict[str, Any]:
    """Which network for SSH a scenario gets is known only now: ``{management}`` stands for the host's address there."""

    def fill(text: Any) -> str:
        return str(text).replace("{management}", str(management))

    return {**daemon, "arguments": [fill(argument) for argument in daemon["arguments"]], "ready": fill(daemon["ready"])}


def up(platforms: list[dict[str, Any]], home: Path, verbose: bool = False) -> list[dict[str, str]]:
    """Build (or keep) the scenario's hosts; molecule's instance configuration."""
    mine = engine.Home(home)
    with engine.lock():
        number = _number_of(home)
        if number is None:
            number = _free_number()
            state = engine.state_of(f"m{number}")
            state.mkdir(parents=True)
            (state / "owner").write_text(str(home.resolve()))
    lab = topology(number, platforms)
    engine.up(lab, mine, verbose=verbose)
    return [
        {
            "instance": host.name,
            "address": str(host.management),
            "user": "ops",
            "port": "22",
            "identity_file": str(mine.key.resolve()),
        }
        for host in lab.hosts
    ]


def down(home: Path, verbose: bool = False) -> None:
    """Remove the scenario's hosts; nothing happens if it has none."""
    number = _number_of(home)
    if number is not None:
        engine.down(f"m{number}", verbose)


def _number_of(home: Path) -> int | None:
    for name in engine.running_labs():
        owner = engine.state_of(name) / "owner"
        if name[1:].isdigit() and owner.exists() and owner.read_text() == str(home.resolve()):
            return int(name[1:])
    return None


def _free_number() -> int:
    taken = set(engine.running_labs())
    for number in range(len(POOL)):
        if f"m{number}" not in taken:
            return number
    raise LabError(f"All {len(POOL)} throw-away labs are in use; `python -m lab pool-down HOME` frees one.")
