"""Response times of a list of pages, directly from the web host and through the edge's cache.

    python speed.py --direct http://10.10.0.41:8080 --edge https://shop.multicloud.example \\
        --resolve shop.multicloud.example:443:198.51.100.50 --ca ca.crt -n 50 /en/ /en/products

Each page is asked for `-n` times over one kept-alive connection (`--reconnect`: a new one each time, so that TCP and
TLS count), after one request that is not counted. A time runs from sending the request to the last byte of the answer.
Exit status: 0, or 1 if any request failed, or 2 for a bad command line.
"""

import argparse
import http.client
import json
import math
import re
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PAGES = ("/en/", "/en/products", "/ko/products?category=table", "/en/products/moon-jar", "/en/search?q=lamp")
CACHE_HEADERS = ("X-Cache-Status", "X-Cache", "Cdn-Cache-Status", "CF-Cache-Status")
MOST = 10_000


def percentile(times: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile; NaN of nothing."""
    if not times:
        return math.nan
    return sorted(times)[max(math.ceil(percent / 100 * len(times)), 1) - 1]


def cache_word(headers: http.client.HTTPMessage) -> str:
    """Return what a cache says of an answer: HIT, MISS, another of its words, or `-` if no cache speaks."""
    for name in CACHE_HEADERS:
        words = re.findall(r"[A-Z]+", (headers.get(name) or "").upper())
        for word in ("HIT", "MISS"):
            if word in words:
                return str(word)
        if words:
            return str(words[0])
    return "HIT" if (headers.get("Age") or "0").isdecimal() and int(headers.get("Age") or 0) > 0 else "-"


@dataclass
class Target:
    """A way to the shop: its address and how to get there."""

    name: str
    base: str
    timeout: float
    tls: ssl.SSLContext
    resolve: dict[tuple[str, int], str] = field(default_factory=dict)
    host: str = ""

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection, open."""
        parts = urlsplit(self.base)
        name, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        connection = http.client.HTTPConnection(name, port, timeout=self.timeout)
        raw = socket.create_connection((self.resolve.get((name, port), name), port), self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = self.tls.wrap_socket(raw, server_hostname=self.host or name) if secure else raw
        return connection

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        return {"Host": self.host or urlsplit(self.base).netloc, "User-Agent": "speed.py", "Accept": "*/*"}


@dataclass
class Result:
    """What came back for one page by one way."""

    target: str
    page: str
    times: list[float] = field(default_factory=list)  # seconds
    errors: Counter[str] = field(default_factory=Counter)
    cache: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """Return the figures, times in milliseconds."""
        figures = {f"p{p}_ms": round(percentile(self.times, p) * 1000, 2) if self.times else None for p in (50, 95, 99)}
        return {
            "target": self.target,
            "page": self.page,
            "answers": len(self.times),
            "errors": dict(self.errors),
            "cache": dict(self.cache),
            **figures,
        }


def measure(target: Target, page: str, count: int, reconnect: bool = False) -> Result:
    """Ask for a page `count` times; a failed request is counted as an error and not as a time."""
    result = Result(target.name, page)
    connection: http.client.HTTPConnection | None = None
    for number in range(count + 1):
        try:
            start = time.perf_counter()
            if connection is None:
                connection = target.connect()
                start = start if reconnect else time.perf_counter()
            connection.request("GET", page, headers=target.headers())
            response = connection.getresponse()
            response.read()
            seconds = time.perf_counter() - start
            if number and response.status == 200:
                result.times.append(seconds)
                result.cache[cache_word(response.headers)] += 1
            elif number:
                result.errors[f"status {response.status}"] += 1
            if reconnect or response.will_close:
                connection.close()
                connection = None
        except (OSError, http.client.HTTPException) as error:
            if number:
                result.errors[type(error).__name__] += 1
            if connection:
                connection.close()
            connection = None
    if connection:
        connection.close()
    return result


def total(name: str, results: Iterable[Result]) -> Result:
    """Return all pages of one way as one."""
    whole = Result(name, "all")
    for result in results:
        whole.times += result.times
        whole.errors += result.errors
        whole.cache += result.cache
    return whole


def report(results: list[Result]) -> dict[str, Any]:
    """Return every page, the sums per way and, with two ways, by how much the edge is faster."""
    names = list(dict.fromkeys(result.target for result in results))
    totals = {name: total(name, (r for r in results if r.target == name)).summary() for name in names}
    found: dict[str, Any] = {"pages": [result.summary() for result in results], "totals": list(totals.values())}
    if {"direct", "edge"} <= totals.keys():
        found["change_percent"] = {
            key.removesuffix("_ms"): round((totals["edge"][key] / totals["direct"][key] - 1) * 100, 1)
            for key in ("p50_ms", "p95_ms", "p99_ms")
            if totals["direct"][key] and totals["edge"][key] is not None
        }
    return found


def table(found: dict[str, Any]) -> str:
    """Return the report for people."""
    rows = [("way", "page", "answers", "p50 ms", "p95 ms", "p99 ms", "cache", "errors")]
    for one in [*found["pages"], *found["totals"]]:
        figures = ["-" if one[f"p{p}_ms"] is None else f"{one[f'p{p}_ms']:.2f}" for p in (50, 95, 99)]
        counts = [" ".join(f"{k} {v}" for k, v in sorted(one[name].items())) or "-" for name in ("cache", "errors")]
        rows.append((one["target"], one["page"], str(one["answers"]), *figures, *counts))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(w) if 2 <= i <= 5 else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    if found.get("change_percent"):
        lines.append("edge against direct: " + ", ".join(f"{k} {v:+.1f} %" for k, v in found["change_percent"].items()))
    return "\n".join(line.rstrip() for line in lines)


def _resolve(text: str) -> tuple[tuple[str, int], str]:
    match = re.fullmatch(r"([^:]+):(\d+):(.+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT:ADDRESS")
    return (match[1], int(match[2])), match[3].strip("[]")


def _base(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not http://HOST[:PORT] or https://HOST[:PORT]")
    return text.rstrip("/")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"paths (default: {' '.join(PAGES)})")
    parser.add_argument("--direct", type=_base, help="the shop without its edge, http://HOST:PORT")
    parser.add_argument("--edge", type=_base, help="the shop through its edge, https://HOST")
    parser.add_argument("-n", type=_count, default=30, dest="count", help="requests per page (default: 30)")
    parser.add_argument("--resolve", type=_resolve, action="append", default=[], metavar="HOST:PORT:ADDRESS")
    parser.add_argument("--host", default="", help="Host header (and TLS name) to send instead of the address's")
    parser.add_argument("--ca", type=Path, help="certificate authority to trust")
    parser.add_argument("--insecure", action="store_true", help="do not verify certificates")
    parser.add_argument("--reconnect", action="store_true", help="a new connection for each request")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds (default: 10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(arguments)
    if not args.direct and not args.edge:
        parser.error("give --direct, --edge, or both")
    for page in args.pages:
        if not page.startswith("/"):
            parser.error(f"the page {page!r} does not begin with /")
    if args.ca and not args.ca.is_file():
        parser.error(f"--ca {args.ca}: there is no such file")
    tls = ssl.create_default_context(cafile=str(args.ca) if args.ca else None)
    if args.insecure:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    targets = [
        Target(name, base, args.timeout, tls, dict(args.resolve), args.host)
        for name, base in (("direct", args.direct), ("edge", args.edge))
        if base
    ]
    results = [
        measure(target, page, args.count, args.reconnect) for target in targets for page in args.pages or list(PAGES)
    ]
    found = report(results)
    print(json.dumps(found, indent=2) if args.json else table(found))
    return 1 if any(result.errors for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
