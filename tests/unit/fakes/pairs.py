# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone of its own in the lab's AWS API, with health checks whose health a test chooses."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dns.message
import dns.query
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import caller_reference, managed_as

from .aws import Aws

WAIT_SECONDS = 30


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of ``condition``."""
    end = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)
    return value


@dataclass
class Account:
    """``names`` are unique, so tests can share the API."""

    aws: Aws
    word: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def __post_init__(self) -> None:
        zone = self.aws.route53.create_hosted_zone(Name=self.zone, CallerReference=self.zone)
        self.zone_id = zone["HostedZone"]["Id"]

    @property
    def zone(self) -> str:
        return f"{self.word}.example"

    @property
    def name(self) -> str:
        return f"shop.{self.zone}"

    @property
    def server(self) -> str:
        return f"127.0.0.1:{self.aws.dns_port}"

    def check(self, name: str, healthy: bool = True, **more: Any) -> str:
        """A check with this health from the first moment: on an alarm that never has data. Its name; see ``more``."""
        config: dict[str, Any] = {
            "Type": "CLOUDWATCH_METRIC",
            "AlarmIdentifier": {"Region": "us-east-1", "Name": f"{self.word}-{name}"},
            "InsufficientDataHealthStatus": "Healthy" if healthy else "Unhealthy",
        }
        return self.other_check(name, **config, **more)

    def over(self, name: str, *children: str, **more: Any) -> str:
        """A check that is healthy if all of ``children`` are."""
        ids = [self.id_of(child) for child in children]
        return self.other_check(name, Type="CALCULATED", ChildHealthChecks=ids, HealthThreshold=len(ids), **more)

    def other_check(self, name: str, **config: Any) -> str:
        full = f"{self.word}-{name}"
        reference: Any = {"CallerReference": caller_reference(full, "0"), "HealthCheckConfig": config}
        made = self.aws.route53.create_health_check(**reference)
        self.aws.route53.change_tags_for_resource(
            ResourceType="healthcheck", ResourceId=made["HealthCheck"]["Id"], AddTags=[{"Key": "Name", "Value": full}]
        )
        return full

    def id_of(self, name: str) -> str:
        pages = self.aws.route53.get_paginator("list_health_checks").paginate()
        checks = [check for page in pages for check in page["HealthChecks"]]
        (found,) = (check["Id"] for check in checks if managed_as(name, check["CallerReference"]))
        return found

    def flags(self, name: str) -> tuple[bool, bool]:
        """Disabled, inverted."""
        check = self.aws.route53.get_health_check(HealthCheckId=self.id_of(name))["HealthCheck"]
        config = check["HealthCheckConfig"]
        return config.get("Disabled", False), config.get("Inverted", False)

    def set_flags(self, name: str, disabled: bool, inverted: bool) -> None:
        """As somebody else would."""
        self.aws.route53.update_health_check(HealthCheckId=self.id_of(name), Disabled=disabled, Inverted=inverted)

    def records(self) -> list[dict[str, Any]]:
        """Without those that every zone has."""
        found = self.aws.route53.list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"]
        return [dict(record) for record in found if record["Type"] not in ("NS", "SOA")]

    def put(self, **record: Any) -> None:
        """A record beside the pair."""
        changes: Any = [{"Action": "CREATE", "ResourceRecordSet": record}]
        self.aws.route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes})

    def dig(self, name: str = "", rdtype: str = "A") -> list[str]:
        query = dns.message.make_query(name or self.name, rdtype)
        response = dns.query.udp(query, "127.0.0.1", port=self.aws.dns_port, timeout=5)
        return [str(item) for rrset in response.answer for item in rrset]

    def wait_for_answer(self, *values: str) -> None:
        wait_for(lambda: self.dig() == list(values), f"{self.name} answers {values}")
