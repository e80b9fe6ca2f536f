# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rules of a VPC.

https://cloud.google.com/firewall/docs/firewalls; REST: compute/docs/reference/rest/v1/firewalls.
"""

from __future__ import annotations

from ..errors import invalid, missing
from . import values
from .kit import Change, Kind

FIREWALLS = Kind(
    "firewalls",
    "Firewall",
    defaults={"direction": "INGRESS", "priority": 1000, "disabled": False, "logConfig": {"enable": False}},
    fixed=("network", "direction"),
)
_SOURCES = ("sourceRanges", "sourceTags", "sourceServiceAccounts")


@FIREWALLS.saving
def firewall(change: Change) -> None:
    """One action, one direction, and ports only where a protocol has some."""
    new = change.new
    if "network" not in new:
        raise missing("network")
    if bool(new.get("allowed")) == bool(new.get("denied")):
        raise invalid("allowed", "", "Exactly one of allowed and denied must be specified.")
    action = "allowed" if new.get("allowed") else "denied"
    for entry in new[action]:
        name = entry.get("IPProtocol")
        if name is None:
            raise missing(f"{action}[].IPProtocol")
        values.protocol(f"{action}[].IPProtocol", name)
        values.ports(f"{action}[].ports", name, entry.get("ports", []))
    if not 0 <= new["priority"] <= 65535:
        raise invalid("priority", new["priority"], "Must be between 0 and 65535.")
    for field in ("sourceRanges", "destinationRanges"):
        for text in new.get(field, []):
            values.network(field, text)
    for field in ("sourceTags", "targetTags"):
        values.tags(field, new.get(field, []))
    for field in ("sourceServiceAccounts", "targetServiceAccounts"):
        for email in new.get(field, []):
            values.account(field, email)
    _sides(change)


def _sides(change: Change) -> None:
    """Which side a rule looks at; tags and accounts do not mix."""
    new = change.new
    tags = new.get("sourceTags") or new.get("targetTags")
    accounts = new.get("sourceServiceAccounts") or new.get("targetServiceAccounts")
    if tags and accounts:
        raise invalid("targetServiceAccounts", accounts, "Tags and service accounts cannot be used together.")
    if new["direction"] == "EGRESS":
        for field in _SOURCES[1:]:
            if new.get(field):
                raise invalid(field, new[field], "An EGRESS rule cannot have this field.")
        if not new.get("destinationRanges"):
            new["destinationRanges"] = ["0.0.0.0/0"]
    elif not any(new.get(field) for field in _SOURCES):
        new["sourceRanges"] = ["0.0.0.0/0"]
