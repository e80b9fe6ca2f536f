# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP in front of the cloud: the proxy's CONNECT, what flows inside of it, metadata, and the lab's own door."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import faults
from .cloud import Cloud, Request
from .errors import ApiError
from .identity import TokenError
from .proxy import Authority, served

log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Answers on one address. Port 0 takes a free one (``port``)."""

    daemon_threads = True

    def __init__(self, address: str, port: int, cloud: Cloud, authority: Authority) -> None:
        super().__init__((address, port), _Front)
        self.cloud = cloud
        self.authority = authority
        self.port: int = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, or does not trust the certificate, is not our mistake."""
        log.info("client %s left", client_address, exc_info=log.isEnabledFor(logging.DEBUG))


def serve(address: str, port: int, cloud: Cloud, authority: Authority) -> Server:
    """Start answering, each connection in its own thread."""
    server = Server(address, port, cloud, authority)
    threading.Thread(target=server.serve_forever, name=f"gcp {address}:{server.port}", daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the cloud writes its own lines
        pass

    def read(self) -> bytes:
        # urllib3 sends head and body through a proxy with Nagle's algorithm on: a late ACK would cost 40 ms a call.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, code: int, data: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", headers.pop("content_type", "application/json; charset=UTF-8"))
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def answer_json(self, code: int, value: Any, **headers: str) -> None:
        self.answer(code, json.dumps(value).encode(), **headers)


class _Inside(_Handler):
    """Requests to one of Google's hosts, decrypted."""

    def __init__(self, connection: ssl.SSLSocket, client: Any, server: Server, host: str) -> None:
        self._host = host
        super().__init__(connection, client, server)

    def _any(self) -> None:
        url = urlsplit(self.path)
        data = self.read()
        if url.path in ("/token", "/oauth2/v4/token") and self.command == "POST":
            return self._token(data)
        request = Request(
            self.command,
            self._host,
            url.path,
            _query(url.query),
            self.headers.get("Authorization", ""),
            data,
            self.headers.get("Content-Type", ""),
        )
        self.answer(*self.server.cloud.answer(request))

    def _token(self, data: bytes) -> None:
        try:
            self.answer_json(200, self.server.cloud.identity.exchange(dict(parse_qsl(data.decode()))))
        except TokenError as error:
            log.warning("400 token: %s", error)
            self.answer_json(400, error.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any


def _query(text: str) -> dict[str, str]:
    """By name; the values of a repeated one with commas between them."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


class _Front(_Handler):
    """The proxy's own port: CONNECT for everybody, ``/computeMetadata`` for machines, ``/_lab`` for the lab."""

    def do_CONNECT(self) -> None:
        host = self.path.partition(":")[0]
        if not served(host):
            log.warning("403 CONNECT %s", host)
            return self.answer_json(403, {"error": f"the lab's Google API does not lead to {host}"})
        self.send_response(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        with self.server.authority.context(host).wrap_socket(self.connection, server_side=True) as inner:
            _Inside(inner, self.client_address, self.server, host)

    def _any(self) -> None:
        url = urlsplit(self.path)
        data = self.read()
        if url.path.startswith("/_lab/") and not url.hostname:
            return self._lab(url.path.removeprefix("/_lab/"), data)
        here = url.hostname in (None, "metadata.google.internal", self.server.server_address[0])
        if here and (url.path.startswith("/computeMetadata/") or url.path == "/"):
            return self._metadata(url.path)
        self.answer_json(403, {"error": f"the lab's Google API does not lead to {url.hostname or self.path}"})

    def _metadata(self, path: str) -> None:
        """https://cloud.google.com/compute/docs/metadata/overview, for GCE_METADATA_HOST."""
        cloud = self.server.cloud
        project = cloud.projects[0]
        email = f"lab@{project}.iam.gserviceaccount.com"
        if path.endswith("/token"):
            self.answer_json(200, cloud.identity.issue(email), Metadata_Flavor="Google")
        elif path.endswith("/project-id"):
            self.answer(200, project.encode(), content_type="application/text", Metadata_Flavor="Google")
        elif path.endswith("/universe-domain"):
            self.answer(200, b"googleapis.com", content_type="application/text", Metadata_Flavor="Google")
        elif path.endswith(("/", "/email")):
            self.answer_json(200, {"aliases": ["default"], "email": email, "scopes": []}, Metadata_Flavor="Google")
        else:
            self.answer_json(404, {"error": path}, Metadata_Flavor="Google")

    def _lab(self, door: str, data: bytes) -> None:
        if door == "ready":
            return self.answer(200, b"ready", content_type="text/plain")
        cloud = self.server.cloud
        doors: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "state"): lambda _: cloud.state(),
            ("GET", "private"): lambda _: cloud.private(),
            ("GET", "log"): lambda _: cloud.entries(),
            ("POST", "reset"): lambda _: cloud.reset(),
            ("POST", "fault"): lambda order: cloud.faults.append(faults.read(order)),
            ("DELETE", "fault"): lambda _: cloud.faults.clear(),
            ("POST", "observe"): cloud.observed.report,
            ("POST", "deny"): lambda order: cloud.denied.update(order["permissions"]),
            ("DELETE", "deny"): lambda _: cloud.denied.clear(),
            ("POST", "drift"): lambda order: cloud.drift(order["api"], order["path"], order["patch"]),
        }
        if (self.command, door) not in doors:
            return self.answer_json(404, {"error": f"no {self.command} /_lab/{door}"})
        try:
            with cloud.lock:
                self.answer_json(200, doors[self.command, door](json.loads(data) if data else None) or {})
        except (ValueError, KeyError, AttributeError, TypeError, ApiError) as error:
            self.answer_json(400, {"error": repr(error)})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any
