# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from lab.aws.route53_rules import Refused, changed_records, new_health_check, updated_health_check

ENDPOINT = {"Type": "HTTPS", "IPAddress": "192.0.2.1"}


def test_defaults_of_an_endpoint_check() -> None:
    assert new_health_check(ENDPOINT, []) == {
        "Type": "HTTPS",
        "IPAddress": "192.0.2.1",
        "Port": 443,
        "RequestInterval": 30,
        "FailureThreshold": 3,
        "MeasureLatency": False,
        "EnableSNI": True,
        "Inverted": False,
        "Disabled": False,
    }


def test_what_is_given_wins_over_the_defaults() -> None:
    given = {"Port": 8443, "RequestInterval": 10, "EnableSNI": False, "Inverted": True, "Regions": ["a", "b", "c"]}
    assert given.items() <= new_health_check({**ENDPOINT, **given}, []).items()


def test_every_field_of_an_alarm_check_is_kept() -> None:
    given = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": {"Region": "us-east-1", "Name": "a"},
        "InsufficientDataHealthStatus": "Unhealthy",
    }
    assert given.items() <= new_health_check(given, []).items()


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"Type": "HTTP"}, "IPAddress"),
        ({"Type": "TCP", "IPAddress": "192.0.2.1"}, "Port"),
        ({"Type": "HTTP_STR_MATCH", "IPAddress": "192.0.2.1"}, "SearchString"),
        ({"Type": "HTTP", "IPAddress": "192.0.2.1", "SearchString": "x"}, "SearchString"),
        ({"Type": "CALCULATED", "ChildHealthChecks": ["one"]}, "HealthThreshold"),
        ({"Type": "CALCULATED", "ChildHealthChecks": ["one", "two"], "HealthThreshold": 1}, "two"),
        ({"Type": "CLOUDWATCH_METRIC", "InsufficientDataHealthStatus": "Healthy"}, "AlarmIdentifier"),
    ],
)
def test_incomplete_checks_are_refused(given: dict[str, Any], part: str) -> None:
    with pytest.raises(Refused, match=part) as refused:
        new_health_check(given, ["one"])
    assert refused.value.code == "InvalidInput"


def test_an_update_leaves_alone_what_it_does_not_name() -> None:
    before = new_health_check({"Type": "CALCULATED", "ChildHealthChecks": ["one"], "HealthThreshold": 1}, ["one"])
    assert updated_health_check(before, {"Inverted": True}, ["one"]) == {**before, "Inverted": True}


def test_reset_elements_take_the_default() -> None:
    before = new_health_check({**ENDPOINT, "ResourcePath": "/x", "Regions": ["a", "b", "c"]}, [])
    after = updated_health_check(before, {"ResetElements": ["ResourcePath", "Regions"]}, [])
    assert before.keys() - after.keys() == {"ResourcePath", "Regions"}


def test_an_update_to_something_invalid_is_refused() -> None:
    before = new_health_check({"Type": "HTTP", "FullyQualifiedDomainName": "x"}, [])
    with pytest.raises(Refused):
        updated_health_check(before, {"ResetElements": ["FullyQualifiedDomainName"]}, [])


# --- change batches

ZONE = "example."


