# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record: which site is active, at which epoch, under which lease. Every change is conditional.

A :class:`Change` is data. :func:`apply` gives its meaning; the DynamoDB adapter translates the same data into one
conditional ``UpdateItem``, so that the simulation, the tests and the table agree on what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal


class RecordError(ValueError):
    """The stored item is not a record; the message says what is wrong with it."""


@dataclass(frozen=True)
class Record:
    """The one authoritative item. Integers only grow; ``changed_at`` is wall-clock seconds, for people."""

    epoch: int
    active_site: str
    # +1 with every renewal, kept across epochs: who was cut off sees at its return that somebody renewed meanwhile.
    lease_counter: int = 0
    # The last lease that really existed: opened by a renewal on this record.
    lease_epoch: int = 0
    lease_site: str = ""
    # A holder's word that it will never write again under that epoch, and all that it had executed by then.
    fence_epoch: int = 0
    fence_site: str = ""
    fence_gtid: str = ""
    # A planned transition is under way if drain_epoch == epoch.
    drain_epoch: int = 0
    drain_to: str = ""
    # The epoch that may be opened only with all of fence_gtid applied.
    lossless_epoch: int = 0
    mode: Literal["manual", "automatic"] = "manual"
    # An operator has seen the change to this epoch: it no longer holds up the next automatic one.
    acknowledged_epoch: int = 0
    changed_at: float = 0.0
    changed_by: str = ""
    reason: str = ""
    overrides: tuple[str, ...] = ()
    run: str = ""

    @property
    def draining(self) -> bool:
        return self.drain_epoch == self.epoch

    @property
    def fenced(self) -> bool:
        """The last lease that existed has been given up for good by its holder."""
        return self.fence_epoch == self.lease_epoch and self.fence_site == self.lease_site


@dataclass(frozen=True)
class Is:
    """Condition: the field has this value."""

    value: int | str


@dataclass(frozen=True)
class Below:
    """Condition: the field is less than this."""

    value: int


@dataclass(frozen=True)
class IsNot:
    """Condition: the field has another value."""

    value: int | str


@dataclass(frozen=True)
class Add:
    """Update: the field grows by this much."""

    value: int


@dataclass(frozen=True)
class Change:
    """All of ``conditions``, or nothing happens. ``create``: only if there is no record yet."""

    name: str
    conditions: Mapping[str, Is | IsNot | Below]
    updates: Mapping[str, Any]
    create: bool = False


@dataclass(frozen=True)
class Cause:
    """Who changes the epoch and why; for people, the journal and the anti-flap window."""

    by: str
    reason: str
    at: float
    overrides: tuple[str, ...] = ()
    run: str = ""

    def updates(self) -> dict[str, Any]:
        return {
            "changed_by": self.by,
            "reason": self.reason,
            "changed_at": self.at,
            "overrides": self.overrides,
            "run": self.run,
        }


def bootstrap(site: str, mode: str, cause: Cause) -> Change:
    """The first record ever. Nobody has held a lease."""
    first = asdict(Record(epoch=1, active_site=site, mode="automatic" if mode == "automatic" else "manual"))
    return Change("bootstrap", {}, {**first, **cause.updates()}, create=True)


def renew(epoch: int, site: str) -> Change:
    """Renew, or open, the lease. Refused once the site has confirmed a fence for this epoch: that is final."""
    return Change(
        "renew",
        {"epoch": Is(epoch), "active_site": Is(site), "fence_epoch": Below(epoch)},
        {"lease_counter": Add(1), "lease_epoch": epoch, "lease_site": site},
    )


def confirm_fence(epoch: int, site: str, executed: str) -> Change:
    """The holder's word. Only the holder of the last lease that existed can give it, once."""
    return Change(
        "confirm_fence",
        {"lease_epoch": Is(epoch), "lease_site": Is(site), "fence_epoch": Below(epoch)},
        {"fence_epoch": epoch, "fence_site": site, "fence_gtid": executed},
    )


def drain(epoch: int, to: str, run: str) -> Change:
    """Ask the active site, which has opened this epoch, to stop writing under it in favour of ``to``."""
    return Change(
        "drain",
        {"epoch": Is(epoch), "lease_epoch": Is(epoch), "active_site": IsNot(to), "drain_epoch": Below(epoch)},
        {"drain_epoch": epoch, "drain_to": to, "run": run},
    )


