# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a resource what it is wanted to be: read, plan, do, and read again until there is nothing left to do.

Reading again is what finds a field that an API took without a word and did not set, and what makes a run that was
interrupted, or that somebody else's change came between, begin with what is there.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import Client
from .errors import Conflict, NotConverged, NotFound, OptionError, Unavailable, Unreachable
from .kinds import APIS, Kind, kind_of
from .plan import Plan, Step, Wanted, absence, presence, sentence
from .values import Difference

ROUNDS = 8
# So often the same request may leave the same difference: a new resource may take a moment to be seen.
PATIENCE = 3
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a resource is. ``match``: the field that carries the name where the API chooses the resource's own."""

    api: str
    collection: str
    name: str
    project: str
    match: str = ""

    def __str__(self) -> str:
        return f"{self.collection}/{self.name}"

    @property
    def collection_url(self) -> str:
        """Of the list, and of creation."""
        api = APIS[self.api]
        return api.base + (api.prefix + self.collection).format(project=self.project)

    def url(self, kind: Kind) -> str:
        """Of the resource itself."""
        return f"{self.collection_url}/{kind.item.format(name=self.name, project=self.project)}"


@dataclass(frozen=True)
class Detachment:
    """Entries of another resource that refer to this one: they are taken out before this one can be deleted."""

    place: Place
    entries: Mapping[str, Sequence[str]]


@dataclass
class Outcome:
    """``before`` is None if there was nothing; ``after`` in check mode what would be."""

    plan: Plan
    before: dict[str, Any] | None = None
    after: dict[str, Any] = field(default_factory=dict)


def find(client: Client, place: Place, kind: Kind) -> tuple[dict[str, Any] | None, str]:
    """The resource and its address; the address is "" for one that has none yet."""
    if not place.match:
        url = place.url(kind)
        return client.get(url), url
    found = [one for one in client.pages(place.collection_url) if one.get(place.match) == place.name]
    if len(found) > 1:
        names = ", ".join(sorted(str(one["name"]) for one in found))
        raise OptionError(f"{place.match} is '{place.name}', and {len(found)} have it: {names}. Delete all but one.")
    return (found[0], APIS[place.api].base + str(found[0]["name"])) if found else (None, "")


def ensure(
    client: Client, place: Place, wanted: Wanted | None, check_mode: bool, detach: Sequence[Detachment] = ()
) -> Outcome:
    """``wanted`` is None for a resource that must not be. Raises what is in errors.py."""
    kind = wanted.kind if wanted else kind_of(place.api, place.collection)
    outcome: Outcome | None = None
    before: tuple[Difference, ...] | None = None
    repeated = 0
    for attempt in range(ROUNDS):
        found, url = find(client, place, kind)
        plan = presence(wanted, found) if wanted else absence(found)
        if outcome is None:
            outcome = Outcome(plan, copy.deepcopy(found), dict(plan.after))
        if check_mode or not plan.steps:
            outcome.after = outcome.after if check_mode else dict(found or {})
            return outcome
        repeated = repeated + 1 if plan.differences and plan.differences == before else 0
        if repeated == PATIENCE:
            raise NotConverged(f"{place}: the API accepts the change and does not do it: {sentence(plan.differences)}")
        before = plan.differences
        if repeated:
            client.clock.pause(attempt)
        try:
            _do(client, place, url, plan, detach)
        except (Conflict, NotFound, Unavailable, Unreachable) as error:
            if attempt == ROUNDS - 1 or (isinstance(error, NotFound) and plan.action == "created"):
                raise
            before = None
            client.clock.pause(attempt)
    raise NotConverged(f"{place}: not as wanted after {ROUNDS} attempts")


def _do(client: Client, place: Place, url: str, plan: Plan, detach: Sequence[Detachment]) -> None:
    for step in plan.steps:
        if step.method == "DELETE":
            for one in detach:
                release(client, one)
            _delete(client, url)
        else:
            client.change(step.method, _address(step, place, url), step.query, step.body)


def _delete(client: Client, url: str) -> None:
    with contextlib.suppress(NotFound):
        client.change("DELETE", url)


def _address(step: Step, place: Place, url: str) -> str:
    """Compute's verbs are below the item; the other APIs' follow a colon."""
    base = place.collection_url if step.on_collection else url
    return base + (f"{'/' if place.api == 'compute' else ':'}{step.path}" if step.path else "")


def release(client: Client, detachment: Detachment) -> None:
    """Take entries out of another resource, if they are in it."""
    place = detachment.place
    kind = kind_of(place.api, place.collection)
    url = place.url(kind)
    found = client.get(url)
    if found is None:
        return
    left: dict[str, Any] = {}
    for name, gone in detachment.entries.items():
        key = kind.keys.get(name, "name")
        kept = [entry for entry in found.get(name) or [] if str(entry.get(key)) not in gone]
        if len(kept) != len(found.get(name) or []):
            left[name] = kept
    if left:
        guard = {name: found[name] for name in ("fingerprint", "etag") if name in found}
        client.change("PATCH", url, body={**left, **guard})
