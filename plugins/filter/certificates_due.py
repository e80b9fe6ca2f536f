# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates of a small private authority have to be issued (again)."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificates_due
short_description: Select the certificates that are missing, expiring or not what is wanted
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Reads C(NAME.crt) and C(NAME.key) of every wanted certificate in a folder on the controller.
  - So the slow modules that issue certificates need to run only for those that are due.
options:
  _input:
    description: Wanted certificates. Keys C(name), and optionally C(dns) and C(ip), the subject alternative names.
    type: list
    elements: dict
    required: true
  directory:
    description: Folder of the certificates, their keys and of C(ca.crt).
    type: path
    required: true
  days:
    description: A certificate that expires within this many days is due.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show what is due
  ansible.builtin.debug:
    msg: "{{ [{'name': 'db1', 'ip': ['10.10.0.20']}] | multicloud.dr.certificates_due('/etc/pki', 30) }}"
"""

RETURN = r"""
_value:
  description: The items of the input that are due, each with the key C(reason).
  type: list
  elements: dict
"""

import datetime
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def why_due(leaf: dict[str, Any], directory: Path, before: datetime.datetime) -> str:
    """Why the certificate has to be issued, or an empty string."""
    try:
        certificate = x509.load_pem_x509_certificate((directory / f"{leaf['name']}.crt").read_bytes())
        key = load_pem_private_key((directory / f"{leaf['name']}.key").read_bytes(), password=None)
        authority = x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes())
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    wanted = {*leaf.get("dns", []), *map(ip_address, leaf.get("ip", []))}
    if certificate.not_valid_after_utc < before:
        return f"expires {certificate.not_valid_after_utc:%Y-%m-%d}"
    if {*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)} != wanted:
        return "other names are wanted"
    if certificate.public_key() != key.public_key():
        return "does not belong to its key"
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return "was not issued by ca.crt"
    return ""


def certificates_due(leaves: Iterable[dict[str, Any]], directory: str, days: int) -> list[dict[str, Any]]:
    """The filter: C(leaves) that are due, each with its C(reason)."""
    before = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    try:
        reasons = [(leaf, why_due(leaf, Path(directory), before)) for leaf in leaves]
    except (OSError, ValueError) as error:
        raise AnsibleFilterError(f"certificates_due cannot read the certificates in {directory}: {error}") from error
    return [{**leaf, "reason": reason} for leaf, reason in reasons if reason]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificates_due": certificates_due}
