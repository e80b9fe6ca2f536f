# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Place orders as a customer would, and write down what was promised. Shares no code with the product.

Runs on the lab's client host (Debian's python3 and python3-requests only). Each line of standard output is an attempt:
{"id", "start", "end", "outcome": "acked" | "failed" | "unknown", "status", "site"}. An answer that says the order was
taken is *acked*; one that says it was not is *failed*; silence, a cut connection or a server error is *unknown*, and is
never counted as lost or kept.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
import uuid
from typing import Any

import requests

STOP = False


def outcome(status: int) -> str:
    """What an HTTP status promises about an order."""
    if status in (200, 201):
        return "acked"
    # The shop answers 503 with Retry-After before it touches the database, 4xx when it refuses the order.
    return "failed" if 400 <= status < 500 else "unknown"


def attempt(session: requests.Session, url: str, sku: str) -> dict[str, Any]:
    """One order with an id of its own."""
    key = str(uuid.uuid4())
    entry: dict[str, Any] = {"id": key, "start": time.time(), "status": None, "site": None}
    try:
        answer = session.post(
            f"{url}/api/orders",
            json={"email": "harness@example.org", "items": [{"sku": sku, "qty": 1}]},
            headers={"Idempotency-Key": key},
            timeout=5,
        )
        entry["status"] = answer.status_code
        entry["outcome"] = outcome(answer.status_code)
        if entry["outcome"] == "acked":
            entry["site"] = answer.json().get("site")
    except requests.RequestException as error:
        entry["outcome"] = "unknown"
        entry["error"] = type(error).__name__
    entry["end"] = time.time()
    return entry


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("url")
    arguments.add_argument("--ca", required=True)
    arguments.add_argument("--count", type=int, default=10_000, help="attempts at most")
    arguments.add_argument("--seconds", type=float, default=60, help="time at most")
    arguments.add_argument("--interval", type=float, default=0.05)
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: globals().update(STOP=True))
    session = requests.Session()
    session.verify = given.ca
    products = session.get(f"{given.url}/api/products", timeout=10).json()
    skus = [product["sku"] for product in products.get("products", products)]
    end = time.monotonic() + given.seconds
    for number in range(given.count):
        if STOP or time.monotonic() > end:
            break
        print(json.dumps(attempt(session, given.url, skus[number % len(skus)])), flush=True)
        time.sleep(given.interval)


if __name__ == "__main__":
    main()
