# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth table of docs/dns.md, row by row: who answers for the shop's name, and behind the CDN for its origin's."""

from __future__ import annotations

from random import Random

import pytest

from lab.route53.answer import answer
from lab.route53.health import status_of
from lab.route53.model import Alias, HealthCheck, Record, Zone

# As the lab's inventory describes them (group_vars/all/aws_dns.yml).
CHECKS = {
    check.id: check
    for check in (
        HealthCheck("gcp-healthz", "HTTPS"),
        HealthCheck("aws-not-active", "HTTPS", inverted=True),
        HealthCheck("gcp", "CALCULATED", children=("gcp-healthz", "aws-not-active"), health_threshold=2),
        HealthCheck("aws-healthz", "HTTPS"),
        HealthCheck("aws", "CALCULATED", children=("aws-healthz",), health_threshold=1),
    )
}
SHOP, ORIGIN, CDN = "shop.multicloud.example.", "origin.multicloud.example.", "cdn.multicloud.example."


def zone(front_door: str) -> Zone:
    """The zone with the customers' name at this front door."""
    return Zone(
        "Z1",
        "multicloud.example.",
        (
            Record(ORIGIN, "A", 60, ("gcp",), set_identifier="gcp", failover="PRIMARY", health_check_id="gcp"),
            Record(ORIGIN, "A", 60, ("aws",), set_identifier="aws", failover="SECONDARY", health_check_id="aws"),
            Record(CDN, "A", 60, ("cdn",)),
            Record(SHOP, "A", 0, alias=Alias("Z1", front_door, False)),
        ),
    )


@pytest.mark.parametrize(
    ("row", "gcp_ok", "aws_ok", "aws_active", "site"),
    [
        (1, True, True, False, "gcp"),
        (2, False, True, False, "aws"),
        (3, True, False, False, "gcp"),
        (4, False, False, False, "gcp"),
        (5, True, True, True, "aws"),
        (6, False, True, True, "aws"),
        (7, True, False, True, "gcp"),
        (8, False, False, True, "gcp"),
    ],
)
def test_row(row: int, gcp_ok: bool, aws_ok: bool, aws_active: bool, site: str) -> None:
    """``*_ok``: /healthz of the site answers; ``aws_active``: /dr/active of aws answers 200."""
    endpoints = {"gcp-healthz": gcp_ok, "aws-healthz": aws_ok, "aws-not-active": aws_active}

    def healthy(check: str) -> bool:
        return status_of(check, CHECKS, endpoints.__getitem__, lambda _: False)

    def ask(front_door: str, name: str) -> tuple[tuple[str, ...], int]:
        (rrset,) = answer([zone(front_door)], healthy, name, "A", Random(0)).answers
        return rrset.values, rrset.ttl

    assert ask(ORIGIN, SHOP) == ask(ORIGIN, ORIGIN) == ((site,), 60), f"row {row} of docs/dns.md"
    assert ask(CDN, SHOP) == (("cdn",), 60), "viewers never change their address"
    assert ask(CDN, ORIGIN) == ((site,), 60), f"row {row} of docs/dns.md, behind the CDN"
