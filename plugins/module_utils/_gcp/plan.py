# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests make a resource what it is wanted to be. Pure.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import Immutable
from .kinds import Entries, Kind
from .values import Difference, Rules, compare, entries, merged, overlaid, patch, words

Resource = Mapping[str, Any]
Action = Literal["created", "updated", "replaced", "deleted", "none"]
HIDDEN = "VALUE_HIDDEN"
FINGERPRINTS = ("fingerprint", "etag")


@dataclass(frozen=True)
class Step:
    """One request. ``path`` is below the item, or below the collection for ``on_collection``; "" is the thing
    itself.
    """

    method: str
    path: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Resource | None = None
    on_collection: bool = False


@dataclass(frozen=True)
class Plan:
    """``after`` is the resource as it will be, as far as that can be known."""

    action: Action = "none"
    steps: tuple[Step, ...] = ()
    differences: tuple[Difference, ...] = ()
    after: Resource = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """What a task asks for. ``secrets`` are the write-only parts of the body; ``insert`` the query that creation
    needs.
    """

    name: str
    body: Resource
    kind: Kind
    project: str
    secrets: Resource = field(default_factory=dict)
    insert: Mapping[str, Any] = field(default_factory=dict)
    name_in_body: bool = False
    replace: bool = False

    @property
    def rules(self) -> Rules:
        """How its parts are compared."""
        return Rules(self.project, self.kind.keys, self.kind.maps)


def presence(wanted: Wanted, found: Resource | None) -> Plan:
    """Create what is not there, change what differs, replace it where that was allowed and nothing else helps.

    Raises Immutable where it was not.
    """
    if found is None:
        after = {name: value for name, value in _told(wanted).items() if value is not None}
        return Plan("created", (_creation(wanted),), (), after)
    kind, rules = wanted.kind, wanted.rules
    compared = {name: value for name, value in _told(wanted).items() if name not in kind.create_only | kind.write_only}
    differences = tuple(compare(compared, found, rules))
    if not differences:
        return Plan(after=found)
    fixed = [difference for difference in differences if is_fixed(kind, difference.field)]
    if fixed and not wanted.replace:
        raise Immutable(
            f"{wanted.name}: {sentence(fixed)}. The API cannot change that in place; "
            "replace_on_immutable: true deletes it and makes it anew"
        )
    after = overlaid(compared, found, differences, rules)
    if fixed:
        return Plan("replaced", (Step("DELETE"), _creation(wanted)), differences, after)
    return Plan("updated", tuple(_changes(wanted, found, differences)), differences, after)


def absence(found: Resource | None) -> Plan:
    """Delete what is there."""
    return Plan() if found is None else Plan("deleted", (Step("DELETE"),))


def is_fixed(kind: Kind, name: str) -> bool:
    """Does it take a new resource to change this field?"""
    return name in kind.immutable or (kind.update == "none" and name not in {*kind.calls, *kind.entries})


def _told(wanted: Wanted) -> dict[str, Any]:
    """The body, completed by the kind's defaults."""
    return {**wanted.kind.defaults, **wanted.body}


def _creation(wanted: Wanted) -> Step:
    kind = wanted.kind
    told = {name: value for name, value in wanted.body.items() if name not in kind.after_creation}
    body: dict[str, Any] = {**given(told), **wanted.secrets}
    if kind.envelope:
        body = {kind.envelope: body}
    if kind.id_field:
        body[kind.id_field] = wanted.name
    elif wanted.name_in_body:
        body.setdefault("name", wanted.name)
    query = {**wanted.insert, **({kind.id_query: wanted.name} if kind.id_query else {})}
    return Step("POST", query=query, body=body, on_collection=True)


def given(value: Any) -> Any:
    """Without what is wanted not to be there: what is created has nothing that nobody gave it."""
    if isinstance(value, Mapping):
        return {name: given(part) for name, part in value.items() if part not in (None, [], "")}
    return [given(part) for part in value] if isinstance(value, list) else value


def _changes(wanted: Wanted, found: Resource, differences: Sequence[Difference]) -> list[Step]:
    kind, rules = wanted.kind, wanted.rules
    told = _told(wanted)
    fields = list(dict.fromkeys(difference.field for difference in differences))
    steps = [
        step
        for name in fields
        if name in kind.entries
        for step in _entry_steps(kind.entries[name], name, told[name], found, rules)
    ]
    for name in fields:
        if name in kind.calls:
            call, value = kind.calls[name], merged(told[name], found.get(name), rules, (name,))
            steps.append(Step(call.method, call.verb, call.query(value), call.body(value, found)))
    if plain := [name for name in fields if name not in {*kind.entries, *kind.calls}]:
        steps.append(_update(wanted, found, plain))
    return steps


def _update(wanted: Wanted, found: Resource, fields: Sequence[str]) -> Step:
    kind, rules = wanted.kind, wanted.rules
    told = _told(wanted)
    guard = {name: found[name] for name in FINGERPRINTS if found.get(name)}
    if kind.update in ("put", "whole"):
        body = {**found, **{name: merged(told[name], found.get(name), rules, (name,)) for name in fields}}
        body = {name: value for name, value in body.items() if value is not None}
        return Step("PUT" if kind.update == "put" else "PATCH", body=body)
    if kind.mask:  # what is named is set as a whole
        body = {name: merged(told[name], found.get(name), rules, (name,)) for name in fields}
        body = {name: value for name, value in body.items() if value is not None}
        if kind.envelope:
            return Step("PATCH", body={kind.envelope: body, "updateMask": ",".join(fields)})
        return Step("PATCH", query={"updateMask": ",".join(fields)}, body={**body, **guard})
    body = {name: patch(told[name], found.get(name), rules, (name,)) for name in fields}
    if kind.update_query:
        return Step(
            "PATCH", query={kind.update_query: wanted.name}, body={"name": wanted.name, **body}, on_collection=True
        )
    return Step("PATCH", body={**body, **guard})


def _entry_steps(methods: Entries, name: str, values: Any, found: Resource, rules: Rules) -> list[Step]:
    """Add, change and remove the entries of a list one by one. What is new comes before what is old goes."""
    path = (name,)
    ours, theirs = entries(values or [], rules, path), entries(found.get(name) or [], rules, path)
    steps = [Step("POST", methods.add, body=value) for key, value in ours.items() if key not in theirs]
    for key, value in ours.items():
        if key in theirs and compare({name: [value]}, {name: [theirs[key]]}, rules):
            told = merged(value, theirs[key], rules, path)
            steps.append(Step("POST", methods.change, {methods.key: key}, told))
    return steps + [Step("POST", methods.remove, {methods.key: key}) for key in theirs if key not in ours]


def scrubbed(value: Any, secret: frozenset[str]) -> Any:
    """A copy without what must not be seen, wherever it is in the structure."""
    if isinstance(value, Mapping):
        return {name: HIDDEN if name in secret else scrubbed(part, secret) for name, part in value.items()}
    return [scrubbed(part, secret) for part in value] if isinstance(value, list) else value


def shown(resource: Resource, fields: Sequence[str], secrets: Sequence[str]) -> dict[str, Any]:
    """The part of a resource that a diff is about. Secrets are there by name."""
    part = {name: resource[name] for name in fields if resource.get(name) not in (None, "", [], {})}
    return part | dict.fromkeys(secrets, HIDDEN) if part else {}


def sentence(differences: Sequence[Difference]) -> str:
    """All differences, for an error."""
    return "; ".join(map(str, differences)) or words(None)
