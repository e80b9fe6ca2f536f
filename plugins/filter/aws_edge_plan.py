# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be done to target groups, for a module that does not say."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_edge_plan
short_description: What role aws_edge would do to its target groups
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - M(community.aws.elb_target_group) has no check mode.
  - This compares what M(community.aws.elb_target_group_info) found.
options:
  _input:
    description: What was found.
    type: list
    elements: dict
    required: true
  groups:
    description: Target groups as in C(aws_edge_target_groups).
    type: list
    elements: dict
    required: true
  prefix:
    description: What the target groups' names begin with.
    type: str
    required: true
  interval:
    description: Seconds between two health checks.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Say what would be done
  ansible.builtin.debug:
    msg: "{{ found.target_groups | multicloud.dr.aws_edge_plan(aws_edge_target_groups, 'shop', 10) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each group that would be made and each value that would be changed.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def aws_edge_plan(
    found: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]], prefix: str, interval: int
) -> list[str]:
    """Sentences; none if all is as it should be."""
    there = {group["target_group_name"]: group for group in found}
    return [sentence for group in groups for sentence in _sentences(there, group, prefix, interval)]


def _sentences(
    there: Mapping[str, Mapping[str, Any]], group: Mapping[str, Any], prefix: str, interval: int
) -> Iterator[str]:
    name = f"{prefix}-{group['name']}"
    current = there.get(name)
    if current is None:
        yield f"{name} would be made."
        return
    wanted = {
        "port": int(group["port"]),
        "health_check_path": group["health_path"],
        "health_check_interval_seconds": int(interval),
        "health_check_protocol": "HTTP",
        "health_check_port": "traffic-port",
        "health_check_timeout_seconds": 4,
        "healthy_threshold_count": 2,
        "unhealthy_threshold_count": 2,
        "matcher": {"http_code": "200"},
        "tags": {"Name": name, "project": prefix},
    }
    for option, value in wanted.items():
        if current.get(option) != value:
            yield f"{name}: {option} would be {value}, is {current.get(option)}."


class FilterModule:
    """Ansible finds the filter here."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"aws_edge_plan": aws_edge_plan}
