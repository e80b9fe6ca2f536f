import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

FORM = {"sku": "teapot"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 303),
        ({"Referer": "http://localhost/en/products/teapot"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Referer": "http://evil.example/?http://localhost"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_forms_are_taken_from_our_own_pages_only(app: Flask, headers: dict[str, str], status: int) -> None:
    answer = app.test_client().post("/en/cart/items", data=FORM, headers=headers)
    assert answer.status_code == status
    assert ("Set-Cookie" in answer.headers) is (status == 303)


def test_headers(client: FlaskClient) -> None:
    for path in ("/en/", "/en/cart", "/en/nothing", "/healthz", "/static/shop.css"):
        with client.get(path) as answer:
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Strict-Transport-Security" not in answer.headers
    assert "Strict-Transport-Security" in client.get("/en/", base_url="https://localhost").headers


def test_pages_need_nothing_that_the_policy_forbids(client: FlaskClient) -> None:
    client.post("/en/cart/items", data=FORM)
    for path in (
        "/en/",
        "/en/products",
        "/en/products/teapot",
        "/en/cart",
        "/en/checkout",
        "/en/orders",
        "/en/nothing",
    ):
        page = client.get(path).text
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src=)|(src|href|action)=\"https?:", page), path


def test_static_files_are_cached_for_long_by_their_content(client: FlaskClient, app: Flask) -> None:
    page = client.get("/en/").text
    [address] = re.findall(r'href="(/static/shop.css\?v=[0-9a-f]{12})"', page)
    with client.get(address) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
    with client.get("/static/shop.css") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
    assert Path(app.static_folder or "", "shop.css").is_file()


def test_every_form_field_has_a_label(client: FlaskClient) -> None:
    client.post("/en/cart/items", data=FORM)
    for path in ("/en/products", "/en/products/teapot", "/en/cart", "/en/checkout"):
        page = client.get(path).text
        fields = re.findall(r"<(?:input|select)\b(?![^>]*type=\"hidden\")[^>]*\bid=\"([^\"]+)\"", page)
        assert fields
        for field in fields:
            assert f'for="{field}"' in page, (path, field)
        assert page.count("<input") + page.count("<select") == len(fields) + page.count('type="hidden"')
        assert all(" alt=" in image for image in re.findall(r"<img[^>]*>", page))


def test_the_scheme_comes_from_the_trusted_proxies_only(tmp_path: Path) -> None:
    from shop import create_app

    told = {"X-Forwarded-Proto": "https"}
    for hops, secure in ((0, False), (1, True)):
        app = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}", "PROXY_HOPS": hops})
        assert ("Strict-Transport-Security" in app.test_client().get("/en/", headers=told).headers) is secure
