# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates: of Compute Engine and of Certificate Manager.

https://cloud.google.com/load-balancing/docs/ssl-certificates, https://cloud.google.com/certificate-manager/docs/overview.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ..errors import ApiError, invalid, missing
from ..store import Body
from .kit import Change, Kind

if TYPE_CHECKING:
    from ..cloud import Cloud

CERTIFICATES = Kind("sslCertificates", "SslCertificate")
MANAGED = Kind("certificates", "Certificate", "certificatemanager", defaults={"scope": "DEFAULT"}, fixed=("scope",))
AUTHORIZATIONS = Kind(
    "dnsAuthorizations",
    "DnsAuthorization",
    "certificatemanager",
    defaults={"type": "FIXED_RECORD"},
    fixed=("domain", "type"),
)
MAPS = Kind("certificateMaps", "CertificateMap", "certificatemanager")
ENTRIES = Kind("certificateMapEntries", "CertificateMapEntry", "certificatemanager", fixed=("hostname", "matcher"))

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# https://cloud.google.com/load-balancing/docs/quotas#ssl_certificates
_MOST_DOMAINS = 100


@CERTIFICATES.saving
def certificate(change: Change) -> None:
    """Google's own for plain domains, or one of ours with the key that fits."""
    new = change.new
    if change.old is not None:
        return
    kind = new.setdefault("type", "MANAGED" if new.get("managed") else "SELF_MANAGED")
    if kind == "MANAGED":
        domains = new.get("managed", {}).get("domains")
        if not domains:
            raise missing("managed.domains")
        if len(domains) > _MOST_DOMAINS:
            raise invalid("managed.domains", len(domains), f"At most {_MOST_DOMAINS} domains.")
        for domain in domains:
            if domain.startswith("*."):
                # https://cloud.google.com/load-balancing/docs/ssl-certificates/google-managed-certs#limitations
                raise invalid("managed.domains", domain, "Wildcard domains are not supported.")
            _domain("managed.domains", domain)
        for field in ("certificate", "privateKey"):
            if field in new:
                raise invalid(field, "", "It is for self-managed certificates.")
        return
    given = new.pop("selfManaged", new)
    text, key = given.get("certificate") or new.get("certificate"), given.get("privateKey") or new.get("privateKey")
    if not text:
        raise missing("certificate")
    if not key:
        raise missing("privateKey")
    found = _fitting(text, key)
    new.pop("privateKey", None)
    change.hidden["privateKey"] = key
    new["certificate"] = text
    new["selfManaged"] = {"certificate": text}
    new["expireTime"] = found.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000-00:00")


@CERTIFICATES.viewing
def certificate_view(cloud: Cloud, path: str, body: Body) -> Body:
    """Whether a managed one is active, the certificate authority says."""
    if body["type"] != "MANAGED":
        return body
    states = {domain: cloud.plane.certified(domain) for domain in body["managed"]["domains"]}
    managed = {
        **body["managed"],
        "status": "ACTIVE" if all(states.values()) else "PROVISIONING",
        "domainStatus": {domain: "ACTIVE" if done else "PROVISIONING" for domain, done in states.items()},
    }
    return {**body, "managed": managed}


@MANAGED.saving
def managed(change: Change) -> None:
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificates."""
    section = change.new.get("managed")
    if section is None:
        if not change.new.get("selfManaged"):
            raise missing("managed")
        own = change.new["selfManaged"]
        _fitting(own.get("pemCertificate", ""), own.get("pemPrivateKey", ""))
        change.hidden["pemPrivateKey"] = own.pop("pemPrivateKey")
        return
    authorized = set()
    for name in section.get("dnsAuthorizations", []):
        authorized.add(change.store.need(name)["domain"])
    if not section.get("domains"):
        raise missing("managed.domains")
    for domain in section["domains"]:
        _domain("managed.domains", domain.removeprefix("*."))
        if (domain.startswith("*.") or authorized) and domain.removeprefix("*.") not in authorized:
            raise invalid("managed.domains", domain, "There is no DNS authorization for the domain.")


@MANAGED.viewing
def managed_view(cloud: Cloud, path: str, body: Body) -> Body:
    """Whether it is active, the certificate authority says."""
    if "managed" not in body:
        return body
    done = all(cloud.plane.certified(domain) for domain in body["managed"]["domains"])
    return {**body, "managed": {**body["managed"], "state": "ACTIVE" if done else "PROVISIONING"}}


@AUTHORIZATIONS.saving
def authorization(change: Change) -> None:
    """The record that proves who owns the domain."""
    domain = change.new.get("domain", "")
    if not domain:
        raise missing("domain")
    _domain("domain", domain)
    change.new["dnsResourceRecord"] = {
        "name": f"_acme-challenge.{domain}.",
        "type": "CNAME",
        "data": f"{change.new['name'].rpartition('/')[2]}.authorize.certificatemanager.goog.",
    }


@ENTRIES.saving
def entry(change: Change) -> None:
    """A host name or the primary matcher, and certificates that exist."""
    if bool(change.new.get("hostname")) == bool(change.new.get("matcher")):
        raise invalid("hostname", change.new.get("hostname", ""), "Exactly one of hostname and matcher.")
    if not change.new.get("certificates"):
        raise missing("certificates")
    for name in change.new["certificates"]:
        change.store.need(name)


def _domain(field: str, name: str) -> None:
    if not _DOMAIN.fullmatch(name):
        raise invalid(field, name, "Must be a fully qualified domain name.")


def _fitting(text: str, key: str) -> x509.Certificate:
    """Errors: 400 with the reasons of https://cloud.google.com/load-balancing/docs/ssl-certificates/troubleshooting."""
    try:
        found = x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise ApiError(400, "sslCertificateCouldNotBeParsed", "The SSL certificate could not be parsed.") from error
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ApiError(400, "sslCertificateKeyCouldNotBeParsed", "The SSL key could not be parsed.") from error
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        raise ApiError(400, "sslCertificateKeyMismatch", "The SSL certificate and key do not match.")
    return found
