"""Orders: placed once per idempotency key, whatever happens on the way.

The key column is UNIQUE and the stock goes down in the same transaction. Three answers are possible: done, not done
(503, the cart is kept), and unknown (503, the answer to the COMMIT was lost); sending the same key again settles it.
"""

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.exceptions import BadRequest

from . import cart, catalogue, db, health, metrics, sessions
from .i18n import PREFIX

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
EMAIL = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,150}\.[A-Za-z0-9-]{2,30}")

TRIES = 3

bp = Blueprint("orders", __name__, url_prefix=PREFIX)
bp.url_value_preprocessor(catalogue.take_language)
api = Blueprint("api_orders", __name__, url_prefix="/api/orders")


class OutOfStock(Exception):
    """Fewer are left than wanted; `sku` says of what."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"not enough of {sku} in stock")
        self.sku = sku


class UnknownProduct(Exception):
    """No such SKU."""


class KeyReused(Exception):
    """The idempotency key belongs to another order."""


@dataclass(frozen=True)
class Wanted:
    """What a customer asks for; `items` is SKU → quantity."""

    request_id: str
    email: str
    items: dict[str, int]
    name: str = ""
    address: str = ""
    customer: str = ""

    @property
    def fingerprint(self) -> str:
        """A digest of what is asked for: the same key with another one is not a repetition."""
        content = {key: value for key, value in asdict(self).items() if key not in ("request_id", "customer")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """An order that is in the database."""

    order_id: int
    request_id: str
    site: str
    total: int
    created_at: str = ""
    email: str = ""
    name: str = ""
    address: str = ""
    customer: str = ""
    fingerprint: str = ""
    items: list[db.Row] = field(default_factory=list)


def place(connection: db.Connection, wanted: Wanted, site: str) -> tuple[Order, bool]:
    """Place an order in one transaction; return it and whether it is new.

    Raises OutOfStock, UnknownProduct, KeyReused, db.Unavailable (nothing was written), db.OutcomeUnknown.
    """
    for attempt in range(TRIES):
        try:
            return _insert(connection, wanted, site), True
        except db.Duplicate:
            connection.rollback()
            existing = find(connection, wanted.request_id)
            if existing and existing.fingerprint != wanted.fingerprint:
                raise KeyReused(wanted.request_id) from None
            if existing:
                return existing, False
            # else the transaction that held the key has just rolled back
        except db.Deadlock:
            connection.rollback()
            if attempt == TRIES - 1:
                raise
        except Exception:
            connection.rollback()
            raise
    raise db.Unavailable("the idempotency key is in use")


def _insert(connection: db.Connection, wanted: Wanted, site: str) -> Order:
    skus = sorted(wanted.items)  # one order for all, so that two transactions cannot lock each other out
    marks = ", ".join("?" for _ in skus)
    rows = connection.rows(f"SELECT sku, price FROM product WHERE sku IN ({marks})", *skus)
    products = {row["sku"]: row for row in rows}
    for sku in skus:
        if sku not in products:
            raise UnknownProduct(sku)
    total = sum(products[sku]["price"] * wanted.items[sku] for sku in skus)
    order_id = connection.execute(
        "INSERT INTO orders (request_id, fingerprint, customer, email, name, address, total, site, server_uuid)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, {connection.server_uuid})",
        wanted.request_id,
        wanted.fingerprint,
        wanted.customer,
        wanted.email,
        wanted.name,
        wanted.address,
        total,
        site,
    ).lastrowid
    # Before the items: their foreign key locks the product for reading, and two such orders would wait for each other.
    for sku in skus:
        taken = connection.execute(
            "UPDATE product SET stock = stock - ? WHERE sku = ? AND stock >= ?",
            wanted.items[sku],
            sku,
            wanted.items[sku],
        )
        if taken.rowcount != 1:
            raise OutOfStock(sku)
    values = [value for sku in skus for value in (order_id, sku, wanted.items[sku], products[sku]["price"])]
    connection.execute(
        "INSERT INTO order_item (order_id, sku, qty, price) VALUES " + ", ".join("(?, ?, ?, ?)" for _ in skus), *values
    )
    connection.commit()
    return Order(order_id, wanted.request_id, site, total)


def _load(connection: db.Connection, condition: str, *params: Any) -> list[Order]:
    rows = connection.rows(f"SELECT * FROM orders WHERE {condition} ORDER BY order_id DESC LIMIT 50", *params)
    marks = ", ".join("?" for _ in rows)
    items = connection.rows(
        "SELECT i.order_id, i.sku, i.qty, i.price, p.name_ko, p.name_en"
        " FROM order_item i JOIN product p ON p.sku = i.sku"
        f" WHERE i.order_id IN ({marks or 'NULL'}) ORDER BY p.position",
        *(row["order_id"] for row in rows),
    )
    known = Order.__dataclass_fields__
    return [
        Order(
            **{key: value for key, value in row.items() if key in known and key != "created_at"},
            created_at=str(row["created_at"])[:16],
            items=[item for item in items if item["order_id"] == row["order_id"]],
        )
        for row in rows
    ]


def find(connection: db.Connection, request_id: str) -> Order | None:
    """Return the order with this idempotency key."""
    return next(iter(_load(connection, "request_id = ?", request_id)), None)


def _anywhere(condition: str, param: str) -> tuple[list[Order], bool]:
    """Return orders from the writer, or from the replica while there is no writer; and whether it was the writer."""
    try:
        return _load(db.writer(), condition, param), True
    except db.Unavailable:
        return _load(db.reader(), condition, param), False


def of_customer(token: str) -> tuple[list[Order], bool]:
    """Return the newest orders made with this customer token, and whether they come from the writer."""
    return _anywhere("customer = ?", _customer(token))


def _customer(token: str) -> str:
    """What the database keeps of a token: someone who reads the table cannot open the customer's page."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()


