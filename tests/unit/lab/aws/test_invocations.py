# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.aws.invocations import Invocations, Throttled, arn_like, permitted
from lab.aws.lambda_runtime import Outcome

GOOD, BAD = Outcome(b"null", False, ""), Outcome(b"{}", True, "")
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
ACCOUNT = "123456789012"


class Attempts:
    """A function with scripted outcomes, and a clock that only notes how long it was asked to wait."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes = list(outcomes)
        self.waits: list[float] = []
        self.pending: list[Callable[[], None]] = []

    def __call__(self) -> Outcome:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.waits.append(seconds)
        self.pending.append(call)

    def run(self) -> list[float]:
        """All attempts; returns how long each waited for the one before."""
        Invocations(self.later).submit("f", self)
        while self.pending:
            self.pending.pop(0)()
        return self.waits


def test_an_event_that_succeeds_runs_once() -> None:
    assert Attempts(GOOD).run() == [0]


def test_a_failing_event_is_tried_three_times_then_dropped(caplog: pytest.LogCaptureFixture) -> None:
    assert Attempts(BAD, BAD, BAD).run() == [0, 60, 120]
    assert "dropped after 3 attempts" in caplog.text


def test_a_retry_that_succeeds_is_the_last() -> None:
    assert Attempts(BAD, GOOD).run() == [0, 60]


def test_a_throttled_event_waits_longer_each_time() -> None:
    assert Attempts(*[Throttled()] * 4, GOOD).run() == [0, 1, 2, 4, 8]


def test_throttling_does_not_use_up_the_retries() -> None:
    assert Attempts(Throttled(), BAD, Throttled(), BAD, BAD).run() == [0, 1, 60, 1, 120]


def test_a_throttled_event_ages_out(caplog: pytest.LogCaptureFixture) -> None:
    waits = Attempts(*[Throttled()] * 1000).run()
    assert max(waits) == 300
    assert 6 * 3600 - 300 < sum(waits) <= 6 * 3600
    assert "after six hours" in caplog.text


@pytest.mark.parametrize(("error", "part"), [(LookupError(), "does not exist"), (RuntimeError("a bug"), "a bug")])
def test_what_cannot_run_is_said_and_dropped(error: Exception, part: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Attempts(error).run() == [0]
    assert part in caplog.text


def test_events_run_in_another_thread() -> None:
    import threading

    done = threading.Event()

    def attempt() -> Outcome:
        done.set()
        return GOOD

    Invocations().submit("f", attempt)
    assert done.wait(10)


def test_reserved_concurrency_is_a_limit_for_that_function_only() -> None:
    invocations = Invocations()
    with invocations.slot("f", 1):
        with pytest.raises(Throttled), invocations.slot("f", 1):
            pass
        with invocations.slot("g", 1):
            pass
    with invocations.slot("f", 1):
        pass
    with pytest.raises(Throttled), invocations.slot("f", 0):
        pass


def test_a_failure_gives_its_place_back() -> None:
    invocations = Invocations()
    with pytest.raises(RuntimeError), invocations.slot("f", 1):
        raise RuntimeError
    with invocations.slot("f", 1):
        pass


def test_without_a_reservation_the_accounts_limit_holds() -> None:
    invocations = Invocations()
    places = [invocations.slot("f", None) for _ in range(11)]
    for place in places[:10]:
        place.__enter__()
    with pytest.raises(Throttled):
        places[10].__enter__()


def statement(**changes: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": TOPIC}},
        **changes,
    }


@pytest.mark.parametrize(
    "allowing",
    [
        statement(),
        statement(Action="lambda:*"),
        statement(Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:*:al*"}}),
        statement(Condition={"StringEquals": {"AWS:SourceAccount": ACCOUNT}}),
        {name: value for name, value in statement().items() if name != "Condition"},
    ],
)
def test_a_matching_statement_permits(allowing: dict[str, Any]) -> None:
    assert permitted([statement(Effect="Deny"), allowing], "sns.amazonaws.com", TOPIC, ACCOUNT)


@pytest.mark.parametrize(
    "other",
    [
        statement(Principal={"Service": "events.amazonaws.com"}),
        statement(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        statement(Action="lambda:GetFunction"),
        statement(Effect="Deny"),
        statement(Condition={"ArnLike": {"AWS:SourceArn": TOPIC + "x"}}),
        statement(Condition={"StringEquals": {"AWS:SourceAccount": "210987654321"}}),
        statement(Condition={"ArnLike": {"AWS:SourceArn": TOPIC}, "StringEquals": {"AWS:SourceAccount": "2"}}),
        statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    ],
)
def test_any_other_statement_does_not(other: dict[str, Any]) -> None:
    assert not permitted([other], "sns.amazonaws.com", TOPIC, ACCOUNT)
    assert not permitted([], "sns.amazonaws.com", TOPIC, ACCOUNT)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (TOPIC, True),
        ("arn:aws:sns:*:123456789012:*", True),
        ("arn:aws:sns:us-east-1:123456789012:alarm?", True),
        ("arn:aws:sns:*:alarms", False),  # a star does not cross a colon
        ("arn:aws:sns:us-east-1:123456789012:[a]larms", False),
    ],
)
def test_arn_like(pattern: str, matches: bool) -> None:
    assert arn_like(pattern, TOPIC) is matches
