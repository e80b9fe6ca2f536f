# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks, images, snapshots and schedules.

https://cloud.google.com/compute/docs/disks, /images; REST: compute/docs/reference/rest/v1/disks, /images, /snapshots,
/resourcePolicies.
"""

from __future__ import annotations

import re

from .. import catalogue
from ..errors import in_use, invalid, missing, not_found
from ..store import Body, Store, link, name_of, now, path_of
from . import values
from .kit import Call, Change, Kind, set_fields

DISKS = Kind(
    "disks",
    "Disk",
    defaults={"status": "READY", "physicalBlockSizeBytes": "4096"},
    fixed=("type", "sourceImage", "sourceSnapshot"),
)
IMAGES = Kind("images", "Image", defaults={"status": "READY", "sourceType": "RAW", "archiveSizeBytes": "1073741824"})
IMAGES.also("family")
SNAPSHOTS = Kind("snapshots", "Snapshot", defaults={"status": "READY"})
POLICIES = Kind("resourcePolicies", "ResourcePolicy", defaults={"status": "READY"})

# https://cloud.google.com/compute/docs/disks#disk-types
_SMALLEST, _LARGEST, _BLANK = 10, 65536, 500
_FAMILY = re.compile(r"projects/[^/]+/global/images/family/([a-z0-9-]+)")


def newest(store: Store, path: str) -> Body | None:
    """The latest image of one of our own families that is not deprecated; None: the path names no such family."""
    found = _FAMILY.fullmatch(path)
    images = [
        body
        for _, body in store.kind("images", path.split("/")[1])
        if found and body.get("family") == found[1] and "deprecated" not in body
    ]
    return max(images, key=lambda body: int(body["id"]), default=None)


def image(store: Store, url: str) -> Body:
    """The image that a URL means, by name or family. Errors: 404."""
    path = path_of(url)
    found = store[path].body if path in store else newest(store, path) or catalogue.image(path)
    if found is None:
        raise not_found(path)
    return found


def size(store: Store, source: str, wanted: str | None, field: str) -> str:
    """GB of a disk: what was asked for, if the source fits. Errors: 400."""
    least = int(image(store, source)["diskSizeGb"]) if source else _SMALLEST
    if wanted is None:
        return str(least if source else _BLANK)
    if int(wanted) < least:
        what = f"the image's size ({least} GB)" if source else f"{_SMALLEST} GB"
        raise invalid(field, wanted, f"Requested disk size cannot be smaller than {what}.")
    if int(wanted) > _LARGEST:
        raise invalid(field, wanted, f"Disk size cannot be larger than {_LARGEST} GB.")
    return wanted


@DISKS.saving
def disk(change: Change) -> None:
    """The type is of the disk's own zone; it never shrinks; its image is a certain one."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    place = "/".join(change.path.split("/")[:4])
    new.setdefault("type", link(f"{place}/diskTypes/pd-standard"))
    if not path_of(new["type"]).startswith(f"{place}/"):
        raise invalid("type", new["type"], f"The disk type is not one of '{place}'.")
    if change.old is not None:
        if int(new["sizeGb"]) < int(change.old["sizeGb"]):
            raise invalid("sizeGb", new["sizeGb"], "A disk cannot be made smaller.")
        return
    source = new.get("sourceImage", "")
    if "sourceSnapshot" in new:
        snapshot = change.store.need(path_of(new["sourceSnapshot"]))
        new.setdefault("sizeGb", snapshot["diskSizeGb"])
        if int(new["sizeGb"]) < int(snapshot["diskSizeGb"]):
            raise invalid("sizeGb", new["sizeGb"], "Requested disk size cannot be smaller than the snapshot's size.")
    new["sizeGb"] = size(change.store, source, new.get("sizeGb"), "sizeGb")
    if source:
        found = image(change.store, source)
        new.update(sourceImage=found["selfLink"], sourceImageId=found["id"])


