# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.values import (
    BINARY,
    BinlogError,
    Buffer,
    Column,
    Kind,
    json_text,
    read,
    text,
)

UTF8 = 255


def value(data: str, kind: Kind, **settings: Any) -> Any:
    """A value from hexadecimal bytes, all of which have to be used."""
    buffer = Buffer(bytes.fromhex(data))
    found = read(Column("c", kind, **settings), buffer)
    assert len(buffer) == 0
    return found


@pytest.mark.parametrize(
    ("kind", "data", "signed", "unsigned"),
    [
        (Kind.TINY, "80", -128, 128),
        (Kind.SHORT, "ff ff", -1, 65535),
        (Kind.INT24, "00 00 80", -8388608, 8388608),
        (Kind.LONG, "01 00 00 00", 1, 1),
        (Kind.LONGLONG, "ff" * 8, -1, 2**64 - 1),
    ],
)
def test_integers_know_their_sign(kind: Kind, data: str, signed: int, unsigned: int) -> None:
    assert value(data, kind) == signed
    assert value(data, kind, unsigned=True) == unsigned


@pytest.mark.parametrize("number", [0.1, -0.3, 16777216.0, 3.4028235e38, 1e-45, 0.0, 1.17549435e-38, 123456.79])
def test_a_float_is_shown_shortly_and_loses_nothing(number: float) -> None:
    data = struct.pack("<f", number)
    found = value(data.hex(), Kind.FLOAT, size=4)
    assert struct.pack("<f", found) == data
    assert len(repr(found)) <= len(repr(number))


def test_a_double_is_what_it_is() -> None:
    assert value(struct.pack("<d", 0.1).hex(), Kind.DOUBLE, size=8) == 0.1


@pytest.mark.parametrize(
    ("data", "precision", "scale", "number"),
    [
        # The example in the sources of MySQL (strings/decimal.cc): 1234567890.1234, and its opposite.
        ("81 0d fb 38 d2 04 d2", 14, 4, "1234567890.1234"),
        ("7e f2 04 c7 2d fb 2d", 14, 4, "-1234567890.1234"),
        ("80 00 01", 5, 5, "0.00001"),
        ("80 00 00 00", 8, 0, "0"),
        ("c0", 2, 0, "64"),
    ],
)
def test_decimals(data: str, precision: int, scale: int, number: str) -> None:
    found = value(data, Kind.DECIMAL, size=precision, scale=scale)
    assert isinstance(found, Decimal)
    assert f"{found:f}" == number


@pytest.mark.parametrize(
    ("kind", "digits", "data", "shown"),
    [
        (Kind.DATE, 0, "43 d4 0f", "2026-02-03"),
        (Kind.DATE, 0, "00 00 00", "0000-00-00"),
        (Kind.TIME, 0, "80 00 01", "00:00:01"),
        (Kind.TIME, 0, "4b 91 05", "-838:59:59"),
        (Kind.TIME, 2, "7f ff fe e7", "-00:00:01.25"),
        (Kind.TIME, 3, "81 03 04 1e d2", "16:12:04.789"),
        (Kind.TIME, 6, "7f ff ff ff ff ff", "-00:00:00.000001"),
        (Kind.DATETIME, 0, "99 b8 c4 31 05", "2026-01-02 03:04:05"),
        (Kind.DATETIME, 6, "99 b8 c4 31 05 00 00 06", "2026-01-02 03:04:05.000006"),
        (Kind.TIMESTAMP, 0, "69 57 35 a5", "2026-01-02 03:04:05"),
        (Kind.TIMESTAMP, 1, "69 57 35 a5 32", "2026-01-02 03:04:05.5"),
        (Kind.TIMESTAMP, 0, "00 00 00 00", "0000-00-00 00:00:00"),
        (Kind.TIMESTAMP, 0, "80 00 00 00", "2038-01-19 03:14:08"),
    ],
)
def test_dates_and_times(kind: Kind, digits: int, data: str, shown: str) -> None:
    assert value(data, kind, size=digits) == shown


