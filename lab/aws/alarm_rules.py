# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a composite alarm. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html (AlarmRule)
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
# ALARM(name), OK("name"), TRUE, AND, ( ...; an alarm is given by its name or its ARN
TOKEN = re.compile(
    r"""\s*(?:
        (?P<function>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[^\s()"]+))\s*\)
        | (?P<word>AND\b|OR\b|NOT\b|TRUE\b|FALSE\b|\(|\))
    )""",
    re.VERBOSE | re.IGNORECASE,
)
MAX_CHILDREN = 100


class RuleError(ValueError):
    """The rule is none; the text is CloudWatch's."""


@dataclass(frozen=True)
class Rule:
    """What a composite alarm asks of its children. ``parts``: nested tuples, the operator first."""

    parts: tuple[object, ...]

    @property
    def children(self) -> frozenset[str]:
        """Names of the alarms that it looks at."""
        return frozenset(_children(self.parts))

    def holds(self, states: Mapping[str, str]) -> bool:
        """Is it true of these states, by alarm name? An alarm that does not exist is in none."""
        return _holds(self.parts, states)


def name_of(alarm: str) -> str:
    """An alarm's name, from its name or its ARN."""
    return alarm.partition(":alarm:")[2] if alarm.startswith("arn:") else alarm


def parse(text: str) -> Rule:
    """NOT binds closest, then AND, then OR. Raises RuleError."""
    tokens = _tokens(text)
    parts, rest = _either(tokens)
    if rest:
        raise RuleError(f"Error in AlarmRule [Unsupported token '{rest[0][1]}']")
    rule = Rule(parts)
    if len(rule.children) > MAX_CHILDREN:
        raise RuleError(f"Error in AlarmRule [more than {MAX_CHILDREN} alarms]")
    return rule


Token = tuple[str, str]
Parsed = tuple[tuple[object, ...], list[Token]]


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            rest = text[at:].split()[0]
            raise RuleError(f"Error in AlarmRule [Unsupported token '{rest}' at char {text.index(rest, at)}]")
        if match["function"]:
            found.append((match["function"].upper(), name_of(match["quoted"] or match["bare"])))
        else:
            found.append((match["word"].upper(), match["word"]))
        at = match.end()
    return found


def _either(tokens: list[Token]) -> Parsed:
    left, rest = _both(tokens)
    while rest and rest[0][0] == "OR":
        right, rest = _both(rest[1:])
        left = ("OR", left, right)
    return left, rest


def _both(tokens: list[Token]) -> Parsed:
    left, rest = _one(tokens)
    while rest and rest[0][0] == "AND":
        right, rest = _one(rest[1:])
        left = ("AND", left, right)
    return left, rest


def _one(tokens: list[Token]) -> Parsed:
    if not tokens:
        raise RuleError("Error in AlarmRule [it ends too early]")
    (kind, text), rest = tokens[0], tokens[1:]
    match kind:
        case "NOT":
            inner, rest = _one(rest)
            return ("NOT", inner), rest
        case "(":
            inner, rest = _either(rest)
            if not rest or rest[0][0] != ")":
                raise RuleError("Error in AlarmRule [a parenthesis is not closed]")
            return inner, rest[1:]
        case "TRUE" | "FALSE":
            return (kind,), rest
        case "ALARM" | "OK" | "INSUFFICIENT_DATA":
            return (kind, text), rest
    raise RuleError(f"Error in AlarmRule [Unsupported token '{text}']")


def _children(parts: tuple[object, ...]) -> list[str]:
    if parts[0] in STATES:
        return [str(parts[1])]
    return [name for part in parts[1:] if isinstance(part, tuple) for name in _children(part)]


def _holds(parts: tuple[object, ...], states: Mapping[str, str]) -> bool:
    match parts:
        case ("AND", tuple() as left, tuple() as right):
            return _holds(left, states) and _holds(right, states)
        case ("OR", tuple() as left, tuple() as right):
            return _holds(left, states) or _holds(right, states)
        case ("NOT", tuple() as inner):
            return not _holds(inner, states)
        case (state, str() as name):
            return states.get(name) == state
    return parts == ("TRUE",)