@DISKS.verb("resize")
def resize(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/disks/resize."""
    if "sizeGb" not in call.body:
        raise missing("sizeGb")
    size(call.store, "", call.body["sizeGb"], "sizeGb")
    set_fields()(call)


@DISKS.verb("createSnapshot")
def create_snapshot(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/disks/createSnapshot."""
    body = call.store.need(call.path)
    name = call.body.get("name")
    if not name:
        raise missing("name")
    path = f"projects/{call.project}/global/snapshots/{name}"
    made = {
        "kind": "compute#snapshot",
        "id": call.cloud.next_id(),
        "creationTimestamp": now(),
        "selfLink": link(path),
        "sourceDisk": body["selfLink"],
        "diskSizeGb": body["sizeGb"],
    }
    SNAPSHOTS.keep(call.cloud, path, SNAPSHOTS.complete({**call.body, **made}))


@DISKS.verb("addResourcePolicies", "removeResourcePolicies")
def policies(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/disks/addResourcePolicies."""
    body = dict(call.store.need(call.path))
    given = call.body.get("resourcePolicies", [])
    rest = [one for one in body.get("resourcePolicies", []) if one not in given]
    body["resourcePolicies"] = rest + given if call.method.verb == "addResourcePolicies" else rest
    DISKS.keep(call.cloud, call.path, body)


@SNAPSHOTS.saving
def snapshot(change: Change) -> None:
    """Of a disk; the size is the disk's."""
    values.labels("labels", change.new.get("labels", {}))
    if "sourceDisk" not in change.new:
        raise missing("sourceDisk")
    if change.old is None:
        change.new["diskSizeGb"] = change.store.need(path_of(change.new["sourceDisk"]))["sizeGb"]


@IMAGES.saving
def image_rule(change: Change) -> None:
    """From one source; a disk that a running instance writes to is none.

    https://cloud.google.com/compute/docs/images/create-custom#prepare_instance_for_image
    """
    new = change.new
    values.labels("labels", new.get("labels", {}))
    if change.old is not None:
        return
    given = [field for field in ("sourceDisk", "sourceImage", "sourceSnapshot", "rawDisk") if field in new]
    if len(given) != 1:
        raise invalid("sourceDisk", given, "Exactly one of sourceDisk, sourceImage, sourceSnapshot and rawDisk.")
    if given == ["sourceDisk"]:
        path = path_of(new["sourceDisk"])
        new.setdefault("diskSizeGb", change.store.need(path)["sizeGb"])
        for user in change.store.users(path):
            if change.store[user].body.get("status") == "RUNNING" and not change.hidden.pop("force", False):
                raise in_use("disks", path, user)
    elif given == ["sourceImage"]:
        new.setdefault("diskSizeGb", image(change.store, new["sourceImage"])["diskSizeGb"])
    elif given == ["sourceSnapshot"]:
        new.setdefault("diskSizeGb", change.store.need(path_of(new["sourceSnapshot"]))["diskSizeGb"])
    new.setdefault("diskSizeGb", "10")


@IMAGES.verb("getFromFamily")
def from_family(call: Call) -> Body:
    """https://cloud.google.com/compute/docs/reference/rest/v1/images/getFromFamily."""
    found = newest(call.store, call.path) or catalogue.image(call.path)
    if found is None:
        raise not_found(f"projects/{call.project}/global/images/family/{name_of(call.path)}")
    return found


@IMAGES.verb("deprecate")
def deprecate(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/images/deprecate."""
    body = dict(call.store.need(call.path))
    if call.body.get("state", "ACTIVE") == "ACTIVE":
        body.pop("deprecated", None)
    else:
        body["deprecated"] = call.body
    IMAGES.keep(call.cloud, call.path, body)


@POLICIES.saving
def policy(change: Change) -> None:
    """One kind of policy in each: https://cloud.google.com/compute/docs/disks/scheduled-snapshots."""
    kinds = [field for field in change.new if field.endswith("Policy")]
    if len(kinds) != 1:
        raise invalid("snapshotSchedulePolicy", kinds, "Exactly one policy must be specified.")
    schedule = change.new.get("snapshotSchedulePolicy", {}).get("schedule", {})
    if kinds == ["snapshotSchedulePolicy"] and len(schedule) != 1:
        raise invalid("snapshotSchedulePolicy.schedule", sorted(schedule), "Exactly one schedule must be specified.")
