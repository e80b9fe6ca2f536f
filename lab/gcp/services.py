# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The APIs beside Compute Engine: resource names, update masks, long running operations.

https://cloud.google.com/apis/design/standard_methods and /apis/design/custom_methods (``NAME:verb``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import ApiError, exists, not_found, unimplemented
from .filters import matches
from .rules.kit import Call, Kind, kind_of
from .store import Body, fingerprint, merged, now

if TYPE_CHECKING:
    from .cloud import Request

_BEFORE_NAME = re.compile(r"^(?:[a-z]+/)?v\d\w*/")
_OPERATION = re.compile(r"(?:.*/)?operations/[\w.-]+")
_SNAKE = re.compile(r"(?<=[a-z])_([a-z])")
# Calls that ask who may, before the API itself is asked.
_ALWAYS_ENABLED = {"iamcredentials", "serviceusage", "oauth2", "cloudresourcemanager"}


def handle(call: Call, request: Request) -> Body | bytes:
    """Answer one call. Errors: ``ApiError``."""
    call.path = _BEFORE_NAME.sub("", call.path)
    _check_project(call)
    if call.method.verb == "get" and (found := _operation(call)):
        return found
    kind = kind_of(call.method, call.api.name)
    verb = call.method.verb
    if request.path.startswith("/upload/"):
        verb = "upload"
        call.body = {"data": request.data, "type": request.content_type}
    if verb in kind.verbs:
        call.path = call.path.removesuffix(f":{verb}")
        answer = kind.verbs[verb](call)
        return {} if answer is None else answer
    match verb:
        case "get":
            return kind.show(call.cloud, call.path)
        case "list":
            return _list(call, kind)
        case "create" | "insert":
            return _create(call, kind)
        case "patch" | "update":
            return _update(call, kind)
        case "delete":
            return _delete(call, kind)
    raise unimplemented(call.method.id)


def disabled(service: str, project: str) -> ApiError:
    """403 before a service is enabled: https://cloud.google.com/apis/docs/troubleshooting#service_disabled."""
    message = (
        f"{service} has not been used in project {project} before or it is disabled. Enable it by visiting "
        f"https://console.developers.google.com/apis/api/{service}/overview?project={project} then retry."
    )
    return ApiError(403, "accessNotConfigured", message)


def operation(call: Call, target: str, response: Body | None = None) -> Body:
    """What a long running operation answers; it is done at once."""
    if call.api.name == "dns":
        return {"kind": "dns#operation", "id": call.cloud.next_id(), "status": "done", "type": call.method.verb}
    parent = "/".join(target.split("/")[:4]) if "/locations/" in target else ""
    name = f"{parent}/operations/operation-{call.cloud.next_id()}".lstrip("/")
    body = {"name": name, "done": True, "response": response or {}}
    call.cloud.put("operations", name, body)
    return body


def _check_project(call: Call) -> None:
    """Errors: 403, as for a project that is not there or not ours."""
    project = call.project
    if project in ("", "-"):
        return
    if project not in call.cloud.projects:
        raise ApiError(403, "forbidden", f"Permission denied on resource project {project}.")
    service = f"{call.api.name}.googleapis.com"
    if call.api.name not in _ALWAYS_ENABLED and (project, service) in call.cloud.disabled:
        raise disabled(service, project)


def _operation(call: Call) -> Body | None:
    if not _OPERATION.fullmatch(call.path):
        return None
    return call.cloud.store("operations").need(call.path)


def _create(call: Call, kind: Kind) -> Body:
    properties = call.api.properties(call.method.request)
    name = kind.naming(call)
    path = f"{call.path}/{name}"
    if path in call.store:
        raise exists(path)
    _parent_exists(call, call.path.rpartition("/")[0])
    body = {**kind.complete(call.body), "name": path if call.method.named_parent else name}
    made = {
        "createTime": now(),
        "creationTime": now(),
        "etag": fingerprint([body, now()]),
        "id": call.cloud.next_id(),
        "kind": properties.get("kind", {}).get("default"),
    }
    body.update({key: value for key, value in made.items() if key in properties and value and key not in body})
    kind.keep(call.cloud, path, body)
    return _answer(call, kind, path)


def _list(call: Call, kind: Kind) -> Body:
    _parent_exists(call, call.path.rpartition("/")[0])
    properties = call.api.properties(call.method.response)
    noise = ("unreachable", "warnings", "executionErrors")
    field = next(key for key, spec in properties.items() if spec.get("type") == "array" and key not in noise)
    condition = _camel(call.query.get("filter", ""))
    items = [kind.show(call.cloud, path) for path, _ in call.store.below(call.path)]
    items = [item for item in items if matches(item, condition)]
    head = {"kind": properties["kind"]["default"]} if "default" in properties.get("kind", {}) else {}
    size = int(call.query.get("pageSize") or call.query.get("maxResults") or 1000)
    token = call.query.get("pageToken") or "0"
    if not token.isdigit():
        raise ApiError(400, "invalid", f"Invalid page token: {token}")
    start = int(token)
    more = {"nextPageToken": str(start + size)} if len(items) > start + size else {}
    return {**head, **({field: items[start : start + size]} if items else {}), **more}


def _update(call: Call, kind: Kind) -> Body:
    old = call.store.need(call.path)
    sent = kind.unwrapped(call)
    if "etag" in sent and sent["etag"] != old.get("etag"):
        raise ApiError(409, "aborted", "There were concurrent changes. The etag is not the present one; read it again.")
    given = str(call.body.get("updateMask") or call.query.get("updateMask", ""))
    mask = [_camel(one) for one in given.split(",") if one]
    if mask:
        unknown = [one for one in mask if one.split(".")[0] not in _fields(call)]
        if unknown:
            raise ApiError(400, "invalid", f"Invalid value at 'update_mask': unknown field {unknown[0]}")
        new = dict(old)
        for one in mask:
            top = one.split(".")[0]
            new.pop(top, None)
            if top in sent:
                new[top] = sent[top]
    elif call.method.verb == "patch":
        new = merged(old, sent)
    else:
        server = ("name", "createTime", "creationTime", "id", "selfLink", "kind", "state")
        new = {**{key: value for key, value in old.items() if key in server}, **sent}
    new["name"] = old["name"]
    if "etag" in old:
        new["etag"] = fingerprint([new, call.cloud.next_id()])
    kind.keep(call.cloud, call.path, new)
    return _answer(call, kind, call.path)


def _camel(text: str) -> str:
    """``display_name``: ``displayName``."""
    return _SNAKE.sub(lambda found: found[1].upper(), text)


def _fields(call: Call) -> set[str]:
    """The fields of the resource, also where the request wraps it."""
    fields = set(call.api.properties(call.method.request))
    return fields | set(call.api.properties(call.method.response))


def _delete(call: Call, kind: Kind) -> Body | bytes:
    call.store.need(call.path)
    kind.remove(call.cloud, call.path)
    for path in [path for path in call.store if path.startswith(f"{call.path}/")]:
        call.cloud.drop(call.api.name, path)
    call.cloud.drop("policies", f"{call.api.name}/{call.path}")
    if call.method.response is None:
        return b""
    return operation(call, call.path) if call.method.response == "Operation" else {}


def _answer(call: Call, kind: Kind, path: str) -> Body:
    body = kind.show(call.cloud, path)
    return operation(call, path, body) if call.method.response == "Operation" else body


def _parent_exists(call: Call, parent: str) -> None:
    if re.fullmatch(r"(projects/[^/]+(/locations/[^/]+)?)?", parent):
        return
    if parent not in call.store:
        raise not_found(parent)
