# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``filter=`` of the list calls: the part of the language that inventories and modules use.

https://cloud.google.com/compute/docs/reference/rest/v1/instances/list (query parameter ``filter``)
"""

from __future__ import annotations

import re
from typing import Any

from .errors import ApiError

_TERM = re.compile(r"""\(?\s*([\w.-]+)\s*(!=|=|:|\beq\b|\bne\b)\s*("[^"]*"|'[^']*'|[^\s"'=!()]+|\([^()]*\))\s*\)?""")
_OR = re.compile(r"\s+OR\s+")
_AND = re.compile(r"\s+AND\s+|\)\s*\(")


def matches(item: dict[str, Any], expression: str | None) -> bool:
    """``name = x``, ``labels.a:*``, ``(a = b) (c != d)``, AND, OR, eq, ne. Errors: 400."""
    expression = (expression or "").strip()
    if not expression:
        return True
    for word, combine in ((_OR, any), (_AND, all)):
        parts = word.split(expression)
        if len(parts) > 1:
            return combine(matches(item, part.strip(" ()")) for part in parts)
    term = _TERM.fullmatch(expression)
    if term is None:
        message = f"Invalid value for field 'filter': '{expression}'. Invalid list filter expression."
        raise ApiError(400, "invalid", message)
    key, operator, wanted = term[1], term[2], term[3].strip("\"'")
    present = _text(item, key)
    if operator == ":" and wanted == "*":
        return present is not None
    if operator in ("eq", "ne"):
        return bool(re.fullmatch(wanted, present or "")) == (operator == "eq")
    same = present is not None and wanted in (present, present.rpartition("/")[2])
    return same == (operator != "!=")


def _text(item: Any, key: str) -> str | None:
    """The value at a dotted key as the filter compares it."""
    for part in key.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    if item is None or isinstance(item, (dict, list)):
        return None
    return str(item).lower() if isinstance(item, bool) else str(item)
