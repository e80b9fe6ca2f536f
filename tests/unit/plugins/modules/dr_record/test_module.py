# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both modules about the record, whole, against a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.modules import dr_record, dr_record_info

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.tables import CREDENTIALS, REGION, table

COMMON: dict[str, Any] = {"region": REGION, "sites": ["gcp", "aws"]}


@pytest.fixture
def store() -> Iterator[Store]:
    with table() as store:
        yield store


@pytest.fixture
def manage(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dr_record.main, capsys, CREDENTIALS)


@pytest.fixture
def info(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dr_record_info.main, capsys, CREDENTIALS)


def test_life_of_a_record(store: Store, manage: Run, info: Run) -> None:
    first = {**COMMON, "active_site": "gcp"}
    nothing = {"record": None, "draining": False, "fenced": False, "statuses": {"gcp": None, "aws": None}, "lock": None}
    assert {key: info(**COMMON)[key] for key in nothing} == nothing

    planned = manage(_check=True, **first)
    assert (planned["changed"], planned["record"]["epoch"], store.read()) == (True, 1, None)
    created = manage(**first)
    assert (created["changed"], created["changes"], created["diff"]["before"]) == (True, ["bootstrap"], {})
    again = manage(**first)
    assert (again["changed"], again["diff"]["before"]) == (False, again["diff"]["after"])

    assert manage(**COMMON, mode="automatic")["diff"]["after"]["mode"] == "automatic"
    assert manage(**COMMON, acknowledge=True)["changes"] == ["acknowledge"]
    assert manage(**COMMON, acknowledge=True)["changed"] is False

    store.apply(records.renew(1, "gcp"))
    store.apply(records.drain(1, "aws", "run-1"))
    store.apply(records.confirm_fence(1, "gcp", ""))
    store.publish("gcp", {"seq": 5})
    store.take_lock("run-1", "ann")
    seen = info(**COMMON)
    assert seen["record"] == records.to_item(store.read() or records.Record(0, ""))
    assert (seen["changed"], seen["draining"], seen["fenced"]) == (False, True, True)
    assert (seen["statuses"], seen["lock"]) == ({"gcp": {"seq": 5}, "aws": None}, {"run": "run-1", "owner": "ann"})


def test_a_record_that_nobody_has_opened_is_not_fenced(store: Store, manage: Run, info: Run) -> None:
    manage(**COMMON, active_site="gcp")
    assert info(**COMMON)["fenced"] is False


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "active_site is needed"),
        ({"active_site": "azure"}, "active_site is 'azure'; the sites are gcp and aws."),
        ({"sites": ["gcp"], "active_site": "gcp"}, "two different names are needed"),
        ({"mode": "sometimes", "active_site": "gcp"}, "mode"),
        ({"table": "elsewhere", "active_site": "gcp"}, "There is no table elsewhere in this region"),
        ({"region": "eu-west-1", "active_site": "gcp"}, "There is no table multicloud-dr in this region"),
    ],
)
def test_bad_options_fail_with_a_sentence(store: Store, manage: Run, options: dict[str, Any], part: str) -> None:
    result = manage(**{**COMMON, **options})
    assert result["failed"]
    assert part in result["msg"]
    assert store.read() is None


def test_without_a_table_only_check_mode_goes_on(store: Store, manage: Run, info: Run) -> None:
    elsewhere = {**COMMON, "table": "later"}
    assert manage(_check=True, active_site="gcp", **elsewhere)["changed"]
    assert "There is no table later" in info(**elsewhere)["msg"]


def test_a_damaged_record_is_named(store: Store, manage: Run, info: Run) -> None:
    item = {"id": {"S": "record"}, "epoch": {"S": "many"}, "active_site": {"S": "gcp"}}
    store._client.put_item(TableName="multicloud-dr", Item=item)
    for run in (manage, info):
        assert run(**COMMON)["msg"] == "The record's epoch is 'many', which is no int."
