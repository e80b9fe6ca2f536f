# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("call", "key"),
    [
        ("describe_vpn_connections", "VpnConnections"),
        ("describe_customer_gateways", "CustomerGateways"),
        ("describe_vpn_gateways", "VpnGateways"),
    ],
)
def test_nothing_is_left(ec2: Any, call: str, key: str) -> None:
    found = getattr(ec2, call)(Filters=[{"Name": "tag:project", "Values": ["other"]}])[key]
    assert found
    assert {each["State"] for each in found} == {"deleted"}


def test_the_role_asks_for_nothing_that_the_api_does_not_do(api_errors: list[str]) -> None:
    assert api_errors == []
