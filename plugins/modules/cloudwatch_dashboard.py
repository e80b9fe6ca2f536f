#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage CloudWatch dashboards."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_dashboard
version_added: 0.2.0
short_description: Manage CloudWatch dashboards
description:
  - Creates, updates and deletes one CloudWatch dashboard, found by its O(name). amazon.aws has no module for it.
  - Built on U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html).
options:
  name:
    description: Identifies the dashboard within its account, 1 to 255 of A-Z a-z 0-9 _ -. Dashboards have no region.
    type: str
    required: true
  state:
    description: Whether the dashboard should exist.
    type: str
    choices: [present, absent]
    default: present
  body:
    description:
      - What it shows, as in
        U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
        Required when O(state=present).
      - Compared as data, so neither the order of keys nor white space is a change; the order of widgets is one.
    type: dict
  tags:
    description: Tags of the dashboard.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
notes:
  - Needs C(cloudwatch:GetDashboard), C(cloudwatch:ListTagsForResource), C(cloudwatch:PutDashboard),
    C(cloudwatch:TagResource), C(cloudwatch:UntagResource) and C(cloudwatch:DeleteDashboards).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.cloudwatch_dashboard_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: One page for the people on call
  multicloud.dr.cloudwatch_dashboard:
    name: shop
    body:
      widgets:
        - type: text
          x: 0
          y: 0
          width: 24
          height: 1
          properties: {markdown: "# Shop"}
        - type: alarm
          x: 0
          y: 1
          width: 24
          height: 4
          properties:
            title: Alarms
            alarms: [arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:shop-link]
    tags: {project: shop}
"""

RETURN = r"""
dashboard:
  description: The dashboard as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The dashboard's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The dashboard's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:cloudwatch::123456789012:dashboard/shop
    body:
      description: What it shows.
      type: dict
      returned: always
      sample: {widgets: []}
    tags:
      description: The dashboard's tags.
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

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts, Result, tag_plan
from ..module_utils._cloudwatch import api


def describe(name: str, arn: str, body: Facts, tags: dict[str, str]) -> Facts:
    """A dashboard as the module returns it."""
    return {"name": name, "arn": arn, "body": body, "tags": tags}


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create or update the dashboard until it is as the options say."""
    name, wanted = options["name"], options["body"]
    text = json.dumps(wanted, sort_keys=True)
    current = api.dashboard(client, name)
    if current is None:
        tags = tag_plan({}, options["tags"], purge=False).then
        arn = ""
        if not check_mode:
            api.put_dashboard(client, name, text, tags)
            arn = (api.dashboard(client, name) or {}).get("DashboardArn", "")
        return Result("created", describe(name, arn, wanted, tags), {}, {"body": wanted, "tags": tags})
    body, arn = json.loads(current["DashboardBody"]), current["DashboardArn"]
    plan = tag_plan(api.tags_of(client, arn), options["tags"], options["purge_tags"])
    if body != wanted and not check_mode:
        api.put_dashboard(client, name, text, {})
    if plan and not check_mode:
        api.change_tags(client, arn, plan)
    return Result(
        "updated" if body != wanted or plan else "none",
        describe(name, arn, wanted, plan.then),
        {"body": body, "tags": dict(plan.now)},
        {"body": wanted, "tags": plan.then},
    )


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the dashboard of this name, if there is one."""
    current = api.dashboard(client, options["name"])
    if current is None:
        return Result()
    before = {"body": json.loads(current["DashboardBody"]), "tags": api.tags_of(client, current["DashboardArn"])}
    if not check_mode:
        api.delete_dashboard(client, options["name"])
    return Result("deleted", None, before, {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "body": {"type": "dict"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["body"])],
        supports_check_mode=True,
    )
    client = module.client("cloudwatch", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("dashboard"))


if __name__ == "__main__":
    main()
