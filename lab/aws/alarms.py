# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alarm's state from its metric data, which is what Route 53 monitors (not the state SetAlarmState sets). Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html (M out of N, missing data)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def alarm_state(
    datapoints: Sequence[float | None],
    comparison: str,
    threshold: float,
    datapoints_to_alarm: int,
    treat_missing: str = "missing",
) -> str:
    """OK, ALARM or INSUFFICIENT_DATA for the last N periods; None stands for a period without data.

    ``treat_missing`` is TreatMissingData: missing, ignore, breaching or notBreaching. ``ignore`` keeps the last state,
    so it reads as insufficient data, for which a health check has its own rule.
    """
    if treat_missing in ("missing", "ignore") and all(value is None for value in datapoints):
        return "INSUFFICIENT_DATA"
    breaching = sum(
        treat_missing == "breaching" if value is None else COMPARE[comparison](value, threshold) for value in datapoints
    )
    return "ALARM" if breaching >= datapoints_to_alarm else "OK"
