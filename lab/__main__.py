# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab``: both clouds on one machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import api, engine, pool
from .errors import LabError
from .inventory import topology_from_inventory
from .machine import enter
from .topology import Topology

ROOT = Path(__file__).resolve().parent.parent
HOME = engine.Home(ROOT / ".lab")
HOST_VERBS = ("start", "stop", "kill", "pause", "unpause")


def listing_of(inventory: Path) -> dict[str, Any]:
    """What ``ansible-inventory --list`` prints."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(inventory), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise LabError(f"The inventory {inventory} cannot be read: {done.stderr.strip()}")
    listing: dict[str, Any] = json.loads(done.stdout)
    return listing


def topology_of(listing: dict[str, Any]) -> Topology:
    """The lab that an inventory's listing describes."""
    return topology_from_inventory(listing, lambda path: (ROOT / path).read_text())


def load(inventory: Path) -> Topology:
    """The lab that an inventory describes."""
    return topology_of(listing_of(inventory))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description=__doc__)
    top.add_argument("-v", "--verbose", action="store_true", help="print every command")
    top.add_argument("-i", "--inventory", type=Path, default=ROOT / "inventories" / "lab")
    top.add_argument("--home", type=Path, default=HOME.path, help="where the lab keeps keys, secrets and logs")
    verbs = top.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="build the lab, or keep it if it runs")
    up.add_argument("--bare", action="store_true", help="hosts from a plain image, nothing downloaded beforehand")
    verbs.add_parser("down", help="remove every trace of the lab")
    verbs.add_parser("status", help="hosts and their state")
    for verb in HOST_VERBS:
        verbs.add_parser(verb, help=f"{verb} hosts").add_argument("hosts", nargs="+")
    for verb in ("cut", "mend"):
        link = verbs.add_parser(verb, help="pull or plug a host's cable")
        link.add_argument("host")
        link.add_argument("link")
    blackout = verbs.add_parser("blackout", help="the AWS API's calls fail, data planes go on; alone: the present one")
    blackout.add_argument("services", nargs="*", metavar="SERVICE", help="as boto3 names it; '*' is all of them")
    blackout.add_argument("--except", nargs="+", default=[], dest="excepted", metavar="SERVICE", help="all but these")
    blackout.add_argument("--how", choices=["refuse", "hang", "throttle"], default="refuse")
    blackout.add_argument("--end", action="store_true")
    exec_ = verbs.add_parser("exec", help="run a command in a host, as root")
    exec_.add_argument("host")
    exec_.add_argument("command", nargs=argparse.REMAINDER)
    pool_up = verbs.add_parser("pool-up", help="a small throw-away lab for a molecule scenario")
    pool_up.add_argument("platforms", type=Path, help="JSON: a list of platforms")
    pool_up.add_argument("home", type=Path)
    verbs.add_parser("pool-down", help="remove a throw-away lab").add_argument("home", type=Path)
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return run(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def run(args: argparse.Namespace) -> int:
    if args.verb == "pool-up":
        print(json.dumps(pool.up(json.loads(args.platforms.read_text()), args.home, args.verbose)))
        return 0
    if args.verb == "pool-down":
        pool.down(args.home, args.verbose)
        return 0
    topology = load(args.inventory)
    if args.verb == "up":
        built = engine.up(topology, engine.Home(args.home), args.bare, args.verbose)
        print(f"lab {topology.name}: {len(topology.hosts)} hosts {'built' if built else 'already up'}")
    elif args.verb == "down":
        engine.down(topology.name, args.verbose)
        print(f"lab {topology.name}: nothing is left of it")
    elif args.verb == "status":
        for name, state in engine.status(enter(args.verbose), topology):
            print(f"{name:12} {state}")
    elif args.verb in HOST_VERBS:
        for name in args.hosts:
            engine.host_verb(enter(args.verbose), topology, args.verb, engine.find_host(topology, name))
    elif args.verb in ("cut", "mend"):
        host = engine.find_host(topology, args.host)
        engine.cable(enter(args.verbose), topology, host, args.link, "down" if args.verb == "cut" else "up")
    elif args.verb == "blackout":
        if args.end or args.services or args.excepted:
            wanted = {"services": args.services or ["*"], "except": args.excepted, "how": args.how}
            api.blackout(topology, None if args.end else wanted)
        print(json.dumps(api.present_blackout(topology)))
    else:
        machine = enter(args.verbose)
        command = engine.inside(topology, engine.find_host(topology, args.host), args.command)
        return subprocess.run([*machine.prefix, *command]).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
