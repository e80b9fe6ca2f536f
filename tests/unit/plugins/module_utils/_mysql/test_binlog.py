# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet
from ansible_collections.multicloud.dr.plugins.module_utils._mysql import binlog
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.rows import Change
from ansible_collections.multicloud.dr.plugins.module_utils._mysql.values import BinlogError

from tests.unit.fakes.mysqlbinlog import BINLOGS, EVERYTHING, UUID, printed

FILES = [str(BINLOGS / "binlog.000004"), str(BINLOGS / "binlog.000005")]


def gtids(*parts: str) -> GtidSet:
    return GtidSet.parse(",".join(f"{UUID}:{part}" for part in parts))


def previous(path: str) -> GtidSet:
    return binlog.previous_gtids(path, "mysqlbinlog", printed)


def found(text: str) -> list[binlog.Transaction]:
    return list(binlog.transactions(text.encode().splitlines(keepends=True)))


def transaction(gtid: str, *statements: str) -> str:
    return f"SET @@SESSION.GTID_NEXT= '{gtid}'/*!*/;\n" + "".join(f"{text}\n/*!*/;\n" for text in statements)


def test_the_index_names_files_beside_it_and_elsewhere() -> None:
    assert binlog.index_files("/data/binlog.index", "./binlog.000001\n/logs/binlog.000002\n\n") == [
        "/data/binlog.000001",
        "/logs/binlog.000002",
    ]


def test_what_was_logged_before_a_file() -> None:
    assert previous(FILES[0]) == gtids("1-20:salvage:1")
    assert previous(FILES[1]) == gtids("1-23:drill:1:salvage:1")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("# [empty]\n# at 158\n", ""),
        (f"# {UUID}:1-3,\n# 5{UUID[1:]}:1-2\n# at 9\n", f"{UUID}:1-3,5{UUID[1:]}:1-2"),
        (f"# {UUID}:1-3\nSET @@SESSION.GTID_NEXT= 'AUTOMATIC' /* added by mysqlbinlog */ /*!*/;\n", f"{UUID}:1-3"),
    ],
)
def test_lists_of_previous_gtids(lines: str, expected: str) -> None:
    def output(_: Sequence[str]) -> Generator[bytes]:
        yield from f"# at 127\n#260101 server id 1 \tPrevious-GTIDs\n{lines}".encode().splitlines(keepends=True)

    assert binlog.previous_gtids("f", "mysqlbinlog", output) == GtidSet.parse(expected)


def test_a_file_without_gtids_is_an_error() -> None:
    def output(_: Sequence[str]) -> Generator[bytes]:
        yield b"# at 127\n"

    with pytest.raises(BinlogError, match="f has no list of previous GTIDs"):
        binlog.previous_gtids("f", "mysqlbinlog", output)


def test_the_command_is_ended_when_enough_is_known() -> None:
    ended = []

    def output(argv: Sequence[str]) -> Generator[bytes]:
        try:
            yield from printed(argv)
        finally:
            ended.append(argv)

    binlog.previous_gtids(FILES[0], "mysqlbinlog", output)
    assert ended == [["mysqlbinlog", "--no-defaults", FILES[0]]]


def test_only_the_newest_files_that_are_needed_are_opened() -> None:
    asked: list[str] = []

    def remember(path: str) -> GtidSet:
        asked.append(path)
        return {"1": GtidSet(), "2": gtids("1-10"), "3": gtids("1-20")}[path]

    assert binlog.needed(["1", "2", "3"], gtids("15-25"), remember) == ["2", "3"]
    assert asked == ["3", "2"]
    assert binlog.needed(["1", "2", "3"], gtids("25"), remember) == ["3"]


def test_purged_transactions_are_named() -> None:
    with pytest.raises(binlog.TransactionsMissing, match=r"binlog\.000004 are purged") as caught:
        binlog.needed(FILES, gtids("19-22"), previous)
    assert caught.value.missing == gtids("19-20")
    assert f"and {UUID}:19-20 with them" in str(caught.value)


