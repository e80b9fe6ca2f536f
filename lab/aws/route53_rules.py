# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Route 53 accepts and what it stores, where moto accepts or forgets more. Pure: API-shaped dicts in and out.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

Config = dict[str, Any]
RecordSet = dict[str, Any]

HTTP_TYPES = frozenset({"HTTP", "HTTP_STR_MATCH"})
HTTPS_TYPES = frozenset({"HTTPS", "HTTPS_STR_MATCH"})
ENDPOINT_TYPES = HTTP_TYPES | HTTPS_TYPES | {"TCP"}
DEFAULT_PORT = dict.fromkeys(HTTP_TYPES, 80) | dict.fromkeys(HTTPS_TYPES, 443)
# What UpdateHealthCheck can name in ResetElements.
RESETTABLE = frozenset({"FullyQualifiedDomainName", "Regions", "ResourcePath", "ChildHealthChecks"})
UPDATABLE = (
    "IPAddress", "Port", "ResourcePath", "FullyQualifiedDomainName", "SearchString", "FailureThreshold", "Inverted",
    "Disabled", "HealthThreshold", "ChildHealthChecks", "EnableSNI", "Regions", "AlarmIdentifier",
    "InsufficientDataHealthStatus",
)  # fmt: skip
ROUTING = (
    "Weight",
    "Region",
    "Failover",
    "GeoLocation",
    "MultiValueAnswer",
    "GeoProximityLocation",
    "CidrRoutingConfig",
)
# Routing policies that the data plane does not have.
UNIMPLEMENTED_ROUTING = ("Region", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig")


class Refused(Exception):
    """A request that AWS refuses. ``code`` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def new_health_check(given: Mapping[str, Any], known: Collection[str]) -> Config:
    """The stored configuration of a new check: what was given plus AWS's defaults. ``known``: existing ids."""
    kind = given["Type"]
    config: Config = {"Inverted": False, "Disabled": False}
    if kind in ENDPOINT_TYPES:
        config |= {
            "RequestInterval": 30,
            "FailureThreshold": 3,
            "MeasureLatency": False,
            "EnableSNI": kind in HTTPS_TYPES,
        }
        if kind in DEFAULT_PORT:
            config["Port"] = DEFAULT_PORT[kind]
    config |= {name: value for name, value in given.items() if value is not None and value != []}
    _require_valid(config, known)
    return config


def updated_health_check(config: Mapping[str, Any], request: Mapping[str, Any], known: Collection[str]) -> Config:
    """The configuration after an UpdateHealthCheck: what the request does not name stays."""
    reset = request.get("ResetElements") or []
    changed = {name: request[name] for name in UPDATABLE if request.get(name) is not None}
    updated = {name: value for name, value in (dict(config) | changed).items() if name not in reset}
    _require_valid(updated, known)
    return updated


def _require_valid(config: Mapping[str, Any], known: Collection[str]) -> None:
    kind = config["Type"]
    if kind in ENDPOINT_TYPES:
        if not config.get("IPAddress") and not config.get("FullyQualifiedDomainName"):
            raise Refused("InvalidInput", "Basic health checks must specify IPAddress or FullyQualifiedDomainName.")
        if not config.get("Port"):
            raise Refused("InvalidInput", f"A health check of type {kind} must specify Port.")
        if kind.endswith("_STR_MATCH") != bool(config.get("SearchString")):
            raise Refused(
                "InvalidInput", "SearchString goes with HTTP_STR_MATCH and HTTPS_STR_MATCH, and only with them."
            )
    elif kind == "CALCULATED":
        if "HealthThreshold" not in config:
            raise Refused("InvalidInput", "A calculated health check must specify HealthThreshold.")
        missing = sorted(set(config.get("ChildHealthChecks", ())) - set(known))
        if missing:
            raise Refused("InvalidInput", f"Child health checks that do not exist: {', '.join(missing)}.")
    elif kind == "CLOUDWATCH_METRIC" and not (
        config.get("AlarmIdentifier") and config.get("InsufficientDataHealthStatus")
    ):
        raise Refused(
            "InvalidInput", "A health check on an alarm must specify AlarmIdentifier and InsufficientDataHealthStatus."
        )


def changed_records(
    records: Sequence[RecordSet], changes: Iterable[Mapping[str, Any]], zone: str, health_checks: Collection[str]
) -> list[RecordSet]:
    """The zone's record sets after a change batch: all of it or, when AWS would refuse any part, none."""
    after = [_normal(record) for record in records]
    for change in changes:
        record = _normal(change["ResourceRecordSet"])
        if change["Action"] != "DELETE":
            _require_record(record, zone, health_checks)
        _apply(after, change["Action"], record)
    for record in after:
        _require_group([other for other in after if _name_type(other) == _name_type(record)])
        _require_cname_alone(record, after)
    return after


def _normal(record: RecordSet) -> RecordSet:
    given = {name: value for name, value in record.items() if value is not None and value != []}
    return given | {"Name": record["Name"].lower().rstrip(".").replace("\\052", "*") + "."}


def _name_type(record: RecordSet) -> tuple[str, str]:
    return record["Name"], record["Type"]


def _key(record: RecordSet) -> tuple[str, str, str | None]:
    return record["Name"], record["Type"], record.get("SetIdentifier")


def _label(record: RecordSet) -> str:
    identifier = f", set identifier='{record['SetIdentifier']}'" if "SetIdentifier" in record else ""
    return f"[name='{record['Name']}', type='{record['Type']}'{identifier}]"


def _apply(records: list[RecordSet], action: str, record: RecordSet) -> None:
    old = next((known for known in records if _key(known) == _key(record)), None)
    if action == "CREATE" and old is not None:
        raise Refused(
            "InvalidChangeBatch", f"Tried to create resource record set {_label(record)} but it already exists"
        )
    if action == "DELETE" and old is None:
        raise Refused(
            "InvalidChangeBatch", f"Tried to delete resource record set {_label(record)} but it was not found"
        )
    if action == "DELETE" and old != record:
        raise Refused(
            "InvalidChangeBatch",
            f"Tried to delete resource record set {_label(record)} "
            "but the values provided do not match the current values",
        )
    if old is not None:
        records.remove(old)
    if action != "DELETE":
        records.append(record)


def _require_record(record: RecordSet, zone: str, health_checks: Collection[str]) -> None:
    label = _label(record)
    if record["Name"] != zone and not record["Name"].endswith(f".{zone}"):
        raise Refused("InvalidChangeBatch", f"RRSet with DNS name {record['Name']} is not permitted in zone {zone}")
    check = record.get("HealthCheckId")
    if check is not None and check not in health_checks:
        raise Refused("NoSuchHealthCheck", f"A health check with id {check} does not exist.")
    policies = [name for name in ROUTING if name in record]
    if len(policies) > 1:
        raise Refused(
            "InvalidChangeBatch", f"Resource record set {label} has several routing policies: {', '.join(policies)}"
        )
    if bool(policies) != ("SetIdentifier" in record):
        raise Refused("InvalidChangeBatch", f"Resource record set {label}: SetIdentifier goes with a routing policy")
    if ("AliasTarget" in record) == ("ResourceRecords" in record):
        raise Refused(
            "InvalidChangeBatch", f"Resource record set {label}: exactly one of AliasTarget and ResourceRecords"
        )
    if ("TTL" in record) != ("ResourceRecords" in record):
        raise Refused("InvalidChangeBatch", f"Resource record set {label}: TTL goes with ResourceRecords")
    if record.get("Failover") == "PRIMARY" and "AliasTarget" not in record and check is None:
        raise Refused(
            "InvalidChangeBatch", "A non-alias primary ResourceRecordSet must have an associated health check"
        )
    if "Failover" in record and "AliasTarget" in record and not record["AliasTarget"].get("EvaluateTargetHealth"):
        raise Refused("InvalidChangeBatch", f"Failover alias {label} must set EvaluateTargetHealth to true")


def _require_group(group: Sequence[RecordSet]) -> None:
    """All record sets of one name and type have one routing policy; a failover group has one record of each role."""
    label = _label(group[0])
    policies = {next((name for name in ROUTING if name in record), "simple") for record in group}
    if len(policies) > 1:
        raise Refused(
            "InvalidChangeBatch", f"Resource record sets like {label} mix the policies {', '.join(sorted(policies))}"
        )
    roles = [record["Failover"] for record in group if "Failover" in record]
    for role in set(roles):
        if roles.count(role) > 1:
            raise Refused("InvalidChangeBatch", f"A {role} failover record set like {label} already exists")


def _require_cname_alone(record: RecordSet, records: Sequence[RecordSet]) -> None:
    if record["Type"] == "CNAME" and any(
        other["Name"] == record["Name"] and other["Type"] != "CNAME" for other in records
    ):
        raise Refused(
            "InvalidChangeBatch",
            f"RRSet of type CNAME with DNS name {record['Name']} is not permitted beside other types of the same name",
        )
