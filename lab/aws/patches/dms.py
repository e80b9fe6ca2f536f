# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMS in moto 5.2.5: it accepts what is not there, forgets subnets, claims progress, and lacks half of the calls.

There is no data plane that replicates: a connection is tested for real, by logging in, but a started task moves no row,
and says so: 0 %, no tables. https://docs.aws.amazon.com/dms/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

import pymysql
from moto.dms.exceptions import (
    DmsClientError,
    InvalidParameterCombinationException,
    InvalidResourceStateFault,
    ResourceNotFoundFault,
)
from moto.dms.models import (
    DatabaseMigrationServiceBackend,
    FakeConnection,
    FakeReplicationInstance,
    FakeReplicationSubnetGroup,
    FakeReplicationTask,
)
from moto.dms.responses import DatabaseMigrationServiceResponse
from moto.ec2 import ec2_backends

log = logging.getLogger(__name__)

MYSQL = ("mysql", "aurora", "mariadb")
IDENTIFIER = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
# What ModifyEndpoint takes, as moto keeps it; the rest is refused.
ENDPOINT = {
    "EndpointIdentifier": "endpoint_identifier",
    "EndpointType": "endpoint_type",
    "EngineName": "engine_name",
    "Username": "username",
    "Password": "password",
    "ServerName": "server_name",
    "Port": "port",
    "DatabaseName": "database_name",
    "ExtraConnectionAttributes": "extra_connection_attributes",
    "CertificateArn": "certificate_arn",
    "SslMode": "ssl_mode",
    "MySQLSettings": "my_sql_settings",
}
TASK = {
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationTaskSettings": "replication_task_settings",
}
# Resting states, in which a task can be changed, started and deleted.
AT_REST = ("ready", "stopped", "failed")

Backend = DatabaseMigrationServiceBackend
Response = DatabaseMigrationServiceResponse


def login(endpoint: Any) -> str:
    """Log in as DMS would; what went wrong, or nothing."""
    if endpoint.engine_name not in MYSQL:
        raise NotImplementedError(f"TestConnection to {endpoint.engine_name}: only MySQL is tried")
    tls: dict[str, Any] = {} if endpoint.ssl_mode in (None, "none") else {"ssl": {"check_hostname": False}}
    try:
        pymysql.connect(
            host=endpoint.server_name,
            port=int(endpoint.port),
            user=endpoint.username,
            password=endpoint.password or "",
            connect_timeout=3,
            **tls,
        ).close()
    except (pymysql.Error, OSError) as error:
        return f"Test Endpoint failed: Application-Status: 1020912, {error}"
    return ""


def apply(test: Callable[[Any], str] = login) -> None:
    """Patch moto. ``test``: what is wrong with an endpoint's connection; nothing if it works."""
    _connections(test)
    _endpoints()
    _subnet_groups()
    _instances()
    _tasks()
    _tags()
    _nothing_found()


def _invalid(message: str) -> DmsClientError:
    """https://docs.aws.amazon.com/dms/latest/APIReference/CommonErrors.html"""
    return DmsClientError("InvalidParameterValueException", message)


def _require_identifier(text: str, longest: int) -> None:
    """CreateReplicationInstance and its like: letters, digits, single hyphens; a letter first, no hyphen last."""
    if not IDENTIFIER.fullmatch(text) or len(text) > longest:
        raise _invalid(f"The parameter {text} is not a valid identifier.")


def _endpoint(backend: Any, arn: str) -> Any:
    for endpoint in backend.endpoints.values():
        if endpoint.endpoint_arn == arn:
            return endpoint
    raise ResourceNotFoundFault("Endpoint could not be found.")


def _task(backend: Any, arn: str) -> Any:
    if arn not in backend.replication_tasks:
        raise ResourceNotFoundFault("Replication task could not be found.")
    return backend.replication_tasks[arn]


def _require_unused(tasks: Iterable[Any], what: str, arn: str) -> None:
    users = [task.id for task in tasks if arn in (task.source_endpoint_arn, task.target_endpoint_arn)]
    users += [task.id for task in tasks if task.replication_instance_arn == arn]
    if users:
        raise InvalidResourceStateFault(f"{what} {arn} is part of one or more ReplicationTasks: {', '.join(users)}.")


