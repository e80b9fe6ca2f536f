# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Stored = Callable[[str], dict[str, dict[str, Any]]]


def test_the_api_did_all_that_it_was_asked(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []


def test_subnets_are_the_listed_ones(stored: Stored) -> None:
    network = stored("global/networks")["multicloud-dr"]
    assert (network["autoCreateSubnetworks"], network["mtu"], network["routingConfig"]["routingMode"]) == (
        False,
        1460,
        "GLOBAL",
    )
    found = stored("regions/asia-northeast3/subnetworks")
    assert {name: subnet["ipCidrRange"] for name, subnet in found.items()} == {
        "multicloud-dr-web": "10.10.1.0/24",
        "multicloud-dr-db": "10.10.2.0/24",
    }
    assert all(subnet["privateIpGoogleAccess"] for subnet in found.values())


def test_only_google_reaches_the_web_hosts(stored: Stored) -> None:
    found = stored("global/firewalls")
    assert sorted(found) == ["multicloud-dr-iap", "multicloud-dr-lb", "multicloud-dr-mysql"]
    rule = found["multicloud-dr-lb"]
    assert (rule["sourceRanges"], rule["targetTags"]) == (["130.211.0.0/22", "35.191.0.0/16"], ["web"])
    assert rule["allowed"] == [{"IPProtocol": "tcp", "ports": ["80"]}]


def test_the_nat_has_an_address_of_its_own(stored: Stored) -> None:
    (nat,) = stored("regions/asia-northeast3/routers")["multicloud-dr-nat"]["nats"]
    assert [link.rpartition("/")[2] for link in nat["natIps"]] == ["multicloud-dr-nat-0"]
    address = stored("regions/asia-northeast3/addresses")["multicloud-dr-nat-0"]
    assert address["labels"] == {"project": "multicloud-dr"}
