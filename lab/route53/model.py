# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the data plane knows: zones, records and health checks, as immutable values.

Field names follow the Route 53 API, https://docs.aws.amazon.com/Route53/latest/APIReference/API_Types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ENDPOINT_TYPES = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})


@dataclass(frozen=True)
class HealthCheck:
    """One health check's configuration. ``name`` is its tag, for the log only."""

    id: str
    type: str
    name: str = ""
    ip_address: str | None = None
    port: int | None = None
    fqdn: str | None = None
    resource_path: str | None = None
    search_string: str | None = None
    request_interval: int = 30
    failure_threshold: int = 3
    inverted: bool = False
    disabled: bool = False
    enable_sni: bool = False
    regions: tuple[str, ...] = ()
    health_threshold: int = 0
    children: tuple[str, ...] = ()
    alarm_region: str | None = None
    alarm_name: str | None = None
    insufficient_data: Literal["Healthy", "Unhealthy", "LastKnownStatus"] = "LastKnownStatus"

    @property
    def probed(self) -> bool:
        """Do health checkers send requests for it?"""
        return self.type in ENDPOINT_TYPES and not self.disabled


@dataclass(frozen=True)
class Alias:
    """The target of an alias record."""

    zone_id: str
    name: str
    evaluate_target_health: bool = False


@dataclass(frozen=True)
class Record:
    """One resource record set. ``name`` is lower case and ends with a dot; ``values`` are in zone-file form."""

    name: str
    type: str
    ttl: int = 0
    values: tuple[str, ...] = ()
    alias: Alias | None = None
    set_identifier: str | None = None
    failover: Literal["PRIMARY", "SECONDARY"] | None = None
    weight: int | None = None
    multivalue: bool = False
    health_check_id: str | None = None


@dataclass(frozen=True)
class Zone:
    """One public hosted zone. ``name`` is lower case and ends with a dot."""

    id: str
    name: str
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Everything that was configured at one moment. ``generation`` grows with every change.

    ``alarms`` maps (region, name) to OK, ALARM or INSUFFICIENT_DATA as the alarm's data stream says it.
    """

    generation: int = 0
    zones: tuple[Zone, ...] = ()
    health_checks: Mapping[str, HealthCheck] = field(default_factory=dict)
    alarms: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checker:
    """One health checker: the address that its requests come from, and the region it stands in."""

    address: str
    region: str


@dataclass(frozen=True)
class Report:
    """The outcome of one request of one checker. ``status`` is worded as Route 53 words it."""

    ok: bool
    status: str
    at: datetime
