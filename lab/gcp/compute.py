# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute Engine: how every collection of it is read and changed.

https://cloud.google.com/compute/docs/reference/rest/v1 (insert, get, list, aggregatedList, patch, update, delete),
https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses (fingerprints, operations, partial URLs).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from . import catalogue, corrections, quotas
from .errors import ApiError, exists, in_use, invalid, missing, not_found, singular, stale, unimplemented
from .filters import matches
from .operations import not_ready
from .rules.disks import newest
from .rules.kit import KINDS, Call, Kind, kind_of
from .store import Body, collection_of, link, merged, name_of, now, path_of, region_of

_PLACES = {"regions", "zones"}
# Texts that may look like a partial URL and are none.
_TEXTS = {"description", "metadata", "labels", "expression", "paths", "requestPath", "annotations"}
_ZONAL = {"instances", "disks", "instanceGroupManagers", "instanceGroups", "autoscalers"}
# Old paths without "global": https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpProxies/setUrlMap
_WITHOUT_GLOBAL = re.compile(r"^(projects/[^/]+)/(target\w+Proxies/)")


def handle(call: Call) -> Body:
    """Answer one call. Errors: ``ApiError``."""
    verb = call.method.verb
    _places(call)
    if "operations" in call.method.template:
        return _operation(call)
    kind = kind_of(call.method, "compute")
    if verb in kind.verbs:
        call.path = _WITHOUT_GLOBAL.sub(r"\1/global/\2", call.path.removesuffix(f"/{verb}"))
        _write(call, call.path)
        answer = kind.verbs[verb](call)
        return answer if isinstance(answer, dict) else _started(call, call.path)
    match verb:
        case "get":
            return catalogue.item(call.path) or kind.show(call.cloud, call.path)
        case "list":
            return _list(call, kind)
        case "aggregatedList":
            return _aggregated(call, kind)
        case "insert":
            return _insert(call, kind)
        case "patch" | "update":
            return _update(call, kind)
        case "setLabels":
            return _set_labels(call, kind)
        case "delete":
            return _delete(call, kind)
    raise unimplemented(call.method.id)


def resolved(call: Call, value: Any, where: str = "resource") -> Any:
    """Full URLs for every reference, and everything that is referred to exists. Errors: 400."""
    if isinstance(value, dict):
        return {
            key: inner if key in _TEXTS else resolved(call, inner, f"{where}.{key}") for key, inner in value.items()
        }
    if isinstance(value, list):
        return [resolved(call, inner, f"{where}[{index}]") for index, inner in enumerate(value)]
    path = path_of(value, call.project)
    if not path:
        return value
    if path in call.store:
        if call.cloud.operations.not_ready(path):
            raise not_ready(path)
    elif catalogue.item(path) is None and newest(call.store, path) is None:
        raise invalid(where, value, f"The referenced {_what(path)} resource cannot be found.")
    return link(path)


def _what(path: str) -> str:
    return "image" if "/images/" in path else singular(collection_of(path))


def _places(call: Call) -> None:
    for name in ("region", "zone"):
        if name in call.params and catalogue.item(f"projects/{call.project}/{name}s/{call.params[name]}") is None:
            raise invalid(name, call.params[name], f"Unknown {name}.")


def _operation(call: Call) -> Body:
    if call.method.verb in ("get", "wait"):
        return call.cloud.operations.poll(call.path.removesuffix("/wait"), wait=call.method.verb == "wait")
    if call.method.verb == "list":
        return {"kind": "compute#operationList", "items": call.cloud.operations.list(call.path)}
    raise unimplemented(call.method.id)


def _write(call: Call, path: str) -> None:
    """What a change meets first: the references of its body, and an unfinished operation on its target."""
    if call.method.http != "GET":
        if call.cloud.operations.not_ready(path):
            raise not_ready(path)
        call.body = resolved(call, call.body)


def _started(call: Call, path: str) -> Body:
    item = call.store.get(path)
    target_id = item.body.get("id", "0") if item else "0"
    return call.cloud.operations.start(call.cloud.next_id(), path, target_id, call.method.verb)


def _insert(call: Call, kind: Kind) -> Body:
    name = call.body.get("name")
    if not name:
        raise missing("name")
    path = f"{call.path}/{name}"
    if path in call.store:
        raise exists(path)
    _write(call, path)
    properties = call.api.properties(call.method.request)
    body = kind.complete({key: value for key, value in call.body.items() if key not in ("region", "zone")})
    body["kind"] = properties.get("kind", {}).get("default", f"compute#{call.method.request}")
    body.update(id=call.cloud.next_id(), creationTimestamp=now(), selfLink=link(path))
    scope, place = path.split("/")[2:4]
    if scope in _PLACES:
        body[scope[:-1]] = link(f"projects/{call.project}/{scope}/{place}")
    kind.keep(call.cloud, path, body)
    quotas.check(call.store, call.project, region_of(path))
    return _started(call, path)


