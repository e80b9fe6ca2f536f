# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local MySQL: look, open, extend the deadline, close, kill, follow, stop receiving.

Every job has a connection of its own, made anew after any error, so that a statement that hangs holds up nothing else.
Statements: https://dev.mysql.com/doc/refman/8.4/en/replication-statements.html
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._failover.agent import Database

log = logging.getLogger("dr-agent")

# Seconds of silence after which a connection of that job is given up.
PATIENCE = {
    "look": 1.0,
    "close": 1.0,
    "open": 2.0,
    "first lease": 2.0,
    "lease": 2.0,
    "channel": 10.0,
    "heartbeat": 30.0,
}
LOCK_WAIT = 1

STATE = """
SELECT @@GLOBAL.read_only OR @@GLOBAL.super_read_only AS closed, @@GLOBAL.gtid_executed AS executed,
  c.SERVICE_STATE AS receiver, c.RECEIVED_TRANSACTION_SET AS received, c.LAST_ERROR_MESSAGE AS receiver_error,
  a.SERVICE_STATE AS applier, w.LAST_ERROR_MESSAGE AS applier_error,
  GTID_SUBSET(IFNULL(c.RECEIVED_TRANSACTION_SET, ''), @@GLOBAL.gtid_executed) AS applied,
  (SELECT TIMESTAMPDIFF(MICROSECOND, MAX(at), NOW(6)) / 1e6 FROM dr.heartbeat) AS age
FROM (SELECT 1) one
LEFT JOIN performance_schema.replication_connection_status c ON c.CHANNEL_NAME = ''
LEFT JOIN performance_schema.replication_applier_status a ON a.CHANNEL_NAME = ''
LEFT JOIN performance_schema.replication_applier_status_by_coordinator w ON w.CHANNEL_NAME = ''
"""


@dataclass(frozen=True)
class Look:
    """One look: what the protocol needs, and what people want to know. ``lag_seconds`` None: unknown."""

    database: Database
    received: str = ""
    follows: bool = False
    running: bool = False
    lag_seconds: float | None = None
    error: str = ""


