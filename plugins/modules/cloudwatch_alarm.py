#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage CloudWatch alarms on a metric, on metric math, and on other alarms."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarm
version_added: 0.2.0
short_description: Manage CloudWatch alarms on a metric, on metric math, and on other alarms
description:
  - Creates, updates and deletes one CloudWatch alarm, found by its O(name).
  - >-
    Use M(amazon.aws.cloudwatch_metric_alarm) if it is enough. This module adds what that one lacks: composite alarms,
    alarms on metric math that do not change at every run, tags, and a comparison of every attribute.
  - Built on U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html) and
    U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html).
  - >-
    The options describe the whole alarm, as these calls do: an option that is not given goes back to AWS's default. The
    alarm's state is left unchanged. Only tags are left alone if O(tags) is not given.
options:
  name:
    description: Identifies the alarm within its region and account.
    type: str
    required: true
  state:
    description: Whether the alarm should exist.
    type: str
    choices: [present, absent]
    default: present
  description:
    description: For people who are told of it.
    type: str
  actions_enabled:
    description: Whether the actions are executed.
    type: bool
    default: true
  alarm_actions:
    description: ARNs of what is told when the state becomes C(ALARM), such as SNS topics. Their order means nothing.
    type: list
    elements: str
    default: []
  ok_actions:
    description: ARNs of what is told when the state becomes C(OK).
    type: list
    elements: str
    default: []
  insufficient_data_actions:
    description: ARNs of what is told when the state becomes C(INSUFFICIENT_DATA).
    type: list
    elements: str
    default: []
  metric_name:
    description: The metric. One of O(metric_name), O(metrics) and O(rule) is needed when O(state=present).
    type: str
  namespace:
    description: Namespace of O(metric_name), such as V(AWS/EC2).
    type: str
  dimensions:
    description: Dimensions of O(metric_name), name to value.
    type: dict
  statistic:
    description: >-
      V(SampleCount), V(Average), V(Sum), V(Minimum), V(Maximum), or a percentile or other statistic such as V(p99).
    type: str
  period:
    description: Seconds over which O(statistic) is made, 10, 20, 30 or a multiple of 60.
    type: int
  unit:
    description: Only data of this unit counts. AWS's default is any.
    type: str
  metrics:
    description: Metrics and expressions over them; the alarm watches the one with O(metrics[].return_data).
    type: list
    elements: dict
    suboptions:
      id:
        description: How expressions call it; it begins with a small letter.
        type: str
        required: true
      expression:
        description: >-
          Metric math over the others, as in
          U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
        type: str
      metric_name:
        description: The metric, if this is no expression.
        type: str
      namespace:
        description: Its namespace.
        type: str
      dimensions:
        description: Its dimensions, name to value.
        type: dict
      statistic:
        description: As O(statistic).
        type: str
      period:
        description: Seconds, as O(period).
        type: int
      unit:
        description: As O(unit).
        type: str
      label:
        description: What people read in notifications and graphs.
        type: str
      return_data:
        description: Whether the alarm watches this one. Exactly one is.
        type: bool
        default: false
  rule:
    description: >-
      What a composite alarm follows, such as V(ALARM(a\) AND NOT ALARM(b\)). The alarms have to exist. Line breaks and
      indentation mean nothing.
    type: str
  evaluation_periods:
    description: How many of the latest periods count. Needed for alarms on metrics.
    type: int
  datapoints_to_alarm:
    description: How many of them have to breach the threshold. The default is all.
    type: int
  threshold:
    description: What the value is compared with. Needed for alarms on metrics.
    type: float
  comparison:
    description: How it is compared. Needed for alarms on metrics.
    type: str
    choices: [GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold]
  treat_missing_data:
    description: What a period without data means. AWS's default is V(missing).
    type: str
    choices: [breaching, notBreaching, ignore, missing]
  tags:
    description: Tags of the alarm.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
attributes:
  check_mode:
    details: [Whether the alarms that O(rule) names exist is not checked, so that they can be made by the same play.]
notes:
  - An alarm cannot become a composite one, nor the other way round; delete it first.
  - Needs C(cloudwatch:DescribeAlarms), C(cloudwatch:ListTagsForResource), C(cloudwatch:PutMetricAlarm) or
    C(cloudwatch:PutCompositeAlarm), C(cloudwatch:TagResource), C(cloudwatch:UntagResource) and
    C(cloudwatch:DeleteAlarms).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.cloudwatch_alarm_info
  - module: amazon.aws.cloudwatch_metric_alarm
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Tell the people on call when a tunnel is down
  multicloud.dr.cloudwatch_alarm:
    name: shop-tunnel-1
    namespace: AWS/VPN
    metric_name: TunnelState
    dimensions: {TunnelIpAddress: 203.0.113.10}
    statistic: Maximum
    period: 60
    evaluation_periods: 3
    threshold: 1
    comparison: LessThanThreshold
    treat_missing_data: breaching
    alarm_actions: [arn:aws:sns:ap-northeast-2:123456789012:shop]

