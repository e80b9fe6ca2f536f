# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metric math, one period at a time. Pure. What is not here is refused, never guessed.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (syntax and functions)
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

Value = float | None

ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}


class Unsupported(NotImplementedError):
    """An expression that this evaluator does not do."""


def require_supported(expression: str, known: frozenset[str]) -> None:
    """Raises Unsupported. ``known``: the ids that it may use."""
    value(expression, dict.fromkeys(known, 1.0))


def value(expression: str, values: Mapping[str, Value]) -> Value:
    """The expression's value in one period; None is a period without data. Raises Unsupported."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise Unsupported(f"the expression {expression!r}") from error
    return _value(tree.body, values, expression)


def _value(node: ast.expr, values: Mapping[str, Value], whole: str) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _value(operand, values, whole)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            return _apply(ARITHMETIC[type(op)], _value(left, values, whole), _value(right, values, whole))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            return _apply(COMPARISONS[type(op)], _value(left, values, whole), _value(right, values, whole))
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            return _call(function, arguments, values, whole)
    raise Unsupported(f"{ast.unparse(node)!r} in the expression {whole!r}")


def _apply(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Two time series have a value where both have one; a division by zero is none."""
    if left is None or right is None:
        return None
    try:
        return float(function(left, right))
    except ZeroDivisionError:
        return None


def _call(function: str, arguments: list[ast.expr], values: Mapping[str, Value], whole: str) -> Value:
    match function, arguments:
        case "FILL", [series, ast.Constant(value=int() | float() as filler)]:
            found = _value(series, values, whole)
            return float(filler) if found is None else found
        case "IF", [condition, then, otherwise]:
            chosen = _value(condition, values, whole)
            branches = _value(then, values, whole), _value(otherwise, values, whole)
            return None if chosen is None else branches[0] if chosen else branches[1]
        case name, [ast.List(elts=series)] if name in AGGREGATES:
            found_values = [_value(each, values, whole) for each in series]
            present = [each for each in found_values if each is not None]
            return AGGREGATES[name](present) if present else None
    raise Unsupported(f"{function} with these arguments in the expression {whole!r}")
