"""The cart: SKUs and quantities in the session.

A cart has an id, which becomes the idempotency key of the order made from it: however often the checkout is sent,
repeated or resumed after a lost answer, one cart is one order.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from werkzeug import Response

from . import catalogue, db, health, sessions
from .i18n import PREFIX

MAX_QTY = 20
MAX_ITEMS = 30

bp = Blueprint("cart", __name__, url_prefix=f"{PREFIX}/cart")
bp.url_value_preprocessor(catalogue.take_language)
api = Blueprint("api_cart", __name__, url_prefix="/api/cart")


@dataclass
class Line:
    """One product in the cart."""

    product: db.Row
    qty: int

    @property
    def total(self) -> int:
        """Price times quantity, in won."""
        price: int = self.product["price"]
        return price * self.qty

    @property
    def short(self) -> bool:
        """Whether fewer are left than wanted."""
        return bool(self.product["stock"] < self.qty)


def items() -> dict[str, int]:
    """Return SKU → quantity."""
    found: dict[str, int] = sessions.load().get("cart", {}).get("items", {})
    return found


def cart_id() -> str:
    """Return the id of this visitor's cart, empty if there is no cart."""
    return str(sessions.load().get("cart", {}).get("id", ""))


def lines() -> list[Line]:
    """Return what is in the cart, without products that are no longer sold."""
    wanted = items()
    found = catalogue.by_sku(list(wanted))
    return [Line(found[sku], qty) for sku, qty in wanted.items() if sku in found]


def set_qty(sku: str, qty: int, add: bool = False) -> None:
    """Set (or add to) the quantity of a product; 0 takes it out. Raise sessions.Unavailable if that cannot be kept."""

    def change(session: sessions.Data) -> None:
        cart = session.setdefault("cart", {"id": str(uuid.uuid4()), "items": {}})
        wanted = min(qty + (cart["items"].get(sku, 0) if add else 0), MAX_QTY)
        if wanted > 0 and (sku in cart["items"] or len(cart["items"]) < MAX_ITEMS):
            cart["items"][sku] = wanted
        elif wanted <= 0:
            cart["items"].pop(sku, None)

    sessions.update(change)


def leave(ordered: str, keep_items: bool = False) -> None:
    """Let go of the cart that was ordered: empty it, or keep its items under a new id."""

    def change(session: sessions.Data) -> None:
        cart = session.get("cart", {})
        if cart.get("id") == ordered:
            if keep_items:
                cart["id"] = str(uuid.uuid4())
            else:
                del session["cart"]

    sessions.update(change)


def _form_qty(default: int | None = None) -> int:
    qty = request.form.get("qty", default, type=int)
    if qty is None or not 0 <= qty <= MAX_QTY:
        abort(400, f"qty must be a whole number from 0 to {MAX_QTY}")
    return qty


@bp.get("")
def show() -> str:
    """The cart."""
    found = lines()
    return render_template(
        "cart.html",
        lines=found,
        total=sum(line.total for line in found),
        max_qty=MAX_QTY,
        ordering_open=health.ordering_open(),
    )


@bp.post("/items")
def add() -> Response:
    """Put a product into the cart."""
    sku = request.form.get("sku", "")
    if sku not in catalogue.by_sku([sku]):
        abort(404)
    set_qty(sku, _form_qty(1), add=True)
    return redirect(url_for("cart.show"), 303)


@bp.post("/items/<sku>")
def change(sku: str) -> Response:
    """Change a quantity; 0 takes the product out."""
    if sku in items():
        set_qty(sku, _form_qty())
    return redirect(url_for("cart.show"), 303)


@api.get("")
def summary() -> dict[str, Any]:
    """How much is in the cart: what a cached page shows of it."""
    return {"count": sum(items().values())}


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    app.register_blueprint(api)
