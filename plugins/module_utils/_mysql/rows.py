# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row events of MySQL's binary log: which rows of which table changed, and how. Pure.

Source: https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html and
``..._1_1Rows__event.html``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .values import BINARY, INEXACT, BinlogError, Buffer, Column, Kind, Value, read, text

Row = dict[str, Value]

HEADER = 19
FORMAT_DESCRIPTION, TABLE_MAP, PARTIAL_UPDATE = 15, 19, 39
OPERATIONS = {30: "insert", 31: "update", 32: "delete"}
CHECKSUM = 4

# What optional metadata there is, by its number in the log.
SIGNEDNESS, CHARSET, COLUMN_CHARSET, NAMES, SET_MEMBERS, ENUM_MEMBERS = 1, 2, 3, 4, 5, 6
PRIMARY_KEY, PREFIX_PRIMARY_KEY, ENUM_SET_CHARSET, ENUM_SET_COLUMN_CHARSET = 8, 9, 10, 11

# Which columns have a bit, or a character set, in the metadata. YEAR is one of the former, VECTOR of the latter.
NUMERIC = {
    *(Kind.TINY, Kind.SHORT, Kind.INT24, Kind.LONG, Kind.LONGLONG, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE, Kind.YEAR)
}
CHARACTER = {Kind.STRING, Kind.VARCHAR, Kind.BLOB, Kind.VECTOR}


