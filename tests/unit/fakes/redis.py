# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""redis-py's client, as far as the modules use it: what INFO says in turn, and what was sent."""

from __future__ import annotations

from typing import Any

MASTER: dict[str, Any] = {
    "role": "master",
    "connected_slaves": 0,
    "master_replid": "f" * 40,
    "master_repl_offset": 100,
}
REPLICA: dict[str, Any] = {
    "role": "slave",
    "master_host": "10.0.0.1",
    "master_port": 6379,
    "master_link_status": "up",
    "master_last_io_seconds_ago": 0,
    "master_sync_in_progress": 0,
    "slave_repl_offset": 95,
    "connected_slaves": 0,
    "master_replid": "f" * 40,
    "master_repl_offset": 95,
}


class Redis:
    """``Redis(first, second, ...)``: the answers to INFO; an exception is raised; the last one stays."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self.commands: list[tuple[Any, ...]] = []

    def __enter__(self) -> Redis:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def info(self, section: str) -> dict[str, Any]:
        assert section == "replication"
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def replicaof(self, *target: Any) -> None:
        if isinstance(self._answers[0], Exception):
            raise self._answers[0]
        self.commands.append(("REPLICAOF", *target))
