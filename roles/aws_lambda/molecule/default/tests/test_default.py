# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed function decides, and everything that has to wake it does. Manual: it only tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store

from roles.aws_lambda.molecule.surroundings import Account, Arbiter, Sites, healthy_sites, wait_for

NAME, WITNESS = "multicloud-dr-arbiter", "ap-northeast-1"
BUNDLE = Path(__file__).parents[5] / "plugins/module_utils/_lambda/bundle.py"
TABLE = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/multicloud-dr"


@pytest.fixture(scope="module")
def arbiter(account: Account) -> Arbiter:
    return Arbiter(account, NAME, WITNESS)


@pytest.fixture(scope="module")
def sites(account: Account, lab: dict[str, Any]) -> Iterator[Sites]:
    yield from healthy_sites(Store(account.client("dynamodb", WITNESS), "multicloud-dr"), lab, "multicloud.example")


def test_the_code_is_that_of_this_checkout(arbiter: Arbiter, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, BUNDLE, tmp_path / "a.zip"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == arbiter.configuration["CodeSha256"]


def test_it_decides(arbiter: Arbiter, sites: Sites) -> None:
    decision = arbiter.decide()
    assert (decision["outcome"], decision["situation"], decision["target"]) == ("nothing", "Healthy", "aws"), decision


@pytest.mark.parametrize("site", ["gcp", "aws"])
def test_either_sites_alarm_wakes_it(account: Account, arbiter: Arbiter, sites: Sites, site: str) -> None:
    alarm = f"{NAME}-{site}-writable"
    before = arbiter.woken_by(f"alarm {alarm}")
    cloudwatch = account.client("cloudwatch")
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="a test")
    wait_for(lambda: arbiter.woken_by(f"alarm {alarm}") > before, f"{alarm} wakes it")


def test_the_schedule_wakes_it(arbiter: Arbiter) -> None:
    before = arbiter.woken_by("the schedule")
    wait_for(lambda: arbiter.woken_by("the schedule") > before, "a minute later")


def test_a_lost_site_is_told_of_and_nothing_is_done(arbiter: Arbiter, sites: Sites) -> None:
    sites.lose("gcp")
    wait_for(
        lambda: {refusal["name"] for refusal in arbiter.decide()["refusals"]} == {"mode"}, "only the mode is against"
    )
    assert (sites.record.epoch, sites.record.active_site) == (1, "gcp")


def test_it_may_do_what_it_does_and_no_more(account: Account) -> None:
    iam = account.client("iam")
    (name,) = iam.list_role_policies(RoleName=NAME)["PolicyNames"]
    statements = iam.get_role_policy(RoleName=NAME, PolicyName=name)["PolicyDocument"]["Statement"]
    items = {
        action: statement.get("Condition", {}).get("ForAllValues:StringEquals", {}).get("dynamodb:LeadingKeys")
        for statement in statements
        if statement["Resource"] == TABLE
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert items == {
        "dynamodb:GetItem": None,
        "dynamodb:BatchGetItem": None,
        "dynamodb:UpdateItem": ["record"],
        "dynamodb:PutItem": ["notice"],
    }
    assert {statement["Sid"]: statement["Resource"] for statement in statements if statement["Resource"] != TABLE} == {
        "Tell": f"arn:aws:sns:{WITNESS}:123456789012:{NAME}-notices",
        "Log": f"arn:aws:logs:{WITNESS}:123456789012:log-group:/aws/lambda/{NAME}:*",
    }
    assert iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"] == []


def test_one_at_a_time(account: Account) -> None:
    found = account.client("lambda", WITNESS).get_function_concurrency(FunctionName=NAME)
    assert found["ReservedConcurrentExecutions"] == 1


def test_the_api_was_asked_nothing_that_it_cannot_do(account: Account) -> None:
    assert account.errors() == []
