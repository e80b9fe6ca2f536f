# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen, before anything is decided. The Lambda, the module and the tests build it from the same plain data.

A single look proves little: a number that stands still may be of a dead site or of a slow reader. So everything is
seen twice, and only what moved between the two looks is alive. Wall clocks of two machines are never compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, TypeVar

from .record import Record, RecordError, from_item

Lease = Literal["held", "expired", "unknown"]
Caller = Literal["automatic", "operator", "drill"]
CALLERS = ("automatic", "operator", "drill")
PLAIN = {"bool": bool, "str": str}
T = TypeVar("T")


class EvidenceError(ValueError):
    """The data are not evidence; the message names the part and its value."""


@dataclass(frozen=True)
class Settings:
    """The operator's limits, in seconds, and the times of the protocol that evidence is measured by."""

    rpo_seconds: float = 60.0
    max_loss_transactions: int | None = None
    anti_flap_seconds: float = 3600.0
    # More than this is no standby to hand over to.
    max_lag_seconds: float = 10.0
    holder_ttl: float = 8.0
    challenger_ttl: float = 10.0
    publish_every: float = 2.0

    @property
    def silence_seconds(self) -> float:
        """An agent that publishes nothing for so long is silent, not merely between two publications."""
        return 3 * self.publish_every


@dataclass(frozen=True)
class DatabaseStatus:
    """A site's MySQL as its agent sees it. ``executed`` and ``received`` are GTID sets as text.

    ``lag_seconds``: age of the newest heartbeat row here, also while nothing arrives. ``diverged``: this server has
    transactions that the active site's never had; None if not known.
    """

    answers: bool = False
    writable: bool = False
    executed: str = ""
    received: str = ""
    applied: bool = False
    follows: bool = False
    running: bool = False
    lag_seconds: float | None = None
    diverged: bool | None = None
    error: str = ""


@dataclass(frozen=True)
class CacheStatus:
    """A site's Redis. It follows best effort, so nothing is decided by it."""

    answers: bool = False
    role: str = ""
    link_up: bool = False
    lag_seconds: float | None = None


@dataclass(frozen=True)
class PeerStatus:
    """What the agent hears of the other site's agent over the VPN. ``age_seconds``: since it last answered."""

    answers: bool = False
    age_seconds: float | None = None


@dataclass(frozen=True)
class SiteStatus:
    """What an agent published. What is missing takes the value that helps least."""

    site: str
    seq: int
    incarnation: str
    epoch: int
    role: str = "unknown"
    lease_remaining_seconds: float | None = None
    record_age_seconds: float | None = None
    database: DatabaseStatus = field(default_factory=DatabaseStatus)
    cache: CacheStatus = field(default_factory=CacheStatus)
    peer: PeerStatus = field(default_factory=PeerStatus)


@dataclass(frozen=True)
class Health:
    """Route 53's verdicts on one site, "up" or "down", as DNS answers them. None: no answer, which proves nothing.

    ``writable``: can a client write there? ``healthz``: can the site serve reads?
    """

    writable: str | None = None
    healthz: str | None = None


@dataclass(frozen=True)
class Tunnels:
    """VPN tunnels that are up, of so many."""

    up: int
    of: int


