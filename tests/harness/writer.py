# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Place orders as customers do, and write down what was promised. Shares no code with the product.

One file, for any host with python3. Standard output is a journal of JSON Lines; ``kind`` says what a line is:

start    {run, client, email, url, rate, writers, monotonic, wall}
attempt  {id, number (1, 2, ... of that id), outcome, begin, end, wall_begin, wall_end, due, writer, client, address,
          status, site, answer, items, error}
cart     {step: fill | look | change, outcome, count, expected, same_session, begin, end, ..., as an attempt has them}
end      {attempts, skipped, monotonic, wall}: a journal without it was cut short and proves nothing

outcome: *acked*, an answer that says the order was taken; *failed*, an answer that says it was not, or nothing had been
sent; *unknown*, everything else: silence, a cut connection, a server's error. ``begin``, ``end`` and ``due`` (when the
schedule wanted it) are seconds of CLOCK_MONOTONIC, ``wall_*`` of the wall clock. Every attempt has a connection of its
own, so that none inherits the fate of an earlier one. An order is complete or not at all: it has two products.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import secrets
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlencode, urlsplit

# Kinds of client. Who comes through the CDN keeps its first address too: it needs no other.
HONOURS, IGNORES, CDN = "honours-ttl", "ignores-ttl", "cdn"
COOKIE = "shop_session"
CART = 2


def ask(name: str, server: str, timeout: float = 2.0, port: int = 53) -> tuple[list[str], int]:
    """IPv4 addresses of ``name``, and the seconds for which they may be kept. Raises OSError."""
    number = secrets.randbits(16)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!B2H", 0, 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(timeout)
        connection.connect((server, port))
        connection.send(query)
        answer = connection.recv(4096)
    try:
        return _addresses(answer, number, len(query))
    except (IndexError, struct.error) as error:
        raise OSError(f"{server} sent a damaged answer for {name}") from error


def _addresses(answer: bytes, number: int, place: int) -> tuple[list[str], int]:
    got, flags, _, count = struct.unpack_from("!4H", answer)
    if got != number or flags & 0xF:
        raise OSError(f"DNS answered with code {flags & 0xF}")
    addresses, ttls = [], []
    for _ in range(count):
        while 0 < answer[place] < 0xC0:
            place += answer[place] + 1
        place += 2 if answer[place] else 1
        kind, _, ttl, size = struct.unpack_from("!2HIH", answer, place)
        place += 10
        ttls.append(ttl)
        if kind == 1:
            addresses.append(socket.inet_ntoa(answer[place : place + size]))
        place += size
    if not addresses:
        raise OSError("DNS knows no address")
    return addresses, min(ttls)


