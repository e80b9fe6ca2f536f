# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad variables get a sentence before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fakes import preflight

IMAGE = "ami-0123456789abcdef0"
DB = {"name": "db", "role": "db", "type": "t3.small", "subnet": "private-a"}
GOOD: dict[str, Any] = {
    "aws_compute_region": "ap-northeast-2",
    "aws_compute_site": "aws",
    "aws_compute_image": IMAGE,
    "aws_compute_web_image": IMAGE,
}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "absent": ({"aws_compute_state": "absent", "aws_compute_image": None, "aws_compute_web_image": None}, ""),
    "name": ({"aws_compute_name": "A"}, "aws_compute_name is 'A'; allowed are 1 to 30"),
    "state": ({"aws_compute_state": "gone"}, "aws_compute_state"),
    "region": ({"aws_compute_region": "seoul"}, "aws_compute_region is 'seoul' (a region such as"),
    "site": ({"aws_compute_site": "A"}, "aws_compute_site 'A'"),
    "image": ({"aws_compute_image": "debian"}, "aws_compute_image is 'debian'"),
    "web_image": ({"aws_compute_web_image": None}, "aws_compute_web_image ''; needed are ids of images"),
    "twice": ({"aws_compute_hosts": [DB, DB]}, "aws_compute_hosts has the names db, db; needed are different"),
    "web": ({"aws_compute_hosts": [{**DB, "name": "web"}]}, "web is that of the group"),
    "field": ({"aws_compute_hosts": [{"name": "db"}]}, "missing required arguments"),
    "sizes": ({"aws_compute_web_min": 9}, "aws_compute_web_min is 9 and aws_compute_web_max 6"),
    "cpu": ({"aws_compute_web_cpu": 0}, "aws_compute_web_cpu is 0 (allowed: 1 to 100)"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    task = {"multicloud.dr.role_variables": {"roles": ["aws_compute"]}}
    changes = {case: change for case, (change, _) in CASES.items()}
    return preflight.said(tmp_path_factory.mktemp("preflight"), task, GOOD, changes)


@pytest.mark.parametrize("case", CASES)
def test_sentence(said: dict[str, str], case: str) -> None:
    sentence = CASES[case][1]
    assert sentence in said[case] and bool(sentence) == bool(said[case]), said[case]
