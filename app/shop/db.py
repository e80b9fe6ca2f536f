"""One thin layer over MySQL and SQLite: `?` parameters, rows as dicts, three kinds of failure.

A request opens at most one reading and one writing connection, on `g`, and closes them at its end: behind a
proxy that moves the writer, no connection outlives the request that can still notice.
"""

import re
import sqlite3
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import click
import pymysql
from flask import Flask, current_app, g
from flask.cli import with_appcontext
from pymysql.cursors import DictCursor

Row = dict[str, Any]
SCHEMA = Path(__file__).resolve().parent.parent / "init_database.sql"


class Unavailable(Exception):
    """The database cannot do it now; nothing was changed."""


class Deadlock(Unavailable):
    """The server rolled the transaction back for another one's sake; it can be tried again at once."""


class OutcomeUnknown(Exception):
    """The answer to a COMMIT was lost: it may or may not have happened."""


class Duplicate(Exception):
    """A unique key already has this value."""


class Connection(ABC):
    """One connection. Statements take `?` parameters."""

    server_uuid: str  # SQL expression: which server commits

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    @abstractmethod
    def _execute(self, sql: str, params: Sequence[Any]) -> Any:
        """Run one statement and return its cursor."""

    @abstractmethod
    def _failure(self, error: Exception, committing: bool) -> Exception:
        """Return the driver's error as one of this module's, or as it is when it shows a fault of the shop."""

    @abstractmethod
    def read_only(self) -> bool:
        """Whether the server refuses writes by configuration."""

    @contextmanager
    def _judged(self, committing: bool = False) -> Iterator[None]:
        try:
            yield
        except (pymysql.MySQLError, sqlite3.Error, OSError) as error:
            raise self._failure(error, committing) from error

    def execute(self, sql: str, *params: Any) -> Any:
        """Run a statement; return its cursor (`rowcount`, `lastrowid`)."""
        with self._judged():
            return self._execute(sql, params)

    def rows(self, sql: str, *params: Any) -> list[Row]:
        """Return all rows of a query."""
        with self._judged():
            return [dict(row) for row in self._execute(sql, params).fetchall()]

    def row(self, sql: str, *params: Any) -> Row | None:
        """Return the first row of a query."""
        return next(iter(self.rows(sql, *params)), None)

    def commit(self) -> None:
        """Commit; raise OutcomeUnknown unless the server itself said that it did not."""
        with self._judged(committing=True):
            self.raw.commit()

    def rollback(self) -> None:
        """Roll back; a connection that is lost has rolled back by itself."""
        with suppress(pymysql.MySQLError, sqlite3.Error, OSError):
            self.raw.rollback()

    def close(self) -> None:
        """Close, never fail."""
        with suppress(pymysql.MySQLError, sqlite3.Error, OSError):
            self.raw.close()


class MySQLConnection(Connection):
    """PyMySQL."""

    server_uuid = "@@server_uuid"
    # Answers to COMMIT after which MySQL has rolled back: read-only mode, deadlock, lock timeout, refused by a plug-in.
    ROLLED_BACK = frozenset({1205, 1213, 1290, 1792, 1836, 3100, 3101})

    def _execute(self, sql: str, params: Sequence[Any]) -> Any:
        cursor = self.raw.cursor()
        cursor.execute(sql.replace("%", "%%").replace("?", "%s"), tuple(params))
        return cursor

    def _failure(self, error: Exception, committing: bool) -> Exception:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if committing and code not in self.ROLLED_BACK:
            return OutcomeUnknown(str(error))
        if code == 1213:
            return Deadlock(str(error))
        if code == 1062:
            return Duplicate(str(error))
        if isinstance(error, pymysql.ProgrammingError | pymysql.DataError | pymysql.IntegrityError):
            return error
        return Unavailable(str(error))

    def read_only(self) -> bool:
        row = self.row("SELECT @@global.super_read_only + @@global.read_only AS flags")
        return row is None or bool(row["flags"])


class SQLiteConnection(Connection):
    """The standard library's; for a local run and the tests."""

    server_uuid = "'sqlite'"

    def _execute(self, sql: str, params: Sequence[Any]) -> Any:
        return self.raw.execute(sql, tuple(params))

    def _failure(self, error: Exception, committing: bool) -> Exception:
        if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error):
            return Duplicate(str(error))
        return Unavailable(str(error)) if isinstance(error, sqlite3.OperationalError) else error

    def read_only(self) -> bool:
        row = self.row("PRAGMA query_only")
        return row is None or bool(row["query_only"])


