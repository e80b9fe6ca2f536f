# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How things are, on one screen: 72 columns and 14 lines at most, so that Ansible's own lines fit beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from .._failover.gtid import GtidError, GtidSet

WIDTH = 72
UNKNOWN = "?"
Facts = Mapping[str, Any]


def screen(seen: Facts, runs: Facts, tunnels: Facts | None = None) -> str:
    """``seen``: what dr_failover_info returns; ``runs``: what dr_run_info returns; ``tunnels``: {up, of}, if known."""
    record = seen.get("record") or {}
    situation = seen["situation"]
    active = str(record.get("active_site", UNKNOWN))
    standby = next((site for site in seen["statuses"] if site != active), UNKNOWN)
    rows = [
        ("active", f"{active}, epoch {record.get('epoch', UNKNOWN)}, {_lease(seen, active)}"),
        ("situation", f"{situation['name']}: {situation['sentence']}"),
        ("advice", situation["advice"]),
        ("failover", _could(seen)),
        ("lag", _lag(seen["statuses"], active, standby)),
        ("agents", ", ".join(f"{site} {_agent(seen, site)}" for site in seen["statuses"])),
        ("tunnels", f"{tunnels['up']}/{tunnels['of']}" if tunnels else f"{UNKNOWN}/4"),
        ("health", ", ".join(f"{site} {_health(seen['health'][site])}" for site in seen["health"])),
        ("DNS", _dns(runs)),
        ("last run", _last(runs)),
    ]
    if lock := runs.get("lock"):
        rows.append(("lock", f"run {lock['run']} of {lock['owner']}"))
    return "\n".join(line for name, value in rows for line in _row(name, value))


def _row(name: str, value: str) -> list[str]:
    # Two lines tell a situation; a longer sentence is cut.
    lines = textwrap.wrap(value, WIDTH - 10, max_lines=2, placeholder=" ...") or [""]
    return [f"{name:<10}{lines[0]}", *(" " * 10 + line for line in lines[1:])]


def lag(active: Facts | None, standby: Facts | None) -> tuple[float | None, int | None]:
    """Seconds, and transactions that the standby has not executed; None: not known."""
    there, here = (active or {}).get("database") or {}, (standby or {}).get("database") or {}
    seconds = here.get("lag_seconds")
    if not there.get("executed") or not here.get("executed"):
        return seconds, None
    try:
        return seconds, (GtidSet.parse(there["executed"]) - GtidSet.parse(here["executed"])).count
    except GtidError:
        return seconds, None


def _lag(statuses: Facts, active: str, standby: str) -> str:
    seconds, transactions = lag(statuses.get(active), statuses.get(standby))
    shown = UNKNOWN if seconds is None else f"{seconds:.1f}"
    return f"{standby} {shown} s, {UNKNOWN if transactions is None else transactions} transactions behind"


def _lease(seen: Facts, active: str) -> str:
    """Its age is counted from when the holder sent its last renewal, as of its last publication."""
    left = (seen["statuses"].get(active) or {}).get("lease_remaining_seconds")
    if seen["lease"] != "held" or left is None:
        return f"lease {seen['lease']}"
    return f"lease held, {max(0.0, seen['holder_ttl'] - left):.1f} s old"


def _could(seen: Facts) -> str:
    planned = seen.get("planned")
    if not planned:
        return UNKNOWN
    verdict = planned["verdict"]
    if verdict["allowed"]:
        return f"to {seen['target']}: planned would go, about {planned['predicted_seconds']:g} s without writes"
    refusals = [refusal["name"] for refusal in verdict["refusals"]]
    return f"to {seen['target']}: planned refused ({', '.join(dict.fromkeys(refusals))})"


def _agent(seen: Facts, site: str) -> str:
    status = seen["statuses"][site]
    if status is None:
        return "never seen"
    return str(status["role"]) if site in seen["alive"] else f"silent (was {status['role']})"


def _health(verdicts: Facts) -> str:
    return " ".join(f"{name} {verdicts.get(name) or UNKNOWN}" for name in ("writable", "healthz"))


def _dns(runs: Facts) -> str:
    answer = runs.get("dns")
    if not answer or answer["addresses"] is None:
        return UNKNOWN
    found = ", ".join(answer["addresses"]) or "no address"
    return f"{answer['name']} is {found}" + (f" ({answer['site']})" if answer["site"] else "")


def _last(runs: Facts) -> str:
    last = runs.get("last")
    if not last:
        return "none yet"
    # A run's name begins with its time.
    return f"{last['verb']} to {last['target']}: {last['outcome']}, {last['run']}"
