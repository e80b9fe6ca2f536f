# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions out of what ``mysqlbinlog`` prints. The runner of the command is an argument.

mysqlbinlog finds, decompresses and selects transactions (tagged GTIDs too); its printed rows are not used, because they
round FLOAT and break off at GEOMETRY. The rows come from the events themselves, which it prints in base64.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from .._failover.gtid import GtidSet
from .rows import Change, Decoder
from .values import BinlogError

# The lines that a command prints, with their ends. Closing it ends the command.
Lines = Callable[[Sequence[str]], Generator[bytes]]

# What mysqlbinlog prints around the statements themselves.
CONTEXT = re.compile(
    rb"SET @@|SET TIMESTAMP=|/\*!\d+ SET (@@|TRANSACTION |COMPLETION_TYPE)|/\*!\\C |ROLLBACK /\* added"
)
GTID = re.compile(rb"SET @@SESSION\.GTID_NEXT= '([^']+)'")
DATABASE = re.compile(rb"use `((?:[^`]|``)+)`")


class TransactionsMissing(BinlogError):
    """Some wanted transactions are not in the binary logs. ``missing`` says which."""

    def __init__(self, message: str, missing: GtidSet) -> None:
        super().__init__(message)
        self.missing = missing


@dataclass(frozen=True)
class Statement:
    """What was logged as text: DDL, for instance. ``schema`` is the default database, empty if there was none."""

    schema: str
    text: str


@dataclass
class Transaction:
    """``committed_at``: when it was committed first, on whichever server, as ISO 8601 in UTC; empty if unknown."""

    gtid: str
    committed_at: str = ""
    steps: list[Change | Statement] = field(default_factory=list)


def index_files(index: str, content: str) -> list[str]:
    """Paths of the binary logs, oldest first. Relative ones are relative to the index, which stands in the datadir."""
    folder = PurePosixPath(index).parent
    return [str(folder / line.strip()) for line in content.splitlines() if line.strip()]


def previous_gtids(path: str, command: str, lines: Lines) -> GtidSet:
    """What had been logged before this file was begun."""
    found: list[str] | None = None
    output = lines([command, "--no-defaults", path])
    try:
        for line in output:
            if found is None:
                found = [] if line.rstrip().endswith(b"Previous-GTIDs") else None
            elif line.startswith(b"# at ") or not line.startswith(b"#"):
                break
            else:
                found.append(line.decode().lstrip("# ").strip())
    finally:
        output.close()
    if found is None:
        raise BinlogError(f"{path} has no list of previous GTIDs: gtid_mode was not ON when it was written.")
    return GtidSet.parse("".join(found).replace("[empty]", ""))


def needed(files: Sequence[str], wanted: GtidSet, previous: Callable[[str], GtidSet]) -> list[str]:
    """The newest files that hold all of ``wanted``. Older ones are not opened.

    Raises TransactionsMissing if the oldest file says that some were logged before it.
    """
    for position in range(len(files) - 1, -1, -1):
        before = wanted & previous(files[position])
        if not before:
            return list(files[position:])
    if not files:
        raise TransactionsMissing("There are no binary logs.", wanted)
    raise TransactionsMissing(f"The binary logs before {files[0]} are purged, and {before} with them.", before)


def read(files: Sequence[str], wanted: GtidSet, command: str, lines: Lines) -> Iterator[bytes]:
    """mysqlbinlog's output for the wanted transactions: SQL that a replica would run."""
    output = lines([command, "--no-defaults", f"--include-gtids={wanted}", *files])
    # Positions of what was not wanted are printed too: millions of lines that say nothing.
    return (line for line in output if not line.startswith(b"# at "))


def transactions(lines: Iterable[bytes]) -> Iterator[Transaction]:
    """The transactions in mysqlbinlog's output. The last one is left out if the log ends before its COMMIT."""
    decoder = Decoder()
    current: Transaction | None = None
    is_open = False
    schema = committed_at = ""
    for statement in _statements(lines):
        if isinstance(statement, _Comment):
            committed_at = statement.committed_at or committed_at
            continue
        if isinstance(statement, _Events):
            changes = list(decoder.changes(statement.content))
            if current is not None:
                current.steps += changes
            continue
        if match := GTID.match(statement):
            if current is not None and not is_open:
                yield current
            gtid = match[1].decode()
            current = Transaction(gtid, committed_at) if ":" in gtid else None
            is_open, committed_at = False, ""
        elif match := DATABASE.fullmatch(statement):
            schema = match[1].decode().replace("``", "`")
        elif statement == b"BEGIN":
            is_open = True
        elif statement in {b"COMMIT", b"ROLLBACK"}:
            is_open = False
        elif current is not None and not CONTEXT.match(statement):
            current.steps.append(Statement(schema, statement.decode(errors="backslashreplace")))
    if current is not None and not is_open:
        yield current


@dataclass(frozen=True)
class _Comment:
    committed_at: str


@dataclass(frozen=True)
class _Events:
    content: bytes


def _statements(lines: Iterable[bytes]) -> Iterator[bytes | _Comment | _Events]:
    """Statements without their delimiter, events decoded from base64, and the comments that matter."""
    text: list[bytes] = []
    end = b";\n"
    for line in lines:
        if not text and (line.startswith(b"#") or not line.strip()):
            if line.startswith(b"# original_commit_timestamp="):
                yield _Comment(_instant(int(line.split(b"=")[1].split()[0])))
        elif not text and line.startswith(b"DELIMITER "):
            end = line.split()[1] + b"\n"
        else:
            text.append(line)
            if line.endswith(end):
                statement = b"".join(text).removesuffix(end).strip()
                text = []
                yield _Events(_decoded(statement)) if statement.startswith(b"BINLOG '\n") else statement


def _decoded(statement: bytes) -> bytes:
    """The events in BINLOG '...'. Every line is base64 of its own."""
    return b"".join(_base64(line) for line in statement.splitlines()[1:-1])


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BinlogError(f"mysqlbinlog printed an event that is not base64 ({error}).") from error


def _instant(microseconds: int) -> str:
    """ISO 8601 from microseconds since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds")
