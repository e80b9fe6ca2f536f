# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value of a row image: from MySQL's binary log to Python. Pure.

A value is None, int, float, Decimal, str or bytes. Dates and times are str as MySQL prints them (TIMESTAMP in UTC), and
JSON is its text; bytes stand for what is binary, and for text in a character set that is not known here.
Source: https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

Value = int | float | Decimal | str | bytes | None

BINARY = 63  # the collation of what is not text


class BinlogError(Exception):
    """The binary log says what this code does not understand; the text is for the user."""


class Kind(IntEnum):
    """Types of columns as the binary log numbers them."""

    TINY = 1
    SHORT = 2
    LONG = 3
    FLOAT = 4
    DOUBLE = 5
    TIMESTAMP_OF_JSON = 7
    LONGLONG = 8
    INT24 = 9
    DATE = 10
    TIME_OF_JSON = 11
    DATETIME_OF_JSON = 12
    YEAR = 13
    VARCHAR = 15
    BIT = 16
    TIMESTAMP = 17
    DATETIME = 18
    TIME = 19
    VECTOR = 242
    JSON = 245
    DECIMAL = 246
    ENUM = 247
    SET = 248
    BLOB = 252
    STRING = 254
    GEOMETRY = 255


INTEGERS = {Kind.TINY: 1, Kind.SHORT: 2, Kind.INT24: 3, Kind.LONG: 4, Kind.LONGLONG: 8}
# Equality of these is no evidence, or cannot be asked for by a literal.
INEXACT = {Kind.FLOAT, Kind.DOUBLE, Kind.JSON, Kind.GEOMETRY, Kind.VECTOR}

# Python's codecs by MySQL's collation numbers (SHOW COLLATION).
CODECS: dict[int, str] = {
    **dict.fromkeys([33, 76, 83, *range(192, 216), 223], "utf-8"),  # utf8mb3
    **dict.fromkeys([45, 46, *range(224, 248), *range(255, 1024)], "utf-8"),  # utf8mb4
    **dict.fromkeys([11, 65], "ascii"),
    **dict.fromkeys([5, 8, 15, 31, 47, 48, 49, 94], "cp1252"),  # latin1
    **dict.fromkeys([19, 85], "cp949"),  # euckr
    **dict.fromkeys([35, 54, 55, 90, *range(101, 125), *range(128, 152), 159], "utf-16-be"),  # ucs2, utf16
    **dict.fromkeys([56, 62], "utf-16-le"),
    **dict.fromkeys([60, 61, *range(160, 184)], "utf-32-be"),
}


@dataclass(frozen=True)
class Column:
    """One column as a table map describes it. ``size`` and ``scale`` mean what the kind makes of them.

    size: bytes of BIT, ENUM, SET, of a length prefix (BLOB and its like), longest value (VARCHAR, STRING), DECIMAL's
    precision, or digits of a fraction of a second. scale: DECIMAL's. members: names of an ENUM or SET.
    """

    name: str
    kind: Kind
    size: int = 0
    scale: int = 0
    unsigned: bool = False
    collation: int = 0
    members: tuple[str, ...] = ()


