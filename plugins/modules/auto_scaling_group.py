#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage Auto Scaling groups and their target tracking."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: auto_scaling_group
version_added: 0.2.0
short_description: Manage Auto Scaling groups and their target tracking
description:
  - Creates, updates and deletes one Auto Scaling group with a launch template, found by its O(name), and its target
    tracking policies.
  - >-
    M(amazon.aws.autoscaling_group) reports a change of every existing group in check mode, and
    M(community.aws.autoscaling_policy) has no check mode; this module compares every attribute in both modes.
  - Built on U(https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html) and
    U(https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html).
  - The desired capacity belongs to the policies and to operators; it is set once, by O(initial_capacity).
options:
  name:
    description: Identifies the group within its region and account.
    type: str
    required: true
  state:
    description: Whether the group should exist. V(absent) terminates its instances.
    type: str
    choices: [present, absent]
    default: present
  launch_template:
    description: Name of the launch template. Required when O(state=present).
    type: str
  launch_template_version:
    description: Its version.
    type: str
    default: $Default
  min_size:
    description: Smallest number of instances. Required when O(state=present).
    type: int
  max_size:
    description: Largest number of instances. Required when O(state=present).
    type: int
  initial_capacity:
    description: Number of instances of a new group. The default is O(min_size).
    type: int
  subnets:
    description: Ids of subnets. Required when O(state=present). Their order means nothing.
    type: list
    elements: str
  target_groups:
    description: ARNs of target groups of load balancers. Their order means nothing.
    type: list
    elements: str
    default: []
  health_check_type:
    description: Who says that an instance is ill; V(ELB) is the load balancer and EC2.
    type: str
    choices: [EC2, ELB]
    default: EC2
  health_check_grace_period:
    description: Seconds from an instance's start to its first health check.
    type: int
    default: 300
  target_tracking:
    description: Policies that keep a metric at a value. All other policies of the group are removed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy.
        type: str
        required: true
      metric:
        description: What is kept.
        type: str
        required: true
        choices: [ASGAverageCPUUtilization, ASGAverageNetworkIn, ASGAverageNetworkOut, ALBRequestCountPerTarget]
      target:
        description: At which value.
        type: float
        required: true
      resource_label:
        description: Load balancer and target group of V(ALBRequestCountPerTarget), C(app/NAME/ID/targetgroup/NAME/ID).
        type: str
      scale_in:
        description: Whether instances may be removed, too.
        type: bool
        default: true
  wait_timeout:
    description: Seconds to wait until a deleted group is gone.
    type: int
    default: 600
  tags:
    description: Tags of the group and of the instances that it starts from then on.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
notes:
  - Instances that there are keep the launch template's version that they were started with.
  - Needs C(autoscaling:DescribeAutoScalingGroups), C(autoscaling:DescribePolicies),
    C(autoscaling:CreateAutoScalingGroup), C(autoscaling:UpdateAutoScalingGroup),
    C(autoscaling:AttachLoadBalancerTargetGroups), C(autoscaling:DetachLoadBalancerTargetGroups),
    C(autoscaling:PutScalingPolicy), C(autoscaling:DeletePolicy), C(autoscaling:CreateOrUpdateTags),
    C(autoscaling:DeleteTags), C(autoscaling:DeleteAutoScalingGroup), and what the launch template starts.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: amazon.aws.ec2_launch_template
  - module: amazon.aws.autoscaling_group_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Web hosts, two to six
  multicloud.dr.auto_scaling_group:
    name: shop-web
    launch_template: shop-web
    min_size: 2
    max_size: 6
    subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    health_check_type: ELB
    target_groups: [arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup/shop/50dc6c495c0c9188]
    target_tracking:
      - {name: cpu, metric: ASGAverageCPUUtilization, target: 50}
    tags: {project: shop, role: web}
"""

RETURN = r"""
group:
  description: The group as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The group's name.
      type: str
      returned: always
      sample: shop-web
    arn:
      description: The group's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:autoscaling:ap-northeast-2:123456789012:autoScalingGroup:00000000:autoScalingGroupName/shop-web
    desired_capacity:
      description: How many instances there should be now.
      type: int
      returned: always
      sample: 2
    instances:
      description: Ids of its instances.
      type: list
      elements: str
      returned: always
      sample: [i-0123456789abcdef0]
    settings:
      description: Its settings, under the names of the options, policies by name.
      type: dict
      returned: always
      sample: {min_size: 2, max_size: 6}
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {project: shop, role: web}
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, deleted, none]
"""

import time
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._autoscaling import groups
from ..module_utils._autoscaling.groups import Settings
from ..module_utils._aws_resource import AwsError, Facts, OptionError, Result, Tags, calling, tag_plan

PAUSE_SECONDS = 5


def read(client: Any, name: str) -> Facts | None:
    """The group of this name."""
    with calling(f"read the Auto Scaling group '{name}'"):
        found = client.describe_auto_scaling_groups(aws_retry=True, AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found[0] if found else None


def read_policies(client: Any, name: str) -> dict[str, Settings]:
    """The group's policies."""
    params: Facts = {"AutoScalingGroupName": name}
    found: list[Facts] = []
    while True:
        with calling(f"read the policies of the Auto Scaling group '{name}'"):
            page = client.describe_policies(aws_retry=True, **params)
        found += page["ScalingPolicies"]
        if not page.get("NextToken"):
            return groups.policies_from_api(found)
        params["NextToken"] = page["NextToken"]


def call(client: Any, name: str, operation: str, **params: Any) -> None:
    """One call that changes the group."""
    with calling(f"{operation.replace('_', ' ')} of '{name}'"):
        getattr(client, operation)(aws_retry=True, AutoScalingGroupName=name, **params)


