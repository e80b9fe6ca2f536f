# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB in moto 5.2.5: right one request at a time, but this server answers in threads.

moto tests a condition and then changes the item in place, with nothing between two requests that do so at once: both
can find their condition true. On AWS a conditional write is atomic, and the record of which site is active rests on it.
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler


def apply() -> None:
    """Patch moto."""
    _one_at_a_time()
    _table_id()


def _one_at_a_time() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html (atomic, conditional)

    The answer is made from the item itself, so it is made under the lock, too.
    """
    lock = threading.Lock()
    original = DynamoHandler.call_action

    def call_action(self: Any) -> Any:
        with lock:
            return original(self)

    DynamoHandler.call_action = call_action


def _table_id() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html (TableId)"""
    original = Table.describe

    def describe(self: Any, base_key: str = "TableDescription") -> dict[str, Any]:
        described: dict[str, Any] = original(self, base_key=base_key)
        described[base_key]["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.table_arn} {self.created_at}"))
        return described

    Table.describe = describe
