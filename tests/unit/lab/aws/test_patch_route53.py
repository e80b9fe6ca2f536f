# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every patch of Route 53 as a client sees it, positive and negative, through boto3 on the running API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.query
import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws

# Nothing listens on this port of loopback (discard), so a probe is refused at once.
DEAD = {"IPAddress": "127.0.0.1", "Port": 9}
WAIT_SECONDS = 60


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)
    return value


def refused(function: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    """AWS's error code and HTTP status of a call that must fail."""
    with pytest.raises(ClientError) as error:
        function(**arguments)
    response: Any = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def make_check(aws: Aws, **config: Any) -> dict[str, Any]:
    wanted: Any = {"Type": "HTTP", **(DEAD if config.get("Type", "HTTP") == "HTTP" else {}), **config}
    return dict(
        aws.route53.create_health_check(CallerReference=uuid.uuid4().hex, HealthCheckConfig=wanted)["HealthCheck"]
    )


def config_of(aws: Aws, check: dict[str, Any]) -> dict[str, Any]:
    return dict(aws.route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]["HealthCheckConfig"])


@pytest.fixture
def zone(aws: Aws) -> Iterator[str]:
    """A hosted zone of its own name."""
    name = f"z{uuid.uuid4().hex[:8]}.example"
    aws.route53.create_hosted_zone(Name=name, CallerReference=name)
    yield name


def zone_id(aws: Aws, zone: str) -> str:
    return aws.route53.list_hosted_zones_by_name(DNSName=zone)["HostedZones"][0]["Id"].removeprefix("/hostedzone/")


def change(aws: Aws, zone: str, action: str, *records: dict[str, Any]) -> Any:
    batch: Any = {"Changes": [{"Action": action, "ResourceRecordSet": record} for record in records]}
    return aws.route53.change_resource_record_sets(HostedZoneId=zone_id(aws, zone), ChangeBatch=batch)["ChangeInfo"]


