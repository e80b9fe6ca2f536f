# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record's table. One item ``record``, one ``status#<site>`` for each site, one ``lock``.

Built on UpdateItem, PutItem, GetItem and BatchGetItem with strongly consistent reads:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ._failover.record import Add, Below, Change, Is, Record, from_item, to_item

RECORD = "record"


class StoreError(Exception):
    """The table did not answer, or refused; the message is one sentence. What was asked for may have happened."""


class Store:
    """``client``: boto3's dynamodb client. Every method may raise :class:`StoreError`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> Record | None:
        """The record as it is now (strongly consistent); None if there is none."""
        answer = self._ask("get_item", Key=_key(RECORD), ConsistentRead=True)
        return from_item(_plain(answer["Item"])) if "Item" in answer else None

    def apply(self, change: Change) -> Record | None:
        """The record after ``change``; None if a condition does not hold."""
        if change.create:
            record = from_item(change.updates)
            item = {**_key(RECORD), **{name: _typed(value) for name, value in to_item(record).items()}}
            done = self._try("put_item", Item=item, ConditionExpression="attribute_not_exists(id)")
            return None if done is None else record
        answer = self._try("update_item", Key=_key(RECORD), ReturnValues="ALL_NEW", **_expressions(change))
        return None if answer is None else from_item(_plain(answer["Attributes"]))

    def publish(self, site: str, status: Mapping[str, Any]) -> None:
        """Replace what ``site`` says about itself."""
        self._ask("put_item", Item={**_key(f"status#{site}"), "status": {"S": json.dumps(status)}})

    def statuses(self, sites: tuple[str, ...]) -> dict[str, dict[str, Any] | None]:
        """What each site last said about itself; None: never anything."""
        keys = [_key(f"status#{site}") for site in sites]
        request = {self._table: {"Keys": keys, "ConsistentRead": True}}
        items = self._call("batch_get_item", RequestItems=request)["Responses"].get(self._table, [])
        said = {item["id"]["S"]: json.loads(item["status"]["S"]) for item in items}
        return {site: said.get(f"status#{site}") for site in sites}

    def take_lock(self, run: str, owner: str) -> str | None:
        """None if the lock is now held by ``run`` (again, perhaps), else the run that holds it."""
        item = {**_key("lock"), "run": {"S": run}, "owner": {"S": owner}}
        free = "attribute_not_exists(id) OR #run = :run"
        names, values = {"#run": "run"}, {":run": {"S": run}}
        expressions = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        if self._try("put_item", Item=item, ConditionExpression=free, **expressions) is not None:
            return None
        holder = self.lock()
        return f"{holder['run']} of {holder['owner']}" if holder else "a run that has just ended"

    def lock(self) -> dict[str, str] | None:
        """Who holds the lock: its run and owner; None: nobody."""
        item = self._ask("get_item", Key=_key("lock"), ConsistentRead=True).get("Item")
        return None if item is None else {name: item[name]["S"] for name in ("run", "owner")}

    def release_lock(self, run: str) -> bool:
        """False if ``run`` did not hold the lock."""
        return (
            self._try(
                "delete_item",
                Key=_key("lock"),
                ConditionExpression="#run = :run",
                ExpressionAttributeNames={"#run": "run"},
                ExpressionAttributeValues={":run": {"S": run}},
            )
            is not None
        )

    def _try(self, operation: str, **arguments: Any) -> Any | None:
        """None if the condition does not hold."""
        try:
            return self._ask(operation, **arguments)
        except StoreError as error:
            if _code(error.__cause__) == "ConditionalCheckFailedException":
                return None
            raise

    def _ask(self, operation: str, **arguments: Any) -> Any:
        return self._call(operation, TableName=self._table, **arguments)

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except Exception as error:
            raise StoreError(f"{operation} on the table {self._table}: {error}.") from error


def client(connect_timeout: float, read_timeout: float, **options: Any) -> Any:
    """boto3's client without retries: a late answer is worth nothing to a lease. ``options`` as of boto3.client."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=connect_timeout, read_timeout=read_timeout, retries={"total_max_attempts": 1}, proxies={}
    )
    return boto3.client("dynamodb", config=config, **options)


def _key(name: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": name}}


def _code(error: BaseException | None) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case list() | tuple():
            return {"L": [_typed(entry) for entry in value]}
    raise TypeError(f"{value!r} has no place in the record")


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in item.items()}


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, value),) = typed.items()
    match kind:
        case "N":
            number = Decimal(value)
            return int(number) if number == number.to_integral_value() else float(number)
        case "L":
            return [_value(entry) for entry in value]
    return value


def _expressions(change: Change) -> dict[str, Any]:
    """UpdateItem's arguments: the change's conditions and updates."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def name(of: str) -> str:
        names[f"#{of}"] = of
        return f"#{of}"

    def value(of: Any) -> str:
        values[f":{len(values)}"] = _typed(of)
        return f":{len(values) - 1}"

    tests: list[str] = ["attribute_exists(id)"]
    for of, test in change.conditions.items():
        operator = "=" if isinstance(test, Is) else "<" if isinstance(test, Below) else "<>"
        tests.append(f"{name(of)} {operator} {value(test.value)}")
    updates = [
        f"{name(of)} = {name(of)} + {value(new.value)}" if isinstance(new, Add) else f"{name(of)} = {value(new)}"
        for of, new in change.updates.items()
    ]
    return {
        "ConditionExpression": " AND ".join(tests),
        "UpdateExpression": "SET " + ", ".join(updates),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
