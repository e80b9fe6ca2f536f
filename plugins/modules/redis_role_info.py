#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the replication role of a Redis server."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: redis_role_info
version_added: 0.1.0
short_description: Read the replication role of a Redis server
description:
  - Returns the role, the link and the offsets of a Redis server as C(INFO replication) tells them, in today's words.
  - The user needs the ACL rule C(+info).
extends_documentation_fragment:
  - multicloud.dr.redis
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.redis_role
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Does the cache of this site follow the other one?
  multicloud.dr.redis_role_info:
    login_unix_socket: /run/redis/redis-server.sock
    login_user: admin
    login_password: "{{ redis_admin_password }}"
  register: cache
  failed_when: cache.link != 'up'
"""

RETURN = r"""
role:
  description: V(master) or V(replica).
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

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._redis.connection import ARGUMENT_SPEC, connect
from ..module_utils._redis.role import RoleError, read

try:
    import redis  # noqa: F401

    PROBLEM = None
except ImportError:
    PROBLEM = traceback.format_exc()


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    if PROBLEM:
        module.fail_json(msg=missing_required_lib("redis"), exception=PROBLEM)
    try:
        with connect(module.params) as client:
            seen = read(client)
    except RoleError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **seen.facts())


if __name__ == "__main__":
    main()
