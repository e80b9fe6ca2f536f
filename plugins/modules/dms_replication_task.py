#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage, start and stop DMS replication tasks."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dms_replication_task
version_added: 0.2.0
short_description: Manage, start and stop DMS replication tasks
description:
  - Creates, modifies, starts, stops and deletes one replication task of the Database Migration Service, found by its
    O(name). community.aws has no module for it.
  - Built on U(https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationTask.html),
    U(https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationTask.html) and
    U(https://docs.aws.amazon.com/dms/latest/APIReference/API_StartReplicationTask.html).
  - An option that is not given keeps its value on an existing task.
options:
  name:
    description: Identifies the task. Begins with a letter; letters, digits and single hyphens.
    type: str
    required: true
  state:
    description:
      - V(present) leaves it running or stopped, as it is; V(started) starts it the first time and resumes it later;
        V(stopped) stops it.
      - V(absent) stops it and deletes it.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  source_endpoint:
    description: Name of the endpoint that is read. Required for a new task; cannot be changed later.
    type: str
  target_endpoint:
    description: Name of the endpoint that is written. Required for a new task; cannot be changed later.
    type: str
  instance:
    description: Name of the replication instance. Required for a new task; cannot be changed later.
    type: str
  migration_type:
    description: What is replicated; V(full-load-and-cdc) copies what is there and then follows changes.
    type: str
    choices: [full-load, cdc, full-load-and-cdc]
  table_mappings:
    description: >-
      Which tables, as in
      U(https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.html).
      Compared as data.
    type: dict
  settings:
    description: >-
      Task settings, as in
      U(https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html).
      DMS fills the rest with its defaults, so only what is given is compared.
    type: dict
  interrupt:
    description:
      - Whether a running task may be stopped to be modified, and resumed then; needs O(state=started). Without, a
        change of a running task is an error.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for each step. V(0) does not wait, and cannot do what needs several steps.
    type: int
    default: 900
  tags:
    description: Tags of the task.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
attributes:
  check_mode:
    details: [Endpoints and an instance that do not exist yet are shown by their names.]
notes:
  - Before the task is started, its connections are tested, unless they were tested successfully before; DMS demands it.
  - Proven against the API's rules only; see docs/limits.md.
  - Needs C(dms:DescribeReplicationTasks), C(dms:DescribeReplicationInstances), C(dms:DescribeEndpoints),
    C(dms:DescribeConnections), C(dms:TestConnection), C(dms:ListTagsForResource), C(dms:CreateReplicationTask),
    C(dms:ModifyReplicationTask), C(dms:StartReplicationTask), C(dms:StopReplicationTask), C(dms:DeleteReplicationTask),
    C(dms:AddTagsToResource) and C(dms:RemoveTagsFromResource).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.dms_replication_task_info
  - module: multicloud.dr.dms_replication_instance
  - module: community.aws.dms_endpoint
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Copy the shop and follow its changes
  multicloud.dr.dms_replication_task:
    name: shop
    state: started
    source_endpoint: shop-source
    target_endpoint: shop-target
    instance: shop
    migration_type: full-load-and-cdc
    table_mappings:
      rules:
        - rule-type: selection
          rule-id: "1"
          rule-name: shop
          object-locator: {schema-name: shop, table-name: "%"}
          rule-action: include

- name: Stop it, before the target takes writes
  multicloud.dr.dms_replication_task:
    name: shop
    state: stopped
"""

RETURN = r"""
task:
  description: The task as it is now, or in check mode as it would be.
  returned: when O(state) is not V(absent)
  type: dict
  contains:
    name:
      description: The task's name.
      type: str
      returned: always
      sample: shop
    arn:
      description: The task's ARN. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: arn:aws:dms:ap-northeast-2:123456789012:task:ABCDEFGHIJKLM
    status:
      description: What DMS says of it. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: running
    settings:
      description: Its attributes; endpoints and instance by ARN.
      type: dict
      returned: always
      sample: {migration_type: full-load-and-cdc}
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {project: shop}
steps:
  description: What was done to an existing task or after creating it, or in check mode would be.
  returned: always
  type: list
  elements: str
  sample: [stop, modify, resume-processing]
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
from ..module_utils._dms import api, tasks
from ..module_utils._dms.api import Patience
from ..module_utils._dms.tasks import Settings

# An option, its attribute, and how it is found.
NAMED = {
    "source_endpoint": ("source_endpoint_arn", api.endpoint, "EndpointArn"),
    "target_endpoint": ("target_endpoint_arn", api.endpoint, "EndpointArn"),
    "instance": ("instance_arn", api.instance, "ReplicationInstanceArn"),
}


class Task:
    """One task, and the steps that it takes. Each ends in a state at rest."""

    def __init__(self, client: Any, name: str, patience: Patience) -> None:
        self._client = client
        self._name = name
        self._patience = patience
        self.found = api.task(client, name)

    @property
    def status(self) -> str:
        """What DMS says; "" if there is none."""
        return str((self.found or {}).get("Status", ""))

    @property
    def arn(self) -> str:
        """ "" if there is none."""
        return str((self.found or {}).get("ReplicationTaskArn", ""))

    def rest(self, wanted: tuple[str, ...] = (*tasks.AT_REST, "running")) -> None:
        """Wait for the end of what DMS is about."""

        def read() -> str:
            self.found = api.task(self._client, self._name)
            return self.status

        self._patience.until(read, wanted, f"The replication task '{self._name}'")

    def _call(self, verb: str, operation: str, **params: Any) -> None:
        purpose = f"{verb} the replication task '{self._name}'"
        api.call(self._client, purpose, f"{operation}_replication_task", **params)

    def create(self, wanted: Settings, tags: dict[str, str]) -> None:
        """It is ready then."""
        request = tasks.to_api(wanted) | ({"Tags": as_list(tags)} if tags else {})
        self._call("create", "create", ReplicationTaskIdentifier=self._name, **request)
        self.rest()

    def do(self, step: str, changed: Settings) -> None:
        """A step of ``tasks.steps``."""
        match step:
            case "stop":
                self._call("stop", "stop", ReplicationTaskArn=self.arn)
                self.rest(tasks.AT_REST)
            case "modify":
                self._call("modify", "modify", ReplicationTaskArn=self.arn, **tasks.to_api(changed))
                self.rest(tasks.AT_REST)
            case _:
                self._test_connections()
                self._call("start", "start", ReplicationTaskArn=self.arn, StartReplicationTaskType=step)
                self.rest(("running", "stopped", "failed"))  # a full load may be through before it is seen

    def delete(self) -> None:
        """Whatever it was about."""
        if self.status in tasks.ON_THE_WAY:
            self.rest()
        if self.status == "running":
            self.do("stop", {})
        if self.status != "deleting":
            self._call("delete", "delete", ReplicationTaskArn=self.arn)
        self.rest(("",))

    def _test_connections(self) -> None:
        where = (self.found or {})["ReplicationInstanceArn"]
        for side in ("SourceEndpointArn", "TargetEndpointArn"):
            self._test_connection(where, (self.found or {})[side])

    def _test_connection(self, where: str, endpoint: str) -> None:
        def read() -> str:
            return str((api.connection(self._client, where, endpoint) or {}).get("Status", ""))

        what = f"The connection from {where} to {endpoint}"
        if read() != "successful":
            names = {"ReplicationInstanceArn": where, "EndpointArn": endpoint}
            api.call(self._client, f"test the connection to {endpoint}", "test_connection", **names)
        if self._patience.until(read, ("successful", "failed"), what) == "failed":
            found = api.connection(self._client, where, endpoint) or {}
            raise AwsError(f"{what} does not work: {found.get('LastFailureMessage')}")


def resolve(client: Any, options: Facts, check_mode: bool) -> Settings:
    """The attributes among the options that were given. In check mode what does not exist yet keeps its name."""
    wanted = {
        name: options[name] for name in ("migration_type", "table_mappings", "settings") if options[name] is not None
    }
    for option, (attribute, find, key) in NAMED.items():
        if options[option] is None:
            continue
        found = find(client, options[option])
        if found is None and not check_mode:
            raise OptionError(f"{option} is '{options[option]}', but there is none of this name.")
        wanted[attribute] = found[key] if found else options[option]
    return wanted


def ensure_present(client: Any, options: Facts, check_mode: bool, patience: Patience) -> tuple[Result, tuple[str, ...]]:
    """Bring the task to where the options want it; the steps that it took."""
    wanted = resolve(client, options, check_mode)
    task = Task(client, options["name"], patience)
    if task.status in tasks.ON_THE_WAY and not check_mode:
        task.rest()
    if task.found is None:
        return _create(client, task, options, wanted, check_mode)
    current = tasks.from_api(task.found)
    changed = tasks.changes(current, wanted)
    has_run = task.found.get("ReplicationTaskStartDate") is not None
    steps = tasks.steps(task.status, options["state"], bool(changed), has_run, options["interrupt"])
    tags = tag_plan(api.tags_of(client, task.arn), options["tags"], options["purge_tags"])
    was = task.status
    if not check_mode:
        for step in steps:
            task.do(step, changed)
        if tags:
            api.change_tags(client, task.arn, tags)
    new = current | changed | ({"settings": tasks.merged(current["settings"], wanted.get("settings") or {})})
    status = planned(was, steps) if check_mode else task.status
    facts = {"name": options["name"], "arn": task.arn, "status": status, "settings": new, "tags": tags.then}
    result = Result(
        "updated" if steps or tags else "none",
        facts,
        {**current, "status": was, "tags": dict(tags.now)},
        {**new, "status": planned(was, steps), "tags": tags.then},
    )
    return result, steps


def planned(status: str, steps: tuple[str, ...]) -> str:
    """The status after the steps."""
    last = {"stop": "stopped", "modify": status if "stop" not in steps else "stopped"}
    return last.get(steps[-1], "running") if steps else status


def _create(
    client: Any, task: Task, options: Facts, wanted: Settings, check_mode: bool
) -> tuple[Result, tuple[str, ...]]:
    needed = [*NAMED, "migration_type", "table_mappings"]
    if missing := [option for option in needed if options[option] is None]:
        raise OptionError(f"{', '.join(missing)} is needed: there is no replication task '{options['name']}' yet.")
    tags = tag_plan({}, options["tags"], purge=False).then
    steps = tasks.steps("ready", options["state"], changed=False, has_run=False, interrupt=False)
    if not check_mode:
        task.create(wanted, tags)
        for step in steps:
            task.do(step, {})
    facts = {"name": options["name"], "arn": task.arn, "status": task.status, "settings": wanted, "tags": tags}
    after = {**wanted, "status": planned("ready", steps), "tags": tags}
    return Result("created", facts, {}, after), steps


def ensure_absent(client: Any, options: Facts, check_mode: bool, patience: Patience) -> tuple[Result, tuple[str, ...]]:
    """Stop and delete the task of this name, if there is one."""
    task = Task(client, options["name"], patience)
    if task.found is None:
        return Result(), ()
    before = {**tasks.from_api(task.found), "status": task.status, "tags": api.tags_of(client, task.arn)}
    steps = ("stop", "delete") if task.status in ("running", "starting") else ("delete",)
    if not check_mode:
        task.delete()
    return Result("deleted", None, before, {}), steps


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
            "source_endpoint": {"type": "str"},
            "target_endpoint": {"type": "str"},
            "instance": {"type": "str"},
            "migration_type": {"type": "str", "choices": list(tasks.MIGRATION_TYPES)},
            "table_mappings": {"type": "dict"},
            "settings": {"type": "dict"},
            "interrupt": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 900},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    client = module.client("dms", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_absent if module.params["state"] == "absent" else ensure_present
    try:
        result, steps = ensure(client, module.params, module.check_mode, Patience(module.params["wait_timeout"]))
    except OptionError as error:
        module.fail_json(msg=str(error))
    except AwsError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(steps=list(steps), **result.reported("task"))


if __name__ == "__main__":
    main()