def record(name: str = "www.example.", **more: Any) -> dict[str, Any]:
    values = [{"Value": "192.0.2.1"}]
    return {
        key: value
        for key, value in {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": values, **more}.items()
        if value
    }


def pair(role: str, identifier: str = "", **more: Any) -> dict[str, Any]:
    return record("shop.example.", Failover=role, SetIdentifier=identifier or role, HealthCheckId="h", **more)


def change(action: str, *records: dict[str, Any], before: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    changes = [{"Action": action, "ResourceRecordSet": each} for each in records]
    return changed_records(before or [], changes, ZONE, ["h"])


def test_create_upsert_and_delete() -> None:
    created = change("CREATE", record())
    assert created == [record()]
    upserted = change("UPSERT", record(TTL=5), before=created)
    assert upserted == [record(TTL=5)]
    assert change("DELETE", record(TTL=5), before=upserted) == []


def test_names_are_normalised() -> None:
    assert change("CREATE", record("WWW.Example")) == [record()]
    assert change("CREATE", record("\\052.example.")) == [record("*.example.")]


def test_a_batch_is_applied_in_order() -> None:
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": pair("PRIMARY", "gcp")},
        {"Action": "DELETE", "ResourceRecordSet": pair("SECONDARY", "aws")},
        {"Action": "CREATE", "ResourceRecordSet": pair("PRIMARY", "aws")},
        {"Action": "CREATE", "ResourceRecordSet": pair("SECONDARY", "gcp")},
    ]
    before = [pair("PRIMARY", "gcp"), pair("SECONDARY", "aws")]
    after = changed_records(before, changes, ZONE, ["h"])
    assert [(each["SetIdentifier"], each["Failover"]) for each in after] == [("aws", "PRIMARY"), ("gcp", "SECONDARY")]


def test_a_failover_pair_is_accepted() -> None:
    assert len(change("CREATE", pair("PRIMARY"), pair("SECONDARY"))) == 2


def test_delete_by_set_identifier_only_under_its_own_name() -> None:
    other = record("other.example.", Failover="SECONDARY", SetIdentifier="SECONDARY")
    before = [pair("SECONDARY"), other]
    assert change("DELETE", pair("SECONDARY"), before=before) == [other]


@pytest.mark.parametrize(
    ("records", "part"),
    [
        ([pair("PRIMARY", "a"), pair("PRIMARY", "b")], "PRIMARY failover record set"),
        ([pair("PRIMARY"), record("shop.example.")], "mix the policies"),
        ([pair("PRIMARY"), record("shop.example.", Weight=1, SetIdentifier="w")], "mix the policies"),
        ([pair("PRIMARY", Weight=1)], "several routing policies"),
        ([record(Failover="SECONDARY")], "SetIdentifier"),
        ([record(SetIdentifier="x")], "SetIdentifier"),
        ([record(Failover="PRIMARY", SetIdentifier="p")], "must have an associated health check"),
        ([record("www.example.org.")], "not permitted in zone"),
        ([record(TTL=None)], "TTL"),
        ([record(ResourceRecords=None)], "exactly one of"),
        ([record(), record(Type="CNAME")], "CNAME"),
        ([record(), record()], "already exists"),
    ],
)
def test_refused_batches(records: list[dict[str, Any]], part: str) -> None:
    with pytest.raises(Refused, match=part) as refused:
        change("CREATE", *records)
    assert refused.value.code == "InvalidChangeBatch"


@pytest.mark.parametrize(("evaluate", "accepted"), [(True, True), (False, False)])
def test_a_failover_alias_must_evaluate_its_target(evaluate: bool, accepted: bool) -> None:
    target = {"HostedZoneId": "Z", "DNSName": "gcp.example.", "EvaluateTargetHealth": evaluate}
    alias = record(TTL=None, ResourceRecords=None, Failover="PRIMARY", SetIdentifier="p", AliasTarget=target)
    if accepted:
        assert change("CREATE", alias) == [alias]
    else:
        with pytest.raises(Refused, match="EvaluateTargetHealth"):
            change("CREATE", alias)


def test_an_unknown_health_check_is_refused() -> None:
    with pytest.raises(Refused, match="nope") as refused:
        change("CREATE", record(HealthCheckId="nope"))
    assert refused.value.code == "NoSuchHealthCheck"


def test_a_check_that_was_deleted_later_does_not_block_other_changes() -> None:
    assert len(change("CREATE", record(), before=[pair("SECONDARY") | {"HealthCheckId": "deleted"}])) == 2


@pytest.mark.parametrize(
    ("deleted", "part"),
    [
        (record("other.example."), "it was not found"),
        (record(TTL=61), "do not match the current values"),
        (record(SetIdentifier="x"), "it was not found"),
    ],
)
def test_a_delete_has_to_match(deleted: dict[str, Any], part: str) -> None:
    with pytest.raises(Refused, match=part):
        change("DELETE", deleted, before=[record()])
