# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metric HealthCheckStatus of AWS/Route53: what the data plane thinks of each check, minute by minute.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html (1 healthy, 0 unhealthy; the
metrics are in us-east-1, whatever region asks)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.core.common_models import CloudWatchMetricProvider

REGION = "us-east-1"
# Three hours; AWS keeps fifteen days.
KEPT_MINUTES = 180


class HealthMetric:
    """Looks at every check when told to (once a second) and publishes each minute when it is over."""

    def __init__(
        self,
        checks: Callable[[], dict[str, bool]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
    ) -> None:
        self.published: dict[str, deque[Any]] = {}
        self._checks = checks
        self._now = now
        self._minute: datetime | None = None
        self._seen: dict[str, list[bool]] = {}

    def tick(self) -> None:
        """``checks`` says which check is healthy now."""
        minute = self._now().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._publish()
            self._minute = minute
        for check, healthy in self._checks().items():
            self._seen.setdefault(check, []).append(healthy)

    def _publish(self) -> None:
        for check, seen in self._seen.items():
            datum = MetricAggregatedDatum(
                "AWS/Route53",
                "HealthCheckStatus",
                *(float(min(seen)), float(max(seen)), float(len(seen)), float(sum(seen))),
                dimensions=[{"Name": "HealthCheckId", "Value": check}],
                timestamp=self._minute,
            )
            self.published.setdefault(check, deque(maxlen=KEPT_MINUTES)).append(datum)
        # A deleted check has no new data, and after a while none at all.
        for check in self.published.keys() - self._seen.keys():
            self.published[check].popleft()
            if not self.published[check]:
                del self.published[check]
        self._seen = {}


def provide(metric: HealthMetric) -> None:
    """From now on CloudWatch in moto has this metric."""

    class Provider(CloudWatchMetricProvider):  # moto finds it among the subclasses
        @staticmethod
        def get_cloudwatch_metrics(account_id: str, region: str) -> list[Any]:
            """Called in the threads of the API."""
            if region != REGION:
                return []
            return [datum for published in list(metric.published.values()) for datum in list(published)]

    vars(metric)["provider"] = Provider  # subclasses are held weakly
