# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module, with mysqlbinlog replaced by what it printed once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.values import BinlogError
from ansible_collections.multicloud.dr.plugins.modules import mysql_salvage

from tests.unit.fakes.ansible_module import runner
from tests.unit.fakes.mysqlbinlog import BINLOGS, EVERYTHING, UUID, command

Salvage = Callable[..., dict[str, Any]]
ORDER = {"order_id": 1042, "request_id": "req-1"}


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "made" / "out"


@pytest.fixture
def salvage(tmp_path: Path, dest: Path, capsys: pytest.CaptureFixture[str]) -> Salvage:
    run = runner(mysql_salvage.main, capsys, {})
    given = {"dest": str(dest), "binlog_index": str(BINLOGS / "binlog.index"), "mysqlbinlog": command(tmp_path)}
    return lambda gtid_set, **options: run(**{"gtid_set": gtid_set, **given, **options})


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_order_is_found_by_its_ids(salvage: Salvage, dest: Path) -> None:
    result = salvage(f"{UUID}:21")
    assert (result["changed"], result["transactions"], result["statements"]) == (True, 1, 0)
    assert result["ids"] == {"shop.orders": [{"operation": "insert", **ORDER}]}
    assert result["tables"] == {
        "shop.order_item": {"insert": 2, "update": 0, "delete": 0},
        "shop.orders": {"insert": 1, "update": 0, "delete": 0},
        "shop.product": {"insert": 0, "update": 1, "delete": 0},
    }
    (entry,) = objects(dest / "ledger.jsonl")
    assert (entry["gtid"], entry["committed_at"]) == (f"{UUID}:21", "2026-11-23T11:44:57.568792+00:00")
    assert entry["changes"][0] == {
        "table": "shop.orders",
        "operation": "insert",
        "primary_key": {"order_id": 1042},
        "ids": ORDER,
    }
    order, item, *_, product = objects(dest / "rows.jsonl")
    assert (order["after"]["name"], order["after"]["total"]) == ("김하나", 160000)
    assert item["primary_key"] == {"order_id": 1042, "sku": "moon-jar"}
    assert (product["before"]["stock"], product["after"]["stock"]) == (100000, 99999)
    replay = (dest / "replay.sql").read_text()
    assert "SET `stock` = 99999 WHERE `sku` <=> 'moon-jar'" in replay
    assert "AND `stock` <=> 100000" in replay


def test_everything_and_again(salvage: Salvage, dest: Path) -> None:
    planned = salvage(EVERYTHING, _check=True)
    assert planned["changed"] and not dest.exists()
    assert planned["diff"]["before"] == dict.fromkeys(mysql_salvage.FILES, "")
    result = salvage(EVERYTHING)
    assert (result["gtid_set"], result["transactions"], result["statements"]) == (EVERYTHING, 8, 1)
    assert result["diff"] == planned["diff"]
    assert result["files"] == [str(dest / name) for name in mysql_salvage.FILES]
    assert "1 transactions have no names" in json.dumps(result["warnings"])
    again = salvage(EVERYTHING)
    assert (again["changed"], again["diff"]["before"]) == (False, result["diff"]["after"])
    assert salvage(EVERYTHING, _check=True)["changed"] is False
    assert salvage(f"{UUID}:drill:1", _check=True)["changed"] is True


def test_the_files_are_for_their_owner_only(salvage: Salvage, dest: Path) -> None:
    salvage(EVERYTHING)
    assert oct(dest.stat().st_mode)[-3:] == "700"
    assert {oct(path.stat().st_mode)[-3:] for path in dest.iterdir()} == {"600"}
    assert sorted(path.name for path in dest.iterdir()) == sorted(mysql_salvage.FILES)
    assert dest.parent.stat().st_mode & 0o055, "folders above are not made private"


def test_an_empty_set_needs_nothing(salvage: Salvage, dest: Path) -> None:
    result = salvage("", binlog_index="/nowhere")
    assert (result["changed"], result["transactions"], result["files"]) == (False, 0, [])
    assert not dest.exists()


def test_other_ids_for_the_ledger(salvage: Salvage) -> None:
    ids = {"shop.order_item": ["sku", "no_such_column"], "lab.nopk": ["w"]}
    result = salvage(f"{UUID}:23-24:26-27", ledger_ids=ids)
    assert result["ids"] == {
        "shop.order_item": [{"operation": "delete", "sku": "moon-jar"}],
        "lab.nopk": [
            *({"operation": "insert", "w": value} for value in ("x", "x", None)),
            {"operation": "delete", "w": "x"},
            {"operation": "insert"},
        ],
    }


def test_tables_that_are_not_put_back(salvage: Salvage, dest: Path) -> None:
    salvage(f"{UUID}:21", replay_skip=["shop.product"])
    assert "shop`.`product" not in (dest / "replay.sql").read_text()
    assert "product" in (dest / "rows.jsonl").read_text()


@pytest.mark.parametrize(
    ("wanted", "missing", "part"),
    [
        (f"{UUID}:20-22", f"{UUID}:20", "binlog.000004 are purged"),
        (f"{UUID}:27-28", f"{UUID}:28", "stands in none of the binary logs"),
    ],
)
def test_all_or_nothing(salvage: Salvage, dest: Path, wanted: str, missing: str, part: str) -> None:
    result = salvage(wanted)
    assert (result["failed"], result["missing"]) == (True, missing)
    assert part in result["msg"] and result["msg"].endswith("Nothing was written.")
    assert not dest.exists()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"gtid_set": "12"}, "gtid_set is '12': "),
        ({"binlog_index": "/nowhere"}, "binlog_index is '/nowhere', which cannot be read: No such file"),
        ({"mysqlbinlog": "/nowhere"}, "/nowhere cannot be run: No such file"),
        ({"ledger_ids": {"orders": ["a"]}}, "ledger_ids has 'orders: ['a']'; allowed is schema.table"),
        ({"ledger_ids": {"shop.orders": "order_id"}}, "allowed is schema.table with a list of its columns"),
    ],
)
def test_bad_options_fail_with_a_sentence(salvage: Salvage, dest: Path, options: dict[str, Any], part: str) -> None:
    result = salvage(**{"gtid_set": EVERYTHING, **options})
    assert result["failed"]
    assert part in result["msg"]
    assert not dest.exists()


def test_a_file_that_the_index_names_and_is_gone(salvage: Salvage, tmp_path: Path) -> None:
    shutil.copy(BINLOGS / "binlog.index", tmp_path)
    result = salvage(EVERYTHING, binlog_index=str(tmp_path / "binlog.index"))
    assert result["failed"]
    assert f"mysqlbinlog failed: FileNotFoundError: [Errno 2] No such file or directory: '{tmp_path}" in result["msg"]


def test_a_command_that_fails_tells_its_last_words() -> None:
    lines = mysql_salvage.output(["sh", "-c", "echo one; echo first >&2; echo last >&2; exit 3"])
    assert next(lines) == b"one\n"
    with pytest.raises(BinlogError, match="sh failed: last"):
        list(lines)
    with pytest.raises(BinlogError, match="sh failed: exit status 3"):
        list(mysql_salvage.output(["sh", "-c", "exit 3"]))


def test_a_command_that_is_not_needed_any_more_is_ended() -> None:
    lines = mysql_salvage.output(["sh", "-c", "echo one; exec sleep 60"])
    assert next(lines) == b"one\n"
    lines.close()
