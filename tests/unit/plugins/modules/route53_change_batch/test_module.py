# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API: creation, exchange, drift, removal, waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53 import api
from ansible_collections.multicloud.dr.plugins.modules import route53_change_batch

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import unique


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(route53_change_batch.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def zone(aws: Aws) -> str:
    name = f"{unique()}.example"
    aws.route53.create_hosted_zone(Name=name, CallerReference=name)
    return name


def zone_id(aws: Aws, zone: str) -> str:
    return aws.route53.list_hosted_zones_by_name(DNSName=zone)["HostedZones"][0]["Id"].removeprefix("/hostedzone/")


def stored(aws: Aws, zone: str) -> dict[tuple[str, str, str], Any]:
    found = aws.route53.list_resource_record_sets(HostedZoneId=zone_id(aws, zone))["ResourceRecordSets"]
    return {
        (record["Name"].removesuffix(f".{zone}."), record["Type"], record.get("SetIdentifier", "")): record
        for record in found
        if record["Type"] not in ("NS", "SOA")
    }


def actions(result: dict[str, Any]) -> list[str]:
    return [
        f"{each['action']} {each['name'].partition('.')[0]} {each['identifier']}".strip() for each in result["changes"]
    ]


@pytest.fixture
def check(aws: Aws) -> str:
    config: Any = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9}
    made = aws.route53.create_health_check(CallerReference=unique(), HealthCheckConfig=config)["HealthCheck"]["Id"]
    tag: Any = [{"Key": "Name", "Value": f"check-{made}"}]
    aws.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=made, AddTags=tag)
    return f"check-{made}"


@pytest.fixture
def records(zone: str, check: str) -> list[dict[str, Any]]:
    pair = {"name": f"api.{zone}", "type": "A", "ttl": 60}
    return [
        {"name": f"www.{zone}", "type": "A", "values": ["192.0.2.2", "192.0.2.1"]},
        {"name": f"alias.{zone}", "type": "A", "alias": {"name": f"www.{zone}"}},
        {**pair, "values": ["192.0.2.1"], "identifier": "a", "failover": "PRIMARY", "health_check": check},
        {**pair, "values": ["192.0.2.2"], "identifier": "b", "failover": "SECONDARY"},
        {"name": f"pool.{zone}", "type": "TXT", "values": ['"x"'], "identifier": "a", "weight": 0},
    ]


def test_life(run: Run, aws: Aws, zone: str, records: list[dict[str, Any]]) -> None:
    planned = run(_check=True, zone=zone, records=records)
    assert (planned["changed"], len(planned["changes"]), planned["change_id"]) == (True, 5, "")
    assert stored(aws, zone) == {}, "check mode made them"
    made = run(zone=zone, records=records, wait=True)
    assert (made["changes"], made["in_sync"], made["diff"]) == (planned["changes"], True, planned["diff"])
    assert len(stored(aws, zone)) == 5
    again = run(zone_id=zone_id(aws, zone), records=records)
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], {"before": {}, "after": {}})
    reordered = [{**records[0], "values": ["192.0.2.1", "192.0.2.2"], "name": records[0]["name"].upper()}]
    assert not run(zone=zone, records=reordered)["changed"]
    gone = [{**each, "state": "absent"} for each in records]
    assert run(_check=True, zone=zone, records=gone)["changed"]
    assert set(actions(run(zone=zone, records=gone))) == {
        "DELETE www", "DELETE alias", "DELETE api a", "DELETE api b", "DELETE pool a",
    }  # fmt: skip
    assert not run(zone=zone, records=gone)["changed"]


@pytest.mark.parametrize(
    ("index", "drift", "action"),
    [
        (0, {"TTL": 5}, "UPSERT www"),
        (0, {"ResourceRecords": [{"Value": "192.0.2.9"}]}, "UPSERT www"),
        (2, {"HealthCheckId": None}, "UPSERT api a"),
        (4, {"Weight": 7}, "DELETE pool a"),
        (1, {"AliasTarget": "health"}, "UPSERT alias"),
    ],
)
def test_drift_is_seen_and_repaired(
    run: Run, aws: Aws, zone: str, records: list[dict[str, Any]], index: int, drift: dict[str, Any], action: str
) -> None:
    run(zone=zone, records=records)
    before = stored(aws, zone)
    key = (
        records[index]["name"].removesuffix(f".{zone}"),
        records[index]["type"],
        records[index].get("identifier", ""),
    )
    record: Any = {**before[key], **drift}
    if drift.get("AliasTarget"):
        record["AliasTarget"] = {**before[key]["AliasTarget"], "EvaluateTargetHealth": True}
    record = {name: value for name, value in record.items() if value is not None}
    batch: Any = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    if drift == {"HealthCheckId": None}:
        # Route 53 takes no PRIMARY without a check: another one.
        config: Any = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 10}
        other = aws.route53.create_health_check(CallerReference=unique(), HealthCheckConfig=config)["HealthCheck"]["Id"]
        record["HealthCheckId"] = other
    aws.route53.change_resource_record_sets(HostedZoneId=zone_id(aws, zone), ChangeBatch=batch)
    seen = run(_check=True, zone=zone, records=records)
    assert actions(seen)[0] == action
    assert seen["diff"]["before"] != seen["diff"]["after"]
    assert run(zone=zone, records=records)["changed"]
    assert stored(aws, zone) == before
    assert not run(zone=zone, records=records)["changed"]


