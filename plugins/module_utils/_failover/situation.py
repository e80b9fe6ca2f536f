# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence gets a name: one table of situations, most telling first, and one of what each asks for.

The three that look alike when the holder's lease counter stands still:

* ``WitnessDown``: no record could be read at all. That says nothing about the sites.
* ``ActiveIsolatedFromWitness``: the record stands still, but Route 53 finds the site writable: it lives on grants.
* ``SiteDown``, ``WriterDown``: the record stands still *and* Route 53's checkers say that nobody can write there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .evidence import Evidence, Health, Lease, Settings, SiteStatus
from .record import Record


@dataclass(frozen=True)
class Situation:
    """``name`` is a key of :data:`RESPONSES`; ``sentence`` says what was seen."""

    name: str
    sentence: str


class Response(NamedTuple):
    """``action``: what the arbiter may do about it without a human. ``advice``: what a human does."""

    action: Literal["nothing", "notify", "promote"]
    advice: str


RESPONSES = {
    "WitnessDown": Response("notify", "Selling goes on, on grants. Restore the witness region or the way to it."),
    "Draining": Response("notify", "Let the planned failover end; resume its run if it was interrupted."),
    "Opening": Response("notify", "Wait until the new active site has opened; if it cannot, fail over again."),
    "BothDown": Response("notify", "No site can be promoted. Bring one database host back, the last holder's first."),
    "Flapping": Response("notify", "Find out why it fails again, then acknowledge the last failover."),
    "SiteDown": Response("promote", "Promote the standby; rejoin the lost site when it is back."),
    "WriterDown": Response("promote", "Promote the standby, unless the database is about to come back."),
    "ActiveIsolatedFromWitness": Response("notify", "Selling goes on, on grants. Restore the active site's way out."),
    "WebDown": Response("notify", "DNS has left that site by itself. Repair its edge or its web hosts."),
    "StandbyDown": Response("notify", "There is nowhere to fail over to. Repair the standby."),
    "StandbyDiverged": Response("notify", "Rejoin the standby: its own transactions are salvaged first."),
    "LinkDown": Response("notify", "The loss of a failover grows every second. Restore the VPN."),
    "StandbyLagging": Response("notify", "A failover would lose what is missing. See why replication is slow."),
    "Unknown": Response("notify", "Look again; see which evidence is missing."),
    "Healthy": Response("nothing", "Nothing to do."),
}
ACTIONABLE = frozenset(name for name, response in RESPONSES.items() if response.action == "promote")


def analyse(evidence: Evidence, settings: Settings) -> Situation:
    """The first situation of the table whose rule has something to say."""
    record = evidence.record
    if record is None:
        return Situation("WitnessDown", "The record cannot be read; nobody can be promoted, and no site is to blame.")
    facts = _Facts(evidence, settings, record)
    return next(Situation(name, sentence) for name, rule in _TABLE if (sentence := rule(facts)))


def flapping(record: Record, now: float, settings: Settings) -> str:
    """One sentence while the last change of the active site holds up the next one; empty otherwise."""
    # The first epoch follows no failover. A clock that was set back keeps the window closed: acknowledging opens it.
    if record.epoch <= max(record.acknowledged_epoch, 1) or now - record.changed_at >= settings.anti_flap_seconds:
        return ""
    age = now - record.changed_at
    when = f"is {age:.0f} s old, less than {settings.anti_flap_seconds:g} s" if age >= 0 else "is later than this clock"
    return f"The change to epoch {record.epoch} {when}, and nobody has acknowledged it."


class _Facts:
    """Evidence from the standpoint of the active site and its standby."""

    def __init__(self, evidence: Evidence, settings: Settings, record: Record) -> None:
        self.evidence, self.settings, self.record = evidence, settings, record
        self.active, self.standby = record.active_site, evidence.other(record.active_site)
        self.lease: Lease = evidence.lease(settings)
        self.health: Health = evidence.health[self.active]
        self.active_alive, self.standby_alive = evidence.fresh(self.active), evidence.fresh(self.standby)
        self.standby_silent = evidence.silent(self.standby, settings)
        self.active_status: SiteStatus | None = evidence.status(self.active)
        self.standby_status: SiteStatus | None = evidence.status(self.standby)
        self.dead = self.lease == "expired" and self.health.writable == "down"


def _draining(f: _Facts) -> str:
    return f"{f.active} is handing over to {f.record.drain_to} (run {f.record.run})." if f.record.draining else ""


def _opening(f: _Facts) -> str:
    if f.record.lease_epoch == f.record.epoch:
        return ""
    return f"Epoch {f.record.epoch} belongs to {f.active}, which has not opened it yet."


def _both_down(f: _Facts) -> str:
    if not (f.dead and f.standby_silent):
        return ""
    return f"Nobody can write to {f.active}, its lease has expired, and {f.standby}'s agent is silent too."


