# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a load balancer's listener: which paths go where, and what comes from the CDN."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_edge_rules
short_description: Listener rules of role aws_edge
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - Returns rules as M(amazon.aws.elb_application_lb) takes them. A target group with paths gets these, whoever asks.
options:
  _input:
    description: Target groups as in C(aws_edge_target_groups).
    type: list
    elements: dict
    required: true
  prefix:
    description: What the target groups' names begin with.
    type: str
    required: true
  secret:
    description: What the header X-Origin-Verify has to be for the other paths. Empty if everybody may ask.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ aws_edge_target_groups | multicloud.dr.aws_edge_rules('shop', '') }}"
"""

RETURN = r"""
_value:
  description: Rules, the first one first.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

HEADER = "X-Origin-Verify"
# Elastic Load Balancing takes five values of all conditions of a rule.
VALUES_MAX = 5


def aws_edge_rules(groups: Sequence[dict[str, Any]], prefix: str, secret: str) -> list[dict[str, Any]]:
    """Paths first, so that health checkers need no secret."""
    rules = [
        _rule({"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}}, f"{prefix}-{group['name']}")
        for group in groups
        for paths in _batches(group.get("paths") or [])
    ]
    if secret:
        header = {"HttpHeaderName": HEADER, "Values": [secret]}
        rules.append(_rule({"Field": "http-header", "HttpHeaderConfig": header}, f"{prefix}-{groups[0]['name']}"))
    return [{**rule, "Priority": str(number)} for number, rule in enumerate(rules, 1)]


def _batches(paths: Sequence[str]) -> list[Sequence[str]]:
    return [paths[start : start + VALUES_MAX] for start in range(0, len(paths), VALUES_MAX)]


def _rule(condition: dict[str, Any], target_group: str) -> dict[str, Any]:
    return {"Conditions": [condition], "Actions": [{"Type": "forward", "TargetGroupName": target_group}]}


class FilterModule:
    """Ansible finds the filter here."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"aws_edge_rules": aws_edge_rules}
