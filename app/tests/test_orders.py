import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import db

Table = Callable[[str], list[db.Row]]
Break = Callable[[str], None]
BODY = {"email": "minji@example.com", "items": [{"sku": "moon-jar", "qty": 2}, {"sku": "teapot", "qty": 1}]}
KEY = "0f8c2c4e-key"


def stock(table: Table, sku: str) -> int:
    return int(next(row["stock"] for row in table("product") if row["sku"] == sku))


def post(client: FlaskClient, body: Any = BODY, key: str = KEY) -> Any:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return client.post("/api/orders", data=json.dumps(body), headers=headers)


# --- in the browser -------------------------------------------------------------------------------------------------


def test_from_cart_to_order(visitor: Any, table: Table) -> None:
    visitor.add("moon-jar", 2)
    visitor.add("teapot")
    placed = visitor.order()
    assert placed.status_code == 303
    page = visitor.client.get(placed.headers["Location"])
    assert "Thank you. Your order is placed." in page.text
    assert "₩345,000" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert visitor.count() == 0
    [row] = table("orders")
    assert (row["email"], row["total"], row["site"], row["server_uuid"]) == (
        "minji@example.com",
        345000,
        "gcp",
        "sqlite",
    )
    assert [(item["sku"], item["qty"], item["price"]) for item in table("order_item")] == [
        ("moon-jar", 2, 128000),
        ("teapot", 1, 89000),
    ]
    assert (stock(table, "moon-jar"), stock(table, "teapot")) == (99998, 99999)


def test_a_second_click_is_no_second_order(visitor: Any, table: Table) -> None:
    visitor.add()
    form = visitor.form()
    first, second = visitor.order(form), visitor.order(form)
    assert second.status_code == 303
    assert first.headers["Location"].startswith(second.headers["Location"])
    assert len(table("orders")) == 1
    assert stock(table, "moon-jar") == 99999


def test_history_belongs_to_whoever_knows_its_address(visitor: Any, app: Flask, table: Table) -> None:
    assert "No orders yet." in visitor.client.get("/en/orders").text
    visitor.add()
    visitor.order()
    address = visitor.client.get("/en/orders").headers["Location"]
    token = address.rpartition("/")[2]
    other_device = app.test_client()
    assert "Moon jar vase" in other_device.get(address).text
    assert "Bukchon-ro" in other_device.get(f"{address}/1").text
    assert other_device.get("/en/orders/guess/1").status_code == 404
    assert "No orders yet." in other_device.get("/en/orders/guess").text
    [row] = table("orders")
    assert token not in str(row)  # who reads the table cannot open the page
    assert other_device.get(f"/en/orders/{row['customer']}/1").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("email", "minji@"), ("email", "a b@c.de"), ("name", " "), ("address", "")]
)
def test_a_form_with_a_gap_comes_back_filled_in(visitor: Any, table: Table, field: str, value: str) -> None:
    visitor.add()
    page = visitor.order(visitor.form(**{field: value}))
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert ("Kim Minji" in page.text) is (field != "name")
    assert table("orders") == []


def test_too_few_left(visitor: Any, table: Table) -> None:
    visitor.add("moon-jar")
    visitor.add("plates", 6)
    page = visitor.order()
    assert page.status_code == 409
    assert "Some of it has just been sold." in page.text
    assert visitor.count() == 7
    assert table("orders") == table("order_item") == []
    assert (stock(table, "moon-jar"), stock(table, "plates")) == (100000, 4)


def test_an_empty_cart_has_no_checkout(visitor: Any) -> None:
    assert visitor.client.get("/en/checkout").headers["Location"] == "/en/cart"
    empty = {"cart_id": "", "name": "a", "email": "a@b.cd", "address": "c"}
    assert visitor.order(empty).headers["Location"] == "/en/cart"


@pytest.mark.parametrize("fault", ["gone", "read_only", "fenced_between"])
def test_without_a_writer_ordering_waits_and_the_cart_stays(
    visitor: Any, break_writer: Break, table: Table, fault: str
) -> None:
    visitor.add("moon-jar", 2)
    form = visitor.form()
    break_writer(fault)
    page = visitor.order(form)
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "10"
    assert "We cannot take your order right now." in page.text
    assert 'value="12 Bukchon-ro, Seoul"' in page.text
    assert visitor.count() == 2
    assert table("orders") == []
    assert stock(table, "moon-jar") == 100000
    break_writer("none")
    assert visitor.order(form).status_code == 303
    assert len(table("orders")) == 1