@dataclass(frozen=True)
class Sample:
    """One look. What could not be read is None, or not among ``status``, which is by site."""

    record: Record | None = None
    status: Mapping[str, SiteStatus] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """Two looks, and what was seen once. Make one with :meth:`from_dict`.

    ``elapsed``: seconds on the caller's monotonic clock from the moment the first look was *complete* to the moment
    the second one was *begun*, so that never more is claimed than was watched. A little more than ``challenger_ttl``
    is right; what was alive at some moment of a long time may be dead by its end.
    ``now``: the caller's wall clock in seconds, only for the anti-flap window, which is counted in hours.
    """

    sites: tuple[str, str]
    first: Sample
    second: Sample
    elapsed: float
    health: Mapping[str, Health]
    caller: Caller
    now: float
    tunnels: Tunnels | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """``{sites: [a, b], first: {record, status: {site: ...}}, second: ..., elapsed, health: {site: {writable,
        healthz}}, tunnels: {up, of}, caller, now}``; what was not seen is None or absent.

        Raises :class:`EvidenceError` with one sentence.
        """
        sites = tuple(map(str, data.get("sites", ())))
        if len(set(sites)) != 2 or len(sites) != 2:
            raise EvidenceError(f"sites is {list(sites)!r}; two different names are needed.")
        caller = data.get("caller")
        if caller not in CALLERS:
            raise EvidenceError(f"caller is {caller!r}; allowed are {', '.join(CALLERS)}.")
        tunnels = data.get("tunnels")
        return cls(
            sites=(sites[0], sites[1]),
            first=_sample(sites, data.get("first")),
            second=_sample(sites, data.get("second")),
            elapsed=_number("elapsed", data.get("elapsed")),
            health={site: _health(site, (data.get("health") or {}).get(site)) for site in sites},
            caller=caller,
            now=_number("now", data.get("now")),
            tunnels=None if tunnels is None else _build(Tunnels, "tunnels", tunnels),
        )

    @property
    def record(self) -> Record | None:
        """The record as last seen; None if the last look at it failed."""
        return self.second.record

    def other(self, site: str) -> str:
        return self.sites[1] if site == self.sites[0] else self.sites[0]

    def status(self, site: str) -> SiteStatus | None:
        """The last known status, however old. Whether the agent lives is another question: :meth:`fresh`."""
        return self.second.status.get(site) or self.first.status.get(site)

    def fresh(self, site: str) -> bool:
        """Did the site's agent publish between the two looks?"""
        before, after = self.first.status.get(site), self.second.status.get(site)
        return (
            before is not None
            and after is not None
            and (after.incarnation != before.incarnation or after.seq > before.seq)
        )

    def silent(self, site: str, settings: Settings) -> bool:
        """Was the site's agent watched for long enough to say that it publishes nothing?"""
        seen_first_now = site in self.second.status and site not in self.first.status
        return not self.fresh(site) and not seen_first_now and self.elapsed >= settings.silence_seconds

    def moved(self) -> bool:
        """Did the epoch change between the two looks?"""
        before, after = self.first.record, self.second.record
        return before is not None and after is not None and before.epoch != after.epoch

    def lease(self, settings: Settings) -> Lease:
        """Is the lease renewed on the record? A counter that stands still proves something only after
        ``challenger_ttl``; and even then the holder may live on grants."""
        before, after = self.first.record, self.second.record
        if before is None or after is None or before.epoch != after.epoch:
            return "unknown"
        if after.lease_counter > before.lease_counter:
            return "held"
        still = after.lease_counter == before.lease_counter and self.elapsed >= settings.challenger_ttl
        return "expired" if still else "unknown"

    def link_down(self) -> str:
        """One sentence if the sites do not hear each other over the VPN; empty if they do or it was not seen."""
        if self.tunnels is not None and self.tunnels.up == 0:
            return f"None of the {self.tunnels.of} VPN tunnels is up."
        for site in self.sites:
            status = self.second.status.get(site)
            if status is not None and self.fresh(site) and not status.peer.answers:
                return f"{site} does not hear {self.other(site)} over the VPN."
        return ""


def _sample(sites: tuple[str, ...], data: Any) -> Sample:
    data = data or {}
    record = data.get("record")
    try:
        known = None if record is None else from_item(record)
    except RecordError as error:
        raise EvidenceError(str(error)) from error
    if known is not None and known.active_site not in sites:
        raise EvidenceError(f"The record's active_site is {known.active_site!r}; the sites are {' and '.join(sites)}.")
    published = data.get("status") or {}
    return Sample(known, {site: _status(site, published[site]) for site in sites if published.get(site) is not None})


def _status(site: str, data: Mapping[str, Any]) -> SiteStatus:
    where = f"the status of {site}"
    parts = {"database": DatabaseStatus, "cache": CacheStatus, "peer": PeerStatus}
    built: dict[str, Any] = {
        name: _build(kind, f"{where}, {name}", data.get(name) or {}) for name, kind in parts.items()
    }
    status = _build(SiteStatus, where, {**data, **built})
    if status.site != site:
        raise EvidenceError(f"{where} is of {status.site!r}.")
    return status


def _health(site: str, data: Any) -> Health:
    health = _build(Health, f"the health of {site}", data or {})
    for name, verdict in (("writable", health.writable), ("healthz", health.healthz)):
        if verdict not in ("up", "down", None):
            raise EvidenceError(f"{name} of {site} is {verdict!r}; allowed are up, down and null.")
    return health


def _build(kind: type[T], where: str, data: Mapping[str, Any]) -> T:
    """A dataclass from plain data: unknown keys are ignored, wrong values are not. DynamoDB's decimals are numbers."""
    values: dict[str, Any] = {}
    for entry in fields(kind):  # type: ignore[arg-type]
        if entry.name not in data:
            if entry.default is MISSING and entry.default_factory is MISSING:
                raise EvidenceError(f"{entry.name} is missing in {where}.")
            continue
        name, value = f"{entry.name} in {where}", data[entry.name]
        wanted, *optional = str(entry.type).split(" | ")
        if value is None and optional:
            values[entry.name] = None
        elif wanted in ("int", "float"):
            number = _number(name, value)
            values[entry.name] = int(number) if wanted == "int" else number
        elif isinstance(value, PLAIN.get(wanted, object)):
            values[entry.name] = value
        else:
            raise EvidenceError(f"{name} is {value!r}, which is no {wanted}.")
    return kind(**values)


def _number(name: str, value: Any) -> float:
    """Finite: a comparison with "not a number" is always false, and would let anything pass."""
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise EvidenceError(f"{name} is {value!r}, which is no number.")
    return number
