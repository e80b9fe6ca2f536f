# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Certificate Manager calls of this collection. The client is AnsibleAWSModule's, which takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._aws_resource import Tags, as_dict, as_list, calling
from .certificate import Certificate, Wanted, from_api

# ListCertificates leaves out what is not named here.
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


def iter_arns(client: Any) -> Iterator[str]:
    """ARNs of the certificates that ACM issues or is to issue. Raises AwsError."""
    more: dict[str, str] = {}
    while True:
        with calling("list the certificates"):
            page = client.list_certificates(aws_retry=True, Includes={"keyTypes": KEY_TYPES}, **more)
        for each in page["CertificateSummaryList"]:
            if each.get("Type", "AMAZON_ISSUED") == "AMAZON_ISSUED":
                yield each["CertificateArn"]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def tags_of(client: Any, arn: str) -> dict[str, str]:
    """Raises AwsError."""
    with calling("list the tags of the certificate"):
        return as_dict(client.list_tags_for_certificate(aws_retry=True, CertificateArn=arn)["Tags"])


def describe(client: Any, arn: str, tags: dict[str, str]) -> Certificate:
    """Raises AwsError."""
    with calling("read the certificate"):
        return from_api(client.describe_certificate(aws_retry=True, CertificateArn=arn)["Certificate"], tags)


def named(client: Any, name: str) -> list[Certificate]:
    """The requested certificates with this tag Name. Raises AwsError."""
    tagged = [(arn, tags_of(client, arn)) for arn in iter_arns(client)]
    return [describe(client, arn, tags) for arn, tags in tagged if tags.get("Name") == name]


def request(client: Any, want: Wanted, tags: dict[str, str]) -> str:
    """The new certificate's ARN. Raises AwsError."""
    others = {"SubjectAlternativeNames": list(want.domains[1:])} if want.domains[1:] else {}
    with calling("request the certificate"):
        made = client.request_certificate(
            aws_retry=True,
            DomainName=want.domains[0],
            ValidationMethod="DNS",
            IdempotencyToken=want.token,
            KeyAlgorithm=want.key_algorithm,
            Tags=as_list(tags),
            **others,
        )
    return str(made["CertificateArn"])


def change_tags(client: Any, arn: str, plan: Tags) -> None:
    """Raises AwsError."""
    with calling("change the tags of the certificate"):
        if plan.remove:
            gone = [{"Key": key} for key in plan.remove]
            client.remove_tags_from_certificate(aws_retry=True, CertificateArn=arn, Tags=gone)
        if plan.add:
            client.add_tags_to_certificate(aws_retry=True, CertificateArn=arn, Tags=as_list(plan.add))


def delete(client: Any, arn: str) -> None:
    """Raises AwsError, ResourceInUseException while something uses it."""
    with calling("delete the certificate"):
        client.delete_certificate(aws_retry=True, CertificateArn=arn)