@pytest.mark.parametrize("fault", ["answer_lost", "commit_lost"])
def test_a_lost_answer_is_said_to_be_unknown_and_settled_by_trying_again(
    visitor: Any, break_writer: Break, table: Table, fault: str
) -> None:
    visitor.add("moon-jar", 2)
    form = visitor.form()
    break_writer(fault)
    page = visitor.order(form)
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "10"
    assert "outcome unknown" in page.text
    assert "Thank you" not in page.text
    assert f'value="{form["cart_id"]}"' in page.text
    assert visitor.count() == 2
    assert len(table("orders")) == (1 if fault == "answer_lost" else 0)
    break_writer("none")
    assert visitor.order(form).status_code == 303
    assert len(table("orders")) == 1
    assert stock(table, "moon-jar") == 99998
    assert visitor.count() == 0


def test_changing_the_cart_after_a_lost_answer_keeps_both(visitor: Any, break_writer: Break, table: Table) -> None:
    visitor.add("moon-jar")
    break_writer("answer_lost")
    visitor.order()
    break_writer("none")
    visitor.add("teapot")
    answer = visitor.order()
    assert "This order had already been placed before." in visitor.client.get(answer.headers["Location"]).text
    assert len(table("orders")) == 1
    assert visitor.count() == 2
    visitor.order()  # the cart has a new id by now, so this is a new order
    assert len(table("orders")) == 2


def test_an_order_stands_when_the_cart_cannot_be_emptied(
    visitor: Any, app: Flask, table: Table, break_sessions: Callable[[], None]
) -> None:
    visitor.add()
    visitor.order()  # gives the visitor a customer token
    visitor.add()
    form = visitor.form()
    break_sessions()
    assert visitor.order(form).status_code == 303
    assert visitor.order(form).status_code == 303
    assert len(table("orders")) == 2


def test_no_order_without_a_session_to_find_it_again(
    visitor: Any, table: Table, break_sessions: Callable[[], None]
) -> None:
    visitor.add()
    form = visitor.form()
    break_sessions()
    assert visitor.order(form).status_code == 503
    assert table("orders") == []


def test_history_comes_from_the_replica_while_there_is_no_writer(visitor: Any, break_writer: Break) -> None:
    visitor.add()
    placed = visitor.order().headers["Location"]
    break_writer("gone")
    assert "Moon jar vase" in visitor.client.get(placed).text
    missing = visitor.client.get(placed.replace("/1?", "/2?"))
    assert missing.status_code == 503  # the replica may not have it yet


# --- for programs ---------------------------------------------------------------------------------------------------


def test_api_places_an_order_once(client: FlaskClient, table: Table) -> None:
    first = post(client)
    assert first.status_code == 201
    assert first.json == {"order_id": 1, "request_id": KEY, "site": "gcp", "total": 345000, "currency": "KRW"}
    again = post(client)
    assert (again.status_code, again.json) == (200, first.json)
    assert len(table("orders")) == 1
    read: Any = client.get(first.headers["Location"])
    assert read.status_code == 200
    assert read.json["items"] == [
        {"sku": "moon-jar", "qty": 2, "price": 128000},
        {"sku": "teapot", "qty": 1, "price": 89000},
    ]
    assert "minji" not in read.text
    assert "Set-Cookie" not in first.headers


def test_api_refuses_a_key_for_other_content(client: FlaskClient, table: Table) -> None:
    post(client)
    other = post(client, {**BODY, "items": [{"sku": "candle", "qty": 1}]})
    assert (other.status_code, other.json["error"]) == (422, "key_reused")
    assert len(table("orders")) == 1


