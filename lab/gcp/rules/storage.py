# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Storage: buckets, their policies, and small objects.

https://cloud.google.com/storage/docs/json_api/v1/buckets, .../objects, https://cloud.google.com/storage/docs/buckets#naming.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from ..errors import ApiError, missing, not_found, unimplemented
from ..store import Body, now
from . import policies, values
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

BUCKETS = Kind(
    "b", "Bucket", "storage", {"location": "US", "storageClass": "STANDARD"}, fixed=("location", "timeCreated", "id")
)
OBJECTS = Kind("o", "Object", "storage")
policies.guard(BUCKETS.also("iam"))

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]")
_LOCATIONS = re.compile(r"(ASIA|EU|US|ASIA1|EUR4|EUR5|EUR7|EUR8|NAM4)|[A-Z]+-[A-Z]+\d+")
_CLASSES = {"STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL"}


@BUCKETS.verb("insert")
def create_bucket(call: Call) -> Body:
    """The name is unique in the whole world."""
    if "project" not in call.query:
        raise ApiError(400, "required", "Required parameter: project")
    name = call.body.get("name")
    if not name:
        raise missing("name")
    path = f"b/{name}"
    if path in call.store:
        message = "Your previous request to create the named bucket succeeded and you already own it."
        raise ApiError(409, "conflict", message)
    body = BUCKETS.complete({key: value for key, value in call.body.items() if key != "project"})
    body.update(
        kind="storage#bucket",
        id=name,
        selfLink=f"https://www.googleapis.com/storage/v1/b/{name}",
        projectNumber="123456789012",
        timeCreated=now(),
        updated=now(),
        metageneration="0",
    )
    return BUCKETS.keep(call.cloud, path, body, project=call.query["project"])


@BUCKETS.saving
def bucket(change: Change) -> None:
    """Name, place and class; each change makes another metageneration."""
    new = change.new
    name = new["name"]
    if not _NAME.fullmatch(name) or name.startswith("goog") or "google" in name or ".." in name:
        raise ApiError(400, "invalid", f"Invalid bucket name: '{name}'")
    new["location"] = new["location"].upper()
    if not _LOCATIONS.fullmatch(new["location"]):
        raise ApiError(400, "invalid", f"The specified location constraint is not valid: {new['location']}.")
    if new["storageClass"] not in _CLASSES:
        raise ApiError(400, "invalid", f"Invalid argument: storageClass {new['storageClass']}")
    values.labels("labels", new.get("labels", {}))
    for rule in new.get("lifecycle", {}).get("rule", []):
        if not rule.get("action", {}).get("type") or not rule.get("condition"):
            raise ApiError(400, "invalid", "A lifecycle management rule needs an action and a condition.")
    new.setdefault("locationType", "region" if "-" in new["location"] else "multi-region")
    new["iamConfiguration"] = {
        "uniformBucketLevelAccess": {"enabled": False},
        "publicAccessPrevention": "inherited",
        **new.get("iamConfiguration", {}),
    }
    new["metageneration"] = str(int(new["metageneration"]) + 1)
    new["etag"] = base64.b64encode(new["metageneration"].encode()).decode()


@BUCKETS.verb("list")
def buckets(call: Call) -> Body:
    """Those of one project."""
    if "project" not in call.query:
        raise ApiError(400, "required", "Required parameter: project")
    found = [
        call.store[path].body
        for path, _ in call.store.below("b")
        if call.store[path].hidden["project"] == call.query["project"]
    ]
    return {"kind": "storage#buckets", **({"items": found} if found else {})}


@BUCKETS.deleting
def bucket_deleted(cloud: Cloud, path: str) -> None:
    """Only an empty one goes."""
    if any(True for _ in cloud.store("storage").below(f"{path}/o")):
        raise ApiError(409, "conflict", "The bucket you tried to delete is not empty.")


@OBJECTS.verb("upload")
def upload(call: Call) -> Body:
    """A simple upload: https://cloud.google.com/storage/docs/uploading-objects (uploadType=media)."""
    if call.query.get("uploadType") != "media":
        raise unimplemented(f"uploads of type {call.query.get('uploadType')}")
    parent = call.path.removesuffix("/o")
    if parent not in call.store:
        raise ApiError(404, "notFound", "The specified bucket does not exist.")
    name = call.query.get("name", "")
    if not name:
        raise missing("name")
    data: bytes = call.body["data"]
    bucket_name = parent.removeprefix("b/")
    number = call.cloud.next_id()
    body = {
        "kind": "storage#object",
        "id": f"{bucket_name}/{name}/{number}",
        "name": name,
        "bucket": bucket_name,
        "generation": number,
        "contentType": call.body["type"] or "application/octet-stream",
        "size": str(len(data)),
        "md5Hash": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
        "storageClass": call.store[parent].body["storageClass"],
        "timeCreated": now(),
    }
    return OBJECTS.keep(call.cloud, _path(parent, name), body, data=data)


@OBJECTS.verb("get")
def read(call: Call) -> Body | bytes:
    """``alt=media`` is the content."""
    parent, _, name = call.path.partition("/o/")
    path = _path(parent, name)
    if path not in call.store:
        raise not_found(path)
    item = call.store[path]
    data: bytes = item.hidden["data"]
    return data if call.query.get("alt") == "media" else item.body


@OBJECTS.verb("delete")
def delete(call: Call) -> bytes:
    """https://cloud.google.com/storage/docs/json_api/v1/objects/delete."""
    parent, _, name = call.path.partition("/o/")
    call.store.need(_path(parent, name))
    call.cloud.drop("storage", _path(parent, name))
    return b""


@OBJECTS.verb("list")
def objects(call: Call) -> Body:
    """https://cloud.google.com/storage/docs/json_api/v1/objects/list (prefix)."""
    call.store.need(call.path.removesuffix("/o"))
    prefix = call.query.get("prefix", "")
    found = [body for _, body in call.store.below(call.path) if body["name"].startswith(prefix)]
    return {"kind": "storage#objects", **({"items": found} if found else {})}


def _path(bucket_path: str, name: str) -> str:
    """The names of objects may hold slashes; a path's segments may not."""
    return f"{bucket_path}/o/{name.replace('/', '%2F')}"
