# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MySQL server that lets one user in, and does nothing else.

https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
"""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator

# Protocol 10, a version, a connection id, a challenge, mysql_native_password; it offers no TLS.
GREETING = (
    b"\x0a8.4.0\x00\x01\x00\x00\x00" + b"a" * 8 + b"\x00\x08\xa2\x21\x02\x00\x08\x00\x15" + b"\x00" * 10
    + b"b" * 12 + b"\x00mysql_native_password\x00"
)  # fmt: skip
OK = b"\x00\x00\x00\x02\x00\x00\x00"
DENIED = b"\xff\x15\x04#28000Access denied"


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        self._send(0, GREETING)
        hello = self._receive()
        if hello is None:
            return
        user = hello[32:].partition(b"\x00")[0].decode()
        known = user == self.server.user  # type: ignore[attr-defined]
        self._send(2, OK if known else DENIED)
        while known and (command := self._receive()) is not None and command != b"\x01":
            self._send(1, OK)

    def _send(self, number: int, payload: bytes) -> None:
        self.wfile.write(len(payload).to_bytes(3, "little") + bytes([number]) + payload)

    def _receive(self) -> bytes | None:
        header = self.rfile.read(4)
        return self.rfile.read(int.from_bytes(header[:3], "little")) if len(header) == 4 else None


@contextlib.contextmanager
def mysql_server(user: str) -> Iterator[int]:
    """Its port on 127.0.0.1."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        server.user = user  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
