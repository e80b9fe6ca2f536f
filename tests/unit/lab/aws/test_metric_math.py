# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.metric_math import Unsupported, require_supported, value

VALUES = {"m1": 6.0, "m2": 3.0, "zero": 0.0, "none": None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1", 6.0),
        ("m1 / m2 * 100", 200.0),
        ("-(m1 + m2)", -9.0),
        ("m1 - 1.5", 4.5),
        ("m1 > m2", 1.0),
        ("m1 == m2", 0.0),
        ("m1 / zero", None),
        ("m1 + none", None),
        ("-none", None),
        ("none", None),
        ("FILL(none, 7)", 7.0),
        ("FILL(m1, 7)", 6.0),
        ("IF(m1 > m2, 1, 0)", 1.0),
        ("IF(m1 < m2, 1, none)", None),
        ("IF(none, 1, 2)", None),
        ("MAX([m1, m2, none])", 6.0),
        ("MIN([m1, m2])", 3.0),
        ("SUM([m1, m2])", 9.0),
        ("AVG([m1, none])", 6.0),
        ("SUM([none])", None),
        ("IF(SUM([FILL(m1, 0), m2]) >= 9, m1 / 6, 0)", 1.0),
    ],
)
def test_value(expression: str, expected: float | None) -> None:
    assert value(expression, VALUES) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "m3",
        "m1 ** 2",
        "m1 and m2",
        "1 < m1 < 3",
        "True",
        "'text'",
        "RATE(m1)",
        "MAX(m1)",
        "FILL(m1, REPEAT)",
        "IF(m1, m2)",
        "ANOMALY_DETECTION_BAND(m1, 2)",
        "SEARCH('{AWS/EC2}', 'Average')",
        "__import__('os')",
        "m1.real",
        "m1 +",
    ],
)
def test_what_it_does_not_know_it_refuses(expression: str) -> None:
    with pytest.raises(Unsupported):
        value(expression, VALUES)


def test_what_is_refused_is_known_before_there_is_data() -> None:
    require_supported("IF(m1 > 0, m1, 0)", frozenset({"m1"}))
    with pytest.raises(Unsupported, match="'m2'"):
        require_supported("IF(m1 > 0, m2, 0)", frozenset({"m1"}))
