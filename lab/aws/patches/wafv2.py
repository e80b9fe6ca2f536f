# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS WAF in moto 5.2.5: associations that pile up or lead nowhere, and mistakes that AWS refuses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudfront.models import cloudfront_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import GLOBAL_REGION, FakeWebACL, WAFV2Backend, wafv2_backends
from moto.wafv2.responses import WAFV2Response

CLOUDFRONT_REGION = "us-east-1"
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
MANAGED_RULE_GROUPS = frozenset(
    f"AWSManagedRules{name}"
    for name in (
        *("CommonRuleSet", "AdminProtectionRuleSet", "KnownBadInputsRuleSet", "SQLiRuleSet", "LinuxRuleSet"),
        *("UnixRuleSet", "WindowsRuleSet", "PHPRuleSet", "WordPressRuleSet", "AmazonIpReputationList"),
        *("AnonymousIpList", "ATPRuleSet", "ACFPRuleSet", "BotControlRuleSet", "AntiDDoSRuleSet"),
    )
)
LOG_PREFIX = "aws-waf-logs-"


def apply() -> None:
    """Patch moto."""
    _scope()
    _rules()
    _association()
    _deletion()
    _logging()


def _invalid(reason: str, field: str, parameter: object) -> WAFv2ClientError:
    """AWS's form of it: https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html (Errors)"""
    return WAFv2ClientError(
        "WAFInvalidParameterException", f"Error reason: {reason}, field: {field}, parameter: {parameter}"
    )


def _scope() -> None:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html (Scope): of CloudFront only there."""
    original = WAFV2Response.call_action

    def call_action(self: Any) -> Any:
        if self._get_param("Scope") == "CLOUDFRONT" and self.region not in (CLOUDFRONT_REGION, GLOBAL_REGION):
            error = _invalid("The scope is not valid.", "SCOPE_VALUE", "CLOUDFRONT")
            return error.code, dict(error.get_headers()), error.get_body()
        return original(self)

    WAFV2Response.call_action = call_action


# --- Rules -------------------------------------------------------------------------------------------------------


def _rules() -> None:
    create, update, change = WAFV2Backend.create_web_acl, WAFV2Backend.update_web_acl, FakeWebACL.update

    def create_web_acl(self: Any, *args: Any, **more: Any) -> Any:
        check_rules(more["rules"] if "rules" in more else args[6])
        return create(self, *args, **more)

    def update_web_acl(self: Any, *args: Any, **more: Any) -> Any:
        check_rules(more["rules"] if "rules" in more else args[3])
        return update(self, *args, **more)

    def changed(self: Any, *args: Any) -> None:
        """https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateWebACL.html: it replaces everything."""
        default_action, rules, description, *others = args
        change(self, default_action, rules or [], description or "", *others)

    WAFV2Backend.create_web_acl, WAFV2Backend.update_web_acl, FakeWebACL.update = (
        create_web_acl,
        update_web_acl,
        changed,
    )


def check_rules(rules: Iterable[Mapping[str, Any]] | None) -> None:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html: names, priorities, and which of two actions.

    Raises WAFv2ClientError.
    """
    names: set[str] = set()
    priorities: set[int] = set()
    for rule in rules or ():
        if rule["Priority"] in priorities:
            raise _invalid("You have used the same priority for two rules.", "RULE", rule["Name"])
        if rule["Name"] in names:
            raise _invalid("You have used the same name for two rules.", "RULE", rule["Name"])
        names.add(rule["Name"])
        priorities.add(rule["Priority"])
        statement = rule["Statement"]
        refers = "ManagedRuleGroupStatement" in statement or "RuleGroupReferenceStatement" in statement
        action = "OverrideAction" if refers else "Action"
        if (action not in rule) or ("Action" in rule and "OverrideAction" in rule):
            raise _invalid(
                "A reference in your rule statement is not valid. A rule needs Action, or OverrideAction if its "
                "statement refers to a rule group, and not both.",
                "RULE",
                rule["Name"],
            )
        group = statement.get("ManagedRuleGroupStatement")
        if group and group["VendorName"] == "AWS" and group["Name"] not in MANAGED_RULE_GROUPS:
            raise WAFNonexistentItemException


# --- Associations ------------------------------------------------------------------------------------------------


