#!/usr/bin/python3
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells over HTTP what the local MySQL or Redis is, opens it if the configuration says so, and writes the heartbeat.

An interim with fixed roles: no record, no lease, no fencing. See the role's README.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

log = logging.getLogger("dr-agent")

# Seconds.
FRESH = 0.5  # how long a look at the server may be repeated
PATIENCE = 0.8  # how long an HTTP client waits for a look; less than a check's usual time-out of 1 s
TIMEOUT = 1.0  # of one step of a look, and of a question to the peer
COMMIT_TIMEOUT = 30.0  # a commit may wait for a semi-synchronous acknowledgement
BEAT = 1.0
# So many questions in a row without an answer, and the peer counts as silent.
QUESTIONS = 3


@dataclass(frozen=True)
class Seen:
    """What one look at the local server showed. ``lag`` is in seconds, None if unknown."""

    answers: bool
    writable: bool = False
    # Replication is configured, and its threads (its link) are up.
    follows: bool = False
    running: bool = False
    lag: float | None = None
    # Following is written down for good: whoever wrote it has decided that this is no writer any more.
    bound: bool = False
    detail: str = ""


class Peer(Enum):
    """What the other site's agent says of its server."""

    WRITER = "writer"
    READER = "reader"
    UNHEARD = "unheard"  # no answer yet: ask again
    SILENT = "silent"
    ABSENT = "absent"


class Step(Enum):
    NOTHING = "nothing"
    OPEN = "open"
    BEAT = "beat"


def decide(opens: bool, seen: Seen, peer: Callable[[], Peer]) -> tuple[Step, str]:
    """The step that is due now, and why. The peer is asked only if its answer matters."""
    if not seen.answers:
        return Step.NOTHING, f"the local server does not answer: {seen.detail}"
    if seen.writable:
        return Step.BEAT, "the local server takes writes"
    if not opens:
        return Step.NOTHING, "this site is the standby by configuration"
    if seen.bound:
        return Step.NOTHING, "the local server is configured to follow another one, so its role has moved"
    match peer():
        case Peer.WRITER:
            return Step.NOTHING, "the peer takes writes: the local server stays closed"
        case Peer.UNHEARD:
            return Step.NOTHING, "the peer gave no answer: it is asked again"
        case Peer.SILENT:
            return (
                Step.OPEN,
                "the peer gives no answer, yet this site is the writer by configuration (interim: a hazard)",
            )
        case Peer.READER:
            return Step.OPEN, "the peer does not take writes, and this site is the writer by configuration"
        case Peer.ABSENT:
            return Step.OPEN, "there is no peer, and this site is the writer by configuration"


def serves_reads(seen: Seen, max_lag: float | None) -> bool:
    """A writer reads what it writes; a follower serves even without its source, unless ``max_lag`` is asked for."""
    if not seen.answers or not (seen.writable or seen.follows):
        return False
    if seen.writable or max_lag is None:
        return True
    return seen.running and seen.lag is not None and seen.lag <= max_lag


