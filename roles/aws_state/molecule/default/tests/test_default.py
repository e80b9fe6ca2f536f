# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_first_site_has_the_first_epoch_and_nobody_a_lease(record: Callable[[str, str], dict[str, Any]]) -> None:
    found = record("ap-northeast-1", "multicloud-dr")
    assert (found["epoch"], found["active_site"], found["mode"]) == ("1", "gcp", "manual")
    assert (found["lease_counter"], found["lease_site"]) == ("0", "")
