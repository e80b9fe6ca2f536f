#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read DMS replication tasks: status, progress and latency."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dms_replication_task_info
version_added: 0.2.0
short_description: Read DMS replication tasks, their status, progress and latency
description:
  - Returns replication tasks of the Database Migration Service, how far they are, and how far behind.
  - Built on U(https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationTasks.html),
    U(https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeTableStatistics.html) and the metrics of
    U(https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Monitoring.html).
options:
  name:
    description: Only the task of this name. A name that does not exist gives an empty list.
    type: str
  tables:
    description: Whether to read the statistics of each table of tasks that have been started.
    type: bool
    default: false
notes:
  - Needs C(dms:DescribeReplicationTasks), C(dms:DescribeReplicationInstances), C(dms:DescribeTableStatistics),
    C(dms:ListTagsForResource) and C(cloudwatch:GetMetricStatistics).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.dms_replication_task
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: How far behind is the target?
  multicloud.dr.dms_replication_task_info:
    name: shop
  register: shop_dms
"""

RETURN = r"""
tasks:
  description: The tasks, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The task's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The task's ARN.
      type: str
      returned: always
      sample: arn:aws:dms:ap-northeast-2:123456789012:task:ABCDEFGHIJKLM
    status:
      description: What DMS says of it.
      type: str
      returned: always
      sample: running
    stop_reason:
      description: Why it stopped, or an empty string.
      type: str
      returned: always
      sample: ""
    last_failure:
      description: Its last error, or an empty string.
      type: str
      returned: always
      sample: ""
    settings:
      description: Its attributes; endpoints and instance by ARN.
      type: dict
      returned: always
      sample: {migration_type: full-load-and-cdc}
    progress:
      description: Per cent of the full load, and tables by their state.
      type: dict
      returned: always
      sample: {full_load_percent: 100, tables_loaded: 4, tables_loading: 0, tables_queued: 0, tables_errored: 0}
    latency:
      description:
        - C(source), seconds between the last event read from the source and now, and C(target), seconds between the
          first event waiting for the target and now. Null if CloudWatch has no data of the last ten minutes.
      type: dict
      returned: always
      sample: {source: 0.0, target: 1.0}
    tables:
      description: Statistics of each table, as the API returns them.
      type: list
      elements: dict
      returned: when O(tables=true)
      sample: [{schema_name: shop, table_name: orders, full_load_rows: 10}]
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {project: shop}
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts, calling
from ..module_utils._dms import api, tasks

LATENCIES = {"source": "CDCLatencySource", "target": "CDCLatencyTarget"}
RECENT = timedelta(minutes=10)


def latency(cloudwatch: Any, task: Facts, instance: str, now: datetime) -> dict[str, float | None]:
    """Both latencies, seconds. Tasks are known to CloudWatch by the last part of their ARN."""
    dimensions = {
        "ReplicationInstanceIdentifier": instance,
        "ReplicationTaskIdentifier": task["ReplicationTaskArn"].rpartition(":")[2],
    }
    found = {}
    for side, metric in LATENCIES.items():
        with calling(f"read the metric {metric}"):
            answer = cloudwatch.get_metric_statistics(
                aws_retry=True,
                Namespace="AWS/DMS",
                MetricName=metric,
                Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
                StartTime=now - RECENT,
                EndTime=now,
                Period=60,
                Statistics=["Maximum"],
            )
        found[side] = tasks.newest(answer["Datapoints"])
    return found


def read(client: Any, cloudwatch: Any, name: str | None, tables: bool, now: datetime) -> list[Facts]:
    """The tasks that the options ask for."""
    instances = {
        each["ReplicationInstanceArn"]: each["ReplicationInstanceIdentifier"] for each in api.instances(client)
    }
    found = [
        {
            "name": task["ReplicationTaskIdentifier"],
            "arn": task["ReplicationTaskArn"],
            "status": task["Status"],
            "stop_reason": task.get("StopReason") or "",
            "last_failure": task.get("LastFailureMessage") or "",
            "settings": tasks.from_api(task),
            "progress": tasks.progress(task),
            "latency": latency(cloudwatch, task, instances.get(task["ReplicationInstanceArn"], ""), now),
            "tags": api.tags_of(client, task["ReplicationTaskArn"]),
            **({"tables": statistics(client, task)} if tables else {}),
        }
        for task in api.tasks(client, name or "")
    ]
    return sorted(found, key=lambda task: str(task["name"]))


def statistics(client: Any, task: Facts) -> list[Facts]:
    """Of each table; a task that was never started has none."""
    if task.get("ReplicationTaskStartDate") is None:
        return []
    arn, found = task["ReplicationTaskArn"], []
    params: dict[str, Any] = {"ReplicationTaskArn": arn}
    while True:
        page = api.call(client, f"read the statistics of {arn}", "describe_table_statistics", **params)
        found += [camel_dict_to_snake_dict(table) for table in page["TableStatistics"]]
        if not page.get("Marker"):
            return found
        params["Marker"] = page["Marker"]


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"type": "str"}, "tables": {"type": "bool", "default": False}},
        supports_check_mode=True,
    )
    client = module.client("dms", retry_decorator=AWSRetry.jittered_backoff())
    cloudwatch = module.client("cloudwatch", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = read(client, cloudwatch, module.params["name"], module.params["tables"], datetime.now(UTC))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, tasks=found)


if __name__ == "__main__":
    main()
