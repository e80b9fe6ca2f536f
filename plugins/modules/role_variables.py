#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation only; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_variables
short_description: Check the variables of several roles before anything is changed
version_added: "0.1.0"
description:
  - Validates each role's variables against its C(meta/argument_specs.yml), and reports variables that start with a
    role's name but are no option of it, which Ansible itself ignores silently.
  - If they are in order, evaluates the rules of each role's C(tasks/preflight.yml) up to the first that does not hold,
    every one of them an M(ansible.builtin.assert), without a task for each.
  - Runs on the controller only; no connection to the host is opened.
author: The multicloud.dr maintainers
options:
  roles:
    description: Names of roles of this collection.
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    support: full
    description: Nothing is ever changed.
  diff_mode:
    support: none
    description: There is nothing to compare.
"""

EXAMPLES = r"""
- name: Variables have known names and allowed values
  multicloud.dr.role_variables:
    roles: [common, mysql]
"""

RETURN = r"""
msg:
  description: What is in order, or one sentence for each mistake.
  type: str
  returned: always
  sample: mysql_srever_id is not a variable of the role mysql; did you mean mysql_server_id?
"""
