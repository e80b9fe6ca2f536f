# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from lab.route53.answer import MAX_CHAIN, Answer, RRset, answer
from lab.route53.model import Alias, Record, Zone

SOA = Record("example.", "SOA", 900, ("ns1.dns. hostmaster.dns. 1 7200 900 1209600 300",))
NS = Record("example.", "NS", 172800, ("ns1.dns.",))


def a(name: str, *values: str, ttl: int = 60, **more: object) -> Record:
    return replace(Record(f"{name}.example.", "A", ttl, values), **more)  # type: ignore[arg-type]


def ask(records: list[Record], name: str, rdtype: str = "A", down: str = "", seed: int = 0) -> Answer:
    """Ask a zone ``example.`` whose checks are all healthy but ``down`` (a list of ids, separated by blanks)."""
    zone = Zone("Z1", "example.", (SOA, NS, *records))
    return answer([zone], lambda check: check not in down.split(), name, rdtype, Random(seed))


def values(result: Answer) -> list[str]:
    return [value for rrset in result.answers for value in rrset.values]


# --- names


def test_a_simple_record_answers_with_all_its_values() -> None:
    result = ask([a("www", "192.0.2.1", "192.0.2.2")], "www.example.")
    assert result == Answer("NOERROR", (RRset("www.example.", 60, "A", ("192.0.2.1", "192.0.2.2")),))


@pytest.mark.parametrize("name", ["WWW.Example", "www.example", "www.EXAMPLE."])
def test_case_and_the_final_dot_do_not_matter(name: str) -> None:
    assert values(ask([a("www", "192.0.2.1")], name)) == ["192.0.2.1"]


def test_a_name_of_no_zone_is_refused() -> None:
    result = ask([], "www.example.org.")
    assert (result.rcode, result.authoritative) == ("REFUSED", False)


def test_a_name_that_only_ends_like_the_zone_is_refused() -> None:
    assert ask([], "notexample.").rcode == "REFUSED"


def test_an_unknown_name_is_nxdomain_with_the_soa_for_negative_caching() -> None:
    result = ask([a("www", "192.0.2.1")], "nope.example.")
    assert (result.rcode, result.answers) == ("NXDOMAIN", ())
    assert result.authority == (RRset("example.", 300, "SOA", SOA.values),)


@pytest.mark.parametrize("name", ["www.example.", "example."])
def test_a_known_name_without_this_type_is_nodata(name: str) -> None:
    result = ask([a("www", "192.0.2.1")], name, "AAAA")
    assert (result.rcode, result.answers, len(result.authority)) == ("NOERROR", (), 1)


def test_a_name_with_something_below_it_exists() -> None:
    assert ask([a("a.b", "192.0.2.1")], "b.example.").rcode == "NOERROR"


def test_the_longest_zone_answers() -> None:
    inner = Zone("Z2", "sub.example.", (Record("sub.example.", "A", 60, ("192.0.2.9",)),))
    outer = Zone("Z1", "example.", (SOA, a("sub", "192.0.2.1")))
    assert values(answer([outer, inner], lambda _: True, "sub.example.", "A", Random())) == ["192.0.2.9"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anything.example.", ["192.0.2.7"]),
        ("deep.er.example.", ["192.0.2.7"]),
        ("www.example.", ["192.0.2.1"]),
        ("below.www.example.", []),  # RFC 4592: the closest encloser www exists and has no wildcard
    ],
)
def test_wildcard(name: str, expected: list[str]) -> None:
    assert values(ask([a("*", "192.0.2.7"), a("www", "192.0.2.1")], name)) == expected


def test_a_wildcard_answers_under_the_asked_name_and_not_for_other_types() -> None:
    assert ask([a("*", "192.0.2.7")], "x.example.").answers[0].name == "x.example."
    assert ask([a("*", "192.0.2.7")], "x.example.", "TXT").rcode == "NOERROR"


