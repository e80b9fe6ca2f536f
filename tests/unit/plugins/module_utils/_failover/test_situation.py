# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of every situation; each one by itself is in tests/cases."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence, Settings
from ansible_collections.multicloud.dr.plugins.module_utils._failover.situation import RESPONSES, analyse
from hypothesis import find, given

from tests.unit.plugins.module_utils._failover.evidences import ANY


@given(ANY)
def test_everything_that_can_be_seen_has_a_name(seen: dict[str, Any]) -> None:
    evidence, settings = Evidence.from_dict(seen), Settings()
    situation = analyse(evidence, settings)
    assert situation.name in RESPONSES
    assert situation.sentence.endswith(".")
    assert (situation.name == "WitnessDown") == (evidence.record is None)
    if evidence.record is None:
        return
    active = evidence.record.active_site
    health, lease = evidence.health[active], evidence.lease(settings)
    match situation.name:
        case "SiteDown":
            assert (lease, health.writable, health.healthz) == ("expired", "down", "down")
            assert not evidence.fresh(active)
        case "WriterDown":
            assert (lease, health.writable) == ("expired", "down") or lease == "held"
        case "ActiveIsolatedFromWitness":
            assert (lease, health.writable) == ("expired", "up")
        case "Healthy":
            assert (lease, health.writable, health.healthz) == ("held", "up", "up")
            assert evidence.fresh("gcp")
            assert evidence.fresh("aws")


def test_the_search_reaches_what_matters() -> None:
    """Negative control: a search that never sees a lost site proves nothing about it."""
    for name in ("SiteDown", "WriterDown", "ActiveIsolatedFromWitness", "Flapping", "Healthy"):
        find(ANY, lambda seen, name=name: analyse(Evidence.from_dict(seen), Settings()).name == name)  # type: ignore[misc]


def test_every_response_says_what_to_do() -> None:
    for response in RESPONSES.values():
        assert response.advice.endswith(".")
