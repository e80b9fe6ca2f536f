# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.alarms import alarm_state

GREATER = "GreaterThanThreshold"


@pytest.mark.parametrize(
    ("datapoints", "needed", "missing", "expected"),
    [
        ([1.0, 1.0, 1.0], 3, "missing", "OK"),
        ([9.0, 9.0, 9.0], 3, "missing", "ALARM"),
        ([9.0, 9.0, 1.0], 3, "missing", "OK"),
        ([9.0, 1.0, 9.0], 2, "missing", "ALARM"),  # two out of three
        ([5.0], 1, "missing", "OK"),  # the threshold itself is not greater
        ([None, None], 2, "missing", "INSUFFICIENT_DATA"),
        ([None, None], 2, "ignore", "INSUFFICIENT_DATA"),
        ([None, None], 2, "breaching", "ALARM"),
        ([None, None], 2, "notBreaching", "OK"),
        ([None, 9.0], 1, "missing", "ALARM"),
        ([None, 9.0], 2, "breaching", "ALARM"),
        ([None, 9.0], 2, "notBreaching", "OK"),
    ],
)
def test_alarm_state(datapoints: list[float | None], needed: int, missing: str, expected: str) -> None:
    assert alarm_state(datapoints, GREATER, 5.0, needed, missing) == expected


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6.0]),
        ("GreaterThanOrEqualToThreshold", [5.0, 6.0]),
        ("LessThanThreshold", [4.0]),
        ("LessThanOrEqualToThreshold", [4.0, 5.0]),
    ],
)
def test_comparison(comparison: str, breaching: list[float]) -> None:
    assert [value for value in (4.0, 5.0, 6.0) if alarm_state([value], comparison, 5.0, 1) == "ALARM"] == breaching
