# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the removal."""

from __future__ import annotations

from typing import Any


def test_nothing_is_left(google: dict[str, dict[str, Any]], connections: list[dict[str, Any]]) -> None:
    assert connections == []
    assert [path for path in google if "/global/networks/" not in path] == []


def test_the_apis_did_all_that_they_were_asked(beyond: list[str]) -> None:
    assert beyond == []
