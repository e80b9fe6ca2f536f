# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server and a shop on 127.0.0.1, over real sockets."""

from __future__ import annotations

import socketserver
import sqlite3
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from shop import create_app


@dataclass
class NameServer:
    """Answers every question with ``answer``: (type, TTL, data) records, or with an error code."""

    port: int = 0
    records: list[tuple[int, int, bytes]] = field(default_factory=lambda: [(1, 60, bytes([127, 0, 0, 1]))])
    code: int = 0
    cut: int = 0
    asked: int = 0


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    state = NameServer()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, connection = self.request
            state.asked += 1
            answer = query[:2] + struct.pack("!5H", 0x8180 | state.code, 1, len(state.records), 0, 0) + query[12:]
            for kind, ttl, data in state.records:
                answer += b"\xc0\x0c" + struct.pack("!2HIH", kind, 1, ttl, len(data)) + data
            connection.sendto(answer[: len(answer) - state.cut], self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def final_rows(path: Path) -> list[list[str]]:
    """What ``tables.QUERY`` returns, of a shop on SQLite."""
    database = sqlite3.connect(path)
    orders = database.execute("SELECT order_id, request_id, total, server_uuid, site FROM orders").fetchall()
    items = database.execute("SELECT order_id, sku, qty, price FROM order_item ORDER BY sku").fetchall()
    products = database.execute(
        "SELECT sku, stock + COALESCE((SELECT SUM(qty) FROM order_item i WHERE i.sku = p.sku), 0) FROM product p"
    ).fetchall()
    database.close()
    rows = [
        ["order", key, number, total, uuid, site, ",".join(f"{s}:{q}:{p}" for n, s, q, p in items if n == number)]
        for number, key, total, uuid, site in orders
    ]
    return [list(map(str, row)) for row in [*rows, *(["product", sku, count] for sku, count in products)]]


@pytest.fixture
def real_shop(tmp_path: Path) -> Iterator[int]:
    """The product's own shop, on SQLite in ``tmp_path``; its port. Only the tests know it, not the harness."""
    app = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "SITE": "gcp"})
    server = make_server("127.0.0.1", 0, app, threaded=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()
