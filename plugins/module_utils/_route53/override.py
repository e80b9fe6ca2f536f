# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's override of a failover pair: which flags of whose health check force which side. Pure.

It touches the checks that stand at the two records and nothing below them, so that what the checkers see, and what
rests on it, stays true. Every row of the tables in docs/dns.md is a test.

Sources: https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html (Disabled, Inverted)
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Failover)

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .verdict import OPPOSITE, Verdict

Role = Literal["PRIMARY", "SECONDARY"]
ROLES: tuple[Role, ...] = ("PRIMARY", "SECONDARY")
AUTOMATIC = "automatic"


class Refused(ValueError):
    """The override cannot do what it is asked for; the text says why, and what would help."""


class Flags(NamedTuple):
    """What an override sets on a health check."""

    disabled: bool = False
    inverted: bool = False

    def __str__(self) -> str:
        return f"{'' if self.disabled else 'not '}disabled and {'' if self.inverted else 'not '}inverted"


# "After you disable a health check, Route 53 considers the status of the health check to always be healthy ...
# Additionally, in disabled state, you can also invert the status".
HEALTHY, UNHEALTHY = Flags(disabled=True, inverted=False), Flags(disabled=True, inverted=True)


@dataclass(frozen=True)
class Check:
    """The health check of a record. ``now`` and ``automatic``: its flags, and what they are without an override.

    ``others``: who else rests on it, in words.
    """

    id: str
    name: str
    version: int
    now: Flags
    automatic: Flags
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One record of the pair. Without a ``check`` it is always healthy. ``alias``: its target's health counts, too."""

    identifier: str
    check: Check | None
    alias: bool = False


Pair = Mapping[Role, Side]


class Change(NamedTuple):
    """Flags to be set."""

    check: Check
    flags: Flags


# Route 53's rules ----------------------------------------------------------------------------------------------------


def status(flags: Flags, seen: Verdict) -> Verdict:
    """A check's status. ``seen``: by its checkers or children, before it is inverted."""
    found: Verdict = "healthy" if flags.disabled else seen
    return OPPOSITE[found] if flags.inverted else found


def answered(primary: Verdict, secondary: Verdict) -> Role | None:
    """Whose record answers: the secondary's only while it is healthy and the primary is not. None: not known."""
    if primary == "healthy" or secondary == "unhealthy":
        return "PRIMARY"
    return "SECONDARY" if primary == "unhealthy" and secondary == "healthy" else None


# The override --------------------------------------------------------------------------------------------------------


def flags(force: Role | None, role: Role, automatic: Flags) -> Flags:
    """What the check of ``role`` needs so that ``force`` answers whatever anybody sees; None: nobody is forced.

    A healthy primary always answers. A secondary answers only if it is healthy *and* the primary is not: both are set,
    or a secondary that fails would hand the name back.
    """
    if force == "PRIMARY" and role == "PRIMARY":
        return HEALTHY
    if force == "SECONDARY":
        return HEALTHY if role == "SECONDARY" else UNHEALTHY
    return automatic


def forced(pair: Pair) -> str:
    """The identifier of the side that the flags force now, "automatic", or "" if somebody has set others."""
    choices: dict[str, Role | None] = {AUTOMATIC: None, **{pair[role].identifier: role for role in ROLES}}
    for name, force in choices.items():
        if all(check.now == flags(force, role, check.automatic) for role, check in _checks(pair).items()):
            return name
    return ""


def changes(pair: Pair, force: Role | None) -> list[Change]:
    """What has to be set, in order. Raises :class:`Refused`.

    The primary's check decides, so it is the last: what is interrupted is as good as not begun. On the way the answer
    changes once at most, whatever is seen.
    """
    _require_sound(pair, force)
    found = {role: Change(check, flags(force, role, check.automatic)) for role, check in _checks(pair).items()}
    return [found[role] for role in reversed(ROLES) if role in found and found[role].flags != found[role].check.now]


def doubt(pair: Pair, force: Role) -> str:
    """Why Route 53 may yet answer the other side; empty if it cannot."""
    if not pair[force].alias:
        return ""
    other = next(pair[role].identifier for role in ROLES if role != force)
    return (
        f"{pair[force].identifier} is an alias that evaluates its target's health: if that is bad,"
        f" Route 53 answers {other} all the same."
    )


def _require_sound(pair: Pair, force: Role | None) -> None:
    checks = _checks(pair)
    if force is None:
        return
    if len(checks) == len(ROLES) and checks["PRIMARY"].id == checks["SECONDARY"].id:
        raise Refused(
            f"Both sides have the health check {checks['PRIMARY'].name}: they would be healthy or unhealthy together,"
            f" and Route 53 would answer {pair['PRIMARY'].identifier}. Give each side a check of its own."
        )
    # What anybody sees must not matter.
    statuses: dict[Role, Verdict] = dict.fromkeys(ROLES, "healthy")
    statuses |= {role: status(flags(force, role, check.automatic), "unknown") for role, check in checks.items()}
    if answered(statuses["PRIMARY"], statuses["SECONDARY"]) != force:
        raise Refused(
            f"{pair['PRIMARY'].identifier}, the primary, has no health check, so nothing can make it unhealthy."
            " Give it one."
        )
    for role, check in checks.items():
        if flags(force, role, check.automatic) == check.automatic:
            continue  # left alone, or given back
        if check.others:
            raise Refused(
                f"The health check {check.name} of {pair[role].identifier} is also that of {', '.join(check.others)}."
                " Give this name a check of its own, a CALCULATED one that counts it."
            )
        if check.now not in (check.automatic, HEALTHY, UNHEALTHY):
            raise Refused(
                f"The health check {check.name} is {check.now}, which is neither an override nor what health_checks"
                f" says of it ({check.automatic}). It would be lost: correct one of them."
            )


def _checks(pair: Pair) -> dict[Role, Check]:
    return {role: check for role in ROLES if (check := pair[role].check) is not None}
