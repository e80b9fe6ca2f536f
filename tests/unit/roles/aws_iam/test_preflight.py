# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad variables get a sentence before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fakes import preflight

GOOD: dict[str, Any] = {"aws_iam_record_region": "ap-northeast-1", "aws_iam_site": "aws"}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "other": ({"aws_iam_arbiter": "", "aws_iam_host_roles": ["a"], "aws_iam_state": "absent"}, ""),
    "region": ({"aws_iam_record_region": "tokyo"}, "aws_iam_record_region is 'tokyo' (a region such as"),
    "table": ({"aws_iam_record_table": "a b"}, "aws_iam_record_table 'a b' (3 to 255"),
    "site": ({"aws_iam_site": "#"}, "aws_iam_site '#'"),
    "arbiter": ({"aws_iam_arbiter": "a:b"}, "aws_iam_arbiter 'a:b' (up to 64"),
    "name": ({"aws_iam_name": "A"}, "aws_iam_name is 'A'; allowed are 1 to 30 of a-z"),
    "state": ({"aws_iam_state": "gone"}, "aws_iam_state"),
    "twice": ({"aws_iam_host_roles": ["db", "db"]}, "aws_iam_host_roles is ['db', 'db']; needed are different"),
    "more": ({"aws_iam_more_statements": {"edge": []}}, "aws_iam_more_statements has edge; allowed are the names"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    task = {"multicloud.dr.role_variables": {"roles": ["aws_iam"]}}
    changes = {case: change for case, (change, _) in CASES.items()}
    return preflight.said(tmp_path_factory.mktemp("preflight"), task, GOOD, changes)


@pytest.mark.parametrize("case", CASES)
def test_sentence(said: dict[str, str], case: str) -> None:
    sentence = CASES[case][1]
    assert sentence in said[case] and bool(sentence) == bool(said[case]), said[case]
