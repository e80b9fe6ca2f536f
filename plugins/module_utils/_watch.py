# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the record and at what the sites publish until the arbiter has what it needs, and no longer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ._dynamodb import StoreError
from ._failover.evidence import Evidence, Settings
from ._failover.record import Change, Record, to_item

LOOK_SECONDS = 0.25
# Once more, after Route 53's verdicts are there.
SOON_SECONDS = 0.05

Statuses = Mapping[str, Mapping[str, Any] | None]
Health = Mapping[str, Mapping[str, str | None]]


class Store(Protocol):
    """_dynamodb.Store; every method may raise StoreError."""

    def read(self) -> Record | None: ...
    def statuses(self, sites: tuple[str, ...]) -> Statuses: ...
    def apply(self, change: Change) -> Record | None: ...


@dataclass(frozen=True)
class Clock:
    """Seconds. ``wall`` is for people and for windows that are counted in hours."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Scene:
    """What there is to be seen, and by whom. ``health()``: Route 53's verdicts, {site: {writable, healthz}}."""

    sites: tuple[str, str]
    caller: str
    health: Callable[[], Health]
    tunnels: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Look:
    """``begun`` and ``complete`` on the caller's monotonic clock; what could not be read is None or missing.

    ``whole``: everything could be read.
    """

    begun: float
    complete: float
    record: Record | None
    statuses: Statuses
    whole: bool

    @property
    def plain(self) -> dict[str, Any]:
        return {"record": None if self.record is None else to_item(self.record), "status": self.statuses}


def look(store: Store, sites: tuple[str, str], clock: Clock) -> Look:
    """What cannot be read was not seen. Raises RecordError if what stands there is no record."""
    begun = clock.monotonic()
    record: Record | None = None
    statuses: Statuses = {}
    whole = False
    with contextlib.suppress(StoreError):
        record = store.read()
        statuses = store.statuses(sites)
        whole = True
    return Look(begun, clock.monotonic(), record, statuses, whole)


def watch(store: Store, scene: Scene, settings: Settings, clock: Clock) -> tuple[Evidence, Look]:
    """Evidence, and the look that it ends with. Raises RecordError, EvidenceError.

    It takes until everybody was seen to live, at most until a lease that nobody renews has expired for certain; twice
    that if the record moves, or cannot always be read, meanwhile.
    """
    first = look(store, scene.sites, clock)
    begun, patience = clock.monotonic(), settings.challenger_ttl
    # Verdicts age, so they are asked for when the rest is clear; a name server that is silent takes its time.
    health: Health | None = None
    while True:
        clock.sleep(LOOK_SECONDS if health is None else SOON_SECONDS)
        second = look(store, scene.sites, clock)
        evidence = _evidence(scene, first, second, health or {}, clock)
        if second.whole:
            patience = 2 * settings.challenger_ttl
        clear = second.whole and enough(evidence, settings)
        if clear or clock.monotonic() >= begun + patience:
            if health is not None:
                return evidence, second
            health = scene.health()
        if not first.whole or evidence.moved():
            first = second


def enough(evidence: Evidence, settings: Settings) -> bool:
    """Would looking on tell the arbiter nothing new?"""
    if evidence.first.record is None or evidence.record is None or evidence.moved():
        return False
    alive = evidence.lease(settings) == "held" and all(evidence.fresh(site) for site in evidence.sites)
    return alive or evidence.elapsed >= settings.challenger_ttl


def _evidence(scene: Scene, first: Look, second: Look, health: Health, clock: Clock) -> Evidence:
    return Evidence.from_dict(
        {
            "sites": scene.sites,
            "first": first.plain,
            "second": second.plain,
            # What lies between the two looks and no more: a lease could have been renewed during either.
            "elapsed": second.begun - first.complete,
            "health": health,
            "tunnels": scene.tunnels,
            "caller": scene.caller,
            "now": clock.wall(),
        }
    )
