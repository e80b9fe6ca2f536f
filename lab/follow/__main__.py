# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the instances that the clouds' APIs list the hosts of a running lab, until the lab ends or SIGTERM.

python -m lab.follow
python -m lab.follow -i INVENTORY --home DIRECTORY --interval 1 --once
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .. import engine
from ..__main__ import HOME, ROOT, listing_of, topology_of
from ..errors import LabError
from ..machine import enter
from .follower import Follower, LabHosts
from .settings import follow_variable, read_api, read_site

NAME = "follow"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m lab.follow", description=__doc__.partition("\n")[0])
    top.add_argument("-i", "--inventory", type=Path, default=ROOT / "inventories" / "lab")
    top.add_argument("--home", type=Path, default=HOME.path, help="where the lab keeps its keys")
    top.add_argument("--interval", type=float, default=1.0, help="seconds between two looks at what does not change")
    top.add_argument("--bare", action="store_true", help="plain hosts with nothing downloaded beforehand")
    top.add_argument("--once", action="store_true", help="end as soon as there is nothing left to do")
    top.add_argument("-v", "--verbose", action="store_true", help="print every command")
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log = logging.getLogger("lab.follow")
    log.setLevel(logging.INFO)
    try:
        follower = prepared(args, log.info)
        while True:
            if follower.step():
                continue
            if args.once:
                break
            time.sleep(args.interval)
    except LabError as error:
        print(f"lab.follow: {error}", file=sys.stderr)
        return 1
    return 0


def prepared(args: argparse.Namespace, say: Callable[[str], None]) -> Follower:
    """A follower of the inventory's lab. Raises LabError if the lab does not run or is followed already."""
    listing = listing_of(args.inventory)
    topology = topology_of(listing)
    settings = follow_variable(listing)
    sites = {cloud: read_site(cloud, data, topology) for cloud, data in settings.items()}
    clouds = {cloud: read_api(cloud, data) for cloud, data in settings.items()}
    machine = enter(args.verbose)
    home = engine.Home(args.home)
    engine.refuse_foreign(machine, topology.name, home)
    engine.enlist(topology.name, NAME)
    hosts = LabHosts(machine, topology, home, engine.state_of(topology.name), args.bare)
    return Follower(hosts, clouds, sites, topology, say, time.monotonic)


if __name__ == "__main__":
    sys.exit(main())
