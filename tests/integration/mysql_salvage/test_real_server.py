# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mysql_salvage against a real server, which is the judge of every value.

``MYSQL_PREFIX=/usr pytest tests/integration/mysql_salvage``: MySQL 9 in bin and sbin there; no root, no port.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pymysql
import pytest
from ansible_collections.multicloud.dr.plugins.modules import mysql_gtid_info, mysql_salvage

from tests.unit.fakes.ansible_module import runner

PREFIX = Path(os.environ.get("MYSQL_PREFIX", "/usr"))
SECONDS = 120
SETTINGS = """\
[mysqld]
datadir = {folder}/data
socket = {folder}/sock
pid_file = {folder}/pid
log_error = {folder}/log.err
skip_networking = ON
mysqlx = OFF
secure_file_priv = NULL
server_id = 1
gtid_mode = ON
enforce_gtid_consistency = ON
log_bin = binlog
binlog_row_metadata = FULL
innodb_buffer_pool_size = 16M
innodb_redo_log_capacity = 16M
performance_schema = OFF
sync_binlog = 0
innodb_flush_log_at_trx_commit = 2
"""

# Column, and how the server is asked for its value. Those that shift the metadata of others stand early.
PLAIN, TEXT, HEX, NUMBER = "{0}", "CAST({0} AS CHAR)", "LOWER(HEX({0}))", "{0} + 0"
COLUMNS = {
    "y YEAR": PLAIN,
    "ti TINYINT": PLAIN,
    "tu TINYINT UNSIGNED": PLAIN,
    "si SMALLINT": PLAIN,
    "mi MEDIUMINT": PLAIN,
    "mu MEDIUMINT UNSIGNED": PLAIN,
    "i INT": PLAIN,
    "iu INT UNSIGNED": PLAIN,
    "b BIGINT": PLAIN,
    "bu BIGINT UNSIGNED": PLAIN,
    "f FLOAT": PLAIN,
    "d DOUBLE": PLAIN,
    "de DECIMAL(20, 6)": PLAIN,
    "ds DECIMAL(5, 5)": PLAIN,
    "dl DECIMAL(65, 30)": PLAIN,
    "da DATE": TEXT,
    "t0 TIME": TEXT,
    "t2 TIME(2)": TEXT,
    "t3 TIME(3)": TEXT,
    "t6 TIME(6)": TEXT,
    "dt0 DATETIME": TEXT,
    "dt6 DATETIME(6)": TEXT,
    "ts1 TIMESTAMP(1) NULL": TEXT,
    "ts6 TIMESTAMP(6) NULL": TEXT,
    "v1 VARCHAR(100) CHARACTER SET latin1": PLAIN,
    "c CHAR(10)": PLAIN,
    "cl CHAR(200)": PLAIN,
    "v VARCHAR(1000)": PLAIN,
    "bi BINARY(4)": HEX,
    "vb VARBINARY(20)": HEX,
    "tx MEDIUMTEXT": PLAIN,
    "bl BLOB": HEX,
    "ve VECTOR(3)": HEX,
    "ek VARCHAR(20) CHARACTER SET euckr": PLAIN,
    "u16 VARCHAR(10) CHARACTER SET utf16": PLAIN,
    "l2 VARCHAR(10) CHARACTER SET latin2": HEX,
    "e ENUM('x', 'y''z', '한')": PLAIN,
    "s SET('a', 'b', 'c')": PLAIN,
    "bt BIT(10)": NUMBER,
    "j JSON": TEXT,
    "g POINT": HEX,
}
ROWS = [
    """(1, 2026, -128, 255, -32768, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808,
        18446744073709551615, 0.1, 0.1, -12345678901234.567891, 0.00001, -0.000000000000000000000000000001,
        '2026-02-03', '-838:59:59', '-00:00:01.25', '-12:34:56.789', '23:59:59.000001', '9999-12-31 23:59:59',
        '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.5', '1970-01-01 00:00:01', 'café', '한국', '긴 글자',
        'it''s a \\\\ "x"\\n\\0\\Z', X'00FF', X'00FF2700', REPEAT('😀텍스트', 5000), X'DEADBEEF',
        STRING_TO_VECTOR('[1, 2.5, -3]'), '한글', 'a😀', _utf8mb4'Łódź', '한', 'a,c', b'1000000001',
        '{"a": [1, 2.5, null, true, "한\\\\n", -3000000000, 12345678901234567890, 1e200], "d": {"x": {}, "é": []}}',
        ST_GeomFromText('POINT(1 2)', 4326))""",
    """(2, 0, 127, 0, 32767, 8388607, 0, 2147483647, 0, 9223372036854775807, 0, -3.4e38, 1.7e308, 0, -0.99999,
        99999999999999999999999999999999999.5, '0001-01-01', '838:59:59', '00:00:00', '00:00:00.001',
        '-00:00:00.000001', '0001-01-01 00:00:00', '2026-12-31 23:59:59.999999', '2038-01-19 03:14:07',
        '2026-06-01 00:00:00.123456', '', '', '', '', '', '', '', '',
        STRING_TO_VECTOR('[0, 0, 0]'), '', '', '', 'x', '', 0, 'null', POINT(-1, 0))""",
    "(3" + ", NULL" * len(COLUMNS) + ")",
    # What can only stand inside JSON as an SQL value, and a document of the large form.
    "(4"
    + ", NULL" * (len(COLUMNS) - 2)
    + ", JSON_OBJECT('dec', CAST(1.50 AS DECIMAL(10, 2)), 'date', DATE'2026-02-03',"
    " 'time', TIME'-01:02:03.5', 'at', TIMESTAMP'2026-01-02 03:04:05.000006',"
    " 'many', CAST(CONCAT('[', REPEAT('70000, ', 20000), '-1]') AS JSON), 'blob', X'00FF'), NULL)",
]


