#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read CloudWatch dashboards."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_dashboard_info
version_added: 0.2.0
short_description: Read CloudWatch dashboards
description:
  - Returns dashboards with their bodies and tags.
  - Built on U(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetDashboard.html).
options:
  name:
    description: Only the dashboard of this name. A name that does not exist gives an empty list.
    type: str
  prefix:
    description: Only dashboards whose name begins so.
    type: str
notes:
  - Needs C(cloudwatch:ListDashboards), C(cloudwatch:GetDashboard) and C(cloudwatch:ListTagsForResource).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.cloudwatch_dashboard
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Keep a copy of what somebody drew by hand
  multicloud.dr.cloudwatch_dashboard_info:
    name: shop
  register: shop_dashboard
"""

RETURN = r"""
dashboards:
  description: The dashboards, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The dashboard's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The dashboard's ARN.
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
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts
from ..module_utils._cloudwatch import api


def read(client: Any, name: str | None, prefix: str | None) -> list[Facts]:
    """The dashboards that the options ask for; one that goes meanwhile is left out."""
    names = [name] if name else sorted(entry["DashboardName"] for entry in api.iter_dashboards(client, prefix or ""))
    return [
        {
            "name": found["DashboardName"],
            "arn": found["DashboardArn"],
            "body": json.loads(found["DashboardBody"]),
            "tags": api.tags_of(client, found["DashboardArn"]),
        }
        for found in (api.dashboard(client, each) for each in names)
        if found is not None
    ]


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"type": "str"}, "prefix": {"type": "str"}},
        mutually_exclusive=[("name", "prefix")],
        supports_check_mode=True,
    )
    client = module.client("cloudwatch", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = read(client, module.params["name"], module.params["prefix"])
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, dashboards=found)


if __name__ == "__main__":
    main()
