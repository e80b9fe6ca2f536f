# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_record_that_has_moved_keeps_its_site(record: Callable[[str, str], dict[str, Any]]) -> None:
    found = record("us-west-2", "other")
    assert (found["epoch"], found["active_site"], found["lease_counter"]) == ("5", "aws", "77")


def test_only_the_mode_follows_the_variable(record: Callable[[str, str], dict[str, Any]]) -> None:
    assert record("us-west-2", "other")["mode"] == "automatic"
