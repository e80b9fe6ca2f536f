# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alarm's state from its metric data. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html (M out of N)
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
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
# CloudWatch looks further back than the evaluation periods when data is missing; its examples look at 5 for 3.
EXTRA_PERIODS = 2


def alarm_state(
    datapoints: Sequence[float | None],
    comparison: str,
    threshold: float,
    datapoints_to_alarm: int,
    treat_missing: str = "missing",
    evaluation_periods: int | None = None,
    current: str = "INSUFFICIENT_DATA",
) -> str:
    """OK, ALARM or INSUFFICIENT_DATA.

    ``datapoints``: the evaluation range, one value per period, oldest first; None is a period without data.
    ``evaluation_periods``: how many of them count, by default all. ``treat_missing`` is TreatMissingData: missing,
    ignore (keeps ``current``), breaching or notBreaching.
    """
    needed = evaluation_periods or len(datapoints)
    breaching = [None if value is None else COMPARE[comparison](value, threshold) for value in datapoints]
    # The most recent real ones count, as far back as the range goes; the setting only fills up what is lacking then.
    real = [value for value in breaching if value is not None][-needed:]
    if len(real) == needed or treat_missing in ("breaching", "notBreaching"):
        filled = sum(real) + (needed - len(real)) * (treat_missing == "breaching")
        return "ALARM" if filled >= datapoints_to_alarm else "OK"
    if sum(real) >= datapoints_to_alarm:
        return "ALARM"
    if not all(real):
        return "OK"
    # Nothing but breaching or missing data: an alarm once the oldest breach is old enough ("premature alarm state").
    oldest = len(breaching) - breaching.index(True) if real else 0
    premature = "ALARM" if real and oldest >= datapoints_to_alarm else "INSUFFICIENT_DATA"
    return current if treat_missing == "ignore" else premature
