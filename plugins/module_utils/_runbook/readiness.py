# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Could a failover go well today? One rule for each kind of defect; each finds its own and nothing else. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Facts = Mapping[str, Any]
# Redis says kb for 1024 and k for 1000.
UNITS = {"": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3}


class Defect(NamedTuple):
    """``name`` is the rule's; ``where``: a host, a site or a part of the system."""

    name: str
    where: str
    sentence: str


@dataclass(frozen=True)
class Limits:
    """What is still well."""

    lag_seconds: float = 5.0
    certificate_days: float = 14.0
    disk_percent: float = 85.0
    # A host may be behind by this; ahead by the time that it takes to reach it too.
    clock_seconds: float = 5.0
    reach_seconds: float = 30.0
    ttl_seconds: int = 60
    binlog_seconds: int = 86400
    backlog_bytes: int = 1024**2
    grants: tuple[str, ...] = ("REPLICATION SLAVE", "BACKUP_ADMIN")


@dataclass(frozen=True)
class Host:
    """``probe``: what roles/runbook/files/probe.py said; None: no answer."""

    name: str
    site: str
    kind: str
    probe: Facts | None


@dataclass(frozen=True)
class Sight:
    """``seen``: of dr_failover_info; ``runs``: of dr_run_info; ``tunnels``: up and of, if known."""

    seen: Facts
    runs: Facts
    hosts: tuple[Host, ...]
    tunnels: Facts | None = None
    replication_user: str = "replication"
    limits: Limits = field(default_factory=Limits)

    @property
    def standby(self) -> str:
        active = (self.seen.get("record") or {}).get("active_site")
        return str(next(site for site in self.seen["statuses"] if site != active))

    def probes(self, part: str) -> Iterator[tuple[Host, Any]]:
        """The hosts that said something of ``part``."""
        for host in self.hosts:
            if host.probe is not None and part in host.probe:
                yield host, host.probe[part]


Found = Iterator[tuple[str, str]]


def _record(s: Sight) -> Found:
    if not s.seen.get("record"):
        yield "record", "The record cannot be read."


def _agent(s: Sight) -> Found:
    for site in s.seen["statuses"]:
        if site not in s.seen["alive"]:
            yield site, f"The agent of {site} publishes nothing."


def _epoch(s: Sight) -> Found:
    for site, status in s.seen["statuses"].items():
        epoch = (s.seen.get("record") or {}).get("epoch")
        if status and epoch is not None and status["epoch"] != epoch:
            yield site, f"The agent of {site} is at epoch {status['epoch']}, the record at {epoch}."


def _replication(s: Sight) -> Found:
    database = (s.seen["statuses"][s.standby] or {}).get("database")
    if database and not (database["follows"] and database["running"]):
        yield s.standby, f"Replication to {s.standby} does not run. {database['error']}".strip()


def _lag(s: Sight) -> Found:
    lag = ((s.seen["statuses"][s.standby] or {}).get("database") or {}).get("lag_seconds")
    if lag is not None and lag > s.limits.lag_seconds:
        yield s.standby, f"{s.standby} is {lag:.1f} s behind, more than {s.limits.lag_seconds:g} s."


def _errant(s: Sight) -> Found:
    if ((s.seen["statuses"][s.standby] or {}).get("database") or {}).get("diverged"):
        yield s.standby, f"{s.standby} has transactions of its own; rejoin it."


def _cache(s: Sight) -> Found:
    cache = (s.seen["statuses"][s.standby] or {}).get("cache")
    if cache and not (cache["role"] == "replica" and cache["link_up"]):
        yield s.standby, f"Redis of {s.standby} does not follow."


def _health(s: Sight) -> Found:
    active = (s.seen.get("record") or {}).get("active_site")
    for site, verdicts in s.seen["health"].items():
        for check in ("healthz", "writable"):
            if verdicts.get(check) == "down" and (check == "healthz" or site == active):
                yield site, f"Route 53 finds /{check} of {site} down."


def _verdict(s: Sight) -> Found:
    for site, verdicts in s.seen["health"].items():
        silent = [f"/{check}" for check in ("healthz", "writable") if verdicts.get(check) is None]
        if silent:
            yield site, f"Route 53's verdict on {' and '.join(silent)} of {site} cannot be read."


def _tunnel(s: Sight) -> Found:
    if s.tunnels is None:
        yield "vpn", "No gateway says how its tunnels are."
    elif s.tunnels["up"] < s.tunnels["of"]:
        yield "vpn", f"{s.tunnels['up']} of {s.tunnels['of']} tunnels are up."


def _ttl(s: Sight) -> Found:
    dns = s.runs.get("dns") or {}
    if dns.get("ttl") is not None and dns["ttl"] > s.limits.ttl_seconds:
        yield dns["name"], f"{dns['name']} lives for {dns['ttl']} s in resolvers, more than {s.limits.ttl_seconds} s."


def _name(s: Sight) -> Found:
    dns, active = s.runs.get("dns"), (s.seen.get("record") or {}).get("active_site")
    if dns and dns["addresses"] is not None and dns["site"] != active:
        yield dns["name"], f"{dns['name']} answers {', '.join(dns['addresses']) or 'nothing'}, not {active}."


def _lock(s: Sight) -> Found:
    if lock := s.runs.get("lock"):
        yield "lock", f"Run {lock['run']} of {lock['owner']} holds the lock: resume it, or give it up."