class Address:
    """The address that a client uses. It honours TTLs, or (``patience`` given) ignores them: then it keeps the first
    address until for so many seconds no connection to it came about."""

    def __init__(
        self,
        resolve: Callable[[], tuple[list[str], int]],
        patience: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve, self._patience, self._clock = resolve, patience, clock
        self._lock = threading.Lock()
        self._address = ""
        self._expires = -math.inf
        self._failing_since = math.inf

    def get(self) -> str:
        """Raises OSError if it has to ask and DNS gives none."""
        with self._lock:
            asked = self._clock()
            if asked >= self._expires:
                addresses, ttl = self._resolve()
                self._address = addresses[0]
                self._expires = asked + ttl if self._patience is None else math.inf
                self._failing_since = math.inf
            return self._address

    def report(self, address: str, reached: bool) -> None:
        """How a connection went."""
        with self._lock:
            if self._patience is None or address != self._address:
                return
            self._failing_since = math.inf if reached else min(self._failing_since, self._clock())
            if self._clock() - self._failing_since >= self._patience:
                self._expires = -math.inf


class Schedule:
    """Moments at a fixed rate. Those that pass while every writer is busy are counted, and never made up for."""

    def __init__(self, rate: float, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._left, self._clock = rate, count, clock
        self._start = clock()
        self._end = self._start + seconds
        self._next = 0
        self._lock = threading.Lock()
        self.skipped = 0

    def take(self) -> float | None:
        """The next moment; None after the last."""
        with self._lock:
            tick = max(self._next, math.floor((self._clock() - self._start) * self._rate))
            due = self._start + tick / self._rate
            if self._left <= 0 or due > self._end:
                return None
            self.skipped += tick - self._next
            self._next = tick + 1
            self._left -= 1
            return due


def outcome(status: int, answer: Any = None) -> str:
    """What an HTTP answer promises about an order."""
    if status in (200, 201):
        return "acked"
    # The shop's word for "nothing was changed"; an order that exists all the same is a phantom.
    refused = status == 503 and isinstance(answer, dict) and answer.get("error") == "unavailable"
    return "failed" if refused or 400 <= status < 500 else "unknown"


class Journal:
    """Writes lines, one at a time. ``stop`` is set when nobody reads them any more."""

    def __init__(self, stream: TextIO, stop: threading.Event) -> None:
        self._stream, self._stop = stream, stop
        self._lock = threading.Lock()
        self.attempts = 0

    def write(self, kind: str, **fields: Any) -> None:
        with self._lock:
            self.attempts += kind == "attempt"
            try:
                print(json.dumps({"kind": kind, **fields}), file=self._stream, flush=True)
            except BrokenPipeError:
                self._stop.set()


class Shop:
    """The shop as one kind of client reaches it. ``timeouts`` in seconds: to connect, and to wait for an answer."""

    def __init__(
        self, url: str, address: Address, tls: ssl.SSLContext | None, timeouts: tuple[float, float] = (2.0, 5.0)
    ) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.hostname or ""
        self._netloc = parts.netloc
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._address, self._tls, self._timeouts = address, tls, timeouts

    def _connect(self, entry: dict[str, Any]) -> http.client.HTTPConnection:
        address = entry["address"] = self._address.get()
        reached = False
        try:
            raw = socket.create_connection((address, self._port), self._timeouts[0])
            try:
                raw = self._tls.wrap_socket(raw, server_hostname=self._host) if self._tls else raw
            except OSError:
                raw.close()
                raise
            reached = True
        finally:
            self._address.report(address, reached)
        raw.settimeout(self._timeouts[1])
        connection = http.client.HTTPConnection(self._host)
        connection.sock = raw
        return connection

    def request(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[dict[str, Any], http.client.HTTPMessage]:
        """One request on a new connection: what an ``attempt`` line says of it (no ``id``), and the answer's headers.

        Never raises for what the network or the shop does.
        """
        entry: dict[str, Any] = {"address": "", "status": None, "site": "", "answer": None, "error": ""}
        headers = {"Host": self._netloc, "User-Agent": "harness", "Accept": "*/*", **headers}
        received = http.client.HTTPMessage()
        entry |= {"begin": time.monotonic(), "wall_begin": time.time(), "outcome": "failed"}
        try:
            connection = self._connect(entry)
            try:
                entry["outcome"] = "unknown"
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                content = response.read()
                entry["status"], received = response.status, response.headers
                entry["site"] = received.get("X-Site", "")
                entry["answer"] = _json(content)
                entry["outcome"] = outcome(response.status, entry["answer"])
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            entry["error"] = f"{type(error).__name__}: {error}"
        entry |= {"end": time.monotonic(), "wall_end": time.time()}
        return entry, received


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


class Customers:
    """Writers that share a schedule."""

    def __init__(
        self,
        shop: Shop,
        journal: Journal,
        client: str,
        email: str,
        skus: list[str],
        stop: threading.Event,
        tries: int = 1,
        retry_after: float = 1.0,
    ) -> None:
        self._shop, self._journal, self._client, self._email = shop, journal, client, email
        self._skus, self._stop, self._tries, self._retry_after = skus, stop, tries, retry_after
        self._numbers = iter(range(sys.maxsize))

    def work(self, schedule: Schedule, writer: int) -> None:
        """Place orders until the schedule ends."""
        while not self._stop.is_set() and (due := schedule.take()) is not None:
            # A stop while waiting for the moment: nothing has been asked yet.
            if not self._stop.wait(max(0.0, due - time.monotonic())):
                self.order(due=due, writer=writer)

    def order(self, **more: Any) -> None:
        """One order; attempts whose outcome is unknown are repeated with the same key."""
        number = next(self._numbers)
        skus = {self._skus[(number + step) % len(self._skus)] for step in range(2)}
        items = dict.fromkeys(sorted(skus), 1 + number % 3)
        key = str(uuid.uuid4())
        body = json.dumps({"email": self._email, "items": [{"sku": sku, "qty": qty} for sku, qty in items.items()]})
        for attempt in range(1, self._tries + 1):
            entry, _ = self._shop.request(
                "POST", "/api/orders", body, **{"Content-Type": "application/json", "Idempotency-Key": key}
            )
            self._journal.write("attempt", id=key, number=attempt, client=self._client, items=items, **entry, **more)
            if entry["outcome"] != "unknown" or self._stop.wait(self._retry_after):
                return


class Visitor:
    """A session with a cart, kept across the fault: filled at the beginning, looked at, changed at the end."""

    def __init__(self, shop: Shop, journal: Journal, client: str, sku: str) -> None:
        self._shop, self._journal, self._client, self._sku = shop, journal, client, sku
        self._session = ""
        self._expected = 0

    def stay(self, stop: threading.Event, every: float) -> None:
        """Until ``stop``."""
        while not stop.wait(every):
            if self._session:
                self._look()
            else:
                self._put("fill", CART)
        if self._session:
            self._put("change", 1)
            self._look()

    def _put(self, step: str, qty: int) -> None:
        entry, received = self._shop.request(
            "POST",
            "/en/cart/items",
            urlencode({"sku": self._sku, "qty": qty}),
            **{"Content-Type": "application/x-www-form-urlencoded", "Origin": self._shop.origin, **self._cookie()},
        )
        # The shop answers a change that was kept with a redirect to the cart.
        entry["outcome"] = "acked" if entry["status"] == 303 else entry["outcome"]
        cookie = SimpleCookie(received.get("Set-Cookie", "")).get(COOKIE)
        session = cookie.value if cookie else ""
        if step == "fill":
            self._session = session
        if entry["outcome"] == "acked":
            self._expected += qty
        self._write(step, entry, same_session=bool(session) and session == self._session, count=None)

    def _look(self) -> None:
        entry, _ = self._shop.request("GET", "/api/cart", **self._cookie())
        count = entry["answer"].get("count") if isinstance(entry["answer"], dict) else None
        self._write("look", entry, count=count, same_session=None)

    def _cookie(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self._session}"} if self._session else {}

    def _write(self, step: str, entry: dict[str, Any], **more: Any) -> None:
        self._journal.write("cart", step=step, client=self._client, expected=self._expected, **entry, **more)


def resolver(text: str) -> str:
    """The first name server of a resolv.conf."""
    servers = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver ")]
    if not servers:
        raise SystemExit("writer: /etc/resolv.conf names no server; say --resolver ADDRESS")
    return servers[0]


def products(shop: Shop) -> list[str]:
    """SKUs of which there are plenty. Ends the program with a sentence if the shop does not tell."""
    entry, _ = shop.request("GET", "/api/products")
    if entry["status"] != 200 or not isinstance(entry["answer"], dict):
        raise SystemExit(f"writer: no products from {shop.origin} (status {entry['status']}) {entry['error']}")
    found = [product["sku"] for product in entry["answer"]["products"] if product["stock"] > 1000]
    if not found:
        raise SystemExit(f"writer: nothing is in stock at {shop.origin}")
    return found


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--ca", help="certificate authority of an https URL (PEM)")
    parser.add_argument("--client", choices=(HONOURS, IGNORES, CDN), default=HONOURS)
    parser.add_argument(
        "--patience",
        type=float,
        default=math.inf,
        help=f"{IGNORES}, {CDN}: seconds without a connection after which it asks DNS again (default: never)",
    )
    parser.add_argument("--resolver", help="DNS server (default: the first of /etc/resolv.conf)")
    parser.add_argument("--dns-port", type=int, default=53)
    parser.add_argument("--rate", type=float, default=20, help="orders a second")
    parser.add_argument("--writers", type=int, default=8, help="orders at once, at most")
    parser.add_argument("--count", type=int, default=1_000_000, help="orders, at most")
    parser.add_argument("--seconds", type=float, default=60, help="time, at most")
    parser.add_argument("--tries", type=int, default=1, help="attempts of an order whose outcome is unknown")
    parser.add_argument("--retry-after", type=float, default=1, help="seconds between them")
    parser.add_argument("--connect-timeout", type=float, default=2)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--run", default=secrets.token_hex(4), help="name of the run: marks its orders' e-mail address")
    parser.add_argument("--cart", type=float, metavar="SECONDS", help="keep a cart too, and look at it so often")
    parser.add_argument("--until-eof", action="store_true", help="end, in order, when standard input does")
    return parser.parse_args(argv)


def _await_eof(stop: threading.Event) -> None:
    # Not sys.stdin: its lock, held by a thread that waits, would end the interpreter with an error.
    while os.read(0, 65536):
        pass
    stop.set()


@contextmanager
def ending(stop: threading.Event, until_eof: bool) -> Iterator[None]:
    """Have SIGTERM and SIGINT, and on request the end of standard input, set ``stop``."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until_eof:
        threading.Thread(target=_await_eof, args=(stop,), daemon=True).start()
    yield
    stop.set()


def main(argv: list[str] | None = None) -> None:
    given = arguments(argv)
    stop = threading.Event()
    name = urlsplit(given.url).hostname or ""
    server = given.resolver or resolver(Path("/etc/resolv.conf").read_text())
    address = Address(
        lambda: ask(name, server, port=given.dns_port), None if given.client == HONOURS else given.patience
    )
    tls = ssl.create_default_context(cafile=given.ca) if urlsplit(given.url).scheme == "https" else None
    shop = Shop(given.url, address, tls, (given.connect_timeout, given.timeout))
    skus = products(shop)
    journal = Journal(sys.stdout, stop)
    email = f"harness-{given.run}@example.org"
    customers = Customers(shop, journal, given.client, email, skus, stop, given.tries, given.retry_after)
    journal.write(
        "start",
        **{key: getattr(given, key) for key in ("run", "client", "url", "rate", "writers")},
        email=email,
        monotonic=time.monotonic(),
        wall=time.time(),
    )
    with ending(stop, given.until_eof):
        schedule = Schedule(given.rate, given.count, given.seconds)
        left = threading.Event()
        visitor = Visitor(shop, journal, given.client, skus[0])
        visits = [threading.Thread(target=visitor.stay, args=(left, given.cart))] if given.cart else []
        orders = [threading.Thread(target=customers.work, args=(schedule, number)) for number in range(given.writers)]
        for thread in [*orders, *visits]:
            thread.start()
        for thread in orders:
            thread.join()
        left.set()
        for thread in visits:
            thread.join()
    journal.write(
        "end", attempts=journal.attempts, skipped=schedule.skipped, monotonic=time.monotonic(), wall=time.time()
    )


if __name__ == "__main__":
    main()
