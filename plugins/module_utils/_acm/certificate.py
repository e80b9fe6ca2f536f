# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A requested certificate as the modules show it. Pure.

Source: https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._aws_resource import Facts, OptionError

# What can still become, or is, of use.
ALIVE = ("ISSUED", "PENDING_VALIDATION")
SANS_MAX = 100


@dataclass(frozen=True)
class Wanted:
    """``domains``: the first one first, then the others by name."""

    name: str
    domains: tuple[str, ...]
    key_algorithm: str

    @property
    def token(self) -> str:
        """The same for every run that asks for this certificate: within an hour ACM takes them for one request."""
        text = "\n".join((self.name, self.key_algorithm, *self.domains))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Certificate:
    """One existing certificate. ``records``: what has to stand in DNS."""

    arn: str
    status: str
    domains: tuple[str, ...]
    key_algorithm: str
    records: Sequence[Facts] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def has_records(self) -> bool:
        """ACM shows the records some seconds after the request."""
        return bool(self.records) and all(record["name"] for record in self.records)


def wanted(options: Mapping[str, Any]) -> Wanted:
    """What the options ask for. Raises OptionError."""
    first = options["domain_name"].lower()
    others = sorted({name.lower() for name in options["subject_alternative_names"] or ()} - {first})
    if len(others) >= SANS_MAX:
        raise OptionError(f"subject_alternative_names has {len(others)} names; ACM takes fewer than {SANS_MAX}.")
    return Wanted(options["name"], (first, *others), options["key_algorithm"])


def from_api(detail: Mapping[str, Any], tags: Mapping[str, str]) -> Certificate:
    """A CertificateDetail."""
    first = detail["DomainName"].lower()
    others = {name.lower() for name in detail.get("SubjectAlternativeNames") or ()} - {first}
    return Certificate(
        arn=detail["CertificateArn"],
        status=detail["Status"],
        domains=(first, *sorted(others)),
        key_algorithm=detail["KeyAlgorithm"].replace("-", "_"),
        records=validation_records(detail.get("DomainValidationOptions") or ()),
        tags=tags,
        reason=detail.get("FailureReason", ""),
    )


def validation_records(options: Iterable[Mapping[str, Any]]) -> list[Facts]:
    """Each record once: a wildcard and its parent share one. Empty names: ACM does not show it yet."""
    found = {}
    for option in options:
        record = option.get("ResourceRecord") or {"Name": "", "Type": "CNAME", "Value": ""}
        name = record["Name"] or option["DomainName"]
        found[name] = {"name": record["Name"].rstrip("."), "type": record["Type"], "values": [record["Value"]]}
    return [found[name] for name in sorted(found)]


def choose(found: Iterable[Certificate], want: Wanted) -> tuple[Certificate | None, list[str]]:
    """The certificate to manage, an issued one before a pending one, and the ARNs of others of its name."""
    everything = sorted(found, key=lambda each: each.arn)
    fitting = [
        each
        for status in ALIVE
        for each in everything
        if each.status == status and (each.domains, each.key_algorithm) == (want.domains, want.key_algorithm)
    ]
    current = fitting[0] if fitting else None
    return current, [each.arn for each in everything if each is not current]


def facts(certificate: Certificate, name: str, superseded: Sequence[str] = ()) -> Facts:
    """A certificate as the modules return it."""
    return {
        "arn": certificate.arn,
        "name": name,
        "status": certificate.status,
        "domains": list(certificate.domains),
        "key_algorithm": certificate.key_algorithm,
        "validation_records": list(certificate.records),
        "tags": dict(certificate.tags),
        "superseded": list(superseded),
    }


def shown(certificate: Certificate) -> Facts:
    """What counts as a change."""
    return {
        "domains": list(certificate.domains),
        "key_algorithm": certificate.key_algorithm,
        "tags": dict(sorted(certificate.tags.items())),
    }
