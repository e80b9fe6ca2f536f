# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret Manager.

https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets, .../projects.secrets.versions.
"""

from __future__ import annotations

import base64
import re

from ..errors import ApiError, missing
from ..store import Body, fingerprint, name_of, now
from . import policies, values
from .kit import Call, Change, Kind

SECRETS = Kind("secrets", "Secret", "secretmanager", fixed=("replication",))
VERSIONS = Kind("versions", "SecretVersion", "secretmanager")
policies.guard(SECRETS)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
# https://cloud.google.com/secret-manager/quotas#content-limits
_LARGEST = 65536
_STATES = {"enable": "ENABLED", "disable": "DISABLED", "destroy": "DESTROYED"}


@SECRETS.saving
def secret(change: Change) -> None:
    """Where it is kept is decided at the beginning."""
    name = name_of(change.path)
    if not _NAME.fullmatch(name):
        raise ApiError(400, "badRequest", f"The provided Secret ID [{name}] does not match the expected format.")
    values.labels("labels", change.new.get("labels", {}))
    replication = change.new.get("replication")
    if replication is None and "/locations/" not in change.path:
        raise missing("secret.replication")
    if replication is not None and len([key for key in ("automatic", "userManaged") if key in replication]) != 1:
        raise ApiError(400, "badRequest", "The replication must be exactly one of automatic and userManaged.")


@SECRETS.verb("addVersion")
def add_version(call: Call) -> Body:
    """https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion."""
    call.store.need(call.path)
    data = call.body.get("payload", {}).get("data")
    if data is None:
        raise missing("payload.data")
    if len(base64.b64decode(data)) > _LARGEST:
        raise ApiError(400, "badRequest", f"The secret payload is larger than the maximum of {_LARGEST} bytes.")
    number = 1 + max((int(name_of(path)) for path in _versions(call, call.path)), default=0)
    path = f"{call.path}/versions/{number}"
    body = {
        "name": path,
        "createTime": now(),
        "state": "ENABLED",
        "replicationStatus": {"automatic": {}},
        "etag": fingerprint([path, data]),
    }
    return VERSIONS.keep(call.cloud, path, body, data=data)


@VERSIONS.verb("access")
def access(call: Call) -> Body:
    """``latest`` is the newest version, whatever its state; only an enabled one can be read."""
    path = _found(call)
    item = call.store[path]
    if item.body["state"] != "ENABLED":
        message = f"Secret Version [{path}] is in {item.body['state']} state."
        raise ApiError(400, "failedPrecondition", message)
    return {"name": path, "payload": {"data": item.hidden["data"]}}


@VERSIONS.verb("get")
def version(call: Call) -> Body:
    """https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get."""
    return call.store[_found(call)].body


@VERSIONS.verb("list")
def versions(call: Call) -> Body:
    """The newest first."""
    secret_path = call.path.removesuffix("/versions")
    call.store.need(secret_path)
    found = sorted(_versions(call, secret_path), key=lambda path: -int(name_of(path)))
    return {"versions": [call.store[path].body for path in found], "totalSize": len(found)}


@VERSIONS.verb("enable", "disable", "destroy")
def switch(call: Call) -> Body:
    """A destroyed version never comes back."""
    path = _found(call)
    item = call.store[path]
    if item.body["state"] == "DESTROYED":
        raise ApiError(400, "failedPrecondition", f"Secret Version [{path}] is in DESTROYED state.")
    state = _STATES[call.method.verb]
    gone = {"destroyTime": now()} if state == "DESTROYED" else {}
    data = "" if gone else item.hidden["data"]
    return VERSIONS.keep(call.cloud, path, {**item.body, "state": state, **gone}, data=data)


def _versions(call: Call, secret_path: str) -> list[str]:
    return [path for path in call.store if path.startswith(f"{secret_path}/versions/")]


def _found(call: Call) -> str:
    """The version's path. Errors: 404."""
    secret_path = call.path.rpartition("/versions/")[0]
    path = call.path
    if name_of(path) == "latest":
        path = max(_versions(call, secret_path), key=lambda one: int(name_of(one)), default=path)
    if path not in call.store:
        raise ApiError(404, "notFound", f"Secret Version [{path}] not found.")
    return path
