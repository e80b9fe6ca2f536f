#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say who may invoke a Lambda function, and how many of its invocations may run at once."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: lambda_invocation
version_added: 0.1.0
short_description: Say who may invoke a Lambda function, and how many invocations may run at once
description:
  - Manages a function's reserved concurrency, and its resource policy as a whole.
  - >-
    M(amazon.aws.lambda) deploys a function but knows no reserved concurrency. M(amazon.aws.lambda_policy) manages one
    permission, says in check mode that nothing would change, and leaves permissions alone that nobody wants any more.
  - >-
    Built on U(https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html) and
    U(https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
options:
  function_name:
    description: The function's name.
    type: str
    required: true
  reserved_concurrency:
    description:
      - How many invocations may run at once; AWS keeps so many free for this function. V(-1) reserves none. Without it,
        nothing is changed.
      - With V(0) the function cannot be invoked at all.
    type: int
  permissions:
    description:
      - Who may C(lambda:InvokeFunction), from outside of their own IAM policies. The list is the whole policy, so that
        statements which it lacks are removed. Without it, nothing is changed.
      - A statement cannot be changed, so a different one is removed and added again.
    type: list
    elements: dict
    suboptions:
      statement_id:
        description: Identifies the statement.
        type: str
        required: true
      principal:
        description: An AWS service, such as V(sns.amazonaws.com), or the ARN of an IAM role, a user or an account.
        type: str
        required: true
      source_arn:
        description: For a service, only on behalf of this resource.
        type: str
      source_account:
        description: For a service, only on behalf of resources of this account.
        type: str
attributes:
  check_mode:
    details: [A function that does not exist yet is taken for one that nobody may invoke.]
notes:
  - >-
    Needs C(lambda:GetFunctionConcurrency) and C(lambda:GetPolicy); to change something, C(lambda:GetFunction) and
    C(lambda:PutFunctionConcurrency), C(lambda:DeleteFunctionConcurrency), C(lambda:AddPermission) or
    C(lambda:RemovePermission).
  - An account keeps some unreserved concurrency; AWS refuses to reserve more than its quota leaves.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: amazon.aws.lambda
  - module: amazon.aws.lambda_policy
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: A topic and a schedule may invoke the function, one invocation at a time
  multicloud.dr.lambda_invocation:
    function_name: arbiter
    reserved_concurrency: 1
    permissions:
      - statement_id: alarms
        principal: sns.amazonaws.com
        source_arn: arn:aws:sns:us-east-1:123456789012:alarms
      - statement_id: schedule
        principal: events.amazonaws.com
        source_arn: arn:aws:events:ap-northeast-1:123456789012:rule/every-minute

- name: Stop the function for now
  multicloud.dr.lambda_invocation:
    function_name: arbiter
    reserved_concurrency: 0
"""

RETURN = r"""
reserved_concurrency:
  description: What is reserved now, or in check mode would be; null if nothing is.
  returned: success
  type: int
  sample: 1
permissions:
  description: The policy now, or as it would be, by statement. What the options cannot say has AWS's own names.
  returned: success
  type: dict
  sample:
    schedule:
      principal: events.amazonaws.com
      source_arn: arn:aws:events:ap-northeast-1:123456789012:rule/every-minute
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import BotoCoreError, ClientError

Facts = dict[str, Any]

INVOKE = "lambda:InvokeFunction"
# The conditions that AddPermission makes, in lower case, because IAM ignores case here.
OPTIONS = {("arnlike", "aws:sourcearn"): "source_arn", ("stringequals", "aws:sourceaccount"): "source_account"}
# Until a new or changed function can be configured again.
WAIT = {"Delay": 1, "MaxAttempts": 60}


class LambdaError(Exception):
    """A call failed; the message says which and why."""


class NoFunction(LambdaError):
    """There is no function of this name."""


@dataclass(frozen=True)
class State:
    """``permissions``: by statement id, what :func:`permission` makes of the statement."""

    reserved: int | None = None
    permissions: Mapping[str, Facts] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return {"reserved_concurrency": self.reserved, "permissions": dict(sorted(self.permissions.items()))}


def permission(statement: Mapping[str, Any]) -> Facts:
    """A policy's statement under the options' names; what they cannot say keeps its own name, so that it differs."""
    principal = statement["Principal"]
    facts = {"principal": ", ".join(principal.values()) if isinstance(principal, Mapping) else principal}
    if statement["Action"] != INVOKE:
        facts["Action"] = statement["Action"]
    for operator, tests in statement.get("Condition", {}).items():
        for key, value in tests.items():
            facts[OPTIONS.get((operator.lower(), key.lower()), f"{operator} {key}")] = value
    return facts


def wanted(current: State, options: Mapping[str, Any]) -> State:
    """The state that the options ask for."""
    state = current
    if options["reserved_concurrency"] is not None:
        reserved = options["reserved_concurrency"]
        state = replace(state, reserved=None if reserved < 0 else reserved)
    if options["permissions"] is not None:
        given = [{name: value for name, value in each.items() if value is not None} for each in options["permissions"]]
        state = replace(state, permissions={each.pop("statement_id"): each for each in given})
    return state


class Function:
    """A function, by AnsibleAWSModule's client, whose wrapper takes ``aws_retry``. Methods may raise LambdaError."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def read(self) -> State:
        """Raises NoFunction."""
        reserved = self._call("get_function_concurrency").get("ReservedConcurrentExecutions")
        try:
            policy = json.loads(self._call("get_policy")["Policy"])
        except NoFunction:  # or no policy: there was a function a moment ago
            policy = {"Statement": []}
        return State(reserved, {each["Sid"]: permission(each) for each in policy["Statement"]})

    def change(self, old: State, new: State) -> None:
        """From ``old`` to ``new``."""
        self._await_ready()
        if new.reserved is None and old.reserved is not None:
            self._call("delete_function_concurrency")
        elif new.reserved != old.reserved:
            self._call("put_function_concurrency", ReservedConcurrentExecutions=new.reserved)
        for statement in old.permissions:
            if new.permissions.get(statement) != old.permissions[statement]:
                self._call("remove_permission", StatementId=statement)
        for statement, facts in new.permissions.items():
            if old.permissions.get(statement) != facts:
                given = {_pascal(option): value for option, value in facts.items()}
                self._call("add_permission", StatementId=statement, Action=INVOKE, **given)

    def _await_ready(self) -> None:
        """AWS refuses to change a function that it is still making or changing."""
        with self._errors("wait for"):
            for state in ("function_active_v2", "function_updated_v2"):
                self._client.get_waiter(state).wait(FunctionName=self._name, WaiterConfig=WAIT)

    def _call(self, operation: str, **arguments: Any) -> Facts:
        with self._errors(f"{operation.replace('_', ' ')} of"):
            answer: Facts = getattr(self._client, operation)(FunctionName=self._name, aws_retry=True, **arguments)
            return answer

    @contextlib.contextmanager
    def _errors(self, purpose: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
            kind = NoFunction if missing else LambdaError
            raise kind(f"Cannot {purpose} the function {self._name}: {error}") from error
        except BotoCoreError as error:
            raise LambdaError(f"Cannot {purpose} the function {self._name}: {error}") from error


def _pascal(option: str) -> str:
    return "".join(part.capitalize() for part in option.split("_"))


def ensure(function: Function, options: Mapping[str, Any], check_mode: bool) -> tuple[State, State]:
    """Before and after. Raises LambdaError."""
    try:
        old = function.read()
    except NoFunction:
        if not check_mode:
            raise
        old = State()
    new = wanted(old, options)
    if new != old and not check_mode:
        function.change(old, new)
    return old, new


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "function_name": {"type": "str", "required": True},
            "reserved_concurrency": {"type": "int"},
            "permissions": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "statement_id": {"type": "str", "required": True},
                    "principal": {"type": "str", "required": True},
                    "source_arn": {"type": "str"},
                    "source_account": {"type": "str"},
                },
            },
        },
        supports_check_mode=True,
    )
    client = module.client("lambda", retry_decorator=AWSRetry.jittered_backoff())
    try:
        old, new = ensure(Function(client, module.params["function_name"]), module.params, module.check_mode)
    except LambdaError as error:
        module.fail_json(msg=str(error))
    report: Facts = {"changed": new != old, **new.facts}
    if module._diff:
        report["diff"] = {"before": old.facts, "after": new.facts}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
