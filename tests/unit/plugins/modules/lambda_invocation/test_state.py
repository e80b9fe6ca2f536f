# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies that AWS may show, and what has to be called for a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules.lambda_invocation import (
    Function,
    State,
    ensure,
    permission,
    wanted,
)

from tests.unit.fakes.scripted_client import ScriptedClient, refusal

STATEMENT = {
    "Sid": "s",
    "Effect": "Allow",
    "Principal": {"Service": "sns.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f",
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:eu-west-1:123456789012:t"}},
}
FACTS = {"principal": "sns.amazonaws.com", "source_arn": "arn:aws:sns:eu-west-1:123456789012:t"}
ROLE = "arn:aws:iam::123456789012:role/agent"


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, FACTS),
        ({"Condition": {"ArnLike": {"aws:SourceArn": FACTS["source_arn"]}}}, FACTS),
        ({"Principal": {"AWS": ROLE}, "Condition": {}}, {"principal": ROLE}),
        (
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
            {"principal": "*", "StringEquals aws:PrincipalOrgID": "o-1"},
        ),
        ({"Action": "lambda:*"}, {**FACTS, "Action": "lambda:*"}),
        (
            {"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}},
            {"principal": "sns.amazonaws.com", "source_account": "123456789012"},
        ),
    ],
)
def test_a_statement_under_the_options_names(changes: dict[str, Any], facts: dict[str, str]) -> None:
    assert permission({**STATEMENT, **changes}) == facts


def options(**given: Any) -> dict[str, Any]:
    return {"reserved_concurrency": None, "permissions": None, **given}


def test_what_is_not_given_stays() -> None:
    current = State(3, {"s": FACTS})
    assert wanted(current, options()) == current
    assert wanted(current, options(reserved_concurrency=-1)) == State(None, {"s": FACTS})
    assert wanted(current, options(permissions=[])) == State(3, {})


class Lambda(ScriptedClient):
    """Its waiters have nothing to wait for."""

    def get_waiter(self, name: str) -> Lambda:
        return self

    def wait(self, **_: Any) -> None:
        pass


def function(reserved: int | None, *statements: dict[str, Any]) -> Lambda:
    """Lambda with one function ``f``, about to be read."""
    client = Lambda()
    found = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
    client.expect("get_function_concurrency", FunctionName="f", returns=found)
    if statements:
        client.expect("get_policy", FunctionName="f", returns={"Policy": json.dumps({"Statement": statements})})
    else:
        client.expect("get_policy", FunctionName="f", returns=refusal("ResourceNotFoundException"))
    return client


def given(**changes: str) -> dict[str, Any]:
    return {"statement_id": "s", "source_account": None, **FACTS, **changes}


def test_a_statement_that_differs_is_removed_before_it_is_added() -> None:
    client = function(1, STATEMENT, {**STATEMENT, "Sid": "stale"})
    client.expect("remove_permission", FunctionName="f", StatementId="s", returns={})
    client.expect("remove_permission", FunctionName="f", StatementId="stale", returns={})
    client.expect(
        "add_permission",
        FunctionName="f",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn="arn:other",
        returns={},
    )
    ensure(Function(client, "f"), options(reserved_concurrency=1, permissions=[given(source_arn="arn:other")]), False)
    client.done()


def test_nothing_is_called_when_nothing_differs() -> None:
    client = function(1, STATEMENT)
    old, new = ensure(Function(client, "f"), options(reserved_concurrency=1, permissions=[given()]), False)
    assert old == new
    client.done()


def test_a_function_without_a_policy() -> None:
    client = function(None)
    assert Function(client, "f").read() == State()
    client.done()
