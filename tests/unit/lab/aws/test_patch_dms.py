# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws
from tests.unit.fakes.mysql_server import mysql_server

MAPPINGS = json.dumps({"rules": [{"rule-type": "selection", "rule-id": "1", "rule-action": "include"}]})


def new() -> str:
    return f"t{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with mysql_server("dms") as port:
        yield port


@pytest.fixture
def dms(bare_aws: Aws) -> Any:
    return bare_aws.client("dms")


def refused(function: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        function(**arguments)
    return str(error.value.response["Error"]["Code"])


def subnets(aws: Aws, zones: str = "ab") -> list[str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(zones)
    ]


def endpoint(dms: Any, port: int, kind: str = "source", **more: Any) -> str:
    given = {"EngineName": "mysql", "ServerName": "127.0.0.1", "Port": port, "Username": "dms", "Password": "x"}
    made = dms.create_endpoint(EndpointIdentifier=new(), EndpointType=kind, **{**given, **more})
    return str(made["Endpoint"]["EndpointArn"])


def instance(dms: Any, **more: Any) -> str:
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier=new(), ReplicationInstanceClass="dms.t3.medium", **more
    )
    return str(made["ReplicationInstance"]["ReplicationInstanceArn"])


def task(dms: Any, port: int, tested: bool = True) -> str:
    arns = [endpoint(dms, port, kind) for kind in ("source", "target")]
    where = instance(dms)
    for arn in arns if tested else []:
        dms.test_connection(ReplicationInstanceArn=where, EndpointArn=arn)
        status(dms, arn)
    made = dms.create_replication_task(
        ReplicationTaskIdentifier=new(),
        SourceEndpointArn=arns[0],
        TargetEndpointArn=arns[1],
        ReplicationInstanceArn=where,
        MigrationType="full-load-and-cdc",
        TableMappings=MAPPINGS,
    )
    return str(made["ReplicationTask"]["ReplicationTaskArn"])


def status(dms: Any, arn: str) -> tuple[str, str]:
    found = dms.describe_connections(Filters=[{"Name": "endpoint-arn", "Values": [arn]}])["Connections"][0]
    return found["Status"], found["LastFailureMessage"]


def seen(dms: Any, arn: str) -> dict[str, Any]:
    found = dms.describe_replication_tasks(Filters=[{"Name": "replication-task-arn", "Values": [arn]}])
    (only,) = found["ReplicationTasks"]
    return dict(only)


def start(dms: Any, arn: str, kind: str = "start-replication") -> None:
    seen(dms, arn)
    dms.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType=kind)


# --- connections


def test_a_connection_works_if_one_can_log_in_and_can_be_tested_again(dms: Any, port: int) -> None:
    where, arn = instance(dms), endpoint(dms, port)
    for _ in range(2):
        dms.test_connection(ReplicationInstanceArn=where, EndpointArn=arn)
        assert status(dms, arn) == ("successful", "")


@pytest.mark.parametrize("more", [{"Port": 1}, {"Username": "nobody"}, {"SslMode": "require"}])
def test_a_connection_fails_for_a_reason(dms: Any, port: int, more: dict[str, Any]) -> None:
    where, arn = instance(dms), endpoint(dms, port, **more)
    dms.test_connection(ReplicationInstanceArn=where, EndpointArn=arn)
    found, message = status(dms, arn)
    assert (found, message.startswith("Test Endpoint failed")) == ("failed", True)


def test_a_connection_of_another_engine_is_not_pretended(dms: Any) -> None:
    arn = endpoint(dms, 1, EngineName="postgres")
    assert refused(dms.test_connection, ReplicationInstanceArn=instance(dms), EndpointArn=arn) == "NotImplemented"


def test_a_connection_of_nothing(dms: Any, port: int) -> None:
    assert refused(dms.test_connection, ReplicationInstanceArn="x", EndpointArn=endpoint(dms, port)).endswith("Fault")
    assert refused(dms.test_connection, ReplicationInstanceArn=instance(dms), EndpointArn="x").endswith("Fault")


# --- endpoints


