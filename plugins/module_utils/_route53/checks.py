# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's health checks, found by name.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from . import api
from .settings import Settings, from_api, managed_as


@dataclass(frozen=True)
class HealthCheck:
    """One existing health check."""

    id: str
    version: int
    reference: str
    settings: Settings
    tags: dict[str, str] = field(default_factory=dict)


class HealthChecks:
    """A snapshot of the account: listed once, tags read only when they are needed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @cached_property
    def listed(self) -> list[HealthCheck]:
        """All health checks, without their tags."""
        return [
            HealthCheck(
                id=check["Id"],
                version=check["HealthCheckVersion"],
                reference=check["CallerReference"],
                settings=from_api(check["HealthCheckConfig"]),
            )
            for check in api.iter_health_checks(self._client)
        ]

    @cached_property
    def tagged(self) -> list[HealthCheck]:
        """All health checks with their tags."""
        return self._with_tags(self.listed)

    def named(self, name: str) -> list[HealthCheck]:
        """The checks of this name: ours by caller reference (even if it was never tagged), else by the tag Name."""
        ours = [check for check in self.listed if managed_as(name, check.reference)]
        if ours:
            return self._with_tags(ours)
        return [check for check in self.tagged if check.tags.get("Name") == name]

    def with_id(self, check_id: str) -> HealthCheck | None:
        """The check of this id."""
        return next(iter(self._with_tags([check for check in self.listed if check.id == check_id])), None)

    def _with_tags(self, checks: list[HealthCheck]) -> list[HealthCheck]:
        tags = api.tags_of(self._client, [check.id for check in checks])
        return [
            HealthCheck(check.id, check.version, check.reference, check.settings, tags.get(check.id, {}))
            for check in checks
        ]
