# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy, Route 53, the peer and people may ask."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from .peer import SIGNATURE, Unsigned, grant_reply

log = logging.getLogger("dr-agent")

PATHS = "/primary, /replica, /redis/primary, /redis/replica, /dr/active, /status and /metrics"
MAX_QUESTION = 4096


class Answers(Protocol):
    def writes(self) -> bool: ...
    def leads(self) -> bool: ...
    def active(self) -> bool: ...
    def serves_reads(self, max_lag: float | None) -> bool: ...
    def grant(self, epoch: int, asker: str) -> bool: ...
    def status(self) -> dict[str, Any]: ...


def respond(target: str, agent: Answers) -> tuple[int, str, str]:
    """(status, content type, body) for a GET of ``target``, such as ``/replica?max_lag=5``."""
    url = urlsplit(target)
    match url.path:
        case "/primary":
            good = agent.writes()
        case "/redis/primary":
            good = agent.leads()
        case "/dr/active":
            good = agent.active()
        case "/redis/replica":
            good = bool(agent.status()["cache"]["answers"])
        case "/replica":
            wanted = parse_qs(url.query).get("max_lag", [""])[0]
            try:
                good = agent.serves_reads(float(wanted) if wanted else None)
            except ValueError:
                return _json(400, {"error": f"max_lag is '{wanted}'; allowed is a number of seconds."})
        case "/status":
            return _json(200, agent.status())
        case "/metrics":
            return 200, "text/plain; version=0.0.4", "".join(f"{line}\n" for line in metrics(agent.status()))
        case _:
            return _json(404, {"error": f"{url.path} is unknown; there are {PATHS}."})
    return _json(200 if good else 503, {"answer": good})


def metrics(status: dict[str, Any]) -> Iterator[str]:
    """Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/"""
    database, cache = status["database"], status["cache"]
    values = {
        "dr_epoch": status["epoch"],
        "dr_lease_remaining_seconds": status["lease_remaining_seconds"],
        "dr_record_age_seconds": status["record_age_seconds"],
        "dr_database_answers": database["answers"],
        "dr_database_writable": database["writable"],
        "dr_database_lag_seconds": database["lag_seconds"],
        "dr_database_diverged": database["diverged"],
        "dr_cache_answers": cache["answers"],
        "dr_cache_master": cache["role"] == "master",
        "dr_peer_answers": status["peer"]["answers"],
    }
    label = f'{{site="{status["site"]}"}}'
    for name, value in values.items():
        if value is not None:
            yield f"# TYPE {name} gauge"
            yield f"{name}{label} {float(value)}"
    yield "# TYPE dr_role gauge"
    yield f'dr_role{{site="{status["site"]}",role="{status["role"]}"}} 1'


def _json(status: int, body: dict[str, Any]) -> tuple[int, str, str]:
    return status, "application/json", json.dumps(body) + "\n"


def server(address: str, port: int, secret: str, agent: Answers) -> ThreadingHTTPServer:
    """Not yet serving."""

    class Handler(BaseHTTPRequestHandler):
        # A client that says nothing holds a thread no longer than this.
        timeout = 5
        server_version = "dr-agent"

        def do_GET(self) -> None:
            self._answer(*respond(self.path, agent))

        do_HEAD = do_GET

        def do_POST(self) -> None:
            if self.path != "/grant":
                self._answer(*_json(404, {"error": f"{self.path} is unknown; there is /grant."}))
                return
            size = int(self.headers.get("Content-Length") or 0)
            if not 0 < size <= MAX_QUESTION:
                self._answer(*_json(413, {"error": f"a question of {size} bytes; allowed are 1 to {MAX_QUESTION}."}))
                return
            try:
                body = self.rfile.read(size)
                answer, signature = grant_reply(secret, body, self.headers.get(SIGNATURE), agent.grant)
            except (Unsigned, ValueError, KeyError, TypeError) as error:
                log.warning("a question for a grant from %s is not answered: %s", self.client_address[0], error)
                self._answer(*_json(403, {"error": "the question is not signed with the agents' secret."}))
                return
            self._answer(200, "application/json", answer.decode(), {SIGNATURE: signature})

        def _answer(self, status: int, kind: str, body: str, headers: dict[str, str] | None = None) -> None:
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            try:
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
            except ConnectionError as error:  # HAProxy reads no further than the status
                log.debug("%s: %s", self.client_address[0], error)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            log.debug(format, *args)

    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer((address, port), Handler)
