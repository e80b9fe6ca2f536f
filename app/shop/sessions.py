"""Sessions: a random id in a cookie, the data as JSON in Redis under `session:<id>`.

Read and changed only by the pages that need one, so that the others stay cacheable. A change is written before it
is confirmed; when it cannot be written, `Unavailable` is raised and nothing is lost.
"""

import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

import redis
from flask import Flask, Response, current_app, g, request
from redis.backoff import NoBackoff
from redis.retry import Retry

Data = dict[str, Any]
Change = Callable[[Data], None]
COOKIE = "shop_session"
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class Unavailable(Exception):
    """The session store cannot take (or give) the session now; nothing was changed."""


class Store(Protocol):
    """Where sessions live."""

    def load(self, sid: str) -> Data | None:
        """Return the session's data, None if there is no such session; raise Unavailable."""

    def update(self, sid: str, change: Change) -> Data:
        """Apply `change` atomically and return the new data; raise Unavailable."""


class MemoryStore:
    """For a local run: this process only."""

    def __init__(self, ttl: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl, self._clock = ttl, clock
        self._entries: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def load(self, sid: str) -> Data | None:
        expires, text = self._entries.get(sid, (0.0, "null"))
        return cast("Data | None", json.loads(text)) if expires > self._clock() else None

    def update(self, sid: str, change: Change) -> Data:
        with self._lock:
            data = self.load(sid) or {}
            change(data)
            self._entries[sid] = (self._clock() + self._ttl, json.dumps(data))
            return data


class RedisStore:
    """Redis: writes and reads at the writer, reads at the nearest replica when there is no writer."""

    def __init__(self, writer: "redis.Redis", reader: "redis.Redis", ttl: int) -> None:
        self._writer, self._reader, self._ttl = writer, reader, ttl

    def load(self, sid: str) -> Data | None:
        for client in (self._writer, self._reader):
            try:
                return self._decode(client.get(f"session:{sid}"))
            except redis.RedisError as error:
                failure = error
        raise Unavailable(str(failure)) from failure

    def update(self, sid: str, change: Change) -> Data:
        key = f"session:{sid}"
        data: Data = {}

        def compare_and_set(pipe: Any) -> None:  # runs again if the key changed meanwhile
            nonlocal data
            data = self._decode(pipe.get(key)) or {}
            change(data)
            pipe.multi()
            pipe.set(key, json.dumps(data), ex=self._ttl)

        try:
            self._writer.transaction(compare_and_set, key)
        except redis.RedisError as error:
            raise Unavailable(str(error)) from error
        return data

    @staticmethod
    def _decode(value: Any) -> Data | None:
        return cast("Data", json.loads(value)) if value else None


def connect(url: str, connect_timeout: float, read_timeout: float) -> "redis.Redis":
    """Return a client for redis[s]://…?ssl_ca_certs=PATH; it repeats once, for pooled connections gone stale."""
    # The way leads through a proxy on 127.0.0.1, so the certificate's authority is checked and its name is not.
    tls = {"ssl_check_hostname": False} if url.startswith("rediss") else {}
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=connect_timeout,
        socket_timeout=read_timeout,
        retry=Retry(NoBackoff(), 1),
        **tls,
    )


def _store() -> Store:
    store: Store = current_app.extensions["sessions"]
    return store


def load() -> Data:
    """Return this visitor's session, empty for a new one; raise Unavailable."""
    if "session" not in g:
        sid = request.cookies.get(COOKIE, "")
        data = _store().load(sid) if _ID.fullmatch(sid) else None
        # An id that the store does not know is never adopted: the visitor may have been given it by somebody else.
        g.session_id = sid if data is not None else secrets.token_urlsafe(32)
        g.session = data or {}
    found: Data = g.session
    return found


def update(change: Change) -> Data:
    """Change this visitor's session and have the cookie sent; raise Unavailable if that cannot be kept."""
    load()
    g.session = _store().update(g.session_id, change)
    g.session_changed = True
    found: Data = g.session
    return found


def _send_cookie(response: Response) -> Response:
    if g.get("session_changed"):
        secure = str(current_app.config["SESSION_COOKIE_SECURE"]).lower()
        response.set_cookie(
            COOKIE,
            g.session_id,
            max_age=current_app.config["SESSION_TTL"],
            secure=request.is_secure if secure == "auto" else secure == "1",
            httponly=True,
            samesite=current_app.config["SESSION_COOKIE_SAMESITE"],
        )
    return response


def init_app(app: Flask) -> None:
    """Choose the store by REDIS_URL."""
    ttl = app.config["SESSION_TTL"]
    timeouts = (app.config["CONNECT_TIMEOUT"], app.config["READ_TIMEOUT"])
    store: Store = MemoryStore(ttl)
    if app.config["REDIS_URL"]:
        store = RedisStore(
            connect(app.config["REDIS_URL"], *timeouts), connect(app.config["REDIS_READ_URL"], *timeouts), ttl
        )
    app.extensions["sessions"] = store
    app.after_request(_send_cookie)
