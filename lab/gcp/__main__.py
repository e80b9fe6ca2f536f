# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve until SIGTERM or SIGINT; the package's docstring says how clients reach it."""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

Endpoint = tuple[str, int]
DEFAULT_PROJECT = "multicloud-dr"


def endpoint(text: str) -> Endpoint:
    """``ADDRESS:PORT``."""
    address, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(address)), int(port)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT") from error


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.gcp", description="The Google Cloud API of the lab")
    parser.add_argument("--bind", type=endpoint, action="append", required=True, metavar="ADDR:PORT", help="serve here")
    parser.add_argument(
        "--state", type=Path, default=Path(".lab/gcp"), metavar="DIR", help="where ca.pem and key.json are written"
    )
    parser.add_argument("--log", metavar="FILE", help="append the log here instead of writing to standard error")
    parser.add_argument(
        "--project", action="append", metavar="ID", help=f"a project that exists (default: {DEFAULT_PROJECT})"
    )
    parser.add_argument(
        "--polls", type=int, default=0, metavar="N", help="how many polls see an operation unfinished (default: 0)"
    )
    parser.add_argument(
        "--public", type=ipaddress.IPv4Network, metavar="CIDR", help="public addresses are given out of this network"
    )
    parser.add_argument(
        "--default-network", action="store_true", help="every project begins with the network 'default'"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Run until told to end."""
    options = arguments(argv)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        **({"filename": options.log} if options.log else {"stream": sys.stderr}),
    )
    # Imported late: --help should not wait for it.
    from .cloud import PUBLIC, Cloud
    from .documents import Documents, installed
    from .proxy import Authority
    from .server import serve

    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before there are other threads, so that none of them ends it
    projects = options.project or [DEFAULT_PROJECT]
    cloud = Cloud(
        Documents(installed()),
        projects,
        polls=options.polls,
        public=options.public or PUBLIC,
        default_network=options.default_network,
    )
    authority = Authority(options.state)
    key = options.state / "key.json"
    if key.exists():
        cloud.identity.adopt(json.loads(key.read_text(encoding="utf-8")))
    else:
        key.touch(mode=0o600)
        email = f"provisioner@{projects[0]}.iam.gserviceaccount.com"
        key.write_text(json.dumps(cloud.identity.new_key(email, projects[0]), indent=2), encoding="utf-8")
    for address, port in options.bind:
        server = serve(address, port, cloud, authority)
        logging.getLogger("lab.gcp").info("Google API on %s:%s", address, server.port)
    signal.sigwait(signals)


if __name__ == "__main__":
    main()
