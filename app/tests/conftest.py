"""A shop on its own SQLite file, a browser for it, and faults to put into it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from shop import config, create_app, db, sessions


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in config.DEFAULTS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made once."""
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    db.create_sqlite(db.sqlite(f"sqlite:///{path}", 1, 1))
    return path


@pytest.fixture
def app(tmp_path: Path, filled: Path) -> Flask:
    shutil.copy(filled, tmp_path / "shop.db")
    return create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "TESTING": True, "VERSION": "1.2.3"})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser: it keeps cookies and says where its forms come from."""
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


class Visitor:
    """What a customer does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def add(self, sku: str = "moon-jar", qty: int = 1) -> TestResponse:
        return self.client.post("/en/cart/items", data={"sku": sku, "qty": qty})

    def count(self) -> int:
        count: int = (self.client.get("/api/cart").json or {})["count"]
        return count

    def form(self, **changes: str) -> dict[str, str]:
        """The checkout's form, filled in."""
        page = self.client.get("/en/checkout").text
        found = re.search(r'name="cart_id" value="([^"]+)"', page)
        assert found
        who = {"name": "Kim Minji", "email": "minji@example.com", "address": "12 Bukchon-ro, Seoul"}
        return {"cart_id": found[1], **who, **changes}

    def order(self, form: dict[str, str] | None = None) -> TestResponse:
        return self.client.post("/en/checkout", data=form or self.form())


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


@pytest.fixture
def table(app: Flask) -> Callable[[str], list[db.Row]]:
    """What is really in the database, read past the shop's own faults."""
    connect = app.extensions["db"].reader

    def rows(name: str) -> list[db.Row]:
        connection: db.Connection = connect()
        found = connection.rows(f"SELECT * FROM {name}")
        connection.close()
        return found

    return rows


Break = Callable[[str], None]


@pytest.fixture
def break_writer(app: Flask) -> Break:
    """Give the shop's writer a fault by name; `none` repairs it."""
    good = app.extensions["db"].writer

    def gone() -> db.Connection:
        raise db.Unavailable("no writer")

    class ReadOnly(db.SQLiteConnection):
        """As a fenced MySQL server: it says so, and refuses."""

        def read_only(self) -> bool:
            return True

        def execute(self, sql: str, *params: Any) -> Any:
            if not sql.startswith("SELECT"):
                raise db.Unavailable("running with the --super-read-only option")
            return super().execute(sql, *params)

    class FencedBetween(db.SQLiteConnection):
        """The server's own refusal of the COMMIT."""

        def commit(self) -> None:
            self.raw.rollback()
            raise db.Unavailable("running with the --super-read-only option")

    class AnswerLost(db.SQLiteConnection):
        """The COMMIT arrives, its answer does not."""

        def commit(self) -> None:
            super().commit()
            raise db.OutcomeUnknown("lost connection")

    class CommitLost(db.SQLiteConnection):
        """The COMMIT does not arrive."""

        def commit(self) -> None:
            self.raw.rollback()
            raise db.OutcomeUnknown("lost connection")

    kinds = {
        "read_only": ReadOnly,
        "fenced_between": FencedBetween,
        "answer_lost": AnswerLost,
        "commit_lost": CommitLost,
    }

    def put(fault: str) -> None:
        kind = kinds.get(fault)
        writer = gone if fault == "gone" else good if kind is None else lambda: kind(good().raw)
        app.extensions["db"].writer = writer
        app.extensions["ordering"].forget()

    return put


@pytest.fixture
def break_sessions(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on sessions can be read and not written."""

    def refuse(_sid: str, _change: sessions.Change) -> sessions.Data:
        raise sessions.Unavailable("READONLY You can't write against a read only replica.")

    return lambda: monkeypatch.setattr(app.extensions["sessions"], "update", refuse)
