# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover pair of record sets: between the module's options and Route 53's ResourceRecordSets. Pure.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .override import ROLES, Role
from .settings import OptionError

RecordSet = dict[str, Any]
RecordPair = dict[Role, RecordSet]
ROUTING = (
    *("Weight", "Region", "Failover", "GeoLocation", "GeoProximityLocation", "MultiValueAnswer", "CidrRoutingConfig"),
)


def absolute(name: str) -> str:
    """A name as it is compared: without case, with its final dot. Route 53 lists ``*`` as ``\\052``."""
    return name.lower().rstrip(".").replace("\\052", "*") + "."


def wanted_pair(options: Mapping[str, Any], zone_id: str, checks: Mapping[str, str]) -> RecordPair:
    """The record sets that the options ask for. ``checks``: ids by how the options call them. Raises OptionError."""
    if options["primary"]["identifier"] == options["secondary"]["identifier"]:
        raise OptionError(f"primary and secondary have the identifier {options['primary']['identifier']!r}.")
    sides: dict[Role, Mapping[str, Any]] = {"PRIMARY": options["primary"], "SECONDARY": options["secondary"]}
    return {role: _wanted(options, role, side, zone_id, checks) for role, side in sides.items()}


def _wanted(
    options: Mapping[str, Any], role: Role, side: Mapping[str, Any], zone_id: str, checks: Mapping[str, str]
) -> RecordSet:
    where, values, alias = role.lower(), side["values"], side["alias"]
    if bool(values) == bool(alias):
        raise OptionError(f"{where} needs either values or alias.")
    if role == "PRIMARY" and values and not side["health_check"]:
        raise OptionError("primary has no health_check: it would never fail over.")
    if options["type"] == "CNAME" and len(values or [""]) > 1:
        raise OptionError(f"{where}.values has {len(values)} names; a CNAME has one.")
    record = {"Name": options["name"], "Type": options["type"], "SetIdentifier": side["identifier"], "Failover": role}
    if values:
        record |= {"TTL": options["ttl"], "ResourceRecords": [{"Value": value} for value in values]}
    else:
        target = {"DNSName": alias["name"], "HostedZoneId": alias["zone_id"] or zone_id}
        record["AliasTarget"] = target | {"EvaluateTargetHealth": alias["evaluate_target_health"]}
    if side["health_check"]:
        record["HealthCheckId"] = checks[side["health_check"]]
    return comparable(record)


def comparable(record: Mapping[str, Any]) -> RecordSet:
    """A record set that equals another one if Route 53 means the same by them."""
    found = {name: value for name, value in record.items() if value not in (None, [])}
    found["Name"] = absolute(found["Name"])
    if "ResourceRecords" in found:
        found["ResourceRecords"] = sorted(found["ResourceRecords"], key=lambda item: str(item["Value"]))
    if "AliasTarget" in found:
        found["AliasTarget"] = {**found["AliasTarget"], "DNSName": absolute(found["AliasTarget"]["DNSName"])}
    return found


def of_name(records: Iterable[Mapping[str, Any]], name: str, rdtype: str) -> list[RecordSet]:
    """The failover records of one name and type. Raises OptionError if it has others."""
    found = [comparable(record) for record in records]
    found = [record for record in found if (record["Name"], record["Type"]) == (absolute(name), rdtype)]
    if strangers := [record for record in found if "Failover" not in record]:
        policy = next((word for word in ROUTING if word in strangers[0]), "simple")
        raise OptionError(f"{name} {rdtype} is a record of routing policy {policy}; it has to be deleted first.")
    return found


def as_pair(records: Iterable[RecordSet], name: str, rdtype: str) -> RecordPair:
    """Raises OptionError unless both sides are there."""
    found: RecordPair = {record["Failover"]: record for record in records}
    if missing := [role for role in ROLES if role not in found]:
        raise OptionError(f"{name} {rdtype} has no failover record {' and none '.join(missing)}; describe the pair.")
    return found


def batch(existing: Sequence[RecordSet], wanted: Iterable[RecordSet]) -> list[dict[str, Any]]:
    """One change batch, which Route 53 does as a whole or not at all: roles can be exchanged."""
    new = list(wanted)
    gone = [{"Action": "DELETE", "ResourceRecordSet": record} for record in existing if record not in new]
    return [*gone, *({"Action": "CREATE", "ResourceRecordSet": record} for record in new if record not in existing)]


def answers(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What DNS says when this record answers; None for an alias."""
    if "ResourceRecords" not in record:
        return None
    return tuple(str(item["Value"]) for item in record["ResourceRecords"])


def users_of(check_id: str, records: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    """Records of other names that rest on a health check, in words. Those of ``name`` move together anyway."""
    found = [comparable(record) for record in records if record.get("HealthCheckId") == check_id]
    words = {f"{record['Name'].rstrip('.')} {record['Type']}" for record in found if record["Name"] != absolute(name)}
    return sorted(words)
