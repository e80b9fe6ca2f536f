# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May a call be made under an IAM policy? Enough of IAM's language for this project's policies; the rest is an error.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Policy = Mapping[str, Any]
KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True)
class Call:
    """A call and what IAM knows of it: each key of the context has one value or several."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


def allows(policy: Policy, call: Call) -> bool:
    """An explicit Deny wins; without an Allow nothing is allowed."""
    effects = {statement["Effect"] for statement in _statements(policy) if _applies(statement, call)}
    return "Allow" in effects and "Deny" not in effects


def superfluous(policy: Policy, needed: Sequence[Call]) -> list[str]:
    """Actions that the policy allows and that no needed call makes, or that are wildcards."""
    return [
        f"{statement.get('Sid', '?')}: {action}"
        for statement in _statements(policy)
        if statement["Effect"] == "Allow"
        for action in _list(statement["Action"])
        if "*" in action or not any(call.action == action and _applies(statement, call) for call in needed)
    ]


def _statements(policy: Policy) -> Iterator[Mapping[str, Any]]:
    assert policy["Version"] == "2012-10-17", "older versions have other rules"
    for statement in _list(policy["Statement"]):
        if unknown := set(statement) - KNOWN:
            raise NotImplementedError(f"a statement with {', '.join(sorted(unknown))}")
        yield statement


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    """``*`` is any text, ``?`` any one character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text) is not None


def _applies(statement: Mapping[str, Any], call: Call) -> bool:
    return (
        any(_like(action.lower(), call.action.lower()) for action in _list(statement["Action"]))
        and any(_like(resource, call.resource) for resource in _list(statement["Resource"]))
        and all(
            _holds(operator, [str(value) for value in _list(values)], call.context.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, wanted: list[str], given: Sequence[str] | None) -> bool:
    quantifier, _, test = operator.rpartition(":")
    tests = {
        "StringEquals": lambda value: value in wanted,
        "StringLike": lambda value: any(_like(pattern, value) for pattern in wanted),
        "ArnLike": lambda value: any(_like(pattern, value) for pattern in wanted),
    }
    if test not in tests or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise NotImplementedError(f"the condition operator {operator}")
    match quantifier:
        case "ForAllValues":  # "returns true if there are no context keys in the request"
            return all(tests[test](value) for value in given or ())
        case "ForAnyValue":
            return any(tests[test](value) for value in given or ())
    return given is not None and len(given) == 1 and tests[test](given[0])
