# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.dr_screen import count, dr_screen
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings
from ansible_collections.multicloud.dr.plugins.module_utils._watch import watch
from ansible_collections.multicloud.dr.plugins.modules.dr_failover_info import report

from tests.unit.fakes.sites import UUID, World, lost, scene

NOTHING: dict[str, Any] = {"last": None, "lock": None, "dns": None}
LAST = {"run": "20261123T120000-ann", "verb": "failover", "target": "aws", "outcome": "done", "at": 1_800_000_000.0}


def seen(world: World, writable: str | None = "up") -> dict[str, Any]:
    settings = Settings()
    facts = report(*watch(world, scene(writable), settings, world.clock), settings, None)
    return {**facts, "holder_ttl": 8.0}


def shown(text: str) -> dict[str, str]:
    return {line[:10].strip(): line[10:] for line in text.splitlines() if line[:10].strip()}


def test_a_healthy_system() -> None:
    world = World()
    world.agents["aws"].executed = f"{UUID}:1-990"
    dns = {"name": "shop.example", "addresses": ["198.51.100.50"], "site": "gcp"}
    rows = shown(dr_screen(seen(world), {"last": LAST, "lock": {"run": "r", "owner": "ann"}, "dns": dns}))
    assert rows["active"] == "gcp, epoch 7, lease held, 2.0 s old"
    assert rows["situation"].startswith("Healthy: ")
    assert rows["failover"].startswith("to aws: planned would go, about ")
    assert rows["lag"] == "aws 0.2 s, 10 transactions behind"
    assert rows["health"] == "gcp writable up healthz up, aws writable down healthz up"
    assert rows["DNS"] == "shop.example is 198.51.100.50 (gcp)"
    assert rows["last run"] == "failover to aws: done, 20261123T120000-ann"
    assert rows["lock"] == "run r of ann"


def test_a_lost_site() -> None:
    rows = shown(dr_screen(seen(lost(World()), "down"), NOTHING))
    assert rows["active"] == "gcp, epoch 7, lease expired"
    assert rows["agents"] == "gcp silent (was active), aws standby"
    assert (rows["tunnels"], rows["DNS"], rows["last run"]) == ("?/4", "?", "none yet")


def test_before_there_is_a_record() -> None:
    rows = shown(dr_screen(seen(World(record=None)), NOTHING))
    assert rows["active"] == "?, epoch ?, lease unknown"
    assert rows["situation"].startswith("WitnessDown")
    assert rows["agents"] == "gcp never seen, aws never seen"


def test_everything_at_its_longest_fits() -> None:
    facts = seen(lost(World()), "down")
    facts["situation"] = dict.fromkeys(("name", "sentence", "advice", "action"), "word " * 60)
    text = dr_screen(facts, {**NOTHING, "lock": {"run": "r" * 40, "owner": "o" * 40}})
    lines = text.splitlines()
    assert len(lines) <= 16
    assert max(map(len, lines)) <= 72


@pytest.mark.parametrize(
    ("reports", "wanted"),
    [
        ([], None),
        (['{"vpc": {"bgp": "Established", "up": true}}'], None),
        (['{"t1": {"child": "INSTALLED", "up": true}, "vpc": {"up": true}}'], {"up": 1, "of": 1}),
        (['{"t1": {"child": "x", "up": true}}', '{"t1": {"child": "", "up": false}}'], {"up": 0, "of": 1}),
    ],
)
def test_a_tunnel_is_up_if_both_its_ends_say_so(reports: list[str], wanted: dict[str, int] | None) -> None:
    assert count(reports) == wanted