def _flapping(f: _Facts) -> str:
    if not f.dead or not (sentence := flapping(f.record, f.evidence.now, f.settings)):
        return ""
    return f"Nobody can write to {f.active}, whose lease has expired, soon after a failover. {sentence}"


def _site_down(f: _Facts) -> str:
    if not f.dead or f.health.healthz != "down" or f.active_alive:
        return ""
    return (
        f"{f.active}'s lease has expired, its agent is silent, and Route 53 finds neither its writer nor its web tier."
    )


def _writer_down(f: _Facts) -> str:
    if f.dead:
        return (
            f"{f.active}'s lease has expired and Route 53 finds that nobody can write there; the rest of it may live."
        )
    if f.lease != "held":
        return ""
    if f.active_alive and f.active_status is not None:
        broken = not f.active_status.database.writable
    else:
        broken = f.health.writable == "down" and f.health.healthz == "up"
    return f"The database of {f.active} takes no writes, though its agent still renews the lease." if broken else ""


def _active_isolated(f: _Facts) -> str:
    if f.lease != "expired" or f.health.writable != "up":
        return ""
    return f"{f.active} no longer renews its lease on the record, but Route 53 finds it writable: it lives on grants."


def _no_verdict(f: _Facts) -> str:
    if f.lease != "expired":
        return ""
    return f"{f.active}'s lease has expired, but Route 53's verdict cannot be read; no answer is no proof of death."


def _too_short(f: _Facts) -> str:
    if f.evidence.moved():
        return "The epoch moved while it was being looked at."
    if f.lease == "unknown":
        return f"It cannot be told whether {f.active} renews its lease: a look is missing, old, or too close."
    if not f.standby_alive and not f.standby_silent:
        return f"It cannot be told whether {f.standby}'s agent lives: a look is missing, or too close."
    return ""


def _web_down(f: _Facts) -> str:
    if "down" in (f.health.writable, f.health.healthz):
        return f"{f.active}'s writer lives, but Route 53 cannot reach it or the shop through {f.active}'s own edge."
    if f.evidence.health[f.standby].healthz == "down":
        return f"Route 53 finds no shop at {f.standby}, the standby; {f.active} sells on."
    return ""


def _standby_down(f: _Facts) -> str:
    if f.standby_silent:
        return f"The agent of {f.standby} publishes nothing."
    assert f.standby_status is not None  # it is alive
    return "" if f.standby_status.database.answers else f"The database of {f.standby} does not answer."


def _standby_diverged(f: _Facts) -> str:
    if f.standby_status is None or f.standby_status.database.diverged is not True:
        return ""
    return f"{f.standby} has transactions of its own that {f.active} never had."


def _link_down(f: _Facts) -> str:
    return f.evidence.link_down()


def _standby_lagging(f: _Facts) -> str:
    return "" if f.standby_status is None else not_following(f.standby_status, f.settings)


def not_following(status: SiteStatus, settings: Settings) -> str:
    """One sentence if the site does not follow closely; empty otherwise."""
    database = status.database
    if not (database.follows and database.running):
        return f"Replication to {status.site} does not run{f': {database.error}' if database.error else ''}."
    if database.lag_seconds is None:
        return f"How far {status.site} is behind is not known."
    if database.lag_seconds > settings.max_lag_seconds:
        return f"{status.site} is {database.lag_seconds:g} s behind, more than {settings.max_lag_seconds:g} s."
    return ""


def _unproven(f: _Facts) -> str:
    if f.standby_status is None or f.standby_status.database.diverged is None:
        return f"It is not known whether {f.standby} has diverged."
    if not f.active_alive:
        return f"{f.active} renews its lease, but its agent publishes nothing."
    unread = [
        f"{name} of {site}"
        for site, name, verdict in (
            (f.active, "/writable", f.health.writable),
            (f.active, "/healthz", f.health.healthz),
            (f.standby, "/healthz", f.evidence.health[f.standby].healthz),
        )
        if verdict is None
    ]
    return f"Route 53's verdict cannot be read: {', '.join(unread)}." if unread else ""


def _healthy(f: _Facts) -> str:
    return f"{f.active} is active at epoch {f.record.epoch}; {f.standby} follows and could take over."


_TABLE: tuple[tuple[str, Callable[[_Facts], str]], ...] = (
    ("Draining", _draining),
    ("Opening", _opening),
    # The lease has expired.
    ("BothDown", _both_down),
    ("Flapping", _flapping),
    ("SiteDown", _site_down),
    ("WriterDown", _writer_down),
    ("ActiveIsolatedFromWitness", _active_isolated),
    ("Unknown", _no_verdict),
    # It is not known whether it has.
    ("Unknown", _too_short),
    # It is renewed: customers first, then what a failover would need.
    ("WebDown", _web_down),
    ("StandbyDown", _standby_down),
    ("StandbyDiverged", _standby_diverged),
    ("LinkDown", _link_down),
    ("StandbyLagging", _standby_lagging),
    ("Unknown", _unproven),
    ("Healthy", _healthy),
)
