# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web ACLs as a client sees them: associations, logging, and rules that AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import RATE, REGION, VISIBLE, load_balancer, refused, unique, web_acl

GROUP = {
    "Name": "common",
    "Priority": 1,
    "OverrideAction": {"None": {}},
    "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
    "VisibilityConfig": VISIBLE,
}


@pytest.fixture
def waf(aws: Aws) -> Any:
    return aws.client("wafv2", REGION)


def test_a_resource_has_one_web_acl(waf: Any, aws: Aws) -> None:
    first, second = web_acl(aws)["ARN"], web_acl(aws)["ARN"]
    arn = load_balancer(aws)["LoadBalancerArn"]

    def resources(acl: str) -> list[str]:
        return list(waf.list_resources_for_web_acl(WebACLArn=acl)["ResourceArns"])

    assert resources(first) == []
    waf.associate_web_acl(WebACLArn=first, ResourceArn=arn)
    waf.associate_web_acl(WebACLArn=first, ResourceArn=arn)
    assert resources(first) == [arn]
    waf.associate_web_acl(WebACLArn=second, ResourceArn=arn)
    assert (resources(first), resources(second)) == ([], [arn])
    waf.disassociate_web_acl(ResourceArn=arn)
    assert resources(second) == []


def test_associations_that_lead_nowhere(waf: Any, aws: Aws) -> None:
    acl, balancer = web_acl(aws), load_balancer(aws)["LoadBalancerArn"]
    gone = {"WebACLArn": acl["ARN"], "ResourceArn": balancer + "0"}
    assert refused(waf.associate_web_acl, **gone) == "WAFNonexistentItemException"
    assert refused(waf.associate_web_acl, WebACLArn=acl["ARN"] + "0", ResourceArn=balancer) == (
        "WAFNonexistentItemException"
    )
    distribution = "arn:aws:cloudfront::123456789012:distribution/E1"
    assert refused(waf.associate_web_acl, WebACLArn=acl["ARN"], ResourceArn=distribution) == (
        "WAFInvalidParameterException"
    )
    assert refused(waf.list_resources_for_web_acl, WebACLArn=acl["ARN"] + "0") == "WAFNonexistentItemException"


def test_a_web_acl_in_use_stays(waf: Any, aws: Aws) -> None:
    acl, balancer = web_acl(aws), load_balancer(aws)["LoadBalancerArn"]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    which = {"Name": acl["Name"], "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}
    assert refused(waf.delete_web_acl, **which) == "WAFAssociatedItemException"
    waf.disassociate_web_acl(ResourceArn=balancer)
    waf.delete_web_acl(**which)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([RATE, GROUP], ""),
        ([RATE, {**GROUP, "Priority": 0}], "WAFInvalidParameterException"),
        ([RATE, {**GROUP, "Name": "rate"}], "WAFInvalidParameterException"),
        ([{**GROUP, "OverrideAction": None, "Action": {"Block": {}}}], "WAFInvalidParameterException"),
        ([{**RATE, "Action": None, "OverrideAction": {"None": {}}}], "WAFInvalidParameterException"),
        ([{**GROUP, "Action": {"Block": {}}}], "WAFInvalidParameterException"),
        (
            [{**GROUP, "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesX"}}}],
            "WAFNonexistentItemException",
        ),
    ],
)
def test_rules(waf: Any, rules: list[dict[str, Any]], code: str) -> None:
    given = [{name: value for name, value in rule.items() if value is not None} for rule in rules]
    request = {
        "Name": unique("acl"),
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "Rules": given,
        "VisibilityConfig": VISIBLE,
    }
    if code:
        assert refused(waf.create_web_acl, **request) == code
        return
    made = waf.create_web_acl(**request)["Summary"]
    token, which = made["LockToken"], {"Name": made["Name"], "Scope": "REGIONAL", "Id": made["Id"]}
    waf.update_web_acl(**which, LockToken=token, DefaultAction={"Allow": {}}, Rules=[], VisibilityConfig=VISIBLE)
    assert waf.get_web_acl(**which)["WebACL"]["Rules"] == [], "an update replaces the rules"


def test_cloudfront_is_in_one_region(waf: Any, aws: Aws) -> None:
    assert refused(waf.list_web_acls, Scope="CLOUDFRONT") == "WAFInvalidParameterException"
    acl = web_acl(aws, "CLOUDFRONT")
    found = aws.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert acl["ARN"] in [each["ARN"] for each in found]


@pytest.mark.parametrize(("scope", "region"), [("REGIONAL", REGION), ("CLOUDFRONT", "us-east-1")])
def test_logging(aws: Aws, scope: str, region: str) -> None:
    waf, acl, group = aws.client("wafv2", region), web_acl(aws, scope)["ARN"], unique("aws-waf-logs")
    destination = f"arn:aws:logs:{region}:123456789012:log-group:{group}"

    def put(*destinations: str, resource: str = acl) -> Any:
        configuration = {"ResourceArn": resource, "LogDestinationConfigs": list(destinations)}
        return waf.put_logging_configuration(LoggingConfiguration=configuration)

    def code(*destinations: str, resource: str = acl) -> str:
        return refused(lambda: put(*destinations, resource=resource))

    assert code(destination) == "WAFLogDestinationPermissionIssueException"
    aws.client("logs", region).create_log_group(logGroupName=group)
    put(destination)
    assert acl in [
        each["ResourceArn"] for each in waf.list_logging_configurations(Scope=scope)["LoggingConfigurations"]
    ]
    assert code(destination.replace("aws-waf-logs", "logs")) == "WAFInvalidParameterException"
    assert code(destination, destination + "2") == "WAFInvalidParameterException"
    assert code(destination.replace(region, "eu-west-2")) == "WAFLogDestinationPermissionIssueException"
    assert code(destination, resource=acl + "0") == "WAFNonexistentItemException"
    assert code("arn:aws:s3:::aws-waf-logs-x") == "NotImplemented"
    other = "REGIONAL" if scope == "CLOUDFRONT" else "CLOUDFRONT"
    listed = aws.client("wafv2").list_logging_configurations(Scope=other)["LoggingConfigurations"]
    assert acl not in [each["ResourceArn"] for each in listed]
