# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate Manager in moto 5.2.5: it issues whatever was requested after a minute, and adds a root to chains."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from moto.acm.exceptions import AWSValidationException
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.cloudfront.models import cloudfront_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import AWSError
from moto.core.utils import utcnow
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from ..snapshot import record_values

# What only an issued certificate has: https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
ONCE_ISSUED = ("IssuedAt", "NotAfter", "NotBefore", "Serial", "Issuer", "SignatureAlgorithm")


def apply() -> None:
    """Patch moto."""
    _chain()
    _validation()
    _requests()
    _deletion()


def _chain() -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_GetCertificate.html: the chain as imported.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html: "CertificateChain" is optional.
    """
    original = CertBundle.__init__

    def __init__(self: Any, *args: Any, chain: bytes | None = None, **more: Any) -> None:
        original(self, *args, chain=chain, **more)
        if self.type == "IMPORTED":
            self.chain = _chain_of(chain)

    CertBundle.__init__ = __init__


def _chain_of(given: bytes | None) -> bytes:
    """moto reads its own root in place of what it was given."""
    try:
        if given:
            x509.load_pem_x509_certificates(given)
    except ValueError as error:
        raise AWSValidationException("The certificate chain is not PEM-encoded or is not valid.") from error
    return given or b""


# --- DNS validation ----------------------------------------------------------------------------------------------


def record_of(account: str, domain: str) -> dict[str, str]:
    """The CNAME that proves a domain: the same for every certificate of the account, and for a wildcard's parent.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    bare = domain.removeprefix("*.")
    seed = f"{account} {bare}".encode()
    label, token = hashlib.md5(seed).hexdigest(), hashlib.md5(b"token " + seed).hexdigest()
    shard = base64.b32encode(hashlib.sha256(seed).digest())[:10].decode().lower()
    return {"Name": f"_{label}.{bare}.", "Type": "CNAME", "Value": f"_{token}.{shard}.acm-validations.aws."}


def _validation() -> None:
    """https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html: issued once every domain's CNAME is seen.

    What is seen are the public zones of Route 53; AWS goes on looking for 72 hours.
    """
    expire = CertBundle.check
    describe = CertBundle.describe

    def check(self: Any) -> None:
        if not (self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION"):
            expire(self)
        elif all(_is_published(record_of(_account(self), domain)) for domain in _domains(self)):
            self.status, self.lab_issued_at = "ISSUED", utcnow()

    def described(self: Any) -> dict[str, Any]:
        result: dict[str, Any] = describe(self)
        certificate = result["Certificate"]
        certificate["InUseBy"] = sorted(users(self.arn))
        if self.type != "AMAZON_ISSUED":
            return result
        pending = self.status == "PENDING_VALIDATION"
        certificate["DomainValidationOptions"] = [
            {
                "DomainName": domain,
                "ValidationDomain": domain,
                "ValidationMethod": "DNS",
                "ValidationStatus": "SUCCESS" if not pending or _is_published(record) else "PENDING_VALIDATION",
                "ResourceRecord": record,
            }
            for domain in _domains(self)
            for record in [record_of(_account(self), domain)]
        ]
        certificate["SubjectAlternativeNames"] = _domains(self)
        certificate["RenewalEligibility"] = "ELIGIBLE" if certificate["InUseBy"] and not pending else "INELIGIBLE"
        if pending:
            for field in ONCE_ISSUED:
                certificate.pop(field, None)
        else:
            certificate["IssuedAt"] = vars(self).get("lab_issued_at", self.created_at).timestamp()
        return result

    CertBundle.check, CertBundle.describe = check, described


def _account(bundle: Any) -> str:
    return str(bundle.arn.split(":")[4])


def _domains(bundle: Any) -> list[str]:
    """The first one first, then the others in the order of their names: moto keeps them in a set."""
    return [bundle.common_name, *sorted(set(bundle.sans) - {bundle.common_name})]


def _is_published(record: dict[str, str]) -> bool:
    wanted = record["Value"].rstrip(".").lower()
    return any(
        wanted == value.rstrip(".").lower()
        for zone in list(route53_backends[DEFAULT_ACCOUNT_ID]["aws"].zones.values())
        if not zone.private_zone
        for each in list(zone.rrsets)
        if each.type == "CNAME" and each.name.rstrip(".").lower() == record["Name"].rstrip(".").lower()
        for value in record_values(each)
    )


def _requests() -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html (ValidationMethod)

    https://docs.aws.amazon.com/acm/latest/APIReference/API_GetCertificate.html (RequestInProgressException)
    """
    request = AWSCertificateManagerResponse.request_certificate
    get = AWSCertificateManagerResponse.get_certificate

    def request_certificate(self: Any) -> Any:
        if self._get_param("CertificateAuthorityArn") is None and self._get_param("ValidationMethod") != "DNS":
            raise NotImplementedError(
                f"RequestCertificate by {self._get_param('ValidationMethod') or 'EMAIL'}: only DNS is looked at"
            )
        if (self._get_param("KeyAlgorithm") or "RSA_2048") != "RSA_2048":
            raise NotImplementedError(f"RequestCertificate with a key of {self._get_param('KeyAlgorithm')}")
        return request(self)

    def get_certificate(self: Any) -> Any:
        bundle = self.acm_backend.get_certificate(self._get_param("CertificateArn"))
        if bundle.status == "PENDING_VALIDATION":
            raise AWSError(f"Certificate {bundle.arn} is not issued yet.", exception_type="RequestInProgressException")
        return get(self)

    AWSCertificateManagerResponse.request_certificate = request_certificate
    AWSCertificateManagerResponse.get_certificate = get_certificate


# --- Deletion ----------------------------------------------------------------------------------------------------


def users(arn: str) -> set[str]:
    """ARNs of the load balancers and distributions that use a certificate."""
    found = {
        balancer.arn
        for backend in list(elbv2_backends[DEFAULT_ACCOUNT_ID].values())
        for balancer in list(backend.load_balancers.values())
        for listener in list(balancer.listeners.values())
        if arn in listener.certificates
    }
    return found | {use for use, certificate in _distributions() if certificate == arn}


def _distributions() -> Iterator[tuple[str, str]]:
    for distribution in list(cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"].distributions.values()):
        certificate = distribution.distribution_config["ViewerCertificate"]
        yield distribution.arn, certificate.get("ACMCertificateArn", "")


def _deletion() -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html (ResourceInUseException)"""
    original = AWSCertificateManagerBackend.delete_certificate

    def delete_certificate(self: Any, arn: str) -> None:
        if used := users(arn):
            message = f"Certificate {arn} in account {self.account_id} is in use by {', '.join(sorted(used))}."
            raise AWSError(message, exception_type="ResourceInUseException")
        original(self, arn)
        for token in [token for token, made in self._idempotency_tokens.items() if made["arn"] == arn]:
            del self._idempotency_tokens[token]  # moto would look for the certificate

    AWSCertificateManagerBackend.delete_certificate = delete_certificate


def issued(arn: str) -> list[str] | None:
    """The domains of an issued or imported certificate; None if there is none of this ARN, or it is not issued."""
    region = arn.split(":")[3]
    bundle = acm_backends[DEFAULT_ACCOUNT_ID][region]._certificates.get(arn)
    if bundle is None:
        return None
    bundle.check()
    return _domains(bundle) if bundle.status == "ISSUED" else None
