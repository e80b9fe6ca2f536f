# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the standby be cut off for a drill?"""

from __future__ import annotations

DOCUMENTATION = r"""
name: dr_isolation_obstacle
short_description: Say why the standby must not be cut off now
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - One sentence; empty if nothing stands in the way of an isolation drill.
positional: runs, source, target
options:
  _input:
    description: What M(multicloud.dr.dr_failover_info) returns.
    type: dict
    required: true
  runs:
    description: What M(multicloud.dr.dr_run_info) returns.
    type: dict
    required: true
  source:
    description: The active site.
    type: str
    required: true
  target:
    description: The standby, which is to be cut off.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Nothing stands in the way
  ansible.builtin.assert:
    that: situation | multicloud.dr.dr_isolation_obstacle(runs, 'gcp', 'aws') == ''
"""

RETURN = r"""
_value:
  description: The sentence.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ..module_utils._runbook.isolation import obstacle


def dr_isolation_obstacle(seen: dict[str, Any], runs: dict[str, Any], source: str, target: str) -> str:
    """The filter."""
    return obstacle(seen, runs.get("dns"), source, target)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dr_isolation_obstacle": dr_isolation_obstacle}
