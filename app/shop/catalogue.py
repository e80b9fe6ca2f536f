"""What is for sale: pages that are the same for everybody, and may be cached."""

import re
from typing import Any

from flask import Blueprint, Flask, abort, g, render_template, request

from . import db
from .i18n import PREFIX

CATEGORIES = ("table", "kitchen", "home", "desk")
SKU = re.compile(r"[a-z0-9-]{1,32}")
ORDERS = {"featured": "position", "price": "price, position", "-price": "price DESC, position"}

bp = Blueprint("catalogue", __name__, url_prefix=PREFIX)
api = Blueprint("api_products", __name__, url_prefix="/api/products")


def products(category: str = "", order: str = "featured", limit: int = 100) -> list[db.Row]:
    """Return the products of a category (of all, if empty) in a named order."""
    where = "WHERE category = ?" if category else ""
    params = (category,) if category else ()
    return db.reader().rows(f"SELECT * FROM product {where} ORDER BY {ORDERS[order]} LIMIT ?", *params, limit)


def search(words: str) -> list[db.Row]:
    """Return the products that contain every word, in either language."""
    conditions, params = ["1 = 1"], []
    for word in words.split()[:5]:
        for special in "!%_":
            word = word.replace(special, f"!{special}")
        fields = (
            "name_ko",
            "name_en",
            "tagline_ko",
            "tagline_en",
            "description_ko",
            "description_en",
            "material_ko",
            "material_en",
        )
        conditions.append("(" + " OR ".join(f"{field} LIKE ? ESCAPE '!'" for field in fields) + ")")
        params += [f"%{word}%"] * len(fields)
    return db.reader().rows(f"SELECT * FROM product WHERE {' AND '.join(conditions)} ORDER BY position", *params)


def by_sku(skus: list[str]) -> dict[str, db.Row]:
    """Return the products with these SKUs that exist."""
    skus = [sku for sku in skus if SKU.fullmatch(sku)]
    if not skus:
        return {}
    marks = ", ".join("?" for _ in skus)
    return {row["sku"]: row for row in db.reader().rows(f"SELECT * FROM product WHERE sku IN ({marks})", *skus)}


@bp.url_value_preprocessor
def take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """The views need no `lang` argument: i18n reads it from the path."""
    g.lang = (values or {}).pop("lang", None)


@bp.get("/")
def home() -> str:
    """The front page."""
    g.cacheable = True
    return render_template("home.html", products=products(limit=8))


@bp.get("/products")
def index() -> str:
    """All products, or one category's."""
    category, order = request.args.get("category", ""), request.args.get("order", "featured")
    if (category and category not in CATEGORIES) or order not in ORDERS:
        abort(404)
    g.cacheable = True
    return render_template("products.html", products=products(category, order), category=category, order=order)


@bp.get("/search")
def results() -> str:
    """Products by words."""
    words = request.args.get("q", "").strip()[:80]
    g.cacheable = True
    return render_template("search.html", words=words, products=search(words) if words else [])


@bp.get("/products/<sku>")
def product(sku: str) -> str:
    """One product."""
    row = by_sku([sku]).get(sku)
    if not row:
        abort(404)
    others = [other for other in products(row["category"]) if other["sku"] != sku]
    g.cacheable = True
    return render_template("product.html", product=row, others=others[:4])


@api.get("")
def listing() -> dict[str, Any]:
    """All products, for programs."""
    fields = ("sku", "category", "name_ko", "name_en", "price", "stock")
    return {"products": [{field: row[field] for field in fields} for row in products()], "currency": "KRW"}


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.register_blueprint(api)
    app.jinja_env.globals["categories"] = CATEGORIES
