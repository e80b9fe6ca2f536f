# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Route 53 calls of this collection, one SDK call each. The client is an argument; errors are typed.

The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import BotoCoreError, ClientError

P = ParamSpec("P")
R = TypeVar("R")

# ListTagsForResources takes so many ids at once.
TAGGED_AT_ONCE = 10


class Route53Error(Exception):
    """A call failed; the text says which and why. ``code`` is AWS's error code, empty if there was no answer."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class VersionMismatch(Route53Error):
    """Somebody else changed the health check between our reading and our writing."""


class AlreadyExists(Route53Error):
    """The caller reference belongs to another or to a deleted health check."""


ERRORS: dict[str, type[Route53Error]] = {
    "HealthCheckVersionMismatch": VersionMismatch,
    "HealthCheckAlreadyExists": AlreadyExists,
}


def impatient() -> Any:
    """For a client that does not wait long for a control plane that is away: ten seconds."""
    from botocore.config import Config

    return Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def _call(purpose: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: botocore's errors become Route53Error, "Cannot <purpose>: ..."."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                raise ERRORS.get(code, Route53Error)(f"Cannot {purpose}: {error}", code) from error
            except BotoCoreError as error:
                raise Route53Error(f"Cannot {purpose}: {error}") from error

        return call

    return wrap


@_call("list health checks")
def _list_health_checks(client: Any, **params: Any) -> dict[str, Any]:
    response: dict[str, Any] = client.list_health_checks(aws_retry=True, **params)
    return response


@_call("list the tags of health checks")
def _list_tags(client: Any, ids: Sequence[str]) -> list[dict[str, Any]]:
    response = client.list_tags_for_resources(aws_retry=True, ResourceType="healthcheck", ResourceIds=ids)
    sets: list[dict[str, Any]] = response["ResourceTagSets"]
    return sets


@_call("create the health check")
def create_health_check(client: Any, reference: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The new check, or the existing one if this very request was sent before."""
    response = client.create_health_check(aws_retry=True, CallerReference=reference, HealthCheckConfig=config)
    check: dict[str, Any] = response["HealthCheck"]
    return check


@_call("update the health check")
def update_health_check(client: Any, check_id: str, version: int, **changes: Any) -> dict[str, Any]:
    """Raises VersionMismatch unless the check is still at ``version``."""
    response = client.update_health_check(aws_retry=True, HealthCheckId=check_id, HealthCheckVersion=version, **changes)
    check: dict[str, Any] = response["HealthCheck"]
    return check


@_call("delete the health check")
def delete_health_check(client: Any, check_id: str) -> bool:
    """False if it was gone already."""
    try:
        client.delete_health_check(aws_retry=True, HealthCheckId=check_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchHealthCheck":
            raise
        return False
    return True


@_call("change the tags of the health check")
def change_tags(client: Any, check_id: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set some tags and remove others."""
    parts: dict[str, Any] = {}
    if add:
        parts["AddTags"] = [{"Key": key, "Value": value} for key, value in add.items()]
    if remove:
        parts["RemoveTagKeys"] = list(remove)
    client.change_tags_for_resource(aws_retry=True, ResourceType="healthcheck", ResourceId=check_id, **parts)


@_call("get the status of the health check")
def get_health_check_status(client: Any, check_id: str) -> dict[str, Any]:
    """What each checker reports. Route 53 refuses it for calculated checks."""
    response: dict[str, Any] = client.get_health_check_status(aws_retry=True, HealthCheckId=check_id)
    return response


@_call("find the hosted zone")
def zones_from(client: Any, name: str) -> list[dict[str, Any]]:
    """The account's zones from this name on, in Route 53's order."""
    response = client.list_hosted_zones_by_name(aws_retry=True, DNSName=name)
    zones: list[dict[str, Any]] = response["HostedZones"]
    return zones


@_call("read the hosted zone")
def name_servers(client: Any, zone_id: str) -> list[str]:
    """The servers that answer for a public zone."""
    response = client.get_hosted_zone(aws_retry=True, Id=zone_id)
    servers: list[str] = (response.get("DelegationSet") or {}).get("NameServers", [])
    return servers


@_call("list the records")
def _list_records(client: Any, **params: Any) -> dict[str, Any]:
    response: dict[str, Any] = client.list_resource_record_sets(aws_retry=True, **params)
    return response


@_call("change the records")
def change_records(client: Any, zone_id: str, changes: Sequence[Mapping[str, Any]], comment: str) -> str:
    """The id of the change: all of it is done, or nothing."""
    batch = {"Comment": comment, "Changes": changes}
    response = client.change_resource_record_sets(aws_retry=True, HostedZoneId=zone_id, ChangeBatch=batch)
    change: str = response["ChangeInfo"]["Id"]
    return change


@_call("follow the change of the records")
def is_in_sync(client: Any, change: str) -> bool:
    """Do all name servers have it?"""
    return bool(client.get_change(aws_retry=True, Id=change)["ChangeInfo"]["Status"] == "INSYNC")


def iter_records(client: Any, zone_id: str) -> Iterator[dict[str, Any]]:
    """All record sets of a zone, page by page."""
    params: dict[str, Any] = {"HostedZoneId": zone_id}
    while True:
        page = _list_records(client, **params)
        yield from page["ResourceRecordSets"]
        if not page.get("IsTruncated"):
            return
        for name in ("Name", "Type", "Identifier"):
            params.pop(f"StartRecord{name}", None)
            if page.get(f"NextRecord{name}"):
                params[f"StartRecord{name}"] = page[f"NextRecord{name}"]


def iter_health_checks(client: Any) -> Iterator[dict[str, Any]]:
    """All health checks of the account, page by page."""
    page = _list_health_checks(client)
    yield from page["HealthChecks"]
    while page.get("IsTruncated"):
        page = _list_health_checks(client, Marker=page["NextMarker"])
        yield from page["HealthChecks"]


def tags_of(client: Any, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tags by health check id."""
    wanted = list(ids)
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(wanted), TAGGED_AT_ONCE):
        for entry in _list_tags(client, wanted[start : start + TAGGED_AT_ONCE]):
            found[entry["ResourceId"]] = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
    return found
