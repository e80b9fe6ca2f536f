# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge as the API shows it; then everything is changed by hand, seen by --check, and repaired by one run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

NAME = "multicloud-dr"
SECRET = "only-for-this-scenario"
Client = Callable[..., Any]


def balancer(client: Client) -> Any:
    return client("elbv2").describe_load_balancers(Names=[NAME])["LoadBalancers"][0]


def listeners(client: Client) -> dict[int, Any]:
    found = client("elbv2").describe_listeners(LoadBalancerArn=balancer(client)["LoadBalancerArn"])["Listeners"]
    return {listener["Port"]: listener for listener in found}


def distribution(client: Client) -> tuple[str, str, Any]:
    cloudfront = client("cloudfront")
    (found,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    config = cloudfront.get_distribution_config(Id=found["Id"])
    return found["Id"], config["ETag"], config["DistributionConfig"]


def records(client: Client) -> dict[tuple[str, str], Any]:
    route53 = client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    found = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {(record["Name"].partition(".")[0], record["Type"]): record for record in found}


def web_acl(client: Client, name: str = NAME, scope: str = "REGIONAL", region: str = "ap-northeast-2") -> Any:
    waf = client("wafv2", region)
    (found,) = [each for each in waf.list_web_acls(Scope=scope)["WebACLs"] if each["Name"] == name]
    return found


def test_http_goes_to_https_and_health_paths_to_their_hosts(client: Client) -> None:
    found = listeners(client)
    assert found[80]["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert found[443]["DefaultActions"][0]["Type"] == "forward"
    rules = client("elbv2").describe_rules(ListenerArn=found[443]["ListenerArn"])["Rules"]
    paths = [condition["PathPatternConfig"]["Values"] for rule in rules for condition in rule["Conditions"]]
    assert paths == [["/healthz", "/writable"], ["/dr/active"]]


def test_certificates_are_issued_by_dns(client: Client) -> None:
    for region, domains in {
        "ap-northeast-2": {"shop.multicloud.example", "origin.multicloud.example", "aws.multicloud.example"},
        "us-east-1": {"shop.multicloud.example", "cdn.multicloud.example"},
    }.items():
        acm = client("acm", region)
        (found,) = acm.list_certificates()["CertificateSummaryList"]
        certificate = acm.describe_certificate(CertificateArn=found["CertificateArn"])["Certificate"]
        assert (certificate["Status"], set(certificate["SubjectAlternativeNames"])) == ("ISSUED", domains)


def test_the_distribution_follows_the_failover_name_and_reads_may_go_on(client: Client) -> None:
    _, _, config = distribution(client)
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}
    assert origins["active"]["DomainName"] == "origin.multicloud.example"
    assert origins["active"]["CustomHeaders"]["Items"][0]["HeaderValue"] == SECRET
    members = config["OriginGroups"]["Items"][0]["Members"]["Items"]
    assert [member["OriginId"] for member in members] == ["active", "site"]
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "active"
    assert {behavior["TargetOriginId"] for behavior in config["CacheBehaviors"]["Items"]} == {"reads"}


def test_names_lead_to_balancer_and_distribution(client: Client) -> None:
    found = records(client)
    assert found["aws", "A"]["AliasTarget"]["DNSName"].rstrip(".") == balancer(client)["DNSName"]
    for rdtype in ("A", "AAAA"):
        assert found["cdn", rdtype]["AliasTarget"]["HostedZoneId"] == "Z2FDTNDATAQYW2"


def test_nobody_is_healthy_whom_nobody_has_probed(client: Client) -> None:
    elb = client("elbv2")
    for group in elb.describe_target_groups()["TargetGroups"]:
        found = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        assert "healthy" not in [each["TargetHealth"]["State"] for each in found]


def drift(client: Client) -> set[str]:
    """Change everything by hand. The tasks that have to see it."""
    elb, waf, arn = client("elbv2"), client("wafv2"), balancer(client)["LoadBalancerArn"]
    (web,) = elb.describe_target_groups(Names=[f"{NAME}-web"])["TargetGroups"]
    elb.modify_target_group(TargetGroupArn=web["TargetGroupArn"], HealthCheckIntervalSeconds=30)
    attributes = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "owner", "Value": "me"}])
    https = listeners(client)[443]["ListenerArn"]
    first = elb.describe_rules(ListenerArn=https)["Rules"][0]
    elb.modify_rule(
        RuleArn=first["RuleArn"],
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/healthz", "/admin"]}}],
    )
    refusal = {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": "x"}
    http = listeners(client)[80]["ListenerArn"]
    elb.modify_listener(ListenerArn=http, DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": refusal}])

    found = web_acl(client)
    which = {"Name": NAME, "Scope": "REGIONAL", "Id": found["Id"]}
    acl = waf.get_web_acl(**which)
    waf.update_web_acl(
        **which,
        LockToken=acl["LockToken"],
        DefaultAction={"Allow": {}},
        Rules=acl["WebACL"]["Rules"][:-1],
        VisibilityConfig=acl["WebACL"]["VisibilityConfig"],
        Description=NAME,
    )
    waf.disassociate_web_acl(ResourceArn=arn)
    waf.delete_logging_configuration(ResourceArn=found["ARN"])
    client("logs", "us-east-1").put_retention_policy(logGroupName=f"aws-waf-logs-{NAME}-cdn", retentionInDays=1)

    identifier, etag, config = distribution(client)
    changed = copy.deepcopy(config)
    changed["OriginGroups"]["Items"][0]["Members"]["Items"].reverse()
    changed["WebACLId"] = ""
    client("cloudfront").update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=changed)

    certificate = client("acm", "us-east-1")
    (each,) = certificate.list_certificates()["CertificateSummaryList"]
    certificate.remove_tags_from_certificate(CertificateArn=each["CertificateArn"], Tags=[{"Key": "project"}])
    route53 = client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    proof = next(record for (name, _), record in records(client).items() if name.startswith("_"))
    alias = records(client)["cdn", "AAAA"]
    changes = [{"Action": "DELETE", "ResourceRecordSet": record} for record in (proof, alias)]
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
    return {
        "Target groups, as they would be",
        "Load balancer and listeners",
        "Rules of the listeners",
        "Web ACLs",
        "Web ACL of the load balancer",
        "Logs of the web ACLs",
        "Log groups, as they would be",
        "Distribution",
        "Certificates",
        "Proof of the certificates' domains",
        "Names of the load balancer and the distribution",
    }


def test_drift_is_seen_and_repaired(client: Client, run: Callable[..., Any]) -> None:
    tasks = drift(client)
    seen = run("--check")
    assert seen.code == 0, seen.output
    assert seen.changed == tasks
    assert SECRET not in seen.output
    repaired = run()
    assert repaired.code == 0, repaired.output
    quiet = run("--check")
    assert (quiet.code, quiet.changed) == (0, set()), quiet.output
    assert distribution(client)[2]["WebACLId"].endswith(web_acl(client, f"{NAME}-cdn", "CLOUDFRONT", "us-east-1")["Id"])


def test_the_api_was_asked_nothing_that_it_cannot_do(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []
