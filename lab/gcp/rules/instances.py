# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines.

https://cloud.google.com/compute/docs/instances; REST: compute/docs/reference/rest/v1/instances.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from ..errors import ApiError, exists, invalid, missing, stale, unimplemented, unusable
from ..store import Body, link, name_of, now, path_of, project_of, region_of
from . import values
from .disks import DISKS, size
from .kit import Call, Change, Kind, set_fields, with_fingerprint
from .networks import take_address

if TYPE_CHECKING:
    from ..cloud import Cloud

INSTANCES = Kind(
    "instances",
    "Instance",
    defaults={
        "canIpForward": False,
        "deletionProtection": False,
        "startRestricted": False,
        "cpuPlatform": "Intel Broadwell",
        "scheduling": {"preemptible": False, "provisioningModel": "STANDARD"},
        "shieldedInstanceConfig": {
            "enableSecureBoot": False,
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
        },
    },
)


@INSTANCES.saving
def instance(change: Change) -> None:
    """What an instance is made of is judged whenever it changes; its parts are made once."""
    new = change.new
    place = "/".join(change.path.split("/")[:4])
    if not path_of(new["machineType"]).startswith(f"{place}/"):
        raise invalid("machineType", new["machineType"], f"The machine type is not one of '{place}'.")
    properties(change.cloud, "", change.project, new)
    new["tags"] = with_fingerprint(new.get("tags", {}))
    new["metadata"] = with_fingerprint({"kind": "compute#metadata", **new.get("metadata", {})})
    if change.old is not None:
        return
    for index, nic in enumerate(new["networkInterfaces"]):
        _interface(change, f"networkInterfaces[{index}]", index, nic)
    for index, attached in enumerate(new["disks"]):
        _disk(change, f"disks[{index}]", index, attached)
    new.update(status="RUNNING", lastStartTimestamp=now())


def properties(cloud: Cloud, prefix: str, project: str, body: Body) -> None:
    """What instances and templates have in common. Errors: 400, 404."""
    values.labels(f"{prefix}labels", body.get("labels", {}))
    values.tags(f"{prefix}tags.items", body.get("tags", {}).get("items", []))
    values.metadata(f"{prefix}metadata.items", body.get("metadata", {}).get("items", []))
    if len([disk for disk in body.get("disks", []) if disk.get("boot")]) != 1:
        raise invalid(f"{prefix}disks", "", "Exactly one boot disk must be specified.")
    if not body.get("networkInterfaces"):
        raise invalid(f"{prefix}networkInterfaces", "", "At least one network interface is required.")
    accounts = body.get("serviceAccounts", [])
    if len(accounts) > 1:
        raise invalid(f"{prefix}serviceAccounts", len(accounts), "At most one service account.")
    for account in accounts:
        _account(cloud, f"{prefix}serviceAccounts[0]", project, account)
    scheduling = body.get("scheduling", {})
    spot = scheduling.get("preemptible") or scheduling.get("provisioningModel") == "SPOT"
    if spot and (scheduling.get("automaticRestart") or scheduling.get("onHostMaintenance") == "MIGRATE"):
        why = "A preemptible instance cannot be restarted automatically or migrate."
        raise invalid(f"{prefix}scheduling", "preemptible", why)
    scheduling.setdefault("automaticRestart", not spot)
    scheduling.setdefault("onHostMaintenance", "TERMINATE" if spot else "MIGRATE")
    body["scheduling"] = scheduling


def _account(cloud: Cloud, field: str, project: str, account: Body) -> None:
    """https://cloud.google.com/compute/docs/access/create-enable-service-accounts-for-instances."""
    email = account.get("email", "default")
    values.account(f"{field}.email", email)
    if not account.get("scopes"):
        raise missing(f"{field}.scopes")
    for scope in account["scopes"]:
        if not scope.startswith("https://www.googleapis.com/auth/"):
            raise invalid(f"{field}.scopes", scope, "Not a valid OAuth scope.")
    ours = email.endswith(f"@{project}.iam.gserviceaccount.com")
    if ours and f"projects/{project}/serviceAccounts/{email}" not in cloud.store("iam"):
        raise ApiError(404, "notFound", f"The resource '{email}' of type 'serviceAccount' was not found.")


