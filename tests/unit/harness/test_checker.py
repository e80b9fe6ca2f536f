# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each judgement has its negative control: a made-up run with exactly one thing wrong, and exactly that is found."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.harness.checker import judge, silent
from tests.harness.history import Answer, Attempt, Cart, Fault, Journal, Observation, Sample
from tests.harness.intervals import Interval
from tests.harness.tables import Order, Tables

FAULT = Fault(10.0, 10.2)
A, B = "uuid-a", "uuid-b"


def attempt(number: int, outcome: str = "acked", **more: Any) -> Attempt:
    """Order number n is begun at second n and takes 50 ms."""
    promised = {"new": True, "order_id": number, "total": 30} if outcome == "acked" else {}
    made = {"begin": float(number), "end": number + 0.05, "client": "honours-ttl", "items": {"cup": 2, "jar": 1}}
    return Attempt(f"id-{number:02}", outcome, **{**made, **promised, **more})


def journal(*attempts: Attempt, **more: Any) -> Journal:
    return Journal("run", "honours-ttl", **{"begin": 0.0, "end": 21.0, "attempts": attempts, **more})


def order(number: int, **more: Any) -> Order:
    made = {"total": 30, "items": {"cup": (2, 10), "jar": (1, 10)}, "server_uuid": A if number <= 10 else B}
    return Order(f"id-{number:02}", number, **{**made, **more})


def samples(database: str, state: str, begin: float, end: float, period: float = 0.1) -> list[Sample]:
    count = round((end - begin) / period)
    return [
        Sample(database, state, begin + step * period, begin + step * period + 0.01, database) for step in range(count)
    ]


ATTEMPTS = [attempt(number) for number in range(1, 21)]
ROWS = [order(number) for number in range(1, 21)]
TABLES = Tables(tuple(ROWS), {"cup": 100})
# gcp closes at 10.0 and aws opens at 10.5.
SEEN = Observation(
    ("gcp", "aws"),
    0.0,
    21.0,
    (
        *samples("gcp", "open", 0.0, 10.0),
        *samples("gcp", "closed", 10.0, 21.0),
        *samples("aws", "closed", 0.02, 10.5),
        *samples("aws", "open", 10.5, 21.0),
    ),
)
GOOD: dict[str, Any] = {
    "journals": [journal(*ATTEMPTS)],
    "final": TABLES,
    "before": TABLES,
    "observation": SEEN,
    "fault": FAULT,
}


def found(**changes: Any) -> tuple[str, tuple[str, ...]]:
    judgement = judge(**{**GOOD, **changes})
    return judgement.verdict, judgement.reasons


def test_a_good_run_passes() -> None:
    judgement = judge(**GOOD)
    assert (judgement.verdict, judgement.reasons) == ("pass", ())
    assert (judgement.acked, judgement.stable, judgement.rpo) == (20, 20, 0.0)
    seen = judgement.availability["honours-ttl"]
    assert seen.longest == pytest.approx(1.05)  # the first order is acknowledged at 1.05
    assert seen.rto == pytest.approx(11.05 - 10.0)
    assert json.dumps(judgement.report())


def test_a_promised_order_that_is_missing_is_lost() -> None:
    judgement = judge(**{**GOOD, "final": Tables(tuple(ROWS[:8] + ROWS[9:]), {"cup": 100})})
    assert (judgement.verdict, judgement.reasons) == ("fail", ("1 acknowledged order(s) lost",))
    (lost,) = judgement.lost
    assert (lost.id, lost.begin, lost.end, lost.elsewhere) == ("id-09", 9.0, 9.05, False)
    assert judgement.rpo == pytest.approx(10.2 - 9.0)


def test_lost_orders_that_a_deposed_database_has_are_stranded_and_so_are_unknown_ones() -> None:
    attempts = [*ATTEMPTS[:9], attempt(10, "unknown"), *ATTEMPTS[10:]]
    final, elsewhere = Tables(tuple(ROWS[:8] + ROWS[10:])), Tables(tuple(ROWS[:10]))
    judgement = judge([journal(*attempts)], final, elsewhere=elsewhere)
    assert [(one.id, one.elsewhere) for one in judgement.lost] == [("id-09", True)]
    assert judgement.stranded == ("id-09", "id-10")


