# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the function that it deploys agree; bad variables get a sentence before anything is changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils._lambda import bundle, handler

from tests.unit.fakes import preflight

ROOT = Path(__file__).resolve().parents[4]
ROLE = ROOT / "roles" / "aws_lambda"


def load(path: str) -> Any:
    return yaml.safe_load((ROLE / path).read_text())


def test_the_settings_are_the_functions_limits() -> None:
    options = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]["aws_lambda_settings"]["options"]
    kinds = {"float": float, "int": int}
    found = {f"DR_{name.upper()}": (name, kinds[option["type"]]) for name, option in options.items()}
    assert found == handler.LIMITS


def test_every_variable_of_the_function_is_given() -> None:
    variables = (ROLE / "vars" / "main.yml").read_text()
    described = (handler.__doc__ or "").partition("\n\n")[2]
    needed = set(re.findall(r"\bDR_[A-Z_]+", described)) - handler.LIMITS.keys()
    assert needed == set(re.findall(r"'(DR_[A-Z_]+)':", variables))


def test_lambda_calls_the_bundles_handler() -> None:
    (function,) = [task["amazon.aws.lambda"] for task in load("tasks/run.yml") if "amazon.aws.lambda" in task]
    assert function["handler"] == bundle.HANDLER


GOOD: dict[str, Any] = {
    "aws_lambda_region": "ap-northeast-1",
    "aws_lambda_sites": ["gcp", "aws"],
    "aws_lambda_zone": "multicloud.example",
    "aws_lambda_name_servers": ["192.0.2.53"],
    "aws_lambda_health_checks": ["gcp-writable", "aws-writable"],
}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "other": (
        {
            "aws_lambda_reserved_concurrency": -1,
            "aws_lambda_settings": {"challenger_ttl": 40},
            "aws_lambda_invokers": {"agent": "arn:aws-cn:iam::123456789012:user/agents/aws"},
        },
        "",
    ),
    "region": ({"aws_lambda_region": None}, "aws_lambda_region"),
    "sites": ({"aws_lambda_sites": ["gcp", "gcp"]}, "aws_lambda_sites is ['gcp', 'gcp']; two different names"),
    "name": ({"aws_lambda_name": "a b"}, "aws_lambda_name is 'a b' (allowed: 1 to 64 of A-Z"),
    "runtime": ({"aws_lambda_runtime": "python3.9"}, "aws_lambda_runtime 'python3.9' (python3.11 or newer)"),
    "zone": ({"aws_lambda_zone": "example."}, "aws_lambda_zone is 'example.'"),
    "servers": ({"aws_lambda_name_servers": []}, "aws_lambda_name_servers is []"),
    "checks": ({"aws_lambda_health_checks": ["a", "a"]}, "aws_lambda_health_checks is ['a', 'a'] (needed: names"),
    "schedule": ({"aws_lambda_schedule_minutes": 0}, "aws_lambda_schedule_minutes is 0 (allowed: above 0)"),
    "setting": ({"aws_lambda_settings": {"rto": 1}}, "rto"),
    "too_short": ({"aws_lambda_timeout_seconds": 29}, "aws_lambda_timeout_seconds is 29; allowed are 30.0 (the"),
    "ttl": ({"aws_lambda_settings": {"challenger_ttl": 41}}, "aws_lambda_timeout_seconds is 60; allowed are 61.0"),
    "memory": ({"aws_lambda_memory_size": 64}, "aws_lambda_memory_size is 64 (allowed: 128 to 10240)"),
    "concurrency": ({"aws_lambda_reserved_concurrency": 0}, "aws_lambda_reserved_concurrency is 0 (allowed: 1 or"),
    "retention": ({"aws_lambda_log_retention_days": 2}, "aws_lambda_log_retention_days"),
    "invoker": (
        {"aws_lambda_invokers": {"agent": "aws"}},
        "aws_lambda_invokers is {'agent': 'aws'}; allowed are names",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What preflight.yml's task says to each case; nothing to one that passed."""
    task = {"multicloud.dr.role_variables": {"roles": ["aws_lambda"]}}
    return preflight.said(
        tmp_path_factory.mktemp("preflight"), task, GOOD, {case: change for case, (change, _) in CASES.items()}
    )


@pytest.mark.parametrize("case", CASES)
def test_sentence(said: dict[str, str], case: str) -> None:
    sentence = CASES[case][1]
    assert sentence in said[case] and bool(sentence) == bool(said[case]), said[case]
