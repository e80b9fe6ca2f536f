# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad variables get a sentence before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fakes import preflight

GOOD: dict[str, Any] = {"aws_monitoring_region": "ap-northeast-2"}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "name": ({"aws_monitoring_name": "A"}, "aws_monitoring_name is 'A'; allowed are 1 to 30"),
    "state": ({"aws_monitoring_state": "gone"}, "aws_monitoring_state"),
    "region": ({"aws_monitoring_region": "seoul"}, "aws_monitoring_region is 'seoul'; needed is a region"),
    "percent": ({"aws_monitoring_error_percent": 100}, "aws_monitoring_error_percent is 100; allowed is more"),
    "subscription": ({"aws_monitoring_subscriptions": [{"protocol": "email"}]}, "missing required arguments"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    task = {"multicloud.dr.role_variables": {"roles": ["aws_monitoring"]}}
    changes = {case: change for case, (change, _) in CASES.items()}
    return preflight.said(tmp_path_factory.mktemp("preflight"), task, GOOD, changes)


@pytest.mark.parametrize("case", CASES)
def test_sentence(said: dict[str, str], case: str) -> None:
    sentence = CASES[case][1]
    assert sentence in said[case] and bool(sentence) == bool(said[case]), said[case]