def test_an_order_lost_after_the_fault_does_not_count_for_the_rpo() -> None:
    judgement = judge(**{**GOOD, "final": Tables(tuple(ROWS[:-1]))})
    assert (len(judgement.lost), judgement.rpo) == (1, 0.0)


def test_unknown_is_never_lost_and_counts_as_settled_when_it_is_there() -> None:
    unknown = [attempt(21, "unknown"), attempt(22, "unknown")]
    judgement = judge([journal(*ATTEMPTS, *unknown)], Tables((*ROWS, order(21))))
    assert (judgement.verdict, judgement.unknown, judgement.settled) == ("pass", 2, 1)


def test_a_retry_that_was_acknowledged_settles_an_unknown_attempt() -> None:
    first, second = attempt(20, "unknown"), attempt(20, begin=20.5, end=20.6, new=False)
    judgement = judge([journal(*ATTEMPTS[:-1], first, second)], TABLES)
    assert (judgement.verdict, judgement.acked, judgement.unknown) == ("pass", 20, 0)


def test_a_retry_that_was_refused_does_not_settle_an_unknown_attempt() -> None:
    first, second = attempt(21, "unknown"), attempt(21, "failed", begin=21.5, end=21.6)
    judgement = judge([journal(*ATTEMPTS, first, second)], Tables((*ROWS, order(21))))
    assert (judgement.verdict, judgement.unknown, judgement.phantom) == ("pass", 1, ())


@pytest.mark.parametrize(
    "changes",
    [
        {"final": Tables((*ROWS, ROWS[4]))},
        {"journals": [journal(*ATTEMPTS, attempt(5, order_id=99, begin=6.0))]},
    ],
    ids=["two rows", "two promises"],
)
def test_an_order_taken_twice_is_a_duplicate(changes: dict[str, Any]) -> None:
    judgement = judge(**{**GOOD, **changes})
    assert (judgement.verdict, judgement.duplicated) == ("fail", ("id-05",))


@pytest.mark.parametrize("where", ["final", "elsewhere"])
def test_an_order_that_was_refused_but_exists_is_a_phantom(where: str) -> None:
    journals = [journal(*ATTEMPTS, attempt(21, "failed"))]
    tables = Tables((*ROWS, order(21)), {"cup": 100})
    assert found(journals=journals) == ("pass", ())
    assert found(journals=journals, **{where: tables}) == (
        "fail",
        ("1 order(s) exist that were refused or never asked for",),
    )


def test_an_order_that_nobody_asked_for_is_a_phantom_unless_a_journal_was_cut_short() -> None:
    tables = Tables((*ROWS, order(77)), {"cup": 100})
    assert judge(**{**GOOD, "final": tables}).phantom == ("id-77",)
    assert judge(**{**GOOD, "final": tables, "journals": [journal(*ATTEMPTS, end=None)]}).phantom == ()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"total": 31}, "its total is 31, its items come to 30"),
        ({"items": {"cup": (3, 10)}}, "asked for {'cup': 2, 'jar': 1}, got {'cup': 3}"),
        ({"items": {}, "total": 0}, "asked for {'cup': 2, 'jar': 1}, got {}"),
        ({"order_id": 55}, "promised as order 20, kept as order 55"),
        ({"items": {"cup": (2, 10), "jar": (1, 20)}, "total": 40}, "promised for 30, kept for 40"),
    ],
)
def test_an_order_that_is_not_what_was_promised(wrong: dict[str, Any], sentence: str) -> None:
    judgement = judge([journal(*ATTEMPTS)], Tables((*ROWS[:-1], replace(ROWS[-1], **wrong))))
    assert judgement.verdict == "fail"
    assert f"id-20: {sentence}" in judgement.inconsistent


def test_stock_that_went_without_an_order() -> None:
    judgement = judge(**{**GOOD, "final": Tables(tuple(ROWS), {"cup": 99})})
    assert judgement.inconsistent == ("cup: stock and sales came to 100 before the run and come to 99 after it",)
    assert judgement.verdict == "fail"


