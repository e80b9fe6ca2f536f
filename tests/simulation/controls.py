# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds with one safety rule taken away. The simulation is worth something only if it finds two writers in each."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.multicloud.dr.plugins.module_utils._failover import agent as core
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records

from .world import Faults, Rules


def _ignores_its_grants(
    site: core.Site, state: core.State, now: float, epoch: int, asker: str
) -> tuple[core.State, bool]:
    after, yes = core.asked_for_grant(site, state, now, epoch, asker)
    return replace(after, last_grant=state.last_grant), yes


def _grants_anything(site: core.Site, state: core.State, now: float, epoch: int, asker: str) -> tuple[core.State, bool]:
    return replace(state, last_grant=now), True


def _counts_from_the_answer(
    site: core.Site, state: core.State, sent: float, at: float, record: records.Record
) -> core.State:
    return core.renewed(site, state, at, at, record)


def _knows_everything(now: float) -> core.State:
    return core.State(started=now)


def _stays_entitled(site: core.Site, state: core.State, now: float) -> bool:
    """Once the lease is opened, only the record can end it."""
    record = state.record
    return record is not None and record.active_site == site.name and state.opened_epoch == record.epoch


def _opens_by_grant(site: core.Site, state: core.State, sent: float, epoch: int) -> core.State:
    return core.granted(site, replace(state, opened_epoch=epoch), sent, epoch)


def _ignores_its_word(site: core.Site, state: core.State, now: float) -> bool:
    record = state.record
    return record is not None and record.active_site == site.name and now < state.lease_until - site.times.fence_time


def _unconditional(record: records.Record | None, change: records.Change) -> records.Record | None:
    if change.name == "renew":
        change = replace(change, conditions={})
    return records.apply(record, change)


def _fence_not_final(record: records.Record | None, change: records.Change) -> records.Record | None:
    if change.name == "renew":
        change = replace(change, conditions={k: v for k, v in change.conditions.items() if k != "fence_epoch"})
    return records.apply(record, change)


def _first_look_is_no_change(state: core.State, at: float, record: records.Record) -> core.State:
    after = core.saw_record(state, at, record)
    return replace(after, last_change=core.NEVER) if state.record is None else after


_OUSTED = Faults(oust=0.08, promote=0.01, drain=0.01)
_RESTLESS = Faults(promote=0.3, drain=0.1)

# name: (the rules without one, faults that make it matter, the seed from which a search finds it soon)
CONTROLS: dict[str, tuple[Rules, Faults, int]] = {
    "no wait for challenger_ttl": (Rules(clear_at=lambda site, state: core.NEVER), _OUSTED, 0),
    "grants are not honoured": (Rules(asked_for_grant=_ignores_its_grants), _OUSTED, 0),
    "grants for any epoch": (Rules(asked_for_grant=_grants_anything, granted=_opens_by_grant), _RESTLESS, 0),
    "a lease counts from the answer": (
        Rules(renewed=_counts_from_the_answer),
        replace(_OUSTED, slow=0, slow_answers=0.3, slowest=9, patience=10),
        340,
    ),
    "a lease does not end by itself": (Rules(entitled=_stays_entitled, deadline_in_database=False), Faults(), 0),
    "no deadline in the database": (Rules(deadline_in_database=False), Faults(pause=0.1), 0),
    "the database starts open": (
        Rules(starts_closed=False, deadline_in_database=False),
        replace(_OUSTED, crash_database=0.1, drain=0.1),
        0,
    ),
    "a new agent trusts an empty memory": (
        Rules(begin=_knows_everything, saw_record=_first_look_is_no_change),
        Faults(crash_agent=0.1, promote=0.1),
        0,
    ),
    "any confirmed fence counts": (Rules(fenced=lambda record: record.fence_epoch > 0), Faults(), 0),
    "a fence is not final": (
        Rules(apply=_fence_not_final, entitled=_ignores_its_word),
        Faults(drain=0.3, promote=0.01, oust=0),
        0,
    ),
    "a close leaves openings on their way": (
        Rules(close_ends_openings=False),
        Faults(slow=0.5, drain=0.2, promote=0.02, cut=0, pause=0),
        0,
    ),
    "a renewal without its condition": (Rules(apply=_unconditional), _RESTLESS, 0),
    "the word is given before the close": (
        Rules(confirms_only_closed=False),
        Faults(hang_database=0.1, drain=0.2),
        0,
    ),
    "clocks apart by more than the margin": (Rules(), replace(_OUSTED, clock_rates=(0.4, 2.5)), 0),
}
