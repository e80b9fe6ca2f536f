# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop and its workers, with fake I/O: jobs run at once, in the loop's own thread, on a clock that tests move."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover import agent as core
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records

from dr_agent.cache import CacheLook
from dr_agent.daemon import Clocks, Daemon
from dr_agent.mysql import Look

CAUSE = records.Cause("test", "a test", 0.0)


class Store:
    def __init__(self) -> None:
        self.record = records.apply(None, records.bootstrap("gcp", "manual", CAUSE))
        self.published: list[dict[str, Any]] = []
        self.reachable = True

    def read(self) -> records.Record | None:
        if not self.reachable:
            raise StoreError("get_item on the table dr: no answer.")
        return self.record

    def apply(self, change: records.Change) -> records.Record | None:
        if not self.reachable:
            raise StoreError("update_item on the table dr: no answer.")
        after = records.apply(self.record, change)
        self.record = after or self.record
        return after

    def publish(self, site: str, status: dict[str, Any]) -> None:
        self.published.append(status)


class Database:
    def __init__(self) -> None:
        self.open_ = False
        self.receives = False
        self.hangs = False
        self.deadline = 0.0
        self.done: list[str] = []

    def look(self) -> Look:
        if self.hangs:
            return Look(core.Database(), error="time-out")
        return Look(core.Database(True, self.open_, "u:1-9", True, self.receives), lag_seconds=0.5, running=True)

    def open(self, epoch: int, deadline: float) -> None:
        self.open_, self.deadline = True, deadline
        self.done.append(f"open {epoch}")

    def extend(self, epoch: int, deadline: float) -> None:
        self.deadline = deadline

    def close(self) -> str:
        if self.hangs:
            raise TimeoutError("no answer")
        self.open_ = False
        self.done.append("close")
        return "u:1-9"

    def kill(self) -> bool:
        self.open_ = self.hangs = False
        self.done.append("kill")
        return True

    def detach(self) -> None:
        self.receives = False
        self.done.append("detach")

    def follow(self) -> None:
        self.receives = True
        self.done.append("follow")

    def beat(self, site: str) -> None:
        self.done.append("beat")


class Cache:
    def __init__(self) -> None:
        self.role = "replica"

    def look(self) -> CacheLook:
        return CacheLook(True, self.role, self.role == "replica", 0.0)

    def lead(self) -> None:
        self.role = "master"

    def follow(self) -> None:
        self.role = "replica"


class Peer:
    def __init__(self) -> None:
        self.grants = False
        self.executed: str | None = None

    def grant(self, epoch: int, site: str) -> bool:
        return self.grants

    def status(self) -> dict[str, Any] | None:
        return None if self.executed is None else {"database": {"executed": self.executed}}


