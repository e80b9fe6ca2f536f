from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import db

PAGES = ["/", "products", "products?category=home&order=-price", "products/moon-jar", "search?q=lamp"]


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_the_same_for_everybody_and_cacheable(client: FlaskClient, lang: str, page: str) -> None:
    first = client.get(f"/{lang}/{page.lstrip('/')}")
    assert first.status_code == 200
    assert f'<html lang="{lang}">' in first.text
    assert "Set-Cookie" not in first.headers
    assert "s-maxage=30" in first.headers["Cache-Control"]
    assert "stale-if-error" in first.headers["Cache-Control"]
    client.post("/en/cart/items", data={"sku": "teapot"})
    again = client.get(f"/{lang}/{page.lstrip('/')}")
    assert again.text == first.text
    assert "Set-Cookie" not in again.headers
    unchanged = client.get(f"/{lang}/{page.lstrip('/')}", headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304


def test_every_product_has_a_page_in_both_languages_and_its_pictures(
    client: FlaskClient, app: Flask, table: Callable[[str], list[db.Row]]
) -> None:
    for product in table("product"):
        for lang in ("ko", "en"):
            page = client.get(f"/{lang}/products/{product['sku']}")
            assert product[f"name_{lang}"] in page.text
        for name in (f"{product['sku']}.webp", f"{product['sku']}-400.webp"):
            assert (Path(app.static_folder or "") / "pictures" / name).is_file()


def test_prices(client: FlaskClient) -> None:
    assert "₩128,000" in client.get("/en/products/moon-jar").text
    assert "128,000원" in client.get("/ko/products/moon-jar").text


def test_category_and_order(client: FlaskClient) -> None:
    page = client.get("/en/products?category=desk&order=price").text
    assert "Moon jar vase" not in page
    assert page.index("Brass incense dish") < page.index("Hanji paper lamp")
    assert client.get("/en/products?category=nothing").status_code == 404
    assert client.get("/en/products?order=stock;drop").status_code == 404


@pytest.mark.parametrize(
    ("words", "found", "not_found"),
    [
        ("jar", "Moon jar vase", "Onggi teapot"),
        ("달항아리", "Moon jar vase", "Onggi teapot"),
        ("OAK board", "Oak cutting board", "Hanji paper lamp"),
        ("100 %", "Lambswool throw", "Moon jar vase"),
        ("_", "Nothing found", "Moon jar vase"),
        ("!", "Nothing found", "Moon jar vase"),
    ],
)
def test_search(client: FlaskClient, words: str, found: str, not_found: str) -> None:
    page = client.get("/en/search", query_string={"q": words}).text
    assert found in page
    assert not_found not in page


def test_search_words_are_escaped(client: FlaskClient) -> None:
    assert "<script>alert" not in client.get("/en/search", query_string={"q": "<script>alert(1)</script>"}).text


def test_sold_out_and_low_stock(client: FlaskClient) -> None:
    assert "disabled>Sold out" in client.get("/en/products/notebooks").text
    assert "Only 4 left" in client.get("/en/products/plates").text


@pytest.mark.parametrize("path", ["/en/products/nothing", "/en/products/달항아리", "/en/nothing", "/nothing", "/fr/"])
def test_not_found_is_friendly_and_not_cached(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert "This page does not exist." in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_api_lists_the_products(client: FlaskClient) -> None:
    body = client.get("/api/products").json
    assert body is not None
    assert len(body["products"]) == 24
    assert body["products"][0] == {
        "sku": "moon-jar",
        "category": "table",
        "name_ko": "달항아리 화병",
        "name_en": "Moon jar vase",
        "price": 128000,
        "stock": 100000,
    }


def test_browsing_needs_no_writer_and_no_sessions(client: FlaskClient, break_writer: Callable[[str], None]) -> None:
    break_writer("gone")
    for page in PAGES:
        assert client.get(f"/en/{page.lstrip('/')}").status_code == 200


def test_without_any_database_the_page_says_so(client: FlaskClient, app: Flask) -> None:
    def gone() -> db.Connection:
        raise db.Unavailable("no reader")

    app.extensions["db"].reader = gone
    page = client.get("/en/products")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "10"
    assert "Back in a moment" in page.text
