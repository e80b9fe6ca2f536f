# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of instances: managed ones, unmanaged ones, and autoscalers.

https://cloud.google.com/compute/docs/instance-groups, /autoscaler; REST: compute/docs/reference/rest/v1/
regionInstanceGroupManagers, /regionAutoscalers, /instanceGroups.
"""

from __future__ import annotations

import hashlib
import logging
import re
from copy import deepcopy
from typing import TYPE_CHECKING

from .. import catalogue
from ..errors import ApiError, in_use, invalid, missing, not_found, stale, unusable
from ..store import Body, link, now, path_of, project_of, region_of
from .instances import INSTANCES
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

log = logging.getLogger(__name__)

MANAGERS = Kind(
    "instanceGroupManagers",
    "InstanceGroupManager",
    defaults={"updatePolicy": {"type": "OPPORTUNISTIC", "minimalAction": "REPLACE", "replacementMethod": "SUBSTITUTE"}},
    fixed=("distributionPolicy",),
)
GROUPS = Kind("instanceGroups", "InstanceGroup", defaults={"size": 0})
AUTOSCALERS = Kind("autoscalers", "Autoscaler", defaults={"status": "ACTIVE"})

_BASE_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,57}[a-z0-9])?")
_ACTIONS = ("none", "creating", "creatingWithoutRetries", "deleting", "recreating", "refreshing", "restarting")


@MANAGERS.saving
def manager(change: Change) -> None:
    """One template, a policy that can make progress, and as many instances as it says."""
    new = change.new
    _template(change)
    if not _BASE_NAME.fullmatch(new["baseInstanceName"]):
        raise invalid("baseInstanceName", new["baseInstanceName"], f"Must be a match of regex '{_BASE_NAME.pattern}'")
    if new["targetSize"] < 0:
        raise invalid("targetSize", new["targetSize"], "Must not be negative.")
    _named_ports(new.get("namedPorts", []))
    _healing(new.get("autoHealingPolicies", []))
    zones = _zones(change)
    _update_policy(new["updatePolicy"], regional="/regions/" in change.path, zones=len(zones))
    group = _group(change.path)
    new["instanceGroup"] = link(group)
    _keep_group(change, group)
    _rolled_out(change)
    resize(change.cloud, change.path, new, new["targetSize"])


@MANAGERS.viewing
def manager_view(cloud: Cloud, path: str, body: Body) -> Body:
    """Stable as soon as every instance is there and of the present template."""
    store = cloud.store("compute")
    members = [store[member] for member in instances(cloud, path)]
    reached = all(member.hidden["template"] == body["instanceTemplate"] for member in members)
    status: Body = {
        "isStable": len(members) == body["targetSize"] and reached,
        "stateful": {"hasStatefulConfig": False},
        "versionTarget": {"isReached": reached},
    }
    for scaler, other in store.kind("autoscalers", project_of(path)):
        if path_of(other["target"]) == path:
            status["autoscaler"] = link(scaler)
    waiting = body["targetSize"] - len(members)
    actions: Body = {**dict.fromkeys(_ACTIONS, 0), "none": len(members), "creating": waiting}
    return {**body, "status": status, "currentActions": actions}


@MANAGERS.deleting
def manager_deleted(cloud: Cloud, path: str) -> None:
    """The instances go along; what somebody still balances load to stays."""
    store = cloud.store("compute")
    for user in store.users(_group(path)):
        if user != path:
            raise in_use("instanceGroupManagers", path, user)
    for owned in store.owned(path):
        if owned in store:
            if "/instances/" in owned:
                INSTANCES.remove(cloud, owned)
            else:
                cloud.drop("compute", owned)


@MANAGERS.missing
def manager_missed(cloud: Cloud, path: str) -> None:
    """Somebody removed an instance: another one takes its place.

    https://cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs (repair)
    """
    body = cloud.store("compute").need(path)
    resize(cloud, path, body, body["targetSize"])


@MANAGERS.verb("resize")
def resized(call: Call) -> None:
    """An autoscaler keeps the size within its bounds."""
    wanted = int(call.query["size"])
    MANAGERS.keep(call.cloud, call.path, {**call.store.need(call.path), "targetSize": wanted})
    for path, scaler in call.store.kind("autoscalers", call.project):
        if path_of(scaler["target"]) == call.path:
            AUTOSCALERS.keep(call.cloud, path, scaler)


@MANAGERS.verb("setInstanceTemplate")
def set_template(call: Call) -> None:
    """The present instances stay as they are."""
    if "instanceTemplate" not in call.body:
        raise missing("instanceTemplate")
    body = {key: value for key, value in call.store.need(call.path).items() if key != "versions"}
    MANAGERS.keep(call.cloud, call.path, {**body, **call.body})


@MANAGERS.verb("listManagedInstances")
def managed(call: Call) -> Body:
    """https://cloud.google.com/compute/docs/reference/rest/v1/regionInstanceGroupManagers/listManagedInstances."""
    call.store.need(call.path)
    found = []
    for path in instances(call.cloud, call.path):
        item = call.store[path]
        found.append(
            {
                "instance": link(path),
                "name": item.body["name"],
                "id": item.body["id"],
                "instanceStatus": item.body["status"],
                "currentAction": "NONE",
                "version": {"instanceTemplate": item.hidden["template"]},
            }
        )
    return {"managedInstances": found}


