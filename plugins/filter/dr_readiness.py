# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Could a failover go well today?"""

from __future__ import annotations

DOCUMENTATION = r"""
name: dr_readiness
short_description: Name what stands in the way of a failover
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Each defect has a name, a place and a sentence. None is found in a system that is ready.
positional: runs, hosts
options:
  _input:
    description: What M(multicloud.dr.dr_failover_info) returns.
    type: dict
    required: true
  runs:
    description: What M(multicloud.dr.dr_run_info) returns.
    type: dict
    required: true
  hosts:
    description: C(name), C(site), C(kind) and C(probe) of each host; the probe is text, empty if it did not answer.
    type: list
    elements: dict
    required: true
  replication_user:
    description: The account that replicates.
    type: str
    default: replication
  limits:
    description: What is still well.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Name the defects
  ansible.builtin.debug:
    msg: "{{ situation | multicloud.dr.dr_readiness(runs, hosts) | map(attribute='sentence') }}"
"""

RETURN = r"""
_value:
  description: The defects, each with C(name), C(where) and C(sentence).
  type: list
  elements: dict
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..module_utils._runbook.readiness import Host, Limits, Sight, defects
from .dr_screen import count


def dr_readiness(
    seen: dict[str, Any],
    runs: dict[str, Any],
    hosts: Iterable[Mapping[str, Any]],
    replication_user: str = "replication",
    limits: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The filter."""
    known = [Host(host["name"], host["site"], host["kind"], _probe(host["probe"])) for host in hosts]
    reports = [host.probe["tunnels"] for host in known if host.probe and host.probe.get("tunnels")]
    sight = Sight(seen, runs, tuple(known), count(reports), replication_user, Limits(**(limits or {})))
    return [defect._asdict() for defect in defects(sight)]


def _probe(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dr_readiness": dr_readiness}
