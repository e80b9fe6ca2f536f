# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See, ten times a second, which databases would take a client's write and what DNS answers. One process, one clock.

Runs as root on the lab's machine, where it enters the hosts' network namespaces: each database is asked at its own
address from inside its own host's namespace, DNS from the client's. So no cable, tunnel or router between hosts can
blind it, and neither firewall nor account needs an opening for it: it is the shop's user, from an address of the site.
A namespace outlives its host, so a killed or frozen host is still asked.

Standard output is JSON Lines; ``kind`` says what a line is:

start   {databases, servers, period, monotonic, wall}
sample  {database, state: open | closed | unknown, begin, end, read_only, super_read_only, server_uuid, error}
dns     {server, begin, end, addresses, ttl, error}
end     {monotonic, wall}: without it the observer was cut short

*open*: an INSERT into shop.write_probe was accepted, then rolled back. *closed*: the server refused it, or nothing
listens. *unknown*: no answer, within ``end`` - ``begin`` seconds. An answer belongs to a moment between the two.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pymysql

from tests.harness.writer import Journal, ask, ending

# What MySQL says when it does not want writes: read-only (option, mode, transaction), offline, shutting down, refused
# by a trigger (SIGNAL) or a plug-in. Other errors (no such table, no privilege, too many connections) prove nothing.
REFUSALS = frozenset({1053, 1290, 1644, 1792, 1836, 3032, 3100, 3101})
CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Target:
    """``NAME=[NAMESPACE/]ADDRESS[:PORT]``; without a namespace, from where the observer runs."""

    name: str
    namespace: str
    address: str
    port: int


def target(text: str, port: int) -> Target:
    """Raises argparse.ArgumentTypeError."""
    name, _, rest = text.partition("=")
    namespace, _, where = rest.rpartition("/")
    address, _, number = where.partition(":")
    if not (name and address and (number or "0").isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=[NAMESPACE/]ADDRESS[:PORT]")
    return Target(name, namespace, address, int(number or port))


def enter(namespace: str) -> None:
    """Move the calling thread, and the sockets it will open, into a network namespace. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", namespace).open() as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, f"{os.strerror(code)}: cannot enter the network namespace {namespace}")


def connector(where: Target, user: str, password: str, timeout: float) -> Callable[[], Any]:
    """A function that connects to a database."""
    # Certificates are not its business: an expired one must not blind it.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE

    def connect() -> Any:
        return pymysql.connect(
            host=where.address,
            port=where.port,
            user=user,
            password=password,
            ssl=tls,
            connect_timeout=timeout,
            read_timeout=timeout,
            write_timeout=timeout,
        )

    return connect


class Database:
    """Samples of one database over a connection that is kept while it works."""

    def __init__(self, name: str, connect: Callable[[], Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._connect, self._clock = name, connect, clock
        self._connection: Any = None

    def sample(self) -> dict[str, Any]:
        """The fields of a ``sample`` line. Never raises for what a server or a network does."""
        found: dict[str, Any] = {"database": self._name, "state": "unknown", "begin": self._clock()}
        found |= {"read_only": None, "super_read_only": None, "server_uuid": "", "error": ""}
        try:
            self._look(found)
        except (pymysql.MySQLError, OSError) as error:
            found["error"] = f"{type(error).__name__}: {error}"
            if isinstance(getattr(error, "original_exception", error), ConnectionRefusedError):
                found["state"] = "closed"
            self._drop()
        found.setdefault("end", self._clock())
        return found

    def _look(self, found: dict[str, Any]) -> None:
        self._connection = self._connection or self._connect()
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT @@global.read_only, @@global.super_read_only, @@server_uuid")
            read_only, super_read_only, found["server_uuid"] = cursor.fetchone()
            found |= {"read_only": bool(read_only), "super_read_only": bool(super_read_only)}
            asked = self._clock()
            try:
                cursor.execute("INSERT INTO shop.write_probe (site) VALUES ('observer')")
                found["state"] = "open"
            except pymysql.MySQLError as error:
                if error.args[0] not in REFUSALS:
                    raise
                found |= {"state": "closed", "error": str(error)}
            # Only the INSERT's own time: the narrower the window, the more it proves.
            found |= {"begin": asked, "end": self._clock()}
        self._connection.rollback()

    def _drop(self) -> None:
        with suppress(pymysql.MySQLError):
            if self._connection is not None:
                self._connection.close()
        self._connection = None


def dns_sample(
    server: Target, name: str, timeout: float, clock: Callable[[], float] = time.monotonic
) -> dict[str, Any]:
    """The fields of a ``dns`` line."""
    found: dict[str, Any] = {"server": server.name, "begin": clock(), "addresses": [], "ttl": None, "error": ""}
    try:
        found["addresses"], found["ttl"] = ask(name, server.address, timeout, server.port)
    except OSError as error:
        found["error"] = f"{type(error).__name__}: {error}"
    return {**found, "end": clock()}


def repeat(step: Callable[[], None], period: float, stop: threading.Event) -> None:
    """Run ``step`` at a fixed rate; moments that pass meanwhile are left out."""
    due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        step()
        due += period * max(1, math.ceil((time.monotonic() - due) / period))


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = "NAME=[NAMESPACE/]ADDRESS[:PORT]"
    parser.add_argument("--database", type=lambda text: target(text, 3306), action="append", default=[], metavar=where)
    parser.add_argument("--dns", type=lambda text: target(text, 53), action="append", default=[], metavar=where)
    parser.add_argument("--name", help="what DNS is asked for")
    parser.add_argument("--user", default="shop")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--period", type=float, default=0.1, help="seconds")
    parser.add_argument(
        "--timeout", type=float, default=1.0, help="seconds without an answer until a sample is unknown"
    )
    given = parser.parse_args(argv)
    if given.dns and not given.name:
        parser.error("--dns needs --name")
    return given


def main(argv: list[str] | None = None) -> int:
    given = arguments(argv)
    stop = threading.Event()
    journal = Journal(sys.stdout, stop)
    password = given.password_file.read_text().strip() if given.password_file else ""
    failures: list[str] = []

    def series(where: Target, kind: str, sample: Callable[[], dict[str, Any]]) -> None:
        try:
            if where.namespace:
                enter(where.namespace)
            repeat(lambda: journal.write(kind, **sample()), given.period, stop)
        except Exception as error:  # a series that ends in silence would pass for an observed one
            failures.append(f"{where.name}: {error}")
            stop.set()

    jobs: list[tuple[Target, str, Callable[[], dict[str, Any]]]] = [
        (each, "sample", Database(each.name, connector(each, given.user, password, given.timeout)).sample)
        for each in given.database
    ]
    jobs += [(each, "dns", partial(dns_sample, each, given.name, given.timeout)) for each in given.dns]
    threads = [threading.Thread(target=series, args=job) for job in jobs]
    with ending(stop, until_eof=False):
        journal.write(
            "start",
            databases=[each.name for each in given.database],
            servers=[each.name for each in given.dns],
            period=given.period,
            monotonic=time.monotonic(),
            wall=time.time(),
        )
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join()
    for failure in failures:
        print(f"observer: {failure}", file=sys.stderr)
    if failures:
        return 1
    journal.write("end", monotonic=time.monotonic(), wall=time.time())
    return 0


if __name__ == "__main__":
    sys.exit(main())
