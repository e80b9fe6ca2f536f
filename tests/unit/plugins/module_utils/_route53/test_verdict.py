# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.verdict import (
    Verdict,
    calculated,
    observations,
    reported,
    verdict,
)

UP = "Success: HTTP Status Code 200, OK"
DOWN = "Failure: Connection timed out."


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [
        (16, 0, "healthy"),
        (3, 13, "healthy"),  # 18.75 %
        (2, 14, "unhealthy"),
        (18, 82, "unhealthy"),  # exactly 18 % is not more than 18 %
        (1, 0, "healthy"),
        (0, 1, "unhealthy"),
        (0, 0, "unknown"),  # no checker answered: never healthy
    ],
)
def test_reported(up: int, down: int, expected: Verdict) -> None:
    assert reported([UP] * up + [DOWN] * down) == expected


@pytest.mark.parametrize(
    ("children", "threshold", "expected"),
    [
        (["healthy", "healthy"], 2, "healthy"),
        (["healthy", "unhealthy"], 2, "unhealthy"),
        (["healthy", "unknown"], 2, "unknown"),
        (["healthy", "unknown"], 1, "healthy"),  # the unknown one cannot tip it
        (["unhealthy", "unknown"], 2, "unhealthy"),
        ([], 0, "healthy"),
        ([], 1, "unhealthy"),
    ],
)
def test_calculated(children: list[Verdict], threshold: int, expected: Verdict) -> None:
    assert calculated(children, threshold) == expected


SETTINGS: dict[str, dict[str, Any]] = {
    "up": {"type": "HTTP"},
    "down": {"type": "HTTP"},
    "silent": {"type": "HTTP"},
    "not-down": {"type": "HTTP", "inverted": True},
    "not-silent": {"type": "HTTP", "inverted": True},
    "disabled": {"type": "HTTP", "disabled": True},
    "off": {"type": "HTTP", "disabled": True, "inverted": True},
    "both": {"type": "CALCULATED", "child_health_checks": ["up", "not-down"], "health_threshold": 2},
    "one-silent": {"type": "CALCULATED", "child_health_checks": ["up", "silent"], "health_threshold": 2},
    "deleted-child": {"type": "CALCULATED", "child_health_checks": ["up", "gone"], "health_threshold": 2},
    "loop": {"type": "CALCULATED", "child_health_checks": ["loop"], "health_threshold": 1},
}
STATUSES = {"up": [UP] * 3, "down": [DOWN] * 3, "not-down": [DOWN] * 3, "disabled": [DOWN]}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("up", "healthy"),
        ("down", "unhealthy"),
        ("silent", "unknown"),
        ("not-down", "healthy"),
        ("not-silent", "unknown"),
        ("disabled", "healthy"),
        ("off", "unhealthy"),
        ("both", "healthy"),
        ("one-silent", "unknown"),
        ("deleted-child", "unknown"),
        ("loop", "unknown"),
        ("gone", "unknown"),
    ],
)
def test_verdict(check: str, expected: Verdict) -> None:
    assert verdict(check, SETTINGS, STATUSES) == expected


def test_without_the_childrens_settings_nothing_is_known() -> None:
    assert verdict("both", {"both": SETTINGS["both"]}, STATUSES) == "unknown"


def test_observations_are_sorted_by_region_and_address() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    response = {
        "HealthCheckObservations": [
            {"Region": region, "IPAddress": address, "StatusReport": {"Status": UP, "CheckedTime": now}}
            for region, address in (("us-east-1", "2"), ("us-east-1", "1"), ("eu-west-1", "3"))
        ]
    }
    found = observations(response)
    assert [(each["region"], each["ip_address"]) for each in found] == [
        ("eu-west-1", "3"),
        ("us-east-1", "1"),
        ("us-east-1", "2"),
    ]
    assert (found[0]["status"], found[0]["checked_time"]) == (UP, now)
