# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone → answer, as Route 53 documents it. Pure: the health of a check and the dice are arguments.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Failover, Weight, MultiValueAnswer)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from .model import Alias, Record, Zone

# Route 53 follows a chain of aliases and CNAMEs inside one zone; this only stops a loop.
MAX_CHAIN = 16
# "Route 53 responds to DNS queries with up to eight healthy records" (multivalue answer routing).
MAX_MULTIVALUE = 8

Health = Callable[[str], bool]


@dataclass(frozen=True)
class RRset:
    """One resource record set as it goes on the wire; ``values`` in zone-file form."""

    name: str
    ttl: int
    type: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """``rcode`` is its mnemonic; ``reason`` says why a query cannot be answered (SERVFAIL)."""

    rcode: str
    answers: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    authoritative: bool = True
    reason: str = ""


class Unanswerable(Exception):
    """The zone needs something that this data plane does not have. Never guessed: the query gets SERVFAIL."""


def answer(zones: Iterable[Zone], healthy: Health, name: str, rdtype: str, rng: Random) -> Answer:
    """The answer to one query. ``name`` may have any case and may lack its final dot."""
    wanted = normal(name)
    zone = zone_of(zones, wanted)
    if zone is None:
        return Answer("REFUSED", authoritative=False)
    try:
        return _answer_from(zone, healthy, wanted, rdtype, rng)
    except Unanswerable as reason:
        return Answer("SERVFAIL", authoritative=False, reason=str(reason))


def normal(name: str) -> str:
    """Names are compared without case and with their final dot; AWS lists ``*`` as ``\\052``."""
    return name.lower().rstrip(".").replace("\\052", "*") + "."


def zone_of(zones: Iterable[Zone], name: str) -> Zone | None:
    """The zone with the longest name that ``name`` belongs to."""
    holders = [zone for zone in zones if name == zone.name or name.endswith(f".{zone.name}")]
    return max(holders, key=lambda zone: len(zone.name), default=None)


def record_healthy(zone: Zone, record: Record, healthy: Health, depth: int = 0) -> bool:
    """A record without a check is always healthy; an alias that evaluates its target inherits the target's health."""
    if depth > MAX_CHAIN:
        return False
    if record.health_check_id is not None and not healthy(record.health_check_id):
        return False
    if record.alias is not None and record.alias.evaluate_target_health:
        target = _alias_group(zone, record.alias, record.type)
        return any(record_healthy(zone, candidate, healthy, depth + 1) for candidate in target)
    return True


def choose(group: Sequence[Record], ok: Callable[[Record], bool], rng: Random) -> list[Record]:
    """The records of one name and type that answer now. With nobody healthy, all count as healthy."""
    if group[0].failover is not None:
        return [_choose_failover(group, ok)]
    live = [record for record in group if ok(record)] or list(group)
    if group[0].multivalue:
        return rng.sample(live, min(len(live), MAX_MULTIVALUE))
    if group[0].weight is not None:
        return [_choose_weighted(live, rng)]
    return live[:1]


def _choose_failover(group: Sequence[Record], ok: Callable[[Record], bool]) -> Record:
    """The secondary only while it is healthy and the primary is not: with both unhealthy, the primary answers."""
    primary = next((record for record in group if record.failover == "PRIMARY"), None)
    secondary = next((record for record in group if record.failover == "SECONDARY"), None)
    if primary is None or secondary is None:
        return group[0]
    return secondary if ok(secondary) and not ok(primary) else primary


def _choose_weighted(live: Sequence[Record], rng: Random) -> Record:
    """Weight 0 is considered only when every record with more is unhealthy; then all of them weigh the same."""
    weights = [record.weight or 0 for record in live]
    return rng.choices(live, weights if any(weights) else None)[0]


def _answer_from(zone: Zone, healthy: Health, name: str, rdtype: str, rng: Random) -> Answer:
    cut = _delegation(zone, name)
    if cut is not None:
        return Answer("NOERROR", authority=(RRset(cut.name, cut.ttl, cut.type, cut.values),), authoritative=False)
    found: list[RRset] = []
    for _ in range(MAX_CHAIN):
        owner = _owner(zone, name)
        if owner is None:
            return Answer("NXDOMAIN", tuple(found), _soa(zone))
        rrset = _resolve(zone, owner, name, rdtype, healthy, rng)
        if rrset is not None:
            return Answer("NOERROR", (*found, rrset))
        cname = _resolve(zone, owner, name, "CNAME", healthy, rng)
        if cname is None:
            return Answer("NOERROR", tuple(found), _soa(zone))
        found.append(cname)
        name = normal(cname.values[0])
        if zone_of([zone], name) is None:  # the resolver's next step, not ours
            return Answer("NOERROR", tuple(found))
    raise Unanswerable(f"more than {MAX_CHAIN} CNAMEs in a row for {name}")


def _resolve(zone: Zone, owner: str, name: str, rdtype: str, healthy: Health, rng: Random) -> RRset | None:
    """The chosen records of ``owner``, shown under ``name`` (they differ for a wildcard), aliases followed."""
    for _ in range(MAX_CHAIN):
        group = _group(zone, owner, rdtype)
        if not group:
            return None
        chosen = choose(group, lambda record: record_healthy(zone, record, healthy), rng)
        alias = chosen[0].alias
        if alias is None:
            values = tuple(value for record in chosen for value in record.values)
            return RRset(name, chosen[0].ttl, rdtype, values)
        _alias_group(zone, alias, rdtype)
        owner = alias.name
    raise Unanswerable(f"more than {MAX_CHAIN} aliases in a row for {name}")


def _alias_group(zone: Zone, alias: Alias, rdtype: str) -> list[Record]:
    if alias.zone_id != zone.id:
        raise Unanswerable(
            f"alias to {alias.name} in zone {alias.zone_id}: only aliases inside one zone have a data plane"
        )
    return _group(zone, alias.name, rdtype)


def _group(zone: Zone, name: str, rdtype: str) -> list[Record]:
    return [record for record in zone.records if record.name == name and record.type == rdtype]


def _owner(zone: Zone, name: str) -> str | None:
    """The name whose records answer: itself, or the wildcard at its closest encloser (RFC 4592), or None."""
    if _exists(zone, name):
        return name
    encloser = name
    while not _exists(zone, encloser):
        _, _, encloser = encloser.partition(".")
    wildcard = f"*.{encloser}"
    return wildcard if _exists(zone, wildcard) else None


def _exists(zone: Zone, name: str) -> bool:
    """A name exists if it or anything below it has records."""
    if name == zone.name:
        return True
    return any(record.name == name or record.name.endswith(f".{name}") for record in zone.records)


def _delegation(zone: Zone, name: str) -> Record | None:
    """The NS record of a subzone that ``name`` is in, if the zone delegates one."""
    cuts = (record for record in zone.records if record.type == "NS" and record.name != zone.name)
    return next((cut for cut in cuts if name == cut.name or name.endswith(f".{cut.name}")), None)


def _soa(zone: Zone) -> tuple[RRset, ...]:
    """For negative answers, which live as long as the smaller of TTL and MINIMUM, the last field (RFC 2308)."""
    return tuple(
        RRset(zone.name, min(record.ttl, int(record.values[0].split()[-1])), "SOA", record.values)
        for record in _group(zone, zone.name, "SOA")
    )
