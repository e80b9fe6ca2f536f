# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Stored = Callable[[str], dict[str, dict[str, Any]]]


def test_the_api_did_all_that_it_was_asked(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []


def test_the_network_was_put_right(stored: Stored) -> None:
    network = stored("global/networks")["shop"]
    assert (network["mtu"], network["routingConfig"]["routingMode"]) == (1500, "REGIONAL")
    subnet = stored("regions/europe-west3/subnetworks")["shop-all"]
    assert (subnet["ipCidrRange"], subnet["logConfig"]["enable"], subnet["privateIpGoogleAccess"]) == (
        "10.64.0.0/16",
        True,
        True,
    )


def test_nobodys_rule_is_gone_and_the_other_faces_the_right_way(stored: Stored) -> None:
    found = stored("global/firewalls")
    assert sorted(found) == ["shop-out", "shop-quarantine"]
    out = found["shop-out"]
    assert (out["direction"], out["destinationRanges"], out.get("sourceRanges")) == ("EGRESS", ["0.0.0.0/0"], None)
    assert sorted((one["IPProtocol"], one.get("ports")) for one in out["allowed"]) == [
        ("icmp", None),
        ("tcp", ["443", "8000-8010"]),
        ("udp", ["53"]),
    ]
    rule = found["shop-quarantine"]
    assert (rule["priority"], rule["denied"], rule["logConfig"]["enable"]) == (0, [{"IPProtocol": "all"}], True)


def test_google_chooses_the_nats_addresses(stored: Stored) -> None:
    (nat,) = stored("regions/europe-west3/routers")["shop-nat"]["nats"]
    assert (nat["natIpAllocateOption"], nat["minPortsPerVm"], nat["logConfig"]["enable"]) == ("AUTO_ONLY", 256, False)
    assert stored("regions/europe-west3/addresses") == {}
