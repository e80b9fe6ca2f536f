# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server has executed, received and purged. The query is an argument.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from .._failover.gtid import GtidSet
from .connection import Query, QueryError, Row

Facts = dict[str, Any]

NO_SUCH_DATABASE, NO_SUCH_TABLE = 1049, 1146

SERVER = """\
SELECT @@GLOBAL.server_uuid AS server_uuid, VERSION() AS version,
@@GLOBAL.read_only AS read_only, @@GLOBAL.super_read_only AS super_read_only,
@@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged"""
# The age is by this server's clock, the time of writing by the writer's.
HEARTBEAT = """\
SELECT site, server_uuid, at, TIMESTAMPDIFF(MICROSECOND, at, NOW(6)) / 1e6 AS age FROM dr.heartbeat
ORDER BY at DESC LIMIT 1"""


def read(query: Query, compare_to: GtidSet | None) -> Facts:
    """The module's result. Raises QueryError."""
    # What was received is read first. Both sets only grow, so "all of it is executed" cannot come from the order.
    channels = [_channel(row) for row in query("SHOW REPLICA STATUS")]
    (server,) = query(SERVER)
    executed, purged = (GtidSet.parse(server[name]) for name in ("executed", "purged"))
    received = reduce(or_, (GtidSet.parse(channel["received"]) for channel in channels), GtidSet())
    pending = received - executed
    sets = {"executed": executed, "purged": purged, "received": received, "pending": pending}
    if compare_to is not None:
        sets |= {"errant": executed - compare_to, "missing": compare_to - executed}
    return {
        "server_uuid": server["server_uuid"],
        "version": server["version"],
        "writable": not server["read_only"] and not server["super_read_only"],
        **{name: str(each) for name, each in sets.items()},
        "counts": {name: each.count for name, each in sets.items()},
        "applied": not pending,
        "channels": channels,
        "heartbeat": _heartbeat(query),
    }


def _channel(row: Row) -> Facts:
    return {
        "name": row["Channel_Name"],
        "source_host": row["Source_Host"],
        "source_port": row["Source_Port"],
        "source_uuid": row["Source_UUID"],
        "received": str(GtidSet.parse(row["Retrieved_Gtid_Set"])),
        "receiver": row["Replica_IO_Running"],
        "applier": row["Replica_SQL_Running"],
        "auto_position": bool(row["Auto_Position"]),
        "error": row["Last_IO_Error"] or row["Last_SQL_Error"],
    }


def _heartbeat(query: Query) -> Facts | None:
    """The newest beat; None without a table or a beat."""
    try:
        rows = query(HEARTBEAT)
    except QueryError as error:
        if error.code in {NO_SUCH_DATABASE, NO_SUCH_TABLE}:
            return None
        raise
    if not rows:
        return None
    at: datetime = rows[0]["at"]
    return {
        "site": rows[0]["site"],
        "server_uuid": rows[0]["server_uuid"],
        "at": at.replace(tzinfo=UTC).isoformat(timespec="microseconds"),
        "age_seconds": float(rows[0]["age"]),
    }
