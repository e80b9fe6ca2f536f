# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An isolation drill: may the standby be cut off now, and what was it able to do alone? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .._failover.evidence import Settings

Facts = Mapping[str, Any]


class Finding(NamedTuple):
    """What was looked at, whether it is as it should be, and what was seen."""

    name: str
    seen: bool
    sentence: str


def obstacle(seen: Facts, dns: Facts | None, source: str, target: str) -> str:
    """Why ``target`` must not be cut off from ``source`` now, in one sentence; empty if it may.

    ``seen``: of dr_failover_info; ``dns``: of dr_run_info, None if nobody was asked. A standby to which a planned
    failover would be allowed is one that can be cut off: the arbiter says what is missing.
    """
    record = seen.get("record")
    if record is None or record["active_site"] != source:
        return f"{source} is not the active site any more." if record else "The record cannot be read."
    if (dns or {}).get("site") == target:
        return f"{dns['name'] if dns else ''} answers {target}: its customers would be cut off from the writer."
    database = (seen["statuses"].get(target) or {}).get("database") or {}
    if database.get("writable"):
        return f"The database of {target} takes writes."
    # Nobody was asked for verdicts, then none is missing; divergence is not a matter of verdicts.
    unasked = all(verdict is None for verdicts in seen["health"].values() for verdict in verdicts.values())
    refusals = [one for one in seen["planned"]["verdict"]["refusals"] if not (unasked and one["name"] == "evidence")]
    if refusals:
        return str(refusals[0]["sentence"])
    return "" if database.get("diverged") is False else f"It is not known whether {target} has diverged."


def findings(
    seen: Facts, hosts: Mapping[str, Facts | None], epoch: int, source: str, target: str, settings: Settings
) -> list[Finding]:
    """What a site that is cut off can do, and that the other one did not mind.

    ``seen``: of dr_failover_info while it was cut off; ``hosts``: what files/isolation.py said on each of its hosts,
    None for no answer; ``epoch``: of the record before.
    """
    return [
        *_cut(seen, hosts, source, target),
        *_agent(seen, target, settings),
        *_database(hosts),
        *_web(hosts),
        *_lease(seen, epoch, source),
        *_arbiter(seen, target),
    ]


def _status(seen: Facts, site: str) -> Facts:
    return seen["statuses"].get(site) or {}


def _cut(seen: Facts, hosts: Mapping[str, Facts | None], source: str, target: str) -> Iterator[Finding]:
    """If it is not, all that follows says nothing."""
    joined = [name for name, said in hosts.items() if not (said or {}).get("cut")]
    hears = (_status(seen, target).get("peer") or {}).get("answers") is not False
    if joined:
        yield Finding("cut", False, f"Not cut off, or silent, when looked at: {', '.join(joined)}.")
    elif hears:
        yield Finding("cut", False, f"The agent of {target} still hears {source}.")
    else:
        yield Finding("cut", True, f"{len(hosts)} hosts were cut off; the agent of {target} hears nothing of {source}.")


def _agent(seen: Facts, target: str, settings: Settings) -> Iterator[Finding]:
    status = _status(seen, target)
    alive, role, age = target in seen["alive"], status.get("role"), status.get("record_age_seconds")
    said = f"says that it is {role}" if alive else "is silent"
    yield Finding("agent", alive and role == "standby", f"The agent of {target} {said}.")
    reached = alive and age is not None and age <= settings.challenger_ttl
    when = "never" if age is None else f"{age:.1f} s before"
    yield Finding("record", reached, f"The agent of {target} last read the record {when}.")


def _database(hosts: Mapping[str, Facts | None]) -> Iterator[Finding]:
    words = {True: "answers reads and is closed", False: "is OPEN", None: "does not answer"}
    for name, said in hosts.items():
        if said is not None and "closed" in said:
            yield Finding("database", said["closed"] is True, f"The database on {name} {words[said['closed']]}.")


def _web(hosts: Mapping[str, Facts | None]) -> Iterator[Finding]:
    for part, wanted, what in (("catalogue", 200, "the catalogue"), ("orders", 503, "an order")):
        for name, said in hosts.items():
            if said is not None and part in said:
                status = said[part]
                answer = "nothing" if status is None else f"{status}"
                yield Finding(
                    part, status == wanted, f"{name}, asked for {what}, answers {answer}; wanted is {wanted}."
                )


def _lease(seen: Facts, epoch: int, source: str) -> Iterator[Finding]:
    record = seen.get("record") or {}
    same = (record.get("active_site"), record.get("epoch")) == (source, epoch)
    well = same and seen["lease"] == "held"
    now = f"epoch {record.get('epoch', '?')} of {record.get('active_site', '?')}, lease {seen['lease']}"
    yield Finding("lease", well, f"{source} {'went on' if well else 'did not go on'}: {now}.")


def _arbiter(seen: Facts, target: str) -> Iterator[Finding]:
    """Nobody takes a site that is alone for the last one."""
    verdict = (seen.get("unplanned") or {}).get("verdict") or {"allowed": False, "refusals": []}
    why = " ".join(one["sentence"] for one in verdict["refusals"] if one["name"] == "lease")
    words = f"The arbiter refuses to promote {target}. {why}" if why else f"The arbiter sees no lease against {target}."
    yield Finding("arbiter", bool(why) and not verdict["allowed"], words)