class Buffer:
    """Bytes, read from the front. Reading past the end raises BinlogError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __len__(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > len(self):
            raise BinlogError(
                f"An event of the binary log ends after {len(self._data)} bytes, in the middle of a value."
            )
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def packed(self) -> int:
        """A length-encoded integer."""
        first = self.number(1)
        return first if first < 251 else self.number({252: 2, 253: 3, 254: 8}[first])

    def bits(self, count: int) -> list[bool]:
        """A bitmap, lowest bit first."""
        number = self.number((count + 7) // 8)
        return [bool(number >> bit & 1) for bit in range(count)]


def text(data: bytes, collation: int) -> str | bytes:
    """Text if the character set is known and the bytes are good, the bytes themselves otherwise: nothing is lost."""
    codec = CODECS.get(collation)
    try:
        return data.decode(codec) if codec else data
    except UnicodeDecodeError:
        return data


def read(column: Column, data: Buffer) -> Value:
    """The column's value, which is not NULL, from the front of ``data``."""
    match column.kind:
        case kind if kind in INTEGERS:
            return data.number(INTEGERS[kind], signed=not column.unsigned)
        case Kind.FLOAT:
            return _shortest(data.take(4))
        case Kind.DOUBLE:
            value: float = struct.unpack("<d", data.take(8))[0]
            return value
        case Kind.DECIMAL:
            return _decimal(data, column.size, column.scale)
        case Kind.BIT:
            return int.from_bytes(data.take(column.size), "big")
        case Kind.YEAR:
            year = data.number(1)
            return year + 1900 if year else 0
        case Kind.DATE:
            days = data.number(3)
            return f"{days >> 9:04}-{days >> 5 & 15:02}-{days & 31:02}"
        case Kind.TIME:
            return _time(data, column.size)
        case Kind.DATETIME:
            return _datetime(data, column.size)
        case Kind.TIMESTAMP:
            return _timestamp(data, column.size)
        case Kind.ENUM:
            number = data.number(column.size)
            return "" if number == 0 else column.members[number - 1] if number <= len(column.members) else number
        case Kind.SET:
            number = data.number(column.size)
            if number >> len(column.members):
                return number
            return ",".join(member for bit, member in enumerate(column.members) if number >> bit & 1)
        case Kind.VARCHAR:
            return text(data.take(data.number(1 if column.size < 256 else 2)), column.collation)
        case Kind.STRING:
            string = data.take(data.number(1 if column.size < 256 else 2))
            # The log leaves out the padding: blanks of CHAR, which nobody sees, and zeros of BINARY, which are data.
            return string.ljust(column.size, b"\0") if column.collation == BINARY else text(string, column.collation)
        case Kind.BLOB | Kind.GEOMETRY | Kind.VECTOR:
            return text(data.take(data.number(column.size)), column.collation)
        case Kind.JSON:
            return json_text(data.take(data.number(column.size)))
        case kind:
            raise BinlogError(f"Column {column.name} is of type {kind.name}, which cannot be read.")


def _shortest(data: bytes) -> float:
    """A FLOAT by its shortest decimal form: 0.1, not 0.10000000149."""
    (value,) = struct.unpack("<f", data)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        try:
            if struct.pack("<f", short) == data:
                return short
        except OverflowError:  # rounded up, past the largest FLOAT
            continue
    return float(f"{value:.9g}")


