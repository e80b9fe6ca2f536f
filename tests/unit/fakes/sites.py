# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record in memory and two agents that follow a script, in virtual time: nobody waits, everything is repeatable.

The agents do what a failover needs of them and no more; the real protocol is tests/simulation's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Record
from ansible_collections.multicloud.dr.plugins.module_utils._watch import Clock, Health, Scene

T = TypeVar("T")

UUID = "11111111-1111-1111-1111-111111111111"
SITES = ("gcp", "aws")
TICK = 0.1
HEALTHY = Record(epoch=7, active_site="gcp", lease_counter=100, lease_epoch=7, lease_site="gcp", run="before")


class Killed(BaseException):
    """The run was killed: nothing may catch it."""


@dataclass
class Agent:
    """``alive``: at all. ``hands_over``: gives its word when it is drained. ``opens``: opens what is its own."""

    site: str
    alive: bool = True
    hands_over: bool = True
    opens: bool = True
    applies: bool = True
    executed: str = f"{UUID}:1-1000"
    lag: float = 0.2
    seq: int = 500
    # When it last did each thing.
    renewed: float = -1.0
    published: float = -1.0
    # When it will have noticed the record as it is now.
    seen: Record | None = None
    noticed: float = 0.0
    writes: bool = False


@dataclass
class World:
    """The table, as _dynamodb.Store, and a clock that goes only when somebody sleeps.

    ``before``, ``after``: called with the number and name of each operation that a run asks for, before and after it
    has its effect; what they raise comes in the way of it.
    """

    record: Record | None = HEALTHY
    now: float = 1000.0
    agents: dict[str, Agent] = field(default_factory=lambda: {site: Agent(site) for site in SITES})
    published: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: int = 0
    done: list[str] = field(default_factory=list)
    # The lease counter was last seen to move.
    moved: float = 1000.0
    before: Callable[[int, str], object] = lambda number, name: None
    after: Callable[[int, str], object] = lambda number, name: None

    def __post_init__(self) -> None:
        if self.record is not None:
            holder = self.agents[self.record.active_site]
            holder.writes = self.record.lease_epoch == self.record.epoch
            for agent in self.agents.values():
                agent.seen = self.record
                self._publish(agent)

    # As the table ---------------------------------------------------------------------------------------------------

    def read(self) -> Record | None:
        return self._answer("read", lambda: self.record)

    def statuses(self, sites: tuple[str, ...]) -> dict[str, dict[str, Any] | None]:
        return self._answer("statuses", lambda: {site: self.published.get(site) for site in sites})

    def apply(self, change: records.Change) -> Record | None:
        def write() -> Record | None:
            result = self._apply(change)
            self.done += [change.name] if result is not None else []
            return result

        return self._answer(change.name, write)

    def _answer(self, name: str, effect: Callable[[], T]) -> T:
        self.calls += 1
        number = self.calls
        self.before(number, name)
        answer = effect()
        self.after(number, name)
        return answer

    def _apply(self, change: records.Change) -> Record | None:
        result = records.apply(self.record, change)
        if result is not None:
            if self.record is None or result.lease_counter != self.record.lease_counter:
                self.moved = self.now
            self.record = result
        return result

    # As the clock ---------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, wall=lambda: 1_800_000_000.0 + self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now = min(end, self.now + TICK)
            for agent in self.agents.values():
                if agent.alive:
                    self._step(agent)

    # As the agents --------------------------------------------------------------------------------------------------

    def _step(self, agent: Agent) -> None:
        record = self.record
        if record is None:
            return
        if agent.seen is None or _turning(record) != _turning(agent.seen):
            agent.seen, agent.noticed = record, self.now + 0.3
        if self.now >= agent.noticed:
            self._drive(agent, record)
        if self.now >= agent.published + 2:
            self._publish(agent)

    def _drive(self, agent: Agent, record: Record) -> None:
        mine = record.active_site == agent.site
        if agent.writes and (not mine or (record.draining and agent.hands_over)):
            agent.writes = False
            self._publish(agent)
        if not agent.writes and record.lease_site == agent.site and (not mine or record.draining):
            if agent.hands_over:
                self._apply(records.confirm_fence(record.lease_epoch, agent.site, agent.executed))
            return
        if not mine or record.draining or record.fence_epoch >= record.epoch:
            return
        if record.lease_epoch == record.epoch:
            if self.now >= agent.renewed + 2:
                self._renew(agent, record)
        elif agent.opens and (record.fenced or record.lease_site == agent.site or self.now >= self.moved + 10):
            if agent.applies and record.fenced:
                agent.executed = record.fence_gtid
            if record.lossless_epoch != record.epoch or agent.executed == record.fence_gtid:
                self._renew(agent, record)
                agent.writes = True
                self._publish(agent)

    def _renew(self, agent: Agent, record: Record) -> None:
        agent.renewed = self.now
        self._apply(records.renew(record.epoch, agent.site))

    def _publish(self, agent: Agent) -> None:
        record = self.record
        assert record is not None
        agent.published = self.now
        agent.seq += 1
        mine = record.active_site == agent.site
        role = ("active" if agent.writes else "opening") if mine else "standby"
        self.published[agent.site] = {
            "site": agent.site,
            "seq": agent.seq,
            "incarnation": "one",
            "epoch": record.epoch,
            "role": "draining" if mine and record.draining else role,
            "lease_remaining_seconds": 6.0 if agent.writes else None,
            "record_age_seconds": 0.1,
            "database": {
                "answers": True,
                "writable": agent.writes,
                "executed": agent.executed,
                "received": "" if mine else agent.executed,
                "applied": True,
                "follows": not mine,
                "running": not mine,
                "lag_seconds": agent.lag,
                "diverged": False,
                "error": "",
            },
            "cache": {"answers": True, "role": "master" if mine else "replica", "link_up": not mine},
            "peer": {"answers": True, "age_seconds": 0.3},
        }


def _turning(record: Record) -> tuple[int, bool]:
    return record.epoch, record.draining


def scene(writable: str | None = "up", active: str = "gcp") -> Scene:
    """An operator's. ``writable``: Route 53's verdicts on the active site; the other one is well."""
    standby = SITES[1] if active == SITES[0] else SITES[0]
    seen: Health = {active: {"writable": writable, "healthz": writable}, standby: {"writable": "down", "healthz": "up"}}
    return Scene(SITES, "operator", lambda: seen)


def lost(world: World, site: str = "gcp") -> World:
    """The whole site is gone."""
    world.agents[site] = replace(world.agents[site], alive=False, writes=False)
    return world
