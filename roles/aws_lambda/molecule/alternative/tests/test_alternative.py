# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site is lost, and nobody does anything: automatic. And every other option."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store

from roles.aws_lambda.molecule.surroundings import Account, Arbiter, Sites, healthy_sites, wait_for

NAME, WITNESS = "other", "us-west-2"


@pytest.fixture(scope="module")
def arbiter(account: Account) -> Arbiter:
    return Arbiter(account, NAME, WITNESS)


@pytest.fixture(scope="module")
def sites(account: Account, lab: dict[str, Any]) -> Iterator[Sites]:
    yield from healthy_sites(Store(account.client("dynamodb", WITNESS), NAME), lab, "alternative.example")


def test_what_earlier_runs_left_is_put_right(account: Account, arbiter: Arbiter) -> None:
    assert arbiter.configuration["Handler"] == "multicloud_dr._lambda.handler.handler"
    policy = json.loads(account.client("lambda", WITNESS).get_policy(FunctionName=NAME)["Policy"])
    assert {each["Sid"]: each["Principal"] for each in policy["Statement"]} == {
        "alarms": {"Service": "sns.amazonaws.com"},
        "schedule": {"Service": "events.amazonaws.com"},
        "invoker-aws-agent": "arn:aws:iam::123456789012:role/aws-db",
    }
    found = account.client("lambda", WITNESS).get_function_concurrency(FunctionName=NAME)
    assert found.get("ReservedConcurrentExecutions") is None
    (rule,) = account.client("events", WITNESS).list_rules()["Rules"]
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(2 minutes)")
    iam = account.client("iam")
    assert iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"] == []
    (trusted,) = iam.get_role(RoleName=NAME)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_settings_reached_the_function(account: Account, arbiter: Arbiter, lab: dict[str, Any]) -> None:
    configuration = arbiter.configuration
    assert configuration["Environment"]["Variables"] == {
        "DR_TABLE": "other",
        "DR_SITES": "gcp,aws",
        "DR_ZONE": "alternative.example",
        "DR_NAME_SERVERS": f"127.0.0.9,127.0.0.1:{lab['dns']}",
        "DR_TOPIC_ARN": "arn:aws:sns:us-west-2:123456789012:other-notices",
        "DR_RPO_SECONDS": "30",
        "DR_MAX_LOSS_TRANSACTIONS": "5000",
        "DR_ANTI_FLAP_SECONDS": "60",
        "DR_MAX_LAG_SECONDS": "5",
        "DR_HOLDER_TTL": "8",
        "DR_CHALLENGER_TTL": "10",
    }
    assert [configuration[name] for name in ("Runtime", "Timeout", "MemorySize")] == ["python3.12", 40, 512]
    (group,) = account.client("logs", WITNESS).describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7


@pytest.mark.parametrize("site", ["gcp", "aws"])
def test_a_check_that_is_down_wakes_it(arbiter: Arbiter, site: str) -> None:
    """Neither site serves before the next test: metric, alarm, topic and permission did it by themselves."""
    wait_for(lambda: arbiter.woken_by(f"alarm other-{site}-writable"), "nobody helped")


def test_a_lost_site_is_replaced_and_people_are_told(account: Account, sites: Sites) -> None:
    sites.lose("gcp")
    wait_for(lambda: sites.record.epoch == 2, "somebody moves the epoch")
    assert (sites.record.active_site, sites.record.changed_by) == ("aws", "arbiter")
    assert sites.record.reason.startswith("SiteDown: ")
    sqs = account.client("sqs", WITNESS)
    queue = sqs.get_queue_url(QueueName="people")["QueueUrl"]
    told: list[str] = []

    def hears() -> bool:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        told.extend(json.loads(message["Body"])["Subject"] for message in messages)
        return "multicloud.dr: SiteDown: aws is now the active site" in told

    wait_for(hears, "the notice")


def test_the_api_was_asked_nothing_that_it_cannot_do(account: Account) -> None:
    assert account.errors() == []
