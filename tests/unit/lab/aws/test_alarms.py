# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.alarms import alarm_state

GREATER = "GreaterThanThreshold"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
RANGE = {"0": 1.0, "X": 9.0, "-": None}
NONE, KEPT = "INSUFFICIENT_DATA", "the current state"


@pytest.mark.parametrize(
    ("datapoints", "needed", "missing", "expected"),
    [
        ([1.0, 1.0, 1.0], 3, "missing", "OK"),
        ([9.0, 9.0, 9.0], 3, "missing", "ALARM"),
        ([9.0, 9.0, 1.0], 3, "missing", "OK"),
        ([9.0, 1.0, 9.0], 2, "missing", "ALARM"),  # two out of three
        ([5.0], 1, "missing", "OK"),  # the threshold itself is not greater
        ([None, 9.0], 1, "missing", "ALARM"),
        ([None, 9.0], 1, "ignore", "ALARM"),
    ],
)
def test_alarm_state(datapoints: list[float | None], needed: int, missing: str, expected: str) -> None:
    assert alarm_state(datapoints, GREATER, 5.0, needed, missing) == expected


@pytest.mark.parametrize(
    ("points", "datapoints_to_alarm", "expected"),
    [
        # The tables of alarms-and-missing-data.html: newest on the right, 3 evaluation periods, a range of 5.
        ("0-X-X", 3, ("OK", "OK", "OK", "OK")),
        ("0----", 3, ("OK", "OK", "OK", "OK")),
        ("-----", 3, (NONE, KEPT, "ALARM", "OK")),
        ("0XX-X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", 3, ("ALARM", KEPT, "ALARM", "OK")),
        ("0-X-X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", 2, ("OK", "OK", "ALARM", "OK")),
        ("----0", 2, ("OK", "OK", "ALARM", "OK")),
        ("---X-", 2, ("ALARM", KEPT, "ALARM", "OK")),
        # "Avoiding premature transitions": not yet.
        ("----X", 3, (NONE, KEPT, "ALARM", "OK")),
        ("---X-", 3, (NONE, KEPT, "ALARM", "OK")),
        # Enough recent data: what is older does not count.
        ("XX000", 2, ("OK", "OK", "OK", "OK")),
        ("XX-00", 3, ("OK", "OK", "OK", "OK")),
    ],
)
def test_missing_data(points: str, datapoints_to_alarm: int, expected: tuple[str, ...]) -> None:
    datapoints = [RANGE[point] for point in points]
    assert expected == tuple(
        alarm_state(datapoints, GREATER, 5.0, datapoints_to_alarm, treatment, 3, current=KEPT)
        for treatment in TREATMENTS
    )


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
