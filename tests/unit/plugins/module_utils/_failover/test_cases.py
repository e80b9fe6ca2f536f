# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every folder of tests/cases: evidence in, situation and verdict out. And no situation, no rule without its case.

An input.yml says only how it differs from tests/cases/base.yml (a healthy system seen twice, 12 s apart) or from the
case that it is ``like``; ``both`` is for both looks. What an expected.yml leaves out is not looked at.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import arbiter
from ansible_collections.multicloud.dr.plugins.module_utils._failover.arbiter import Verdict, decide
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence, Settings
from ansible_collections.multicloud.dr.plugins.module_utils._failover.situation import ACTIONABLE, RESPONSES

from tests.unit.plugins.module_utils._failover.evidences import ROOT, evidence_of, load

CASES = sorted(path.parent.name for path in ROOT.glob("*/input.yml"))
# A refusal that no rule gives: the question itself has no sense.
ALONE = ["record", "target"]


def question(case: str) -> dict[str, Any]:
    """Keyword arguments of :func:`decide`."""
    given = load(case, "input.yml")
    for key in ("like", "evidence"):
        given.pop(key, None)
    return {
        "evidence": Evidence.from_dict(evidence_of(case)),
        "target": given.pop("target", "aws"),
        "settings": Settings(**given.pop("settings", {})),
        **given,
    }


def answer(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the words of expected.yml."""
    loss = verdict.predicted_loss
    return {
        "situation": verdict.situation.name,
        "sentence": verdict.situation.sentence,
        "allowed": verdict.allowed,
        "refusals": [{refusal.name: refusal.sentence} for refusal in verdict.refusals],
        "overridden": [refusal.name for refusal in verdict.overridden],
        "actions": list(verdict.actions),
        "loss": {
            "transactions": loss.transactions,
            "gtids": loss.gtids,
            "seconds": loss.seconds,
            "exact": loss.exact,
            "sentence": loss.sentence,
        },
    }


@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    expected = load(case, "expected.yml")
    found = answer(decide(**question(case)))
    found["loss"] = {key: found["loss"][key] for key in expected["loss"]}
    assert {key: found[key] for key in expected} == expected
    assert {"situation", "allowed", "refusals"} <= set(expected)


@pytest.mark.parametrize("situation", RESPONSES)
def test_every_situation_has_its_case(situation: str) -> None:
    """A folder of its name, seen by an automatic caller: only two of them lead to a promotion."""
    assert load(situation, "expected.yml")["situation"] == situation
    verdict = decide(**question(situation))
    assert verdict.situation.name == situation
    assert question(situation)["evidence"].caller == "automatic"
    assert verdict.allowed == (situation in ACTIONABLE)


def test_only_two_situations_are_actionable() -> None:
    assert {"SiteDown", "WriterDown"} == ACTIONABLE


@pytest.mark.parametrize("planned", [False, True])
def test_every_rule_has_a_case_in_which_it_alone_refuses(planned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: take any one rule away, and one of the cases is allowed that must not be."""
    table = "PLANNED" if planned else "UNPLANNED"
    rules: tuple[arbiter.Rule, ...] = getattr(arbiter, table)
    questions = [question(case) for case in CASES]
    questions = [asked for asked in questions if asked.get("planned", False) == planned and not asked.get("overrides")]
    refused = [asked for asked in questions if not decide(**asked).allowed]
    for rule in rules:
        monkeypatch.setattr(arbiter, table, tuple(other for other in rules if other is not rule))
        assert any(decide(**asked).allowed for asked in refused), f"no case needs {rule.reason.__name__}"


@pytest.mark.parametrize("name", ALONE)
def test_every_question_without_sense_has_a_case(name: str) -> None:
    assert any([name] == [next(iter(refusal)) for refusal in load(case, "expected.yml")["refusals"]] for case in CASES)


@pytest.mark.parametrize("planned", [False, True])
def test_every_override_has_a_case(planned: bool) -> None:
    used = {
        name
        for case in CASES
        if load(case, "input.yml").get("planned", False) == planned
        for name in load(case, "expected.yml").get("overridden", [])
    }
    assert used == set(arbiter.overridable(planned))


def test_every_folder_is_a_case() -> None:
    assert CASES
    assert sorted(path.name for path in ROOT.iterdir() if path.is_dir()) == CASES