- name: More than 5 % of the answers are errors
  multicloud.dr.cloudwatch_alarm:
    name: shop-errors
    metrics:
      - id: errors
        namespace: AWS/ApplicationELB
        metric_name: HTTPCode_Target_5XX_Count
        dimensions: {LoadBalancer: app/shop/50dc6c495c0c9188}
        statistic: Sum
        period: 60
      - id: requests
        namespace: AWS/ApplicationELB
        metric_name: RequestCount
        dimensions: {LoadBalancer: app/shop/50dc6c495c0c9188}
        statistic: Sum
        period: 60
      - id: share
        expression: 100 * FILL(errors, 0) / requests
        return_data: true
    evaluation_periods: 3
    threshold: 5
    comparison: GreaterThanThreshold

- name: Both tunnels are down
  multicloud.dr.cloudwatch_alarm:
    name: shop-link
    rule: ALARM(shop-tunnel-1) AND ALARM(shop-tunnel-2)
    alarm_actions: [arn:aws:sns:ap-northeast-2:123456789012:shop]
    tags: {project: shop}
"""

RETURN = r"""
alarm:
  description: The alarm as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The alarm's name.
      type: str
      returned: always
      sample: shop-link
    arn:
      description: The alarm's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:shop-link
    settings:
      description: The alarm's settings, under the names of the options.
      type: dict
      returned: always
      sample: {rule: ALARM(shop-tunnel-1) AND ALARM(shop-tunnel-2), actions_enabled: true}
    tags:
      description: The alarm's tags.
      type: dict
      returned: always
      sample: {project: shop}
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, deleted, none]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result, tag_plan
from ..module_utils._cloudwatch import alarms, api
from ..module_utils._cloudwatch.alarms import Settings


def describe(name: str, arn: str, settings: Settings, tags: dict[str, str]) -> Facts:
    """An alarm as the module returns it."""
    return {"name": name, "arn": arn, "settings": settings, "tags": tags}


def shown(settings: Settings, tags: dict[str, str]) -> Facts:
    """What counts as a change."""
    return {**settings, "tags": tags}


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create or update the alarm until it is as the options say."""
    name, wanted = options["name"], alarms.wanted(options)
    current = api.alarm(client, name)
    if current is None:
        return _create(client, name, wanted, tag_plan({}, options["tags"], purge=False).then, check_mode)
    settings, arn = alarms.from_api(current), current["AlarmArn"]
    if ("rule" in settings) != ("rule" in wanted):
        kinds = ("a composite alarm", "an alarm on metrics")
        was, new = kinds if "rule" in settings else reversed(kinds)
        raise OptionError(f"The alarm '{name}' is {was} and cannot become {new}; delete it first.")
    tags = tag_plan(api.tags_of(client, arn), options["tags"], options["purge_tags"])
    if settings != wanted and not check_mode:
        api.put_alarm(client, name, alarms.to_api(wanted), {})
    if tags and not check_mode:
        api.change_tags(client, arn, tags)
    return Result(
        "updated" if settings != wanted or tags else "none",
        describe(name, arn, wanted, tags.then),
        shown(settings, dict(tags.now)),
        shown(wanted, tags.then),
    )


def _create(client: Any, name: str, wanted: Settings, tags: dict[str, str], check_mode: bool) -> Result:
    arn = ""
    if not check_mode:
        api.put_alarm(client, name, alarms.to_api(wanted), tags)
        arn = (api.alarm(client, name) or {}).get("AlarmArn", "")
    return Result("created", describe(name, arn, wanted, tags), {}, shown(wanted, tags))


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the alarm of this name, if there is one."""
    current = api.alarm(client, options["name"])
    if current is None:
        return Result()
    before = shown(alarms.from_api(current), api.tags_of(client, current["AlarmArn"]))
    if not check_mode:
        api.delete_alarm(client, options["name"])
    return Result("deleted", None, before, {})


def main() -> None:
    """Read the options, run, report."""
    metric = {
        "metric_name": {"type": "str"},
        "namespace": {"type": "str"},
        "dimensions": {"type": "dict"},
        "statistic": {"type": "str"},
        "period": {"type": "int"},
        "unit": {"type": "str"},
    }
    query = {
        "id": {"type": "str", "required": True},
        "expression": {"type": "str"},
        "label": {"type": "str"},
        "return_data": {"type": "bool", "default": False},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "description": {"type": "str"},
            "actions_enabled": {"type": "bool", "default": True},
            **{name: {"type": "list", "elements": "str", "default": []} for name in alarms.ACTIONS},
            **metric,
            "metrics": {"type": "list", "elements": "dict", "options": {**query, **metric}},
            "rule": {"type": "str"},
            "evaluation_periods": {"type": "int"},
            "datapoints_to_alarm": {"type": "int"},
            "threshold": {"type": "float"},
            "comparison": {"type": "str", "choices": list(alarms.COMPARISONS)},
            "treat_missing_data": {"type": "str", "choices": ["breaching", "notBreaching", "ignore", "missing"]},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    client = module.client("cloudwatch", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("alarm"))


if __name__ == "__main__":
    main()