def _update(call: Call, kind: Kind) -> Body:
    path, verb = call.path, call.method.verb
    if name_of(path) == "autoscalers":  # PATCH and PUT go to the collection, ?autoscaler=NAME
        name = call.query.get("autoscaler") or call.body.get("name")
        if not name:
            raise missing("autoscaler")
        path = f"{path}/{name}"
    old = call.store.need(path)
    _write(call, path)
    properties = call.api.properties(call.method.request)
    if "fingerprint" not in call.body and corrections.needs_fingerprint(properties.get("fingerprint", {}), verb):
        raise missing("fingerprint")
    if call.body.get("fingerprint", old.get("fingerprint")) != old.get("fingerprint"):
        raise stale("resource")
    if call.body.get("name", old["name"]) != old["name"]:
        raise invalid("name", call.body["name"], "The name of a resource cannot be changed.")
    if call.method.http == "PATCH":
        new = merged(old, call.body)
    else:
        schema = call.method.request or ""
        kept = {
            key: value
            for key, value in old.items()
            if key == "name" or key not in properties or corrections.output_only(schema, key, properties[key])
        }
        new = {**kind.complete(call.body), **kept}
    kind.keep(call.cloud, path, new)
    return _started(call, path)


def _set_labels(call: Call, kind: Kind) -> Body:
    call.path = call.path.removesuffix("/setLabels")
    old = call.store.need(call.path)
    if call.body.get("labelFingerprint") != old.get("labelFingerprint"):
        message = "Labels fingerprint either invalid or resource labels have changed"
        raise ApiError(412, "conditionNotMet", message)
    _write(call, call.path)
    kind.keep(call.cloud, call.path, {**old, "labels": call.body.get("labels", {})})
    return _started(call, call.path)


def _delete(call: Call, kind: Kind) -> Body:
    store, path = call.store, call.path
    if path not in store and catalogue.item(path) is not None:
        raise ApiError(403, "forbidden", f"Required permission to delete '{path}'")
    store.need(path)
    _write(call, path)
    owned = set(store.owned(path))
    for user in store.users(path):
        if user not in owned:
            raise in_use(kind.collection, path, user)
    answer = _started(call, path)
    owner = store[path].hidden.get("owner", "")
    kind.remove(call.cloud, path)
    if owner in store:
        KINDS["compute", collection_of(owner)].missed(call.cloud, owner)
    return answer


def _list(call: Call, kind: Kind) -> Body:
    items = [kind.show(call.cloud, path) for path, _ in call.store.below(call.path)]
    items = [item for item in [*catalogue.items(call.path), *items] if matches(item, call.query.get("filter"))]
    page, more = _page(call, items)
    answer = _list_head(call)
    if page:
        answer["items"] = page
    return {**answer, **more}


def _aggregated(call: Call, kind: Kind) -> Body:
    """Grouped by place; the places without any say so.

    https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList
    """
    found = [
        (path, item)
        for path, _ in call.store.kind(kind.collection, call.project)
        if matches(item := kind.show(call.cloud, path), call.query.get("filter"))
    ]
    zonal = kind.collection in _ZONAL
    places = {f"zones/{zone}" for zone in catalogue.ALL_ZONES} if zonal else set()
    places |= {f"regions/{region}" for region in catalogue.ZONES} | (set() if zonal else {"global"})
    scopes: Body = {
        place: {
            "warning": {
                "code": "NO_RESULTS_ON_PAGE",
                "message": f"There are no results for scope '{place}' on this page.",
                "data": [{"key": "scope", "value": place}],
            }
        }
        for place in sorted(places)
    }
    page, more = _page(call, found)
    for path, item in page:
        place = "/".join(path.split("/")[2:-2])
        members = scopes.get(place, {}).get(kind.collection, [])
        scopes[place] = {kind.collection: [*members, item]}
    return {**_list_head(call), "items": scopes, **more}


def _list_head(call: Call) -> Body:
    kind = call.api.properties(call.method.response).get("kind", {}).get("default", "")
    return {"kind": kind, "id": call.path, "selfLink": link(call.path)}


def _page(call: Call, items: list[Any]) -> tuple[list[Any], Body]:
    """One page, and where the next one begins. Errors: 400 for a page token that nobody gave."""
    size = int(call.query.get("maxResults", 500))
    token = call.query.get("pageToken", "")
    try:
        start = int(base64.b64decode(token, validate=True)) if token else 0
    except (ValueError, binascii.Error) as error:
        raise ApiError(400, "invalid", f"Invalid value for field 'pageToken': '{token}'.") from error
    more = {"nextPageToken": base64.b64encode(str(start + size).encode()).decode()} if len(items) > start + size else {}
    return items[start : start + size], more


def check_project(call: Call) -> None:
    """Errors: 404. Everybody may read the projects of public images."""
    public = call.method.http == "GET" and any(call.project == home for home, _ in catalogue.FAMILIES.values())
    if call.project not in call.cloud.projects and not public:
        raise not_found(f"projects/{call.project}")