@MANAGERS.verb("recreateInstances", "deleteInstances")
def replace_members(call: Call) -> None:
    """Recreated ones have the present template; deleted ones make the group smaller."""
    body = deepcopy(call.store.need(call.path))
    named = [path_of(url, call.project) for url in call.body.get("instances", [])]
    members = instances(call.cloud, call.path)
    for path in named:
        if path not in members:
            raise not_found(path)
        INSTANCES.remove(call.cloud, path)
    if call.method.verb == "deleteInstances":
        body["targetSize"] -= len(named)
    MANAGERS.keep(call.cloud, call.path, body)


def instances(cloud: Cloud, path: str) -> list[str]:
    """The paths of the instances of a managed group."""
    return [owned for owned in cloud.store("compute").owned(path) if "/instances/" in owned]


def members(cloud: Cloud, group: str) -> list[str]:
    """The paths of the instances of any group. Errors: 404."""
    store = cloud.store("compute")
    store.need(group)
    owner = store[group].hidden.get("owner")
    return instances(cloud, owner) if owner else list(store[group].hidden.get("members", []))


def resize(cloud: Cloud, path: str, body: Body, size: int) -> None:
    """Make or remove instances until there are so many, evenly over the zones.

    One that cannot be made does not undo the group: it stays one that is being created, and the group is not stable.
    https://cloud.google.com/compute/docs/instance-groups/getting-info-about-migs#verify_stable
    """
    zones = [path_of(zone["zone"]) for zone in body.get("distributionPolicy", {}).get("zones", [])]
    zones = zones or ["/".join(path.split("/")[:4])]
    have = instances(cloud, path)

    def load(zone: str) -> int:
        return sum(member.startswith(f"{zone}/") for member in have)

    while len(have) < size:
        try:
            have.append(_new_instance(cloud, path, body, min(zones, key=load)))
        except ApiError as error:
            log.warning("%s cannot create an instance: %s", path, error)
            break
    while len(have) > size:
        fullest = max(zones, key=load)
        victim = next(member for member in reversed(have) if member.startswith(f"{fullest}/"))
        have.remove(victim)
        INSTANCES.remove(cloud, victim)
    body["targetSize"] = size
    group = cloud.store("compute").get(_group(path))
    if group is not None:
        group.body["size"] = size


def _new_instance(cloud: Cloud, owner: str, body: Body, zone: str) -> str:
    store = cloud.store("compute")
    number = cloud.next_id()
    name = f"{body['baseInstanceName']}-{hashlib.sha256(number.encode()).hexdigest()[:4]}"
    path = f"{zone}/instances/{name}"
    made = deepcopy(store.need(path_of(body["instanceTemplate"]))["properties"])
    for disk in made["disks"]:
        params = disk.get("initializeParams", {})
        if "diskType" in params:
            params["diskType"] = link(f"{zone}/diskTypes/{params['diskType']}")
        disk["autoDelete"] = True
    made["machineType"] = link(f"{zone}/machineTypes/{made['machineType']}")
    notes = [
        {"key": "created-by", "value": owner},
        {"key": "instance-template", "value": path_of(body["instanceTemplate"])},
    ]
    made["metadata"] = {"items": [*made.get("metadata", {}).get("items", []), *notes]}
    made.update(
        kind="compute#instance",
        id=number,
        name=name,
        creationTimestamp=now(),
        selfLink=link(path),
        zone=link(zone),
    )
    try:
        INSTANCES.keep(cloud, path, INSTANCES.complete(made), owner=owner, template=body["instanceTemplate"])
    except ApiError:
        for disk in store.owned(path):
            cloud.drop("compute", disk)
        raise
    return path


