#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a running Redis server a master or a replica."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: redis_role
version_added: 0.1.0
short_description: Make a running Redis server a master or a replica
description:
  - Sends C(REPLICAOF) if the server has another role than the wanted one, and waits until a replica's link is up.
  - >-
    The role holds until the next start. The module never sends C(CONFIG REWRITE), because a server that starts as a
    master could be a second one. What M(community.general.redis) lacks is to wait for the link, and the offsets.
  - >-
    B(A server that becomes a replica throws its data away), except for what it has in common with the master. Redis
    has nothing like MySQL's GTIDs that could tell what one server has and the other lacks, so the module cannot refuse.
    It is the caller who has to know that the master is the right one.
  - The user needs the ACL rules C(+info) and C(+replicaof).
options:
  role:
    description: The wanted role.
    type: str
    choices: [master, replica]
    required: true
  master_host:
    description: Address of the master, as Redis shall show it. Required for O(role=replica), not allowed otherwise.
    type: str
  master_port:
    description: Port of the master.
    type: int
    default: 6379
  wait_seconds:
    description:
      - How long the link of a replica may take to come up, a full synchronisation included.
      - The module fails after that, but the role stays. With V(0), and in check mode, it does not wait.
    type: float
    default: 60
extends_documentation_fragment:
  - multicloud.dr.redis
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.redis_role_info
  - name: REPLICAOF
    description: Redis's documentation.
    link: https://redis.io/docs/latest/commands/replicaof/
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: This site's cache takes writes
  multicloud.dr.redis_role:
    login_unix_socket: /run/redis/redis-server.sock
    login_user: admin
    login_password: "{{ redis_admin_password }}"
    role: master

- name: The other site's cache follows it, over TLS
  multicloud.dr.redis_role:
    login_host: 10.20.0.30
    login_user: admin
    login_password: "{{ redis_admin_password }}"
    ca_cert: /etc/redis/ca.crt
    role: replica
    master_host: 10.10.0.30
    wait_seconds: 120
"""

RETURN = r"""
role:
  description: V(master) or V(replica). In check mode, this and the following are what the server is now.
  returned: success
  type: str
  sample: replica
master_host:
  description: Address of the master; empty at a master.
  returned: success
  type: str
  sample: 10.10.0.30
master_port:
  description: Port of the master; 0 at a master.
  returned: success
  type: int
  sample: 6379
link:
  description: V(up) or V(down); empty at a master.
  returned: success
  type: str
  sample: up
syncing:
  description: Whether a replica is receiving its master's whole data.
  returned: success
  type: bool
  sample: false
last_io_seconds:
  description: How long ago a replica last heard of its master; null without a link.
  returned: success
  type: int
  sample: 0
replication_id:
  description: Which history the offsets belong to.
  returned: success
  type: str
  sample: 8f7c2a1de0f2a1b3c4d5e6f708192a3b4c5d6e7f
offset:
  description: Position in the stream of changes, in bytes; null while a replica has none.
  returned: success
  type: int
  sample: 104857
replicas:
  description: The replicas that are connected.
  returned: success
  type: list
  elements: dict
  sample: [{address: 10.20.0.30, port: 6379, state: online, offset: 104857, lag_seconds: 0}]
"""

import time
import traceback
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._redis.connection import ARGUMENT_SPEC, connect
from ..module_utils._redis.role import Role, RoleError, await_ready, change, read, shown

try:
    import redis  # noqa: F401

    PROBLEM = None
except ImportError:
    PROBLEM = traceback.format_exc()

Wanted = tuple[str, str, int]


def ensure(
    client: Any,
    wanted: Wanted,
    seconds: float,
    check_mode: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Role, Role]:
    """What the server was and what it is. In check mode nothing is sent or awaited. Raises RoleError."""
    before = read(client)
    if check_mode:
        return before, before
    if not before.is_(*wanted):
        change(client, *wanted)
    if seconds:
        return before, await_ready(lambda: read(client), wanted, seconds, clock, sleep)
    return before, read(client)


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleModule(
        argument_spec={
            **ARGUMENT_SPEC,
            "role": {"type": "str", "choices": ["master", "replica"], "required": True},
            "master_host": {"type": "str"},
            "master_port": {"type": "int", "default": 6379},
            "wait_seconds": {"type": "float", "default": 60},
        },
        required_if=[("role", "replica", ["master_host"])],
        supports_check_mode=True,
    )
    if PROBLEM:
        module.fail_json(msg=missing_required_lib("redis"), exception=PROBLEM)
    role, host, port, seconds = (module.params[name] for name in ("role", "master_host", "master_port", "wait_seconds"))
    if role == "master" and host:
        module.fail_json(msg=f"master_host is '{host}' and role 'master'; a master has no master.")
    if seconds < 0:
        module.fail_json(msg=f"wait_seconds is {seconds:g}; it has to be 0 or more.")
    wanted = (role, host or "", port)
    try:
        with connect(module.params) as client:
            before, after = ensure(client, wanted, seconds, module.check_mode)
    except RoleError as error:
        module.fail_json(msg=str(error))
    report = {"changed": not before.is_(*wanted), **after.facts()}
    if module._diff:
        report["diff"] = {"before": before.shown(), "after": shown(*wanted)}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