@dataclass(frozen=True)
class Server:
    """A running mysqld with nothing in it."""

    folder: Path

    @property
    def index(self) -> Path:
        return self.folder / "data" / "binlog.index"

    def sql(self, *statements: str) -> list[dict[str, Any]]:
        """All statements in one session; the rows of the last one."""
        with (
            pymysql.connect(unix_socket=str(self.folder / "sock"), user="root", autocommit=True) as connection,
            connection.cursor(pymysql.cursors.DictCursor) as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    @property
    def executed(self) -> str:
        (row,) = self.sql("SELECT @@GLOBAL.gtid_executed AS executed")
        return str(row["executed"]).replace("\n", "")

    def since(self, before: str) -> str:
        (row,) = self.sql(f"SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '{before}') AS new")
        return str(row["new"]).replace("\n", "")

    def client(self, script: Path) -> subprocess.CompletedProcess[str]:
        argv = [str(PREFIX / "bin" / "mysql"), "--no-defaults", f"--socket={self.folder / 'sock'}", "--user=root"]
        with script.open() as file:
            return subprocess.run(argv, stdin=file, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    mysqld = PREFIX / "sbin" / "mysqld"
    if not mysqld.exists() or "MariaDB" in subprocess.check_output([mysqld, "--version"], text=True):
        pytest.fail(f"MYSQL_PREFIX is '{PREFIX}'; it must be a folder with sbin/mysqld and bin/mysqlbinlog of MySQL.")
    # A socket's path has 107 characters at most: not in pytest's folder.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "my.cnf").write_text(SETTINGS.format(folder=folder))
        argv = [str(mysqld), f"--defaults-file={folder / 'my.cnf'}", *(["--user=root"] if os.getuid() == 0 else [])]
        subprocess.run([*argv, "--initialize-insecure"], check=True, timeout=SECONDS, capture_output=True)
        log = folder / "log.err"
        log.unlink()
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + SECONDS
            while not (log.exists() and "ready for connections" in log.read_text()):
                assert process.poll() is None and time.monotonic() < end, log.exists() and log.read_text()
                time.sleep(0.1)
            yield Server(folder)
        finally:
            process.terminate()
            process.wait(SECONDS)


@pytest.fixture
def salvage(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    run = runner(mysql_salvage.main, capsys, {})

    def call(gtid_set: str, **options: Any) -> dict[str, Any]:
        mysqlbinlog = str(PREFIX / "bin" / "mysqlbinlog")
        given = {"dest": str(tmp_path / "out"), "binlog_index": str(server.index), "mysqlbinlog": mysqlbinlog}
        return run(gtid_set=gtid_set, **{**given, **options})

    return call


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def plain(value: Any) -> Any:
    """The server's value, as rows.jsonl writes it."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def asked(server: Server, table: str = "t.a") -> list[dict[str, Any]]:
    """All rows, by the server's own conversion."""
    shown = [f"{form.format(name)} AS {name}" for name, form in ((c.split()[0], f) for c, f in COLUMNS.items())]
    return server.sql(
        "SET NAMES utf8mb4", "SET time_zone = '+00:00'", f"SELECT id, {', '.join(shown)} FROM {table} ORDER BY id"
    )


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of rows.jsonl, in the form of ``asked``."""
    return {name: value["hex"] if isinstance(value, dict) else value for name, value in row.items()}


def same(first: dict[str, Any], second: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The columns that differ. JSON is compared as JSON: two spellings of 1e200 are the same number."""
    found = {}
    for name in first:
        pair = (plain(first[name]), plain(second[name]))
        if name == "j" and None not in pair:
            pair = (json.loads(pair[0]), json.loads(pair[1]))
        if pair[0] != pair[1]:
            found[name] = pair
    return found


def create(server: Server) -> None:
    server.sql(
        "SET sql_log_bin = 0",
        "DROP DATABASE IF EXISTS t",
        "CREATE DATABASE t CHARACTER SET utf8mb4",
        f"CREATE TABLE t.a (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, {', '.join(COLUMNS)})",
        "CREATE TABLE t.nopk (n INT, w VARCHAR(10), f FLOAT)",
    )


SESSION = ("SET NAMES utf8mb4", "SET time_zone = '+00:00'", "SET sql_mode = ''")


def test_every_type_is_read_as_the_server_shows_it_and_can_be_put_back(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    before = server.executed
    server.sql(*SESSION, f"INSERT INTO t.a VALUES {', '.join(ROWS)}")
    inserted = asked(server)
    result = salvage(server.since(before))
    assert (result.get("msg"), result["transactions"]) == (None, 1)
    rows = objects(tmp_path / "out" / "rows.jsonl")
    assert [same(want, told(row["after"])) for want, row in zip(inserted, rows, strict=True)] == [{}] * len(ROWS)
    assert [row["primary_key"] for row in rows] == [{"id": number} for number in (1, 2, 3, 4)]

    server.sql(
        *SESSION,
        "UPDATE t.a SET i = 7, f = -0.3, j = JSON_SET(j, '$.a', 'changed'), v = NULL, c = '다른' WHERE id <> 4",
        "DELETE FROM t.a WHERE id = 2",
        "INSERT INTO t.nopk VALUES (1, 'x', 0.1), (1, 'x', 0.1), (NULL, NULL, NULL)",
        "UPDATE t.nopk SET w = 'y' WHERE n = 1",
        "DELETE FROM t.nopk WHERE n = 1 LIMIT 1",
    )
    finally_a, finally_b = asked(server), server.sql("SELECT * FROM t.nopk ORDER BY n")
    gtids = server.since(before)
    assert salvage(gtids)["transactions"] == 6
    for script in ("replay.sql", "binlog.sql"):
        create(server)
        # Under their own GTIDs, transactions that were executed are skipped.
        text = (tmp_path / "out" / script).read_text()
        text = re.sub(r"(?m)^SET @@SESSION.GTID_NEXT.*$", "SET @@SESSION.GTID_NEXT='AUTOMATIC'/*!*/;", text)
        (tmp_path / "again.sql").write_text(text)
        assert (server.client(tmp_path / "again.sql").stderr, script) == ("", script)
        assert [same(a, b) for a, b in zip(finally_a, asked(server), strict=True)] == [{}] * len(finally_a)
        assert server.sql("SELECT * FROM t.nopk ORDER BY n") == finally_b


def test_tags_compression_files_and_statements(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    before = server.executed
    server.sql(
        *("USE t", "SET binlog_transaction_compression = ON", "INSERT INTO nopk VALUES (1, 'zstd', 1)"),
        *("SET binlog_transaction_compression = OFF", "SET gtid_next = 'AUTOMATIC:drill'"),
        *("INSERT INTO nopk VALUES (2, 'tag', 2)", "SET gtid_next = AUTOMATIC", "FLUSH BINARY LOGS"),
        *("BEGIN", "INSERT INTO nopk VALUES (3, 'many', 3)", "INSERT INTO a (id) VALUES (9)"),
        *("UPDATE nopk SET n = 4 WHERE n = 3", "COMMIT", "FLUSH BINARY LOGS"),
        "CREATE TABLE late (id INT PRIMARY KEY) COMMENT 'a */;\n#b'",
        "CREATE PROCEDURE p() BEGIN SELECT 1 /* ; */;\nSELECT 2; END",
        *("FLUSH BINARY LOGS", "INSERT INTO nopk VALUES (5, 'other', 5)"),
    )
    gtids = server.since(before)
    result = salvage(gtids)
    assert (result["gtid_set"], result["transactions"], result["statements"]) == (gtids, 6, 2)
    assert ":drill:1" in gtids
    rows = objects(tmp_path / "out" / "rows.jsonl")
    assert [(row["operation"], (row.get("after") or {}).get("n")) for row in rows] == [
        ("insert", 1),
        ("insert", 2),
        *(("insert", 3), ("insert", None), ("update", 4)),
        *(("statement", None), ("statement", None)),
        ("insert", 5),
    ]
    assert rows[5]["statement"].endswith("COMMENT 'a */;\n#b'")
    assert rows[6]["statement"].endswith("`p`()\nBEGIN SELECT 1 /* ; */;\nSELECT 2; END")
    create(server)
    assert server.client(tmp_path / "out" / "replay.sql").stderr == ""
    assert [row["n"] for row in server.sql("SELECT n FROM t.nopk ORDER BY n")] == [1, 2, 4, 5]

    again = salvage(gtids)
    assert (again["changed"], again["files"]) == (False, result["files"])
    one = salvage(next(row["gtid"] for row in rows if ":drill:" in row["gtid"]))
    assert (one["changed"], one["tables"]) == (True, {"t.nopk": {"insert": 1, "update": 0, "delete": 0}})


def test_a_row_that_changed_meanwhile_stops_the_replay(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    server.sql("INSERT INTO t.a (id, i, v) VALUES (1, 100, 'stock')")
    before = server.executed
    server.sql("INSERT INTO t.nopk VALUES (1, 'order', 0)", "UPDATE t.a SET i = 99 WHERE id = 1")
    salvage(server.since(before))
    # The new writer has sold some of it.
    server.sql("DELETE FROM t.nopk", "UPDATE t.a SET i = 50 WHERE id = 1")
    assert "Subquery returns more than 1 row" in server.client(tmp_path / "out" / "replay.sql").stderr
    assert server.sql("SELECT i FROM t.a") == [{"i": 50}]
    assert server.sql("SELECT n FROM t.nopk") == [{"n": 1}], "what came before it is back"


def test_purged_transactions_are_named_and_nothing_is_written(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    before = server.executed
    server.sql("INSERT INTO t.nopk VALUES (1, 'gone', 0)")
    gone = server.since(before)
    server.sql("FLUSH BINARY LOGS", "INSERT INTO t.nopk VALUES (2, 'there', 0)")
    (latest,) = server.sql("SHOW BINARY LOG STATUS")
    server.sql(f"PURGE BINARY LOGS TO '{latest['File']}'")
    result = salvage(server.since(before))
    assert (result["failed"], result["missing"]) == (True, gone)
    assert f"are purged, and {gone} with them. Nothing was written." in result["msg"]
    assert not (tmp_path / "out").exists()


def test_without_names_the_rows_are_there_and_the_sql_is_not(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    before = server.executed
    server.sql("SET GLOBAL binlog_row_metadata = MINIMAL", "INSERT INTO t.nopk VALUES (1, '한', 0.5)")
    server.sql("SET GLOBAL binlog_row_metadata = FULL")
    result = salvage(server.since(before))
    assert "have no names" in json.dumps(result["warnings"])
    (row,) = objects(tmp_path / "out" / "rows.jsonl")
    assert (row["after"], row["primary_key"]) == ({"@1": 1, "@2": "한", "@3": 0.5}, None)
    assert "INSERT" not in (tmp_path / "out" / "replay.sql").read_text()


def test_a_minimal_row_image_gives_what_was_logged(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    server.sql("INSERT INTO t.a (id, i) VALUES (1, 1)")
    before = server.executed
    server.sql("SET SESSION binlog_row_image = MINIMAL", "UPDATE t.a SET i = 2")
    salvage(server.since(before))
    (row,) = objects(tmp_path / "out" / "rows.jsonl")
    assert (row["primary_key"], row["before"], row["after"]) == ({"id": 1}, {"id": 1}, {"i": 2})
    server.sql("UPDATE t.a SET i = 1")
    assert server.client(tmp_path / "out" / "replay.sql").stderr == ""
    assert server.sql("SELECT i FROM t.a") == [{"i": 2}]


def test_a_transaction_that_was_cut_off_was_never_committed(
    server: Server, salvage: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    create(server)
    server.sql("FLUSH BINARY LOGS")
    before = server.executed
    server.sql("INSERT INTO t.nopk VALUES (1, 'whole', 0)")
    whole = server.since(before)
    server.sql("INSERT INTO t.nopk VALUES (2, 'part', 0)")
    part = server.since(f"{before},{whole}")
    (latest,) = server.sql("SHOW BINARY LOG STATUS")
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(server.index.parent / latest["File"], copy)
    (copy / "binlog.index").write_text(f"./{latest['File']}\n")
    with (copy / latest["File"]).open("r+b") as file:
        file.truncate(int(latest["Position"]) - 31)  # the commit
    index = str(copy / "binlog.index")
    assert salvage(whole, binlog_index=index)["transactions"] == 1
    assert salvage(f"{whole},{part}", binlog_index=index)["missing"] == part


def test_the_info_module_tells_what_is_errant(
    server: Server, salvage: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    create(server)
    before = server.executed
    server.sql("INSERT INTO t.nopk VALUES (1, 'errant', 0)")
    run = runner(mysql_gtid_info.main, capsys, {})
    facts = run(login_unix_socket=str(server.folder / "sock"), login_user="root", compare_to=before)
    assert (facts["errant"], facts["missing"], facts["counts"]["errant"]) == (server.since(before), "", 1)
    assert (facts["applied"], facts["channels"], facts["heartbeat"]) == (True, [], None)
    assert salvage(facts["errant"])["transactions"] == 1