def test_an_endpoint_is_modified_and_has_to_be_tested_again(dms: Any, port: int) -> None:
    where, arn = instance(dms), endpoint(dms, port)
    dms.test_connection(ReplicationInstanceArn=where, EndpointArn=arn)
    found = dms.modify_endpoint(EndpointArn=arn, Port=1, Password="y")["Endpoint"]
    assert (found["Port"], found["ServerName"], "Password" in found) == (1, "127.0.0.1", False)
    assert dms.describe_connections(Filters=[{"Name": "endpoint-arn", "Values": [arn]}])["Connections"] == []


def test_what_modify_endpoint_does_not_do(dms: Any, port: int) -> None:
    arn = endpoint(dms, port)
    assert refused(dms.modify_endpoint, EndpointArn=arn, ExternalTableDefinition="x") == "NotImplemented"
    assert refused(dms.modify_endpoint, EndpointArn="x", Port=1) == "ResourceNotFoundFault"


@pytest.mark.parametrize("name", ["1a", "a-", "a--b", "a_b", "a" * 256])
def test_identifiers(dms: Any, port: int, name: str) -> None:
    given = {"EndpointType": "source", "EngineName": "mysql"}
    assert refused(dms.create_endpoint, EndpointIdentifier=name, **given) == "InvalidParameterValueException"


# --- subnet groups and instances


def test_a_subnet_group_knows_its_subnets(dms: Any, bare_aws: Aws) -> None:
    first, then, name = subnets(bare_aws), subnets(bare_aws), new()
    group = {"ReplicationSubnetGroupIdentifier": name, "ReplicationSubnetGroupDescription": "d"}
    dms.create_replication_subnet_group(**group, SubnetIds=first)
    dms.modify_replication_subnet_group(**group, SubnetIds=then)
    where = instance(dms, ReplicationSubnetGroupIdentifier=name)
    (found,) = dms.describe_replication_instances(Filters=[{"Name": "replication-instance-arn", "Values": [where]}])[
        "ReplicationInstances"
    ]
    assert [each["SubnetIdentifier"] for each in found["ReplicationSubnetGroup"]["Subnets"]] == then
    only = {"ReplicationSubnetGroupIdentifier": name}
    assert refused(dms.delete_replication_subnet_group, **only) == "InvalidResourceStateFault"
    dms.delete_replication_instance(ReplicationInstanceArn=where)
    dms.delete_replication_subnet_group(**only)


def test_a_subnet_group_needs_two_zones_and_subnets_that_exist(dms: Any, bare_aws: Aws) -> None:
    group = {"ReplicationSubnetGroupIdentifier": new(), "ReplicationSubnetGroupDescription": "d"}
    create = dms.create_replication_subnet_group
    assert refused(create, **group, SubnetIds=["subnet-1"]) == "InvalidSubnet"
    code = "ReplicationSubnetGroupDoesNotCoverEnoughAZs"
    assert refused(create, **group, SubnetIds=subnets(bare_aws, "aa")) == code


def test_an_instance_needs_a_subnet_group_that_exists(dms: Any) -> None:
    given = {"ReplicationInstanceIdentifier": new(), "ReplicationInstanceClass": "dms.t3.medium"}
    create = dms.create_replication_instance
    assert refused(create, **given, ReplicationSubnetGroupIdentifier="x") == "ResourceNotFoundFault"
    code = "InvalidParameterCombinationException"
    assert refused(create, **given, MultiAZ=True, AvailabilityZone="us-east-1a") == code


# --- tasks


def test_life_of_a_task(dms: Any, port: int) -> None:
    arn = task(dms, port)
    assert seen(dms, arn)["Status"] == "ready"
    start(dms, arn)
    assert seen(dms, arn)["Status"] == "running"
    dms.stop_replication_task(ReplicationTaskArn=arn)
    assert (seen(dms, arn)["Status"], seen(dms, arn)["StopReason"]) == ("stopped", "Stop Reason NORMAL")
    dms.modify_replication_task(ReplicationTaskArn=arn, MigrationType="cdc")
    assert (seen(dms, arn)["Status"], seen(dms, arn)["MigrationType"]) == ("stopped", "cdc")
    start(dms, arn, "resume-processing")
    assert seen(dms, arn)["Status"] == "running"
    dms.stop_replication_task(ReplicationTaskArn=arn)
    seen(dms, arn)
    dms.delete_replication_task(ReplicationTaskArn=arn)
    only = [{"Name": "replication-task-arn", "Values": [arn]}]
    assert refused(dms.describe_replication_tasks, Filters=only) == "ResourceNotFoundFault"