def respond(target: str, kind: str, seen: Callable[[], Seen], status: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """HTTP status and body for a request target such as ``/replica?max_lag=5``."""
    url = urlsplit(target)
    now = Seen(answers=False) if url.path not in {"/primary", "/replica", "/dr/active", "/status"} else seen()
    match url.path:
        case "/primary":
            good = now.writable
        case "/dr/active":
            # The site's role is that of its database.
            good = kind == "mysql" and now.writable
        case "/replica":
            wanted = parse_qs(url.query).get("max_lag", [""])[0]
            try:
                max_lag = float(wanted) if wanted else None
            except ValueError:
                return 400, {"error": f"max_lag is '{wanted}'; allowed is a number of seconds."}
            good = serves_reads(now, max_lag)
        case "/status":
            good = True
        case _:
            return 404, {"error": f"{url.path} is unknown; there are /primary, /replica, /dr/active and /status."}
    body = {
        "answers": now.answers,
        "writable": now.writable,
        "follows": now.follows,
        "running": now.running,
        "lag_seconds": now.lag,
        "detail": now.detail,
    }
    return (200 if good else 503), {**status, **body} if url.path == "/status" else body


def peer_of(status: dict[str, Any] | None) -> Peer:
    """Read a peer's ``/status``. A peer whose server is silent has not said that it is closed."""
    if status is None or status.get("answers") is not True:
        return Peer.SILENT
    return Peer.WRITER if status.get("writable") is not False else Peer.READER


class Server(Protocol):
    """The local server. ``look`` never raises; the others do."""

    def look(self) -> Seen: ...

    def open(self) -> None: ...

    def beat(self, site: str) -> None: ...


class MySQL:
    """``connect(timeout)`` gives a connection (PEP 249, autocommit) that breaks after so many seconds of silence."""

    def __init__(self, connect: Callable[[float], Any]) -> None:
        self._connect = connect
        self._reader: Any = None
        self._writer: Any = None

    def look(self) -> Seen:
        try:
            self._reader = self._reader or self._connect(TIMEOUT)
            with self._reader.cursor() as cursor:
                cursor.execute("SELECT @@GLOBAL.read_only OR @@GLOBAL.super_read_only")
                writable = not cursor.fetchone()[0]
                cursor.execute("SHOW REPLICA STATUS")
                row = cursor.fetchone()
                replica = dict(zip((column[0] for column in cursor.description), row, strict=True)) if row else {}
                cursor.execute("SELECT TIMESTAMPDIFF(MICROSECOND, MAX(at), NOW(6)) / 1e6 FROM dr.heartbeat")
                age = cursor.fetchone()[0]
        except Exception as error:
            _close(self._reader)
            self._reader = None
            return Seen(answers=False, detail=str(error))
        running = all(replica.get(f"Replica_{thread}_Running") == "Yes" for thread in ("IO", "SQL"))
        problem = replica.get("Last_IO_Error") or replica.get("Last_SQL_Error") or ""
        lag = 0.0 if writable else None if age is None else max(0.0, float(age))
        return Seen(True, writable, bool(replica), running, lag, bool(replica), problem)

    def open(self) -> None:
        def statements(cursor: Any) -> None:
            cursor.execute("SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_source_enabled'")
            if cursor.fetchone():
                cursor.execute("SET GLOBAL rpl_semi_sync_source_enabled = ON")
            # Takes super_read_only with it.
            cursor.execute("SET GLOBAL read_only = OFF")

        self._write(statements)

    def beat(self, site: str) -> None:
        self._write(
            lambda cursor: cursor.execute(
                "INSERT INTO dr.heartbeat (site, server_uuid, at) VALUES (%s, @@server_uuid, NOW(6)) AS new"
                " ON DUPLICATE KEY UPDATE server_uuid = new.server_uuid, at = new.at",
                (site,),
            )
        )

    def _write(self, statements: Callable[[Any], object]) -> None:
        try:
            self._writer = self._writer or self._connect(COMMIT_TIMEOUT)
            with self._writer.cursor() as cursor:
                statements(cursor)
        except Exception:
            _close(self._writer)
            self._writer = None
            raise


def _close(connection: Any) -> None:
    try:
        if connection is not None:
            connection.close()
    except Exception as error:
        log.debug("close: %s", error)


class Redis:
    """``client`` is a redis.Redis with time-outs."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def look(self) -> Seen:
        try:
            info = self._client.info("replication")
        except Exception as error:
            return Seen(answers=False, detail=str(error))
        if info["role"] == "master":
            return Seen(True, writable=True, lag=0.0)
        running = info["master_link_status"] == "up"
        # Redis is configured as a replica on both sites, so that says nothing about its role: not bound.
        return Seen(True, False, True, running, float(info["master_last_io_seconds_ago"]) if running else None)

    def open(self) -> None:
        self._client.replicaof("NO", "ONE")

    def beat(self, site: str) -> None:
        """Redis has a heartbeat of its own."""


class Glance:
    """Looks at the server at most every FRESH seconds, and lets nobody wait longer than PATIENCE for it."""

    def __init__(self, look: Callable[[], Seen], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "look")
        self._pending: Future[Seen] | None = None
        self._last = Seen(answers=False)
        self._since = float("-inf")

    def __call__(self) -> Seen:
        with self._lock:
            if self._clock() - self._since <= FRESH:
                return self._last
            if self._pending is None or self._pending.done():
                self._pending = self._worker.submit(self._refresh)
            pending = self._pending
        try:
            return pending.result(PATIENCE)
        except TimeoutError:
            return Seen(answers=False, detail=f"no answer within {PATIENCE} s")

    def _refresh(self) -> Seen:
        began = self._clock()
        seen = self._look()
        with self._lock:
            self._last, self._since = seen, began
        return seen


class Asker:
    """Asks the peer's agent; the peer counts as silent after QUESTIONS in a row without an answer."""

    def __init__(self, url: str | None, fetch: Callable[[str], bytes]) -> None:
        self._url = url
        self._fetch = fetch
        self._unanswered = 0

    def __call__(self) -> Peer:
        if self._url is None:
            return Peer.ABSENT
        try:
            peer = peer_of(json.loads(self._fetch(self._url)))
        except (OSError, ValueError) as error:
            log.debug("peer: %s", error)
            peer = Peer.SILENT
        self._unanswered = self._unanswered + 1 if peer is Peer.SILENT else 0
        return Peer.UNHEARD if 0 < self._unanswered < QUESTIONS else peer


class Agent:
    """One step a second."""

    def __init__(
        self, site: str, opens: bool, server: Server, seen: Callable[[], Seen], ask: Callable[[], Peer]
    ) -> None:
        self._site = site
        self._opens = opens
        self._server = server
        self._seen = seen
        self._ask = ask
        self.reason = "just started"

    def step(self) -> None:
        """Look, decide, do. An error is logged and the next step tries again."""
        due, reason = decide(self._opens, self._seen(), self._ask)
        if reason != self.reason:
            log.info("%s: %s", due.value, reason)
            self.reason = reason
        try:
            if due is Step.OPEN:
                self._server.open()
            elif due is Step.BEAT:
                self._server.beat(self._site)
        except Exception as error:
            log.warning("%s failed: %s", due.value, error)

    def run(self) -> None:
        while True:
            began = time.monotonic()
            self.step()
            time.sleep(max(0.0, BEAT - (time.monotonic() - began)))


def handler(answer: Callable[[str], tuple[int, dict[str, Any]]]) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of ``answer(target)``."""

    class Handler(BaseHTTPRequestHandler):
        # A client that says nothing holds a thread no longer than this.
        timeout = 5
        server_version = "dr-agent"

        def do_GET(self) -> None:
            status, body = answer(self.path)
            text = json.dumps(body).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            log.debug(format, *args)

    return Handler


def fetch(url: str) -> bytes:
    """GET, straight to the address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=TIMEOUT) as response:
        content: bytes = response.read()
    return content


