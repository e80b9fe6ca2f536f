# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance templates: an instance without a zone.

https://cloud.google.com/compute/docs/instance-templates; REST: compute/docs/reference/rest/v1/instanceTemplates.
"""

from __future__ import annotations

from .. import catalogue
from ..errors import invalid, missing
from ..store import path_of
from .disks import size
from .instances import properties
from .kit import Change, Kind

TEMPLATES = Kind("instanceTemplates", "InstanceTemplate")


@TEMPLATES.saving
def template(change: Change) -> None:
    """Machine and disk types are names, not URLs, since they have no zone."""
    body = change.new["properties"]
    if "machineType" not in body:
        raise missing("properties.machineType")
    if catalogue.machine(body["machineType"]) is None:
        why = "Must be the name of a machine type, without a zone."
        raise invalid("properties.machineType", body["machineType"], why)
    properties(change.cloud, "properties.", change.project, body)
    for index, disk in enumerate(body["disks"]):
        field = f"properties.disks[{index}]"
        made = disk.get("initializeParams", {})
        if not made and not disk.get("source"):
            raise invalid(field, "", "Exactly one of source and initializeParams must be specified.")
        kind = made.get("diskType", "pd-standard")
        if kind not in catalogue.DISK_TYPES:
            raise invalid(
                f"{field}.initializeParams.diskType", kind, "Must be the name of a disk type, without a zone."
            )
        if made:
            where = f"{field}.initializeParams.diskSizeGb"
            size(change.store, made.get("sourceImage", ""), made.get("diskSizeGb"), where)
        disk.update(kind="compute#attachedDisk", index=index)
        for key, value in (("type", "PERSISTENT"), ("mode", "READ_WRITE"), ("deviceName", f"persistent-disk-{index}")):
            disk.setdefault(key, value)
    for index, nic in enumerate(body["networkInterfaces"]):
        nic.update(name=f"nic{index}", kind="compute#networkInterface")
        if "subnetwork" in nic:
            nic.setdefault("network", change.store.need(path_of(nic["subnetwork"]))["network"])
        elif "network" not in nic:
            raise missing(f"properties.networkInterfaces[{index}].subnetwork")
