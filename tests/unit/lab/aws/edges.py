# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers, certificates and web ACLs for the tests, made through the API as a client makes them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.fakes.aws import Aws

REGION = "eu-west-1"
VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
RATE = {
    "Name": "rate",
    "Priority": 0,
    "Action": {"Block": {}},
    "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
    "VisibilityConfig": VISIBLE,
}


def unique(prefix: str = "t") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def refused(function: Any, **arguments: Any) -> str:
    """AWS's error code of a call that must fail."""
    with pytest.raises(ClientError) as error:
        function(**arguments)
    return str(error.value.response["Error"]["Code"])


def network(aws: Aws, region: str = REGION) -> list[str]:
    """Subnets of a VPC of their own: two zones, and a second one in the first zone."""
    ec2 = aws.client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.99.{number}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("aba")
    ]


def load_balancer(aws: Aws, name: str = "", region: str = REGION) -> dict[str, Any]:
    elb = aws.client("elbv2", region)
    made = elb.create_load_balancer(Name=name or unique(), Subnets=network(aws, region)[:2])["LoadBalancers"][0]
    return dict(made)


def self_signed(*domains: str) -> tuple[bytes, bytes]:
    """A certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domains[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain) for domain in domains]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), pem


def imported(aws: Aws, *domains: str, region: str = "us-east-1") -> str:
    """ARN of an imported certificate."""
    certificate, key = self_signed(*domains)
    made = aws.client("acm", region).import_certificate(Certificate=certificate, PrivateKey=key)
    return str(made["CertificateArn"])


def web_acl(aws: Aws, scope: str = "REGIONAL", region: str = REGION, rules: Any = (RATE,)) -> dict[str, Any]:
    waf = aws.client("wafv2", "us-east-1" if scope == "CLOUDFRONT" else region)
    made = waf.create_web_acl(
        Name=unique("acl"), Scope=scope, DefaultAction={"Allow": {}}, Rules=list(rules), VisibilityConfig=VISIBLE
    )
    return dict(made["Summary"])
