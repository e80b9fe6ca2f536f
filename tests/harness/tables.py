# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The final tables, as a database server itself holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# One snapshot; a first column says what a row is. Stock and what was sold of it never change in sum.
QUERY = """\
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;
SELECT 'order', o.request_id, o.order_id, o.total, o.server_uuid, o.site,
  COALESCE((SELECT GROUP_CONCAT(CONCAT_WS(':', i.sku, i.qty, i.price) ORDER BY i.sku)
            FROM shop.order_item i WHERE i.order_id = o.order_id), '')
FROM shop.orders o WHERE o.email = 'harness-{run}@example.org' ORDER BY o.order_id;
SELECT 'product', p.sku, p.stock + COALESCE((SELECT SUM(i.qty) FROM shop.order_item i WHERE i.sku = p.sku), 0)
FROM shop.product p ORDER BY p.sku;
COMMIT
"""


@dataclass(frozen=True)
class Order:
    """One row of shop.orders with its items, {sku: (quantity, price of one)}."""

    id: str
    order_id: int
    total: int
    items: Mapping[str, tuple[int, int]]
    server_uuid: str = ""
    site: str = ""


@dataclass(frozen=True)
class Tables:
    """A run's orders, and for every product its stock plus all that was ever sold of it."""

    orders: tuple[Order, ...] = ()
    accounted: Mapping[str, int] | None = None


def query(run: str) -> str:
    """SQL for a run's tables. Raises ValueError if the run's name could be more than a name."""
    if not run.isalnum():
        raise ValueError(f"run is {run!r}; allowed are letters and digits.")
    return QUERY.format(run=run)


def read_tables(rows: Iterable[Sequence[str]]) -> Tables:
    """What ``QUERY`` returned, as text. Raises ValueError for a row of another shape."""
    orders, accounted = [], {}
    for row in rows:
        match row:
            case ["order", key, order_id, total, server_uuid, site, items]:
                orders.append(Order(key, int(order_id), int(total), _items(items), server_uuid, site))
            case ["product", sku, count]:
                accounted[sku] = int(count)
            case _:
                raise ValueError(f"not a row of the final tables: {row}")
    return Tables(tuple(orders), accounted)


def _items(text: str) -> dict[str, tuple[int, int]]:
    parts = [item.split(":") for item in text.split(",") if item]
    return {sku: (int(qty), int(price)) for sku, qty, price in parts}
