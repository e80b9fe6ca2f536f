from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_add_change_and_take_out(visitor: Any) -> None:
    added = visitor.add("moon-jar", 2)
    assert (added.status_code, added.headers["Location"]) == (303, "/en/cart")
    visitor.add("moon-jar")
    visitor.add("teapot")
    assert visitor.count() == 4
    page = visitor.client.get("/en/cart")
    assert "₩473,000" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    visitor.client.post("/en/cart/items/moon-jar", data={"qty": 1})
    assert visitor.count() == 2
    visitor.client.post("/en/cart/items/moon-jar", data={"qty": 0})
    assert "Moon jar vase" not in visitor.client.get("/en/cart").text


def test_limits(visitor: Any) -> None:
    visitor.add("moon-jar", 20)
    visitor.add("moon-jar", 20)
    assert visitor.count() == 20
    assert visitor.add("moon-jar", 21).status_code == 400
    assert visitor.add("moon-jar", -1).status_code == 400
    assert visitor.add("nothing").status_code == 404
    assert visitor.client.post("/en/cart/items/teapot", data={"qty": 3}).status_code == 303
    assert visitor.count() == 20


def test_looking_around_leaves_no_cookie(client: FlaskClient) -> None:
    for path in ("/en/cart", "/api/cart", "/api/status", "/en/checkout", "/en/orders"):
        assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize(
    ("setting", "scheme", "secure"),
    [("auto", "http", False), ("auto", "https", True), ("1", "http", True), ("0", "https", False)],
)
def test_cookie_flags(app: Flask, setting: str, scheme: str, secure: bool) -> None:
    app.config["SESSION_COOKIE_SECURE"] = setting
    answer = app.test_client().post(
        "/en/cart/items",
        data={"sku": "teapot"},
        base_url=f"{scheme}://shop.example",
        headers={"Origin": "https://shop.example"},
    )
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure


def test_an_id_that_was_planted_is_not_adopted(client: FlaskClient) -> None:
    planted = "A" * 43
    client.set_cookie("shop_session", planted)
    answer = client.post("/en/cart/items", data={"sku": "teapot"})
    assert answer.status_code == 303
    assert planted not in answer.headers["Set-Cookie"]


def test_a_change_that_cannot_be_kept_is_refused_and_nothing_is_lost(
    visitor: Any, break_sessions: Callable[[], None]
) -> None:
    visitor.add("moon-jar")
    break_sessions()
    refused = visitor.add("teapot")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "10"
    assert "Your cart cannot be changed right now." in refused.text
    assert visitor.count() == 1
    assert "Moon jar vase" in visitor.client.get("/en/cart").text


def test_the_cart_says_what_is_short(visitor: Any) -> None:
    visitor.add("plates", 6)
    assert "Only 4 left" in visitor.client.get("/en/cart").text


def test_the_cart_can_be_seen_while_ordering_is_closed(visitor: Any, break_writer: Callable[[str], None]) -> None:
    visitor.add("moon-jar")
    break_writer("gone")
    page = visitor.client.get("/en/cart")
    assert page.status_code == 200
    assert "Ordering is closed at the moment." in page.text
    assert visitor.add("teapot").status_code == 303
    assert visitor.count() == 2
