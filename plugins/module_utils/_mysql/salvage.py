# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written down of salvaged transactions: row images, SQL that puts them back, and the ledger. Pure.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .._failover.gtid import GtidSet
from .binlog import Statement, Transaction, TransactionsMissing
from .rows import Change, Row
from .values import Value

# Which columns of which table the ledger repeats, beside the primary key: {"schema.table": [column, ...]}.
Ids = Mapping[str, Sequence[str]]

REPLAY_HEAD = """\
-- Puts salvaged transactions back, as new transactions of the server that runs it: mysql < replay.sql
-- Read it first. It stops, and the transaction in hand is rolled back, at a row that exists already or is no longer
-- what it was: decide about that row, edit, and run the rest. Floating-point, JSON and spatial columns are not
-- compared. Triggers fire. Times of TIMESTAMP columns are UTC.
SET NAMES utf8mb4;
SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
"""
# The previous statement must have changed one row; a subquery with two rows is an error, and the client stops at it.
GUARD = "SET @one_row = (SELECT 1 UNION ALL SELECT 2 FROM DUAL WHERE ROW_COUNT() <> 1);"
ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"})


def json_value(value: Value) -> Any:
    """Exact in JSON: decimals are strings, bytes are ``{"hex": ...}``."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return value


def _json_row(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else {name: json_value(value) for name, value in row.items()}


def images(transaction: Transaction) -> Iterator[dict[str, Any]]:
    """One object for each row that changed, and for each statement."""
    common = {"gtid": transaction.gtid, "committed_at": transaction.committed_at}
    for step in transaction.steps:
        if isinstance(step, Statement):
            yield {**common, "schema": step.schema, "operation": "statement", "statement": step.text}
        else:
            yield {
                **common,
                "schema": step.table.schema,
                "table": step.table.name,
                "operation": step.operation,
                "primary_key": _json_row(step.primary_key),
                "before": _json_row(step.before),
                "after": _json_row(step.after),
            }


def ledger_entry(transaction: Transaction, ids: Ids) -> dict[str, Any]:
    """The transaction in a form to act on: which rows, by their keys."""
    return {
        "gtid": transaction.gtid,
        "committed_at": transaction.committed_at,
        "changes": [_ledger_change(step, ids) for step in transaction.steps],
    }


def _ledger_change(step: Change | Statement, ids: Ids) -> dict[str, Any]:
    if isinstance(step, Statement):
        return {"operation": "statement", "statement": step.text}
    return {
        "table": step.table.full_name,
        "operation": step.operation,
        "primary_key": _json_row(step.primary_key),
        "ids": _ids(step, ids),
    }


def _ids(change: Change, ids: Ids) -> dict[str, Any]:
    row = {**(change.before or {}), **(change.after or {})}
    return {name: json_value(row[name]) for name in ids.get(change.table.full_name, []) if name in row}


def replay(transaction: Transaction, skip: Collection[str] = ()) -> Iterator[str]:
    """Lines of SQL, without the rows of the tables in ``skip`` ("schema.table").

    A table whose columns have no names makes the whole transaction a comment.
    """
    steps = [step for step in transaction.steps if isinstance(step, Statement) or step.table.full_name not in skip]
    if transaction.steps and not steps:
        return
    yield ""
    yield f"-- {transaction.gtid} {transaction.committed_at}"
    if _unnamed(transaction):
        yield "-- Left out: its columns have no names (binlog_row_metadata was not FULL). See binlog.sql."
        return
    rows = any(isinstance(step, Change) for step in steps)
    yield from ["START TRANSACTION;"] if rows else []
    for step in steps:
        yield from _statement(step) if isinstance(step, Statement) else _row_sql(step)
    yield from ["COMMIT;"] if rows else []


def _unnamed(transaction: Transaction) -> bool:
    return any(isinstance(step, Change) and not step.table.named for step in transaction.steps)


def _statement(statement: Statement) -> Iterator[str]:
    if statement.schema:
        yield f"USE {quoted_name(statement.schema)};"
    yield f"DELIMITER ;;\n{statement.text}\n;;\nDELIMITER ;"


def _row_sql(change: Change) -> Iterator[str]:
    table = f"{quoted_name(change.table.schema)}.{quoted_name(change.table.name)}"
    after, before = change.after or {}, change.before or {}
    if change.operation == "insert":
        names, values = ", ".join(map(quoted_name, after)), ", ".join(map(literal, after.values()))
        yield f"INSERT INTO {table} ({names}) VALUES ({values});"
        return
    known = [name for name in before if name not in change.table.inexact or name in change.table.key] or list(before)
    where = " AND ".join(f"{quoted_name(name)} <=> {literal(before[name])}" for name in known)
    limit = "" if change.primary_key else " LIMIT 1"
    if change.operation == "delete":
        yield f"DELETE FROM {table} WHERE {where}{limit};"
    else:
        differs = {name: value for name, value in after.items() if name not in before or before[name] != value}
        changes = ", ".join(f"{quoted_name(name)} = {literal(value)}" for name, value in (differs or after).items())
        yield f"UPDATE {table} SET {changes} WHERE {where}{limit};"
    yield GUARD


def quoted_name(name: str) -> str:
    """An identifier of MySQL."""
    return "`" + name.replace("`", "``") + "`"


def literal(value: Value) -> str:
    """A literal of MySQL, under REPLAY_HEAD's settings."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return f"'{value.translate(ESCAPES)}'"
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


@dataclass
class Summary:
    """Counts of what was found; call ``add`` for each transaction."""

    ids_of: Ids
    gtids: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    tables: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    ids: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statements: int = 0
    unnamed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = {name: [] for name in self.ids_of}

    def add(self, transaction: Transaction) -> None:
        self.gtids.append(transaction.gtid)
        if transaction.committed_at:
            self.committed.append(transaction.committed_at)
        if _unnamed(transaction):
            self.unnamed.append(transaction.gtid)
        for step in transaction.steps:
            if isinstance(step, Statement):
                self.statements += 1
                continue
            name = step.table.full_name
            self.tables[name][step.operation] += 1
            if name in self.ids:
                self.ids[name].append({"operation": step.operation, **_ids(step, self.ids_of)})

    @property
    def found(self) -> GtidSet:
        return GtidSet.parse(",".join(self.gtids))

    def require(self, wanted: GtidSet) -> None:
        """Raises TransactionsMissing unless everything wanted was found."""
        missing = wanted - self.found
        if missing:
            raise TransactionsMissing(
                f"{missing} stands in none of the binary logs: was it ever executed here?", missing
            )

    def facts(self) -> dict[str, Any]:
        """For the module's result."""
        return {
            "gtid_set": str(self.found),
            "transactions": len(self.gtids),
            "statements": self.statements,
            "first_committed_at": min(self.committed, default=""),
            "last_committed_at": max(self.committed, default=""),
            "tables": {
                name: {kind: counts[kind] for kind in ("insert", "update", "delete")}
                for name, counts in sorted(self.tables.items())
            },
            "ids": self.ids,
        }


def line(value: Mapping[str, Any]) -> str:
    """One line of JSON Lines."""
    return json.dumps(value, ensure_ascii=False) + "\n"
