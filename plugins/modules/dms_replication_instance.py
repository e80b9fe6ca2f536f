#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage DMS replication instances."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dms_replication_instance
version_added: 0.2.0
short_description: Manage DMS replication instances
description:
  - Creates, modifies and deletes one replication instance of the Database Migration Service, found by its O(name).
    community.aws has no module for it.
  - Built on U(https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html) and
    U(https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationInstance.html).
  - >-
    An option that is not given keeps its value on an existing instance and gets AWS's default on a new one. What waits
    for the maintenance window counts as done.
options:
  name:
    description: >-
      Identifies the instance. Begins with a letter; letters, digits and single hyphens, at most 63. DMS keeps it in
      small letters.
    type: str
    required: true
  state:
    description: Whether the instance should exist.
    type: str
    choices: [present, absent]
    default: present
  instance_class:
    description: Its size, such as V(dms.t3.medium). Required for a new one.
    type: str
  allocated_storage:
    description: GB. Can only grow.
    type: int
  security_groups:
    description: Ids of its security groups. Their order means nothing.
    type: list
    elements: str
  subnet_group:
    description: Name of the replication subnet group. Cannot be changed later.
    type: str
  multi_az:
    description: Whether it has a standby in another zone. Excludes O(availability_zone).
    type: bool
  availability_zone:
    description: Its zone. Cannot be changed later.
    type: str
  engine_version:
    description: Version of DMS.
    type: str
  allow_major_version_upgrade:
    description: Whether O(engine_version) may be another major version.
    type: bool
    default: false
  auto_minor_version_upgrade:
    description: Whether minor versions are installed in the maintenance window.
    type: bool
  preferred_maintenance_window:
    description: C(ddd:hh24:mi-ddd:hh24:mi), UTC.
    type: str
  publicly_accessible:
    description: Whether it has a public address. Cannot be changed later. AWS's default is yes.
    type: bool
  kms_key_id:
    description: The key that encrypts its storage. Cannot be changed later.
    type: str
  apply_immediately:
    description: Whether changes are made at once, with an interruption, and not in the maintenance window.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait until it is available, or gone. V(0) does not wait.
    type: int
    default: 1800
  tags:
    description: Tags of the instance.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
notes:
  - Proven against the API's rules only; see docs/limits.md.
  - Needs C(dms:DescribeReplicationInstances), C(dms:ListTagsForResource), C(dms:CreateReplicationInstance),
    C(dms:ModifyReplicationInstance), C(dms:DeleteReplicationInstance), C(dms:AddTagsToResource) and
    C(dms:RemoveTagsFromResource), and in the account the role C(dms-vpc-role).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.dms_replication_instance_info
  - module: multicloud.dr.dms_replication_task
  - module: community.aws.dms_replication_subnet_group
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: A replication instance without a public address
  multicloud.dr.dms_replication_instance:
    name: shop
    instance_class: dms.t3.medium
    allocated_storage: 50
    subnet_group: shop
    security_groups: [sg-0123456789abcdef0]
    publicly_accessible: false
    tags: {project: shop}
"""

RETURN = r"""
instance:
  description: The instance as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The instance's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The instance's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:dms:ap-northeast-2:123456789012:rep:ABCDEFGHIJKLM
    status:
      description: What DMS says of it. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: available
    settings:
      description: Its settings, under the names of the options.
      type: dict
      returned: always
      sample: {instance_class: dms.t3.medium, allocated_storage: 50}
    tags:
      description: Its tags.
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

from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result, as_list, tag_plan
from ..module_utils._dms import api, instances
from ..module_utils._dms.api import Patience
from ..module_utils._dms.instances import Settings


def describe(name: str, found: Facts | None, settings: Settings, tags: dict[str, str]) -> Facts:
    """An instance as the module returns it."""
    found = found or {}
    arn, status = found.get("ReplicationInstanceArn", ""), found.get("ReplicationInstanceStatus", "")
    return {"name": name, "arn": arn, "status": status, "settings": settings, "tags": tags}