def _interface(change: Change, field: str, index: int, nic: Body) -> None:
    nic.update(name=f"nic{index}", kind="compute#networkInterface")
    subnetwork = path_of(nic.get("subnetwork"))
    if not subnetwork:
        if "network" not in nic:
            raise missing(f"{field}.subnetwork")
        # https://cloud.google.com/vpc/docs/subnets#subnet-types
        network = path_of(nic["network"])
        owned = [path for path in change.store.owned(network) if region_of(path) == change.region]
        if not owned:
            raise invalid(field, "", "Subnetwork should be specified for custom subnetmode network.")
        [subnetwork] = owned
        nic["subnetwork"] = link(subnetwork)
    body = change.store.need(subnetwork)
    if region_of(subnetwork) != change.region:
        raise invalid(f"{field}.subnetwork", nic["subnetwork"], f"The subnetwork is not in region {change.region}.")
    if nic.setdefault("network", body["network"]) != body["network"]:
        raise invalid(f"{field}.network", nic["network"], "The subnetwork is one of another network.")
    nic["networkIP"] = _private_address(change, subnetwork, nic.get("networkIP", ""), f"{field}.networkIP")
    nic.setdefault("stackType", "IPV4_ONLY")
    for access in nic.get("accessConfigs", []):
        access.update(kind="compute#accessConfig", type=access.get("type", "ONE_TO_ONE_NAT"))
        access.setdefault("name", "External NAT")
        access.setdefault("networkTier", "PREMIUM")
        access["natIP"] = _public_address(change, f"{field}.accessConfigs[0].natIP", access.get("natIP", ""))


def _private_address(change: Change, subnetwork: str, wanted: str, field: str) -> str:
    """A free one, or a reserved one that is nobody's yet."""
    for path, reserved in change.store.kind("addresses", change.project):
        if wanted in (reserved["address"], reserved["selfLink"]) and wanted:
            users = [user for user in change.store.users(path) if user != change.path]
            taken = any(
                nic.get("networkIP") == reserved["address"]
                for _, other in change.store.kind("instances", change.project)
                for nic in other.get("networkInterfaces", [])
            )
            if users or taken:
                raise invalid(field, wanted, "IP_IN_USE_BY_ANOTHER_RESOURCE: the address is already in use.")
            return str(reserved["address"])
    return take_address(change.cloud, subnetwork, wanted, field)


def _public_address(change: Change, field: str, wanted: str) -> str:
    """An ephemeral one, or a reserved one of this region that is nobody's yet."""
    if not wanted:
        return change.cloud.public_addresses()[0]
    for path, reserved in change.store.kind("addresses", change.project):
        if reserved["address"] == wanted and region_of(path) == change.region:
            for _, other in change.store.kind("instances", change.project):
                for nic in other.get("networkInterfaces", []):
                    if any(access.get("natIP") == wanted for access in nic.get("accessConfigs", [])):
                        why = "IP_IN_USE_BY_ANOTHER_RESOURCE: the address is already in use."
                        raise invalid(field, wanted, why)
            return wanted
    raise invalid(field, wanted, f"The external address is not reserved in region {change.region}.")


def _disk(change: Change, field: str, index: int, attached: Body) -> None:
    """Attach a disk that exists, or make one."""
    made = attached.pop("initializeParams", None)
    if (made is None) == (not attached.get("source")) and attached.get("type") != "SCRATCH":
        raise invalid(field, "", "Exactly one of source and initializeParams must be specified.")
    if made is not None:
        name = made.get("diskName") or (change.new["name"] if attached.get("boot") else f"{change.new['name']}-{index}")
        attached["source"] = _new_disk(change, field, name, made, bool(attached.get("autoDelete")))
    elif attached.get("source"):
        _free(change, f"{field}.source", attached)
    attached.update(kind="compute#attachedDisk", index=index)
    defaults = {
        "mode": "READ_WRITE",
        "type": "PERSISTENT",
        "interface": "SCSI",
        "deviceName": f"persistent-disk-{index}",
        "autoDelete": False,
        "boot": False,
    }
    for key, value in defaults.items():
        attached.setdefault(key, value)
    if attached.get("source"):
        attached["diskSizeGb"] = change.store.need(path_of(attached["source"]))["sizeGb"]


def _new_disk(change: Change, field: str, name: str, made: Body, auto_delete: bool) -> str:
    place = "/".join(change.path.split("/")[:4])
    path = f"{place}/disks/{name}"
    if path in change.store:
        raise exists(path)
    kind = made.get("diskType", link(f"{place}/diskTypes/pd-standard"))
    if not path_of(kind).startswith(f"{place}/"):
        raise invalid(f"{field}.initializeParams.diskType", kind, f"The disk type is not one of '{place}'.")
    body = {
        "kind": "compute#disk",
        "id": change.cloud.next_id(),
        "name": name,
        "creationTimestamp": now(),
        "selfLink": link(path),
        "zone": link(place),
        "type": kind,
        "sizeGb": size(
            change.store,
            made.get("sourceImage", ""),
            made.get("diskSizeGb"),
            f"{field}.initializeParams.diskSizeGb",
        ),
    }
    body |= {key: made[key] for key in ("sourceImage", "labels", "resourcePolicies", "description") if key in made}
    DISKS.keep(change.cloud, path, DISKS.complete(body), owner=change.path if auto_delete else "")
    return link(path)