def record(zone: str, name: str = "www", value: str = "192.0.2.1", **more: Any) -> dict[str, Any]:
    return {"Name": f"{name}.{zone}.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


# --- health checks


def test_children_and_regions_survive_creation_and_an_unrelated_update(aws: Aws) -> None:
    regions = ["us-east-1", "us-west-1", "eu-west-1"]
    child = make_check(aws, Regions=regions)
    parent = make_check(aws, Type="CALCULATED", ChildHealthChecks=[child["Id"]], HealthThreshold=1)
    for check in (child, parent):
        aws.route53.update_health_check(HealthCheckId=check["Id"], Inverted=True)
    assert config_of(aws, child)["Regions"] == regions
    assert config_of(aws, parent)["ChildHealthChecks"] == [child["Id"]]
    assert config_of(aws, parent)["Inverted"] is True


def test_reset_elements_do_erase(aws: Aws) -> None:
    check = make_check(aws, ResourcePath="/x")
    aws.route53.update_health_check(HealthCheckId=check["Id"], ResetElements=["ResourcePath"])
    assert "ResourcePath" not in config_of(aws, check)


def test_alarm_checks_keep_their_alarm(aws: Aws) -> None:
    alarm = {"Region": "us-east-1", "Name": "a"}
    check = make_check(
        aws, Type="CLOUDWATCH_METRIC", AlarmIdentifier=alarm, InsufficientDataHealthStatus="Unhealthy", Disabled=True
    )
    assert config_of(aws, check)["AlarmIdentifier"] == alarm
    assert config_of(aws, check)["InsufficientDataHealthStatus"] == "Unhealthy"
    aws.route53.update_health_check(HealthCheckId=check["Id"], AlarmIdentifier={"Region": "us-east-1", "Name": "b"})
    assert config_of(aws, check)["AlarmIdentifier"]["Name"] == "b"


def test_an_update_counts_the_version_and_refuses_another(aws: Aws) -> None:
    check = make_check(aws)
    update = aws.route53.update_health_check
    assert update(HealthCheckId=check["Id"], HealthCheckVersion=1, Port=10)["HealthCheck"]["HealthCheckVersion"] == 2
    assert refused(update, HealthCheckId=check["Id"], HealthCheckVersion=1, Port=11) == (
        "HealthCheckVersionMismatch",
        409,
    )
    assert config_of(aws, check)["Port"] == 10


def test_the_same_request_again_returns_the_same_check(aws: Aws) -> None:
    request: Any = {"CallerReference": uuid.uuid4().hex, "HealthCheckConfig": {"Type": "HTTP", **DEAD}}
    create = aws.route53.create_health_check
    first = create(**request)["HealthCheck"]
    assert create(**request)["HealthCheck"]["Id"] == first["Id"]
    other = {**request, "HealthCheckConfig": {**request["HealthCheckConfig"], "Port": 10}}
    assert refused(create, **other) == ("HealthCheckAlreadyExists", 409)
    aws.route53.delete_health_check(HealthCheckId=first["Id"])
    assert refused(create, **request) == ("HealthCheckAlreadyExists", 409)


def test_incomplete_checks_are_refused(aws: Aws) -> None:
    config = {"Type": "CALCULATED", "ChildHealthChecks": ["00000000-0000-0000-0000-000000000000"], "HealthThreshold": 1}
    assert refused(aws.route53.create_health_check, CallerReference=uuid.uuid4().hex, HealthCheckConfig=config) == (
        "InvalidInput",
        400,
    )


def test_delete(aws: Aws) -> None:
    check = make_check(aws)
    aws.route53.delete_health_check(HealthCheckId=check["Id"])
    assert refused(aws.route53.get_health_check, HealthCheckId=check["Id"])[0] == "NoSuchHealthCheck"
    assert refused(aws.route53.delete_health_check, HealthCheckId=check["Id"])[0] == "NoSuchHealthCheck"


def test_recovery_control_is_not_pretended(aws: Aws) -> None:
    config = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": "arn:aws:route53-recovery-control::1:controlpanel/x"}
    assert refused(aws.route53.create_health_check, CallerReference=uuid.uuid4().hex, HealthCheckConfig=config) == (
        "NotImplemented",
        501,
    )
    assert "UNIMPLEMENTED route53 CreateHealthCheck" in aws.log.read_text()


# --- records


def test_a_refused_batch_changes_nothing(aws: Aws, zone: str) -> None:
    check = make_check(aws)["Id"]
    pair = [
        record(zone, "shop", f"192.0.2.{number}", SetIdentifier=str(number), Failover=role, HealthCheckId=check)
        for number, role in ((1, "PRIMARY"), (2, "SECONDARY"), (3, "PRIMARY"))
    ]
    assert refused(lambda: change(aws, zone, "CREATE", *pair))[0] == "InvalidChangeBatch"
    unknown = record(zone, HealthCheckId="00000000-0000-0000-0000-000000000000")
    assert refused(lambda: change(aws, zone, "CREATE", unknown))[0] == "NoSuchHealthCheck"
    listed = aws.route53.list_resource_record_sets(HostedZoneId=zone_id(aws, zone))["ResourceRecordSets"]
    assert sorted(entry["Type"] for entry in listed) == ["NS", "SOA"]
    change(aws, zone, "CREATE", *pair[:2])


def test_delete_by_set_identifier_leaves_other_names_alone(aws: Aws, zone: str) -> None:
    one, two = (record(zone, name, SetIdentifier="same", Weight=1) for name in ("one", "two"))
    change(aws, zone, "CREATE", one, two)
    change(aws, zone, "DELETE", one)
    listed = aws.route53.list_resource_record_sets(HostedZoneId=zone_id(aws, zone))["ResourceRecordSets"]
    assert [entry["Name"] for entry in listed if entry["Type"] == "A"] == [f"two.{zone}."]


def test_latency_routing_is_not_pretended(aws: Aws, zone: str) -> None:
    latency = record(zone, SetIdentifier="x", Region="us-east-1")
    assert refused(lambda: change(aws, zone, "CREATE", latency)) == ("NotImplemented", 501)


# --- what only the data plane knows


def test_status_comes_from_the_checkers(aws: Aws) -> None:
    port = int(aws.endpoint.rpartition(":")[2])
    alive = make_check(aws, Port=port, ResourcePath="/lab/ready", RequestInterval=10)["Id"]
    dead = make_check(aws, RequestInterval=10)["Id"]

    def statuses(check: str) -> list[str]:
        found = aws.route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        return [entry["StatusReport"]["Status"] for entry in found if len(found) == 16]

    assert all(
        status.startswith("Success: HTTP Status Code 200") for status in wait_for(lambda: statuses(alive), "alive")
    )
    assert all(status.startswith("Failure: ") for status in wait_for(lambda: statuses(dead), "dead"))
    reasons = aws.route53.get_health_check_last_failure_reason
    assert len(reasons(HealthCheckId=dead)["HealthCheckObservations"]) == 16
    assert reasons(HealthCheckId=alive)["HealthCheckObservations"] == []


def test_nobody_reports_on_a_calculated_check(aws: Aws) -> None:
    check = make_check(aws, Type="CALCULATED", ChildHealthChecks=[make_check(aws)["Id"]], HealthThreshold=1)
    for call in (aws.route53.get_health_check_status, aws.route53.get_health_check_last_failure_reason):
        assert refused(call, HealthCheckId=check["Id"])[0] == "InvalidInput"


def test_status_of_an_unknown_check_is_refused(aws: Aws) -> None:
    assert refused(aws.route53.get_health_check_status, HealthCheckId="nope")[0] == "NoSuchHealthCheck"


def test_the_checkers_addresses(aws: Aws) -> None:
    ranges = aws.route53.get_checker_ip_ranges()["CheckerIpRanges"]
    assert ranges == [f"127.0.0.{number}/32" for number in range(10, 26)]


def test_a_change_is_pending_until_the_name_servers_have_it(aws: Aws, zone: str) -> None:
    submitted = change(aws, zone, "CREATE", record(zone))
    assert submitted["Status"] == "PENDING"

    def in_sync() -> bool:
        return aws.route53.get_change(Id=submitted["Id"])["ChangeInfo"]["Status"] == "INSYNC"

    wait_for(in_sync, "the change is in sync")
    query = dns.message.make_query(f"www.{zone}", "A")
    response = dns.query.udp(query, "127.0.0.1", port=aws.dns_port, timeout=5)
    assert response.answer[0].to_text() == f"www.{zone}. 60 IN A 192.0.2.1"
    tested = aws.route53.test_dns_answer(HostedZoneId=zone_id(aws, zone), RecordName=f"www.{zone}", RecordType="A")
    assert (tested["ResponseCode"], tested["RecordData"]) == ("NOERROR", ["192.0.2.1"])
    nothing = aws.route53.test_dns_answer(HostedZoneId=zone_id(aws, zone), RecordName=f"no.{zone}", RecordType="A")
    assert (nothing["ResponseCode"], nothing["RecordData"]) == ("NXDOMAIN", [])


def test_an_unknown_change_is_refused(aws: Aws) -> None:
    assert refused(aws.route53.get_change, Id="C9999999999999") == ("NoSuchChange", 404)


def test_a_zones_own_changes_have_an_id_too(aws: Aws) -> None:
    name = f"z{uuid.uuid4().hex[:8]}.example"
    created = aws.route53.create_hosted_zone(Name=name, CallerReference=name)
    deleted = aws.route53.delete_hosted_zone(Id=created["HostedZone"]["Id"])
    assert created["ChangeInfo"]["Status"] == deleted["ChangeInfo"]["Status"] == "PENDING"
    assert created["ChangeInfo"]["Id"] != deleted["ChangeInfo"]["Id"]


@pytest.mark.parametrize("treat_missing", ["missing", "breaching"])
def test_an_alarm_check_follows_the_metric_not_the_alarms_state(aws: Aws, zone: str, treat_missing: str) -> None:
    cloudwatch, name = aws.client("cloudwatch"), f"alarm-{zone}-{treat_missing}"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName=name,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=treat_missing,
    )
    check = make_check(
        aws,
        Type="CLOUDWATCH_METRIC",
        AlarmIdentifier={"Region": "us-east-1", "Name": name},
        InsufficientDataHealthStatus="Healthy",
    )["Id"]
    change(
        aws,
        zone,
        "CREATE",
        record(zone, "shop", "192.0.2.1", SetIdentifier="p", Failover="PRIMARY", HealthCheckId=check),
        record(zone, "shop", "192.0.2.2", SetIdentifier="s", Failover="SECONDARY"),
    )

    def answers(value: str) -> bool:
        tested = aws.route53.test_dns_answer(HostedZoneId=zone_id(aws, zone), RecordName=f"shop.{zone}", RecordType="A")
        return tested["RecordData"] == [value]

    wait_for(lambda: answers("192.0.2.2" if treat_missing == "breaching" else "192.0.2.1"), "without data")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="forced")  # must not matter
    data = {"MetricName": name, "Value": 1.0, "Timestamp": datetime.now(UTC)}
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[data])
    wait_for(lambda: answers("192.0.2.1"), "with a good value")
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{**data, "Value": 9.0}])
    wait_for(lambda: answers("192.0.2.2"), "with a bad value")


# --- without a data plane


def test_without_a_data_plane_nobody_guesses(bare_aws: Aws) -> None:
    check = make_check(bare_aws)["Id"]
    name = f"z{uuid.uuid4().hex[:8]}.example"
    created = bare_aws.route53.create_hosted_zone(Name=name, CallerReference=name)
    zone_ = created["HostedZone"]["Id"]
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (bare_aws.route53.get_health_check_status, {"HealthCheckId": check}),
        (bare_aws.route53.get_health_check_last_failure_reason, {"HealthCheckId": check}),
        (bare_aws.route53.get_checker_ip_ranges, {}),
        (bare_aws.route53.get_change, {"Id": created["ChangeInfo"]["Id"]}),
        (bare_aws.route53.test_dns_answer, {"HostedZoneId": zone_, "RecordName": name, "RecordType": "A"}),
    ]
    assert {refused(function, **arguments) for function, arguments in calls} == {("NotImplemented", 501)}
    assert bare_aws.log.read_text().count("UNIMPLEMENTED route53 ") == len(calls)
