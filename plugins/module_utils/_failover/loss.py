# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would a promotion lose? The transactions that are known to be missing, and an estimate in seconds.

Known: what the last holder had executed when it last published, or when it confirmed its fence, minus what the target
has received. Not known: what the holder wrote after that publication, while nobody saw it. So ``transactions`` is a
lower bound unless the loss is ``exact``; ``seconds`` is an upper estimate.

The estimate must not grow with the outage, and the time since the failure is known to nobody. So it is a sum of

* *behind*: the target's lag minus how long it has not heard the holder. Both grow alike once the holder is gone, and
  what remains is the lag at that moment. Not counted if the holder still publishes and nothing of that is missing.
* *cut off*: for how long the holder, when it last published, had not heard the target; counts if anything is missing.
* *unseen*: how long the holder can have written after its last publication: until the next one if it still publishes
  but its database is closed or dead; else for the life of a last lease longer; not at all after a confirmed fence.
"""

from __future__ import annotations

from dataclasses import dataclass

from .evidence import Evidence, Settings, SiteStatus
from .gtid import GtidError, GtidSet


@dataclass(frozen=True)
class Loss:
    """``transactions``: known to be missing, ``gtids`` names them; ``seconds``: of writes, at most, estimated.

    None: not known. ``exact``: no more than those transactions can be missing.
    """

    transactions: int | None
    gtids: str
    seconds: float | None
    exact: bool
    sentence: str


def nothing(sentence: str) -> Loss:
    return Loss(0, "", 0.0, True, sentence)


def unknown(reason: str) -> Loss:
    return Loss(None, "", None, False, f"The loss is not known: {reason}.")


def predict(evidence: Evidence, target: str, settings: Settings) -> Loss:
    """The loss if ``target`` were promoted now, without a drain. Needs a record."""
    record = evidence.record
    assert record is not None
    holder = record.lease_site
    if not holder:
        return nothing("Nothing: no site has ever been open.")
    if holder == target:
        return nothing(f"Nothing: {target} itself was the last to be open.")

    source, standby = evidence.status(holder), evidence.status(target)
    if standby is None:
        return unknown(f"{target} has never published what it received")
    if record.fenced:
        executed = record.fence_gtid
    elif source is not None and source.epoch >= record.lease_epoch:
        executed = source.database.executed
    else:
        return unknown(f"{holder} has published nothing since it opened epoch {record.lease_epoch}")
    if not executed:
        # A new agent over a dead database knows of no transactions; that is not the same as none.
        return unknown(f"{holder} does not say what it had executed")
    try:
        # Both: what was received is forgotten when a relay log is reset, what was executed never.
        reached = GtidSet.parse(standby.database.received) | GtidSet.parse(standby.database.executed)
        missing = GtidSet.parse(executed) - reached
    except GtidError as error:
        return unknown(str(error).rstrip("."))
    if record.fenced or source is None:
        return _fenced(holder, standby, source, missing)
    return _unfenced(standby, source, missing, evidence.fresh(holder), settings)


def _fenced(holder: str, standby: SiteStatus, source: SiteStatus | None, missing: GtidSet) -> Loss:
    if not missing:
        return nothing(f"Nothing: {standby.site} has received all that {holder} had executed when it was fenced.")
    what = f"{standby.site} has not received {_transactions(missing)} of {holder}, which is fenced: no more can follow"
    return _estimated(what, missing, {"behind": _behind(standby), "cut off": _cut_off(source)}, exact=True)


def _unfenced(standby: SiteStatus, source: SiteStatus, missing: GtidSet, publishes: bool, settings: Settings) -> Loss:
    closed = publishes and not source.database.writable
    unseen = settings.publish_every + (0.0 if closed else settings.holder_ttl)
    received = f"has not received {_transactions(missing)} of what" if missing else "has received all that"
    what = (
        f"{standby.site} {received} {source.site} last said it had executed;"
        f" after that {source.site} may have written for up to {unseen:g} s more, unseen"
    )
    seconds = {
        "behind": 0.0 if publishes and not missing else _behind(standby),
        "cut off": _cut_off(source) if missing else 0.0,
        "unseen": unseen,
    }
    return _estimated(what, missing, seconds, exact=False)


def _behind(standby: SiteStatus) -> float | None:
    lag, unheard = standby.database.lag_seconds, standby.peer.age_seconds
    return None if lag is None else max(0.0, lag - (unheard or 0.0))


def _cut_off(source: SiteStatus | None) -> float | None:
    return None if source is None else source.peer.age_seconds


def _estimated(what: str, missing: GtidSet, seconds: dict[str, float | None], exact: bool) -> Loss:
    unknown_parts = [name for name, value in seconds.items() if value is None]
    if unknown_parts:
        estimate = f"How many seconds of writes that is cannot be estimated: {' and '.join(unknown_parts)} not known"
        return Loss(missing.count, str(missing), None, exact, f"{what}. {estimate}.")
    total = round(sum(value or 0.0 for value in seconds.values()), 1)
    parts = " + ".join(f"{value:.1f} {name}" for name, value in seconds.items() if value)
    return Loss(
        missing.count,
        str(missing),
        total,
        exact,
        f"{what}. Estimate: at most {total:g} s of writes ({parts or 'none'}).",
    )


def _transactions(missing: GtidSet) -> str:
    return "1 transaction" if missing.count == 1 else f"{missing.count} transactions"
