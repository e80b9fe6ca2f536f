# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/dns.md about an override, row by row, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, product
from random import Random

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.override import (
    AUTOMATIC,
    HEALTHY,
    ROLES,
    UNHEALTHY,
    Change,
    Check,
    Flags,
    Pair,
    Refused,
    Role,
    Side,
    answered,
    changes,
    doubt,
    flags,
    forced,
    status,
)
from ansible_collections.multicloud.dr.plugins.module_utils._route53.verdict import Verdict

from lab.route53.answer import answer
from lab.route53.health import status_of
from lab.route53.model import HealthCheck, Record, Zone

PLAIN, INVERTED = Flags(), Flags(inverted=True)
SEEN: tuple[Verdict, ...] = ("healthy", "unhealthy", "unknown")
FORCES: tuple[Role | None, ...] = (None, *ROLES)


def check(name: str, now: Flags = PLAIN, automatic: Flags = PLAIN, others: tuple[str, ...] = ()) -> Check:
    return Check(name, name, 1, now, automatic, others)


def sides(gcp: Check | None, aws: Check | None) -> Pair:
    return {"PRIMARY": Side("gcp", gcp), "SECONDARY": Side("aws", aws)}


def overridden(force: Role | None, automatic: Flags = PLAIN) -> Pair:
    """The pair while ``force`` is in force."""
    return sides(
        check("gcp", flags(force, "PRIMARY", automatic), automatic),
        check("aws", flags(force, "SECONDARY", automatic), automatic),
    )


def after(pair: Pair, change: Change) -> Pair:
    return {
        role: replace(side, check=replace(side.check, now=change.flags))
        if side.check and side.check.id == change.check.id
        else side
        for role, side in pair.items()
    }


def who(pair: Pair, primary: Verdict, secondary: Verdict) -> Role | None:
    """Who answers when the checkers see this; a side without a check is healthy."""
    seen: dict[Role, Verdict] = {"PRIMARY": primary, "SECONDARY": secondary}
    statuses: dict[Role, Verdict] = {
        role: status(side.check.now, seen[role]) if side.check else "healthy" for role, side in pair.items()
    }
    return answered(statuses["PRIMARY"], statuses["SECONDARY"])


# Route 53's rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disabled", "inverted", "seen", "expected"),
    [
        (False, False, "healthy", "healthy"),
        (False, False, "unhealthy", "unhealthy"),
        (False, False, "unknown", "unknown"),
        (False, True, "healthy", "unhealthy"),
        (False, True, "unhealthy", "healthy"),
        (False, True, "unknown", "unknown"),
        (True, False, "healthy", "healthy"),
        (True, False, "unhealthy", "healthy"),
        (True, False, "unknown", "healthy"),
        (True, True, "healthy", "unhealthy"),
        (True, True, "unhealthy", "unhealthy"),
        (True, True, "unknown", "unhealthy"),
    ],
)
def test_status(disabled: bool, inverted: bool, seen: Verdict, expected: Verdict) -> None:
    assert status(Flags(disabled, inverted), seen) == expected


@pytest.mark.parametrize(
    ("primary", "secondary", "expected"),
    [
        ("healthy", "healthy", "PRIMARY"),
        ("healthy", "unhealthy", "PRIMARY"),
        ("healthy", "unknown", "PRIMARY"),
        ("unhealthy", "healthy", "SECONDARY"),
        ("unhealthy", "unhealthy", "PRIMARY"),
        ("unhealthy", "unknown", None),
        ("unknown", "healthy", None),
        ("unknown", "unhealthy", "PRIMARY"),
        ("unknown", "unknown", None),
    ],
)
def test_answered(primary: Verdict, secondary: Verdict, expected: Role | None) -> None:
    assert answered(primary, secondary) == expected


