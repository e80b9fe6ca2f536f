# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of Cloud Armor's rules, as far as it can be judged without a request: syntax and names.

https://cloud.google.com/armor/docs/rules-language-reference, https://cloud.google.com/armor/docs/waf-rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>r?'(?:[^'\\]|\\.)*'|r?"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>()\[\]{},.:]))""",
    re.VERBOSE,
)
_COMPARISONS = {"==", "!=", "<", ">", "<=", ">=", "in"}
_FUNCTIONS = {
    *("inIpRange", "has", "size", "int", "evaluatePreconfiguredExpr", "evaluatePreconfiguredWaf"),
    *("evaluateThreatIntelligence", "evaluateAdaptiveProtection", "evaluateAdaptiveProtectionAutoDeploy"),
    *("evaluateOrganizationAddressGroup", "evaluateAddressGroup"),
}
_METHODS = {
    *("matches", "contains", "startsWith", "endsWith", "lower", "upper", "base64Decode", "urlDecode"),
    *("urlDecodeUni", "utf8ToUnicode", "size"),
}
_ROOTS = {"origin", "request", "token", "true", "false"}
_RULE_SET = re.compile(
    r"(sqli|xss|lfi|rfi|rce|methodenforcement|scannerdetection|protocolattack|sessionfixation|php|nodejs|java"
    r"|generic)-(v33|v422)-(stable|canary)|(cve)-(canary|stable)|json-sqli-canary"
)


class Mistake(ValueError):
    """The expression is none; the text says where it goes wrong."""


def check(expression: str) -> None:
    """Errors: ``Mistake``."""
    parser = _Parser(expression)
    parser.either()
    parser.end()


def _tokens(expression: str) -> Iterator[tuple[str, str, int]]:
    place = 0
    while place < len(expression.rstrip()):
        found = _TOKEN.match(expression, place)
        if found is None:
            raise Mistake(f"token recognition error at '{expression[place:].strip()[:10]}' (column {place + 1})")
        yield str(found.lastgroup), found[str(found.lastgroup)], found.start(str(found.lastgroup)) + 1
        place = found.end()


class _Parser:
    """Recursive descent, one method per level of precedence."""

    def __init__(self, expression: str) -> None:
        self._tokens = [*_tokens(expression), ("end", "<EOF>", len(expression) + 1)]
        self._next = 0

    @property
    def _token(self) -> tuple[str, str, int]:
        return self._tokens[self._next]

    def _take(self, *signs: str) -> str:
        """The next token if it is one of those; empty: it is another."""
        kind, text, _ = self._token
        if kind not in ("text", "end") and text in signs:
            self._next += 1
            return text
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._mistake(f"expecting '{sign}'")

    def _mistake(self, why: str) -> Mistake:
        _, text, column = self._token
        return Mistake(f"mismatched input '{text}' {why} (column {column})")

    def end(self) -> None:
        if self._token[0] != "end":
            raise self._mistake("expecting <EOF>")

    def either(self) -> None:
        self._both()
        while self._take("||"):
            self._both()

    def _both(self) -> None:
        self._compared()
        while self._take("&&"):
            self._compared()

    def _compared(self) -> None:
        self._summed()
        while self._take(*_COMPARISONS):
            self._summed()

    def _summed(self) -> None:
        self._single()
        while self._take("+", "-", "*", "/", "%"):
            self._single()

    def _single(self) -> None:
        while self._take("!", "-"):
            pass
        kind, text, _ = self._token
        if self._take("("):
            self.either()
            self._need(")")
        elif self._take("["):
            self._list("]")
        elif self._take("{"):
            self._map()
        elif kind in ("text", "number"):
            self._next += 1
        elif kind == "name":
            self._next += 1
            self._named(text)
        else:
            raise self._mistake("expecting an expression")
        self._selected()

    def _named(self, name: str) -> None:
        if self._token[1] == "(" and self._token[0] == "sign":
            if name not in _FUNCTIONS:
                raise Mistake(f"undeclared reference to '{name}'")
            self._next += 1
            first = self._token
            self._list(")")
            if name in ("evaluatePreconfiguredWaf", "evaluatePreconfiguredExpr"):
                rules = first[1].strip("'\"")
                if first[0] != "text" or not _RULE_SET.fullmatch(rules):
                    raise Mistake(f"'{rules}' is not a preconfigured expression set")
        elif name not in _ROOTS:
            raise Mistake(f"undeclared reference to '{name}'")

    def _selected(self) -> None:
        """Fields, methods and indices."""
        while sign := self._take(".", "["):
            if sign == "[":
                self.either()
                self._need("]")
                continue
            kind, name, _ = self._token
            if kind != "name":
                raise self._mistake("expecting an identifier")
            self._next += 1
            if self._take("("):
                if name not in _METHODS:
                    raise Mistake(f"undeclared reference to '{name}'")
                self._list(")")

    def _list(self, end: str) -> None:
        if self._take(end):
            return
        self.either()
        while self._take(","):
            self.either()
        self._need(end)

    def _map(self) -> None:
        if self._take("}"):
            return
        while True:
            self.either()
            self._need(":")
            self.either()
            if not self._take(","):
                break
        self._need("}")
