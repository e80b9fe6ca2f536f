# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role aws_edge makes of its variables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.aws_edge_behaviors import aws_edge_behaviors
from ansible_collections.multicloud.dr.plugins.filter.aws_edge_plan import aws_edge_plan
from ansible_collections.multicloud.dr.plugins.filter.aws_edge_rules import aws_edge_rules
from ansible_collections.multicloud.dr.plugins.filter.aws_edge_waf_rules import aws_edge_waf_rules

GROUPS: list[dict[str, Any]] = [
    {"name": "web", "port": 8080, "health_path": "/healthz", "paths": [f"/{number}" for number in range(6)]},
    {"name": "agent", "port": 8008, "health_path": "/status"},
]
FOUND: dict[str, Any] = {
    "target_group_name": "x-web",
    "port": 8080,
    "health_check_path": "/healthz",
    "health_check_interval_seconds": 10,
    "health_check_protocol": "HTTP",
    "health_check_port": "traffic-port",
    "health_check_timeout_seconds": 4,
    "healthy_threshold_count": 2,
    "unhealthy_threshold_count": 2,
    "matcher": {"http_code": "200"},
    "tags": {"Name": "x-web", "project": "x"},
}


def test_a_rule_takes_five_values_and_paths_come_before_the_secret() -> None:
    open_, closed = aws_edge_rules(GROUPS, "x", ""), aws_edge_rules(GROUPS, "x", "s")
    assert closed[:-1] == open_
    assert [len(rule["Conditions"][0]["PathPatternConfig"]["Values"]) for rule in open_] == [5, 1]
    assert [rule["Priority"] for rule in closed] == ["1", "2", "3"]
    assert closed[-1]["Conditions"][0]["HttpHeaderConfig"] == {"HttpHeaderName": "X-Origin-Verify", "Values": ["s"]}
    assert closed[-1]["Actions"] == [{"Type": "forward", "TargetGroupName": "x-web"}]


@pytest.mark.parametrize(("count", "override"), [(True, {"count": {}}), (False, {"none": {}})])
def test_a_rule_group_has_an_override_and_a_rate_an_action(count: bool, override: dict[str, Any]) -> None:
    rate, group = aws_edge_waf_rules(["G"], 100, count)
    assert (rate["action"], "override_action" in rate) == ({"block": {}}, False)
    assert (group["override_action"], "action" in group) == (override, False)
    assert [rate["priority"], group["priority"]] == [0, 1]


def test_the_plan_names_what_differs() -> None:
    assert aws_edge_plan([FOUND], GROUPS[:1], "x", 10) == []
    assert aws_edge_plan([FOUND], GROUPS, "x", 10) == ["x-agent would be made."]
    assert aws_edge_plan([{**FOUND, "port": 80}], GROUPS[:1], "x", 10) == ["x-web: port would be 8080, is 80."]


@pytest.mark.parametrize("field", sorted(FOUND.keys() - {"target_group_name"}))
def test_every_value_is_compared(field: str) -> None:
    (sentence,) = aws_edge_plan([{**FOUND, field: None}], GROUPS[:1], "x", 10)
    assert sentence.startswith(f"x-web: {field} would be ")


def test_behaviors_differ_in_their_path() -> None:
    assert aws_edge_behaviors(["/a", "/b"], {"compress": True}, "reads") == [
        {"compress": True, "path_pattern": "/a", "target": "reads"},
        {"compress": True, "path_pattern": "/b", "target": "reads"},
    ]
