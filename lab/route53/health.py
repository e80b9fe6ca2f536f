# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is it healthy? Pure rules, as Route 53 documents them:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .model import HealthCheck

# "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it healthy."
HEALTHY_SHARE = 18


class View(NamedTuple):
    """What one checker thinks of one endpoint. ``healthy`` is None until it has enough data."""

    healthy: bool | None = None
    last: bool | None = None
    run: int = 0


def observe(view: View, ok: bool, threshold: int) -> View:
    """A checker changes its mind after ``threshold`` consecutive equal results, in both directions."""
    run = view.run + 1 if ok == view.last else 1
    return View(healthy=ok if run >= threshold else view.healthy, last=ok, run=run)


def endpoint_healthy(views: Iterable[View]) -> bool:
    """The 18 % rule. A checker without enough data counts as healthy, and so does an endpoint nobody looked at yet."""
    opinions = [view.healthy is not False for view in views]
    return sum(opinions) * 100 > HEALTHY_SHARE * len(opinions) or not opinions


def alarm_healthy(state: str, insufficient_data: str, last_known: bool) -> bool:
    """A check on an alarm's data stream; ``insufficient_data`` is InsufficientDataHealthStatus."""
    if state == "INSUFFICIENT_DATA":
        return {"Healthy": True, "Unhealthy": False, "LastKnownStatus": last_known}[insufficient_data]
    return state == "OK"


def status_of(
    check_id: str,
    checks: Mapping[str, HealthCheck],
    endpoint: Callable[[str], bool],
    alarm: Callable[[HealthCheck], bool],
    above: frozenset[str] = frozenset(),
) -> bool:
    """The status that DNS uses: disabled is healthy, then the result is inverted if the check says so.

    AWS: after the deletion of a check that is still referred to, its status "can't be predicted". Here it is
    unhealthy, so that the mistake shows. A calculated check below itself is unhealthy as well.
    """
    check = checks.get(check_id)
    if check is None or check_id in above:
        return False
    if check.disabled:
        healthy = True
    elif check.type == "CALCULATED":
        below = above | {check_id}
        up = sum(status_of(child, checks, endpoint, alarm, below) for child in check.children)
        healthy = up >= check.health_threshold
    elif check.type == "CLOUDWATCH_METRIC":
        healthy = alarm(check)
    else:
        healthy = endpoint(check_id)
    return healthy != check.inverted
