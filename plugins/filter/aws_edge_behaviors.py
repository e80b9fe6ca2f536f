# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A distribution's behaviors that differ only in their path."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_edge_behaviors
short_description: Behaviors of role aws_edge's distribution
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - Returns behaviors as M(multicloud.dr.cloudfront_site) takes them.
options:
  _input:
    description: Path patterns, in their order.
    type: list
    elements: str
    required: true
  behavior:
    description: What the behaviors have in common.
    type: dict
    required: true
  target:
    description: Their target.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ ['/static/*'] | multicloud.dr.aws_edge_behaviors({'cache_policy': 'CachingOptimized'}, 'reads') }}"
"""

RETURN = r"""
_value:
  description: Behaviors, the first one first.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable
from typing import Any


def aws_edge_behaviors(paths: Iterable[str], behavior: dict[str, Any], target: str) -> list[dict[str, Any]]:
    """One for each path."""
    return [{**behavior, "path_pattern": path, "target": target} for path in paths]


class FilterModule:
    """Ansible finds the filter here."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"aws_edge_behaviors": aws_edge_behaviors}
