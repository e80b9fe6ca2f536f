# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client sees: the API through boto3, names through DNS, sites that can be switched off."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import dns.message
import dns.query
import dns.rcode
import pytest

WAIT_SECONDS = 60


@pytest.fixture(scope="session")
def lab() -> dict[str, Any]:
    """Ports and environment, as create.yml wrote them down."""
    found: dict[str, Any] = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "aws.json").read_text())
    return found


@pytest.fixture(scope="session")
def route53(lab: dict[str, Any]) -> Any:
    environment = lab["environment"]
    return boto3.client(
        "route53",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture(scope="session")
def api_errors() -> Callable[[], list[str]]:
    """What the role asked of the API that it does not do, and where it broke."""

    def read() -> list[str]:
        lines = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "aws.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]

    return read


@pytest.fixture(scope="session")
def dig(lab: dict[str, Any]) -> Callable[..., list[str]]:
    """``dig(name, type)``: the values of the answer; the response code if there is none."""

    def ask(name: str, rdtype: str = "A") -> list[str]:
        response = dns.query.udp(dns.message.make_query(name, rdtype), "127.0.0.1", port=lab["dns"], timeout=5)
        values = [item.to_text() for rrset in response.answer for item in rrset]
        return values or [dns.rcode.to_text(response.rcode())]

    return ask


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], bool], str], None]:
    def wait(condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end, f"not within {WAIT_SECONDS} s: {what}"
            time.sleep(0.2)

    return wait


class Site:
    """A site's edge: answers 200 on the paths in ``serving``, 503 on others, and is gone while ``down``."""

    def __init__(self, port: int) -> None:
        self.serving: dict[str, str] = {}
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    def up(self, *paths: str, **bodies: str) -> None:
        self.serving = {**dict.fromkeys(paths, "ok"), **{f"/{path}": body for path, body in bodies.items()}}
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.serving.get(self.path)
                self.send_response(503 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture(scope="session")
def gcp(lab: dict[str, Any]) -> Iterator[Site]:
    site = Site(lab["gcp"])
    yield site
    site.down()


@pytest.fixture(scope="session")
def aws(lab: dict[str, Any]) -> Iterator[Site]:
    site = Site(lab["aws"])
    yield site
    site.down()