def _decimal(data: Buffer, precision: int, scale: int) -> Decimal:
    """Groups of nine digits in four bytes; fewer digits take fewer bytes. The first bit is the sign, inverted."""
    sizes = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
    whole, fraction = precision - scale, scale
    groups = [whole % 9, *[9] * (whole // 9), *[9] * (fraction // 9), fraction % 9]
    raw = bytearray(data.take(sum(sizes[digits] for digits in groups)))
    negative = not raw[0] & 0x80
    raw[0] ^= 0x80
    if negative:
        raw = bytearray(byte ^ 0xFF for byte in raw)
    parts = Buffer(bytes(raw))
    digits = "".join(f"{int.from_bytes(parts.take(sizes[count]), 'big'):0{count}}" for count in groups if count)
    return Decimal(("-" if negative else "") + (digits[:whole] or "0") + (f".{digits[whole:]}" if scale else ""))


def _fraction(number: int, size: int, digits: int) -> str:
    """``.123`` from the bytes of a fraction of a second."""
    return f".{number:0{2 * size}}"[: digits + 1] if digits else ""


def _fixed_point(data: Buffer, size: int, digits: int) -> tuple[int, int, str]:
    """Sign, whole part and fraction of a number with an offset, in ``size`` bytes and those of the fraction."""
    extra = (digits + 1) // 2
    number = int.from_bytes(data.take(size + extra), "big") - (0x80 << 8 * (size + extra - 1))
    whole, fraction = divmod(abs(number), 1 << 8 * extra)
    return -1 if number < 0 else 1, whole, _fraction(fraction, extra, digits)


def _clock(bits: int) -> str:
    return f"{bits >> 12:02}:{bits >> 6 & 63:02}:{bits & 63:02}"


def _calendar(bits: int) -> str:
    year, month = divmod(bits >> 5, 13)
    return f"{year:04}-{month:02}-{bits & 31:02}"


def _time(data: Buffer, digits: int) -> str:
    sign, whole, fraction = _fixed_point(data, 3, digits)
    return f"{'-' if sign < 0 else ''}{_clock(whole)}{fraction}"


def _datetime(data: Buffer, digits: int) -> str:
    _, whole, fraction = _fixed_point(data, 5, digits)
    return f"{_calendar(whole >> 17)} {_clock(whole & 0x1FFFF)}{fraction}"


def _timestamp(data: Buffer, digits: int) -> str:
    seconds = int.from_bytes(data.take(4), "big")
    size = (digits + 1) // 2
    fraction = _fraction(int.from_bytes(data.take(size), "big"), size, digits)
    if not seconds:
        return f"0000-00-00 00:00:00{fraction}"
    return f"{datetime(1970, 1, 1) + timedelta(seconds=seconds)}{fraction}"


# JSON. A document is its type and its bytes; containers hold (type, offset or value) entries.
# Source: the comment at the top of sql-common/json_binary.h in MySQL's sources.
_CONTAINERS = {0: (True, 2), 1: (True, 4), 2: (False, 2), 3: (False, 4)}  # object?, bytes of a size
_LITERALS = {0: "null", 1: "true", 2: "false"}
_JSON_NUMBERS = {5: (2, True), 6: (2, False), 7: (4, True), 8: (4, False), 9: (8, True), 10: (8, False)}
_LITERAL, _JSON_DOUBLE, _STRING, _OPAQUE = 4, 11, 12, 15


def json_text(data: bytes) -> str:
    """JSON from MySQL's binary form, as MySQL prints it."""
    return _json(data[0], memoryview(data)[1:]) if data else "null"


def _json(kind: int, data: memoryview) -> str:
    buffer = Buffer(bytes(data[:8]))
    if kind in _CONTAINERS:
        is_object, width = _CONTAINERS[kind]
        items = _json_items(data, is_object, width)
        if is_object:
            return "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
        return "[" + ", ".join(value for _, value in items) + "]"
    if kind == _LITERAL:
        return _LITERALS[buffer.number(1)]
    if kind in _JSON_NUMBERS:
        return str(buffer.number(*_JSON_NUMBERS[kind]))
    if kind == _JSON_DOUBLE:
        return repr(struct.unpack("<d", buffer.take(8))[0])
    if kind == _STRING:
        return json.dumps(_sized(data).decode(), ensure_ascii=False)
    if kind == _OPAQUE:
        return _opaque(data[0], _sized(data[1:]))
    raise BinlogError(f"A JSON value in the binary log is of type {kind}, which is unknown.")


def _json_items(data: memoryview, is_object: bool, width: int) -> Iterator[tuple[str, str]]:
    """Keys (empty in an array) and values, as JSON."""
    head = Buffer(bytes(data))
    count, _size = head.number(width), head.number(width)
    names = [(head.number(width), head.number(2)) for _ in range(count if is_object else 0)]
    keys = [json.dumps(bytes(data[start : start + size]).decode(), ensure_ascii=False) for start, size in names]
    for index in range(count):
        kind, entry = head.number(1), head.take(width)
        inlined = kind == _LITERAL or (kind in _JSON_NUMBERS and _JSON_NUMBERS[kind][0] <= width)
        value = memoryview(entry) if inlined else data[int.from_bytes(entry, "little") :]
        yield keys[index] if is_object else "", _json(kind, value)


def _sized(data: memoryview) -> bytes:
    """Bytes after their length, which is written in groups of seven bits."""
    size, shift = 0, 0
    for at, byte in enumerate(data[:5], 1):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return Buffer(bytes(data[at : at + size])).take(size)
    raise BinlogError("The length of a JSON string in the binary log has no end.")


def _opaque(kind: int, data: bytes) -> str:
    """SQL values inside JSON: numbers stay numbers, dates and times are strings."""
    if kind == Kind.DECIMAL:
        return f"{_decimal(Buffer(data[2:]), data[0], data[1]):f}"
    if kind in {Kind.DATE, Kind.TIME_OF_JSON, Kind.DATETIME_OF_JSON, Kind.TIMESTAMP_OF_JSON}:
        number = int.from_bytes(data, "little", signed=True)
        whole, micros = divmod(abs(number), 1 << 24)
        if kind == Kind.DATE:
            return f'"{_calendar(whole >> 17)}"'
        if kind == Kind.TIME_OF_JSON:
            return f'"{"-" if number < 0 else ""}{_clock(whole)}.{micros:06}"'
        return f'"{_calendar(whole >> 17)} {_clock(whole & 0x1FFFF)}.{micros:06}"'
    return f'"base64:type{kind}:{base64.b64encode(data).decode()}"'
