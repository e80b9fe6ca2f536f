# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the protocol: one loop decides, one worker thread for each kind of I/O carries out.

The loop never waits for anything. A job that hangs makes its own kind late and nothing else; the loop's beat feeds the
service manager's watchdog, so that an agent that hangs as a whole is ended, and its database fenced, by systemd.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover import agent as core
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records

from .cache import CacheLook
from .mysql import Look

log = logging.getLogger("dr-agent")

# Seconds.
TICK = 0.05
LOOK_EVERY = 0.5
LOOK_HURRY = 0.1
CACHE_EVERY = 1.0
PEER_EVERY = 0.5
PUBLISH_EVERY = 2.0
BEAT_EVERY = 1.0
# A close that takes longer is ended by killing the database: fence_time less the time to die. Where nothing is known to
# be open there is no hurry.
CLOSE_PATIENCE = 1.5
CLOSE_PATIENCE_IDLE = 6.0
CLOSE_EVERY = 0.2
# What a source had executed so long ago, it tells by now.
SETTLED = 2.0
# A record read longer ago says little about now.
RECORD_FRESH = 2.0
# How often the arbiter is woken while the holder is silent: one invocation looks for most of that time.
WAKE_EVERY = 30.0


class Database(Protocol):
    def look(self) -> Look: ...
    def open(self, epoch: int, deadline: float) -> None: ...
    def extend(self, epoch: int, deadline: float) -> None: ...
    def close(self) -> str: ...
    def kill(self) -> bool: ...
    def detach(self) -> None: ...
    def follow(self) -> None: ...
    def beat(self, site: str) -> None: ...


class Cache(Protocol):
    def look(self) -> CacheLook: ...
    def lead(self) -> None: ...
    def follow(self) -> None: ...


class Store(Protocol):
    def read(self) -> records.Record | None: ...
    def apply(self, change: records.Change) -> records.Record | None: ...
    def publish(self, site: str, status: dict[str, Any]) -> None: ...


