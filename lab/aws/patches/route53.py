# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53 in moto 5.2.5: what it forgets, accepts wrongly, or answers without having looked.

The rules are in ``route53_rules``; the answers about health and DNS come from the data plane, or nobody gives them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.route53 import urls
from moto.route53.exceptions import Route53ClientError
from moto.route53.models import HealthCheck, RecordSet, Route53Backend
from moto.route53.responses import Route53

from ...route53.model import Checker, Report
from ...route53.plane import DataPlane
from .. import route53_rules as rules
from ..changes import Changes
from ..snapshot import record_values

_PREFIX = r"{0}/(?P<api_version>[\d_-]+)"
_RECORD_FIELDS = {
    "Name": "name",
    "Type": "type",
    "TTL": "ttl",
    "SetIdentifier": "set_identifier",
    "Weight": "weight",
    "Region": "region",
    "HealthCheckId": "health_check_id",
    "AliasTarget": "alias_target",
    "Failover": "failover",
    "GeoLocation": "geo_location",
    "MultiValueAnswer": "multi_value_answer",
}


def apply(plane: DataPlane | None, changes: Changes) -> None:
    """Patch moto. Without a data plane, whatever needs one is refused as not implemented."""
    _health_checks()
    _records(changes)
    _observations(plane)
    _changes(plane, changes)


def _method(cls: type) -> Callable[[Callable[..., Any]], None]:
    """Decorator: this function is now the class's method of the same name."""

    def replace(function: Callable[..., Any]) -> None:
        setattr(cls, function.__name__, _translated(function))

    return replace


def _translated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A rule's refusal becomes AWS's error response."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except rules.Refused as refusal:
            raise Route53ClientError(refusal.code, str(refusal)) from refusal

    return call


# --- Health checks -----------------------------------------------------------------------------------------------
# moto keeps some fields only, and an update erases ChildHealthChecks and Regions.


