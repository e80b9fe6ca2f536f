# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.gcp.errors import ApiError
from lab.gcp.filters import matches

ITEM = {
    "name": "web-1",
    "status": "RUNNING",
    "canIpForward": False,
    "labels": {"role": "web"},
    "zone": "https://www.googleapis.com/compute/v1/projects/p/zones/z",
}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "name = web-1",
        'name = "web-1"',
        "labels.role:*",
        "labels.role = web",
        "zone = z",
        "status != TERMINATED",
        "labels.site != aws",
        "name eq web-.*",
        "name ne db-.*",
        "(labels.role = web) (status = RUNNING)",
        "labels.role = db OR labels.role = web",
        "labels.role = web AND canIpForward = false",
    ],
)
def test_matches(expression: str) -> None:
    assert matches(ITEM, expression)


@pytest.mark.parametrize(
    "expression",
    [
        "name = web",
        "labels.site:*",
        "status != RUNNING",
        "(labels.role = web) (status = TERMINATED)",
        "labels.role = db OR labels.role = vpn",
        "name eq db-.*",
        "zone = y",
    ],
)
def test_does_not_match(expression: str) -> None:
    assert not matches(ITEM, expression)


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ApiError, match="Invalid list filter expression"):
        matches(ITEM, "name === x")
