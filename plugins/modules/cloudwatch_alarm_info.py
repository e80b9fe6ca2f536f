#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read CloudWatch alarms of every kind, and their states."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarm_info
version_added: 0.2.0
short_description: Read CloudWatch alarms of every kind, and their states
description:
  - Returns alarms on metrics, on metric math and on other alarms, with their settings under the names of the options of
    M(multicloud.dr.cloudwatch_alarm).
  - Built on U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html).
options:
  names:
    description: Only these alarms. A name that does not exist is left out.
    type: list
    elements: str
  prefix:
    description: Only alarms whose name begins so.
    type: str
  state_value:
    description: Only alarms in this state.
    type: str
    choices: [OK, ALARM, INSUFFICIENT_DATA]
notes:
  - Needs C(cloudwatch:DescribeAlarms) and C(cloudwatch:ListTagsForResource), the latter once for each alarm.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.cloudwatch_alarm
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: What is wrong?
  multicloud.dr.cloudwatch_alarm_info:
    prefix: shop-
    state_value: ALARM
  register: shop_alarms
"""

RETURN = r"""
alarms:
  description: The alarms, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The alarm's name.
      type: str
      returned: always
      sample: shop-link
    arn:
      description: The alarm's ARN.
      type: str
      returned: always
      sample: arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:shop-link
    settings:
      description: The alarm's settings, under the names of the options of M(multicloud.dr.cloudwatch_alarm).
      type: dict
      returned: always
      sample: {rule: ALARM(shop-tunnel-1) AND ALARM(shop-tunnel-2), actions_enabled: true}
    tags:
      description: The alarm's tags.
      type: dict
      returned: always
      sample: {project: shop}
    state:
      description: V(OK), V(ALARM) or V(INSUFFICIENT_DATA).
      type: str
      returned: always
      sample: OK
    reason:
      description: Why, in CloudWatch's words.
      type: str
      returned: always
      sample: "Unchecked: Initial alarm creation"
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts
from ..module_utils._cloudwatch import alarms, api


def read(client: Any, options: Facts) -> list[Facts]:
    """The alarms that the options ask for."""
    query: Facts = {"AlarmNames": options["names"]} if options["names"] else {}
    query |= {"AlarmNamePrefix": options["prefix"]} if options["prefix"] else {}
    found = [
        {
            "name": alarm["AlarmName"],
            "arn": alarm["AlarmArn"],
            "settings": alarms.from_api(alarm),
            "tags": api.tags_of(client, alarm["AlarmArn"]),
            "state": alarm["StateValue"],
            "reason": alarm.get("StateReason", ""),
        }
        for alarm in api.iter_alarms(client, **query)
        if alarm["StateValue"] == (options["state_value"] or alarm["StateValue"])
    ]
    return sorted(found, key=lambda alarm: str(alarm["name"]))


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "names": {"type": "list", "elements": "str"},
            "prefix": {"type": "str"},
            "state_value": {"type": "str", "choices": ["OK", "ALARM", "INSUFFICIENT_DATA"]},
        },
        mutually_exclusive=[("names", "prefix")],
        supports_check_mode=True,
    )
    client = module.client("cloudwatch", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = [] if module.params["names"] == [] else read(client, module.params)
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, alarms=found)


if __name__ == "__main__":
    main()
