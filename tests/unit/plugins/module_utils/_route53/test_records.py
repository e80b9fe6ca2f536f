# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53 import records
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import OptionError

NAME = "shop.example.org"
CHECKS = {"gcp": "h1", "aws": "h2"}


def side(identifier: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"identifier": identifier, "values": list(values) or None, "alias": None, "health_check": None, **more}


def options(**more: Any) -> dict[str, Any]:
    return {
        "name": NAME,
        "type": "A",
        "ttl": 60,
        "primary": side("gcp", "192.0.2.2", "192.0.2.1", health_check="gcp"),
        "secondary": side("aws", "192.0.2.3"),
        **more,
    }


def pair(**more: Any) -> records.RecordPair:
    return records.wanted_pair(options(**more), "Z", CHECKS)


def stored(record: dict[str, Any]) -> dict[str, Any]:
    """As Route 53 lists it: another order, another case, fields that say nothing."""
    found = {**record, "Name": record["Name"].upper(), "Weight": None}
    if "ResourceRecords" in record:
        found["ResourceRecords"] = list(reversed(record["ResourceRecords"]))
    if "AliasTarget" in record:
        target = record["AliasTarget"]
        found["AliasTarget"] = {**target, "DNSName": target["DNSName"].upper().rstrip(".")}
    return found


def test_values() -> None:
    assert pair() == {
        "PRIMARY": {
            "Name": "shop.example.org.",
            "Type": "A",
            "SetIdentifier": "gcp",
            "Failover": "PRIMARY",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}],
            "HealthCheckId": "h1",
        },
        "SECONDARY": {
            "Name": "shop.example.org.",
            "Type": "A",
            "SetIdentifier": "aws",
            "Failover": "SECONDARY",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.3"}],
        },
    }


def test_an_alias_is_in_the_pairs_own_zone_unless_it_says_otherwise() -> None:
    alias = {"name": "Edge.example.org", "zone_id": None, "evaluate_target_health": True}
    made = pair(primary=side("gcp", alias=alias), secondary=side("aws", alias={**alias, "zone_id": "Y"}))
    assert made["PRIMARY"]["AliasTarget"] == {
        "DNSName": "edge.example.org.",
        "HostedZoneId": "Z",
        "EvaluateTargetHealth": True,
    }
    assert made["SECONDARY"]["AliasTarget"]["HostedZoneId"] == "Y"
    assert "TTL" not in made["PRIMARY"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"primary": side("gcp", health_check="gcp")}, "primary needs either values or alias"),
        ({"secondary": side("aws", "192.0.2.3", alias={"name": "x"})}, "secondary needs either values or alias"),
        ({"primary": side("gcp", "192.0.2.1")}, "primary has no health_check: it would never fail over"),
        ({"secondary": side("gcp", "192.0.2.3")}, "primary and secondary have the identifier 'gcp'"),
        ({"type": "CNAME"}, r"primary.values has 2 names; a CNAME has one"),
    ],
)
def test_each_mistake_is_one_sentence(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        pair(**more)


def test_what_is_there_already_is_not_changed() -> None:
    alias = {"name": "edge.example.org", "zone_id": None, "evaluate_target_health": True}
    for wanted in (pair(), pair(secondary=side("aws", alias=alias))):
        existing = records.of_name(map(stored, wanted.values()), NAME, "A")
        assert records.batch(existing, wanted.values()) == []


def test_a_change_takes_the_old_away_first_so_roles_can_be_exchanged() -> None:
    old, new = pair(), pair(primary=side("aws", "192.0.2.3", health_check="aws"), secondary=side("gcp", "192.0.2.1"))
    changes = records.batch(list(old.values()), new.values())
    assert [(change["Action"], change["ResourceRecordSet"]["SetIdentifier"]) for change in changes] == [
        ("DELETE", "gcp"),
        ("DELETE", "aws"),
        ("CREATE", "aws"),
        ("CREATE", "gcp"),
    ]


def test_only_what_differs_is_changed() -> None:
    old, new = pair(), pair(secondary=side("aws", "192.0.2.4"))
    changes = records.batch(list(old.values()), new.values())
    assert {change["ResourceRecordSet"]["SetIdentifier"] for change in changes} == {"aws"}


def test_other_names_and_types_are_left_alone() -> None:
    others = [
        {"Name": "www.example.org.", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "192.0.2.9"}]},
        {"Name": "shop.example.org.", "Type": "TXT", "TTL": 5, "ResourceRecords": [{"Value": '"x"'}]},
    ]
    assert records.of_name([*others, *pair().values()], NAME, "A") == list(pair().values())


@pytest.mark.parametrize(("policy", "word"), [({}, "simple"), ({"Weight": 1, "SetIdentifier": "a"}, "Weight")])
def test_a_record_of_another_policy_is_in_the_way(policy: dict[str, Any], word: str) -> None:
    found = {"Name": "shop.example.org.", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "192.0.2.9"}], **policy}
    with pytest.raises(OptionError, match=f"routing policy {word}; it has to be deleted first"):
        records.of_name([found], NAME, "A")


def test_half_a_pair_is_none() -> None:
    assert records.as_pair(pair().values(), NAME, "A") == pair()
    with pytest.raises(OptionError, match="has no failover record SECONDARY"):
        records.as_pair([pair()["PRIMARY"]], NAME, "A")
    with pytest.raises(OptionError, match="has no failover record PRIMARY and none SECONDARY"):
        records.as_pair([], NAME, "A")


def test_what_it_answers() -> None:
    alias = {"name": "edge.example.org", "zone_id": None, "evaluate_target_health": True}
    made = pair(secondary=side("aws", alias=alias))
    assert records.answers(made["PRIMARY"]) == ("192.0.2.1", "192.0.2.2")
    assert records.answers(made["SECONDARY"]) is None


def test_who_else_rests_on_a_check() -> None:
    found = [
        {"Name": "healthz.example.org.", "Type": "TXT", "HealthCheckId": "h1"},
        {"Name": "other.example.org.", "Type": "TXT", "HealthCheckId": "h2"},
        {"Name": "SHOP.example.org.", "Type": "AAAA", "HealthCheckId": "h1"},
        *pair().values(),
    ]
    assert records.users_of("h1", found, NAME) == ["healthz.example.org TXT"]
    assert records.users_of("h3", found, NAME) == []