def _give_token(session: sessions.Data) -> None:
    session.setdefault("customer", secrets.token_urlsafe(16))  # a second click at the same time must not replace it


def _place(wanted: Wanted) -> tuple[Order, bool]:
    """Place an order through this request's writer and count the result."""
    result = "error"
    try:
        order, created = place(db.writer(), wanted, current_app.config["SITE"])
        result = "created" if created else "repeated"
        return order, created
    except OutOfStock:
        result = "out_of_stock"
        raise
    except db.OutcomeUnknown:
        result = "unknown"
        raise
    except db.Unavailable:
        result = "unavailable"
        raise
    finally:
        metrics.ORDERS.labels(result).inc()


# --- pages ----------------------------------------------------------------------------------------------------------


def _checkout(form: dict[str, str], notice: str = "", errors: tuple[str, ...] = ()) -> str:
    found = cart.lines()
    return render_template(
        "checkout.html",
        lines=found,
        total=sum(line.total for line in found),
        cart_id=cart.cart_id(),
        form=form,
        notice=notice,
        errors=errors,
        ordering_open=notice not in ("closed", "unknown") and health.ordering_open(),
    )


@bp.get("/checkout")
def checkout() -> str | Response:
    """The form that orders the cart."""
    if not cart.items():
        return redirect(url_for("cart.show"), 303)
    return _checkout({})


@bp.post("/checkout")
def order() -> Any:
    """Order the cart. The page that answers 503 is the form again, filled in, with the same key."""
    form = {name: request.form.get(name, "").strip()[:200] for name in ("cart_id", "email", "name", "address")}
    session = sessions.load()
    if form["cart_id"] != cart.cart_id():  # a second click after the first has emptied the cart
        found, _ = of_customer(session.get("customer", ""))
        mine = [one for one in found if one.request_id == form["cart_id"]]
        target = url_for("orders.show", token=session["customer"], order_id=mine[0].order_id) if mine else None
        return redirect(target or url_for("cart.show"), 303)
    errors = tuple(name for name in ("name", "address") if not form[name])
    errors += () if EMAIL.fullmatch(form["email"]) else ("email",)
    if errors:
        return _checkout(form, errors=errors), 400
    lines = cart.lines()
    if not lines:
        return redirect(url_for("cart.show"), 303)
    headers = {"Retry-After": str(current_app.config["RETRY_AFTER"])}
    try:
        if "customer" not in session:  # kept before the order exists: the customer must be able to find it again
            session = sessions.update(_give_token)
        token = session["customer"]
        wanted = Wanted(
            request_id=form["cart_id"],
            email=form["email"],
            name=form["name"],
            address=form["address"],
            items={line.product["sku"]: line.qty for line in lines},
            customer=_customer(token),
        )
        placed, _ = _place(wanted)
        repeated_otherwise = False
    except OutOfStock:
        return _checkout(form, notice="stock"), 409
    except KeyReused:
        # An earlier answer was lost, and the cart or the address was changed since: the order of then stands.
        existing = find(db.writer(), form["cart_id"])
        if not existing or existing.customer != _customer(token):
            abort(409)
        placed, repeated_otherwise = existing, True
    except db.OutcomeUnknown as error:
        current_app.logger.warning("outcome of order %s unknown: %s", form["cart_id"], error)
        return _checkout(form, notice="unknown"), 503, headers
    except (db.Unavailable, sessions.Unavailable) as error:
        current_app.logger.warning("order refused: %s", error)
        return _checkout(form, notice="closed"), 503, headers
    try:
        cart.leave(form["cart_id"], keep_items=repeated_otherwise)
    except sessions.Unavailable as error:  # the order stands; the cart's id keeps it from being made twice
        current_app.logger.warning("cart of order %s not emptied: %s", placed.order_id, error)
    notice = "changed" if repeated_otherwise else "thanks"
    return redirect(url_for("orders.show", token=token, order_id=placed.order_id, notice=notice), 303)


