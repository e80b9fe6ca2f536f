# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_new_value_is_read_and_the_old_one_is_not(ask: Callable[[str], Any], value: Callable[[str], str]) -> None:
    assert value("shop-token") == "molecule-value-3"
    states = {one["name"].rpartition("/")[2]: one["state"] for one in ask("shop-token/versions")["versions"]}
    assert states == {"1": "DISABLED", "2": "ENABLED"}


def test_labels_are_those_asked_for_and_the_value_is_kept_in_two_places(ask: Callable[[str], Any]) -> None:
    secret = ask("shop-token")
    assert secret["labels"] == {"project": "shop"}
    replicas = secret["replication"]["userManaged"]["replicas"]
    assert sorted(one["location"] for one in replicas) == ["asia-northeast1", "asia-northeast3"]
