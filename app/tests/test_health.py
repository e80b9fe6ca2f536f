import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import db

Break = Callable[[str], None]


def test_healthy_and_writable(client: FlaskClient, table: Callable[[str], list[db.Row]]) -> None:
    for path in ("/livez", "/healthz", "/writable", "/api/status"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert json.loads(answer.text)["site"] == "gcp"
        assert json.loads(answer.text)["version"] == "1.2.3"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Site"] == "gcp"
    assert json.loads(client.get("/api/status").text)["ordering_open"] is True
    assert table("write_probe") == []


@pytest.mark.parametrize("fault", ["gone", "read_only"])
def test_without_a_writer_it_is_healthy_and_not_writable(client: FlaskClient, break_writer: Break, fault: str) -> None:
    break_writer(fault)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/writable")
    assert (answer.status_code, json.loads(answer.text)["writable"]) == (503, False)
    assert answer.headers["Retry-After"] == "10"
    assert json.loads(client.get("/api/status").text)["ordering_open"] is False


def test_without_a_reader_it_is_alive_and_not_healthy(client: FlaskClient, app: Flask) -> None:
    def gone() -> db.Connection:
        raise db.Unavailable("connect to 10.10.0.20 refused")

    app.extensions["db"].reader = gone
    assert client.get("/livez").status_code == 200
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "10.10" not in answer.text


def test_an_empty_catalogue_is_not_healthy(client: FlaskClient, app: Flask) -> None:
    connection = app.extensions["db"].writer()
    connection.execute("DELETE FROM product")
    connection.commit()
    connection.close()
    assert client.get("/healthz").status_code == 503


def test_alive_needs_nothing(client: FlaskClient, app: Flask) -> None:
    def never() -> db.Connection:
        raise AssertionError("asked for a database")

    app.extensions["db"].reader = app.extensions["db"].writer = never
    assert client.get("/livez").status_code == 200


def test_page_views_share_one_answer_of_the_writer(client: FlaskClient, app: Flask) -> None:
    asked = []
    good = app.extensions["db"].writer

    def counted() -> db.Connection:
        asked.append(1)
        connection: db.Connection = good()
        return connection

    app.extensions["db"].writer = counted
    for _ in range(5):
        client.get("/api/status")
    assert len(asked) == 1


def test_metrics(client: FlaskClient, break_writer: Break) -> None:
    client.get("/en/")
    client.post(
        "/api/orders",
        json={"email": "a@b.cd", "items": [{"sku": "candle", "qty": 1}]},
        headers={"Idempotency-Key": "metrics-key"},
    )
    text = client.get("/metrics").text
    assert 'shop_requests_total{endpoint="catalogue.home",method="GET",status="200"}' in text
    assert 'shop_orders_total{result="created"}' in text
    assert 'shop_info{site="gcp",version="1.2.3"} 1.0' in text
    assert 'shop_request_seconds_bucket{endpoint="catalogue.home",le="0.005"}' in text
