# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers as a client sees them: what is stored, what is refused, and that nobody is healthy unseen."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import REGION, imported, load_balancer, network, refused, unique


@pytest.fixture
def elb(aws: Aws) -> Any:
    return aws.client("elbv2", REGION)


def target_group(elb: Any, aws: Aws) -> str:
    vpc = aws.client("ec2", REGION).create_vpc(CidrBlock="10.98.0.0/16")["Vpc"]["VpcId"]
    made = elb.create_target_group(Name=unique(), Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def test_a_new_balancer_has_every_attribute_and_keeps_what_is_set(elb: Any, aws: Aws) -> None:
    arn = load_balancer(aws)["LoadBalancerArn"]

    def attributes() -> dict[str, str]:
        found = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {each["Key"]: each["Value"] for each in found}

    assert attributes()["idle_timeout.timeout_seconds"] == "60"
    assert attributes()["load_balancing.cross_zone.enabled"] == "true"
    wanted = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=wanted)
    assert attributes()["routing.http.drop_invalid_header_fields.enabled"] == "true"
    wrong = [{"Key": "idle_timeout", "Value": "1"}]
    assert refused(elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=wrong)


def test_a_name_is_taken_once_but_the_same_request_succeeds_twice(elb: Any, aws: Aws) -> None:
    subnets, name = network(aws), unique()
    first = elb.create_load_balancer(Name=name, Subnets=subnets[:2])["LoadBalancers"][0]
    again = elb.create_load_balancer(Name=name, Subnets=subnets[:2])["LoadBalancers"][0]
    assert again["LoadBalancerArn"] == first["LoadBalancerArn"]
    other = {"Name": name, "Subnets": subnets[:2], "Scheme": "internal"}
    assert refused(elb.create_load_balancer, **other) == "DuplicateLoadBalancerName"


@pytest.mark.parametrize("name", ["internal-x", "-x", "x-", "x_y", "x" * 33])
def test_names_that_aws_refuses(elb: Any, aws: Aws, name: str) -> None:
    assert refused(elb.create_load_balancer, Name=name, Subnets=network(aws)[:2]) == "ValidationError"


def test_one_zone_is_not_enough(elb: Any, aws: Aws) -> None:
    subnets = network(aws)
    name = unique()
    assert refused(elb.create_load_balancer, Name=name, Subnets=[subnets[0], subnets[2]]) == "ValidationError"
    with pytest.raises(ClientError, match="LoadBalancerNotFound"):
        elb.describe_load_balancers(Names=[name])


def test_deletion_protection_protects(elb: Any, aws: Aws) -> None:
    arn = load_balancer(aws)["LoadBalancerArn"]

    def protect(value: str) -> None:
        attribute = {"Key": "deletion_protection.enabled", "Value": value}
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])

    protect("true")
    assert refused(elb.delete_load_balancer, LoadBalancerArn=arn) == "OperationNotPermitted"
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=arn)


def test_a_listener_needs_a_free_port_and_an_issued_certificate(elb: Any, aws: Aws) -> None:
    arn, group = load_balancer(aws)["LoadBalancerArn"], target_group(elb, aws)
    acm = aws.client("acm", REGION)
    pending = acm.request_certificate(DomainName="pending.example", ValidationMethod="DNS")["CertificateArn"]
    forward = {"LoadBalancerArn": arn, "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}
    https = {**forward, "Protocol": "HTTPS", "Port": 443}
    assert refused(elb.create_listener, **https) == "ValidationError"
    assert refused(elb.create_listener, **https, Certificates=[{"CertificateArn": pending}]) == "UnsupportedCertificate"
    gone = pending.replace("certificate/", "certificate/0")
    assert refused(elb.create_listener, **https, Certificates=[{"CertificateArn": gone}]) == "CertificateNotFound"
    good = imported(aws, "good.example", region=REGION)
    made = elb.create_listener(**https, Certificates=[{"CertificateArn": good}])["Listeners"][0]
    assert refused(elb.create_listener, **https, Certificates=[{"CertificateArn": good}]) == "DuplicateListener"
    change = {"ListenerArn": made["ListenerArn"], "Certificates": [{"CertificateArn": pending}]}
    assert refused(elb.modify_listener, **change) == "UnsupportedCertificate"
    assert refused(acm.delete_certificate, CertificateArn=good) == "ResourceInUseException"
    elb.delete_load_balancer(LoadBalancerArn=arn)
    acm.delete_certificate(CertificateArn=good)


def test_no_target_is_healthy_that_nobody_has_probed(elb: Any, aws: Aws) -> None:
    group = target_group(elb, aws)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.98.0.5"}])

    def health() -> dict[str, str]:
        return dict(elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"])

    assert (health()["State"], health()["Reason"]) == ("unused", "Target.NotInUse")
    elb.create_listener(
        LoadBalancerArn=load_balancer(aws)["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    assert (health()["State"], health()["Reason"]) == ("unhealthy", "Target.FailedHealthChecks")