def _free(change: Change, field: str, attached: Body) -> None:
    """A disk of this zone that no other instance writes to."""
    path = path_of(attached["source"])
    if path.split("/")[:4] != change.path.split("/")[:4]:
        raise invalid(field, attached["source"], "The disk is in another zone than the instance.")
    for user in change.store.users(path):
        if "/instances/" in user and user != change.path and attached.get("mode") != "READ_ONLY":
            why = f"RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: the disk is attached to '{user}'."
            raise invalid(field, attached["source"], why)


@INSTANCES.deleting
def deleted(cloud: Cloud, path: str) -> None:
    """Unless it is protected: https://cloud.google.com/compute/docs/instances/preventing-accidental-vm-deletion."""
    store = cloud.store("compute")
    if store.need(path).get("deletionProtection"):
        raise unusable(
            f"Resource cannot be deleted if it's protected against deletion. Resource '{name_of(path)}' is protected"
        )
    for owned in store.owned(path):
        cloud.drop("compute", owned)
    for member in store.values():
        members = member.hidden.get("members", [])
        if path in members:
            members.remove(path)


@INSTANCES.verb("update")
def replace(call: Call) -> Body:
    """PUT of a whole instance decides by itself what has to be restarted; nobody here needs it."""
    raise unimplemented(call.method.id)


@INSTANCES.verb("setTags", "setMetadata")
def set_section(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instances/setTags: with the present fingerprint."""
    section = call.method.verb.removeprefix("set").lower()
    body = dict(call.store.need(call.path))
    if call.body.get("fingerprint") != body[section]["fingerprint"]:
        raise stale(section)
    INSTANCES.keep(call.cloud, call.path, {**body, section: dict(call.body)})


@INSTANCES.verb("setMachineType")
def set_machine_type(call: Call) -> None:
    """https://cloud.google.com/compute/docs/instances/changing-machine-type-of-stopped-instance."""
    _stopped(call, "Machine type can only be changed while the instance is stopped")
    if "machineType" not in call.body:
        raise missing("machineType")
    set_fields()(call)


@INSTANCES.verb("setServiceAccount")
def set_service_account(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instances/setServiceAccount."""
    _stopped(call, "The instance must be stopped before the service account can be changed")
    body = call.store.need(call.path)
    INSTANCES.keep(call.cloud, call.path, {**body, "serviceAccounts": [dict(call.body)]})


@INSTANCES.verb("updateShieldedInstanceConfig")
def set_shielded(call: Call) -> None:
    """https://cloud.google.com/compute/shielded-vm/docs/modifying-shielded-vm."""
    _stopped(call, "Shielded VM config can only be changed while the instance is stopped")
    body = call.store.need(call.path)
    config = {**body["shieldedInstanceConfig"], **call.body}
    INSTANCES.keep(call.cloud, call.path, {**body, "shieldedInstanceConfig": config})


@INSTANCES.verb("setScheduling")
def set_scheduling(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instances/setScheduling."""
    body = call.store.need(call.path)
    INSTANCES.keep(call.cloud, call.path, {**body, "scheduling": {**body["scheduling"], **call.body}})


@INSTANCES.verb("setDeletionProtection")
def set_protection(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instances/setDeletionProtection: on, unless told."""
    wanted = call.query.get("deletionProtection", "true") == "true"
    INSTANCES.keep(call.cloud, call.path, {**call.store.need(call.path), "deletionProtection": wanted})


@INSTANCES.verb("start", "stop", "reset")
def power(call: Call) -> None:
    """https://cloud.google.com/compute/docs/instances/instance-life-cycle."""
    body = deepcopy(call.store.need(call.path))
    match call.method.verb, body["status"]:
        case "stop", _:
            body.update(status="TERMINATED", lastStopTimestamp=now())
        case "reset", status if status != "RUNNING":
            raise unusable(f"Instance '{name_of(call.path)}' is not running")
        case "start", _:
            body.update(status="RUNNING", lastStartTimestamp=now())
    INSTANCES.keep(call.cloud, call.path, body)


@INSTANCES.verb("attachDisk", "detachDisk")
def disks(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instances/attachDisk."""
    body = deepcopy(call.store.need(call.path))
    if call.method.verb == "attachDisk":
        change = Change(call.cloud, call.store, call.path, body, None, {})
        attached = dict(call.body)
        _disk(change, "disk", len(body["disks"]), attached)
        body["disks"].append(attached)
    else:
        name = call.query.get("deviceName", "")
        rest = [disk for disk in body["disks"] if disk["deviceName"] != name]
        if len(rest) == len(body["disks"]):
            raise invalid("deviceName", name, "No attached disk found with this device name.")
        if body["status"] == "RUNNING" and any(disk["boot"] for disk in body["disks"] if disk["deviceName"] == name):
            raise unusable("The boot disk can only be detached while the instance is stopped")
        body["disks"] = rest
    INSTANCES.keep(call.cloud, call.path, body)


def _stopped(call: Call, otherwise: str) -> None:
    if call.store.need(call.path)["status"] != "TERMINATED":
        raise unusable(f"{otherwise} ({project_of(call.path)}/{name_of(call.path)})")
