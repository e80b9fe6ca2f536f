# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS API of the lab, with the data planes of Route 53, CloudWatch, EventBridge and Lambda beside it.

    python -m lab.aws --bind 10.30.0.202:5000 --bind 198.51.100.240:80 --log .lab/log/aws.log \\
        --route53-dns 198.51.100.230:53 --checkers 198.51.100.210-198.51.100.225 --resolver 198.51.100.53

GET /lab/ready answers 200 as soon as everything listens and the data plane has its first configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import os
import random
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial

from ..route53.model import Checker

# The regions that health checkers stand in (HealthCheckConfig.Regions).
REGIONS = (
    *("us-east-1", "us-west-1", "us-west-2", "eu-west-1"),
    *("ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"),
)

Endpoint = tuple[str, int]


def endpoint(text: str) -> Endpoint:
    """``ADDRESS:PORT``."""
    address, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(address)), int(port)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT") from error


def checkers(text: str) -> list[Checker]:
    """``FIRST-LAST`` addresses, spread evenly over the regions."""
    first, _, last = text.partition("-")
    try:
        start, end = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last or first)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIRST-LAST of IPv4 addresses") from error
    addresses = [ipaddress.IPv4Address(number) for number in range(int(start), int(end) + 1)]
    if not addresses:
        raise argparse.ArgumentTypeError(f"{text!r} holds no address: the last one is before the first")
    return [Checker(str(address), REGIONS[index % len(REGIONS)]) for index, address in enumerate(addresses)]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.aws", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--bind", type=endpoint, action="append", required=True, metavar="ADDR:PORT", help="serve the API here"
    )
    parser.add_argument("--log", metavar="FILE", help="append the log here instead of writing to standard error")
    parser.add_argument(
        "--route53-dns",
        type=endpoint,
        action="append",
        metavar="ADDR:PORT",
        help="authoritative DNS, UDP and TCP; may be given several times",
    )
    parser.add_argument(
        "--checkers", type=checkers, metavar="FIRST-LAST", help="addresses of Route 53's health checkers"
    )
    parser.add_argument(
        "--resolver", metavar="ADDR", help="DNS server for checks that name no IP address (default: system)"
    )
    parsed = parser.parse_args(argv)
    if bool(parsed.route53_dns) != bool(parsed.checkers):
        parser.error("--route53-dns and --checkers go together: they are one data plane")
    return parsed


def main(argv: Sequence[str] | None = None) -> None:
    """Run until SIGTERM or SIGINT."""
    options = arguments(argv)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        **({"filename": options.log} if options.log else {"stream": sys.stderr}),
    )
    # moto calls itself by this port.
    os.environ.setdefault("MOTO_PORT", str(options.bind[0][1]))
    asyncio.run(run(options))


async def run(options: argparse.Namespace) -> None:
    """Start every part, then wait for the end."""
    # moto is imported late: it takes a second, and --help should not.
    from ..route53.checker import probe
    from ..route53.dns_server import serve as serve_dns
    from ..route53.plane import DataPlane
    from .alarm_clock import AlarmClock
    from .changes import Changes
    from .health_metric import HealthMetric, provide
    from .lambda_runtime import Runtime
    from .patches import (
        acm,
        awslambda,
        cloudfront,
        cloudwatch,
        dms,
        dynamodb,
        ec2,
        ec2_compute,
        elbv2,
        events,
        route53,
        sns,
        wafv2,
    )
    from .resolver import resolver
    from .schedules import Schedules
    from .server import Api, serve
    from .snapshot import snapshot

    changes = Changes()
    plane = None
    if options.checkers:
        resolve = resolver(options.resolver)
        plane = DataPlane(
            partial(snapshot, changes),
            options.checkers,
            lambda check, source: probe(check, source, resolve),
            random.Random(),
        )
    host, port = options.bind[0]
    runtime = Runtime(f"http://{host}:{port}")
    functions = awslambda.Lambda(runtime)
    dms.apply()
    dynamodb.apply()
    ec2.apply()
    ec2_compute.apply()
    route53.apply(plane, changes)
    awslambda.apply(functions)
    events.apply(functions)
    sns.apply(functions)
    cloudwatch.apply()
    acm.apply()
    elbv2.apply()
    wafv2.apply()
    cloudfront.apply()
    every_second = [AlarmClock().tick, Schedules(events.scheduled_rules, partial(events.fire, functions)).tick]
    if plane is not None:
        metric = HealthMetric(plane.statuses)
        provide(metric)
        every_second.insert(0, metric.tick)

    def waiting_for() -> str:
        return "the data plane's first configuration" if plane is not None and plane.generation < 0 else ""

    api = Api(waiting_for)
    servers = [serve(address, port, api) for address, port in options.bind]
    log = logging.getLogger("lab.aws")
    for server in servers:
        log.info("AWS API on %s:%s", server.host, server.port)
    tasks = [asyncio.create_task(tell_the_time(every_second))]
    dns = []
    if plane is not None:
        for address, port in options.route53_dns:
            dns.append(await serve_dns(address, port, plane.answer))
            log.info("Route 53 on %s:%s", *dns[-1][1].sockets[0].getsockname()[:2])
        log.info("%s health checkers", len(plane.checkers))
        tasks.append(asyncio.create_task(plane.run()))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ended = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    runtime.close()
    for task in done - {ended}:
        task.result()  # the data planes never end by themselves: an error ends the process


async def tell_the_time(listeners: Sequence[Callable[[], None]]) -> None:
    """Call everything that follows the clock, once a second."""
    while True:
        for tick in listeners:
            tick()
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
