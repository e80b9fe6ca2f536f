# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of every verdict; each rule by itself is in tests/cases."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import arbiter
from ansible_collections.multicloud.dr.plugins.module_utils._failover.arbiter import (
    ArbiterError,
    Verdict,
    decide,
    overridable,
)
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence
from hypothesis import find, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._failover.evidences import ANY, differing

TARGET = st.sampled_from(["gcp", "aws"])


def unsafe(evidence: Evidence, verdict: Verdict) -> bool:
    """Was a promotion without a human allowed that must not be? Says so in its own words, not in the rules'."""
    before, record = evidence.first.record, evidence.record
    if not verdict.allowed or evidence.caller != "automatic":
        return False
    if before is None or record is None or record.mode != "automatic" or record.drain_epoch == record.epoch:
        return True
    left, target = evidence.sites if evidence.sites[1] == verdict.target else evidence.sites[::-1]
    looks = evidence.first.status.get(target), evidence.second.status.get(target)
    if looks[0] is None or looks[1] is None or looks[1].seq <= looks[0].seq:
        return True
    flaps = abs(evidence.now - record.changed_at) < 3600 and record.acknowledged_epoch < record.epoch
    return (
        record.active_site != left
        or (before.epoch, before.lease_counter) != (record.epoch, record.lease_counter)
        or evidence.elapsed < 10
        or evidence.health[left].writable != "down"
        or not looks[1].database.answers
        or looks[1].database.diverged is not False
        or verdict.predicted_loss.seconds is None
        or verdict.predicted_loss.seconds > 60
        or flaps
    )


@settings(max_examples=1000)
@given(ANY, TARGET)
def test_nothing_unsafe_is_done_without_a_human(seen: dict[str, Any], target: str) -> None:
    evidence = Evidence.from_dict(seen)
    assert not unsafe(evidence, decide(evidence, target))
    if evidence.caller == "automatic":
        assert not decide(evidence, target, planned=True).allowed


def test_without_its_rules_the_arbiter_is_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the search and of what it looks for."""

    def allows(seen: dict[str, Any]) -> bool:
        evidence = Evidence.from_dict(seen)
        return evidence.caller == "automatic" and decide(evidence, "aws").allowed

    find(ANY, allows)
    monkeypatch.setattr(arbiter, "UNPLANNED", ())
    find(ANY, lambda seen: unsafe(Evidence.from_dict(seen), decide(Evidence.from_dict(seen), "aws")))


@given(ANY, TARGET, st.booleans(), st.data())
def test_overrides_take_away_exactly_the_named_refusals(
    seen: dict[str, Any], target: str, planned: bool, data: st.DataObject
) -> None:
    evidence = Evidence.from_dict({**seen, "caller": "operator"})
    plain = decide(evidence, target, planned=planned)
    names = data.draw(st.sets(st.sampled_from(overridable(planned))))
    verdict = decide(evidence, target, names, planned)
    assert set(verdict.refusals) | set(verdict.overridden) == set(plain.refusals)
    assert {refusal.name for refusal in verdict.overridden} <= names
    assert not {refusal.name for refusal in verdict.refusals if refusal.overridable} & names
    assert verdict.allowed == (not verdict.refusals)
    assert ("promote" in verdict.actions) == verdict.allowed
    assert all(refusal.sentence.endswith(".") for refusal in plain.refusals)
    assert verdict.predicted_loss == plain.predicted_loss
    json.dumps(asdict(verdict), allow_nan=False)


@given(ANY, TARGET)
def test_nothing_helps_against_what_cannot_be_overridden(seen: dict[str, Any], target: str) -> None:
    evidence = Evidence.from_dict({**seen, "caller": "operator"})
    for planned in (False, True):
        verdict = decide(evidence, target, overridable(planned), planned)
        record = evidence.record
        if record is None or record.active_site == target or evidence.moved():
            assert not verdict.allowed
        if planned and not (evidence.fresh("gcp") and evidence.fresh("aws")):
            assert not verdict.allowed


def test_the_verdict_names_what_it_holds_for() -> None:
    verdict = decide(Evidence.from_dict(differing()), "aws")
    assert (verdict.epoch, verdict.lease_counter) == (7, 106)


@pytest.mark.parametrize(
    ("change", "overrides", "planned", "sentence"),
    [
        (
            {"caller": "operator"},
            ["rop"],
            False,
            "dr_override: 'rop' is no refusal of the arbiter; allowed are"
            " anti_flap, diverged, drain, evidence, health, lease, rpo, standby.",
        ),
        (
            {"caller": "operator"},
            ["epoch"],
            False,
            "dr_override: 'epoch' can never be overridden in an unplanned failover; allowed are"
            " anti_flap, diverged, drain, evidence, health, lease, rpo, standby.",
        ),
        (
            {"caller": "operator"},
            ["target"],
            True,
            "dr_override: 'target' can never be overridden in a planned failover; allowed are"
            " diverged, evidence, health.",
        ),
        (
            {"caller": "operator"},
            ["standby"],
            True,
            "dr_override: 'standby' can never be overridden in a planned failover; allowed are"
            " diverged, evidence, health.",
        ),
        ({"caller": "drill"}, ["rpo"], False, "dr_override: only an operator may override; the caller is 'drill'."),
        ({}, ["rpo"], False, "dr_override: only an operator may override; the caller is 'automatic'."),
    ],
)
def test_a_wrong_override_is_one_clear_sentence(
    change: dict[str, Any], overrides: list[str], planned: bool, sentence: str
) -> None:
    with pytest.raises(ArbiterError) as error:
        decide(Evidence.from_dict(differing(**change)), "aws", overrides, planned)
    assert str(error.value) == sentence