def await_status(client: Any, name: str, status: str, patience: Patience) -> None:
    """Wait until the instance is in this status; "" is gone."""

    def read() -> str:
        return str((api.instance(client, name) or {}).get("ReplicationInstanceStatus", ""))

    patience.until(read, [status], f"The replication instance '{name}'")


def ensure_present(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Create or modify the instance until it is as the options say."""
    name, wanted = options["name"].lower(), instances.given(options)
    if wanted.get("multi_az") and wanted.get("availability_zone"):
        raise OptionError("multi_az and availability_zone exclude each other.")
    current = api.instance(client, name)
    if current is not None and current["ReplicationInstanceStatus"] == "deleting" and not check_mode:
        await_status(client, name, "", patience)
        current = None
    if current is None:
        return _create(client, name, wanted, options["tags"], check_mode, patience)
    arn, settings = current["ReplicationInstanceArn"], instances.from_api(current)
    changed = instances.changes(settings, wanted)
    tags = tag_plan(api.tags_of(client, arn), options["tags"], options["purge_tags"])
    if not check_mode:
        await_status(client, name, "available", patience)  # one that was interrupted, too
    if changed and not check_mode:
        flags = {
            "ApplyImmediately": options["apply_immediately"],
            "AllowMajorVersionUpgrade": options["allow_major_version_upgrade"],
        }
        purpose = f"modify the replication instance '{name}'"
        request = instances.to_api(changed) | flags
        api.call(client, purpose, "modify_replication_instance", ReplicationInstanceArn=arn, **request)
        await_status(client, name, "available", patience)
    if tags and not check_mode:
        api.change_tags(client, arn, tags)
    now = current if check_mode else api.instance(client, name)
    return Result(
        "updated" if changed or tags else "none",
        describe(name, now, settings | changed, tags.then),
        {**settings, "tags": dict(tags.now)},
        {**settings, **changed, "tags": tags.then},
    )


def _create(
    client: Any, name: str, wanted: Settings, wanted_tags: Facts | None, check_mode: bool, patience: Patience
) -> Result:
    if "instance_class" not in wanted:
        raise OptionError(f"instance_class is needed: there is no replication instance '{name}' yet.")
    tags = tag_plan({}, wanted_tags, purge=False).then
    found: Facts | None = None
    if not check_mode:
        request = instances.to_api(wanted) | ({"Tags": as_list(tags)} if tags else {})
        purpose = f"create the replication instance '{name}'"
        api.call(client, purpose, "create_replication_instance", ReplicationInstanceIdentifier=name, **request)
        await_status(client, name, "available", patience)
        found = api.instance(client, name)
    settings = instances.from_api(found) if found else wanted
    return Result("created", describe(name, found, settings, tags), {}, {**settings, "tags": tags})


def ensure_absent(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Result:
    """Delete the instance of this name, if there is one."""
    name = options["name"].lower()
    current = api.instance(client, name)
    if current is None:
        return Result()
    arn = current["ReplicationInstanceArn"]
    before = {**instances.from_api(current), "tags": api.tags_of(client, arn)}
    deleting = current["ReplicationInstanceStatus"] == "deleting"
    if not check_mode:
        if not deleting:
            purpose = f"delete the replication instance '{name}'"
            api.call(client, purpose, "delete_replication_instance", ReplicationInstanceArn=arn)
        await_status(client, name, "", patience)
    return Result("none" if deleting else "deleted", None, {} if deleting else before, {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "instance_class": {"type": "str"},
            "allocated_storage": {"type": "int"},
            "security_groups": {"type": "list", "elements": "str"},
            "subnet_group": {"type": "str"},
            "multi_az": {"type": "bool"},
            "availability_zone": {"type": "str"},
            "engine_version": {"type": "str"},
            "allow_major_version_upgrade": {"type": "bool", "default": False},
            "auto_minor_version_upgrade": {"type": "bool"},
            "preferred_maintenance_window": {"type": "str"},
            "publicly_accessible": {"type": "bool"},
            "kms_key_id": {"type": "str", "no_log": False},
            "apply_immediately": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 1800},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    client = module.client("dms", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode, Patience(module.params["wait_timeout"]))
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("instance"))


if __name__ == "__main__":
    main()