def _reach(s: Sight) -> Found:
    for host in s.hosts:
        if host.probe is None:
            yield host.name, f"{host.name} cannot be reached over SSH, or says nothing."


def _certificate(s: Sight) -> Found:
    for host, found in s.probes("certificates"):
        for path, days in found.items():
            if days is None:
                yield host.name, f"{path} cannot be read."
            elif days < s.limits.certificate_days:
                state = "has expired" if days < 0 else f"expires in {days:.0f} days"
                yield host.name, f"{path} {state}."


def _clock(s: Sight) -> Found:
    for host, skew in s.probes("skew_seconds"):
        if not -s.limits.clock_seconds <= skew <= s.limits.clock_seconds + s.limits.reach_seconds:
            yield host.name, f"The clock is {abs(skew):.0f} s {'behind' if skew < 0 else 'ahead'}."


def _disk(s: Sight) -> Found:
    for host, disks in s.probes("disks"):
        for mount, percent in disks.items():
            if percent > s.limits.disk_percent:
                yield host.name, f"{mount} is {percent:g} % full, more than {s.limits.disk_percent:g} %."


def _unit(s: Sight) -> Found:
    for host, units in s.probes("units"):
        for unit, state in units.items():
            # Those of a web host are what capacity is counted by.
            if state != "active" and host.kind != "web":
                yield host.name, f"{unit}.service is {state}."


def _database(s: Sight) -> Found:
    for host, found in s.probes("mysql"):
        if any(value is None for value in found.values()):
            yield host.name, f"The database on {host.name} cannot be asked."


def _mysql(s: Sight) -> Iterator[tuple[Host, Facts]]:
    for host, found in s.probes("mysql"):
        if all(value is not None for value in found.values()):
            yield host, found


def _grant(s: Sight) -> Found:
    for host, found in _mysql(s):
        for grant in s.limits.grants:
            mine = [line for line in found["grants"] if line.startswith(f"'{s.replication_user}'@")]
            if not any(line.endswith(f"' {grant}") for line in mine):
                yield host.name, f"{s.replication_user} has no {grant} on {host.name}."


def _schema(s: Sight) -> Found:
    hashes = {host.name: tuple(found["schema"]) for host, found in _mysql(s)}
    if len(set(hashes.values())) > 1:
        yield "db", f"The tables differ between {' and '.join(sorted(hashes))}."


def _version(s: Sight) -> Found:
    found: dict[str, dict[str, str]] = {}
    for host, versions in s.probes("versions"):
        for name, version in versions.items():
            found.setdefault(name, {})[host.name] = version
    for name, versions in found.items():
        common, odd = _odd(versions)
        if odd:
            yield name, f"{name} is {common}, but {', '.join(f'{version} on {host}' for host, version in odd.items())}."


def _image(s: Sight) -> Found:
    # Releases are named by their content, so only the number of hosts tells which one is stale.
    common, odd = _odd({host.name: release for host, release in s.probes("release")})
    for host, release in odd.items():
        yield host, f"{host} has release {release} of the shop, others {common}."


def _odd(values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The value that most hosts have, and the hosts that have another."""
    common = max(Counter(values.values()).items(), key=lambda one: one[1], default=("", 0))[0]
    return common, {host: value for host, value in values.items() if value != common}


def _backlog(s: Sight) -> Found:
    for host, text in s.probes("redis_backlog"):
        if _bytes(text) < s.limits.backlog_bytes:
            yield host.name, f"Redis keeps a backlog of {text or 'the default size'}: a short cut costs a full copy."
    for host, found in _mysql(s):
        kept = int(found["binlog_seconds"][0])
        if kept and kept < s.limits.binlog_seconds:
            yield host.name, f"Binary logs are kept for {kept} s, less than {s.limits.binlog_seconds} s."


def _bytes(text: str) -> int:
    digits = text.rstrip("kKmMgGbB")
    return int(digits) * UNITS[text[len(digits) :].lower()] if digits.isdigit() else 0


def _capacity(s: Sight) -> Found:
    sites = {host.site for host in s.hosts}
    working = dict.fromkeys(sorted(sites), 0)
    for host in s.hosts:
        if host.kind == "web" and host.probe is not None:
            working[host.site] += all(state == "active" for state in host.probe.get("units", {}).values())
    for site, count in working.items():
        if count < max(working.values()):
            yield site, f"Web hosts at work: {count} at {site}, {max(working.values())} at the other site."


RULES: Mapping[str, Callable[[Sight], Found]] = {
    "no_record": _record,
    "agent_silent": _agent,
    "wrong_epoch": _epoch,
    "replication_stopped": _replication,
    "lag": _lag,
    "errant_gtid": _errant,
    "cache_stopped": _cache,
    "unhealthy_check": _health,
    "no_verdict": _verdict,
    "tunnel_down": _tunnel,
    "wrong_ttl": _ttl,
    "wrong_answer": _name,
    "lock_held": _lock,
    "unreachable": _reach,
    "certificate": _certificate,
    "clock_skew": _clock,
    "disk_full": _disk,
    "unit_down": _unit,
    "database_silent": _database,
    "missing_grant": _grant,
    "schema_drift": _schema,
    "version_drift": _version,
    "stale_image": _image,
    "missing_backlog": _backlog,
    "no_capacity": _capacity,
}


def defects(sight: Sight) -> list[Defect]:
    """All of them, in the order of the rules."""
    return [Defect(name, where, sentence) for name, rule in RULES.items() for where, sentence in rule(sight)]
