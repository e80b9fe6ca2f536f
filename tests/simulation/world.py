# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two agents, two databases, one record and a hostile scheduler, in simulated time.

The agents' core and the record's transitions are the product's own; databases, network, clocks and faults are modelled
here. Every delay, loss, pause, crash and promotion comes from one seeded generator, so a seed is a whole history.

After every event the invariant is checked: at most one database would accept a client's write.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._failover import agent as core
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records

GCP, AWS, WITNESS = "gcp", "aws", "witness"
SITES = (GCP, AWS)
TICK = 0.1
# A close that takes longer than this is ended by killing the database.
CLOSE_PATIENCE = 1.0


class Violation(AssertionError):
    """The invariant does not hold. The message ends with the last events."""


@dataclass(frozen=True)
class Rules:
    """The safety rules, each of which a negative control takes away."""

    clear_at: Callable[[core.Site, core.State], float] = core.clear_at
    asked_for_grant: Callable[..., tuple[core.State, bool]] = core.asked_for_grant
    granted: Callable[..., core.State] = core.granted
    renewed: Callable[..., core.State] = core.renewed
    begin: Callable[[float], core.State] = core.begin
    saw_record: Callable[[core.State, float, records.Record], core.State] = core.saw_record
    entitled: Callable[[core.Site, core.State, float], bool] = core.entitled
    resigns: Callable[[core.Site, core.State], int] = core.resigns
    caught_up: Callable[[core.Site, core.State, float], bool] = core.caught_up
    apply: Callable[[records.Record | None, records.Change], records.Record | None] = records.apply
    fenced: Callable[[records.Record], bool] = lambda record: bool(
        record.fence_epoch == record.lease_epoch and record.fence_site == record.lease_site
    )
    starts_closed: bool = True
    close_ends_openings: bool = True
    deadline_in_database: bool = True
    confirms_only_closed: bool = True


@dataclass(frozen=True)
class Faults:
    """How hostile the world is. Rates are events per second of simulated time; ``clock_rates`` low and high."""

    clock_rates: tuple[float, float] = (0.9, 1.1)
    loss: float = 0.05
    slow: float = 0.1  # share of messages that take up to ``slowest`` seconds
    slowest: float = 4.0
    slow_answers: float = 0.0  # share of answers that are slow though the question was not
    cut: float = 0.05
    isolate: float = 0.01
    # The dangerous pattern itself: the holder loses the witness, or everybody, and the other site is promoted.
    oust: float = 0.02
    pause: float = 0.02
    crash_agent: float = 0.02
    crash_database: float = 0.02
    hang_database: float = 0.02
    witness_outage: float = 0.01
    promote: float = 0.04
    drain: float = 0.04
    # Seconds that an agent waits for an answer.
    patience: float = 2.0


QUIET = Faults(
    loss=0,
    slow=0,
    cut=0,
    isolate=0,
    oust=0,
    pause=0,
    crash_agent=0,
    crash_database=0,
    hang_database=0,
    witness_outage=0,
    promote=0,
    drain=0,
)


def covers(executed: str, wanted: str) -> bool:
    """GTID sets of the model: "gcp count,aws count"; each site's transactions replicate in their order."""
    return all(have >= want for have, want in zip(_counts(executed), _counts(wanted), strict=True))


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")] if text else [0, 0]


@dataclass
class Database:
    """A model of MySQL: ``deadline`` is the lease row, by the host's clock; ``down_until`` in real time."""

    closed: bool = True
    deadline: float = core.NEVER
    executed: list[int] = field(default_factory=lambda: [0, 0])
    relayed: list[int] = field(default_factory=lambda: [0, 0])
    receives: bool = False
    down_until: float = 0.0
    hung_until: float = 0.0
    # Openings on their way to it; a restart forgets them.
    openings: set[int] = field(default_factory=set)

    def text(self) -> str:
        return f"{self.executed[0]},{self.executed[1]}"