@bp.get("/orders")
def mine() -> str | Response:
    """This visitor's orders. Their address is the key to them, on any device: there is no login."""
    token = sessions.load().get("customer")
    return redirect(url_for("orders.history", token=token)) if token else render_template("orders.html", orders=[])


@bp.get("/orders/<token>")
def history(token: str) -> str:
    """The orders of whoever knows the token."""
    return render_template("orders.html", orders=of_customer(token)[0], token=token)


@bp.get("/orders/<token>/<int:order_id>")
def show(token: str, order_id: int) -> str:
    """One order."""
    orders, at_writer = of_customer(token)
    found = [order for order in orders if order.order_id == order_id]
    if not found and not at_writer:
        raise db.Unavailable("the replica does not have it and the writer cannot be asked")
    if not found:
        abort(404)
    return render_template("order.html", order=found[0], token=token, notice=request.args.get("notice", ""))


# --- for programs ---------------------------------------------------------------------------------------------------


def _public(order: Order) -> dict[str, Any]:
    """What an order tells to whoever knows its request id: nothing about the person."""
    return {
        "order_id": order.order_id,
        "request_id": order.request_id,
        "site": order.site,
        "total": order.total,
        "currency": "KRW",
    }


def _wanted(request_id: str, body: Any) -> Wanted:
    if not KEY.fullmatch(request_id):
        raise BadRequest("the header Idempotency-Key must be 8 to 64 letters, digits, - or _")
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object {email, items}")
    email, items = body.get("email"), body.get("items")
    if not isinstance(email, str) or not EMAIL.fullmatch(email):
        raise BadRequest(f"email is {email!r}; it must be an e-mail address")
    if not isinstance(items, list) or not 1 <= len(items) <= cart.MAX_ITEMS:
        raise BadRequest(f"items must be a list of 1 to {cart.MAX_ITEMS} objects {{sku, qty}}")
    wanted: dict[str, int] = {}
    for item in items:
        sku, qty = (item.get("sku"), item.get("qty")) if isinstance(item, dict) else (None, None)
        if (
            not isinstance(sku, str)
            or not catalogue.SKU.fullmatch(sku)
            or type(qty) is not int
            or not 1 <= qty <= cart.MAX_QTY
        ):
            raise BadRequest(f"item {item!r} must have a sku and a qty from 1 to {cart.MAX_QTY}")
        wanted[sku] = wanted.get(sku, 0) + qty
    return Wanted(request_id, email, wanted)


@api.post("")
def create() -> Any:
    """Place an order: 201 if it is new, 200 with the same order if the key is repeated."""
    wanted = _wanted(request.headers.get("Idempotency-Key", ""), request.get_json(silent=True))
    try:
        placed, created = _place(wanted)
    except OutOfStock as error:
        return {"error": "out_of_stock", "sku": error.sku}, 409
    except UnknownProduct as error:
        return {"error": "unknown_product", "sku": str(error)}, 422
    except KeyReused:
        return {"error": "key_reused", "message": "this Idempotency-Key belongs to an order with other content"}, 422
    location = {"Location": url_for("api_orders.read", request_id=placed.request_id)}
    return _public(placed), 201 if created else 200, location


@api.get("/<request_id>")
def read(request_id: str) -> Any:
    """Return the order with this key. "Not found" comes from the writer only: a replica may not have it yet."""
    if not KEY.fullmatch(request_id):
        abort(404)
    found, at_writer = _anywhere("request_id = ?", request_id)
    if not found and not at_writer:
        raise db.Unavailable("the replica does not have it and the writer cannot be asked")
    if not found:
        return {"error": "not_found", "request_id": request_id}, 404
    order = found[0]
    items = [{"sku": item["sku"], "qty": item["qty"], "price": item["price"]} for item in order.items]
    return _public(order) | {"created_at": order.created_at, "items": items}


def init_app(app: Flask) -> None:
    """Register the pages and the API."""
    app.register_blueprint(bp)
    app.register_blueprint(api)
