# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet
from ansible_collections.multicloud.dr.plugins.module_utils._mysql import salvage
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.binlog import (
    Statement,
    Transaction,
    TransactionsMissing,
)
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.rows import Change, Row, Table
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.values import Column, Kind

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
NOON = "2026-01-01T12:00:00.000123+00:00"
COLUMNS = (
    Column("order_id", Kind.LONGLONG),
    Column("request_id", Kind.VARCHAR),
    Column("total", Kind.DECIMAL),
    Column("weight", Kind.FLOAT),
)
ORDERS = Table("shop", "orders", COLUMNS, ("order_id",), named=True)
NO_KEY = Table("shop", "log", COLUMNS, (), named=True)
UNNAMED = Table("shop", "orders", COLUMNS, (), named=False)
ROW: Row = {"order_id": 7, "request_id": "it's", "total": Decimal("12.50"), "weight": 0.1}
IDS = {"shop.orders": ["order_id", "request_id"]}


def transaction(*steps: Change | Statement, number: int = 1) -> Transaction:
    return Transaction(f"{UUID}:{number}", NOON, list(steps))


def sql(*steps: Change | Statement) -> list[str]:
    return list(salvage.replay(transaction(*steps)))


INSERT = Change(ORDERS, "insert", None, ROW)
UPDATE = Change(ORDERS, "update", ROW, {**ROW, "request_id": None, "weight": 0.2})
DELETE = Change(ORDERS, "delete", ROW, None)
DDL = Statement("shop", "CREATE TABLE a (b INT)")


def test_a_row_image_in_json_is_exact() -> None:
    (image,) = salvage.images(transaction(UPDATE))
    assert image == {
        "gtid": f"{UUID}:1",
        "committed_at": NOON,
        "schema": "shop",
        "table": "orders",
        "operation": "update",
        "primary_key": {"order_id": 7},
        "before": {"order_id": 7, "request_id": "it's", "total": "12.50", "weight": 0.1},
        "after": {"order_id": 7, "request_id": None, "total": "12.50", "weight": 0.2},
    }
    assert salvage.json_value(b"\0\xff") == {"hex": "00ff"}
    assert salvage.json_value(Decimal("1E-9")) == "0.000000001"


def test_a_statement_is_kept_as_text() -> None:
    (image,) = salvage.images(transaction(DDL))
    assert (image["operation"], image["schema"], image["statement"]) == ("statement", "shop", DDL.text)


def test_one_object_is_one_line() -> None:
    line = salvage.line({"a": "한\nb"})
    assert (line.count("\n"), json.loads(line)) == (1, {"a": "한\nb"})
    assert "한" in line


def test_the_ledger_says_which_rows() -> None:
    entry = salvage.ledger_entry(transaction(INSERT, DDL, Change(NO_KEY, "delete", ROW, None)), IDS)
    assert entry["changes"] == [
        {
            "table": "shop.orders",
            "operation": "insert",
            "primary_key": {"order_id": 7},
            "ids": {"order_id": 7, "request_id": "it's"},
        },
        {"operation": "statement", "statement": DDL.text},
        {"table": "shop.log", "operation": "delete", "primary_key": None, "ids": {}},
    ]


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (UPDATE, {"order_id": 7, "request_id": None}),
        (DELETE, {"order_id": 7, "request_id": "it's"}),
        # binlog_row_image=MINIMAL: the key before, what changed after.
        (Change(ORDERS, "update", {"order_id": 7}, {"total": Decimal(1)}), {"order_id": 7}),
    ],
)
def test_ids_come_from_the_newest_image_that_has_them(change: Change, ids: dict[str, Any]) -> None:
    assert salvage.ledger_entry(transaction(change), IDS)["changes"][0]["ids"] == ids


def test_an_insert_is_put_back_whole() -> None:
    assert sql(INSERT) == [
        "",
        f"-- {UUID}:1 {NOON}",
        "START TRANSACTION;",
        "INSERT INTO `shop`.`orders` (`order_id`, `request_id`, `total`, `weight`) VALUES (7, 'it\\'s', 12.50, 0.1);",
        "COMMIT;",
    ]