@pytest.mark.parametrize(
    "record",
    [
        Record("example.", "MX", 300, ("10 mail.example.",)),
        Record("example.", "TXT", 300, ('"v=spf1 -all"',)),
        Record("example.", "AAAA", 300, ("2001:db8::1",)),
        SOA,
        NS,
    ],
)
def test_every_type_answers_its_own_values(record: Record) -> None:
    assert values(ask([record] if record not in (SOA, NS) else [], "example.", record.type)) == list(record.values)


def test_a_cname_is_followed_inside_the_zone_only() -> None:
    inside = ask([Record("www.example.", "CNAME", 60, ("web.example",)), a("web", "192.0.2.1")], "www.example.")
    assert [rrset.type for rrset in inside.answers] == ["CNAME", "A"]
    outside = ask([Record("www.example.", "CNAME", 60, ("web.example.org.",))], "www.example.")
    assert values(outside) == ["web.example.org."]


def test_a_cname_to_nothing_is_nxdomain_and_a_cname_loop_is_servfail() -> None:
    assert ask([Record("www.example.", "CNAME", 60, ("no.example.",))], "www.example.").rcode == "NXDOMAIN"
    looped = ask([Record("www.example.", "CNAME", 60, ("www.example.",))], "www.example.")
    assert (looped.rcode, str(MAX_CHAIN) in looped.reason) == ("SERVFAIL", True)


def test_a_cname_itself_can_be_asked_for() -> None:
    record = Record("www.example.", "CNAME", 60, ("web.example.",))
    assert values(ask([record], "www.example.", "CNAME")) == ["web.example."]


def test_a_delegated_subzone_is_a_referral() -> None:
    result = ask([Record("sub.example.", "NS", 60, ("ns.elsewhere.",))], "www.sub.example.")
    assert (result.authoritative, result.answers) == (False, ())
    assert [rrset.values for rrset in result.authority] == [("ns.elsewhere.",)]


# --- failover (API_ResourceRecordSet.html, Failover)

PRIMARY = a("shop", "192.0.2.1", failover="PRIMARY", set_identifier="p", health_check_id="hp")
SECONDARY = a("shop", "192.0.2.2", failover="SECONDARY", set_identifier="s", health_check_id="hs")


@pytest.mark.parametrize(
    ("down", "expected"),
    [("", "192.0.2.1"), ("hp", "192.0.2.2"), ("hs", "192.0.2.1"), ("hp hs", "192.0.2.1")],
)
def test_failover(down: str, expected: str) -> None:
    assert values(ask([SECONDARY, PRIMARY], "shop.example.", down=down)) == [expected]


def test_a_secondary_without_a_check_is_always_used_when_the_primary_fails() -> None:
    assert values(ask([PRIMARY, replace(SECONDARY, health_check_id=None)], "shop.example.", down="hp hs")) == [
        "192.0.2.2"
    ]


def test_a_primary_without_a_check_is_always_healthy() -> None:
    assert values(ask([replace(PRIMARY, health_check_id=None), SECONDARY], "shop.example.", down="hp")) == ["192.0.2.1"]


@pytest.mark.parametrize("only", [PRIMARY, SECONDARY])
def test_half_a_pair_answers_whatever_its_health(only: Record) -> None:
    assert values(ask([only], "shop.example.", down="hp hs")) == list(only.values)


# --- aliases


def alias(name: str, target: str, zone: str = "Z1", evaluate: bool = True, **more: object) -> Record:
    return a(name, alias=Alias(zone, f"{target}.example.", evaluate), ttl=0, **more)


def test_an_alias_answers_with_its_targets_records_under_its_own_name() -> None:
    result = ask([alias("www", "web"), a("web", "192.0.2.1", ttl=30)], "www.example.")
    assert result.answers == (RRset("www.example.", 30, "A", ("192.0.2.1",)),)


