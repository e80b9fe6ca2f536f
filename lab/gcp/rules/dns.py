# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud DNS.

https://cloud.google.com/dns/docs/reference/rest/v1/managedZones, .../resourceRecordSets, .../changes,
https://cloud.google.com/dns/docs/records-overview.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from ..errors import ApiError, missing
from ..store import Body, Store, now
from . import values
from .kit import Call, Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

ZONES = Kind("managedZones", "ManagedZone", "dns", {"visibility": "public"}, fixed=("dnsName", "visibility", "name"))
SETS = Kind("rrsets", "ResourceRecordSet", "dns")
CHANGES = Kind("changes", "Change", "dns")

_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+|\.")
_SERVERS = [f"ns-cloud-a{number}.googledomains.com." for number in range(1, 5)]
_SAME = ("name", "type", "ttl", "rrdatas", "routingPolicy")


@ZONES.saving
def zone(change: Change) -> None:
    """A zone begins with its own NS and SOA."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    if not _NAME.fullmatch(new["name"]):
        raise _invalid("managedZone.name", new["name"])
    if not _DNS_NAME.fullmatch(new.get("dnsName", "")):
        raise _invalid("managedZone.dnsName", new.get("dnsName", ""))
    if "description" not in new:
        raise missing("entity.managedZone.description")
    private = new["visibility"] == "private"
    if private != bool(new.get("privateVisibilityConfig")):
        raise _invalid("managedZone.privateVisibilityConfig", new.get("privateVisibilityConfig", ""))
    if change.old is not None:
        return
    new["nameServers"] = ["ns-gcp-private.googledomains.com."] if private else _SERVERS
    start = f"{new['nameServers'][0]} cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
    for kind, data in (("NS", new["nameServers"]), ("SOA", [start])):
        body = {"kind": "dns#resourceRecordSet", "name": new["dnsName"], "type": kind, "ttl": 21600, "rrdatas": data}
        change.cloud.put("dns", f"{change.path}/rrsets/{new['dnsName']}/{kind}", body)


@ZONES.deleting
def zone_deleted(cloud: Cloud, path: str) -> None:
    """Only a zone without records of its own goes."""
    store = cloud.store("dns")
    own = store.need(path)["dnsName"]
    for _, body in _sets(store, path):
        if body["type"] not in ("NS", "SOA") or body["name"] != own:
            name = path.rpartition("/")[2]
            message = (
                f"The resource named '{name}' cannot be deleted because it contains one or more 'resource records'."
            )
            raise ApiError(400, "containerNotEmpty", message)


@CHANGES.verb("create")
def change_sets(call: Call) -> Body:
    """All or nothing; a deletion has to say exactly what is there."""
    path = call.path.removesuffix("/changes")
    zone_body = call.store.need(path)
    additions, deletions = call.body.get("additions", []), call.body.get("deletions", [])
    if not additions and not deletions:
        raise missing("entity.change")
    for index, body in enumerate(deletions):
        field = f"entity.change.deletions[{index}]"
        present = call.store.get(_path(path, body))
        if present is None:
            message = f"The '{field}' resource named '{body.get('name')} ({body.get('type')})' does not exist."
            raise ApiError(404, "notFound", message)
        if any(present.body.get(key) != body.get(key) for key in _SAME):
            raise ApiError(412, "conditionNotMet", f"Precondition not met for '{field}'")
        if body["type"] in ("NS", "SOA") and body["name"] == zone_body["dnsName"]:
            replaced = any(_path(path, one) == _path(path, body) for one in additions)
            if not replaced:
                raise ApiError(
                    400, "invalidZoneApex", f"The resource record set '{field}' is invalid: apex {body['type']}."
                )
        call.cloud.drop("dns", _path(path, body))
    for index, body in enumerate(additions):
        _add(call, path, body, f"entity.change.additions[{index}]")
    number = call.cloud.next_id()
    return {"kind": "dns#change", "id": number, "status": "done", "startTime": now(), **call.body}


@SETS.verb("list")
def sets(call: Call) -> Body:
    """By name and type."""
    path = call.path.removesuffix("/rrsets")
    call.store.need(path)
    found = [
        body
        for _, body in _sets(call.store, path)
        if all(call.query.get(key, body[key]) == body[key] for key in ("name", "type"))
    ]
    return {"kind": "dns#resourceRecordSetsListResponse", "rrsets": found}


@SETS.verb("create")
def create_set(call: Call) -> Body:
    """One more set of a zone."""
    path = call.path.removesuffix("/rrsets")
    call.store.need(path)
    return _add(call, path, call.body, "entity.resourceRecordSet")


@SETS.verb("get")
def get_set(call: Call) -> Body:
    """https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/get."""
    return call.store.need(call.path)


@SETS.verb("patch")
def patch_set(call: Call) -> Body:
    """https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/patch."""
    old = call.store.need(call.path)
    call.cloud.drop("dns", call.path)
    return _add(call, call.path.partition("/rrsets/")[0], {**old, **call.body}, "entity.resourceRecordSet")


@SETS.verb("delete")
def delete_set(call: Call) -> Body:
    """https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/delete."""
    call.store.need(call.path)
    call.cloud.drop("dns", call.path)
    return {}


def _add(call: Call, zone_path: str, body: Body, field: str) -> Body:
    """Errors: 400, 409."""
    for key in ("name", "type"):
        if key not in body:
            raise missing(f"{field}.{key}")
    name, kind = body["name"], body["type"]
    own = call.store.need(zone_path)["dnsName"]
    if not (name == own or name.endswith(f".{own}")) or not _DNS_NAME.fullmatch(name.removeprefix("*.")):
        raise _invalid(field.removeprefix("entity.") + ".name", name)
    if _path(zone_path, body) in call.store:
        message = f"The resource '{field}' named '{name} ({kind})' already exists"
        raise ApiError(409, "alreadyExists", message)
    if bool(body.get("rrdatas")) == bool(body.get("routingPolicy")):
        raise missing(f"{field}.rrdata")
    for data in body.get("rrdatas", []):
        if not _fits(kind, data):
            raise _invalid(f"{field.removeprefix('entity.')}.rrdata", data)
    if not 0 <= body.get("ttl", 0) <= 2147483647:
        raise _invalid(f"{field.removeprefix('entity.')}.ttl", body["ttl"])
    for _, other in _sets(call.store, zone_path):
        if other["name"] == name and "CNAME" in (kind, other["type"]):
            message = (
                f"The resource record set '{field}' is invalid because a CNAME excludes other records of '{name}'."
            )
            raise ApiError(400, "cnameResourceRecordSetConflict", message)
    return SETS.keep(call.cloud, _path(zone_path, body), {"kind": "dns#resourceRecordSet", "ttl": 0, **body})


def _fits(kind: str, data: str) -> bool:
    """Is this data of a record of that type?"""
    try:
        if kind == "A":
            IPv4Address(data)
        elif kind == "AAAA":
            IPv6Address(data)
    except ValueError:
        return False
    if kind in ("CNAME", "NS", "PTR"):
        return bool(_DNS_NAME.fullmatch(data))
    return bool(data)


def _sets(store: Store, zone_path: str) -> Iterator[tuple[str, Body]]:
    for path in sorted(store):
        if path.startswith(f"{zone_path}/rrsets/"):
            yield path, store[path].body


def _path(zone_path: str, body: Body) -> str:
    return f"{zone_path}/rrsets/{body.get('name')}/{body.get('type')}"


def _invalid(field: str, value: object) -> ApiError:
    return ApiError(400, "invalid", f"Invalid value for 'entity.{field}': '{value}'")
