# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.harness.checker import judge
from tests.harness.writer import outcome


def journal(**outcomes: str) -> list[dict[str, str]]:
    return [{"id": key, "outcome": value} for key, value in outcomes.items()]


def test_every_promised_order_is_there() -> None:
    assert judge(journal(a="acked", b="failed", c="unknown"), ["a", "c"]).verdict == "pass"


def test_a_promised_order_that_is_missing_is_lost() -> None:
    verdict = judge(journal(a="acked", b="acked"), ["a"])
    assert (verdict.verdict, verdict.lost) == ("fail", ("b",))


def test_an_order_taken_twice_is_a_duplicate() -> None:
    verdict = judge(journal(a="acked"), ["a", "a"])
    assert (verdict.verdict, verdict.duplicated) == ("fail", ("a",))


def test_an_order_that_was_refused_but_exists_is_a_phantom() -> None:
    verdict = judge(journal(a="acked", b="failed"), ["a", "b"])
    assert (verdict.verdict, verdict.phantom) == ("fail", ("b",))


def test_unknown_is_never_lost() -> None:
    assert judge(journal(a="acked", b="unknown"), ["a"]).lost == ()


def test_an_empty_run_proves_nothing() -> None:
    assert judge(journal(a="unknown", b="failed"), []).verdict == "unknown"


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(201, "acked"), (200, "acked"), (403, "failed"), (409, "failed"), (502, "unknown"), (503, "unknown")],
)
def test_what_a_status_promises(status: int, meaning: str) -> None:
    assert outcome(status) == meaning
