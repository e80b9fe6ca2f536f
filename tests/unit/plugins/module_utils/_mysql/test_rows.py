# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row events as they stand in the kept binary logs (tests/unit/fakes/binlogs), and damaged ones."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.rows import Decoder
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.values import BinlogError

from tests.unit.fakes.mysqlbinlog import BINLOGS


def blocks(name: str) -> list[bytes]:
    """The events of every BINLOG '...' in a kept log; the first has the format description."""
    parts = (BINLOGS / name).read_text().split("BINLOG '\n")[1:]
    return [b"".join(map(base64.b64decode, part.split("\n'/*!*/;")[0].splitlines())) for part in parts]


def without_checksums(events: bytes) -> bytes:
    """The same events, as a server with binlog_checksum=NONE writes them. The format description always has one."""
    made = b""
    while events:
        size = int.from_bytes(events[9:13], "little")
        event, events = events[:size], events[size:]
        if event[4] == 15:
            made += event[:-5] + b"\0" + event[-4:]
        else:
            made += event[:9] + (size - 4).to_bytes(4, "little") + event[13:-4]
    return made


def test_every_kind_of_column() -> None:
    decoder = Decoder()
    changes = [change for block in blocks("binlog.000004") for change in decoder.changes(block)]
    (kinds,) = (change for change in changes if change.table.full_name == "lab.kinds")
    assert (kinds.operation, kinds.before, kinds.primary_key) == ("insert", None, {"id": 2**64 - 1})
    assert kinds.after == {
        "id": 2**64 - 1,
        "y": 2026,
        "tu": 255,
        "ti": -128,
        "m": -8388608,
        "i": 2**32 - 1,
        "f": 0.1,
        "d": 0.1,
        "de": Decimal("-12345678901234.567891"),
        "da": "2026-02-03",
        "t": "-12:34:56.789",
        "dt": "2026-01-02 03:04:05.000006",
        "ts": "2026-01-02 03:04:05.5",
        "c": "긴 글자",
        "v": "café",
        "bi": b"\0\xff\0\0",
        "bl": b"\xde\xad\xbe\xef",
        "ve": bytes.fromhex("0000803f00002040"),
        "ek": "한글",
        "l2": "Łódź".encode("iso8859-2"),
        "e": "y'z",
        "s": "a,c",
        "b": 513,
        "j": '{"a": [1, 2.5, null, true, "한"], "d": {}}',
        "g": bytes.fromhex("00000000 0101000000 000000000000f03f 0000000000000040"),
    }
    assert kinds.table.inexact == {"f", "d", "ve", "j", "g"}


def test_rows_of_several_tables_and_a_key_of_two_columns() -> None:
    decoder = Decoder()
    changes = [change for block in blocks("binlog.000004") for change in decoder.changes(block)]
    assert [(change.table.full_name, change.operation, change.primary_key) for change in changes[:4]] == [
        ("shop.orders", "insert", {"order_id": 1042}),
        ("shop.order_item", "insert", {"order_id": 1042, "sku": "moon-jar"}),
        ("shop.order_item", "insert", {"order_id": 1042, "sku": "stoneware-mug"}),
        ("shop.product", "update", {"sku": "moon-jar"}),
    ]
    update = changes[3]
    assert update.before and update.after
    assert {name for name in update.before if update.before[name] != update.after[name]} == {"stock"}


def test_without_checksums() -> None:
    with_them, without = Decoder(), Decoder()
    for block in blocks("binlog.000004"):
        assert list(without.changes(without_checksums(block))) == list(with_them.changes(block))


def test_columns_without_names_are_numbered() -> None:
    decoder = Decoder()
    *_, change, _ = (change for block in blocks("binlog.000005") for change in decoder.changes(block))
    assert (change.after, change.table.named, change.primary_key) == ({"@1": 7, "@2": "칠"}, False, None)


def test_rows_without_their_table_are_an_error() -> None:
    description, first, *_ = blocks("binlog.000004")
    table_map = int.from_bytes(first[9:13], "little")
    decoder = Decoder()
    list(decoder.changes(description))
    with pytest.raises(BinlogError, match="which it has not described before"):
        list(decoder.changes(first[table_map:]))


@pytest.mark.parametrize(("kind", "part"), [(39, "only parts of JSON"), (99, "type 99")])
def test_other_row_events_are_an_error(kind: int, part: str) -> None:
    description, *rest = blocks("binlog.000004")
    first = bytearray(rest[0])
    table_map = int.from_bytes(first[9:13], "little")
    first[table_map + 4] = kind
    with pytest.raises(BinlogError, match=part):
        list(Decoder().changes(description + bytes(first)))


def test_a_damaged_event_is_an_error() -> None:
    decoder = Decoder()
    description, first, *_ = blocks("binlog.000004")
    list(decoder.changes(description))
    with pytest.raises(BinlogError, match="in the middle of a value"):
        list(decoder.changes(first[:-9]))
