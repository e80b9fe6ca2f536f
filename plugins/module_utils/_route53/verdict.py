# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the health checkers' reports mean. Pure.

Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .settings import Settings

Verdict = Literal["healthy", "unhealthy", "unknown"]

# "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it healthy."
HEALTHY_PERCENT = 18
OPPOSITE: dict[Verdict, Verdict] = {"healthy": "unhealthy", "unhealthy": "healthy", "unknown": "unknown"}


def verdict(
    check_id: str,
    settings: Mapping[str, Settings],
    statuses: Mapping[str, Sequence[str]],
    above: frozenset[str] = frozenset(),
) -> Verdict:
    """Route 53's view of a check. ``settings`` and ``statuses`` (each checker's last report) are keyed by check id.

    GetHealthCheckStatus does not answer for calculated checks, so they are computed from their children. No report is
    never "healthy": it is unknown.
    """
    check = settings.get(check_id)
    if check is None or check_id in above:
        return "unknown"
    if check.get("disabled"):
        seen: Verdict = "healthy"  # "Route 53 considers the status of a disabled health check to always be healthy"
    elif check["type"] == "CALCULATED":
        children = check.get("child_health_checks", [])
        below = above | {check_id}
        seen = calculated([verdict(child, settings, statuses, below) for child in children], check["health_threshold"])
    else:
        seen = reported(statuses.get(check_id, ()))
    return OPPOSITE[seen] if check.get("inverted") else seen


def reported(statuses: Sequence[str]) -> Verdict:
    """The 18 % rule over the checkers that reported."""
    if not statuses:
        return "unknown"
    up = sum(status.startswith("Success") for status in statuses)
    return "healthy" if up * 100 > HEALTHY_PERCENT * len(statuses) else "unhealthy"


def calculated(children: Sequence[Verdict], threshold: int) -> Verdict:
    """Healthy when at least ``threshold`` children are; unknown when the unknown ones could tip it."""
    up, unknown = children.count("healthy"), children.count("unknown")
    if up >= threshold:
        return "healthy"
    return "unknown" if up + unknown >= threshold else "unhealthy"


def observations(response: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reports of GetHealthCheckStatus, by region and address."""
    reports = [
        {
            "region": entry["Region"],
            "ip_address": entry["IPAddress"],
            "status": entry["StatusReport"]["Status"],
            "checked_time": entry["StatusReport"]["CheckedTime"],
        }
        for entry in response["HealthCheckObservations"]
    ]
    return sorted(reports, key=lambda report: (report["region"], report["ip_address"]))
