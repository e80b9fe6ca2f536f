# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover pair as the account has it: its zone, its records, the flags of their checks and who else rests on these.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import api, records
from .answers import Answer, agreed
from .checks import HealthCheck, HealthChecks
from .override import AUTOMATIC, ROLES, Check, Flags, Pair, Refused, Side
from .records import RecordPair, RecordSet
from .settings import OptionError

Facts = dict[str, Any]


def find_zone(client: Any, name: str | None, zone_id: str | None) -> str:
    """The id of the public zone. Raises OptionError."""
    if zone_id:
        return zone_id.rpartition("/")[2]
    wanted = records.absolute(str(name))
    zones = [zone for zone in api.zones_from(client, wanted) if records.absolute(zone["Name"]) == wanted]
    ids = [zone["Id"].rpartition("/")[2] for zone in zones if not zone.get("Config", {}).get("PrivateZone")]
    if len(ids) != 1:
        found = f"there are {len(ids)}, give zone_id instead: {', '.join(ids)}" if ids else "there is none"
        raise OptionError(f"zone is {name!r}; of public zones of this name {found}.")
    return str(ids[0])


def automatic_flags(descriptions: Iterable[Mapping[str, Any]]) -> dict[str, Flags]:
    """What the inventory says of each check's flags, by name: neither, unless it says so. Raises OptionError."""
    found = {}
    for description in descriptions:
        flags = {flag: description.get(flag) or False for flag in Flags._fields}
        if not isinstance(description.get("name"), str) or not all(isinstance(flag, bool) for flag in flags.values()):
            raise OptionError(
                f"health_checks has {dict(description)!r}; name is needed, disabled and inverted are bool."
            )
        found[description["name"]] = Flags(**flags)
    return found


def sides_of(checks: HealthChecks, pair: RecordPair, zone: Sequence[RecordSet], automatic: Mapping[str, Flags]) -> Pair:
    """The pair as the override sees it. ``zone``: all its records. Raises Refused if a check is gone."""
    return {role: _side(checks, pair[role], zone, automatic) for role in ROLES}


def _side(checks: HealthChecks, record: RecordSet, zone: Sequence[RecordSet], automatic: Mapping[str, Flags]) -> Side:
    target = record.get("AliasTarget") or {}
    alias, check_id = bool(target.get("EvaluateTargetHealth")), record.get("HealthCheckId")
    if not check_id:
        return Side(record["SetIdentifier"], None, alias)
    check = checks.with_id(check_id)
    if check is None:
        raise Refused(f"The record of {record['SetIdentifier']} has the health check {check_id}, which does not exist.")
    name = name_of(check)
    parents = [each for each in checks.listed if check_id in each.settings.get("child_health_checks", [])]
    others = records.users_of(check_id, zone, record["Name"])
    others += [f"the health check {name_of(checks.with_id(parent.id) or parent)}" for parent in parents]
    now, usual = flags_of(check), automatic.get(name, Flags())
    found = Check(check.id, name, check.version, now, usual, tuple(others))
    return Side(record["SetIdentifier"], found, alias)


def flags_of(check: HealthCheck) -> Flags:
    """As they are set."""
    return Flags(**{flag: check.settings.get(flag, False) for flag in Flags._fields})


def name_of(check: HealthCheck) -> str:
    """Its name, or its id."""
    return check.tags.get("Name") or check.id


def describe(pair: RecordPair, sides: Pair) -> list[Facts]:
    """Both sides as the modules return them."""
    return [
        {
            "identifier": sides[role].identifier,
            "role": role,
            "values": list(records.answers(pair[role]) or []),
            "alias": (pair[role].get("AliasTarget") or {}).get("DNSName", ""),
            "health_check": check
            and {"id": check.id, "name": check.name, "version": check.version, **check.now._asdict()},
        }
        for role in ROLES
        for check in [sides[role].check]
    ]


def sentence(name: str, force: str | None, answers: Sequence[Answer]) -> str:
    """How it is, for people. ``force``: as of override.forced(); None: not known."""
    words = {
        None: "may be overridden, which is not known",
        AUTOMATIC: "follows its health checks",
        "": "has health checks with flags that are no override",
    }
    told = f"{name} {words.get(force, f'is forced to {force}')}"
    if not answers:
        return f"{told}."
    heard = [answer for answer in answers if not answer.error]
    who = f"{len(heard)} of {len(answers)} name servers answered"
    if side := agreed(answers):
        return f"{told}; {who}, with {side}."
    said = sorted({answer.side or ", ".join(answer.values) or "nothing" for answer in heard})
    return f"{told}; {who}{', with ' + ' and '.join(said) if said else ''}."
