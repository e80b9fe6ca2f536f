# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a web ACL: a rate for each address, and AWS's rule groups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_edge_waf_rules
short_description: Web ACL rules of role aws_edge
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - Returns rules as M(community.aws.wafv2_web_acl) takes them, with the values that AWS would add.
  - So they compare.
options:
  _input:
    description: Names of AWS's managed rule groups, in their order.
    type: list
    elements: str
    required: true
  rate:
    description: Requests of one address in five minutes, above which it is blocked.
    type: int
    required: true
  count_only:
    description: Whether what the rule groups would block is only counted.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ ['AWSManagedRulesCommonRuleSet'] | multicloud.dr.aws_edge_waf_rules(2000, false) }}"
"""

RETURN = r"""
_value:
  description: Rules, the first one first.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

WINDOW_SECONDS = 300


def aws_edge_waf_rules(groups: Sequence[str], rate: int, count_only: bool) -> list[dict[str, Any]]:
    """The rate first: it costs least."""
    per_address = {"limit": rate, "evaluation_window_sec": WINDOW_SECONDS, "aggregate_key_type": "IP"}
    rules = [_rule("rate", 0, {"rate_based_statement": per_address}, action={"block": {}})]
    override: dict[str, Any] = {"count": {}} if count_only else {"none": {}}
    for number, group in enumerate(groups, 1):
        statement = {"managed_rule_group_statement": {"vendor_name": "AWS", "name": group}}
        rules.append(_rule(group, number, statement, override_action=override))
    return rules


def _rule(name: str, priority: int, statement: dict[str, Any], **action: Any) -> dict[str, Any]:
    visibility = {"sampled_requests_enabled": True, "cloud_watch_metrics_enabled": True, "metric_name": name}
    return {"name": name, "priority": priority, "statement": statement, "visibility_config": visibility, **action}


class FilterModule:
    """Ansible finds the filter here."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"aws_edge_waf_rules": aws_edge_waf_rules}
