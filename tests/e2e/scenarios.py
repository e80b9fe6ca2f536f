# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the failover tests assert of and the benchmark counts: one fault or move under load, and its figures in seconds.

Each begins with the writer at gcp and everything settled, and ends so; each judgement is the caller's to assert.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.harness.checker import Judgement, Limits
from tests.harness.faults import Faults
from tests.harness.trial import Trial
from tests.harness.writer import CDN, HONOURS, IGNORES

from .lab import Lab, wait_for
from .sites import Operator, agent, failover, rejoin, route53_answers, send_customers, settled, verdict

# Times without an order that are worth listing: every failover has one that is longer.
GAPS = 0.05
# Route 53 finds an endpoint unhealthy after 3 failures at intervals of 10 s, whose phase and time-out add up to 12 s.
DETECTION = (30.0, 42.0)
TTL = 60.0
# A customer who waits so long was not told that ordering is closed. Their own patience is five seconds.
PATIENCE = 4.5


@dataclass(frozen=True)
class Move:
    """One planned failover. gap: the longest time without an acknowledged order around it."""

    target: str
    gap: float
    decision_to_writable: float


@dataclass(frozen=True)
class SiteLost:
    """All of gcp gone at once; seconds since then.

    promoted: the observer saw the other database open. detected: Route 53's own name server answered the other site.
    first_order: by kind of client, of the first good order; None if there was none.
    """

    promoted: float
    detected: float
    first_order: dict[str, float | None]
    lost: int
    rpo: float

    @property
    def floor(self) -> float:
        """Before this no client that honours TTLs can be expected: what detection took, and one TTL."""
        return self.detected + TTL


def planned_moves(lab: Lab, folder: Path, moves: int) -> tuple[Judgement, list[Move]]:
    """There and back and there again, without a rest. ``moves`` is even."""
    operator = Operator()
    done: list[tuple[float, float, str, float]] = []
    with Trial(lab, folder, clients=(HONOURS,), database="gcp-db", tries=2, seconds=3600) as trial:
        trial.await_orders(20)
        for number in range(moves):
            target = ("aws", "gcp")[number % 2]
            begin = time.monotonic()
            facts = operator.hand_over(target)
            trial.await_orders(5)
            done.append((begin, time.monotonic(), target, facts["decision_to_writable_seconds"]))
    judgement = trial.judge("gcp-db", limits=Limits(blind=5.0, gap=GAPS))
    gaps = judgement.availability[HONOURS].gaps
    wait_for(partial(settled, lab, "gcp"), "gcp writes and aws follows", 60)
    return judgement, [
        Move(target, max((gap.length for gap in gaps if gap.begin < end and gap.end > begin), default=0.0), took)
        for begin, end, target, took in done
    ]


def process_killed(lab: Lab, folder: Path, host: str, unit: str) -> tuple[Judgement, float]:
    """A server of gcp dies; the judgement, and the longest time without an order."""
    with Trial(lab, folder, clients=(HONOURS,), database="gcp-db") as trial, Faults(lab) as faults:
        trial.await_orders(30)
        event = faults.signal(host, unit, "KILL")
        trial.await_orders(30)
    judgement = trial.judge("gcp-db", fault=event.fault, limits=Limits(blind=5.0))
    held = [
        f"from {one.begin - event.fault.begin:.2f} to {one.end - event.fault.begin:.2f} s: {one.outcome}"
        for journal in trial.journals()
        for one in journal.attempts
        if one.end - one.begin > PATIENCE
    ]
    assert not held, f"customers were kept waiting for a server that is back: {held}"
    wait_for(partial(settled, lab, "gcp"), "gcp writes and aws follows", 60)
    return judgement, judgement.availability[HONOURS].longest


def site_lost(lab: Lab, folder: Path) -> tuple[Judgement, SiteLost]:
    """All hosts of gcp at once; nobody but the arbiter acts. Then gcp boots, under load still, and stays a standby.

    Customers who never ask DNS again are served only now, by the old address and the new writer.
    """
    send_customers(lab, "gcp")
    with Faults(lab) as faults, Trial(lab, folder, clients=(HONOURS, IGNORES, CDN), database="gcp-db") as trial:
        trial.await_orders(30)
        event = faults.lose("gcp")
        trial.await_orders(30, timeout=300, clients=(HONOURS, CDN))
        faults.mend(event)
        wait_for(lambda: agent(lab, "gcp").get("role") == "standby", "gcp comes back as a standby", 120)
        trial.await_orders(10, timeout=120)
    judgement = trial.judge("aws-db", elsewhere=trial.tables("gcp-db"), fault=event.fault, limits=Limits(blind=900.0))
    aws = lab.address("aws-edge", "wan0")
    after = [change for change in judgement.timeline if change.at > event.fault.begin]
    promoted = min(one.at for one in after if (one.who, one.what) == ("aws-db", "open"))
    detected = min(one.at for one in after if (one.who, one.what) == ("route53", aws))
    return judgement, SiteLost(
        promoted=promoted - event.fault.begin,
        detected=detected - event.fault.begin,
        first_order={client: seen.rto for client, seen in judgement.availability.items()},
        lost=len(judgement.lost),
        rpo=judgement.rpo or 0.0,
    )


def home_again(lab: Lab) -> None:
    """gcp follows, what only it had being in a ledger; is healthy for Route 53; and gets the writer, and DNS, back."""
    rejoin(lab, "gcp")
    wait_for(partial(settled, lab, "aws"), "aws writes and gcp follows", 120)
    wait_for(lambda: verdict("healthz.gcp") == "up", "Route 53 finds gcp healthy again", 120)
    assert route53_answers() == [lab.address("aws-edge", "wan0")], "DNS went back before anybody asked it to"
    done, answer = failover("gcp", planned=True)
    assert done, answer["msg"]
    wait_for(partial(settled, lab, "gcp"), "gcp writes and aws follows", 60)
    send_customers(lab, "gcp")
