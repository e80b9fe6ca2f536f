# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that many resources share: names of tags, labels, ports, addresses, accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from ..errors import invalid

# https://cloud.google.com/compute/docs/labeling-resources#requirements
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS = 64
# https://cloud.google.com/vpc/docs/add-remove-network-tags#restrictions: as a name
_TAG = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_MOST_TAGS = 64
# https://cloud.google.com/firewall/docs/firewalls#protocols_and_ports
_PROTOCOLS = {"tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip"}
_WITH_PORTS = {"tcp", "udp", "sctp", "6", "17", "132"}
# https://cloud.google.com/iam/docs/service-account-types
_ACCOUNT = re.compile(
    r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])@[a-z0-9.:-]+\.iam\.gserviceaccount\.com"
    r"|\d+-compute@developer\.gserviceaccount\.com|[a-z0-9-]+@appspot\.gserviceaccount\.com|default"
)
# https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations
_METADATA_KEY = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_METADATA_VALUE = 256 * 1024
_METADATA_ALL = 512 * 1024


def labels(field: str, given: Mapping[str, str]) -> None:
    """Errors: 400."""
    if len(given) > _MOST_LABELS:
        raise invalid(field, len(given), f"A resource can have at most {_MOST_LABELS} labels.")
    for key, value in given.items():
        if not _LABEL_KEY.fullmatch(key):
            raise invalid(field, key, f"Label keys must match the pattern '{_LABEL_KEY.pattern}'.")
        if not _LABEL_VALUE.fullmatch(value):
            raise invalid(f"{field}.{key}", value, f"Label values must match the pattern '{_LABEL_VALUE.pattern}'.")


def tags(field: str, given: list[str]) -> None:
    """Network tags. Errors: 400."""
    if len(given) > _MOST_TAGS:
        raise invalid(field, len(given), f"At most {_MOST_TAGS} tags.")
    for tag in given:
        if not _TAG.fullmatch(tag):
            raise invalid(field, tag, f"Must be a match of regex '{_TAG.pattern}'")


def metadata(field: str, items: list[dict[str, str]]) -> None:
    """Errors: 400."""
    for entry in items:
        key, value = entry.get("key", ""), entry.get("value", "")
        if not _METADATA_KEY.fullmatch(key):
            raise invalid(f"{field}.key", key, f"Must be a match of regex '{_METADATA_KEY.pattern}'")
        if len(value.encode()) > _METADATA_VALUE:
            raise invalid(f"{field}.value", f"{value[:20]}...", "Metadata value exceeds the maximum of 262144 bytes.")
    keys = [entry["key"] for entry in items]
    if len(set(keys)) != len(keys):
        raise invalid(field, keys, "Duplicate metadata keys.")
    if sum(len(entry["key"]) + len(entry.get("value", "")) for entry in items) > _METADATA_ALL:
        raise invalid(field, "", "Metadata exceeds the maximum of 524288 bytes.")


def network(field: str, text: str) -> IPv4Network | IPv6Network:
    """A CIDR range without host bits. Errors: 400."""
    try:
        return ip_network(text)
    except ValueError as error:
        raise invalid(field, text, "Must be a CIDR address range.") from error


def address(field: str, text: str) -> IPv4Address:
    """An IPv4 address. Errors: 400."""
    try:
        found = ip_address(text)
    except ValueError as error:
        raise invalid(field, text, "Must be a valid IP address.") from error
    if not isinstance(found, IPv4Address):
        raise invalid(field, text, "Must be a valid IPv4 address.")
    return found


def protocol(field: str, name: str) -> None:
    """Errors: 400."""
    number = int(name) if name.isdigit() else -1
    if name.lower() not in _PROTOCOLS | {"all"} and not 0 <= number <= 255:
        raise invalid(field, name, "Must be a well known IP protocol string or an IP protocol number.")


def ports(field: str, name: str, given: list[str]) -> None:
    """Ports of a protocol: "80" or "8000-8100". Errors: 400."""
    if given and name.lower() not in _WITH_PORTS:
        raise invalid(field, given[0], f"Ports may only be specified on rules whose protocol is one of {_listed()}.")
    for text in given:
        port_range(field, text)


def port_range(field: str, text: str) -> tuple[int, int]:
    """First and last port. Errors: 400."""
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()):
        raise invalid(field, text, "Ports must be an integer or a range of integers.")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high <= 65535:
        raise invalid(field, text, "Ports must be between 0 and 65535, the lower one first.")
    return low, high


def account(field: str, email: str) -> None:
    """The e-mail address of a service account. Errors: 400."""
    if not _ACCOUNT.fullmatch(email):
        raise invalid(field, email, "The email address of the service account is malformed.")


def _listed() -> str:
    return "[TCP, UDP, SCTP]"
