# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DMS calls of this collection. The client is an argument; errors are AwsError.

The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._aws_resource import AwsError, Tags, as_dict, as_list, calling

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import ClientError

Found = dict[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long to wait for what DMS does, in seconds; 0: not at all."""

    seconds: float
    pause: float = 5
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    def until(self, read: Callable[[], str], wanted: Collection[str], what: str) -> str:
        """The first wanted status, or without any patience the present one. Raises AwsError when the time is over."""
        status = read()
        end = self.now() + self.seconds
        while status not in wanted and self.seconds:
            if self.now() >= end:
                raise AwsError(f"{what} is still {status or 'gone'} after {self.seconds:g} s.")
            self.sleep(self.pause)
            status = read()
        return status


def _describe(client: Any, operation: str, key: str, filters: Mapping[str, str]) -> Iterator[Found]:
    """Page by page. DMS answers a filter that nothing fits with ResourceNotFoundFault."""
    params: dict[str, Any] = {"Filters": [{"Name": name, "Values": [value]} for name, value in filters.items()]}
    while True:
        with calling(f"read the {key[0].lower()}{key[1:]} of DMS"):
            try:
                page = getattr(client, operation)(aws_retry=True, **params)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ResourceNotFoundFault":
                    return
                raise
        yield from page[key]
        if not page.get("Marker"):
            return
        params["Marker"] = page["Marker"]


def instances(client: Any, **filters: str) -> list[Found]:
    """Replication instances. ``filters``: ``id`` or nothing."""
    named = {"replication-instance-id": filters["id"]} if "id" in filters else {}
    return list(_describe(client, "describe_replication_instances", "ReplicationInstances", named))


def instance(client: Any, name: str) -> Found | None:
    """The replication instance of this name; DMS keeps names in small letters."""
    return next(iter(instances(client, id=name.lower())), None)


def endpoint(client: Any, name: str) -> Found | None:
    """The endpoint of this name."""
    found = _describe(client, "describe_endpoints", "Endpoints", {"endpoint-id": name})
    return next(found, None)


def tasks(client: Any, name: str = "") -> list[Found]:
    """All replication tasks, or that of this name."""
    named = {"replication-task-id": name} if name else {}
    return list(_describe(client, "describe_replication_tasks", "ReplicationTasks", named))


def task(client: Any, name: str) -> Found | None:
    """The replication task of this name."""
    return next(iter(tasks(client, name)), None)


def connection(client: Any, instance_arn: str, endpoint_arn: str) -> Found | None:
    """The last test of a connection."""
    named = {"endpoint-arn": endpoint_arn, "replication-instance-arn": instance_arn}
    found = _describe(client, "describe_connections", "Connections", named)
    same = (each for each in found if each["ReplicationInstanceArn"] == instance_arn)
    return next((each for each in same if each["EndpointArn"] == endpoint_arn), None)


def call(client: Any, purpose: str, operation: str, **params: Any) -> Found:
    """One call that changes something; "Cannot <purpose>: ..."."""
    with calling(purpose):
        answer: Found = getattr(client, operation)(aws_retry=True, **params)
    return answer


def tags_of(client: Any, arn: str) -> dict[str, str]:
    """A resource's tags."""
    with calling(f"list the tags of {arn}"):
        return as_dict(client.list_tags_for_resource(aws_retry=True, ResourceArn=arn)["TagList"])


def change_tags(client: Any, arn: str, tags: Tags) -> None:
    """Set some and remove others."""
    with calling(f"change the tags of {arn}"):
        if tags.remove:
            client.remove_tags_from_resource(aws_retry=True, ResourceArn=arn, TagKeys=list(tags.remove))
        if tags.add:
            client.add_tags_to_resource(aws_retry=True, ResourceArn=arn, Tags=as_list(tags.add))