def _template(change: Change) -> None:
    """``versions`` and ``instanceTemplate`` say the same; the one that was changed counts."""
    new, old = change.new, change.old or {}
    versions = new.get("versions")
    if versions and (versions != old.get("versions") or "instanceTemplate" not in new):
        if len(versions) > 1:
            raise invalid("versions", len(versions), "The lab's groups have one version at a time.")
        new["instanceTemplate"] = versions[0].get("instanceTemplate", new.get("instanceTemplate"))
    if not new.get("instanceTemplate"):
        raise missing("instanceTemplate")
    new["versions"] = [{**(versions[0] if versions else {}), "instanceTemplate": new["instanceTemplate"]}]
    new["versions"][0]["targetSize"] = {"calculated": new["targetSize"]}
    template = change.store.need(path_of(new["instanceTemplate"]))
    for nic in template["properties"]["networkInterfaces"]:
        subnetwork = path_of(nic.get("subnetwork"))
        if subnetwork and region_of(subnetwork) != change.region:
            why = f"Its subnetwork is in region {region_of(subnetwork)}, not {change.region}."
            raise invalid("instanceTemplate", new["instanceTemplate"], why)


def _named_ports(given: list[Body]) -> None:
    seen = set()
    for entry in given:
        pair = entry.get("name"), entry.get("port")
        if not entry.get("name") or not 1 <= entry.get("port", 0) <= 65535:
            raise invalid("namedPorts[].port", entry.get("port", ""), "A name, and a port between 1 and 65535.")
        if pair in seen:
            raise invalid("namedPorts[].name", entry["name"], "The named port is given twice.")
        seen.add(pair)


def _healing(given: list[Body]) -> None:
    """https://cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs: one policy, 0 to 3600 s."""
    if len(given) > 1:
        raise invalid("autoHealingPolicies", len(given), "At most one policy.")
    for policy in given:
        if not 0 <= policy.get("initialDelaySec", 0) <= 3600:
            raise invalid("autoHealingPolicies[0].initialDelaySec", policy["initialDelaySec"], "Between 0 and 3600.")


def _zones(change: Change) -> list[str]:
    """The zones of a regional group, three of its region if none are given."""
    if "/regions/" not in change.path:
        return ["/".join(change.path.split("/")[:4])]
    home = f"projects/{change.project}/zones/{change.region}-"
    some = [{"zone": link(f"{home}{letter}")} for letter in catalogue.ZONES[change.region][:3]]
    policy = change.new.setdefault("distributionPolicy", {})
    policy.setdefault("zones", some)
    policy.setdefault("targetShape", "EVEN")
    zones = [path_of(zone["zone"]) for zone in policy["zones"]]
    for zone in zones:
        if not zone.startswith(home):
            raise invalid("distributionPolicy.zones", zone, f"The zone is not in region {change.region}.")
    return zones


def _update_policy(policy: Body, regional: bool, zones: int) -> None:
    """https://cloud.google.com/compute/docs/instance-groups/rolling-out-updates-to-managed-instance-groups."""
    least = zones if regional else 1
    for field in ("maxSurge", "maxUnavailable"):
        amount = policy.setdefault(field, {"fixed": least, "calculated": least})
        fixed = amount.get("fixed")
        if fixed is not None:
            amount["calculated"] = fixed
            if regional and 0 < fixed < zones:
                why = "Fixed updatePolicy.maxSurge and maxUnavailable are 0 or at least the number of zones."
                raise invalid(f"updatePolicy.{field}.fixed", fixed, why)
    surge = policy["maxSurge"].get("fixed", 1)
    if not surge and not policy["maxUnavailable"].get("fixed", 1):
        raise invalid("updatePolicy.maxUnavailable", 0, "maxSurge and maxUnavailable cannot both be 0.")
    if policy.get("replacementMethod") == "RECREATE" and surge:
        raise invalid("updatePolicy.maxSurge", surge, "With replacementMethod RECREATE it must be 0.")


def _group(path: str) -> str:
    return path.replace("/instanceGroupManagers/", "/instanceGroups/")


def _keep_group(change: Change, path: str) -> None:
    new = change.new
    nic = change.store.need(path_of(new["instanceTemplate"]))["properties"]["networkInterfaces"][0]
    before = change.store.get(path)
    body: Body = {
        "kind": "compute#instanceGroup",
        "id": before.body["id"] if before else change.cloud.next_id(),
        "name": new["name"],
        "creationTimestamp": before.body["creationTimestamp"] if before else now(),
        "selfLink": link(path),
        "network": nic["network"],
        "size": new["targetSize"],
        "namedPorts": new.get("namedPorts", []),
        **{place: new[place] for place in ("region", "zone") if place in new},
    }
    if "subnetwork" in nic:
        body["subnetwork"] = nic["subnetwork"]
    change.cloud.put("compute", path, body, {"owner": change.path})


