# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the health checkers report of some checks and of all below them.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import api
from .checks import HealthCheck, HealthChecks
from .settings import Settings
from .verdict import Verdict, observations, verdict

Facts = dict[str, Any]


class Observed:
    """Asked once, at the beginning, one API call per check."""

    def __init__(self, client: Any, checks: HealthChecks, selected: Sequence[HealthCheck]) -> None:
        needed = with_children(checks, selected)
        self._settings = {check.id: check.settings for check in needed}
        self.reports: dict[str, list[Facts]] = {check.id: reports(client, check) for check in needed}

    def verdict(self, check_id: str, **settings: Any) -> Verdict:
        """Route 53's view of a check; ``settings``: what it would be with these of its own."""
        known: Mapping[str, Settings] = self._settings
        if check_id in known:
            known = {**known, check_id: {**known[check_id], **settings}}
        statuses = {check: [entry["status"] for entry in entries] for check, entries in self.reports.items()}
        return verdict(check_id, known, statuses)


def with_children(checks: HealthChecks, selected: Sequence[HealthCheck]) -> list[HealthCheck]:
    """The selected checks and all checks below them: a calculated verdict needs their reports."""
    by_id = {check.id: check for check in checks.listed}
    wanted: dict[str, HealthCheck] = {}
    todo = [check.id for check in selected]
    while todo:
        check = by_id.get(todo.pop())
        if check is not None and check.id not in wanted:
            wanted[check.id] = check
            todo += check.settings.get("child_health_checks", [])
    return list(wanted.values())


def reports(client: Any, check: HealthCheck) -> list[Facts]:
    """What the checkers say. The API refuses to say it for some types, calculated ones among them."""
    if check.settings["type"] == "CALCULATED":
        return []
    try:
        return observations(api.get_health_check_status(client, check.id))
    except api.Route53Error as error:
        if error.code != "InvalidInput":
            raise
        return []
