# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a resource is as it is wanted, attribute by attribute. Pure.

Google's APIs answer with more than they were told, in other words: links are completed, 64-bit numbers come as
strings, what is false or empty may be left out. Only what is wanted is compared, except in lists and in maps such as
labels: those are wanted as a whole, so that what somebody added is seen too. How the entries of a list are matched is
said by ``Rules``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

# "https://www.googleapis.com/compute/v1/projects/..." and "//certificatemanager.googleapis.com/projects/..."
HOST = re.compile(
    r"^(?:https:)?//(?:www\.googleapis\.com/[a-z]+|[a-z-]+\.googleapis\.com(?:/compute|/storage|/dns)?)(?:/(?:v\d|alpha|beta)\w*)?/"
)
PARTIAL = re.compile(r"^(?:global|regions/[^/]+|zones/[^/]+)/[A-Za-z]+/")
# Google's own tools mark what they touch with such labels.
FOREIGN_LABEL = "goog-"

Path = tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """How the parts of one kind of resource are compared. Paths are dotted names, without the lists' indices.

    ``keys``: for a list's path, the field that tells its entries apart, or "" if their order means nothing. Other
    lists are ordered.
    ``maps``: dictionaries that are wanted as a whole.
    """

    project: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    maps: frozenset[str] = frozenset({"labels", "userLabels"})


@dataclass(frozen=True)
class Difference:
    """``path`` is such as bgpPeers[peer-0].peerAsn; None means: not there."""

    path: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path} is {words(self.before)}, wanted is {words(self.after)}"


def words(value: Any) -> str:
    """A value in a sentence."""
    if value in (None, "", [], {}):
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def link(value: str, project: str) -> str:
    """One spelling of the many that a reference has: projects/P/global/networks/n. Other strings stay as they are."""
    value = HOST.sub("", value)
    return f"projects/{project}/{value}" if PARTIAL.match(value) else value


def same(wanted: Any, found: Any, project: str) -> bool:
    """Do two scalars mean the same? What is not there is the same as false, zero or empty."""
    if isinstance(wanted, str) and isinstance(found, str):
        return link(wanted, project) == link(found, project)
    if wanted is None or found is None:
        return not wanted and not found
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    try:
        return Decimal(str(wanted)) == Decimal(str(found))
    except InvalidOperation:
        return bool(wanted == found)


def compare(wanted: Mapping[str, Any], found: Mapping[str, Any], rules: Rules) -> list[Difference]:
    """Where a resource is not as wanted. A wanted None, "" or [] means: must not be there, or be empty."""
    return [
        difference
        for name in wanted
        for difference in _compare(wanted[name], found.get(name), rules, (name,), name, name)
    ]


def _compare(wanted: Any, found: Any, rules: Rules, path: Path, shown: str, top: str) -> Iterator[Difference]:
    if isinstance(wanted, Mapping) and (found is None or isinstance(found, Mapping)):
        yield from _compare_dicts(wanted, found or {}, rules, path, shown, top)
    elif isinstance(wanted, list) and (found is None or isinstance(found, list)):
        yield from _compare_lists(wanted, found or [], rules, path, shown, top)
    elif isinstance(wanted, (Mapping, list)) or isinstance(found, (Mapping, list)):
        if wanted or found:
            yield Difference(shown, top, found, wanted)
    elif not same(wanted, found, rules.project):
        yield Difference(shown, top, found, wanted)


def _compare_dicts(
    wanted: Mapping[str, Any], found: Mapping[str, Any], rules: Rules, path: Path, shown: str, top: str
) -> Iterator[Difference]:
    surplus: list[str] = []
    if ".".join(path) in rules.maps:
        surplus = sorted(name for name in found if name not in wanted and not name.startswith(FOREIGN_LABEL))
    for name in [*wanted, *surplus]:
        yield from _compare(wanted.get(name), found.get(name), rules, (*path, name), f"{shown}.{name}", top)


def _compare_lists(
    wanted: Sequence[Any], found: Sequence[Any], rules: Rules, path: Path, shown: str, top: str
) -> Iterator[Difference]:
    key = rules.keys.get(".".join(path))
    if key is None:
        if len(wanted) != len(found):
            yield Difference(shown, top, list(found), list(wanted))
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _compare(one, other, rules, path, f"{shown}[{index}]", top)
        return
    ours, theirs = entries(wanted, rules, path), entries(found, rules, path)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if name in ours and name in theirs:
            if key:
                yield from _compare(ours[name], theirs[name], rules, path, f"{shown}[{name}]", top)
        else:
            yield Difference(f"{shown}[{name}]", top, theirs.get(name), ours.get(name))


def entries(values: Sequence[Any], rules: Rules, path: Path) -> dict[str, Any]:
    """A list's entries by what tells them apart."""
    key = rules.keys[".".join(path)]
    return {name_of(value, key, rules, path): value for value in values}


def name_of(value: Any, key: str, rules: Rules, path: Path) -> str:
    """What tells an entry of a list apart: the value of its key, or all of it."""
    if key and isinstance(value, Mapping):
        return link(str(value.get(key, "")), rules.project)
    plain = canonical(value, rules, path)
    return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True)


def canonical(value: Any, rules: Rules, path: Path = ()) -> Any:
    """A value that equals another one if they mean the same."""
    if isinstance(value, Mapping):
        parts = {name: canonical(part, rules, (*path, name)) for name, part in value.items()}
        return {name: part for name, part in sorted(parts.items()) if part not in (None, "", [], {})}
    if isinstance(value, list):
        parts_ = [canonical(part, rules, path) for part in value]
        return (
            sorted(parts_, key=lambda part: json.dumps(part, sort_keys=True))
            if ".".join(path) in rules.keys
            else parts_
        )
    if isinstance(value, bool) or value is None:
        return value
    return link(str(value), rules.project)


def merged(wanted: Any, found: Any, rules: Rules, path: Path = ()) -> Any:
    """What a field becomes, as a whole: what is wanted, and what the API knows besides. For requests that set the
    field.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        whole = ".".join(path) in rules.maps
        kept = {name: value for name, value in found.items() if not whole or name.startswith(FOREIGN_LABEL)}
        both = kept | {name: merged(value, found.get(name), rules, (*path, name)) for name, value in wanted.items()}
        return {name: value for name, value in both.items() if value is not None}
    if isinstance(wanted, list) and isinstance(found, list) and rules.keys.get(".".join(path)):
        theirs = entries(found, rules, path)
        return [merged(value, theirs.get(name), rules, path) for name, value in entries(wanted, rules, path).items()]
    return wanted


def patch(wanted: Any, found: Any, rules: Rules, path: Path = ()) -> Any:
    """The same for a PATCH, which merges dictionaries and replaces lists: None takes away."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        whole = ".".join(path) in rules.maps
        gone = [name for name in found if whole and name not in wanted and not name.startswith(FOREIGN_LABEL)]
        told = {name: patch(value, found.get(name), rules, (*path, name)) for name, value in wanted.items()}
        return told | dict.fromkeys(gone)
    return merged(wanted, found, rules, path)


def overlaid(
    wanted: Mapping[str, Any], found: Mapping[str, Any], differences: Sequence[Difference], rules: Rules
) -> dict[str, Any]:
    """The resource as it will be: only what differs is touched, so that a diff shows nothing else."""
    changed = {difference.field for difference in differences}
    after = {name: merged(wanted[name], found.get(name), rules, (name,)) for name in wanted if name in changed}
    return {name: value for name, value in ({**found, **after}).items() if value is not None}