def test_two_writable_databases_seen_by_the_observer() -> None:
    twice = samples("aws", "open", 5.02, 5.52)
    seen = replace(SEEN, samples=tuple(one for one in SEEN.samples if one not in twice) + tuple(twice))
    quiet = tuple(one for one in seen.samples if not (one.database == "aws" and 5.0 < one.begin < 5.5))
    judgement = judge(**{**GOOD, "observation": replace(seen, samples=quiet + tuple(twice))})
    assert judgement.verdict == "fail"
    assert judgement.reasons == ("1 time(s) with two writable databases, seen by the observer",)
    (overlap,) = judgement.writers.certain
    assert overlap.databases == ("aws", "gcp")
    assert overlap.begin == pytest.approx(5.03)


def test_two_databases_that_took_orders_at_once() -> None:
    attempts = [attempt(number, begin=number / 10, end=number / 10 + 0.05) for number in range(1, 21)]
    rows = [order(number, server_uuid=B if number == 7 else A) for number in range(1, 21)]
    judgement = judge([journal(*attempts)], Tables(tuple(rows)))
    assert judgement.reasons == ("1 time(s) with two databases committing, seen in the orders",)
    # An answer that the order had been made before says nothing about when.
    repeated = [replace(one, new=False) if one.order_id == 7 else one for one in attempts]
    assert judge([journal(*repeated)], Tables(tuple(rows))).verdict == "pass"
    rows = [order(number, server_uuid=B if number > 7 else A) for number in range(1, 21)]
    assert judge([journal(*attempts)], Tables(tuple(rows))).verdict == "pass"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"journals": [], "final": Tables()}, "nothing was acknowledged: an empty run proves nothing"),
        (
            {"journals": [journal(attempt(1, "unknown"), attempt(2, "failed"))], "final": Tables()},
            "nothing was acknowledged: an empty run proves nothing",
        ),
        (
            {"journals": [journal(*ATTEMPTS[10:])], "final": Tables(tuple(ROWS[10:]), {"cup": 100})},
            "nothing was acknowledged before the fault: nothing could be lost",
        ),
        ({"journals": [journal(*ATTEMPTS, end=None)]}, "a writer's journal was cut short"),
        ({"observation": replace(SEEN, end=None)}, "the observer's journal was cut short"),
        (
            {
                "observation": replace(
                    SEEN,
                    samples=tuple(one for one in SEEN.samples if one.database == "gcp" or not 3 < one.begin < 5),
                )
            },
            "aws was not seen for 2.1 s",
        ),
        (
            {"observation": replace(SEEN, samples=tuple(one for one in SEEN.samples if one.begin < 20.0))},
            "gcp was not seen for 1.1 s",
        ),
        (
            {"observation": replace(SEEN, samples=tuple(one for one in SEEN.samples if one.database == "gcp"))},
            "aws was not seen for 21.0 s",
        ),
    ],
    ids=["no writer", "no ack", "no ack before", "cut", "observer cut", "blind", "ended early", "one database unseen"],
)
def test_what_proves_nothing_is_unknown(changes: dict[str, Any], sentence: str) -> None:
    verdict, reasons = found(**changes)
    assert verdict == "unknown"
    assert sentence in reasons


def test_a_sample_without_an_answer_is_no_sight() -> None:
    mute = tuple(
        replace(one, state="unknown") if one.database == "gcp" and 12 < one.begin < 15 else one for one in SEEN.samples
    )
    observation = replace(SEEN, samples=mute)
    assert found(observation=observation) == ("unknown", ("gcp was not seen for 3.0 s",))
    # Known to be frozen in that time, it needs no sight.
    assert found(observation=observation, frozen={"gcp": [Interval(12.0, 15.0)]}) == ("pass", ())


def test_how_long_a_stopped_server_was_silent() -> None:
    mute = [replace(one, state="unknown") if 12 < one.begin < 15 else one for one in SEEN.samples]
    seen = replace(SEEN, samples=tuple(mute))
    assert silent(seen, "gcp", 12.05).begin == 12.05
    assert silent(seen, "gcp", 12.05).end == pytest.approx(15.0)
    assert silent(seen, "gcp", 20.99).end == 21.0, "to the end of the observation"


def test_a_proof_stands_even_in_a_run_that_proves_little() -> None:
    verdict, reasons = found(journals=[journal(*ATTEMPTS, end=None)], final=Tables(tuple(ROWS[1:])))
    assert (verdict, len(reasons)) == ("fail", 2)


