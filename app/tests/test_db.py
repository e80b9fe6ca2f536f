import re
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from shop import db


class Raw:
    """A PyMySQL connection that answers with one error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.statements: list[tuple[str, tuple[Any, ...]]] = []

    def cursor(self) -> "Raw":
        return self

    def execute(self, sql: str, params: tuple[Any, ...]) -> None:
        self.statements.append((sql, params))
        self._fail()

    def commit(self) -> None:
        self._fail()

    rollback = close = commit

    def _fail(self) -> None:
        if self.error:
            raise self.error


def test_every_table_and_column_of_init_database_is_in_sqlite_too(app: Flask) -> None:
    sql = db.SCHEMA.read_text()
    tables = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) \(\n(.*?)\n\) ENGINE", sql, re.S)
    assert [name for name, _ in tables] == ["product", "orders", "order_item", "write_probe"]
    connection = app.extensions["db"].reader()
    for name, body in tables:
        columns = re.findall(r"(?m)^  ([a-z_]+) ", body)
        assert [row["name"] for row in connection.rows(f"PRAGMA table_info({name})")] == columns
    connection.close()


def test_loading_the_schema_again_changes_nothing(
    runner: FlaskCliRunner, app: Flask, table: Callable[[str], list[db.Row]]
) -> None:
    connection = app.extensions["db"].writer()
    connection.execute("UPDATE product SET stock = 1 WHERE sku = 'moon-jar'")
    connection.commit()
    connection.close()
    before = table("product")
    result = runner.invoke(args=["init-db"])
    assert result.exit_code == 0, result.output
    assert table("product") == before
    assert len(before) == 24


def test_init_db_leaves_mysql_to_mysql(app: Flask, runner: FlaskCliRunner) -> None:
    app.config["DATABASE_URL"] = "mysql://shop@db/shop"
    result = runner.invoke(args=["init-db"])
    assert result.exit_code == 2
    assert "mysql < init_database.sql" in result.output


def test_parameters_become_the_drivers_own() -> None:
    raw = Raw()
    db.MySQLConnection(raw).execute("SELECT '5%' FROM product WHERE sku = ? AND price > ?", "a", 1)
    assert raw.statements == [("SELECT '5%%' FROM product WHERE sku = %s AND price > %s", ("a", 1))]


OPERATIONAL = pymysql.OperationalError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OPERATIONAL(2013, "Lost connection during query"), db.Unavailable),
        (OPERATIONAL(1290, "running with the --super-read-only option"), db.Unavailable),
        (OPERATIONAL(1205, "Lock wait timeout exceeded"), db.Unavailable),
        (OPERATIONAL(1213, "Deadlock found"), db.Deadlock),
        (OPERATIONAL(1644, "refused by a trigger"), db.Unavailable),
        (pymysql.InterfaceError(0, ""), db.Unavailable),
        (pymysql.InternalError("Packet sequence number wrong"), db.Unavailable),
        (OSError("broken pipe"), db.Unavailable),
        (pymysql.IntegrityError(1062, "Duplicate entry"), db.Duplicate),
        (pymysql.ProgrammingError(1146, "no such table"), pymysql.ProgrammingError),
    ],
)
def test_failures_of_a_statement(error: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        db.MySQLConnection(Raw(error)).execute("INSERT")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OPERATIONAL(1290, "running with the --super-read-only option"), db.Unavailable),
        (OPERATIONAL(1213, "Deadlock found"), db.Deadlock),
        (OPERATIONAL(2013, "Lost connection during query"), db.OutcomeUnknown),
        (OPERATIONAL(2006, "MySQL server has gone away"), db.OutcomeUnknown),
        (OPERATIONAL(1053, "Server shutdown in progress"), db.OutcomeUnknown),
        (OPERATIONAL(1180, "Got error during COMMIT"), db.OutcomeUnknown),
        (pymysql.InterfaceError(0, ""), db.OutcomeUnknown),
        (OSError("timed out"), db.OutcomeUnknown),
    ],
)
def test_failures_of_a_commit(error: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        db.MySQLConnection(Raw(error)).commit()


def test_rollback_and_close_never_fail() -> None:
    connection = db.MySQLConnection(Raw(OPERATIONAL(2006, "gone")))
    connection.rollback()
    connection.close()


def test_mysql_url_becomes_the_drivers_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(pymysql, "connect", lambda **arguments: seen.update(arguments) or Raw())
    connection = db.mysql("mysql://shop:p%40ss@127.0.0.1:3307/shop", 2, 5)()
    assert isinstance(connection, db.MySQLConnection)
    assert (seen["host"], seen["port"], seen["user"], seen["password"]) == ("127.0.0.1", 3307, "shop", "p@ss")
    assert (seen["database"], seen["connect_timeout"], seen["read_timeout"], seen["ssl"]) == ("shop", 2, 5, None)


def test_no_connection_is_unavailable() -> None:
    with pytest.raises(db.Unavailable):
        db.mysql("mysql://shop@127.0.0.1:1/shop", 1, 1)()
    with pytest.raises(db.Unavailable):
        db.sqlite("sqlite:////no/such/folder/shop.db", 1, 1)()
