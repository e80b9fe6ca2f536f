# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's AWS API on free loopback ports, as its own process: what `python -m lab.aws` is to the lab."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


@dataclass(frozen=True)
class Aws:
    """A running API. ``dns_port`` is 0 when it runs without a data plane."""

    endpoint: str
    log: Path
    dns_port: int = 0

    def client(self, service: str, region: str = "us-east-1", **config: Any) -> Any:
        """A boto3 client; errors are not retried, so that a test sees the first. ``config``: more of botocore's."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )

    @property
    def route53(self) -> Route53Client:
        client: Route53Client = self.client("route53")
        return client


def free_port() -> int:
    """A port that is free on UDP and TCP of loopback, as far as anyone can know."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port: int = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        return port


@contextlib.contextmanager
def running(folder: Path, data_plane: bool) -> Iterator[Aws]:
    """Start the API, with 16 checkers on 127.0.0.10-25 if asked, and end it."""
    api, dns = free_port(), free_port() if data_plane else 0
    log = folder / "aws.log"
    argv = [sys.executable, "-m", "lab.aws", "--bind", f"127.0.0.1:{api}", "--log", str(log)]
    if data_plane:
        argv += ["--route53-dns", f"127.0.0.1:{dns}", "--checkers", "127.0.0.10-127.0.0.25"]
    process = subprocess.Popen(argv, cwd=ROOT)
    aws = Aws(f"http://127.0.0.1:{api}", log, dns)
    try:
        _await_ready(aws, process)
        yield aws
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _await_ready(aws: Aws, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{aws.endpoint}/lab/ready", timeout=5).close()
            return
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the AWS API did not start: {aws.log.read_text() if aws.log.exists() else 'no log'}")
        time.sleep(0.1)
