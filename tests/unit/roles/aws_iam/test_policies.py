# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host needs is allowed, and nothing else is; and the evaluator that says so, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from tests.unit.fakes.iam_policy import Call, allows, superfluous

ROLE = Path(__file__).resolve().parents[4] / "roles" / "aws_iam"
TABLE = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/multicloud-dr"
ARBITER = "arn:aws:lambda:ap-northeast-1:123456789012:function:multicloud-dr-arbiter"
KEYS = "dynamodb:LeadingKeys"


def policies(**given: Any) -> dict[str, Any]:
    """The role's policies, by role of the host."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for part in ("defaults", "vars"):
        variables |= loader.load_from_file(str(ROLE / part / "main.yml"), trusted_as_template=True)
    caller = {"arn": "arn:aws:iam::123456789012:user/operator", "account": "123456789012"}
    variables |= {"__aws_iam_caller": caller, "aws_iam_record_region": "ap-northeast-1", "aws_iam_site": "aws", **given}
    found: dict[str, Any] = Templar(loader, variables).template(variables["__aws_iam_policies"])
    return found


def item(action: str, key: str, table: str = TABLE) -> Call:
    return Call(f"dynamodb:{action}", table, {KEYS: [key]})


# What the agent calls: roles/dr_agent, module_utils/_dynamodb.py.
NEEDED = [
    item("GetItem", "record"),
    item("UpdateItem", "record"),
    item("PutItem", "status#aws"),
    Call("lambda:InvokeFunction", ARBITER),
]
# What would hurt.
REFUSED = [
    item("PutItem", "record"),
    item("PutItem", "status#gcp"),
    item("PutItem", "notice"),
    item("PutItem", "lock"),
    item("UpdateItem", "lock"),
    item("UpdateItem", "status#aws"),
    item("DeleteItem", "record"),
    item("GetItem", "lock"),
    item("GetItem", "record", TABLE + "-other"),
    item("UpdateItem", "record", TABLE.replace("ap-northeast-1", "us-east-1")),
    Call("dynamodb:Scan", TABLE),
    Call("dynamodb:DeleteTable", TABLE),
    Call("lambda:InvokeFunction", ARBITER + "-other"),
    Call("lambda:UpdateFunctionCode", ARBITER),
    Call("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:psk"),
    Call("iam:PassRole", "arn:aws:iam::123456789012:role/multicloud-dr/multicloud-dr-db"),
    Call("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin"),
]


@pytest.mark.parametrize("call", NEEDED, ids=str)
def test_a_database_host_may_do_what_it_does(call: Call) -> None:
    assert allows(policies()["db"], call)


@pytest.mark.parametrize("call", REFUSED, ids=str)
def test_a_database_host_may_do_nothing_else(call: Call) -> None:
    assert not allows(policies()["db"], call)


def test_nothing_is_allowed_that_nobody_needs() -> None:
    assert superfluous(policies()["db"], NEEDED) == []


@pytest.mark.parametrize("left_out", NEEDED, ids=str)
def test_what_is_no_longer_needed_is_noticed(left_out: Call) -> None:
    """Negative control."""
    assert superfluous(policies()["db"], [call for call in NEEDED if call is not left_out]) != []


def test_other_hosts_may_do_nothing() -> None:
    assert policies().keys() == {"db"}


def test_without_an_arbiter_nobody_wakes_it() -> None:
    assert superfluous(policies(aws_iam_arbiter="")["db"], NEEDED[:3]) == []


def test_more_statements_are_added_to_those_of_the_role() -> None:
    more = {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"}
    found = policies(aws_iam_more_statements={"web": [more], "db": [more]})
    assert allows(found["web"], Call("cloudwatch:PutMetricData", "*"))
    assert allows(found["db"], NEEDED[0])


# --- the evaluator


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements]}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:GetObject"}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": ["s3:PutObject", "s3:Get*"]}, True),
        ({"Action": "s3:GetObjec?"}, True),
        ({"Action": "s3:GetObject?"}, False),
        ({"Action": "s3:PutObject"}, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::bucket/*"}, True),
        ({"Action": "*", "Resource": "arn:aws:s3:::BUCKET/*"}, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::bucket"}, False),
        ({"Action": "*", "Condition": {"StringEquals": {"user": "a"}}}, True),
        ({"Action": "*", "Condition": {"StringEquals": {"user": ["b", "a"]}}}, True),
        ({"Action": "*", "Condition": {"StringEquals": {"user": "b"}}}, False),
        ({"Action": "*", "Condition": {"StringEquals": {"nobody": "a"}}}, False),
        ({"Action": "*", "Condition": {"StringLike": {"user": "?"}}}, True),
        ({"Action": "*", "Condition": {"ForAllValues:StringEquals": {"keys": ["x", "y", "z"]}}}, True),
        ({"Action": "*", "Condition": {"ForAllValues:StringEquals": {"keys": ["x"]}}}, False),
        ({"Action": "*", "Condition": {"ForAllValues:StringEquals": {"nobody": ["x"]}}}, True),
        ({"Action": "*", "Condition": {"ForAnyValue:StringEquals": {"keys": ["x"]}}}, True),
        ({"Action": "*", "Condition": {"StringEquals": {"user": "a"}, "StringLike": {"user": "b*"}}}, False),
    ],
)
def test_allows(statement: dict[str, Any], expected: bool) -> None:
    call = Call("s3:GetObject", "arn:aws:s3:::bucket/key", {"user": ["a"], "keys": ["x", "y"]})
    assert allows(policy(statement), call) is expected


def test_a_deny_wins() -> None:
    both = policy({"Action": "*"}, {"Effect": "Deny", "Action": "s3:*"})
    assert not allows(both, Call("s3:GetObject", "x"))
    assert allows(both, Call("sns:Publish", "x"))


def test_wildcards_are_superfluous() -> None:
    assert superfluous(policy({"Sid": "All", "Action": "s3:*"}), [Call("s3:GetObject", "x")]) == ["All: s3:*"]


@pytest.mark.parametrize(
    "statement", [{"NotAction": "*", "Action": "x"}, {"Action": "*", "Condition": {"Bool": {"a": "true"}}}]
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        allows(policy(statement), Call("s3:GetObject", "x", {"a": ["true"]}))
