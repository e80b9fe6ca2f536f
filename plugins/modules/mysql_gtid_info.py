#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a MySQL server has executed, received and purged, and compare it."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mysql_gtid_info
version_added: 0.1.0
short_description: Read what a MySQL server has executed, received and purged, and compare it
description:
  - Returns the GTID sets of a server and of its replication channels, and whether everything received is applied.
  - >-
    With O(compare_to), which is usually what another server has executed, it returns the transactions that only this
    server has (errant ones, if it is to follow the other), and those that it lacks.
  - All sets are in MySQL's canonical form; tags are understood.
  - It needs a user with C(REPLICATION CLIENT), and C(SELECT) on C(dr.heartbeat) if that table exists.
options:
  compare_to:
    description: A GTID set. An empty one counts; without the option nothing is compared.
    type: str
  login_unix_socket:
    description: Path of the server's socket. It goes before O(login_host).
    type: path
  login_host:
    description: Address of the server.
    type: str
    default: localhost
  login_port:
    description: Port of the server.
    type: int
    default: 3306
  login_user:
    description: Name of the user. The operating system's user name, if it is not given.
    type: str
  login_password:
    description: The user's password.
    type: str
  ca_cert:
    description: Certificate that the server's one is checked against. With it, a connection without TLS is refused.
    type: path
  check_hostname:
    description: Whether the server's certificate has to carry O(login_host).
    type: bool
    default: true
  connect_timeout:
    description: Seconds that the connection, and each answer, may take.
    type: int
    default: 10
requirements:
  - PyMySQL on the host
extends_documentation_fragment:
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.mysql_salvage
  - module: community.mysql.mysql_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: What has the new writer executed?
  multicloud.dr.mysql_gtid_info:
    login_unix_socket: /run/mysqld/mysqld.sock
  register: writer
  delegate_to: aws-db1

- name: What does this deposed server have beyond that?
  multicloud.dr.mysql_gtid_info:
    login_unix_socket: /run/mysqld/mysqld.sock
    compare_to: "{{ writer.executed }}"
  register: deposed

- name: May it follow as it is?
  ansible.builtin.assert:
    that: deposed.counts.errant == 0
    fail_msg: "{{ deposed.counts.errant }} transactions have to be salvaged first: {{ deposed.errant }}"
"""

RETURN = r"""
server_uuid:
  description: The server's UUID.
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562
version:
  description: The server's version.
  returned: success
  type: str
  sample: 9.7.4
writable:
  description: Whether C(read_only) and C(super_read_only) are both off.
  returned: success
  type: bool
  sample: false
executed:
  description: What the server has executed.
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-1042
purged:
  description: What it has executed and no longer has in its binary logs.
  returned: success
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-17
received:
  description: What all channels together have received since they were set up.
  returned: success
  type: str
  sample: 4f22fb58-71ca-11e1-9e33-c80aa9429563:5-9
pending:
  description: What was received and is not executed yet.
  returned: success
  type: str
  sample: ""
errant:
  description: What this server has executed and O(compare_to) lacks.
  returned: when O(compare_to) is given
  type: str
  sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1040-1042
missing:
  description: What O(compare_to) has and this server lacks.
  returned: when O(compare_to) is given
  type: str
  sample: ""
counts:
  description: Number of transactions in each of the sets above, by their names.
  returned: success
  type: dict
  sample: {executed: 1042, purged: 17, received: 5, pending: 0, errant: 3, missing: 0}
applied:
  description: Whether everything received is executed. Also true of a server that follows nobody.
  returned: success
  type: bool
  sample: true
channels:
  description: The server's replication channels.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the channel; the usual one has an empty name.
      type: str
      returned: success
      sample: ""
    source_host:
      description: Address of the source.
      type: str
      returned: success
      sample: 10.20.0.20
    source_port:
      description: Port of the source.
      type: int
      returned: success
      sample: 3306
    source_uuid:
      description: UUID of the source; empty until it was connected.
      type: str
      returned: success
      sample: 4f22fb58-71ca-11e1-9e33-c80aa9429563
    received:
      description: What this channel has received.
      type: str
      returned: success
      sample: 4f22fb58-71ca-11e1-9e33-c80aa9429563:5-9
    receiver:
      description: State of the receiver, V(Yes), V(No) or V(Connecting).
      type: str
      returned: success
      sample: "Yes"
    applier:
      description: State of the applier, V(Yes) or V(No).
      type: str
      returned: success
      sample: "Yes"
    auto_position:
      description: Whether the channel finds its place by GTID.
      type: bool
      returned: success
      sample: true
    error:
      description: The last error of receiver or applier.
      type: str
      returned: success
      sample: ""
heartbeat:
  description: The newest row of C(dr.heartbeat), or null if there is none.
  returned: success
  type: dict
  contains:
    site:
      description: The site that wrote it.
      type: str
      returned: success
      sample: gcp
    server_uuid:
      description: The server that wrote it.
      type: str
      returned: success
      sample: 3e11fa47-71ca-11e1-9e33-c80aa9429562
    at:
      description: When, by the writer's clock. ISO 8601 in UTC.
      type: str
      returned: success
      sample: "2026-01-01T12:00:00.123456+00:00"
    age_seconds:
      description: How long ago, by this server's clock.
      type: float
      returned: success
      sample: 0.7
error_code:
  description: MySQL's error number; 0 if there is none.
  returned: failure of a connection or statement
  type: int
  sample: 1045
"""

import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._failover.gtid import GtidError, GtidSet
from ..module_utils._mysql.connection import QueryError, connected
from ..module_utils._mysql.gtids import read

try:
    import pymysql  # noqa: F401

    PROBLEM = None
except ImportError:
    PROBLEM = traceback.format_exc()


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleModule(
        argument_spec={
            "compare_to": {"type": "str"},
            "login_unix_socket": {"type": "path"},
            "login_host": {"type": "str", "default": "localhost"},
            "login_port": {"type": "int", "default": 3306},
            "login_user": {"type": "str"},
            "login_password": {"type": "str", "no_log": True},
            "ca_cert": {"type": "path"},
            "check_hostname": {"type": "bool", "default": True},
            "connect_timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    if PROBLEM:
        module.fail_json(msg=missing_required_lib("PyMySQL"), exception=PROBLEM)
    compare_to = module.params["compare_to"]
    try:
        other = None if compare_to is None else GtidSet.parse(compare_to)
    except GtidError as error:
        module.fail_json(msg=f"compare_to is '{compare_to}': {error}")
    try:
        with connected(module.params) as query:
            facts = read(query, other)
    except QueryError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()