def test_an_update_and_a_delete_want_the_row_as_it_was() -> None:
    where = "`order_id` <=> 7 AND `request_id` <=> 'it\\'s' AND `total` <=> 12.50"
    assert sql(UPDATE)[3:5] == [
        f"UPDATE `shop`.`orders` SET `request_id` = NULL, `weight` = 0.2 WHERE {where};",
        salvage.GUARD,
    ]
    assert sql(DELETE)[3:5] == [f"DELETE FROM `shop`.`orders` WHERE {where};", salvage.GUARD]


def test_without_a_key_one_of_the_equal_rows_is_meant() -> None:
    assert sql(Change(NO_KEY, "delete", ROW, None))[3].endswith(" LIMIT 1;")


def test_a_table_of_nothing_but_inexact_columns_is_compared_all_the_same() -> None:
    assert sql(Change(NO_KEY, "delete", {"weight": 0.1}, None))[3].endswith("WHERE `weight` <=> 0.1 LIMIT 1;")


def test_an_update_that_changed_nothing_that_can_be_seen_is_still_sql() -> None:
    assert "SET `order_id` = 7, `request_id`" in sql(Change(ORDERS, "update", ROW, ROW))[3]


def test_statements_run_in_their_database_outside_a_transaction() -> None:
    assert sql(DDL)[2:] == ["USE `shop`;", "DELIMITER ;;\nCREATE TABLE a (b INT)\n;;\nDELIMITER ;"]
    assert "USE" not in "".join(sql(Statement("", "CREATE DATABASE a")))


def test_columns_without_names_leave_the_transaction_out() -> None:
    assert sql(INSERT, Change(UNNAMED, "insert", None, {"@1": 1}))[2:] == [
        "-- Left out: its columns have no names (binlog_row_metadata was not FULL). See binlog.sql."
    ]


def test_tables_can_be_left_out_of_the_sql() -> None:
    mixed, alone = transaction(INSERT, Change(NO_KEY, "insert", None, ROW)), transaction(INSERT)
    assert "shop`.`orders" not in "".join(salvage.replay(mixed, ["shop.orders"]))
    assert list(salvage.replay(mixed, ["shop.log"])) == list(salvage.replay(alone))
    assert list(salvage.replay(alone, ["shop.orders"])) == []
    assert len(list(salvage.images(mixed))) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "NULL"),
        (-1, "-1"),
        (1e300, "1e+300"),
        (Decimal("1E-9"), "0.000000001"),
        (b"\0'", "X'0027'"),
        (b"", "X''"),
        ("a'b\\\n\r\0\x1a;--", "'a\\'b\\\\\\n\\r\\0\\Z;--'"),
    ],
)
def test_literals(value: Any, expected: str) -> None:
    assert salvage.literal(value) == expected


def test_names_are_quoted() -> None:
    assert salvage.quoted_name("a`b") == "`a``b`"


def test_the_summary_counts() -> None:
    summary = salvage.Summary(IDS)
    summary.add(transaction(INSERT, DELETE, number=5))
    summary.add(transaction(DDL, Change(UNNAMED, "insert", None, {"@1": 1}), number=6))
    assert summary.facts() == {
        "gtid_set": f"{UUID}:5-6",
        "transactions": 2,
        "statements": 1,
        "first_committed_at": NOON,
        "last_committed_at": NOON,
        "tables": {"shop.orders": {"insert": 2, "update": 0, "delete": 1}},
        "ids": {
            "shop.orders": [
                {"operation": "insert", "order_id": 7, "request_id": "it's"},
                {"operation": "delete", "order_id": 7, "request_id": "it's"},
                {"operation": "insert"},
            ]
        },
    }
    assert summary.unnamed == [f"{UUID}:6"]


def test_what_is_wanted_must_be_found() -> None:
    summary = salvage.Summary({})
    summary.add(transaction(number=5))
    summary.require(GtidSet.parse(f"{UUID}:5"))
    with pytest.raises(TransactionsMissing, match=f"{UUID}:6 stands in none") as caught:
        summary.require(GtidSet.parse(f"{UUID}:5-6"))
    assert str(caught.value.missing) == f"{UUID}:6"


def test_nothing_found_is_summed_up_too() -> None:
    facts = salvage.Summary(IDS).facts()
    assert (facts["gtid_set"], facts["first_committed_at"], facts["ids"]) == ("", "", {"shop.orders": []})
