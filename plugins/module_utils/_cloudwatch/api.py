# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CloudWatch calls of this collection, one SDK call each. The client is an argument; errors are AwsError.

The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from .._aws_resource import Tags, as_dict, as_list, calling

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import ClientError

TYPES = ("MetricAlarm", "CompositeAlarm")


def iter_alarms(client: Any, **query: Any) -> Iterator[dict[str, Any]]:
    """Alarms of every kind, page by page. ``query``: more of DescribeAlarms."""
    params = {"AlarmTypes": list(TYPES), **query}
    while True:
        with calling("describe the alarms"):
            page = client.describe_alarms(aws_retry=True, **params)
        for kind in TYPES:
            yield from page.get(f"{kind}s", [])
        if not page.get("NextToken"):
            return
        params["NextToken"] = page["NextToken"]


def alarm(client: Any, name: str) -> dict[str, Any] | None:
    """The alarm of this name."""
    return next(iter_alarms(client, AlarmNames=[name]), None)


def put_alarm(client: Any, name: str, request: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    """Create or overwrite an alarm. Tags count only when it is new."""
    put = client.put_composite_alarm if "AlarmRule" in request else client.put_metric_alarm
    with calling(f"write the alarm '{name}'"):
        put(aws_retry=True, AlarmName=name, **request, **({"Tags": as_list(tags)} if tags else {}))


def delete_alarm(client: Any, name: str) -> None:
    """One that is not there is no error."""
    with calling(f"delete the alarm '{name}'"):
        client.delete_alarms(aws_retry=True, AlarmNames=[name])


def dashboard(client: Any, name: str) -> dict[str, Any] | None:
    """The dashboard of this name."""
    with calling(f"read the dashboard '{name}'"):
        try:
            found: dict[str, Any] = client.get_dashboard(aws_retry=True, DashboardName=name)
        except ClientError as error:
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetDashboard.html#API_GetDashboard_Errors
            if error.response["Error"]["Code"] in ("ResourceNotFound", "DashboardNotFoundError"):
                return None
            raise
    return found


def iter_dashboards(client: Any, prefix: str) -> Iterator[dict[str, Any]]:
    """The entries of dashboards whose name begins so, page by page."""
    params: dict[str, Any] = {"DashboardNamePrefix": prefix} if prefix else {}
    while True:
        with calling("list the dashboards"):
            page = client.list_dashboards(aws_retry=True, **params)
        yield from page["DashboardEntries"]
        if not page.get("NextToken"):
            return
        params["NextToken"] = page["NextToken"]


def put_dashboard(client: Any, name: str, body: str, tags: Mapping[str, str]) -> None:
    """Create or overwrite a dashboard. Tags count only when it is new."""
    with calling(f"write the dashboard '{name}'"):
        more = {"Tags": as_list(tags)} if tags else {}
        client.put_dashboard(aws_retry=True, DashboardName=name, DashboardBody=body, **more)


def delete_dashboard(client: Any, name: str) -> None:
    """One that is not there is an error."""
    with calling(f"delete the dashboard '{name}'"):
        client.delete_dashboards(aws_retry=True, DashboardNames=[name])


def tags_of(client: Any, arn: str) -> dict[str, str]:
    """An alarm's or a dashboard's tags."""
    with calling(f"list the tags of {arn}"):
        return as_dict(client.list_tags_for_resource(aws_retry=True, ResourceARN=arn)["Tags"])


def change_tags(client: Any, arn: str, tags: Tags) -> None:
    """Set some and remove others."""
    with calling(f"change the tags of {arn}"):
        if tags.remove:
            client.untag_resource(aws_retry=True, ResourceARN=arn, TagKeys=list(tags.remove))
        if tags.add:
            client.tag_resource(aws_retry=True, ResourceARN=arn, Tags=as_list(tags.add))
