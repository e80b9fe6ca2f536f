# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame that the rules hang in: a ``Kind`` per collection, with what the documents do not say about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..documents import Api, Method
from ..errors import invalid, unimplemented
from ..store import Body, Store, fingerprint, project_of, region_of

if TYPE_CHECKING:
    from ..cloud import Cloud


_PROJECT = re.compile(r"projects/([^/:]+)")


@dataclass
class Call:
    """A request on its way through the rules; ``path`` is the resource or the collection that it is about."""

    cloud: Cloud
    api: Api
    method: Method
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    caller: str = ""

    @property
    def store(self) -> Store:
        return self.cloud.store(self.api.name)

    @property
    def project(self) -> str:
        found = _PROJECT.match(self.path)
        return found[1] if found else self.query.get("project", "")


@dataclass
class Change:
    """A resource about to be kept. Rules refuse it, or complete ``new``; ``hidden`` is what the API does not show."""

    cloud: Cloud
    store: Store
    path: str
    new: Body
    old: Body | None
    hidden: Body

    @property
    def project(self) -> str:
        return project_of(self.path)

    @property
    def region(self) -> str:
        return region_of(self.path)

    def is_fixed(self, field_name: str) -> None:
        """Refuse a change of a field that can only be set at creation."""
        if self.old is not None and self.new.get(field_name) != self.old.get(field_name):
            why = "The field cannot be changed after the resource was created."
            raise invalid(field_name, self.new.get(field_name, ""), why)


Rule = Callable[[Change], None]
View = Callable[["Cloud", str, Body], Body]
Gone = Callable[["Cloud", str], None]
Verb = Callable[[Call], "Body | bytes | None"]


@dataclass
class Kind:
    """One collection: ``networks`` of ``compute``. ``fixed``: fields that no update may change.

    ``naming``: how a resource of the other APIs gets the last segment of its name.
    ``wrapped``: the field of an update's request that holds the resource itself.
    """

    collection: str
    schema: str
    api: str = "compute"
    defaults: Body = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    naming: Callable[[Call], str] = lambda call: _name(call)
    wrapped: str = ""
    verbs: dict[str, Verb] = field(default_factory=dict)
    rule: Rule | None = None
    view: View | None = None
    gone: Gone | None = None
    lost: Gone | None = None

    def __post_init__(self) -> None:
        KINDS[self.api, self.collection] = self

    def saving(self, rule: Rule) -> Rule:
        """Decorator: judges and completes a resource before it is kept."""
        self.rule = rule
        return rule

    def viewing(self, view: View) -> View:
        """Decorator: adds what is known only when it is read."""
        self.view = view
        return view

    def deleting(self, gone: Gone) -> Gone:
        """Decorator: refuses a removal, or takes along what belongs to the resource."""
        self.gone = gone
        return gone

    def missing(self, lost: Gone) -> Gone:
        """Decorator: somebody removed what was made on behalf of the resource."""
        self.lost = lost
        return lost

    def verb(self, *names: str) -> Callable[[Verb], Verb]:
        """Decorator: carries out verbs beyond get, list, insert, patch, update and delete.

        What it returns is the answer; None: an operation.
        """

        def register(verb: Verb) -> Verb:
            self.verbs.update(dict.fromkeys(names, verb))
            return verb

        return register

    def also(self, segment: str) -> Kind:
        """Another segment of paths that leads here."""
        KINDS[self.api, segment] = self
        return self

    def complete(self, body: Body) -> Body:
        """The body with the defaults of the server, also inside of its sections."""
        base = deepcopy(self.defaults)
        for key, value in body.items():
            inner = base.get(key)
            base[key] = {**inner, **value} if isinstance(inner, dict) and isinstance(value, dict) else value
        return base

    def keep(self, cloud: Cloud, path: str, new: Body, **hidden: object) -> Body:
        """Judge and store one resource, new or changed. Errors: 400 and whatever the rule refuses with."""
        store = cloud.store(self.api)
        item = store.get(path)
        old = item.body if item else None
        change = Change(cloud, store, path, deepcopy(new), old, {**(item.hidden if item else {}), **hidden})
        for name in self.fixed:
            change.is_fixed(name)
        if self.rule is not None:
            self.rule(change)
        if self.api == "compute":
            self._fingerprints(cloud, change.new)
        cloud.put(self.api, path, change.new, change.hidden)
        return change.new

    def missed(self, cloud: Cloud, path: str) -> None:
        """Something that this resource owns was removed."""
        if self.lost is not None:
            self.lost(cloud, path)

    def unwrapped(self, call: Call) -> Body:
        """The resource in an update's request."""
        inner = call.body.get(self.wrapped)
        return inner if isinstance(inner, dict) else call.body

    def _fingerprints(self, cloud: Cloud, body: Body) -> None:
        document = cloud.documents.load("compute", "v1")
        properties = document.properties(self.schema) if document else {}
        if "labelFingerprint" in properties:
            body["labelFingerprint"] = fingerprint(body.get("labels", {}))
        if "fingerprint" in properties:
            body["fingerprint"] = fingerprint({key: value for key, value in body.items() if key != "fingerprint"})

    def show(self, cloud: Cloud, path: str) -> Body:
        """A resource as the API answers it. Errors: 404."""
        body = cloud.store(self.api).need(path)
        return self.view(cloud, path, dict(body)) if self.view else body

    def remove(self, cloud: Cloud, path: str) -> None:
        """Without a question; the rule for removals still has its say."""
        if self.gone is not None:
            self.gone(cloud, path)
        cloud.drop(self.api, path)


def _name(call: Call) -> str:
    """From the query (``secretId=``), from the body, or a number of the server's."""
    given = next((value for key, value in call.query.items() if key.endswith("Id") and key != "requestId"), "")
    return given or str(call.body.get("name", "")).rpartition("/")[2] or call.cloud.next_id()


KINDS: dict[tuple[str, str], Kind] = {}


def kind(collection: str, api: str = "compute") -> Kind:
    """The registered kind. Errors: ``KeyError``."""
    return KINDS[api, collection]


def kind_of(method: Method, api: str) -> Kind:
    """The collection that a call is about: what its path names last, apart from the verb. Errors: 501."""
    segments = [part for part in re.split(r"[/:]", method.template) if part and "{" not in part and "}" not in part]
    if segments[-1] == method.verb:
        segments.pop()
    found = KINDS.get((api, segments[-1]))
    if found is None:
        raise unimplemented(method.id)
    return found


def set_fields(**renamed: str) -> Verb:
    """A verb that sets fields of the resource to those of the request."""

    def run(call: Call) -> None:
        owner = KINDS[call.api.name, call.path.split("/")[-2]]
        new = dict(call.store.need(call.path))
        new.update({renamed.get(key, key): value for key, value in call.body.items() if key != "fingerprint"})
        owner.keep(call.cloud, call.path, new)

    return run


def with_fingerprint(section: Body) -> Body:
    """A section that carries its own fingerprint: tags, metadata."""
    return {**section, "fingerprint": fingerprint(section.get("items", []))}
