# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table means what record.apply means, for any change in any state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import _dynamodb
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

CAUSE = records.Cause("test", "because", 1700000000.5, ("rpo",), "run-1")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client(
            "dynamodb", region_name="ap-northeast-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        made.create_table(
            TableName="dr",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


@pytest.fixture
def store(client: Any) -> _dynamodb.Store:
    for item in client.scan(TableName="dr")["Items"]:
        client.delete_item(TableName="dr", Key={"id": item["id"]})
    return _dynamodb.Store(client, "dr")


sites = st.sampled_from(["gcp", "aws"])
epochs = st.integers(1, 4)
changes = st.one_of(
    st.builds(records.renew, epochs, sites),
    st.builds(records.confirm_fence, epochs, sites, st.sampled_from(["", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"])),
    st.builds(records.drain, epochs, sites, st.just("run-1")),
    st.builds(records.promote, epochs, sites, st.just(CAUSE)),
    st.builds(records.complete_drain, epochs, sites, st.just(CAUSE)),
    st.builds(records.acknowledge, epochs),
    st.builds(records.set_mode, st.sampled_from(["manual", "automatic"])),
    st.just(records.bootstrap("gcp", "manual", CAUSE)),
)


@given(history=st.lists(changes, max_size=15))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_and_the_model_agree(client: Any, history: list[records.Change]) -> None:
    client.delete_item(TableName="dr", Key={"id": {"S": "record"}})
    store = _dynamodb.Store(client, "dr")
    model: records.Record | None = None
    for change in history:
        after = records.apply(model, change)
        assert store.apply(change) == after
        assert (records.why_not(model, change) == "") == (after is not None)
        model = after if after is not None else model
        assert store.read() == model


def test_what_sites_say_of_themselves(store: _dynamodb.Store) -> None:
    store.publish("gcp", {"seq": 1})
    store.publish("gcp", {"seq": 2, "lag": None})
    assert store.statuses(("gcp", "aws")) == {"gcp": {"seq": 2, "lag": None}, "aws": None}


def test_one_run_holds_the_lock(store: _dynamodb.Store) -> None:
    assert store.lock() is None
    assert store.take_lock("one", "ann") is None
    assert store.lock() == {"run": "one", "owner": "ann"}
    assert store.take_lock("one", "bob on another host") is None, "the same run goes on"
    assert store.take_lock("two", "cat") == "one of bob on another host"
    assert not store.release_lock("two")
    assert store.release_lock("one")
    assert store.take_lock("two", "cat") is None


def test_an_error_is_one_sentence(client: Any) -> None:
    with pytest.raises(_dynamodb.StoreError, match=r"get_item on the table absent: .*ResourceNotFound"):
        _dynamodb.Store(client, "absent").read()


def test_a_damaged_record_is_named(client: Any, store: _dynamodb.Store) -> None:
    client.put_item(TableName="dr", Item={"id": {"S": "record"}, "epoch": {"S": "many"}, "active_site": {"S": "gcp"}})
    with pytest.raises(records.RecordError, match=r"The record's epoch is 'many', which is no int"):
        store.read()