@pytest.mark.parametrize(("evaluate", "expected"), [(True, "192.0.2.2"), (False, "192.0.2.1")])
def test_only_an_alias_that_evaluates_its_target_inherits_the_health(evaluate: bool, expected: str) -> None:
    records = [
        alias("shop", "gcp", evaluate=evaluate, failover="PRIMARY", set_identifier="p"),
        alias("shop", "aws", failover="SECONDARY", set_identifier="s"),
        a("gcp", "192.0.2.1", failover="PRIMARY", set_identifier="gcp", health_check_id="hp"),
        a("aws", "192.0.2.2"),
    ]
    assert values(ask(records, "shop.example.", down="hp")) == [expected]


def test_an_alias_to_a_group_is_healthy_while_one_of_it_is() -> None:
    records = [
        alias("shop", "pool", failover="PRIMARY", set_identifier="p"),
        a("shop", "192.0.2.9", failover="SECONDARY", set_identifier="s"),
        a("pool", "192.0.2.1", weight=1, set_identifier="1", health_check_id="h1"),
        a("pool", "192.0.2.2", weight=1, set_identifier="2", health_check_id="h2"),
    ]
    assert values(ask(records, "shop.example.", down="h1")) == ["192.0.2.2"]
    assert values(ask(records, "shop.example.", down="h1 h2")) == ["192.0.2.9"]


def test_an_aliass_own_check_counts_too() -> None:
    records = [
        alias("shop", "gcp", failover="PRIMARY", set_identifier="p", health_check_id="h"),
        a("shop", "192.0.2.9", failover="SECONDARY", set_identifier="s"),
        a("gcp", "192.0.2.1"),
    ]
    assert values(ask(records, "shop.example.", down="h")) == ["192.0.2.9"]


def test_an_alias_to_nothing_is_nodata() -> None:
    assert ask([alias("www", "web")], "www.example.").answers == ()


@pytest.mark.parametrize("evaluate", [True, False])
def test_an_alias_into_another_zone_is_servfail_and_says_why(evaluate: bool) -> None:
    result = ask([alias("www", "d111", zone="Z2FDTNDATAQYW2", evaluate=evaluate)], "www.example.")
    assert result.rcode == "SERVFAIL"
    assert "Z2FDTNDATAQYW2" in result.reason


def test_an_alias_loop_is_servfail() -> None:
    assert ask([alias("x", "y"), alias("y", "x")], "x.example.").rcode == "SERVFAIL"


# --- weighted and multivalue


def weighted(value: str, weight: int, check: str | None = None) -> Record:
    return a("pool", value, weight=weight, set_identifier=value, health_check_id=check)


def drawn(records: list[Record], down: str = "") -> Counter[str]:
    return Counter(values(ask(records, "pool.example.", down=down, seed=seed))[0] for seed in range(200))


def test_weights_share_the_traffic() -> None:
    counts = drawn([weighted("192.0.2.1", 3), weighted("192.0.2.2", 1)])
    assert 130 <= counts["192.0.2.1"] <= 170


def test_an_unhealthy_weighted_record_is_left_out() -> None:
    assert set(drawn([weighted("192.0.2.1", 3, "h1"), weighted("192.0.2.2", 1)], down="h1")) == {"192.0.2.2"}


def test_weight_zero_is_used_only_when_all_others_are_unhealthy() -> None:
    records = [weighted("192.0.2.1", 1, "h1"), weighted("192.0.2.2", 0, "h2")]
    assert set(drawn(records)) == {"192.0.2.1"}
    assert set(drawn(records, down="h1")) == {"192.0.2.2"}


def test_with_nobody_healthy_all_count_as_healthy() -> None:
    assert set(drawn([weighted("192.0.2.1", 1, "h"), weighted("192.0.2.2", 1, "h")], down="h")) == {
        "192.0.2.1",
        "192.0.2.2",
    }


def test_multivalue_answers_up_to_eight_healthy_records() -> None:
    records = [
        a("pool", f"192.0.2.{number}", multivalue=True, set_identifier=str(number), health_check_id=f"h{number}")
        for number in range(10)
    ]
    result = values(ask(records, "pool.example.", down="h0"))
    assert len(set(result)) == 8
    assert "192.0.2.0" not in result
