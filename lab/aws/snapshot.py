# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto's Route 53 and CloudWatch as the data plane's own values."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.route53.models import route53_backends

from ..route53.answer import normal
from ..route53.model import Alias, HealthCheck, Record, Snapshot, Zone
from .alarm_clock import datapoints, state_of
from .alarms import COMPARE
from .changes import Changes


def snapshot(changes: Changes) -> Snapshot:
    """What is configured now. The generation is read first: a change that comes in meanwhile stays PENDING."""
    generation = changes.generation
    backend = route53_backends[DEFAULT_ACCOUNT_ID]["aws"]
    checks = [
        health_check(check.id, check.health_check_config, backend.list_tags_for_resource(check.id).get("Name", ""))
        for check in list(backend.health_checks.values())
    ]
    return Snapshot(
        generation=generation,
        zones=tuple(_zone(zone) for zone in list(backend.zones.values()) if not zone.private_zone),
        health_checks={check.id: check for check in checks},
        alarms=dict(_alarms(checks)),
    )


def health_check(identifier: str, config: dict[str, Any], name: str) -> HealthCheck:
    """A HealthCheckConfig of the API as the data plane's value."""
    alarm = config.get("AlarmIdentifier") or {}
    return HealthCheck(
        id=identifier,
        type=config["Type"],
        name=name,
        ip_address=config.get("IPAddress"),
        port=config.get("Port"),
        fqdn=config.get("FullyQualifiedDomainName"),
        resource_path=config.get("ResourcePath"),
        search_string=config.get("SearchString"),
        request_interval=config.get("RequestInterval", 30),
        failure_threshold=config.get("FailureThreshold", 3),
        inverted=config.get("Inverted", False),
        disabled=config.get("Disabled", False),
        enable_sni=config.get("EnableSNI", False),
        regions=tuple(config.get("Regions") or ()),
        health_threshold=config.get("HealthThreshold", 0),
        children=tuple(config.get("ChildHealthChecks") or ()),
        alarm_region=alarm.get("Region"),
        alarm_name=alarm.get("Name"),
        insufficient_data=config.get("InsufficientDataHealthStatus", "LastKnownStatus"),
    )


def _zone(zone: Any) -> Zone:
    return Zone(zone.resource_id, normal(zone.name), tuple(_record(record) for record in list(zone.rrsets)))


def record_values(record: Any) -> list[str]:
    """moto keeps plain strings, except in the NS and SOA records that it makes itself."""
    return [value["Value"] if isinstance(value, dict) else value for value in record.records]


def _record(record: Any) -> Record:
    target = record.alias_target or None
    return Record(
        name=normal(record.name),
        type=record.type,
        ttl=int(record.ttl or 0),
        values=tuple(record_values(record)),
        alias=target and Alias(target["HostedZoneId"], normal(target["DNSName"]), target["EvaluateTargetHealth"]),
        set_identifier=record.set_identifier,
        failover=record.failover,
        weight=None if record.weight is None else int(record.weight),
        multivalue=bool(record.multi_value_answer),
        health_check_id=record.health_check_id,
    )


def _alarms(checks: list[HealthCheck]) -> Iterator[tuple[tuple[str, str], str]]:
    for check in checks:
        if check.alarm_region and check.alarm_name:
            backend = cloudwatch_backends[DEFAULT_ACCOUNT_ID][check.alarm_region]
            alarm = backend.alarms.get(check.alarm_name)
            # Health checks do not follow metric math:
            # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-types.html
            if alarm is not None and alarm.comparison_operator in COMPARE and not alarm.metric_data_queries:
                # Its data, not its state, which SetAlarmState could have set.
                state = state_of(datapoints(backend, alarm, time.time()), alarm, "INSUFFICIENT_DATA")
                yield (check.alarm_region, check.alarm_name), state
