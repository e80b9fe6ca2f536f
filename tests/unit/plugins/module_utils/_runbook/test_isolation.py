# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby that can be spared is cut off, no other; and each thing that it cannot do alone is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.dr_isolation_findings import dr_isolation_findings
from ansible_collections.multicloud.dr.plugins.filter.dr_isolation_obstacle import dr_isolation_obstacle
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings
from ansible_collections.multicloud.dr.plugins.module_utils._watch import Scene, watch
from ansible_collections.multicloud.dr.plugins.modules.dr_failover_info import report

from tests.unit.fakes.sites import HEALTHY, World, lost, scene

Facts = dict[str, Any]
AT_GCP = {"dns": {"name": "shop.example", "site": "gcp"}}


def look(world: World | None = None, told: Scene | None = None) -> Facts:
    """What dr_failover_info says."""
    world, settings = world or World(), Settings()
    return report(*watch(world, told or scene(), settings, world.clock), settings, None)


def sees(change: Callable[[Facts], object]) -> Facts:
    seen = look()
    change(seen["statuses"]["aws"])
    return seen


def lagging() -> World:
    world = World()
    world.agents["aws"].lag = 99
    world.sleep(3)
    return world


def drained() -> World:
    world = World()
    world._apply(records.drain(7, "aws", "another"))
    return world


def test_a_standby_that_follows_can_be_spared() -> None:
    assert dr_isolation_obstacle(look(), AT_GCP, "gcp", "aws") == ""


def test_so_can_one_of_which_nobody_gives_a_verdict_because_nobody_was_asked() -> None:
    unasked = scene(None)
    nobody = replace(unasked, health=lambda: {site: {"writable": None, "healthz": None} for site in ("gcp", "aws")})
    assert dr_isolation_obstacle(look(told=nobody), {"dns": None}, "gcp", "aws") == ""
    assert "DNS gave no verdict" in dr_isolation_obstacle(look(told=unasked), AT_GCP, "gcp", "aws")


@pytest.mark.parametrize(
    ("seen", "dns", "sentence"),
    [
        (look(), {"name": "shop.example", "site": "aws"}, "shop.example answers aws: its customers would be cut off"),
        (look(lost(World())), None, "The agent of gcp was not seen to publish"),
        (look(lost(World(), "aws")), None, "The agent of aws was not seen to publish"),
        (look(lagging()), None, "aws is 99 s behind"),
        (look(drained()), None, "A planned failover to aws is under way"),
        (look(told=scene("down")), None, "Route 53's checkers find no shop at gcp."),
        ({**look(), "record": None}, None, "The record cannot be read."),
        (look(World(record=replace(HEALTHY, active_site="aws"))), None, "gcp is not the active site any more."),
        (sees(lambda aws: aws["database"].update(writable=True)), None, "The database of aws takes writes."),
        (sees(lambda aws: aws["database"].update(diverged=None)), None, "It is not known whether aws has diverged."),
    ],
)
def test_what_stands_in_the_way(seen: Facts, dns: Facts | None, sentence: str) -> None:
    assert dr_isolation_obstacle(seen, {"dns": dns}, "gcp", "aws").startswith(sentence)


# Alone ---------------------------------------------------------------------------------------------------------------

HOSTS: Facts = {
    "aws-db": {"cut": True, "closed": True},
    "aws-cache": {"cut": True},
    "aws-web1": {"cut": True, "catalogue": 200, "orders": 503},
}
NAMES = ["cut", "agent", "record", "database", "catalogue", "orders", "lease", "arbiter"]


def alone() -> Facts:
    seen = look()
    seen["statuses"]["aws"]["peer"] = {"answers": False, "age_seconds": 9.0}
    return {"seen": seen, "hosts": copy.deepcopy(HOSTS)}


def judged(system: Facts) -> dict[str, tuple[bool, str]]:
    hosts = {name: json.dumps(said) if said else "Traceback" for name, said in system["hosts"].items()}
    found = dr_isolation_findings(system["seen"], hosts, 7, "gcp", "aws")
    assert all(finding["sentence"].endswith(".") for finding in found)
    return {finding["name"]: (finding["seen"], finding["sentence"]) for finding in found}


def test_all_is_as_it_should_be() -> None:
    found = judged(alone())
    assert list(found) == NAMES
    assert {name for name, (seen, _) in found.items() if not seen} == set()
    assert found["arbiter"][1].endswith("gcp renewed its lease between the two looks: it lives.")


def of_host(name: str, **said: Any) -> Callable[[Facts], object]:
    return lambda system: system["hosts"][name].update(said)


def of_agent(**said: Any) -> Callable[[Facts], object]:
    return lambda system: system["seen"]["statuses"]["aws"].update(said)


def of_record(**said: Any) -> Callable[[Facts], object]:
    return lambda system: system["seen"]["record"].update(said)


def promotable(system: Facts) -> None:
    system["seen"]["unplanned"]["verdict"].update(allowed=True, refusals=[])


@pytest.mark.parametrize(
    ("change", "name", "sentence"),
    [
        (of_host("aws-cache", cut=False), "cut", "Not cut off, or silent, when looked at: aws-cache."),
        (lambda system: system["hosts"].update({"aws-cache": None}), "cut", "aws-cache."),
        (of_agent(peer={"answers": True}), "cut", "The agent of aws still hears gcp."),
        (of_agent(role="opening"), "agent", "The agent of aws says that it is opening."),
        (lambda system: system["seen"].update(alive=["gcp"]), "agent", "The agent of aws is silent."),
        (of_agent(record_age_seconds=10.5), "record", "last read the record 10.5 s before."),
        (of_agent(record_age_seconds=None), "record", "last read the record never."),
        (of_host("aws-db", closed=False), "database", "The database on aws-db is OPEN."),
        (of_host("aws-db", closed=None), "database", "The database on aws-db does not answer."),
        (of_host("aws-web1", catalogue=503), "catalogue", "answers 503; wanted is 200."),
        (of_host("aws-web1", orders=422), "orders", "aws-web1, asked for an order, answers 422; wanted is 503."),
        (of_host("aws-web1", orders=None), "orders", "answers nothing; wanted is 503."),
        (of_record(epoch=8), "lease", "gcp did not go on: epoch 8 of gcp, lease held."),
        (of_record(active_site="aws"), "lease", "gcp did not go on: epoch 7 of aws"),
        (lambda system: system["seen"].update(lease="expired"), "lease", "lease expired."),
        (promotable, "arbiter", "The arbiter sees no lease against aws."),
    ],
)
def test_what_it_cannot_do_is_named(change: Callable[[Facts], object], name: str, sentence: str) -> None:
    system = alone()
    change(system)
    found = judged(system)
    assert name in {each for each, (seen, _) in found.items() if not seen}
    assert sentence in found[name][1]
