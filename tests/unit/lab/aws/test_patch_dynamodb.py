# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record rests on DynamoDB's conditional writes, so they are tried with many clients at once."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws

CLIENTS = 4


@pytest.fixture
def table(aws: Aws) -> Iterator[str]:
    """A table with one item: epoch 1."""
    name = uuid.uuid4().hex
    dynamodb = aws.client("dynamodb", region="eu-west-1")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName=name, Item={"id": {"S": "record"}, "epoch": {"N": "1"}, "counter": {"N": "0"}})
    yield name
    dynamodb.delete_table(TableName=name)


def promote(dynamodb: Any, table: str, epoch: int) -> bool:
    """The epoch after ``epoch``, if it is still that one."""
    try:
        dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "record"}},
            UpdateExpression="SET epoch = :next ADD #c :one",
            ConditionExpression="epoch = :epoch",
            ExpressionAttributeNames={"#c": "counter"},
            ExpressionAttributeValues={":epoch": {"N": f"{epoch}"}, ":next": {"N": f"{epoch + 1}"}, ":one": {"N": "1"}},
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
        return False
    return True


def read(dynamodb: Any, table: str) -> dict[str, str]:
    item = dynamodb.get_item(TableName=table, Key={"id": {"S": "record"}}, ConsistentRead=True)["Item"]
    return {name: next(iter(value.values())) for name, value in item.items()}


def test_of_many_conditional_writes_at_once_one_wins(aws: Aws, table: str) -> None:
    rounds = 25
    clients = [aws.client("dynamodb", region="eu-west-1") for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for epoch in range(1, rounds + 1):
            won = list(pool.map(lambda client, epoch=epoch: promote(client, table, epoch), clients))
            assert won.count(True) == 1, f"epoch {epoch}: {won}"
    assert read(clients[0], table) == {"id": "record", "epoch": str(rounds + 1), "counter": str(rounds)}


def test_a_transaction_is_all_or_nothing(aws: Aws, table: str) -> None:
    dynamodb = aws.client("dynamodb", region="eu-west-1")
    updates = [
        {
            "Update": {
                "TableName": table,
                "Key": {"id": {"S": key}},
                "UpdateExpression": "SET epoch = :next",
                "ConditionExpression": "epoch = :epoch",
                "ExpressionAttributeValues": {":epoch": {"N": "1"}, ":next": {"N": "2"}},
            }
        }
        for key in ("record", "missing")
    ]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        dynamodb.transact_write_items(TransactItems=updates)
    assert read(dynamodb, table)["epoch"] == "1"
    dynamodb.transact_write_items(TransactItems=updates[:1])
    assert read(dynamodb, table)["epoch"] == "2"


def test_a_table_has_an_id_of_its_own(aws: Aws, table: str) -> None:
    described = aws.client("dynamodb", region="eu-west-1").describe_table(TableName=table)["Table"]
    assert uuid.UUID(described["TableId"])


def test_without_the_lock_two_writers_can_win() -> None:
    """Negative control: moto's own condition check, with threads switching as often as Python can."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.exceptions import ConditionalCheckFailed
    from moto.dynamodb.models import dynamodb_backends

    backend = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"]
    name = uuid.uuid4().hex
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    backend.create_table(
        name, schema=key, throughput=None, attr=attributes, global_indexes=[], indexes=[], streams=None,
        billing_mode="PAY_PER_REQUEST", sse_specification=None, tags=[], deletion_protection_enabled=False,
        warm_throughput=None,
    )  # fmt: skip
    backend.put_item(name, {"id": {"S": "record"}, "epoch": {"N": "1"}})

    def write(epoch: int) -> bool:
        try:
            backend.update_item(
                name, {"id": {"S": "record"}}, "SET epoch = :next", {},
                {":epoch": {"N": str(epoch)}, ":next": {"N": str(epoch + 1)}}, condition_expression="epoch = :epoch",
            )  # fmt: skip
        except ConditionalCheckFailed:
            return False
        return True

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            assert any(list(pool.map(write, [epoch] * CLIENTS)).count(True) > 1 for epoch in range(1, 2000))
    finally:
        sys.setswitchinterval(before)