@pytest.mark.parametrize(
    ("body", "key", "sentence"),
    [
        (BODY, "short", "the header Idempotency-Key must be 8 to 64"),
        (BODY, "with space in it", "the header Idempotency-Key must be 8 to 64"),
        ([], KEY, "the body must be a JSON object"),
        ({**BODY, "email": "nobody"}, KEY, "email is 'nobody'; it must be an e-mail address"),
        ({**BODY, "items": []}, KEY, "items must be a list of 1 to 30"),
        ({**BODY, "items": ["moon-jar"]}, KEY, "must have a sku and a qty from 1 to 20"),
        ({**BODY, "items": [{"sku": "moon-jar", "qty": True}]}, KEY, "must have a sku and a qty from 1 to 20"),
        ({**BODY, "email": f"{'a' * 250}@example.com"}, KEY, "it must be an e-mail address"),
        ({**BODY, "email": "\ud800@example.com"}, KEY, "it must be an e-mail address"),
        ({**BODY, "items": [{"sku": "달항아리", "qty": 1}]}, KEY, "must have a sku and a qty from 1 to 20"),
        ({**BODY, "items": [{"sku": "moon-jar", "qty": 0}]}, KEY, "must have a sku and a qty from 1 to 20"),
    ],
)
def test_api_says_what_is_wrong(client: FlaskClient, table: Table, body: Any, key: str, sentence: str) -> None:
    answer = post(client, body, key)
    assert answer.status_code == 400
    assert sentence in answer.json["message"]
    assert table("orders") == []


def test_api_unknown_product_and_out_of_stock(client: FlaskClient, table: Table) -> None:
    unknown = post(client, {**BODY, "items": [{"sku": "nothing", "qty": 1}]})
    assert (unknown.status_code, unknown.json) == (422, {"error": "unknown_product", "sku": "nothing"})
    short = post(client, {**BODY, "items": [{"sku": "moon-jar", "qty": 1}, {"sku": "plates", "qty": 5}]})
    assert (short.status_code, short.json) == (409, {"error": "out_of_stock", "sku": "plates"})
    assert table("orders") == []
    assert stock(table, "moon-jar") == 100000


@pytest.mark.parametrize("fault", ["gone", "read_only", "fenced_between"])
def test_api_without_a_writer(client: FlaskClient, break_writer: Break, table: Table, fault: str) -> None:
    break_writer(fault)
    answer = post(client)
    assert (answer.status_code, answer.json["error"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "10"
    assert table("orders") == []


@pytest.mark.parametrize(("fault", "status"), [("answer_lost", 200), ("commit_lost", 201)])
def test_api_says_unknown_and_the_same_key_settles_it(
    client: FlaskClient, break_writer: Break, table: Table, fault: str, status: int
) -> None:
    break_writer(fault)
    answer = post(client)
    assert (answer.status_code, answer.json["error"]) == (503, "unknown")
    assert answer.headers["Retry-After"] == "10"
    break_writer("none")
    assert post(client).status_code == status
    assert len(table("orders")) == 1
    assert stock(table, "moon-jar") == 99998


def test_api_reads_from_the_replica_but_never_says_not_found_from_it(client: FlaskClient, break_writer: Break) -> None:
    post(client)
    assert client.get("/api/orders/other-key").status_code == 404
    break_writer("gone")
    assert client.get(f"/api/orders/{KEY}").status_code == 200
    assert client.get("/api/orders/other-key").status_code == 503


@pytest.mark.parametrize(("deadlocks", "status"), [(1, 201), (2, 201), (3, 503)])
def test_a_deadlock_is_tried_again_a_few_times(
    client: FlaskClient, app: Flask, table: Table, deadlocks: int, status: int
) -> None:
    good, left = app.extensions["db"].writer, [deadlocks]

    class Busy(db.SQLiteConnection):
        def execute(self, sql: str, *params: Any) -> Any:
            if sql.startswith("UPDATE product") and left[0]:
                left[0] -= 1
                raise db.Deadlock("Deadlock found when trying to get lock")
            return super().execute(sql, *params)

    app.extensions["db"].writer = lambda: Busy(good().raw)
    assert post(client).status_code == status
    assert len(table("orders")) == (1 if status == 201 else 0)
    assert stock(table, "moon-jar") == (99998 if status == 201 else 100000)


def test_one_key_sent_at_the_same_time_is_one_order(app: Flask, table: Table) -> None:
    start, answers = threading.Barrier(6), []

    def send() -> None:
        client = app.test_client()
        start.wait()
        answers.append(post(client).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 5 + [201]
    assert len(table("orders")) == 1
    assert stock(table, "moon-jar") == 99998