Connect = Callable[[], Connection]


def mysql(url: str, connect_timeout: float, read_timeout: float) -> Connect:
    """Return a function that connects to mysql://user:password@host:port/schema?ssl_ca=PATH."""
    parts = urlsplit(url)
    ca = parse_qs(parts.query).get("ssl_ca", [""])[0]
    # The way leads through a proxy on 127.0.0.1, so the certificate's authority is checked and its name is not.
    tls = ssl.create_default_context(cafile=ca) if ca else None
    if tls:
        tls.check_hostname = False

    def connect() -> Connection:
        try:
            raw = pymysql.connect(
                host=parts.hostname or "127.0.0.1",
                port=parts.port or 3306,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                database=parts.path.lstrip("/") or "shop",
                charset="utf8mb4",
                cursorclass=DictCursor,
                ssl=tls,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                write_timeout=read_timeout,
                # A lock must give up before the read timeout does, to be told apart from a dead server.
                init_command="SET SESSION innodb_lock_wait_timeout = 3, time_zone = '+00:00'",
            )
        except (pymysql.MySQLError, OSError) as error:
            raise Unavailable(str(error)) from error
        return MySQLConnection(raw)

    return connect


def sqlite(url: str, connect_timeout: float, read_timeout: float) -> Connect:
    """Return a function that connects to sqlite:///PATH."""
    path = unquote(urlsplit(url).path[1:])

    def connect() -> Connection:
        try:
            raw = sqlite3.connect(path, timeout=read_timeout)
            raw.row_factory = sqlite3.Row
            raw.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from error
        return SQLiteConnection(raw)

    return connect


def sqlite_schema(sql: str) -> str:
    """Translate init_database.sql, the one source of the schema, from MySQL's dialect to SQLite's."""
    for pattern, replacement in (
        (r"(?m)^(CREATE DATABASE|USE|SET)\b[^;]*;$", ""),
        (r"BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"),
        (r" CHARACTER SET \w+ COLLATE \w+", ""),
        (r"CURRENT_TIMESTAMP\(6\)", "CURRENT_TIMESTAMP"),
        (r",\n *INDEX \w+ \([^)]*\)", ""),
        (r"(?m)^\) ENGINE[^;]*;$", ");"),
        (r"INSERT IGNORE", "INSERT OR IGNORE"),
    ):
        sql = re.sub(pattern, replacement, sql)
    return sql


def create_sqlite(connect: Connect) -> None:
    """Create and fill the tables that are not there yet."""
    connection = connect()
    connection.raw.executescript(sqlite_schema(SCHEMA.read_text(encoding="utf-8")))
    connection.close()


@dataclass
class Databases:
    """How to reach the two: any up-to-date-enough server, and the one that takes writes."""

    reader: Connect
    writer: Connect


def databases() -> Databases:
    """Return the application's databases."""
    found: Databases = current_app.extensions["db"]
    return found


def reader() -> Connection:
    """Return this request's connection for reads."""
    if "db_reader" not in g:
        g.db_reader = databases().reader()
    connection: Connection = g.db_reader
    return connection


def writer() -> Connection:
    """Return this request's connection to the server that takes writes; raise Unavailable if there is none."""
    if "db_writer" not in g:
        g.db_writer = databases().writer()
    connection: Connection = g.db_writer
    return connection


def close(_error: BaseException | None = None) -> None:
    """Close this request's connections."""
    for name in ("db_reader", "db_writer"):
        connection: Connection | None = g.pop(name, None)
        if connection:
            connection.close()


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create and fill the SQLite file (MySQL: mysql < init_database.sql)."""
    url = current_app.config["DATABASE_URL"]
    if not url.startswith("sqlite"):
        raise click.UsageError(f"DATABASE_URL is not SQLite; run: mysql < {SCHEMA.name}")
    create_sqlite(databases().writer)
    click.echo("The database is ready.")


def init_app(app: Flask) -> None:
    """Set up connections by the settings' URLs; SQLite creates its schema at once."""

    def by_url(url: str) -> Connect:
        kind = sqlite if url.startswith("sqlite") else mysql
        return kind(url, app.config["CONNECT_TIMEOUT"], app.config["READ_TIMEOUT"])

    found = Databases(reader=by_url(app.config["DATABASE_READ_URL"]), writer=by_url(app.config["DATABASE_URL"]))
    app.extensions["db"] = found
    app.teardown_appcontext(close)
    app.cli.add_command(init_db)
    if app.config["DATABASE_URL"].startswith("sqlite"):
        create_sqlite(found.writer)
