# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_api_did_all_that_it_was_asked_and_wrote_no_value(log: Callable[[], str]) -> None:
    lines = log()
    assert [line for line in lines.splitlines() if " ERROR " in line or "Traceback" in line] == []
    assert "molecule-value" not in lines


def test_hosts_read_the_values(value: Callable[[str], str]) -> None:
    assert value("multicloud-dr-db_password") == "molecule-value-1"
    assert value("multicloud-dr-vpn-psk-0") == "molecule-value-2"


def test_three_runs_made_one_version(ask: Callable[[str], Any]) -> None:
    assert len(ask("multicloud-dr-db_password/versions")["versions"]) == 1
    assert ask("multicloud-dr-db_password")["labels"] == {"project": "multicloud-dr"}
