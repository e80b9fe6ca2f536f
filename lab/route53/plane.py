# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running data plane: keeps the configuration, drives the checkers, answers with what they found.

Everything that is not a rule of Route 53 is an argument: where the configuration comes from, how a request is made,
the clock and the dice. So the tests run it on virtual time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from random import Random

from . import answer as answers
from .health import View, alarm_healthy, endpoint_healthy, observe, status_of
from .model import Checker, HealthCheck, Report, Snapshot

log = logging.getLogger(__name__)

RELOAD_SECONDS = 1.0

Probe = Callable[[HealthCheck, str], Awaitable[tuple[bool, str]]]


class DataPlane:
    """All health checkers and what the name servers know.

    Its reading methods (``healthy``, ``reports``, ``answer``...) may be called from other threads: they only read
    values that the event loop replaces as a whole.
    """

    def __init__(
        self,
        source: Callable[[], Snapshot],
        checkers: Sequence[Checker],
        probe: Probe,
        rng: Random | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.checkers = tuple(checkers)
        self.snapshot = Snapshot(generation=-1)
        self._source = source
        self._probe = probe
        self._rng = rng or Random()
        self._now = now
        self._views: dict[tuple[str, Checker], View] = {}
        self._reports: dict[tuple[str, Checker], Report] = {}
        self._failures: dict[tuple[str, Checker], Report] = {}
        self._watches: dict[tuple[str, Checker], asyncio.Task[None]] = {}
        self._last_alarm: dict[str, bool] = {}
        self._last_status: dict[str, bool] = {}

    @property
    def generation(self) -> int:
        """The generation of the configuration that is being served; -1 before the first one."""
        return self.snapshot.generation

    async def run(self) -> None:
        """Follow the configuration until cancelled."""
        while True:
            self.load(self._source())
            await asyncio.sleep(RELOAD_SECONDS)

    def load(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` from now on; start and end the watches that it asks for."""
        self.snapshot = snapshot
        wanted = {
            (check.id, checker)
            for check in snapshot.health_checks.values()
            if check.probed
            for checker in self.checkers
            if not check.regions or checker.region in check.regions
        }
        for key in self._watches.keys() - wanted:
            self._watches.pop(key).cancel()
            # Not a verdict any more: the check is gone, disabled, or not looked at from here.
            for memory in (self._views, self._reports, self._failures):
                memory.pop(key, None)
        for check_id, checker in wanted - self._watches.keys():
            watch = asyncio.create_task(self._watch(check_id, checker))
            watch.add_done_callback(_complain)
            self._watches[check_id, checker] = watch
        self._log_changes()

    def healthy(self, check_id: str) -> bool:
        """The status of a check as DNS uses it, inversion included."""
        return status_of(check_id, self.snapshot.health_checks, self._endpoint_healthy, self._alarm_healthy)

    def statuses(self) -> dict[str, bool]:
        """The status of every check."""
        return {check_id: self.healthy(check_id) for check_id in self.snapshot.health_checks}

    def reports(self, check_id: str) -> dict[Checker, Report]:
        """The last result of every checker that has looked at this endpoint."""
        return self._of(check_id, self._reports)

    def failures(self, check_id: str) -> dict[Checker, Report]:
        """The last *failed* result of every checker that has ever had one."""
        return self._of(check_id, self._failures)

    def answer(self, name: str, rdtype: str) -> answers.Answer:
        """What a name server answers now."""
        result = answers.answer(self.snapshot.zones, self.healthy, name, rdtype, self._rng)
        if result.reason:
            log.error("SERVFAIL %s %s: %s", name, rdtype, result.reason)
        return result

    async def _watch(self, check_id: str, checker: Checker) -> None:
        """One checker at one endpoint. The interval counts from a response to the next request."""
        await asyncio.sleep(self._rng.uniform(0, self.snapshot.health_checks[check_id].request_interval))
        while True:
            check = self.snapshot.health_checks[check_id]
            ok, status = await self._probe(check, checker.address)
            self._record(check, checker, Report(ok, status, self._now()))
            await asyncio.sleep(check.request_interval)

    def _record(self, check: HealthCheck, checker: Checker, report: Report) -> None:
        key = (check.id, checker)
        self._views[key] = observe(self._views.get(key, View()), report.ok, check.failure_threshold)
        self._reports[key] = report
        if not report.ok:
            self._failures[key] = report
        self._log_changes()

    def _of(self, check_id: str, memory: dict[tuple[str, Checker], Report]) -> dict[Checker, Report]:
        found = {checker: memory.get((check_id, checker)) for checker in self.checkers}
        return {checker: report for checker, report in found.items() if report is not None}

    def _endpoint_healthy(self, check_id: str) -> bool:
        watching = (checker for checker in self.checkers if (check_id, checker) in self._watches)
        return endpoint_healthy(self._views.get((check_id, checker), View()) for checker in watching)

    def _alarm_healthy(self, check: HealthCheck) -> bool:
        state = self.snapshot.alarms.get((check.alarm_region or "", check.alarm_name or ""), "INSUFFICIENT_DATA")
        healthy = alarm_healthy(state, check.insufficient_data, self._last_alarm.get(check.id, True))
        if state != "INSUFFICIENT_DATA":
            self._last_alarm[check.id] = healthy
        return healthy

    def _log_changes(self) -> None:
        """One line whenever a status changes: the time line of a drill."""
        for check in self.snapshot.health_checks.values():
            healthy = self.healthy(check.id)
            if self._last_status.get(check.id) != healthy:
                self._last_status[check.id] = healthy
                log.info("health check %s is %s", check.name or check.id, "healthy" if healthy else "unhealthy")


def _complain(watch: asyncio.Task[None]) -> None:
    """A watch never ends by itself."""
    if not watch.cancelled() and watch.exception() is not None:
        log.error("a health checker stopped", exc_info=watch.exception())