def test_roles_are_exchanged_in_one_batch(
    run: Run, aws: Aws, zone: str, records: list[dict[str, Any]], check: str
) -> None:
    run(zone=zone, records=records)
    a, b = records[2], records[3]
    swapped = [{**a, "failover": "SECONDARY"}, {**b, "failover": "PRIMARY", "health_check": check}]
    assert actions(run(zone=zone, records=swapped)) == ["DELETE api a", "DELETE api b", "CREATE api a", "CREATE api b"]
    assert stored(aws, zone)[("api", "A", "b")]["Failover"] == "PRIMARY"
    assert not run(zone=zone, records=swapped)["changed"]


def test_from_one_policy_to_another_needs_purge(run: Run, aws: Aws, zone: str, records: list[dict[str, Any]]) -> None:
    simple = [{"name": f"api.{zone}", "type": "A", "ttl": 60, "values": ["192.0.2.1"]}]
    run(zone=zone, records=records)
    before = stored(aws, zone)
    refused = run(zone=zone, records=simple)
    assert refused["error_code"] == "InvalidChangeBatch"
    assert stored(aws, zone) == before, "half of the batch was done"
    assert actions(run(zone=zone, records=simple, purge=True)) == ["DELETE api a", "DELETE api b", "CREATE api"]
    assert ("www", "A", "") in stored(aws, zone), "other names are left alone"
    assert not run(zone=zone, records=simple, purge=True)["changed"]


def test_check_mode_without_a_zone_or_a_check(run: Run) -> None:
    wanted = [{"name": "x.nowhere.example", "type": "A", "values": ["192.0.2.1"], "health_check": "later"}]
    planned = run(_check=True, zone="nowhere.example", records=wanted)
    assert planned["diff"]["after"]["x.nowhere.example A"]["HealthCheckId"] == "later"
    assert run(zone="nowhere.example", records=wanted)["failed"]
    gone = [{"name": "x.nowhere.example", "type": "A", "state": "absent"}]
    assert not run(zone="nowhere.example", records=gone)["changed"], "with the zone its records are gone"


@pytest.mark.parametrize(
    ("record", "part"),
    [
        ({}, "needs either values or alias"),
        ({"values": ["192.0.2.1"], "alias": {"name": "y.example"}}, "needs either values or alias"),
        ({"values": ["a.", "b."], "type": "CNAME"}, "has 2 values"),
        ({"values": ["192.0.2.1"], "identifier": "a"}, "identifier together with one of"),
        ({"values": ["192.0.2.1"], "failover": "PRIMARY"}, "identifier together with one of"),
        ({"values": ["192.0.2.1"], "identifier": "a", "weight": 1, "failover": "PRIMARY"}, "identifier together"),
        ({"values": ["192.0.2.1"], "health_check": "nobody"}, "but no health checks have this name or id"),
        ({"values": ["192.0.2.1"], "type": "SOA"}, "SOA"),
    ],
)
def test_bad_records(run: Run, zone: str, record: dict[str, Any], part: str) -> None:
    result = run(zone=zone, records=[{"name": f"x.{zone}", "type": "A", **record}])
    assert result["failed"]
    assert part in result["msg"]


def test_records_that_contradict_each_other(run: Run, zone: str) -> None:
    record = {"name": f"x.{zone}", "type": "A", "values": ["192.0.2.1"]}
    assert "twice" in run(zone=zone, records=[record, record])["msg"]
    assert "both present and absent" in run(zone=zone, records=[record, {**record, "state": "absent"}])["msg"]


def test_waiting_says_that_it_was_changed(
    run: Run, zone: str, records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    never: Callable[..., bool] = lambda *_: False  # noqa: E731
    monkeypatch.setattr(api, "is_in_sync", never)
    result = run(zone=zone, records=records, wait=True, wait_timeout=0)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "not all name servers have them after 0 s" in result["msg"]


def test_a_batch_has_its_limit(run: Run, zone: str) -> None:
    many = [{"name": f"n{number}.{zone}", "type": "A", "values": ["192.0.2.1"]} for number in range(1001)]
    assert "1001 changes" in run(zone=zone, records=many)["msg"]
