#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read DMS replication instances."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dms_replication_instance_info
version_added: 0.2.0
short_description: Read DMS replication instances
description:
  - Returns replication instances of the Database Migration Service.
  - Built on U(https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationInstances.html).
options:
  name:
    description: Only the instance of this name. A name that does not exist gives an empty list.
    type: str
notes:
  - Needs C(dms:DescribeReplicationInstances) and C(dms:ListTagsForResource).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.dms_replication_instance
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Is it available?
  multicloud.dr.dms_replication_instance_info:
    name: shop
  register: shop_dms
"""

RETURN = r"""
instances:
  description: The instances, by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The instance's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The instance's ARN.
      type: str
      returned: always
      sample: arn:aws:dms:ap-northeast-2:123456789012:rep:ABCDEFGHIJKLM
    status:
      description: What DMS says of it.
      type: str
      returned: always
      sample: available
    settings:
      description: Its settings, under the names of the options of M(multicloud.dr.dms_replication_instance).
      type: dict
      returned: always
      sample: {instance_class: dms.t3.medium, allocated_storage: 50}
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {project: shop}
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws_resource import AwsError, Facts
from ..module_utils._dms import api, instances


def read(client: Any, name: str | None) -> list[Facts]:
    """The instances that the options ask for."""
    found = [
        {
            "name": instance["ReplicationInstanceIdentifier"],
            "arn": instance["ReplicationInstanceArn"],
            "status": instance["ReplicationInstanceStatus"],
            "settings": instances.from_api(instance),
            "tags": api.tags_of(client, instance["ReplicationInstanceArn"]),
        }
        for instance in api.instances(client, **({"id": name.lower()} if name else {}))
    ]
    return sorted(found, key=lambda instance: str(instance["name"]))


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(argument_spec={"name": {"type": "str"}}, supports_check_mode=True)
    client = module.client("dms", retry_decorator=AWSRetry.jittered_backoff())
    try:
        found = read(client, module.params["name"])
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, instances=found)


if __name__ == "__main__":
    main()