@dataclass
class Host:
    """A site's database host: one clock, the agent's process, the database."""

    name: str
    rate: float
    offset: float
    site: core.Site
    state: core.State
    database: Database = field(default_factory=Database)
    incarnation: int = 0
    frozen_until: float = 0.0
    busy: dict[str, int] = field(default_factory=dict)
    due_ticks: list[Any] = field(default_factory=list)

    def clock(self, now: float) -> float:
        return self.offset + self.rate * now


class World:
    """``run(steps)`` plays so many events. ``writer_seen`` is the last real time at which some database was open."""

    def __init__(
        self, seed: int, rules: Rules | None = None, faults: Faults | None = None, times: core.Times | None = None
    ) -> None:
        self.random = random.Random(seed)
        self.rules = rules or Rules()
        self.faults = faults or Faults()
        self.times = times or core.Times()
        self.now = 0.0
        self.steps = 0
        self.trace: list[str] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.record: records.Record | None = None
        self.witness_down_until = 0.0
        self.cut_until: dict[tuple[str, str], float] = {}
        self.writer_seen = 0.0
        self.openings = 0
        self.calm = False
        self.epochs_opened: set[tuple[int, str]] = set()
        self.hosts = {name: self._host(name) for name in SITES}
        self._record(records.bootstrap(GCP, "manual", records.Cause("simulation", "start", 0.0)))
        for host in self.hosts.values():
            self._after(self.random.uniform(0, TICK), functools.partial(self._tick, host, 0))
        self._after(0.1, self._replicate)
        for name, fault in self._fault_kinds():
            self._plan_fault(name, fault)

    def _host(self, name: str) -> Host:
        rate = self.random.uniform(*self.faults.clock_rates)
        offset = self.random.uniform(0, 1e6)
        site = core.Site(name, AWS if name == GCP else GCP, covers, self.times)
        host = Host(name, rate, offset, site, core.begin(offset))
        host.state = self.rules.begin(host.clock(0.0))
        return host

    # Time ---------------------------------------------------------------------------------------------------------

    def _after(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + delay, next(self._numbers), action))

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    def run_until(self, time: float) -> None:
        while self._events[0][0] <= time:
            self.step()

    def step(self) -> None:
        at, _, action = heapq.heappop(self._events)
        self.now = at
        self.steps += 1
        action()
        self._check()

    def _on_host(self, host: Host, action: Callable[[], None]) -> None:
        """Something happens inside a host: not while it is frozen."""
        if self.now < host.frozen_until:
            self._after(
                host.frozen_until - self.now + self.random.uniform(0, 0.01), lambda: self._on_host(host, action)
            )
        else:
            action()

    def _say(self, text: str) -> None:
        self.trace.append(f"{self.now:9.3f} {text}")
        del self.trace[:-60]

    def settle(self, *parties: str) -> float:
        """No new fault from now on, and ``parties`` hear each other but nobody else; returns when all of them run."""
        self.calm = True
        self.faults = replace(QUIET, patience=self.faults.patience)
        for source, target in itertools.permutations((*SITES, WITNESS), 2):
            together = source in parties and target in parties
            self.cut_until[source, target] = 0.0 if together else float("inf")
        self.witness_down_until = 0.0
        hosts = [self.hosts[party] for party in parties if party in self.hosts]
        return max([self.now, *(max(h.frozen_until, h.database.hung_until, h.database.down_until) for h in hosts)])

    def promote_other(self) -> None:
        """The record's active site is given up."""
        record = self.record
        if record is not None:
            other = AWS if record.active_site == GCP else GCP
            self._record(records.promote(record.epoch, other, records.Cause("operator", "", 0.0)))

    # The invariant ------------------------------------------------------------------------------------------------

    def accepts(self, host: Host) -> bool:
        """A client's write would be taken now. (A frozen database answers nobody.)"""
        database = host.database
        if database.closed or self.now < max(database.down_until, host.frozen_until, database.hung_until):
            return False
        return not self.rules.deadline_in_database or host.clock(self.now) < database.deadline

    def _check(self) -> None:
        writers = [host for host in self.hosts.values() if self.accepts(host)]
        if len(writers) > 1:
            raise Violation("two writers\n" + "\n".join(self.trace))
        for host in writers:
            self.writer_seen = self.now
            host.database.executed[SITES.index(host.name)] += 1

    # The network --------------------------------------------------------------------------------------------------

    def connected(self, source: str, target: str) -> bool:
        return self.now >= self.cut_until.get((source, target), 0.0)

    def _delay(self) -> float:
        if self.random.random() < self.faults.slow:
            return self.random.uniform(0.1, self.faults.slowest)
        return self.random.uniform(0.005, 0.05)

    def _send(self, source: str, target: str, deliver: Callable[[], None], slow_answers: float = 0.0) -> None:
        if not self.connected(source, target) or self.random.random() < self.faults.loss:
            return
        late = self.random.uniform(0, self.faults.slowest) if self.random.random() < slow_answers else 0.0
        self._after(self._delay() + late, deliver)

    def _call(
        self, host: Host, worker: str, target: str, serve: Callable[[], Any], answer: Callable[[Any], None]
    ) -> None:
        """A request with a time-out; an answer that comes later is not heard, whatever ``serve`` did."""
        number = next(self._numbers)
        host.busy[worker] = number
        incarnation = host.incarnation

        def finish(result: Any) -> None:
            if host.incarnation == incarnation and host.busy.get(worker) == number:
                del host.busy[worker]
                if result is not None:
                    answer(result)

        def served() -> None:
            if target == WITNESS and self.now < self.witness_down_until:
                return
            result = serve()
            self._send(target, host.name, lambda: self._on_host(host, lambda: finish(result)), self.faults.slow_answers)

        self._send(host.name, target, served)
        self._after(self.faults.patience / host.rate, lambda: self._on_host(host, lambda: finish(None)))

    # The record ---------------------------------------------------------------------------------------------------

    def _record(self, change: records.Change) -> records.Record | None:
        result = self.rules.apply(self.record, change)
        if result is not None:
            self.record = result
            if change.name != "renew":
                self._say(f"record: {change.name} -> epoch {result.epoch} {result.active_site}")
        return result

    # The agents ---------------------------------------------------------------------------------------------------

    def _tick(self, host: Host, incarnation: int) -> None:
        if host.incarnation != incarnation:
            return
        if self.now < host.frozen_until:
            self._after(host.frozen_until - self.now, lambda: self._tick(host, incarnation))
            return
        now = host.clock(self.now)
        with _rules(self.rules):
            for step in core.due(host.site, host.state, now):
                self._begin(host, step, now)
            if (
                not self.rules.confirms_only_closed
                and "record" not in host.busy
                and core.resigns(host.site, host.state)
            ):
                self._begin(host, core.Step.CONFIRM, now)
        if "look" not in host.busy:
            self._look(host)
        if "peer status" not in host.busy:
            peer = self.hosts[host.site.peer]
            self._call(
                host, "peer status", peer.name, lambda: peer.database.text(), lambda text: self._saw_peer(host, text)
            )
        self._after(TICK * self.random.uniform(0.8, 1.5), lambda: self._tick(host, incarnation))

    def _saw_peer(self, host: Host, text: str) -> None:
        host.state = core.saw_peer(host.state, text)

    def _begin(self, host: Host, step: core.Step, now: float) -> None:
        record = host.state.record
        match step:
            case core.Step.CLOSE:
                if "close" not in host.busy:
                    self._close(host)
            case core.Step.OPEN if "database" not in host.busy and "close" not in host.busy:
                self._open(host)
            case core.Step.DETACH if "database" not in host.busy:
                self._channel(host, receives=False)
            case core.Step.FOLLOW if "database" not in host.busy:
                self._channel(host, receives=True)
            case core.Step.ASK if "peer" not in host.busy:
                host.state = core.asking(host.state, now)
                self._ask(host, now)
            case _ if "record" in host.busy or step in (
                core.Step.OPEN,
                core.Step.DETACH,
                core.Step.FOLLOW,
                core.Step.ASK,
            ):
                pass
            case core.Step.READ:
                self._call(host, "record", WITNESS, lambda: self.record, lambda r: self._saw(host, r))
            case core.Step.RENEW:
                assert record is not None
                host.state = core.renewing(host.state, now)
                change = records.renew(record.epoch, host.name)
                self._call(host, "record", WITNESS, lambda: self._record(change), lambda r: self._renewed(host, now, r))
            case core.Step.CONFIRM:
                assert record is not None
                with _rules(self.rules):
                    epoch = core.resigns(host.site, host.state)
                if not epoch:
                    return
                host.state = core.confirming(host.state, now, epoch)
                word = records.confirm_fence(epoch, host.name, host.state.database.executed)
                self._call(host, "record", WITNESS, lambda: self._record(word), lambda r: self._saw(host, r))
            case core.Step.TAKE_BACK:
                assert record is not None
                host.state = core.taking_back(host.state, now)
                back = records.take_back(record.epoch, host.name, records.Cause(host.name, "drain abandoned", 0.0))
                self._call(host, "record", WITNESS, lambda: self._record(back), lambda r: self._saw(host, r))

    def _saw(self, host: Host, record: records.Record) -> None:
        with _rules(self.rules):
            host.state = self.rules.saw_record(host.state, host.clock(self.now), record)

    def _renewed(self, host: Host, sent: float, record: records.Record) -> None:
        with _rules(self.rules):
            host.state = self.rules.renewed(host.site, host.state, sent, host.clock(self.now), record)
        self._deadline(host)

    def _ask(self, host: Host, now: float) -> None:
        peer = self.hosts[host.site.peer]
        epoch = host.state.opened_epoch

        def serve() -> bool | None:
            if self.now < peer.frozen_until:
                return None
            peer.state, yes = self.rules.asked_for_grant(peer.site, peer.state, peer.clock(self.now), epoch, host.name)
            return yes or None

        def answer(_: bool) -> None:
            host.state = self.rules.granted(host.site, host.state, now, epoch)
            self._deadline(host)

        self._call(host, "peer", peer.name, serve, answer)

    # The databases ------------------------------------------------------------------------------------------------

    def _local(self, host: Host, worker: str, action: Callable[[], None]) -> None:
        """A statement sent to the local database by this incarnation; it arrives even if the agent dies meanwhile."""
        delay = (
            self.random.uniform(0.001, 0.02)
            if self.random.random() > self.faults.slow
            else self.random.uniform(0.05, 6.0)
        )
        self._after(delay, lambda: self._on_host(host, action))

    def _release(self, host: Host, worker: str, number: int, incarnation: int) -> bool:
        if host.incarnation != incarnation or host.busy.get(worker) != number:
            return False
        del host.busy[worker]
        return True

    def _look(self, host: Host) -> None:
        number, incarnation = next(self._numbers), host.incarnation
        host.busy["look"] = number

        def looked() -> None:
            if not self._release(host, "look", number, incarnation):
                return
            database = host.database
            answers = self.now >= max(database.down_until, database.hung_until)
            seen = core.Database(
                answers,
                answers and not database.closed,
                database.text(),
                database.relayed == database.executed
                or covers(database.text(), f"{database.relayed[0]},{database.relayed[1]}"),
                database.receives,
            )
            host.state = core.saw_database(host.state, host.clock(self.now), seen)

        self._local(host, "look", looked)

    def _open(self, host: Host) -> None:
        number, incarnation = next(self._numbers), host.incarnation
        host.busy["database"] = number
        host.state = core.opening(host.state)
        deadline = host.state.lease_until
        database = host.database
        database.openings.add(number)
        assert host.state.record is not None
        epoch = host.state.opened_epoch

        def opened() -> None:
            alive = number in database.openings and self.now >= database.down_until
            if alive and self.now < database.hung_until:
                self._after(database.hung_until - self.now, lambda: self._on_host(host, opened))
                return
            database.openings.discard(number)
            if alive:
                database.closed = False
                database.deadline = deadline
                self.openings += 1
                self._say(f"{host.name} opens epoch {epoch}")
                self._opened(host, epoch)
            if self._release(host, "database", number, incarnation) and alive:
                host.state = core.opened(host.state, host.clock(self.now))

        self._local(host, "database", opened)

    def _opened(self, host: Host, epoch: int) -> None:
        """An epoch that promised to lose nothing has lost nothing."""
        if (epoch, host.name) in self.epochs_opened:
            return
        self.epochs_opened.add((epoch, host.name))
        other = self.hosts[host.site.peer].database
        record = self.record
        if (
            record is not None
            and record.lossless_epoch == epoch == record.epoch
            and not covers(host.database.text(), other.text())
            and self.accepts(host)
        ):
            raise Violation("a planned transition lost something\n" + "\n".join(self.trace))

    def _deadline(self, host: Host) -> None:
        """The lease row follows the lease, late perhaps: it holds an absolute time."""
        deadline, database = host.state.lease_until, host.database

        def written() -> None:
            if not database.closed and self.now >= max(database.down_until, database.hung_until):
                database.deadline = deadline

        self._local(host, "row", written)

    def _close(self, host: Host) -> None:
        number, incarnation = next(self._numbers), host.incarnation
        host.busy["close"] = number
        database = host.database
        began = self.now

        def shut() -> None:
            if self.now < database.down_until:
                pass  # not running is closed; it starts closed
            elif self.now < database.hung_until:
                if self.now - began < CLOSE_PATIENCE:
                    self._after(0.1, lambda: self._on_host(host, shut))
                    return
                self._restart(host, "killed by its agent")
                if self._release(host, "close", number, incarnation):
                    host.busy.pop("database", None)
                    host.state = core.killed(host.state)
                return
            database.closed = True
            if self.rules.close_ends_openings:
                database.openings.clear()
            if self._release(host, "close", number, incarnation):
                host.busy.pop("database", None)
                host.state = core.closed(host.state, host.clock(self.now), database.text())

        self._local(host, "close", shut)

    def _channel(self, host: Host, *, receives: bool) -> None:
        number, incarnation = next(self._numbers), host.incarnation
        host.busy["database"] = number

        def changed() -> None:
            if self.now >= max(host.database.down_until, host.database.hung_until):
                host.database.receives = receives
            self._release(host, "database", number, incarnation)

        self._local(host, "database", changed)

    def _restart(self, host: Host, why: str) -> None:
        database = host.database
        self._say(f"{host.name} database restarts: {why}")
        database.down_until = self.now + self.random.uniform(0.5, 4.0)
        database.hung_until = 0.0
        database.closed = self.rules.starts_closed or database.closed
        database.receives = False
        database.openings.clear()
        database.relayed = list(database.executed)

    def _replicate(self) -> None:
        """A follower receives what its source has, and applies it a moment later."""
        for host in self.hosts.values():
            source = self.hosts[host.site.peer]
            database = host.database
            if self.now < max(host.frozen_until, database.down_until, database.hung_until):
                continue
            if self.random.random() < 0.8:
                database.executed = [max(pair) for pair in zip(database.executed, database.relayed, strict=True)]
            source_answers = self.now >= max(
                source.frozen_until, source.database.down_until, source.database.hung_until
            )
            if (
                database.receives
                and source_answers
                and self.connected(source.name, host.name)
                and self.connected(host.name, source.name)
            ):
                database.relayed = [max(pair) for pair in zip(database.relayed, source.database.executed, strict=True)]
        self._after(0.2, self._replicate)

    # Faults -------------------------------------------------------------------------------------------------------

    def _fault_kinds(self) -> Iterator[tuple[float, Callable[[], None]]]:
        faults = self.faults
        yield faults.cut, self._cut
        yield faults.isolate, self._isolate
        yield faults.oust, self._oust
        yield faults.pause, self._pause
        yield faults.crash_agent, self._crash_agent
        yield faults.crash_database, lambda: self._restart(self._any_host(), "crash")
        yield faults.hang_database, self._hang
        yield faults.witness_outage, self._witness_outage
        yield faults.promote, self._promote
        yield faults.drain, self._drain

    def _plan_fault(self, rate: float, fault: Callable[[], None]) -> None:
        if rate:

            def happen() -> None:
                if self.calm:
                    return
                fault()
                self._plan_fault(rate, fault)

            self._after(self.random.expovariate(rate), happen)

    def _any_host(self) -> Host:
        return self.hosts[self.random.choice(SITES)]

    def _duration(self) -> float:
        return self.random.choice([1.0, 5.0, 9.0, 12.0, 30.0]) * self.random.uniform(0.5, 1.5)

    def _cut(self) -> None:
        """One link, one way or both."""
        a, b = self.random.choice([(GCP, AWS), (GCP, WITNESS), (AWS, WITNESS)])
        pairs = self.random.choice([[(a, b)], [(b, a)], [(a, b), (b, a)]])
        self._cut_all(pairs)

    def _isolate(self) -> None:
        site = self.random.choice(SITES)
        others = [other for other in (GCP, AWS, WITNESS) if other != site]
        self._cut_all([*((site, other) for other in others), *((other, site) for other in others)])

    def _oust(self) -> None:
        if self.record is None:
            return
        holder = self.record.active_site
        others = [other for other in (GCP, AWS, WITNESS) if other != holder]
        lost = self.random.choice([[WITNESS], others])
        self._cut_all([*((holder, other) for other in lost), *((other, holder) for other in lost)])
        self._after(self.random.uniform(0, 9), self.promote_other)

    def _cut_all(self, pairs: list[tuple[str, str]]) -> None:
        until = self.now + self._duration()
        self._say(f"cut {pairs} until {until:.1f}")
        for pair in pairs:
            self.cut_until[pair] = until

    def _pause(self) -> None:
        host = self._any_host()
        host.frozen_until = self.now + self._duration()
        self._say(f"{host.name} frozen until {host.frozen_until:.1f}")

    def _crash_agent(self) -> None:
        """kill -9, then a new process. systemd runs the fence first, unless that fails too."""
        host = self._any_host()
        fenced = self.random.random() < 0.5
        self._say(f"{host.name} agent crashes, {'fenced' if fenced else 'not fenced'} by systemd")
        host.incarnation += 1
        incarnation = host.incarnation
        host.busy.clear()
        if fenced and self.now >= host.frozen_until:
            host.database.closed = True

        def start() -> None:
            if host.incarnation == incarnation:
                host.state = self.rules.begin(host.clock(self.now))
                self._tick(host, incarnation)

        self._after(self.random.uniform(0.5, 3.0), lambda: self._on_host(host, start))

    def _hang(self) -> None:
        host = self._any_host()
        host.database.hung_until = self.now + self._duration()
        self._say(f"{host.name} database hangs until {host.database.hung_until:.1f}")

    def _witness_outage(self) -> None:
        self.witness_down_until = self.now + self._duration()
        self._say(f"witness down until {self.witness_down_until:.1f}")

    def _promote(self) -> None:
        """Somebody decides, however foolishly: safety must not depend on the decision."""
        record = self.record
        if record is not None:
            self._record(records.promote(record.epoch, self.random.choice(SITES), records.Cause("operator", "", 0.0)))

    def _drain(self) -> None:
        record = self.record
        if record is None:
            return
        epoch, to = record.epoch, AWS if record.active_site == GCP else GCP
        if self._record(records.drain(epoch, to, "run")) is None:
            return
        deadline = self.now + self._duration()

        def complete() -> None:
            change = records.complete_drain(epoch, to, records.Cause("operator", "", 0.0))
            if self._record(change) is None and self.now < deadline:
                self._after(0.1, complete)

        complete()


class _rules:
    """The core under the rules of this world: a negative control replaces single functions of it."""

    def __init__(self, rules: Rules) -> None:
        self._new = {
            "clear_at": rules.clear_at,
            "entitled": rules.entitled,
            "resigns": rules.resigns,
            "caught_up": rules.caught_up,
        }
        self._fenced = rules.fenced

    def __enter__(self) -> None:
        self._old = {name: getattr(core, name) for name in self._new}
        for name, function in self._new.items():
            setattr(core, name, function)
        self._property = records.Record.fenced
        records.Record.fenced = property(self._fenced)  # type: ignore[method-assign,assignment]

    def __exit__(self, *_: object) -> None:
        for name, function in self._old.items():
            setattr(core, name, function)
        records.Record.fenced = self._property  # type: ignore[method-assign]
