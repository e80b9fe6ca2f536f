# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as a client sees them: issued when DNS proves the domains, and not before."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import refused, self_signed, unique


@pytest.fixture
def acm(aws: Aws) -> Any:
    return aws.client("acm", "us-east-1")


def describe(acm: Any, arn: str) -> dict[str, Any]:
    return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])


def publish(aws: Aws, zone: str, record: dict[str, str], private: bool = False) -> None:
    more: dict[str, Any] = {}
    if private:
        vpc = aws.client("ec2").create_vpc(CidrBlock="10.97.0.0/16")["Vpc"]["VpcId"]
        more = {"VPC": {"VPCRegion": "us-east-1", "VPCId": vpc}, "HostedZoneConfig": {"PrivateZone": True}}
    made = aws.route53.create_hosted_zone(Name=zone, CallerReference=unique(), **more)["HostedZone"]["Id"]
    entry: Any = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    batch: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": entry}]}
    aws.route53.change_resource_record_sets(HostedZoneId=made, ChangeBatch=batch)


def test_a_certificate_is_issued_when_every_domain_is_proven(acm: Any, aws: Aws) -> None:
    zone, other = f"{unique()}.example", f"{unique()}.example"
    request = {"DomainName": zone, "SubjectAlternativeNames": [f"*.{zone}", other], "ValidationMethod": "DNS"}
    arn = acm.request_certificate(**request)["CertificateArn"]
    pending = describe(acm, arn)
    assert (pending["Status"], "IssuedAt" in pending, "NotAfter" in pending) == ("PENDING_VALIDATION", False, False)
    assert pending["SubjectAlternativeNames"] == [zone, *sorted([f"*.{zone}", other])]
    records = {each["DomainName"]: each["ResourceRecord"] for each in pending["DomainValidationOptions"]}
    assert records[zone] == records[f"*.{zone}"], "a wildcard and its parent have the same record"
    assert records[zone]["Value"] != records[other]["Value"]
    assert refused(acm.get_certificate, CertificateArn=arn) == "RequestInProgressException"

    publish(aws, zone, records[zone])
    half = describe(acm, arn)
    assert half["Status"] == "PENDING_VALIDATION"
    assert {each["DomainName"]: each["ValidationStatus"] for each in half["DomainValidationOptions"]} == {
        zone: "SUCCESS",
        f"*.{zone}": "SUCCESS",
        other: "PENDING_VALIDATION",
    }
    publish(aws, other, records[other])
    issued = describe(acm, arn)
    assert (issued["Status"], "IssuedAt" in issued) == ("ISSUED", True)
    assert acm.get_certificate(CertificateArn=arn)["Certificate"].startswith("-----BEGIN CERTIFICATE-----")


def test_a_private_zone_or_another_value_proves_nothing(acm: Any, aws: Aws) -> None:
    zone = f"{unique()}.example"
    arn = acm.request_certificate(DomainName=zone, ValidationMethod="DNS")["CertificateArn"]
    record = describe(acm, arn)["DomainValidationOptions"][0]["ResourceRecord"]
    publish(aws, zone, record, private=True)
    publish(aws, zone, {**record, "Value": "_x.acm-validations.aws."})
    assert describe(acm, arn)["Status"] == "PENDING_VALIDATION"


def test_mail_validation_is_not_faked(acm: Any) -> None:
    assert refused(acm.request_certificate, DomainName="x.example", ValidationMethod="EMAIL") == "NotImplemented"


def test_a_chain_is_what_was_imported(acm: Any) -> None:
    certificate, key = self_signed("imported.example")
    arn = acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    assert not acm.get_certificate(CertificateArn=arn).get("CertificateChain")
    again = acm.import_certificate(
        Certificate=certificate, PrivateKey=key, CertificateChain=certificate, CertificateArn=arn
    )
    chain = acm.get_certificate(CertificateArn=again["CertificateArn"])["CertificateChain"]
    assert chain.strip().encode() == certificate.strip()


def test_a_bad_chain_is_refused(acm: Any) -> None:
    certificate, key = self_signed("imported.example")
    with pytest.raises(ClientError, match="ValidationException"):
        acm.import_certificate(Certificate=certificate, PrivateKey=key, CertificateChain=b"nonsense")
