# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's documentation says of its options is what the module reads, and what it returns is documented."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

ROOT = Path(__file__).resolve().parents[4]
MODULES = [
    "auto_scaling_group",
    *("acm_request", "acm_request_info", "cloudfront_site", "cloudfront_site_info"),
    *("cloudwatch_alarm", "cloudwatch_alarm_info", "cloudwatch_dashboard", "cloudwatch_dashboard_info"),
    *("dms_replication_instance", "dms_replication_instance_info", "dms_replication_task", "dms_replication_task_info"),
    *("dr_failover", "dr_failover_info", "dr_record", "dr_record_info", "dr_run", "dr_run_info"),
    *("gcp_iam_member", "gcp_iam_member_info", "gcp_resource", "gcp_resource_info", "gcp_secret"),
    *("ec2_customer_gateway", "ec2_vpn_connection", "ec2_vpn_connection_info"),
    "lambda_invocation",
    *("route53_failover", "route53_failover_info", "route53_health_check", "route53_health_check_info"),
    *("route53_change_batch", "wafv2_logging", "wafv2_logging_info"),
]
# What google.cloud's GcpModule adds.
GCP = (
    *("access_token", "auth_kind", "env_type", "project", "scopes"),
    *("service_account_contents", "service_account_email", "service_account_file"),
)
KEYS = ("type", "elements", "required", "default", "choices")

Docs = dict[str, dict[str, Any]]


class Seen(Exception):
    """The module has named its options."""


@pytest.fixture(scope="module")
def docs() -> Docs:
    """By module, what ansible-doc understands."""
    names = [f"multicloud.dr.{module}" for module in MODULES]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = ["ansible-doc", "--type", "module", "--json", *names]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    found: Docs = json.loads(done.stdout)
    return {module: found[name] for module, name in zip(MODULES, names, strict=True)}


def accepted(module: str, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The argument specification that main() gives."""
    code = importlib.import_module(f"ansible_collections.multicloud.dr.plugins.modules.{module}")
    given: dict[str, Any] = {}

    def see(**arguments: Any) -> None:
        given.update(arguments["argument_spec"])
        raise Seen

    patch.setattr(code, "GcpModule" if module.startswith("gcp_") else "AnsibleAWSModule", see)
    with pytest.raises(Seen):
        code.main()
    return given


def differences(options: dict[str, Any], spec: dict[str, Any], where: str = "") -> list[str]:
    """Sentences."""
    found = [f"{where}{name} is documented only" for name in sorted(set(options) - set(spec))]
    found += [f"{where}{name} is not documented" for name in sorted(set(spec) - set(options))]
    for name in sorted(set(options) & set(spec)):
        for key in KEYS:
            said, true = options[name].get(key), spec[name].get(key)
            if said != true and not (key == "required" and not said and not true):
                found.append(f"{where}{name}: {key} is {true!r}, documented {said!r}")
        found += differences(options[name].get("suboptions", {}), spec[name].get("options", {}), f"{where}{name}.")
    return found


def test_the_comparison_sees_each_kind_of_difference() -> None:
    """Negative control."""
    options = {"a": {"type": "str"}, "b": {"type": "dict", "suboptions": {"d": {"type": "int", "default": 1}}}}
    spec = {"b": {"type": "dict", "options": {"d": {"type": "int"}}, "required": True}, "c": {"type": "str"}}
    assert differences(options, spec) == [
        "a is documented only",
        "c is not documented",
        "b: required is True, documented None",
        "b.d: default is None, documented 1",
    ]


@pytest.mark.parametrize("module", MODULES)
def test_options(docs: Docs, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {
        name: option
        for name, option in docs[module]["doc"]["options"].items()
        if name not in {*aws_argument_spec(), *GCP}
    }
    assert differences(options, accepted(module, monkeypatch)) == []


@pytest.mark.parametrize("module", MODULES)
def test_examples_and_results_are_there(docs: Docs, module: str) -> None:
    assert docs[module]["examples"]
    assert docs[module]["return"]