def test_nothing_has_moved(dms: Any, port: int) -> None:
    arn = task(dms, port)
    start(dms, arn)
    stats = seen(dms, arn)["ReplicationTaskStats"]
    assert (stats["FullLoadProgressPercent"], stats["TablesLoaded"], "FullLoadFinishDate" in stats) == (0, 0, False)
    assert dms.describe_table_statistics(ReplicationTaskArn=arn)["TableStatistics"] == []


def test_there_are_no_statistics_before_the_start(dms: Any, port: int) -> None:
    arn = task(dms, port)
    assert refused(dms.describe_table_statistics, ReplicationTaskArn=arn) == "InvalidResourceStateFault"


def test_a_task_starts_only_over_tested_connections(dms: Any, port: int) -> None:
    arn = task(dms, port, tested=False)
    seen(dms, arn)
    given = {"ReplicationTaskArn": arn, "StartReplicationTaskType": "start-replication"}
    assert refused(dms.start_replication_task, **given) == "InvalidResourceStateFault"


def test_how_a_task_starts(dms: Any, port: int) -> None:
    arn = task(dms, port)
    seen(dms, arn)
    call, code = dms.start_replication_task, "InvalidParameterCombinationException"
    given = {"ReplicationTaskArn": arn, "StartReplicationTaskType": "resume-processing"}
    assert refused(call, **given) == code
    start(dms, arn)
    seen(dms, arn)
    assert refused(call, **given) == "InvalidResourceStateFault"
    dms.stop_replication_task(ReplicationTaskArn=arn)
    seen(dms, arn)
    assert refused(call, ReplicationTaskArn=arn, StartReplicationTaskType="start-replication") == code


def test_a_running_task_cannot_be_changed_or_deleted(dms: Any, port: int) -> None:
    arn = task(dms, port)
    seen(dms, arn)
    start(dms, arn)
    seen(dms, arn)
    only = {"ReplicationTaskArn": arn}
    assert refused(dms.modify_replication_task, **only, MigrationType="cdc") == "InvalidResourceStateFault"
    assert refused(dms.delete_replication_task, **only) == "InvalidResourceStateFault"


def test_what_a_task_uses_cannot_be_deleted(dms: Any, port: int) -> None:
    found = seen(dms, task(dms, port))
    code = "InvalidResourceStateFault"
    assert refused(dms.delete_endpoint, EndpointArn=found["SourceEndpointArn"]) == code
    where = found["ReplicationInstanceArn"]
    assert refused(dms.delete_replication_instance, ReplicationInstanceArn=where) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TableMappings": "{"}, "InvalidParameterValueException"),
        ({"TableMappings": "{}"}, "InvalidParameterValueException"),
        ({"ReplicationTaskSettings": "["}, "InvalidParameterValueException"),
        ({"SourceEndpointArn": "x"}, "ResourceNotFoundFault"),
        ({"ReplicationInstanceArn": "x"}, "ResourceNotFoundFault"),
        ({"ReplicationTaskIdentifier": "a--b"}, "InvalidParameterValueException"),
        ({"CdcStartPosition": "x"}, "NotImplemented"),
    ],
)
def test_a_task_that_cannot_be(dms: Any, port: int, change: dict[str, Any], code: str) -> None:
    found = seen(dms, task(dms, port))
    names = ("SourceEndpointArn", "TargetEndpointArn", "ReplicationInstanceArn", "MigrationType", "TableMappings")
    given = {"ReplicationTaskIdentifier": new(), **{name: found[name] for name in names}}
    assert refused(dms.create_replication_task, **{**given, **change}) == code
    swapped = {"SourceEndpointArn": found["TargetEndpointArn"]}
    assert refused(dms.create_replication_task, **{**given, **swapped}) == "InvalidParameterValueException"


# --- tags


def test_tags(dms: Any, port: int) -> None:
    arn = endpoint(dms, port)
    dms.add_tags_to_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    dms.remove_tags_from_resource(ResourceArn=arn, TagKeys=["a"])
    found = dms.list_tags_for_resource(ResourceArn=arn)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"b": "2"}