def describe(name: str, group: Facts | None, settings: Facts, tags: dict[str, str], capacity: int) -> Facts:
    """A group as the module returns it."""
    group = group or {}
    return {
        "name": name,
        "arn": group.get("AutoScalingGroupARN", ""),
        "desired_capacity": group.get("DesiredCapacity", capacity),
        "instances": sorted(instance["InstanceId"] for instance in group.get("Instances") or []),
        "settings": settings,
        "tags": tags,
    }


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create or update the group and its policies until they are as the options say."""
    name, wanted = options["name"], groups.wanted(options)
    policies = groups.policies(options["target_tracking"])
    after = {**wanted, "target_tracking": policies}
    capacity = options["initial_capacity"] if options["initial_capacity"] is not None else wanted["min_size"]
    current = read(client, name)
    if current is None:
        tags = tag_plan({}, options["tags"], purge=False).then
        if not check_mode:
            request = {"DesiredCapacity": capacity, "TargetGroupARNs": wanted["target_groups"]}
            request |= {"Tags": groups.tags_to_api(name, tags)} if tags else {}
            call(client, name, "create_auto_scaling_group", **groups.to_api(wanted), **request)
            _put_policies(client, name, {}, policies)
        made = None if check_mode else read(client, name)
        return Result("created", describe(name, made, after, tags, capacity), {}, {**after, "tags": tags})
    settings, found = groups.from_api(current), read_policies(client, name)
    now = groups.tags_from_api(current.get("Tags") or [])
    tag_changes = tag_plan(now, options["tags"], options["purge_tags"])
    before = {**settings, "target_tracking": found}
    if not check_mode:
        _update(client, name, settings, wanted)
        _put_policies(client, name, found, policies)
        _change_tags(client, name, tag_changes)
    changed = before != after or bool(tag_changes)
    if changed and not check_mode:
        current = read(client, name)
    return Result(
        "updated" if changed else "none",
        describe(name, current, after, tag_changes.then, capacity),
        {**before, "tags": now},
        {**after, "tags": tag_changes.then},
    )


def _update(client: Any, name: str, settings: Settings, wanted: Settings) -> None:
    if groups.to_api(settings) != groups.to_api(wanted):
        call(client, name, "update_auto_scaling_group", **groups.to_api(wanted))
    attached, needed = set(settings["target_groups"]), set(wanted["target_groups"])
    if needed - attached:
        arns = sorted(needed - attached)
        call(client, name, "attach_load_balancer_target_groups", TargetGroupARNs=arns)
    if attached - needed:
        arns = sorted(attached - needed)
        call(client, name, "detach_load_balancer_target_groups", TargetGroupARNs=arns)


def _put_policies(client: Any, name: str, found: dict[str, Settings], wanted: dict[str, Settings]) -> None:
    for policy in found.keys() - wanted.keys():
        call(client, name, "delete_policy", PolicyName=policy)
    for policy, settings in wanted.items():
        if found.get(policy) != settings:
            call(client, name, "put_scaling_policy", PolicyName=policy, **groups.policy_to_api(settings))


def _change_tags(client: Any, name: str, tags: Tags) -> None:
    with calling(f"change the tags of the Auto Scaling group '{name}'"):
        if tags.remove:
            keys = groups.tags_to_api(name, dict.fromkeys(tags.remove, ""))
            client.delete_tags(aws_retry=True, Tags=[{**key, "Value": tags.now[key["Key"]]} for key in keys])
        if tags.add:
            client.create_or_update_tags(aws_retry=True, Tags=groups.tags_to_api(name, tags.add))


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the group and its instances, if there is one."""
    name = options["name"]
    current = read(client, name)
    if current is None:
        return Result()
    tags = groups.tags_from_api(current.get("Tags") or [])
    before = {**groups.from_api(current), "target_tracking": read_policies(client, name), "tags": tags}
    deleting = bool(
        current.get("Status")
    )  # "The current state of the group when DeleteAutoScalingGroup is in progress"
    if not check_mode:
        if not deleting:
            call(client, name, "delete_auto_scaling_group", ForceDelete=True)
        _await_end(client, name, options["wait_timeout"])
    return Result("none" if deleting else "deleted", None, {} if deleting else before, {})


def _await_end(client: Any, name: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while read(client, name) is not None:
        if time.monotonic() >= end:
            raise AwsError(f"The Auto Scaling group '{name}' is still there after {seconds:g} s.")
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    """Read the options, run, report."""
    policy = {
        "name": {"type": "str", "required": True},
        "metric": {"type": "str", "required": True, "choices": list(groups.METRICS)},
        "target": {"type": "float", "required": True},
        "resource_label": {"type": "str"},
        "scale_in": {"type": "bool", "default": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "launch_template": {"type": "str"},
            "launch_template_version": {"type": "str", "default": "$Default"},
            "min_size": {"type": "int"},
            "max_size": {"type": "int"},
            "initial_capacity": {"type": "int"},
            "subnets": {"type": "list", "elements": "str"},
            "target_groups": {"type": "list", "elements": "str", "default": []},
            "health_check_type": {"type": "str", "choices": ["EC2", "ELB"], "default": "EC2"},
            "health_check_grace_period": {"type": "int", "default": 300},
            "target_tracking": {"type": "list", "elements": "dict", "default": [], "options": policy},
            "wait_timeout": {"type": "int", "default": 600},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[("state", "present", ["launch_template", "min_size", "max_size", "subnets"])],
        supports_check_mode=True,
    )
    client = module.client("autoscaling", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**result.reported("group"))


if __name__ == "__main__":
    main()
