# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.aws.alarm_rules import RuleError, parse

STATES = {"up": "OK", "down": "ALARM", "new": "INSUFFICIENT_DATA", "a-b.c": "ALARM"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(down)", True),
        ("ALARM(up)", False),
        ("OK(up)", True),
        ("INSUFFICIENT_DATA(new)", True),
        ('ALARM("a-b.c")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:down)", True),
        ("alarm(down) and not alarm(up)", True),
        ("ALARM(down) AND NOT ALARM(down)", False),
        ("TRUE", True),
        ("FALSE", False),
        ("NOT FALSE", True),
        ("TRUE OR TRUE AND FALSE", True),
        ("(TRUE OR TRUE) AND FALSE", False),
        ("NOT FALSE AND FALSE", False),
        ("NOT (FALSE AND FALSE)", True),
        ("ALARM(nobody)", False),
        ("NOT ALARM(nobody)", True),
        (" (ALARM(up) OR ALARM(down))\n AND OK ( up ) ", True),
    ],
)
def test_holds(rule: str, expected: bool) -> None:
    assert parse(rule).holds(STATES) is expected


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("", "too early"),
        ("()", r"Unsupported token '\)'"),
        ("ALARM()", r"Unsupported token 'ALARM\(\)' at char 0"),
        ("ALARM(a) ALARM(b)", "Unsupported token 'b'"),
        ("ALARM(a) AND", "too early"),
        ("(ALARM(a)", "not closed"),
        ("ALARM(a) XOR ALARM(b)", "Unsupported token 'XOR' at char 9"),
        ("ALARM(a) && ALARM(b)", "Unsupported token '&&'"),
        (" OR ".join(f"ALARM(a{number})" for number in range(101)), "more than 100"),
    ],
)
def test_what_is_no_rule(rule: str, part: str) -> None:
    with pytest.raises(RuleError, match=part):
        parse(rule)


def test_children_are_named_once_whatever_they_are_called() -> None:
    rule = parse('ALARM("a") OR OK(a) AND NOT INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:1:alarm:b)')
    assert rule.children == {"a", "b"}
