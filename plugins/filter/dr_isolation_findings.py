# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was the standby able to do alone?"""

from __future__ import annotations

DOCUMENTATION = r"""
name: dr_isolation_findings
short_description: Judge what was seen of a site while it was cut off
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Each finding has a name, says whether it is as it should be, and what was seen.
positional: hosts, epoch, source, target
options:
  _input:
    description: What M(multicloud.dr.dr_failover_info) returned meanwhile.
    type: dict
    required: true
  hosts:
    description: What C(isolation.py look) printed on each host of O(target), by name; empty for no answer.
    type: dict
    required: true
  epoch:
    description: The record's epoch before.
    type: int
    required: true
  source:
    description: The active site.
    type: str
    required: true
  target:
    description: The site that is cut off.
    type: str
    required: true
  settings:
    description: The times of the protocol, as the option O(multicloud.dr.dr_failover#module:settings).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Say what is not as it should be
  ansible.builtin.debug:
    msg: "{{ found | rejectattr('seen') | map(attribute='sentence') }}"
  vars:
    found: "{{ situation | multicloud.dr.dr_isolation_findings(hosts, 7, 'gcp', 'aws') }}"
"""

RETURN = r"""
_value:
  description: The findings, each with C(name), C(seen) and C(sentence).
  type: list
  elements: dict
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._failover.evidence import Settings
from ..module_utils._runbook.isolation import findings


def dr_isolation_findings(
    seen: dict[str, Any],
    hosts: Mapping[str, str],
    epoch: int,
    source: str,
    target: str,
    settings: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The filter."""
    said = {name: _json(text) for name, text in hosts.items()}
    return [one._asdict() for one in findings(seen, said, epoch, source, target, Settings(**(settings or {})))]


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dr_isolation_findings": dr_isolation_findings}