def lab_answers(pair: Pair, primary: bool, secondary: bool) -> Role:
    """The same by the lab's Route 53, which knows nothing of this code."""
    seen: dict[str, bool] = {}
    checks, records = {}, []
    for role, healthy in zip(ROLES, (primary, secondary), strict=True):
        mine = pair[role].check
        assert mine is not None
        now = mine.now
        checks[mine.id] = HealthCheck(mine.id, "HTTPS", disabled=now.disabled, inverted=now.inverted)
        seen[mine.id] = healthy
        records.append(Record("shop.", "TXT", 5, (role,), set_identifier=role, failover=role, health_check_id=mine.id))

    def health(identifier: str) -> bool:
        return status_of(identifier, checks, seen.__getitem__, lambda _: False)

    (rrset,) = answer([Zone("Z", "shop.", tuple(records))], health, "shop", "TXT", Random(0)).answers
    (role,) = (role for role in ROLES if role in rrset.values)
    return role


# The override --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("force", "role", "expected"),
    [
        (None, "PRIMARY", PLAIN),
        (None, "SECONDARY", PLAIN),
        ("PRIMARY", "PRIMARY", HEALTHY),
        ("PRIMARY", "SECONDARY", PLAIN),
        ("SECONDARY", "PRIMARY", UNHEALTHY),
        ("SECONDARY", "SECONDARY", HEALTHY),
    ],
)
def test_flags(force: Role | None, role: Role, expected: Flags) -> None:
    assert flags(force, role, PLAIN) == expected


@pytest.mark.parametrize(("force", "primary", "secondary"), list(product(ROLES, SEEN, SEEN)))
def test_the_forced_side_answers_whatever_is_seen(force: Role, primary: Verdict, secondary: Verdict) -> None:
    assert who(overridden(force), primary, secondary) == force


@pytest.mark.parametrize(
    ("force", "primary", "secondary", "automatic"),
    list(product(FORCES, (True, False), (True, False), (PLAIN, INVERTED))),
)
def test_the_labs_route_53_agrees(force: Role | None, primary: bool, secondary: bool, automatic: Flags) -> None:
    words: dict[bool, Verdict] = {True: "healthy", False: "unhealthy"}
    pair = overridden(force, automatic)
    assert lab_answers(pair, primary, secondary) == who(pair, words[primary], words[secondary])


def test_making_the_primary_unhealthy_alone_would_not_do() -> None:
    """Negative control: why both checks are set."""
    half = sides(check("gcp", UNHEALTHY), check("aws"))
    assert who(half, "healthy", "unhealthy") == "PRIMARY"
    assert lab_answers(half, True, False) == "PRIMARY"


@pytest.mark.parametrize(
    ("begin", "end", "primary", "secondary"),
    list(product(FORCES, FORCES, ("healthy", "unhealthy"), ("healthy", "unhealthy"))),
)
def test_on_the_way_the_answer_changes_once_at_most(
    begin: Role | None, end: Role | None, primary: Verdict, secondary: Verdict
) -> None:
    pair, answers = overridden(begin), [who(overridden(begin), primary, secondary)]
    for change in changes(pair, end):
        pair = after(pair, change)
        answers.append(who(pair, primary, secondary))
    assert pair == overridden(end)
    assert answers[-1] == who(overridden(end), primary, secondary)
    assert sum(one != other for one, other in pairwise(answers)) <= 1


def test_nothing_is_set_twice_or_without_need() -> None:
    for force in FORCES:
        assert changes(overridden(force), force) == []
    assert [change.check.id for change in changes(overridden(None), "PRIMARY")] == ["gcp"]
    assert [change.check.id for change in changes(overridden(None), "SECONDARY")] == ["aws", "gcp"]
    assert [change.check.id for change in changes(overridden("SECONDARY"), None)] == ["aws", "gcp"]
    assert [change.check.id for change in changes(overridden("PRIMARY"), None)] == ["gcp"]