def test_a_gap_and_the_time_to_recover() -> None:
    attempts = [*ATTEMPTS[:10], attempt(11, "failed"), attempt(12, "unknown"), *ATTEMPTS[14:]]
    rows = Tables(tuple(ROWS[:10] + ROWS[14:]))
    seen = judge([journal(*attempts)], rows, fault=FAULT).availability["honours-ttl"]
    assert seen.gaps[0].length == seen.longest == pytest.approx(5.0)
    assert seen.gaps[0].sure == pytest.approx(4.95)
    assert seen.rto == pytest.approx(15.05 - 10.0)


def test_an_outage_that_never_ends_is_a_gap_and_no_recovery() -> None:
    seen = judge([journal(*ATTEMPTS[:10])], Tables(tuple(ROWS[:10])), fault=FAULT).availability["honours-ttl"]
    assert seen.longest == pytest.approx(21.0 - 10.05)
    assert seen.rto is None


def test_orders_that_did_not_stay_are_no_service() -> None:
    seen = judge([journal(*ATTEMPTS)], Tables(tuple(ROWS[:10] + ROWS[14:])), fault=FAULT).availability["honours-ttl"]
    assert seen.rto == pytest.approx(15.05 - 10.0)


def test_an_attempt_begun_before_the_fault_is_no_recovery() -> None:
    """It may have been written before the fault, and only its answer came late."""
    late = [*ATTEMPTS[:9], attempt(10, begin=10.1, end=13.0), *ATTEMPTS[14:]]
    rows = Tables(tuple(ROWS[:10] + ROWS[14:]))
    seen = judge([journal(*late)], rows, fault=FAULT).availability["honours-ttl"]
    assert seen.rto == pytest.approx(15.05 - 10.0)


def test_each_kind_of_client_has_its_own_figures() -> None:
    deaf = Journal("run", "ignores-ttl", 0.0, 21.0, tuple(replace(one, client="ignores-ttl") for one in ATTEMPTS[:10]))
    seen = judge([journal(*ATTEMPTS[10:]), deaf], TABLES, fault=FAULT).availability
    assert seen["honours-ttl"].rto == pytest.approx(1.05)
    assert seen["ignores-ttl"].rto is None


def test_the_timeline_tells_what_changed() -> None:
    answers = [
        Answer("resolver", at, at, addresses) for at, addresses in [(1, ("a",)), (2, ()), (3, ("a",)), (12, ("b",))]
    ]
    mute = Sample("gcp", "unknown", 9.995, 9.996)
    judgement = judge(**{**GOOD, "observation": replace(SEEN, samples=(*SEEN.samples, mute), answers=tuple(answers))})
    assert [(round(one.at, 2), one.who, one.what) for one in judgement.timeline] == [
        (0.01, "gcp", "open"),
        (0.03, "aws", "closed"),
        (1, "resolver", "a"),
        (10.01, "gcp", "closed"),
        (10.51, "aws", "open"),
        (12, "resolver", "b"),
    ]


def look(begin: float, count: int, expected: int = 2, step: str = "look", **more: Any) -> Cart:
    return Cart(
        step, **{"outcome": "acked", "begin": begin, "end": begin, "expected": expected, "count": count, **more}
    )


FILLED = look(1.0, 0, step="fill", same_session=True)
CHANGED = look(20.0, 0, expected=3, step="change", same_session=True)


@pytest.mark.parametrize(
    ("steps", "fate"),
    [
        ([FILLED, look(5, 2), look(15, 2), CHANGED, look(20.1, 3, 3)], (True, True)),
        ([FILLED, look(5, 2), look(15, 0), CHANGED, look(20.1, 1, 3)], (False, False)),
        ([FILLED, look(5, 2), look(15, 2), replace(CHANGED, same_session=False), look(20.1, 3, 3)], (True, False)),
        ([FILLED, look(5, 2), replace(look(15, 2), outcome="unknown")], (None, None)),
        ([FILLED, look(15, 2), replace(CHANGED, outcome="unknown", expected=2), look(20.1, 3)], (True, None)),
        ([replace(FILLED, outcome="failed"), look(15, 0)], (None, None)),
    ],
    ids=["survived", "lost", "new session", "no answer", "change unknown", "never filled"],
)
def test_the_fate_of_a_cart(steps: list[Cart], fate: tuple[bool | None, bool | None]) -> None:
    (cart,) = judge([journal(*ATTEMPTS, carts=tuple(steps))], TABLES, fault=FAULT).carts
    assert (cart.survived, cart.kept) == fate