class MySQL:
    """``connect(patience)`` gives a PyMySQL connection with autocommit, ``source()`` the channel to the peer."""

    def __init__(
        self,
        connect: Callable[[float], Any],
        socket_path: str,
        source: Callable[[], dict[str, Any]],
        listener: Callable[[str], int] | None = None,
        kill: Callable[[int, int], None] = os.kill,
    ) -> None:
        self._connect = connect
        self._socket = socket_path
        self._source = source
        self._listener = listener or listener_of
        self._kill = kill
        # Who listened when it last answered; a process that still exists has not been replaced.
        self._pid: int | None = None
        self._connections: dict[str, Any] = {}

    def look(self) -> Look:
        """Never raises: a database that cannot be looked at does not answer."""
        try:
            with self._cursor("look") as cursor:
                row = _row(cursor, STATE)
                self._pid = self._listener(self._socket)
                if row["applier"] == "OFF" and row["received"] and not row["applied"] and not row["applier_error"]:
                    # Started by nobody after a restart; what was received must be applied whatever comes.
                    cursor.execute("START REPLICA SQL_THREAD")
        except Exception as error:
            return Look(Database(), error=str(error))
        receives = row["receiver"] not in (None, "OFF")
        open_ = not row["closed"]
        database = Database(True, open_, _set(row["executed"]), bool(row["applied"]), receives)
        running = row["receiver"] == row["applier"] == "ON"
        lag = 0.0 if open_ else None if row["age"] is None else max(0.0, float(row["age"]))
        problem = row["receiver_error"] or row["applier_error"] or ""
        return Look(database, _set(row["received"] or ""), receives, running, lag, problem)

    def open(self, epoch: int, deadline: float) -> None:
        """Take clients' writes until ``deadline`` (Unix seconds). Never persisted: a restart closes."""
        with self._cursor("open") as cursor:
            if _row(cursor, "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync_source_enabled'", empty=True):
                cursor.execute("SET GLOBAL rpl_semi_sync_source_enabled = ON")
            # Takes super_read_only with it. Until the next statement the deadline of the last lease keeps clients out.
            cursor.execute("SET GLOBAL read_only = OFF")
        self.extend(epoch, deadline, job="first lease")

    def extend(self, epoch: int, deadline: float, job: str = "lease") -> None:
        """The triggers refuse a client's write after ``deadline``. This host's alone: never replicated."""
        with self._cursor(job, "SET SESSION sql_log_bin = 0") as cursor:
            cursor.execute("REPLACE INTO dr.lease (id, epoch, valid_until) VALUES (1, %s, %s)", (epoch, deadline))

    def close(self) -> str:
        """No client writes any more, nothing that would open is on its way; returns all that was executed by then."""
        with self._cursor("close", f"SET SESSION lock_wait_timeout = {LOCK_WAIT}") as cursor:
            # First of all whoever might be opening, an earlier process of this agent included.
            self._end_sessions(cursor)
            cursor.execute("SET GLOBAL super_read_only = ON")
            self._end_sessions(cursor)
            row = _row(cursor, "SELECT @@GLOBAL.super_read_only AS closed, @@GLOBAL.gtid_executed AS executed")
        if not row["closed"]:
            raise RuntimeError("super_read_only is OFF although it was just switched on")
        return _set(row["executed"])

    def _end_sessions(self, cursor: Any) -> None:
        """End every session but this one and those through which the other site fetches the binary log."""
        deadline = time.monotonic() + 0.5
        while True:
            cursor.execute(
                "SELECT PROCESSLIST_ID AS id FROM performance_schema.threads WHERE TYPE = 'FOREGROUND'"
                " AND PROCESSLIST_ID IS NOT NULL AND PROCESSLIST_ID <> CONNECTION_ID()"
                " AND PROCESSLIST_COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon')"
                " AND NAME = 'thread/sql/one_connection'"
            )
            sessions = [row["id"] for row in cursor.fetchall()]
            if not sessions or time.monotonic() > deadline:
                return
            for session in sessions:
                try:
                    cursor.execute(f"KILL {int(session)}")
                except Exception as error:  # it ended by itself
                    log.debug("KILL %s: %s", session, error)
            time.sleep(0.01)

    def kill(self) -> bool:
        """SIGKILL; the service manager starts it again, closed. False: nobody listens, so nothing can write.

        Raises OSError if there is a process that cannot be found or killed.
        """
        try:
            pid = self._listener(self._socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except BlockingIOError:  # too many wait for an answer already
            if self._pid is None:
                raise
            pid = self._pid
        self._kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 1.0
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return True

    def detach(self) -> None:
        """Receive nothing more; what has been received is applied."""
        with self._cursor("channel") as cursor:
            cursor.execute("STOP REPLICA IO_THREAD")
            cursor.execute("START REPLICA SQL_THREAD")

    def follow(self) -> None:
        """Replicate from the peer. A channel that knows the peer keeps what it has received and not yet applied."""
        source = self._source()
        with self._cursor("channel") as cursor:
            known = _row(
                cursor,
                "SELECT HOST AS host, USER AS user FROM performance_schema.replication_connection_configuration"
                " WHERE CHANNEL_NAME = ''",
                empty=True,
            )
            if not known or (known["host"], known["user"]) != (source["SOURCE_HOST"], source["SOURCE_USER"]):
                options = ", ".join(f"{name} = %({name})s" for name in source)
                cursor.execute("STOP REPLICA") if known else None
                cursor.execute(f"CHANGE REPLICATION SOURCE TO {options}", source)
            cursor.execute("START REPLICA")

    def beat(self, site: str) -> None:
        """The heartbeat row, from which the other site reads its lag."""
        with self._cursor("heartbeat") as cursor:
            cursor.execute(
                "INSERT INTO dr.heartbeat (site, server_uuid, at) VALUES (%s, @@server_uuid, NOW(6)) AS new"
                " ON DUPLICATE KEY UPDATE server_uuid = new.server_uuid, at = new.at",
                (site,),
            )

    @contextmanager
    def _cursor(self, job: str, *prepare: str) -> Iterator[Any]:
        connection = self._connections.pop(job, None)
        if connection is None:
            connection = self._connect(PATIENCE[job])
            with connection.cursor() as cursor:
                for statement in prepare:
                    cursor.execute(statement)
        try:
            with connection.cursor() as cursor:
                yield cursor
        except BaseException:
            _drop(connection)
            raise
        self._connections[job] = connection


def listener_of(path: str) -> int:
    """Process number of whoever listens on a Unix socket, frozen or not: unix(7), SO_PEERCRED."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        client.connect(path)
        pid, _, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid)


def _row(cursor: Any, statement: str, *, empty: bool = False) -> Any:
    cursor.execute(statement)
    row = cursor.fetchone()
    if row is None and not empty:
        raise RuntimeError(f"no answer to: {statement}")
    return row


def _set(text: str) -> str:
    return text.replace("\n", "")


def _drop(connection: Any) -> None:
    try:
        connection.close()
    except Exception as error:
        log.debug("close: %s", error)
