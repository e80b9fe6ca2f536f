# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole modules: options and results, against a table that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.modules import dr_failover, dr_failover_info

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.sites import World
from tests.unit.fakes.tables import CREDENTIALS, REGION, table

CAUSE = records.Cause("ann", "", 0.0)
COMMON: dict[str, Any] = {
    "region": REGION,
    "sites": ["gcp", "aws"],
    # Nothing lives here, so nothing is worth waiting for.
    "settings": {"holder_ttl": 0.2, "challenger_ttl": 0.4, "publish_every": 0.05},
}
ASKED = {**COMMON, "target": "aws", "planned": False, "run": "mine"}
DOWN = {"gcp": {"writable": "down", "healthz": "down"}, "aws": {"writable": "down", "healthz": "up"}}


@pytest.fixture
def store() -> Iterator[Store]:
    """gcp is open at epoch 1; both sites published once."""
    with table() as store:
        store.apply(records.bootstrap("gcp", "manual", CAUSE))
        store.apply(records.renew(1, "gcp"))
        world = World(record=store.read())
        for site, status in world.published.items():
            store.publish(site, status)
        yield store


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dr_failover.main, capsys, CREDENTIALS)


@pytest.fixture
def info(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(dr_failover_info.main, capsys, CREDENTIALS)


def test_a_refusal_is_a_failure_with_everything_that_was_found(store: Store, run: Run) -> None:
    result = run(**ASKED)
    assert (result["failed"], result["changed"]) == (True, False)
    assert "dr_override: [evidence, standby]" in result["msg"]
    assert {refusal["name"] for refusal in result["verdict"]["refusals"]} == {"evidence", "standby"}
    assert (result["old_epoch"], result["new_epoch"], result["record"]["active_site"]) == (1, 1, "gcp")
    assert [entry["step"] for entry in result["timeline"]] == ["look"]
    assert result["diff"]["before"] == result["diff"]["after"] == {"epoch": 1, "active_site": "gcp"}


def test_check_mode_returns_the_plan_and_what_would_be_lost(store: Store, run: Run) -> None:
    before = store.read()
    result = run(_check=True, overrides=["evidence", "standby"], health=DOWN, **ASKED)
    assert (result["changed"], result.get("failed"), store.read()) == (True, None, before)
    assert result["diff"] == {
        "before": {"epoch": 1, "active_site": "gcp"},
        "after": {"epoch": 2, "active_site": "aws"},
    }
    assert [step["name"] for step in result["plan"]] == ["look", "decide", "promote", "open"]
    assert result["verdict"]["predicted_loss"]["transactions"] == 0
    assert result["predicted_seconds"] > 0


def test_a_promotion_that_nobody_opens(store: Store, run: Run) -> None:
    result = run(overrides=["standby"], health=DOWN, open_timeout=0.3, reason="gone", requested_by="ann", **ASKED)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "Epoch 2 belongs to aws, which does not take writes after 0.3 s." in result["msg"]
    record = store.read()
    assert record is not None
    assert (record.epoch, record.active_site, record.run, record.reason) == (2, "aws", "mine", "gone")
    assert (record.changed_by, record.overrides) == ("ann", ("standby",))
    assert result["diff"]["after"] == {"epoch": 2, "active_site": "aws"}
    assert [entry["step"] for entry in result["timeline"]] == ["look", "decide", "promote"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"target": "azure"}, "target is 'azure'; the sites are gcp and aws."),
        ({"sites": ["gcp"]}, "two different names are needed"),
        ({"run": ""}, "run is empty"),
        ({"drain_timeout": 30}, "drain_timeout is 30; more than 0 and less than 30 is allowed"),
        ({"drain_timeout": 0}, "drain_timeout is 0"),
        ({"open_timeout": -1}, "open_timeout is -1; it must be more than 0."),
        ({"zone": "example"}, "name_servers"),
        ({"zone": "example", "name_servers": ["192.0.2.1"], "health": {}}, "mutually exclusive"),
        ({"health": {"gcp": "up"}}, "health of gcp is 'up'"),
        ({"settings": {"holder_ttl": 12}}, "settings.challenger_ttl is 10"),
        ({"overrides": ["everything"]}, "dr_override: 'everything' is no refusal of the arbiter"),
        ({"overrides": ["rpo"], "caller": "drill"}, "only an operator may override"),
        ({"health": {"gcp": {"writable": "yes"}}}, "writable of gcp is 'yes'; allowed are up, down and null."),
        ({"table": "elsewhere"}, "There is no table elsewhere in this region"),
        ({"expected_epoch": 5}, "not at epoch 5 as this run began"),
    ],
)
def test_bad_options_fail_with_a_sentence(store: Store, run: Run, options: dict[str, Any], part: str) -> None:
    before = store.read()
    result = run(**{**ASKED, **options})
    assert result["failed"]
    assert part in result["msg"]
    assert store.read() == before


def test_info(store: Store, info: Run) -> None:
    result = info(**COMMON, health=DOWN)
    assert (result["changed"], result["target"], result["lease"], result["alive"]) == (False, "aws", "expired", [])
    assert result["situation"]["name"] == "BothDown"
    assert (result["situation"]["action"], bool(result["situation"]["advice"])) == ("notify", True)
    assert [result[verb]["verdict"]["allowed"] for verb in ("planned", "unplanned")] == [False, False]
    assert [step["name"] for step in result["unplanned"]["plan"]] == ["look", "decide", "promote", "open"]
    assert result["health"]["gcp"] == {"writable": "down", "healthz": "down"}
    assert result["statuses"]["aws"]["site"] == "aws"
    assert result["record"]["epoch"] == 1


def test_info_about_the_active_site(store: Store, info: Run) -> None:
    result = info(**COMMON, target="gcp")
    assert [refusal["name"] for refusal in result["planned"]["verdict"]["refusals"]] == ["target"]


def test_info_about_a_table_that_is_not_there(store: Store, info: Run) -> None:
    assert "There is no table elsewhere" in info(**COMMON, table="elsewhere")["msg"]


def test_info_about_a_table_that_does_not_answer(info: Run) -> None:
    """That is a situation, not an error."""
    result = info(**COMMON, endpoint_url="http://127.0.0.1:9")
    assert (result["situation"]["name"], result["record"], result["target"]) == ("WitnessDown", None, None)
    assert (result["planned"], result["unplanned"], result["lease"]) == (None, None, "unknown")