@pytest.mark.parametrize("automatic", [PLAIN, INVERTED, HEALTHY, UNHEALTHY])
@pytest.mark.parametrize("force", ROLES)
def test_the_way_back_restores_what_was_there(force: Role, automatic: Flags) -> None:
    pair = overridden(None, automatic)
    for change in changes(pair, force):
        pair = after(pair, change)
    assert pair == overridden(force, automatic)
    for change in changes(pair, None):
        pair = after(pair, change)
    assert pair == overridden(None, automatic)


def test_a_secondary_without_a_check_is_always_healthy() -> None:
    pair = sides(check("gcp"), None)
    assert [(change.check.id, change.flags) for change in changes(pair, "SECONDARY")] == [("gcp", UNHEALTHY)]
    assert [(change.check.id, change.flags) for change in changes(pair, "PRIMARY")] == [("gcp", HEALTHY)]


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (overridden(None), AUTOMATIC),
        (overridden("PRIMARY"), "gcp"),
        (overridden("SECONDARY"), "aws"),
        (sides(check("gcp", UNHEALTHY), check("aws")), ""),
        (sides(check("gcp", INVERTED), check("aws")), ""),
        (sides(check("gcp", INVERTED, INVERTED), check("aws")), AUTOMATIC),
        (sides(None, None), AUTOMATIC),
        (sides(check("gcp", UNHEALTHY), None), "aws"),
    ],
)
def test_what_the_flags_say(pair: Pair, expected: str) -> None:
    assert forced(pair) == expected


# Refusals ------------------------------------------------------------------------------------------------------------


def both(pair: Pair) -> Iterator[Role]:
    """The sides that are refused."""
    for force in ROLES:
        try:
            changes(pair, force)
        except Refused:
            yield force


@pytest.mark.parametrize(
    ("pair", "refused", "sentence"),
    [
        (sides(check("x"), check("x")), ["PRIMARY", "SECONDARY"], "Both sides have the health check x"),
        (sides(None, check("aws")), ["SECONDARY"], "gcp, the primary, has no health check"),
        (
            sides(check("gcp", others=("TXT a",)), check("aws")),
            ["PRIMARY", "SECONDARY"],
            "The health check gcp of gcp is also that of TXT a",
        ),
        (
            sides(check("gcp"), check("aws", others=("TXT a", "TXT b"))),
            ["SECONDARY"],
            "The health check aws of aws is also that of TXT a, TXT b. Give this name a check of its own",
        ),
        (
            sides(check("gcp", INVERTED), check("aws")),
            ["PRIMARY", "SECONDARY"],
            "gcp is not disabled and inverted, which is neither .* says of it \\(not disabled and not inverted\\)",
        ),
    ],
)
def test_an_override_that_would_fail_or_lose_something_is_refused(
    pair: Pair, refused: list[Role], sentence: str
) -> None:
    assert list(both(pair)) == refused
    with pytest.raises(Refused, match=sentence):
        changes(pair, refused[-1])


def test_a_sound_pair_is_not_refused() -> None:
    """Negative control."""
    assert list(both(overridden(None))) == []


@pytest.mark.parametrize("now", [HEALTHY, UNHEALTHY, INVERTED])
def test_the_way_back_is_never_refused(now: Flags) -> None:
    pair = sides(check("gcp", now, others=("TXT a",)), check("aws", now))
    assert [change.flags for change in changes(pair, None)] == [PLAIN, PLAIN]


def test_an_alias_may_be_unhealthy_by_its_target() -> None:
    pair: dict[Role, Side] = dict(overridden(None))
    assert [doubt(pair, force) for force in ROLES] == ["", ""]
    pair["SECONDARY"] = replace(pair["SECONDARY"], alias=True)
    assert doubt(pair, "PRIMARY") == ""
    assert doubt(pair, "SECONDARY").endswith("Route 53 answers gcp all the same.")


def test_flags_in_words() -> None:
    words: Callable[[Flags], str] = str
    assert [words(each) for each in (PLAIN, HEALTHY, UNHEALTHY)] == [
        "not disabled and not inverted",
        "disabled and not inverted",
        "disabled and inverted",
    ]
