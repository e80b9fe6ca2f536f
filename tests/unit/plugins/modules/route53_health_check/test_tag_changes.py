# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check import tag_changes


@pytest.mark.parametrize(
    ("current", "wanted", "purge", "expected"),
    [
        ({}, {"Name": "x"}, True, ({"Name": "x"}, [])),
        ({"Name": "x"}, {"Name": "x"}, True, ({}, [])),
        ({"Name": "x", "b": "2", "a": "1"}, {"Name": "x"}, True, ({}, ["a", "b"])),
        ({"Name": "x", "a": "1"}, {"Name": "x"}, False, ({}, [])),
        ({"a": "1"}, {"a": "2"}, False, ({"a": "2"}, [])),
    ],
)
def test_tag_changes(
    current: dict[str, str], wanted: dict[str, str], purge: bool, expected: tuple[dict[str, str], list[str]]
) -> None:
    assert tag_changes(current, wanted, purge) == expected