class OtherAgent(Protocol):
    def grant(self, epoch: int, site: str) -> bool: ...
    def status(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Clocks:
    """``monotonic`` counts leases. ``wall`` (Unix seconds) is this host's own, for the deadline in its database."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


class Daemon:
    """``store`` for the protocol, ``notices`` for what is published: a slow one must not delay the other."""

    def __init__(
        self,
        site: core.Site,
        store: Store,
        notices: Store,
        database: Database,
        cache: Cache | None,
        peer: OtherAgent,
        incarnation: str,
        wake: Callable[[], None] | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.site = site
        self._store = store
        self._notices = notices
        self._database = database
        self._cache = cache
        self._peer = peer
        self._incarnation = incarnation
        self._wake = wake
        self._clocks = clocks or Clocks()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self.state = core.begin(self._clocks.monotonic())
        self.look = Look(core.Database())
        self.cache_look = CacheLook()
        self._peer_status: dict[str, Any] | None = None
        self._peer_at = core.NEVER
        self._seq = 0
        self._role = ""
        self._closing_since: float | None = None
        self._diverged: bool | None = None
        # An opening is under way; how many were begun.
        self._opening = False
        self._openings = 0
        self._own: deque[tuple[float, str]] = deque(maxlen=20)
        self._workers: dict[str, ThreadPoolExecutor] = {}
        self._busy: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._errors: dict[str, str] = {}

    # The loop -----------------------------------------------------------------------------------------------------

    def run(self, beat: Callable[[], None]) -> None:
        """Forever; ``beat`` after each round."""
        while True:
            with self._changed:
                self.step()
                self._changed.wait(TICK)
            beat()

    def step(self) -> None:
        """Begin whatever is due and not yet under way."""
        with self._lock:
            now = self._clocks.monotonic()
            steps = core.due(self.site, self.state, now)
            for step in steps:
                self._begin(step, now)
            self._kill_if_needed(core.Step.CLOSE in steps, now)
            hurry = self.state.record is not None and (
                self.state.record.draining
                or (self.state.record.active_site == self.site.name and not self.state.database.open)
            )
            self._every("look", LOOK_HURRY if hurry else LOOK_EVERY, now, self._look)
            self._every("peer status", PEER_EVERY, now, self._ask_status)
            self._every("publish", PUBLISH_EVERY, now, self._publish)
            if self._cache is not None:
                self._every("cache", CACHE_EVERY, now, self._drive_cache)
            if self._writes(now):
                self._every("heartbeat", BEAT_EVERY, now, lambda: self._database.beat(self.site.name))
            if self._wake is not None and self._holder_is_silent(now):
                self._every("wake", WAKE_EVERY, now, self._wake)
            self._tell_role(now)

    def _kill_if_needed(self, closing: bool, now: float) -> None:
        if not closing:
            self._closing_since = None
            return
        if self._closing_since is None:
            self._closing_since = now
        patience = CLOSE_PATIENCE if self.state.database.open else CLOSE_PATIENCE_IDLE
        if now >= self._closing_since + patience:
            self._do("kill", self._kill)

    def _begin(self, step: core.Step, now: float) -> None:
        state, record = self.state, self.state.record
        match step:
            case core.Step.CLOSE:
                self._every("close", CLOSE_EVERY, now, self._close)
            case core.Step.OPEN:
                if "close" not in self._busy and "kill" not in self._busy:
                    self._do("database", self._open)
            case core.Step.DETACH:
                self._do("database", self._detach)
            case core.Step.FOLLOW:
                self._do("database", self._follow)
            case core.Step.ASK:
                if self._do("grant", lambda: self._ask(now, state.opened_epoch)):
                    self.state = core.asking(self.state, now)
            case core.Step.READ:
                self._do("record", self._read)
            case core.Step.RENEW:
                assert record is not None
                if self._do("record", lambda: self._renew(now, record.epoch)):
                    self.state = core.renewing(self.state, now)
            case core.Step.CONFIRM:
                epoch, executed = core.resigns(self.site, state), state.database.executed
                if self._do("record", lambda: self._change(records.confirm_fence(epoch, self.site.name, executed))):
                    self.state = core.confirming(self.state, now, epoch)
                    log.info("epoch %s: this site gives its word never to write under it again", epoch)
            case core.Step.TAKE_BACK:
                assert record is not None
                cause = records.Cause(
                    f"dr-agent of {self.site.name}", "a drain that nobody completed", self._clocks.wall()
                )
                if self._do("record", lambda: self._change(records.take_back(record.epoch, self.site.name, cause))):
                    self.state = core.taking_back(self.state, now)

    def _do(self, worker: str, job: Callable[[], None]) -> bool:
        """Hand ``job`` to its worker, unless that is still at work. An error is told once, and so is its end."""
        if worker in self._busy:
            return False
        self._busy[worker] = self._clocks.monotonic()
        pool = self._workers.setdefault(worker, ThreadPoolExecutor(1, worker))
        pool.submit(self._work, worker, job)
        return True

    def _work(self, worker: str, job: Callable[[], None]) -> None:
        problem = ""
        try:
            job()
        except Exception as error:
            problem = str(error) or type(error).__name__
            if not isinstance(error, (StoreError, OSError)):
                log.debug("%s", worker, exc_info=True)
        with self._changed:
            if problem and not self._errors.get(worker):
                log.warning("%s: %s", worker, problem)
            elif not problem and self._errors.get(worker):
                log.info("%s: works again", worker)
            self._errors[worker] = problem
            self._busy.pop(worker, None)
            self._changed.notify()

    def _every(self, worker: str, seconds: float, now: float, job: Callable[[], None]) -> None:
        if now >= self._last.get(worker, core.NEVER) + seconds and self._do(worker, job):
            self._last[worker] = now

    # Jobs. Each takes the lock only to tell what it learned. ------------------------------------------------------

    def _read(self) -> None:
        record = self._store.read()
        at = self._clocks.monotonic()
        if record is None:
            raise RuntimeError("there is no record yet: nothing is opened")
        with self._lock:
            self._saw(at, record)

    def _saw(self, at: float, record: records.Record) -> None:
        before = self.state.record
        self.state = core.saw_record(self.state, at, record)
        if before is None or record.epoch != before.epoch:
            log.info("the record is at epoch %s: %s is active (%s)", record.epoch, record.active_site, record.reason)
        if record.draining and (before is None or not before.draining):
            log.info("epoch %s is being drained in favour of %s", record.epoch, record.drain_to)

    def _renew(self, sent: float, epoch: int) -> None:
        record = self._store.apply(records.renew(epoch, self.site.name))
        at = self._clocks.monotonic()
        if record is None:
            raise RuntimeError(f"the record refuses the lease of epoch {epoch}")
        with self._lock:
            opened = record.epoch != self.state.opened_epoch
            self._saw(at, record)
            self.state = core.renewed(self.site, self.state, sent, at, record)
            if opened:
                log.info("epoch %s is opened: this site holds the lease", epoch)
        self._extend()

    def _change(self, change: records.Change) -> None:
        record = self._store.apply(change)
        at = self._clocks.monotonic()
        if record is not None:
            with self._lock:
                self._saw(at, record)

    def _ask(self, sent: float, epoch: int) -> None:
        if self._peer.grant(epoch, self.site.name):
            with self._lock:
                self.state = core.granted(self.site, self.state, sent, epoch)
            self._extend()

    def grant(self, epoch: int, asker: str) -> bool:
        """The peer's question, asked over HTTP."""
        with self._lock:
            self.state, yes = core.asked_for_grant(self.site, self.state, self._clocks.monotonic(), epoch, asker)
            return yes

    def _deadline(self) -> float:
        """The lease's end by the wall clock, read first: a pause between the two readings shortens it."""
        wall = self._clocks.wall()
        return wall + self.state.lease_until - self._clocks.monotonic()

    def _extend(self) -> None:
        with self._lock:
            if not self.state.database.open:
                return
            epoch, deadline = self.state.opened_epoch, self._deadline()
            self._do("lease", lambda: self._database.extend(epoch, deadline))

    def _open(self) -> None:
        with self._lock:
            # The loop decided a moment ago; what has happened since counts.
            if not core.entitled(self.site, self.state, self._clocks.monotonic()):
                return
            epoch, deadline = self.state.opened_epoch, self._deadline()
            self.state = core.opening(self.state)
            self._opening = True
            self._openings += 1
        try:
            self._database.open(epoch, deadline)
        finally:
            with self._lock:
                self._opening = False
        with self._lock:
            self.state = core.opened(self.state, self._clocks.monotonic())
            log.info("the database takes writes, epoch %s", epoch)

    def _close(self) -> None:
        with self._lock:
            was_open, openings, opening = self.state.database.open, self._openings, self._opening
        executed = self._database.close()
        with self._lock:
            if opening or openings != self._openings:
                # An opening that had not reached the server yet may come after this close: it proves nothing, so again.
                return
            self.state = core.closed(self.state, self._clocks.monotonic(), executed)
            if was_open:
                log.info("the database is closed")

    def _kill(self) -> None:
        if self._database.kill():
            log.warning("the database did not close in time and was killed")
        with self._lock:
            # Not there is as good as killed: it starts closed, and a look would see it open.
            self.state = core.killed(self.state)

    def _detach(self) -> None:
        self._database.detach()
        log.info("nothing more is received from %s", self.site.peer)
        self._look()

    def _follow(self) -> None:
        self._database.follow()
        log.info("the database follows %s", self.site.peer)
        self._look()

    def _look(self) -> None:
        began = self._clocks.monotonic()
        look = self._database.look()
        with self._lock:
            self.look = look
            self.state = core.saw_database(self.state, began, look.database)

    def _ask_status(self) -> None:
        status = self._peer.status()
        with self._lock:
            executed = (status or {}).get("database", {}).get("executed") if status else None
            self.state = core.saw_peer(self.state, executed or None)
            if status is not None:
                self._peer_status, self._peer_at = status, self._clocks.monotonic()
            if executed:
                self._compare(self._clocks.monotonic(), executed)

    def _drive_cache(self) -> None:
        cache = self._cache
        assert cache is not None
        look = cache.look()
        with self._lock:
            self.cache_look = look
            leads = self._writes(self._clocks.monotonic())
            record = self.state.record
            follows = record is not None and record.active_site == self.site.peer
        if look.answers and leads and look.role != "master":
            cache.lead()
            log.info("Redis takes writes")
        elif look.answers and follows and look.role == "master":
            cache.follow()
            log.info("Redis follows %s", self.site.peer)

    def _publish(self) -> None:
        self._notices.publish(self.site.name, self.status(count=True))

    # What is known ------------------------------------------------------------------------------------------------

    def _writes(self, now: float) -> bool:
        database = self.state.database
        return core.entitled(self.site, self.state, now) and database.open and database.answers

    def _holder_is_silent(self, now: float) -> bool:
        """The other site is active and has renewed nothing for longer than any lease lasts."""
        state, record = self.state, self.state.record
        quiet = max(state.last_change, state.last_grant) + self.site.times.challenger_ttl
        fresh = now < state.record_at + RECORD_FRESH
        return record is not None and record.active_site == self.site.peer and fresh and now >= quiet

    def role(self, now: float) -> str:
        """active, opening, draining, standby, fenced or unknown."""
        state, record = self.state, self.state.record
        if record is None:
            return "unknown"
        if record.active_site != self.site.name:
            return "standby"
        if record.draining:
            return "draining"
        if self._writes(now):
            return "active"
        fresh = now < state.record_at + RECORD_FRESH
        return "opening" if fresh and core.claims(self.site, state, now) else "fenced"

    def _tell_role(self, now: float) -> None:
        role = self.role(now)
        if role != self._role:
            log.info("role: %s%s", role, f", was {self._role}" if self._role else "")
            self._role = role
            # Somebody may be waiting for just this.
            self._last.pop("publish", None)

    def active(self) -> bool:
        """This site holds the epoch."""
        with self._lock:
            return core.entitled(self.site, self.state, self._clocks.monotonic())

    def writes(self) -> bool:
        """The local database takes writes, and may."""
        with self._lock:
            return self._writes(self._clocks.monotonic())

    def leads(self) -> bool:
        """The site's Redis takes writes, and may."""
        with self._lock:
            return self._writes(self._clocks.monotonic()) and self.cache_look.role == "master"

    def diverged(self) -> bool | None:
        """This database has executed what its source never did; None: not known. Holds while the source is silent."""
        return self._diverged

    def _compare(self, now: float, source: str) -> None:
        """``source`` was read a moment ago, so what is here by now may be newer: a little older is compared."""
        state = self.state
        if state.record is None or state.record.active_site == self.site.name:
            self._diverged = None
            self._own.clear()
            return
        if state.database.answers:
            self._own.append((now, state.database.executed))
        settled = [executed for at, executed in self._own if at <= now - SETTLED]
        if settled:
            self._diverged = not self.site.covers(source, settled[-1])

    def serves_reads(self, max_lag: float | None) -> bool:
        """A writer, or a standby that has not diverged; with ``max_lag`` only one that follows closely enough."""
        with self._lock:
            look, state = self.look, self.state
            if not look.database.answers or state.record is None or self.diverged():
                return False
            if self._writes(self._clocks.monotonic()):
                return True
            return max_lag is None or (look.running and look.lag_seconds is not None and look.lag_seconds <= max_lag)

    def status(self, *, count: bool = False) -> dict[str, Any]:
        """What is published and told over HTTP."""
        with self._lock:
            now = self._clocks.monotonic()
            state, look = self.state, self.look
            self._seq += count
            return {
                "site": self.site.name,
                "seq": self._seq,
                "incarnation": self._incarnation,
                "epoch": state.record.epoch if state.record else 0,
                "role": self.role(now),
                "lease_remaining_seconds": _seconds(state.lease_until - now) if state.opened_epoch else None,
                "record_age_seconds": _seconds(now - state.record_at) if state.record else None,
                "database": {
                    "answers": look.database.answers,
                    "writable": self._writes(now),
                    "executed": state.database.executed,
                    "received": look.received,
                    "applied": look.database.applied,
                    "follows": look.follows,
                    "running": look.running,
                    "lag_seconds": look.lag_seconds,
                    "diverged": self.diverged(),
                    "error": look.error,
                },
                "cache": asdict(self.cache_look),
                "peer": {
                    "answers": state.peer_executed is not None,
                    "age_seconds": _seconds(now - self._peer_at) if self._peer_status else None,
                },
            }


def _seconds(value: float) -> float:
    return round(value, 3)