def _rolled_out(change: Change) -> None:
    """A PROACTIVE policy replaces the instances of another template."""
    if change.new["updatePolicy"].get("type") != "PROACTIVE":
        return
    for path in instances(change.cloud, change.path):
        if change.store[path].hidden["template"] != change.new["instanceTemplate"]:
            INSTANCES.remove(change.cloud, path)


@AUTOSCALERS.saving
def autoscaler(change: Change) -> None:
    """Bounds of a group's size; what happens within them, load decides."""
    new = change.new
    policy = new["autoscalingPolicy"]
    for key, value in (("minNumReplicas", 2), ("coolDownPeriodSec", 60), ("mode", "ON")):
        policy.setdefault(key, value)
    least, most = policy["minNumReplicas"], policy.get("maxNumReplicas")
    if most is None:
        raise missing("autoscalingPolicy.maxNumReplicas")
    if not 0 <= least <= most:
        raise invalid("autoscalingPolicy.minNumReplicas", least, "Must be between 0 and maxNumReplicas.")
    signals = ("cpuUtilization", "loadBalancingUtilization", "customMetricUtilizations", "scalingSchedules")
    if not any(policy.get(signal) for signal in signals):
        policy["cpuUtilization"] = {"utilizationTarget": 0.6}
    for signal in signals[:2]:
        target = policy.get(signal, {}).get("utilizationTarget")
        if target is not None and not 0 < target <= 1:
            raise invalid(f"autoscalingPolicy.{signal}.utilizationTarget", target, "Must be above 0 and at most 1.")
    path = path_of(new["target"])
    if path.split("/")[:4] != change.path.split("/")[:4] or "/instanceGroupManagers/" not in path:
        raise invalid("target", new["target"], "Must be a managed instance group of the same region or zone.")
    for other, body in change.store.kind("autoscalers", change.project):
        if other != change.path and path_of(body["target"]) == path:
            raise invalid("target", new["target"], f"The group already has the autoscaler '{other}'.")
    group = deepcopy(change.store.need(path))
    size = min(max(group["targetSize"], least), most) if policy["mode"] != "OFF" else group["targetSize"]
    new["recommendedSize"] = size
    if size != group["targetSize"]:
        MANAGERS.keep(change.cloud, path, {**group, "targetSize": size})


@GROUPS.saving
def group(change: Change) -> None:
    """Named ports of an unmanaged group."""
    _named_ports(change.new.get("namedPorts", []))


@GROUPS.deleting
def group_deleted(cloud: Cloud, path: str) -> None:
    """A managed group goes with its manager."""
    if owner := cloud.store("compute")[path].hidden.get("owner"):
        raise in_use("instanceGroups", path, owner)


@GROUPS.verb("listInstances")
def list_members(call: Call) -> Body:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/listInstances."""
    found = members(call.cloud, call.path)
    wanted = call.body.get("instanceState", "ALL")
    items = [{"instance": link(path), "status": call.store[path].body["status"]} for path in found]
    items = [item for item in items if wanted == "ALL" or item["status"] == wanted]
    return {"kind": "compute#instanceGroupsListInstances", **({"items": items} if items else {})}


@GROUPS.verb("addInstances", "removeInstances")
def change_members(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/addInstances."""
    body = dict(call.store.need(call.path))
    if call.store[call.path].hidden.get("owner"):
        raise unusable("The members of a managed instance group are its manager's")
    have = list(call.store[call.path].hidden.get("members", []))
    for entry in call.body.get("instances", []):
        path = path_of(entry["instance"])
        if call.method.verb == "removeInstances":
            if path not in have:
                raise not_found(path)
            have.remove(path)
        elif path.split("/")[:4] != call.path.split("/")[:4]:
            raise invalid("instances", path, "The instance is in another zone than the group.")
        elif path not in have:
            have.append(path)
    body["size"] = len(have)
    if have:
        body["network"] = call.store.need(have[0])["networkInterfaces"][0]["network"]
    GROUPS.keep(call.cloud, call.path, body, members=have)


@GROUPS.verb("setNamedPorts")
def set_named_ports(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/setNamedPorts."""
    body = call.store.need(call.path)
    if call.body.get("fingerprint", body["fingerprint"]) != body["fingerprint"]:
        raise stale("named ports")
    GROUPS.keep(call.cloud, call.path, {**body, "namedPorts": call.body.get("namedPorts", [])})