def test_years() -> None:
    assert (value("00", Kind.YEAR), value("7e", Kind.YEAR)) == (0, 2026)


def test_text_has_a_character_set_and_a_length_of_one_or_two_bytes() -> None:
    assert value("06 ed959ceab88d", Kind.VARCHAR, size=255, collation=UTF8) == "한\uae0d"
    assert value("01 00 61", Kind.VARCHAR, size=256, collation=UTF8) == "a"
    assert value("04 63 61 66 e9", Kind.STRING, size=10, collation=8) == "café"
    assert value("02 00 c7d1", Kind.BLOB, size=2, collation=19) == "한"


def test_the_zeros_that_end_a_binary_are_data() -> None:
    assert value("01 ff", Kind.STRING, size=3, collation=BINARY) == b"\xff\0\0"
    assert value("01 61", Kind.STRING, size=3, collation=UTF8) == "a"


def test_what_is_no_text_stays_bytes() -> None:
    assert text(b"\xa3\xf3d\xbc", 9) == b"\xa3\xf3d\xbc", "latin2 is not known"
    assert text(b"\xff", UTF8) == b"\xff", "not UTF-8, whatever the column says"


def test_enums_and_sets_are_names_where_the_names_are_known() -> None:
    assert value("02", Kind.ENUM, size=1, members=("x", "y")) == "y"
    assert value("00", Kind.ENUM, size=1, members=("x", "y")) == ""
    assert value("02", Kind.ENUM, size=1) == 2
    assert value("05", Kind.SET, size=1, members=("a", "b", "c")) == "a,c"
    assert value("00", Kind.SET, size=1, members=("a", "b", "c")) == ""
    assert value("05", Kind.SET, size=1) == 5


def test_bits_are_a_number() -> None:
    assert value("02 01", Kind.BIT, size=2) == 513


def test_an_event_that_ends_too_early_is_an_error() -> None:
    with pytest.raises(BinlogError, match="in the middle of a value"):
        value("05 61", Kind.VARCHAR, size=10, collation=UTF8)


def test_a_type_that_no_table_can_have_is_an_error() -> None:
    with pytest.raises(BinlogError, match="Column c is of type TIME_OF_JSON, which cannot be read"):
        value("", Kind.TIME_OF_JSON)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("", "null"),
        ("04 00", "null"),
        ("04 01", "true"),
        ("05 9c ff", "-100"),
        ("0a ffffffffffffffff", str(2**64 - 1)),
        ("0b 0000000000000440", "2.5"),
        ("0c 04 ed959c0a", '"한\\n"'),
        ("02 00 00 04 00", "[]"),
        # An array of a literal, an inlined and a distant number.
        ("02 03 00 11 00 04 00 00 05 07 00 07 0d 00 ff ff ff 7f", "[null, 7, 2147483647]"),
        # {"a": "b"}
        ("00 01 00 0e 00 0b 00 01 00 0c 0c 00 61 01 62", '{"a": "b"}'),
        # The large form of [1]: a number of four bytes fits in the entry.
        ("03 01000000 0d000000 07 01000000", "[1]"),
        # SQL values: DECIMAL(3,2) 1.50, DATE, TIME, DATETIME, and a BLOB.
        ("0f f6 04 03 02 81 32", "1.50"),
        ("0f 0a 08 00 00 00 00 00 06 b9 19", '"2026-02-03"'),
        ("0f 0b 08 e0 5e f8 7c ef ff ff ff", '"-01:02:03.500000"'),
        ("0f 0c 08 06 00 00 05 31 c4 b8 19", '"2026-01-02 03:04:05.000006"'),
        ("0f fc 02 00 ff", '"base64:type252:AP8="'),
    ],
)
def test_json(data: str, shown: str) -> None:
    assert json_text(bytes.fromhex(data)) == shown


@pytest.mark.parametrize(("data", "part"), [("63 00", "type 99"), ("0c ffffffffff", "no end"), ("0c 05 61", "middle")])
def test_broken_json_is_an_error(data: str, part: str) -> None:
    with pytest.raises(BinlogError, match=part):
        json_text(bytes.fromhex(data))
