# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.route53.health import View, alarm_healthy, endpoint_healthy, observe, status_of
from lab.route53.model import HealthCheck


def after(results: str, threshold: int = 3) -> View:
    """A checker's view after results like ``"++-"``."""
    view = View()
    for result in results:
        view = observe(view, result == "+", threshold)
    return view


@pytest.mark.parametrize(
    ("results", "healthy"),
    [
        ("", None),
        ("--", None),  # not enough data
        ("---", False),
        ("+++", True),
        ("--+--", None),  # not consecutive
        ("+++--", True),  # two failures do not change its mind
        ("+++---", False),
        ("---++", False),  # the same threshold on the way back
        ("---+++", True),
        ("---++-++", False),
    ],
)
def test_a_checker_changes_its_mind_after_three_equal_results(results: str, healthy: bool | None) -> None:
    assert after(results).healthy is healthy


def test_a_threshold_of_one_decides_at_once() -> None:
    assert after("+-", threshold=1).healthy is False


@given(st.text("+-", max_size=60), st.integers(1, 10))
def test_the_view_is_the_last_long_enough_run(results: str, threshold: int) -> None:
    runs = [end for end in range(threshold, len(results) + 1) if len({*results[end - threshold : end]}) == 1]
    expected = results[runs[-1] - 1] == "+" if runs else None
    assert after(results, threshold).healthy is expected


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "undecided", "expected"),
    [
        (16, 0, 0, True),
        (3, 13, 0, True),  # 18.75 %
        (2, 14, 0, False),  # 12.5 %
        (0, 16, 0, False),
        (18, 82, 0, False),  # exactly 18 % is not more than 18 %
        (19, 81, 0, True),
        (0, 0, 16, True),  # new: healthy until there is enough data
        (0, 13, 3, True),
        (0, 14, 2, False),
        (0, 0, 0, True),
    ],
)
def test_the_18_percent_rule(healthy: int, unhealthy: int, undecided: int, expected: bool) -> None:
    views = [View(True)] * healthy + [View(False)] * unhealthy + [View()] * undecided
    assert endpoint_healthy(views) is expected


@pytest.mark.parametrize(
    ("state", "insufficient_data", "last_known", "expected"),
    [
        ("OK", "Unhealthy", False, True),
        ("ALARM", "Healthy", True, False),
        ("INSUFFICIENT_DATA", "Healthy", False, True),
        ("INSUFFICIENT_DATA", "Unhealthy", True, False),
        ("INSUFFICIENT_DATA", "LastKnownStatus", True, True),
        ("INSUFFICIENT_DATA", "LastKnownStatus", False, False),
    ],
)
def test_alarm(state: str, insufficient_data: str, last_known: bool, expected: bool) -> None:
    assert alarm_healthy(state, insufficient_data, last_known) is expected


UP = HealthCheck("up", "HTTP")
DOWN = HealthCheck("down", "HTTP")


def status(check: HealthCheck, *others: HealthCheck) -> bool:
    """The status of ``check`` when the endpoint ``up`` is healthy and everything else is not."""
    known = {each.id: each for each in (UP, DOWN, check, *others)}
    return status_of(check.id, known, lambda endpoint: endpoint == "up", lambda _: False)


def calculated(threshold: int, *children: str, inverted: bool = False, disabled: bool = False) -> HealthCheck:
    return HealthCheck(
        "sum", "CALCULATED", children=children, health_threshold=threshold, inverted=inverted, disabled=disabled
    )


def test_endpoint() -> None:
    assert status(UP)
    assert not status(DOWN)


@pytest.mark.parametrize(
    ("threshold", "children", "expected"),
    [
        (2, ["up", "down"], False),
        (1, ["up", "down"], True),
        (0, ["down"], True),  # "If you specify 0, Route 53 always considers this health check to be healthy"
        (3, ["up", "up"], False),  # more than there are children: always unhealthy
        (1, ["deleted"], False),
    ],
)
def test_calculated(threshold: int, children: list[str], expected: bool) -> None:
    assert status(calculated(threshold, *children)) is expected


def test_inversion_is_applied_to_the_result() -> None:
    assert not status(HealthCheck("up", "HTTP", inverted=True))
    assert status(HealthCheck("down", "HTTP", inverted=True))
    assert status(calculated(2, "up", "down", inverted=True))


def test_a_child_counts_by_its_inverted_status() -> None:
    assert status(calculated(2, "up", "not-down"), HealthCheck("not-down", "HTTP", inverted=True))


def test_disabled_is_healthy_and_inverts_to_unhealthy() -> None:
    assert status(HealthCheck("down", "HTTP", disabled=True))
    assert not status(HealthCheck("down", "HTTP", disabled=True, inverted=True))
    assert status(calculated(2, "up", "down", disabled=True))


def test_a_deleted_check_is_unhealthy() -> None:
    assert not status_of("gone", {}, lambda _: True, lambda _: True)


def test_a_check_below_itself_ends_and_is_unhealthy() -> None:
    assert not status(calculated(1, "sum"))


def test_a_check_on_an_alarm_asks_for_the_alarm() -> None:
    check = HealthCheck("alarm", "CLOUDWATCH_METRIC", alarm_name="a", alarm_region="us-east-1")
    assert status_of("alarm", {"alarm": check}, lambda _: False, lambda asked: asked is check)
    assert not status(check)