def promote(epoch: int, to: str, cause: Cause) -> Change:
    """``epoch`` ends, the next one belongs to ``to``, whatever that site still has to wait for.

    Also the way back from a drain: a new epoch for the old site.
    """
    return Change("promote", {"epoch": Is(epoch)}, {"epoch": epoch + 1, "active_site": to, **cause.updates()})


def take_back(epoch: int, site: str, cause: Cause) -> Change:
    """A drain that nobody completed: a new epoch for the drained site. No failover, so nobody has to acknowledge it."""
    return Change(
        "take_back",
        {"epoch": Is(epoch), "active_site": Is(site), "drain_epoch": Is(epoch)},
        {"epoch": epoch + 1, "acknowledged_epoch": epoch + 1, **cause.updates()},
    )


def complete_drain(epoch: int, to: str, cause: Cause) -> Change:
    """The end of a planned transition: only after the drained holder's word, and to be opened without loss.

    Whoever plans it has seen it, so it is acknowledged.
    """
    return Change(
        "complete_drain",
        {"epoch": Is(epoch), "drain_epoch": Is(epoch), "drain_to": Is(to), "fence_epoch": Is(epoch)},
        {
            "epoch": epoch + 1,
            "active_site": to,
            "lossless_epoch": epoch + 1,
            "acknowledged_epoch": epoch + 1,
            **cause.updates(),
        },
    )


def set_mode(mode: str) -> Change:
    return Change("set_mode", {}, {"mode": mode})


def acknowledge(epoch: int) -> Change:
    """An operator has looked at the change to ``epoch``."""
    return Change("acknowledge", {"epoch": Is(epoch)}, {"acknowledged_epoch": epoch})


def apply(record: Record | None, change: Change) -> Record | None:
    """The record after ``change``, or None if a condition does not hold."""
    if change.create:
        return from_item(change.updates) if record is None else None
    if record is None or not all(_holds(getattr(record, name), test) for name, test in change.conditions.items()):
        return None
    updates = {
        name: getattr(record, name) + value.value if isinstance(value, Add) else value
        for name, value in change.updates.items()
    }
    return replace(record, **updates)


def why_not(record: Record | None, change: Change) -> str:
    """One sentence about the first condition of a refused ``change`` that does not hold; empty if all hold now."""
    if change.create:
        return "" if record is None else f"there is a record already, at epoch {record.epoch}"
    if record is None:
        return "there is no record; create it first"
    for name, test in change.conditions.items():
        value = getattr(record, name)
        if not _holds(value, test):
            wanted = {Is: "not", IsNot: "already", Below: "not below"}[type(test)]
            return f"{name} is {value!r}, {wanted} {test.value!r}"
    return ""


def _holds(value: Any, test: Is | IsNot | Below) -> bool:
    match test:
        case Is(wanted):
            return bool(value == wanted)
        case IsNot(unwanted):
            return bool(value != unwanted)
        case Below(limit):
            return bool(value < limit)


def to_item(record: Record) -> dict[str, Any]:
    """Plain values: int, float, str, list of str."""
    return {**asdict(record), "overrides": list(record.overrides)}


def from_item(item: Mapping[str, Any]) -> Record:
    """Read a stored item. Raises :class:`RecordError` with one sentence."""
    known = {entry.name: entry for entry in fields(Record)}
    values: dict[str, Any] = {name: value for name, value in item.items() if name in known}
    for name in ("epoch", "active_site"):
        if name not in values:
            raise RecordError(f"The record lacks {name}.")
    for name, value in values.items():
        kind = known[name].type
        try:
            if kind == "int":
                values[name] = int(value)
            elif kind == "float":
                values[name] = float(value)
            elif name == "overrides":
                values[name] = tuple(map(str, value))
            else:
                values[name] = str(value)
        except (TypeError, ValueError):
            raise RecordError(f"The record's {name} is {value!r}, which is no {kind}.") from None
    if values.get("mode", "manual") not in ("manual", "automatic"):
        raise RecordError(f"The record's mode is {values['mode']!r}; allowed are manual and automatic.")
    return Record(**values)