class World:
    """One agent and all that it talks to. ``wall`` is ahead of ``now`` by an hour."""

    def __init__(self, site: str = "gcp") -> None:
        self.now = 1000.0
        self.store, self.database, self.cache, self.peer = Store(), Database(), Cache(), Peer()
        self.woken = 0
        self.agent = Daemon(
            core.Site(site, "aws" if site == "gcp" else "gcp", lambda executed, wanted: wanted in ("", executed)),
            self.store,
            self.store,
            self.database,
            self.cache,
            self.peer,
            "incarnation",
            self._wake,
            Clocks(lambda: self.now, lambda: self.now + 3600),
        )
        self.agent._do = self._at_once  # type: ignore[method-assign]

    def _wake(self) -> None:
        self.woken += 1

    def _at_once(self, worker: str, job: Callable[[], None]) -> bool:
        if worker in self.agent._busy:
            return False
        self.agent._busy[worker] = self.now
        self.agent._work(worker, job)
        return True

    def play(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.agent.step()
            self.now += 0.05


def test_it_closes_first_then_opens_with_a_deadline_by_its_own_wall_clock() -> None:
    world = World()
    world.play(2)
    assert world.database.done[0] == "close"
    assert "open 1" in world.database.done
    assert world.agent.role(world.now) == "active"
    assert world.now + 3600 + 5 < world.database.deadline <= world.now + 3600 + 8
    assert world.cache.role == "master"


def test_it_renews_and_moves_the_deadline() -> None:
    world = World()
    world.play(20)
    record = world.store.record
    assert record is not None and record.lease_counter >= 8
    assert world.database.open_
    assert world.database.deadline > world.now + 3600 + 5
    assert world.database.done.count("open 1") == 1


def test_without_the_record_it_closes_before_the_lease_ends() -> None:
    world = World()
    world.play(5)
    world.store.reachable = False
    lease_end = world.agent.state.lease_until
    while world.database.open_:
        world.play(0.05)
        assert world.now < lease_end, "the lease ended with the database open"
    assert world.agent.role(world.now) == "fenced"
    assert not world.agent.writes() and not world.agent.active()


def test_grants_keep_it_open_without_the_record() -> None:
    world = World()
    world.play(5)
    world.store.reachable = False
    world.peer.grants = True
    world.play(60)
    assert world.database.open_


def test_a_database_that_does_not_close_is_killed_in_time() -> None:
    world = World()
    world.play(5)
    world.store.reachable = False
    world.database.hangs = True
    lease_end = world.agent.state.lease_until
    while "kill" not in world.database.done:
        world.play(0.05)
        assert world.now < lease_end


def test_a_deposed_site_gives_its_word_and_follows() -> None:
    world = World()
    world.play(5)
    assert world.store.record is not None
    world.store.record = records.apply(world.store.record, records.promote(1, "aws", CAUSE))
    world.peer.executed = "u:1-9"
    world.play(4)
    record = world.store.record
    assert record is not None and record.fenced and record.fence_gtid == "u:1-9"
    assert world.database.receives
    assert world.agent.role(world.now) == "standby"
    assert world.cache.role == "replica"
    assert world.agent.diverged() is False


def test_a_diverged_site_does_not_follow_and_serves_no_reads() -> None:
    world = World()
    world.play(5)
    world.store.record = records.apply(world.store.record, records.promote(1, "aws", CAUSE))
    world.peer.executed = "u:1-7"
    world.play(4)
    assert not world.database.receives
    assert world.agent.diverged() is True
    assert not world.agent.serves_reads(None)
    world.peer.executed = None
    world.play(3)
    assert world.agent.diverged() is True, "the last answer holds while the peer is silent"


def test_a_source_seen_a_moment_ago_is_no_proof_of_divergence() -> None:
    """The standby is looked at after its source was: under load it seems ahead."""
    world = World("aws")
    world.store.record = records.apply(world.store.record, records.renew(1, "gcp"))
    world.database.receives = True
    behind: list[str] = []

    def status() -> dict[str, Any]:
        behind.append(f"u:1-{int(world.now * 20)}")
        return {"database": {"executed": behind[max(0, len(behind) - 3)]}}

    world.peer.status = status  # type: ignore[method-assign]
    world.agent.site = core.Site("aws", "gcp", lambda executed, wanted: int(executed[4:] or 0) >= int(wanted[4:] or 0))
    world.database.look = lambda: Look(core.Database(True, False, f"u:1-{int(world.now * 20)}", True, True))  # type: ignore[method-assign]
    for _ in range(200):
        world.play(0.05)
        assert world.agent.diverged() is not True


def test_the_standby_wakes_the_arbiter_when_the_holder_is_silent() -> None:
    world = World("aws")
    world.store.record = records.apply(world.store.record, records.renew(1, "gcp"))
    world.play(9)
    assert world.woken == 0
    world.play(5)
    assert world.woken == 1
    world.play(20)
    assert world.woken == 1, "one invocation looks for half a minute"


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_close_beside_an_opening_proves_nothing(moment: str) -> None:
    """The opening may reach the server after the close: no word may be given on it."""
    world = World()
    world.play(5)
    close = world.database.close
    if moment == "before":
        world.agent._opening = True
    else:

        def beside_an_opening() -> str:
            world.agent._openings += 1
            return close()

        world.database.close = beside_an_opening  # type: ignore[method-assign]
    world.agent._close()
    assert not world.agent.state.closed and not world.agent.state.sealed
    world.agent._opening = False
    world.database.close = close  # type: ignore[method-assign]
    world.agent._close()
    assert world.agent.state.sealed


def test_an_unexpected_opening_is_closed() -> None:
    world = World("aws")
    world.play(3)
    world.database.open_ = True
    world.play(1)
    assert not world.database.open_


def test_what_is_published_counts_up() -> None:
    world = World()
    world.play(7)
    assert [status["seq"] for status in world.store.published[:3]] == [1, 2, 3]
    assert world.store.published[-1]["database"]["executed"] == "u:1-9"
    assert {status["incarnation"] for status in world.store.published} == {"incarnation"}


def test_an_error_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.play(2)
    world.store.reachable = False
    with caplog.at_level(logging.INFO, "dr-agent"):
        world.play(5)
        world.store.reachable = True
        world.play(3)
    told = [entry.message for entry in caplog.records if entry.message.startswith("record:")]
    assert len(told) == 2 and told[1:] == ["record: works again"]
