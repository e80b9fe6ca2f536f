# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A closed edge; then its removal, which leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Client = Callable[..., Any]


def test_only_health_paths_and_the_cdn_may_ask(client: Client) -> None:
    elb = client("elbv2", "us-east-1")
    (balancer,) = elb.describe_load_balancers(Names=["other"])["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (https,) = [listener for listener in listeners if listener["Port"] == 443]
    assert https["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "403"
    rules = elb.describe_rules(ListenerArn=https["ListenerArn"])["Rules"]
    conditions = [condition for rule in rules for condition in rule["Conditions"]]
    paths = [path for each in conditions for path in each.get("PathPatternConfig", {}).get("Values", [])]
    headers = [each["HttpHeaderConfig"] for each in conditions if each["Field"] == "http-header"]
    assert paths == ["/a", "/b", "/c", "/d", "/e", "/f"]
    assert headers == [{"HttpHeaderName": "X-Origin-Verify", "Values": ["only-for-this-scenario"]}]


def test_rule_groups_only_count(client: Client) -> None:
    waf = client("wafv2", "us-east-1")
    for scope, name in {"REGIONAL": "other", "CLOUDFRONT": "other-cdn"}.items():
        (found,) = waf.list_web_acls(Scope=scope)["WebACLs"]
        assert found["Name"] == name
        rules = waf.get_web_acl(Name=name, Scope=scope, Id=found["Id"])["WebACL"]["Rules"]
        assert [rule.get("OverrideAction") for rule in rules] == [None, {"Count": {}}]


def test_the_distribution_was_waited_for(client: Client) -> None:
    (found,) = client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert (found["Status"], found["PriceClass"]) == ("Deployed", "PriceClass_100")


def left(client: Client) -> dict[str, list[Any]]:
    """What there is of the role."""
    elb, waf, route53 = client("elbv2", "us-east-1"), client("wafv2", "us-east-1"), client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {
        "balancers": elb.describe_load_balancers()["LoadBalancers"],
        "target groups": elb.describe_target_groups()["TargetGroups"],
        "certificates": client("acm", "us-east-1").list_certificates()["CertificateSummaryList"],
        "web ACLs": [
            each for scope in ("REGIONAL", "CLOUDFRONT") for each in waf.list_web_acls(Scope=scope)["WebACLs"]
        ],
        "logs": client("logs", "us-east-1").describe_log_groups()["logGroups"],
        "distributions": client("cloudfront").list_distributions()["DistributionList"].get("Items", []),
        "records": [record for record in records if record["Type"] not in ("NS", "SOA")],
    }


def test_removal_leaves_nothing_and_can_be_repeated(client: Client, run: Callable[..., Any]) -> None:
    assert all(left(client).values()), "there has to be something of each kind to be removed"
    planned = run("--check", "-e", "aws_edge_state=absent")
    assert planned.code == 0, planned.output
    assert {"No distribution", "No load balancer", "No certificates"} <= planned.changed
    assert all(left(client).values()), "check mode removed something"
    removed = run("-e", "aws_edge_state=absent")
    assert removed.code == 0, removed.output
    assert not any(left(client).values())
    again = run("-e", "aws_edge_state=absent")
    assert (again.code, again.changed) == (0, set()), again.output


def test_the_api_was_asked_nothing_that_it_cannot_do(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []
