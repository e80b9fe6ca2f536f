# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis server's role: read, change at run time, await. Client and clock are arguments.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

with contextlib.suppress(ImportError):  # the module says what is missing
    from redis.exceptions import RedisError

POLL_SECONDS = 0.1


class RoleError(Exception):
    """Redis did not answer or did not do it; the text is for the user."""


@dataclass(frozen=True)
class Role:
    """``INFO replication`` in the words of today. Offsets are bytes of the replication stream of ``replication_id``.

    link is up or down, and empty at a master; offset is None while a replica has none; last_io_seconds is None without
    a link.
    """

    role: str
    master_host: str
    master_port: int
    link: str
    syncing: bool
    last_io_seconds: int | None
    replication_id: str
    offset: int | None
    replicas: tuple[dict[str, Any], ...]

    def is_(self, role: str, host: str, port: int) -> bool:
        """Is this the wanted role? The link does not matter."""
        return self.role == role and (role == "master" or (self.master_host, self.master_port) == (host, port))

    @property
    def ready(self) -> bool:
        """A master is, a replica is when it follows its master."""
        return self.role == "master" or self.link == "up"

    def facts(self) -> dict[str, Any]:
        """For the modules' results."""
        return {**asdict(self), "replicas": list(self.replicas)}

    def shown(self) -> dict[str, Any]:
        """For a diff: what the module changes."""
        return shown(self.role, self.master_host, self.master_port)


def shown(role: str, host: str, port: int) -> dict[str, Any]:
    """The part of a role that is decided."""
    return {"role": role} | ({"master_host": host, "master_port": port} if role == "replica" else {})


def parse(info: dict[str, Any]) -> Role:
    """From redis-py's ``info("replication")``."""
    master = info["role"] == "master"
    up = info.get("master_link_status") == "up"
    replicas = (info[f"slave{number}"] for number in range(info["connected_slaves"]) if f"slave{number}" in info)
    return Role(
        role="master" if master else "replica",
        master_host="" if master else info["master_host"],
        master_port=0 if master else info["master_port"],
        link="" if master else "up" if up else "down",
        syncing=bool(info.get("master_sync_in_progress")),
        last_io_seconds=info["master_last_io_seconds_ago"] if up else None,
        replication_id=info["master_replid"],
        offset=_offset(info["master_repl_offset"] if master else info.get("slave_repl_offset", -1)),
        replicas=tuple(
            {
                "address": replica["ip"],
                "port": replica["port"],
                "state": replica["state"],
                "offset": replica["offset"],
                "lag_seconds": replica.get("lag"),
            }
            for replica in replicas
        ),
    )


def _offset(offset: int) -> int | None:
    return None if offset < 0 else offset


def read(client: Any) -> Role:
    """The server's role now. Raises RoleError."""
    try:
        return parse(client.info("replication"))
    except RedisError as error:
        raise RoleError(f"Redis does not tell its role: {error}") from error


def change(client: Any, role: str, host: str, port: int) -> None:
    """At run time only. Raises RoleError."""
    target = ("NO", "ONE") if role == "master" else (host, port)
    try:
        client.replicaof(*target)
    except RedisError as error:
        raise RoleError(f"Redis refuses REPLICAOF {target[0]} {target[1]}: {error}") from error


def await_ready(
    look: Callable[[], Role], wanted: tuple[str, str, int], seconds: float, clock: Callable[[], float], sleep: Any
) -> Role:
    """The role once it is the wanted one and ready. Raises RoleError after ``seconds``, with what was seen last.

    A server that does not answer in between (it may be loading the snapshot) is asked again.
    """
    end = clock() + seconds
    while True:
        try:
            seen = look()
            problem = _problem(seen, *wanted)
        except RoleError as error:
            problem = str(error)
        if not problem:
            return seen
        if clock() >= end:
            raise RoleError(f"Not ready after {seconds:g} s: {problem}")
        sleep(POLL_SECONDS)


def _problem(seen: Role, role: str, host: str, port: int) -> str:
    if not seen.is_(role, host, port):
        now = seen.role if seen.role == "master" else f"replica of {seen.master_host}:{seen.master_port}"
        return f"Redis is {now}, something else has changed its role."
    if not seen.ready:
        doing = "a full synchronisation is under way" if seen.syncing else "no synchronisation is under way"
        return f"the link to {host}:{port} is down, {doing}."
    return ""
