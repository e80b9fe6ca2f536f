"""What others ask about this process and its site. Never cached."""

import threading
import time
from typing import Any

from flask import Blueprint, Flask, current_app

from . import db, metrics
from .config import SITE_LABELS

STATUS_TTL = 2.0  # seconds for which pages reuse the answer to "is ordering open?"

bp = Blueprint("health", __name__)


def writable(connection: db.Connection, site: str) -> bool:
    """Whether a client could write now: not read-only, and an insert, which is rolled back, is accepted."""
    try:
        if connection.read_only():
            return False
        connection.execute("INSERT INTO write_probe (site) VALUES (?)", site)
        return True
    finally:
        connection.rollback()


class Ordering:
    """Remembers for a moment whether ordering is open, so that page views do not each ask the writer."""

    def __init__(self) -> None:
        self._until, self._open = 0.0, False
        self._asking = threading.Lock()

    def forget(self) -> None:
        """Ask again next time."""
        self._until = 0.0

    def open(self) -> bool:
        """Whether the writer takes writes. While one request asks, the others take the last answer."""
        if time.monotonic() > self._until and self._asking.acquire(blocking=False):
            try:
                self._open = not db.writer().read_only()
            except db.Unavailable as error:
                current_app.logger.info("ordering is closed: %s", error)
                self._open = False
            finally:
                self._until = time.monotonic() + STATUS_TTL
                self._asking.release()
            metrics.ORDERING_OPEN.set(self._open)
        return self._open


def ordering_open() -> bool:
    """Whether orders can be placed now (at most STATUS_TTL old)."""
    ordering: Ordering = current_app.extensions["ordering"]
    return ordering.open()


def site_label() -> str:
    """Return the name of this site for people."""
    site: str = current_app.config["SITE"]
    return SITE_LABELS.get(site, site)


def _about(**more: Any) -> dict[str, Any]:
    return {"site": current_app.config["SITE"], "version": current_app.config["VERSION"], **more}


@bp.get("/livez")
def livez() -> dict[str, Any]:
    """The process is up; asks nobody."""
    return _about(status="ok")


@bp.get("/healthz")
def healthz() -> Any:
    """This site can serve reads."""
    try:
        row = db.reader().row("SELECT COUNT(*) AS products FROM product")
        current_app.jinja_env.get_template("home.html")
    except db.Unavailable as error:
        current_app.logger.warning("not healthy: %s", error)
        return _about(status="failed", reason="the database cannot be read"), 503
    if not row or not row["products"]:
        return _about(status="failed", reason="there are no products"), 503
    return _about(status="ok")


@bp.get("/writable")
def writable_now() -> Any:
    """A client could write here now, whichever site holds the writer."""
    try:
        found = writable(db.writer(), current_app.config["SITE"])
    except db.Unavailable as error:
        current_app.logger.warning("not writable: %s", error)
        found = False
    headers = {} if found else {"Retry-After": str(current_app.config["RETRY_AFTER"])}
    return _about(writable=found), 200 if found else 503, headers


@bp.get("/api/status")
def status() -> dict[str, Any]:
    """What a cached page shows of the present: who serves, and whether ordering is open."""
    return _about(site_label=site_label(), ordering_open=ordering_open())


def init_app(app: Flask) -> None:
    """Register the endpoints."""
    app.extensions["ordering"] = Ordering()
    app.jinja_env.globals["site_label"] = site_label
    app.register_blueprint(bp)