def connect_mysql(config: dict[str, Any]) -> Callable[[float], Any]:
    import pymysql

    def connect(timeout: float) -> Any:
        return pymysql.connect(
            unix_socket=config["mysql_socket"],
            user=config["mysql_user"],
            connect_timeout=int(TIMEOUT),
            read_timeout=timeout,
            write_timeout=timeout,
            autocommit=True,
            init_command="SET time_zone = '+00:00'",
        )

    return connect


def connect_redis(config: dict[str, Any]) -> Any:
    import redis

    return redis.Redis(
        host=config["redis_address"],
        port=config["redis_port"],
        username=config["redis_user"],
        password=config["redis_password"],
        ssl=True,
        ssl_ca_certs=config["redis_ca"],
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        decode_responses=True,
    )


def main() -> None:
    """``dr_agent.py CONFIG``: a JSON object, see templates/config.json.j2 of the role."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = json.loads(Path(sys.argv[1]).read_text())
    server: Server = MySQL(connect_mysql(config)) if config["kind"] == "mysql" else Redis(connect_redis(config))
    seen = Glance(server.look)
    peer = f"http://{config['peer']}:{config['port']}/status" if config["peer"] else None
    agent = Agent(config["site"], config["opens"], server, seen, Asker(peer, fetch))

    def answer(target: str) -> tuple[int, dict[str, Any]]:
        status = {key: config[key] for key in ("kind", "site", "opens")}
        return respond(target, config["kind"], seen, {"interim": True, **status, "reason": agent.reason})

    ThreadingHTTPServer.daemon_threads = True
    http = ThreadingHTTPServer((config["address"], config["port"]), handler(answer))
    threading.Thread(target=agent.run, name="agent", daemon=True).start()
    http.serve_forever()


if __name__ == "__main__":
    main()