def _connections(test: Callable[[Any], str]) -> None:
    original = FakeConnection.to_dict

    def test_connection(self: Any, replication_instance_arn: str, endpoint_arn: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_TestConnection.html; again as often as one likes."""
        instance = self.replication_instances.get(replication_instance_arn)
        if instance is None:
            raise ResourceNotFoundFault("Replication instance could not be found.")
        endpoint = _endpoint(self, endpoint_arn)
        self.connections = [
            each
            for each in self.connections
            if (each.replication_instance_arn, each.endpoint_arn) != (replication_instance_arn, endpoint_arn)
        ]
        connection = FakeConnection(replication_instance_arn, endpoint_arn, instance.id, endpoint.endpoint_identifier)
        connection.failure = test(endpoint)
        self.connections.append(connection)
        return connection

    def to_dict(self: Any) -> dict[str, Any]:
        described: dict[str, Any] = original(self)
        failed = described["Status"] == "successful" and self.failure
        return described | {"LastFailureMessage": self.failure} | ({"Status": "failed"} if failed else {})

    Backend.test_connection = test_connection
    FakeConnection.to_dict = to_dict


def _is_tested(backend: Any, instance: str, endpoint: str) -> bool:
    return any(
        (each.replication_instance_arn, each.endpoint_arn) == (instance, endpoint)
        and each.to_dict()["Status"] == "successful"
        for each in backend.connections
    )


def _endpoints() -> None:
    original_create, original_delete = Backend.create_endpoint, Backend.delete_endpoint

    def create_endpoint(self: Any, **given: Any) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html"""
        _require_identifier(given["endpoint_identifier"], 255)
        if given["endpoint_identifier"] in self.endpoints:
            raise DmsClientError("ResourceAlreadyExistsFault", "The endpoint already exists.")
        endpoint = original_create(self, **given)
        endpoint.status = "active"
        return endpoint

    def modify_endpoint(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyEndpoint.html"""
        given = json.loads(self.body)
        endpoint = _endpoint(self.dms_backend, given.pop("EndpointArn"))
        if foreign := sorted(given.keys() - ENDPOINT.keys()):
            raise NotImplementedError(f"ModifyEndpoint with {', '.join(foreign)}")
        for name, value in given.items():
            setattr(endpoint, ENDPOINT[name], value)
        # What was tested is no longer what is there.
        backend = self.dms_backend
        backend.connections = [each for each in backend.connections if each.endpoint_arn != endpoint.endpoint_arn]
        return json.dumps({"Endpoint": {key: value for key, value in endpoint.to_dict().items() if value is not None}})

    def delete_endpoint(self: Any, endpoint_arn: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteEndpoint.html"""
        _require_unused(self.replication_tasks.values(), "Endpoint", endpoint_arn)
        return original_delete(self, endpoint_arn)

    Backend.create_endpoint = create_endpoint
    Backend.delete_endpoint = delete_endpoint
    Response.modify_endpoint = modify_endpoint


def _subnet_groups() -> None:
    original_create, original_delete = (
        Backend.create_replication_subnet_group,
        Backend.delete_replication_subnet_group,
    )

    def subnets(backend: Any, identifiers: list[str]) -> list[Any]:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationSubnetGroup.html"""
        known = ec2_backends[backend.account_id][backend.region_name].describe_subnets()
        found = [subnet for subnet in known if subnet.id in identifiers]
        if missing := sorted(set(identifiers) - {subnet.id for subnet in found}):
            raise DmsClientError("InvalidSubnet", f"The subnet {', '.join(missing)} does not exist.")
        if len({subnet.availability_zone for subnet in found}) < 2:
            raise DmsClientError(
                "ReplicationSubnetGroupDoesNotCoverEnoughAZs",
                "The replication subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
                "Please add subnets to cover at least 2 AZs.",
            )
        return found

    def create(
        self: Any,
        replication_subnet_group_identifier: str,
        replication_subnet_group_description: str,
        subnet_ids: list[str],
        tags: list[dict[str, str]] | None = None,
    ) -> Any:
        found = subnets(self, subnet_ids)
        group = original_create(
            self, replication_subnet_group_identifier, replication_subnet_group_description, subnet_ids, None
        )
        group.subnets = found
        arn = f"arn:aws:dms:{self.region_name}:{self.account_id}:subgrp:{replication_subnet_group_identifier}"
        self.tagger.tag_resource(arn, tags or [])
        return group

    def modify(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationSubnetGroup.html"""
        given = json.loads(self.body)
        group = self.dms_backend.replication_subnet_groups.get(given["ReplicationSubnetGroupIdentifier"])
        if group is None:
            raise ResourceNotFoundFault("Replication subnet group could not be found.")
        group.subnets = subnets(self.dms_backend, given["SubnetIds"])
        group.description = given.get("ReplicationSubnetGroupDescription", group.description)
        return json.dumps({"ReplicationSubnetGroup": group.to_dict()})

    def delete(self: Any, replication_subnet_group_identifier: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationSubnetGroup.html"""
        instances = self.replication_instances.values()
        if any(each.replication_subnet_group_identifier == replication_subnet_group_identifier for each in instances):
            raise InvalidResourceStateFault("The replication subnet group is in use by a replication instance.")
        return original_delete(self, replication_subnet_group_identifier)

    def to_dict(self: Any) -> dict[str, Any]:
        return {
            "ReplicationSubnetGroupIdentifier": self.replication_subnet_group_identifier,
            "ReplicationSubnetGroupDescription": self.description,
            "VpcId": self.subnets[0].vpc_id,
            "SubnetGroupStatus": "Complete",
            "Subnets": [
                {
                    "SubnetIdentifier": subnet.id,
                    "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                    "SubnetStatus": "Active",
                }
                for subnet in self.subnets
            ],
            "SupportedNetworkTypes": ["IPV4"],
        }

    Backend.create_replication_subnet_group = create
    Backend.delete_replication_subnet_group = delete
    Response.modify_replication_subnet_group = modify
    FakeReplicationSubnetGroup.to_dict = to_dict


def _instances() -> None:
    original_create, original_delete = Backend.create_replication_instance, Backend.delete_replication_instance
    original = FakeReplicationInstance.to_dict

    def create(self: Any, replication_instance_identifier: str, *args: Any, **given: Any) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html"""
        _require_identifier(replication_instance_identifier, 63)
        group = given.get("replication_subnet_group_identifier")
        if group and group not in self.replication_subnet_groups:
            raise ResourceNotFoundFault(f"Replication Subnet Group {group} not found.")
        if given.get("multi_az") and given.get("availability_zone"):
            raise InvalidParameterCombinationException("MultiAZ and AvailabilityZone exclude each other.")
        instance = original_create(self, replication_instance_identifier.lower(), *args, **given)
        instance.group = self.replication_subnet_groups.get(group)
        return instance

    def delete(self: Any, replication_instance_arn: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationInstance.html"""
        _require_unused(self.replication_tasks.values(), "Replication instance", replication_instance_arn)
        return original_delete(self, replication_instance_arn)

    def to_dict(self: Any) -> dict[str, Any]:
        described: dict[str, Any] = original(self)
        return described | ({"ReplicationSubnetGroup": self.group.to_dict()} if self.group else {})

    Backend.create_replication_instance = create
    Backend.delete_replication_instance = delete
    FakeReplicationInstance.to_dict = to_dict


def _require_json(given: dict[str, Any]) -> None:
    for name in ("TableMappings", "ReplicationTaskSettings"):
        if given.get(name) is None:
            continue
        try:
            read = json.loads(given[name])
        except ValueError as error:
            raise _invalid(f"Error in mapping rules or settings: {name} is not JSON: {error}") from error
        if name == "TableMappings" and not (isinstance(read, dict) and read.get("rules")):
            raise _invalid("Error in mapping rules. At least one rule with action 'include' is needed.")


def _tasks() -> None:
    original_create, original_delete = Response.create_replication_task, Backend.delete_replication_task
    original_start, original_describe = Response.start_replication_task, Backend.describe_replication_tasks
    original_stop, original = Backend.stop_replication_task, FakeReplicationTask.to_dict

    def create(self: Any) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationTask.html"""
        given, backend = json.loads(self.body), self.dms_backend
        _require_identifier(given["ReplicationTaskIdentifier"], 255)
        _require_json(given)
        if foreign := sorted({"CdcStartTime", "CdcStartPosition", "CdcStopPosition", "TaskData"} & given.keys()):
            raise NotImplementedError(f"a replication task with {', '.join(foreign)}")
        if given["ReplicationInstanceArn"] not in backend.replication_instances:
            raise ResourceNotFoundFault("Replication instance could not be found.")
        for side in ("source", "target"):
            endpoint = _endpoint(backend, given[f"{side.capitalize()}EndpointArn"])
            if endpoint.endpoint_type != side:
                raise _invalid(f"The endpoint {endpoint.endpoint_identifier} is not a {side} endpoint.")
        return original_create(self)

    def describe(self: Any, *args: Any, **given: Any) -> Any:
        for task in self.replication_tasks.values():
            task.status = {"creating": "ready", "starting": "running", "stopping": "stopped"}.get(
                task.status, task.status
            )
            if task.status == "modifying":
                task.status = "stopped" if task.start_date else "ready"
        return original_describe(self, *args, **given)

    def modify(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationTask.html

        "You can't modify the task endpoints. The task must be stopped before you can modify it."
        """
        given = json.loads(self.body)
        task = _task(self.dms_backend, given.pop("ReplicationTaskArn"))
        if foreign := sorted(given.keys() - TASK.keys()):
            raise NotImplementedError(f"ModifyReplicationTask with {', '.join(foreign)}")
        _require_rest(task, "modified")
        _require_json(given)
        for name, value in given.items():
            setattr(task, TASK[name], value)
        task.status = "modifying"
        return json.dumps({"ReplicationTask": task.to_dict()})

    def start(self: Any) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_StartReplicationTask.html"""
        given, backend = json.loads(self.body), self.dms_backend
        task, kind = _task(backend, given["ReplicationTaskArn"]), given["StartReplicationTaskType"]
        _require_rest(task, "started")
        if (kind == "start-replication") == bool(task.start_date):
            name = kind.upper().replace("-", "_")
            when = "tasks running for the first time" if task.start_date else "tasks that have run before"
            raise InvalidParameterCombinationException(f"Start Type : {name}, valid only for {when}")
        for endpoint in (task.source_endpoint_arn, task.target_endpoint_arn):
            if not _is_tested(backend, task.replication_instance_arn, endpoint):
                raise InvalidResourceStateFault(
                    f"Test connection for replication instance with ARN={task.replication_instance_arn} and endpoint "
                    f"with ARN={endpoint} should be successful for starting the replication task"
                )
        original_start(self)
        log.info("DMS task %s is started; nothing replicates here", task.id)
        task.status = "starting"
        return json.dumps({"ReplicationTask": task.to_dict()})

    def stop(self: Any, replication_task_arn: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_StopReplicationTask.html"""
        task = original_stop(self, replication_task_arn)
        task.status = "stopping"
        return task

    def delete(self: Any, replication_task_arn: str) -> Any:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationTask.html"""
        _require_rest(_task(self, replication_task_arn), "deleted")
        self.tagger.delete_all_tags_for_resource(replication_task_arn)
        return original_delete(self, replication_task_arn)

    def to_dict(self: Any) -> dict[str, Any]:
        """Without a data plane no row has moved."""
        described: dict[str, Any] = original(self)
        stats = described["ReplicationTaskStats"] | {
            "FullLoadProgressPercent": 0,
            "ElapsedTimeMillis": 0,
            "TablesLoaded": 0,
            "FullLoadStartDate": None,
            "FullLoadFinishDate": None,
        }
        stopped = {"StopReason": "Stop Reason NORMAL"} if described["Status"] == "stopped" else {}
        return described | {"ReplicationTaskStats": stats} | stopped

    def describe_table_statistics(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeTableStatistics.html"""
        task = _task(self.dms_backend, json.loads(self.body)["ReplicationTaskArn"])
        if task.start_date is None:
            raise InvalidResourceStateFault(f"Replication task {task.arn} has not been started.")
        return json.dumps({"ReplicationTaskArn": task.arn, "TableStatistics": []})

    Response.create_replication_task = create
    Response.modify_replication_task = modify
    Response.start_replication_task = start
    Response.describe_table_statistics = describe_table_statistics
    Backend.describe_replication_tasks = describe
    Backend.stop_replication_task = stop
    Backend.delete_replication_task = delete
    FakeReplicationTask.to_dict = to_dict


def _require_rest(task: Any, what: str) -> None:
    if task.status not in AT_REST:
        raise InvalidResourceStateFault(f"Replication Task cannot be {what}, it is currently {task.status}.")


def _tags() -> None:
    def add_tags_to_resource(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_AddTagsToResource.html"""
        given = json.loads(self.body)
        self.dms_backend.tagger.tag_resource(given["ResourceArn"], given["Tags"])
        return "{}"

    def remove_tags_from_resource(self: Any) -> str:
        """https://docs.aws.amazon.com/dms/latest/APIReference/API_RemoveTagsFromResource.html"""
        given = json.loads(self.body)
        self.dms_backend.tagger.untag_resource_using_names(given["ResourceArn"], given["TagKeys"])
        return "{}"

    Response.add_tags_to_resource = add_tags_to_resource
    Response.remove_tags_from_resource = remove_tags_from_resource


def _nothing_found() -> None:
    """Whoever filters for what is not there gets ResourceNotFoundFault, an error of each of these calls.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationTasks.html (Errors)
    """
    for name, what in (
        ("describe_replication_tasks", "Tasks"),
        ("describe_replication_instances", "Replication Instances"),
        ("describe_endpoints", "Endpoints"),
        ("describe_replication_subnet_groups", "Replication Subnet Groups"),
    ):
        setattr(Backend, name, _found(getattr(Backend, name), what))


def _found(original: Callable[..., Any], what: str) -> Callable[..., Any]:
    def describe(self: Any, filters: list[dict[str, Any]] | None = None, *args: Any, **more: Any) -> list[Any]:
        found = list(original(self, filters, *args, **more))
        if filters and not found:
            raise ResourceNotFoundFault(f"No {what} found matching provided filters.")
        return found

    return describe