def test_no_files_have_nothing() -> None:
    with pytest.raises(binlog.TransactionsMissing, match="no binary logs"):
        binlog.needed([], gtids("1"), previous)


def test_transactions_of_two_files() -> None:
    transactions = list(binlog.transactions(binlog.read(FILES, GtidSet.parse(EVERYTHING), "mysqlbinlog", printed)))
    assert [each.gtid.removeprefix(UUID) for each in transactions] == [
        *(":21", ":22", ":drill:1", ":23", ":24", ":25", ":26", ":27")
    ]
    assert transactions[0].committed_at == "2026-11-23T11:44:57.568792+00:00"
    assert [len(each.steps) for each in transactions] == [4, 1, 1, 3, 1, 1, 1, 1]
    assert transactions[5].steps == [
        binlog.Statement("lab", "CREATE TABLE late (id INT PRIMARY KEY) COMMENT 'a */;\n# b'")
    ]


def test_only_wanted_transactions() -> None:
    lines = list(binlog.read(FILES, gtids("drill:1"), "mysqlbinlog", printed))
    (only,) = binlog.transactions(lines)
    (step,) = only.steps
    assert isinstance(step, Change)
    assert (only.gtid, step.operation) == (f"{UUID}:drill:1", "update")
    assert not [line for line in lines if line.startswith(b"# at ")]


def test_a_transaction_is_complete_with_its_commit() -> None:
    begun = transaction(f"{UUID}:1", "BEGIN", "INSERT INTO t VALUES (1)")
    (whole,) = found(f"DELIMITER /*!*/;\n{begun}COMMIT\n/*!*/;\n")
    assert whole.steps == [binlog.Statement("", "INSERT INTO t VALUES (1)")]
    assert found(f"DELIMITER /*!*/;\n{begun}") == []
    # As a server that crashed goes on in the next file.
    added = "SET @@SESSION.GTID_NEXT= 'AUTOMATIC' /* added by mysqlbinlog */ /*!*/;\nROLLBACK/*!*/;\n"
    following = transaction(f"{UUID}:2", "FLUSH STATUS")
    rolled_back = "ROLLBACK /* added by mysqlbinlog */ /*!*/;\n"
    (after,) = found(f"DELIMITER /*!*/;\n{begun}{rolled_back}{added}{following}")
    assert after.gtid == f"{UUID}:2"


def test_statements_keep_their_database_and_their_own_delimiters() -> None:
    text = transaction(
        f"{UUID}:1",
        "use `a``b`",
        "SET TIMESTAMP=1",
        "SET @@session.sql_mode=0",
        "/*!80013 SET @@session.sql_require_primary_key=0*/",
        "CREATE PROCEDURE p()\n# note\nBEGIN /* ; */;\nEND",
        "/*!40000 ALTER TABLE t DISABLE KEYS */",
        "SET DEFAULT ROLE ALL TO u",
    )
    (only,) = found(f"DELIMITER /*!*/;\n{text}DELIMITER ;\n/*!50003 SET COMPLETION_TYPE=@OLD_COMPLETION_TYPE*/;\n")
    assert only.steps == [
        binlog.Statement("a`b", "CREATE PROCEDURE p()\n# note\nBEGIN /* ; */;\nEND"),
        binlog.Statement("a`b", "/*!40000 ALTER TABLE t DISABLE KEYS */"),
        binlog.Statement("a`b", "SET DEFAULT ROLE ALL TO u"),
    ]


def test_events_that_are_not_base64_are_an_error() -> None:
    with pytest.raises(BinlogError, match="not base64"):
        found("DELIMITER /*!*/;\nBINLOG '\n!!!!\n'/*!*/;\n")


def test_the_kept_logs_are_beside_their_index() -> None:
    index = BINLOGS / "binlog.index"
    assert binlog.index_files(str(index), index.read_text()) == FILES
    assert all(Path(path).exists() for path in FILES)