def _health_checks() -> None:
    stored = HealthCheck.health_check_config.fget
    # A check made by CloudFormation has no stored configuration.
    HealthCheck.health_check_config = property(lambda check: vars(check).get("lab_config") or stored(check))

    @_method(Route53)
    def create_health_check(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html (CallerReference)"""
        reference, given = self._get_param("CallerReference"), self._get_param("HealthCheckConfig")
        if given["Type"] == "RECOVERY_CONTROL":
            raise NotImplementedError(
                "CreateHealthCheck of type RECOVERY_CONTROL: there is no recovery control cluster"
            )
        config = rules.new_health_check(given, self.backend.health_checks)
        if reference in _deleted_references(self.backend):
            raise rules.Refused("HealthCheckAlreadyExists", "A deleted health check had this CallerReference.")
        for check in self.backend.health_checks.values():
            if check.caller_reference == reference:
                if vars(check).get("lab_created") != config:
                    raise rules.Refused("HealthCheckAlreadyExists", "Another health check has this CallerReference.")
                return ActionResult({"HealthCheck": check})
        check = self.backend.create_health_check(reference, {"type": given["Type"]})
        check.lab_created = check.lab_config = config
        return ActionResult({"HealthCheck": check})

    @_method(Route53)
    def update_health_check(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html (HealthCheckVersion)"""
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        version = self._get_param("HealthCheckVersion")
        if version is not None and int(version) != check.health_check_version:
            raise rules.Refused(
                "HealthCheckVersionMismatch",
                f"The health check is at version {check.health_check_version}, the request expects {version}.",
            )
        known = set(self.backend.health_checks) - {check.id}
        check.lab_config = rules.updated_health_check(check.health_check_config, self.params, known)
        check.health_check_version += 1
        return ActionResult({"HealthCheck": check})

    @_method(Route53)
    def delete_health_check(self: Any) -> EmptyResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html: no record prevents it."""
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        _deleted_references(self.backend).add(check.caller_reference)
        self.backend.delete_health_check(check.id)
        self.backend.resource_tags.pop(check.id, None)
        return EmptyResult()


def _deleted_references(backend: Any) -> set[str]:
    """Kept on the backend, so that moto's reset forgets them as well."""
    references: set[str] = vars(backend).setdefault("lab_deleted_references", set())
    return references


# --- Records -----------------------------------------------------------------------------------------------------
# moto accepts two PRIMARY, unknown checks and mixed policies; a DELETE removes its SetIdentifier under every name.


def _records(changes: Changes) -> None:
    def change_batch(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html: all or nothing."""
        zone = self.get_hosted_zone(zoneid)
        for change in change_list:
            policy = set(rules.UNIMPLEMENTED_ROUTING) & set(change["ResourceRecordSet"])
            if policy:
                raise NotImplementedError(
                    f"ChangeResourceRecordSets with {policy.pop()}: no data plane for this policy"
                )
        before = [_record_to_api(record) for record in zone.rrsets]
        after = rules.changed_records(before, change_list, zone.name, self.health_checks)
        zone.rrsets = [_record_from_api(record) for record in after]

    Route53Backend.change_resource_record_sets = _translated(change_batch)
    original = Route53.change_resource_record_sets

    @_method(Route53)
    def change_resource_record_sets(self: Any) -> ActionResult:
        original(self)  # its check of the request's size, then the backend
        return ActionResult({"ChangeInfo": changes.record()})


def _record_to_api(record: RecordSet) -> dict[str, Any]:
    fields = {name: getattr(record, attribute) for name, attribute in _RECORD_FIELDS.items()}
    return fields | {"ResourceRecords": [{"Value": value} for value in record_values(record)]}


def _record_from_api(record: Mapping[str, Any]) -> RecordSet:
    return RecordSet({**record, "ResourceRecords": [entry["Value"] for entry in record.get("ResourceRecords", ())]})


# --- What only the data plane knows ------------------------------------------------------------------------------
# moto reports success for every check, whatever its endpoint does.


def _observations(plane: DataPlane | None) -> None:
    for path in ("/testdnsanswer", "/checkeripranges$", "/healthcheck/(?P<health_check_id>[^/]+)/lastfailurereason$"):
        urls.url_paths[_PREFIX + path] = Route53.dispatch

    def needed(operation: str) -> DataPlane:
        if plane is None:
            raise NotImplementedError(f"{operation}: this server runs without a Route 53 data plane")
        return plane

    def check_id(self: Any, operation: str) -> str:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        if check.type_ == "CALCULATED":
            raise rules.Refused("InvalidInput", f"You can't use {operation} for a calculated health check.")
        return str(check.id)

    @_method(Route53)
    def get_health_check_status(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html"""
        return _observed(needed("GetHealthCheckStatus").reports(check_id(self, "GetHealthCheckStatus")))

    @_method(Route53)
    def get_health_check_last_failure_reason(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckLastFailureReason.html"""
        name = "GetHealthCheckLastFailureReason"
        return _observed(needed(name).failures(check_id(self, name)))

    @_method(Route53)
    def get_checker_ip_ranges(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetCheckerIpRanges.html"""
        checkers = needed("GetCheckerIpRanges").checkers
        return ActionResult({"CheckerIpRanges": [f"{checker.address}/32" for checker in checkers]})

    @_method(Route53)
    def test_dns_answer(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/Route53/latest/APIReference/API_TestDNSAnswer.html"""
        data_plane = needed("TestDNSAnswer")
        zone = self.backend.get_hosted_zone(self._get_param("HostedZoneId"))
        name, rdtype = self._get_param("RecordName"), self._get_param("RecordType")
        answer = data_plane.answer(name, rdtype)
        return ActionResult(
            {
                "Nameserver": zone.delegation_set.name_servers[0],
                "RecordName": name,
                "RecordType": rdtype,
                "RecordData": [value for rrset in answer.answers for value in rrset.values],
                "ResponseCode": answer.rcode,
                "Protocol": "UDP",
            }
        )


def _observed(reports: Mapping[Checker, Report]) -> ActionResult:
    observations = [
        {
            "Region": checker.region,
            "IPAddress": checker.address,
            "StatusReport": {"Status": report.status, "CheckedTime": report.at},
        }
        for checker, report in reports.items()
    ]
    return ActionResult({"HealthCheckObservations": observations})


# --- Changes -----------------------------------------------------------------------------------------------------
# moto's changes have one constant id and are always INSYNC.


def _changes(plane: DataPlane | None, changes: Changes) -> None:
    """https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html"""
    for name in ("create_hosted_zone", "delete_hosted_zone"):
        setattr(Route53, name, _with_change_info(getattr(Route53, name), changes))

    @_method(Route53)
    def get_change(self: Any) -> ActionResult:
        identifier = self._get_param("Id").removeprefix("/change/")
        if plane is None:
            raise NotImplementedError("GetChange: this server runs without a Route 53 data plane")
        try:
            return ActionResult({"ChangeInfo": changes.info(identifier, plane.generation)})
        except KeyError as error:
            raise rules.Refused("NoSuchChange", f"A change with id {identifier} does not exist.") from error


def _with_change_info(original: Callable[[Any], ActionResult], changes: Changes) -> Callable[[Any], ActionResult]:
    @functools.wraps(original)
    def call(self: Any) -> ActionResult:
        answered: Any = original(self).result
        return ActionResult(answered | {"ChangeInfo": changes.record()})

    return call
