# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's Redis, best effort: it follows the database's role and holds up nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CacheLook:
    """``role`` is master, replica or empty; ``lag_seconds`` is the time since the last byte of its source."""

    answers: bool = False
    role: str = ""
    link_up: bool = False
    lag_seconds: float | None = None


class Cache:
    """``client``: redis.Redis with time-outs. Run-time only: a restart begins as a replica."""

    def __init__(self, client: Any, peer_address: str, port: int) -> None:
        self._client = client
        self._peer_address = peer_address
        self._port = port

    def look(self) -> CacheLook:
        try:
            info = self._client.info("replication")
        except Exception:
            return CacheLook()
        if info["role"] == "master":
            return CacheLook(True, "master", False, 0.0)
        up = info.get("master_link_status") == "up"
        return CacheLook(True, "replica", up, float(info["master_last_io_seconds_ago"]) if up else None)

    def lead(self) -> None:
        self._client.replicaof("NO", "ONE")

    def follow(self) -> None:
        self._client.replicaof(self._peer_address, self._port)
