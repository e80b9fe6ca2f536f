# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import _dns
from ansible_collections.multicloud.dr.plugins.module_utils import _record_access as access
from ansible_collections.multicloud.dr.plugins.module_utils._failover import plan
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings

SITES = ("gcp", "aws")


def params(**more: Any) -> dict[str, Any]:
    return {"health": None, "zone": None, "name_servers": None, "settings": asdict(Settings()), **more}


def test_two_sites() -> None:
    assert access.two_sites({"sites": ["gcp", "aws"]}) == SITES


@pytest.mark.parametrize("names", [[], ["gcp"], ["gcp", "gcp"], ["gcp", "aws", "third"]])
def test_not_two_sites(names: list[str]) -> None:
    with pytest.raises(access.OptionError, match="two different names are needed"):
        access.two_sites({"sites": names})


def test_settings_are_the_defaults_of_the_arbiter() -> None:
    assert access.settings(params()) == Settings()
    defaults = {name: option.get("default") for name, option in access.EVIDENCE_OPTIONS["settings"]["options"].items()}
    assert Settings(**defaults) == Settings()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"rpo_seconds": -1.0}, "settings.rpo_seconds is -1.0"),
        ({"rpo_seconds": float("nan")}, "settings.rpo_seconds is nan"),
        ({"max_loss_transactions": -1}, "settings.max_loss_transactions is -1"),
        ({"challenger_ttl": 8.0}, "settings.challenger_ttl is 8; it must be more than holder_ttl, which is 8."),
    ],
)
def test_settings_without_sense(change: dict[str, Any], part: str) -> None:
    with pytest.raises(access.OptionError, match=part):
        access.settings(params(settings={**asdict(Settings()), **change}))


def test_health_that_was_told() -> None:
    told = {"gcp": {"writable": "up", "healthz": None}}
    assert access.health(params(health=told), SITES)() == told
    assert access.health(params(), SITES)() == {}


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"azure": {}}, "health names is 'azure'; the sites are gcp and aws"),
        ({"gcp": "up"}, "health of gcp is 'up'"),
        ({"gcp": {"writeable": "up"}}, "it maps writable and healthz to up, down or null"),
    ],
)
def test_health_that_makes_no_sense(told: dict[str, Any], part: str) -> None:
    with pytest.raises(access.OptionError, match=part):
        access.health(params(health=told), SITES)


def test_health_from_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"writable.gcp.example": ["up"], "healthz.gcp.example": ["down"], "writable.aws.example": []}

    def ask(name: str, server: str) -> list[str]:
        assert server == "192.0.2.53"
        if name not in answers:
            raise OSError("no answer")
        return answers[name]

    monkeypatch.setattr(_dns, "ask_udp", ask)
    found = access.health(params(zone="example", name_servers=["192.0.2.53"]), SITES)()
    assert found == {"gcp": {"writable": "up", "healthz": "down"}, "aws": {"writable": None, "healthz": None}}


@pytest.mark.parametrize("planned", [True, False])
def test_every_step_of_this_module_is_one_of_the_runbook(planned: bool) -> None:
    """Its last one is where the runbook's own begin."""
    names = [step["name"] for step in access.steps(planned, "gcp", "aws")]
    whole = [step.name for step in plan.make("failover" if planned else "failover_unplanned", "gcp", "aws").steps]
    assert names == whole[whole.index("look") : whole.index("open") + 1]