@dataclass(frozen=True)
class Table:
    """``key``: names of the columns of the primary key, in its order. Without ``named`` columns are called @1, @2..."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    named: bool

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def inexact(self) -> frozenset[str]:
        """Columns whose equality is no evidence."""
        return frozenset(column.name for column in self.columns if column.kind in INEXACT)


@dataclass(frozen=True)
class Change:
    """One row: ``operation`` is insert, update or delete. The images have the columns that the server logged."""

    table: Table
    operation: str
    before: Row | None
    after: Row | None

    @property
    def primary_key(self) -> Row | None:
        """Of the row as it was found, or as it was inserted. None if the table has none, or it was not logged."""
        row = self.before or self.after or {}
        key = self.table.key
        return {name: row[name] for name in key} if key and all(name in row for name in key) else None


class Decoder:
    """Takes the events of one stream in order; knows the tables that were mapped."""

    def __init__(self) -> None:
        self._tables: dict[int, Table] = {}
        self._checksum = 0

    def changes(self, events: bytes) -> Iterator[Change]:
        """The rows in some whole events, one after the other."""
        stream = Buffer(events)
        while stream:
            header = Buffer(stream.take(HEADER))
            header.take(4)
            kind = header.number(1)
            header.take(4)
            size = header.number(4)
            body = stream.take(size - HEADER)
            if kind == FORMAT_DESCRIPTION:
                # The last byte before this event's own checksum tells whether the others have one.
                self._checksum = CHECKSUM if body[-CHECKSUM - 1] else 0
                continue
            data = Buffer(body[: len(body) - self._checksum])
            number = data.number(6)
            data.take(2)
            if kind == TABLE_MAP:
                self._tables[number] = table(data)
            elif kind in OPERATIONS:
                if number not in self._tables:
                    raise BinlogError(
                        f"The binary log changes table number {number}, which it has not described before."
                    )
                yield from _changes(self._tables[number], OPERATIONS[kind], data)
            elif kind == PARTIAL_UPDATE:
                raise BinlogError(
                    "The binary log has only parts of JSON documents (binlog_row_value_options = PARTIAL_JSON)."
                )
            else:
                raise BinlogError(f"The binary log has a row event of type {kind}, which is unknown.")


def table(data: Buffer) -> Table:
    """A table map, after its number and flags."""
    schema, name = (_terminated(data) for _ in range(2))
    count = data.packed()
    kinds = data.take(count)
    sizes = Buffer(data.take(data.packed()))
    columns = [_column(f"@{index}", kind, sizes) for index, kind in enumerate(kinds, 1)]
    data.bits(count)  # which may be NULL
    fields = dict(_fields(data))
    columns = _described(columns, fields)
    key = [columns[index].name for index in _primary_key(fields)]
    return Table(schema, name, tuple(columns), tuple(key), NAMES in fields)


def _terminated(data: Buffer) -> str:
    name = data.take(data.number(1)).decode()
    data.take(1)
    return name


def _column(name: str, number: int, sizes: Buffer) -> Column:
    try:
        kind = Kind(number)
    except ValueError:
        raise BinlogError(f"Column {name} is of type {number}, which cannot be read.") from None
    match kind:
        case Kind.FLOAT | Kind.DOUBLE | Kind.TIME | Kind.DATETIME | Kind.TIMESTAMP:
            return Column(name, kind, sizes.number(1))
        case Kind.BLOB | Kind.JSON | Kind.GEOMETRY | Kind.VECTOR:
            return Column(name, kind, sizes.number(1), collation=0 if kind == Kind.BLOB else BINARY)
        case Kind.VARCHAR:
            return Column(name, kind, sizes.number(2))
        case Kind.DECIMAL:
            return Column(name, kind, sizes.number(1), sizes.number(1))
        case Kind.BIT:
            bits, whole = sizes.number(1), sizes.number(1)
            return Column(name, kind, whole + bool(bits))
        case Kind.STRING:
            # CHAR, BINARY, ENUM and SET; two bits of a long CHAR's size hide, inverted, in the byte of the type.
            real, size = sizes.number(1), sizes.number(1)
            return Column(name, Kind(real | 0x30), size | ((real & 0x30) ^ 0x30) << 4)
        case _:
            return Column(name, kind)


def _fields(data: Buffer) -> Iterator[tuple[int, Buffer]]:
    while data:
        kind = data.number(1)
        yield kind, Buffer(data.take(data.packed()))


def _described(columns: list[Column], fields: dict[int, Buffer]) -> list[Column]:
    """The columns with what the optional metadata say of them."""
    numeric = [index for index, column in enumerate(columns) if column.kind in NUMERIC]
    character = [index for index, column in enumerate(columns) if column.kind in CHARACTER]
    enums = [index for index, column in enumerate(columns) if column.kind == Kind.ENUM]
    sets = [index for index, column in enumerate(columns) if column.kind == Kind.SET]
    for indexes, default, each in (
        (character, CHARSET, COLUMN_CHARSET),
        (sorted(enums + sets), ENUM_SET_CHARSET, ENUM_SET_COLUMN_CHARSET),
    ):
        if default in fields or each in fields:
            for index, collation in zip(indexes, _collations(fields, default, each, len(indexes)), strict=True):
                columns[index] = replace(columns[index], collation=collation)
    if SIGNEDNESS in fields:
        bits = fields[SIGNEDNESS].take(len(fields[SIGNEDNESS]))
        for position, index in enumerate(numeric):
            unsigned = bool(bits[position // 8] & 0x80 >> position % 8)  # highest bit first
            columns[index] = replace(columns[index], unsigned=unsigned)
    for kind, indexes in ((ENUM_MEMBERS, enums), (SET_MEMBERS, sets)):
        for index in indexes if kind in fields else []:
            columns[index] = replace(columns[index], members=_members(fields[kind], columns[index].collation))
    if NAMES in fields:
        names = [fields[NAMES].take(fields[NAMES].packed()).decode() for _ in columns]
        columns = [replace(column, name=name) for column, name in zip(columns, names, strict=True)]
    return columns


def _collations(fields: dict[int, Buffer], default: int, each: int, count: int) -> list[int]:
    """Collations of ``count`` columns: either a default with exceptions, or one by one."""
    if each in fields:
        return [fields[each].packed() for _ in range(count)]
    found = [fields[default].packed()] * count
    while fields[default]:
        position = fields[default].packed()
        found[position] = fields[default].packed()
    return found


def _members(data: Buffer, collation: int) -> tuple[str, ...]:
    values = [text(data.take(data.packed()), collation) for _ in range(data.packed())]
    return tuple(value if isinstance(value, str) else value.decode("latin-1") for value in values)


def _primary_key(fields: dict[int, Buffer]) -> Iterator[int]:
    """Indexes of its columns."""
    while fields.get(PRIMARY_KEY):
        yield fields[PRIMARY_KEY].packed()
    while fields.get(PREFIX_PRIMARY_KEY):
        yield fields[PREFIX_PRIMARY_KEY].packed()
        fields[PREFIX_PRIMARY_KEY].packed()  # length of the prefix


def _changes(table: Table, operation: str, data: Buffer) -> Iterator[Change]:
    """The rows of one event, after its number and flags."""
    data.take(data.number(2) - 2)  # partitions and the like
    count = data.packed()
    if count != len(table.columns):
        raise BinlogError(
            f"The binary log has {count} columns of {table.full_name} where it described {len(table.columns)}."
        )
    first = data.bits(count)
    second = data.bits(count) if operation == "update" else first
    while data:
        image = _row(table, first, data)
        if operation == "insert":
            yield Change(table, operation, None, image)
        elif operation == "delete":
            yield Change(table, operation, image, None)
        else:
            yield Change(table, operation, image, _row(table, second, data))


def _row(table: Table, present: list[bool], data: Buffer) -> Row:
    columns = [column for column, logged in zip(table.columns, present, strict=True) if logged]
    nulls = data.bits(len(columns))
    return {column.name: None if null else read(column, data) for column, null in zip(columns, nulls, strict=True)}