def _association() -> None:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html

    https://docs.aws.amazon.com/waf/latest/APIReference/API_ListResourcesForWebACL.html
    """
    associate = WAFV2Backend.associate_web_acl
    response = WAFV2Response.associate_web_acl

    def checked(self: Any) -> Any:
        body = json.loads(self.body)
        arn = body["ResourceArn"]
        if ":cloudfront:" in arn or ":global/" in body["WebACLArn"]:
            raise _invalid("The ARN isn't valid. Use the distribution's WebACLId.", "RESOURCE_ARN", arn)
        if ":loadbalancer/app/" in arn and not _is_load_balancer(arn):
            raise WAFNonexistentItemException
        return response(self)

    def associate_web_acl(self: Any, web_acl_arn: str, resource_arn: str) -> None:
        """A resource has one web ACL: another one takes its place."""
        if web_acl_arn not in self.wacls:
            raise WAFNonexistentItemException
        self.disassociate_web_acl(resource_arn)
        associate(self, web_acl_arn, resource_arn)

    def list_resources_for_web_acl(self: Any) -> Any:
        acl = self.wafv2_backend.wacls.get(self._get_param("WebACLArn"))
        if acl is None:
            raise WAFNonexistentItemException
        if self._get_param("ResourceType") not in (None, "APPLICATION_LOAD_BALANCER"):
            raise NotImplementedError(f"ListResourcesForWebACL of {self._get_param('ResourceType')}")
        found = [arn for arn in acl.associated_resources if ":loadbalancer/app/" in arn and _is_load_balancer(arn)]
        return 200, {"Content-Type": "application/json"}, json.dumps({"ResourceArns": found})

    WAFV2Response.associate_web_acl = checked
    WAFV2Response.list_resources_for_web_acl = list_resources_for_web_acl
    WAFV2Backend.associate_web_acl = associate_web_acl


def _is_load_balancer(arn: str) -> bool:
    return arn in elbv2_backends[DEFAULT_ACCOUNT_ID][arn.split(":")[3]].load_balancers


def exists(arn: str) -> bool:
    """Is there a web ACL of this ARN for distributions?"""
    return ":global/webacl/" in arn and arn in wafv2_backends[DEFAULT_ACCOUNT_ID][GLOBAL_REGION].wacls


def _deletion() -> None:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_DeleteWebACL.html (WAFAssociatedItemException)"""
    original = WAFV2Backend.delete_web_acl

    def delete_web_acl(self: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
        acl = self.get_web_acl(None, name, _id)
        used = [arn for arn in acl.associated_resources if ":loadbalancer/" not in arn or _is_load_balancer(arn)]
        used += [
            distribution.arn
            for distribution in list(cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"].distributions.values())
            if distribution.distribution_config["WebACLId"] == acl.arn
        ]
        if used:
            raise WAFv2ClientError(
                "WAFAssociatedItemException",
                "AWS WAF couldn't perform the operation because your resource is being used by another resource or "
                "it's associated with another resource.",
            )
        original(self, name, scope, _id, lock_token)
        for backend in list(wafv2_backends[DEFAULT_ACCOUNT_ID].values()):
            backend.logging_configurations.pop(acl.arn, None)

    WAFV2Backend.delete_web_acl = delete_web_acl


# --- Logging -----------------------------------------------------------------------------------------------------


def _logging() -> None:
    """https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingConfiguration.html

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html (name, region)
    """
    original = WAFV2Backend.put_logging_configuration

    def put_logging_configuration(self: Any, arn: str, destinations: list[str], *others: Any) -> Any:
        region = GLOBAL_REGION if ":global/" in arn else arn.split(":")[3]
        if arn not in wafv2_backends[DEFAULT_ACCOUNT_ID][region].wacls:
            raise WAFNonexistentItemException
        if len(destinations) != 1:
            raise _invalid("You must give exactly one destination.", "LOG_DESTINATION", destinations)
        _require_destination(destinations[0], arn.split(":")[3])
        return original(self, arn, destinations, *others)

    def list_logging_configurations(self: Any) -> Any:
        """moto looks for a region of the name global, which no ARN has."""
        wanted = self._get_param("Scope") == "CLOUDFRONT"
        found = [
            {name: value for name, value in each.to_dict().items() if value is not None}
            for each in self.wafv2_backend.logging_configurations.values()
            if (":global/" in each.arn) == wanted
        ]
        return json.dumps({"LoggingConfigurations": found})

    WAFV2Backend.put_logging_configuration = put_logging_configuration
    WAFV2Response.list_logging_configurations = list_logging_configurations


def _require_destination(destination: str, region: str) -> None:
    _, _, service, where, _, kind, *name = [*destination.split(":"), "", "", "", ""]
    if service == "s3":
        name = [kind]
    elif service == "firehose":
        name = [kind.removeprefix("deliverystream/")]
    elif service != "logs":
        raise _invalid("The ARN isn't valid.", "LOG_DESTINATION", destination)
    if not name[0].startswith(LOG_PREFIX):
        raise _invalid(f"The name of a log destination has to start with {LOG_PREFIX}", "LOG_DESTINATION", destination)
    if service != "logs":
        raise NotImplementedError(f"PutLoggingConfiguration to {service}: only log groups are looked for")
    if where != region or name[0] not in logs_backends[DEFAULT_ACCOUNT_ID][region].groups:
        raise WAFv2ClientError(
            "WAFLogDestinationPermissionIssueException",
            f"Unable to deliver logs to the configured destination. There is no log group {name[0]} in {region}.",
        )
