# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any


def connections(ec2: Any) -> dict[str, dict[str, Any]]:
    found = ec2.describe_vpn_connections(Filters=[{"Name": "tag:project", "Values": ["multicloud-dr"]}])
    return {
        next(tag["Value"] for tag in each["Tags"] if tag["Key"] == "Name"): each for each in found["VpnConnections"]
    }


def test_four_tunnels_with_a_key_each(ec2: Any) -> None:
    found = connections(ec2)
    assert {
        name: {each["TunnelInsideCidr"]: each["PreSharedKey"] for each in connection["Options"]["TunnelOptions"]}
        for name, connection in found.items()
    } == {
        "multicloud-dr-gcp-0": {"169.254.20.0/30": "key_of_gcp_0_a", "169.254.20.4/30": "key_of_gcp_0_b"},
        "multicloud-dr-gcp-1": {"169.254.20.8/30": "key_of_gcp_1_a", "169.254.20.12/30": "key_of_gcp_1_b"},
    }


def test_one_proposal_and_no_tunnel_waits_for_the_other_side(ec2: Any) -> None:
    for connection in connections(ec2).values():
        for tunnel in connection["Options"]["TunnelOptions"]:
            assert tunnel["IkeVersions"] == [{"Value": "ikev2"}]
            assert tunnel["Phase1EncryptionAlgorithms"] == [{"Value": "AES256-GCM-16"}]
            assert (tunnel["StartupAction"], tunnel["DpdTimeoutAction"]) == ("start", "restart")


def test_each_connection_leads_to_its_own_interface(ec2: Any) -> None:
    for name, address in (("gcp-0", "198.51.100.11"), ("gcp-1", "198.51.100.12")):
        root = ET.fromstring(connections(ec2)[f"multicloud-dr-{name}"]["CustomerGatewayConfiguration"])
        ends = root.findall("ipsec_tunnel/customer_gateway")
        assert [each.findtext("tunnel_outside_address/ip_address") for each in ends] == [address] * 2
        assert [each.findtext("bgp/asn") for each in ends] == ["65010"] * 2


def test_nobody_claims_that_a_tunnel_is_up(ec2: Any) -> None:
    for connection in connections(ec2).values():
        assert {each["Status"] for each in connection["VgwTelemetry"]} == {"DOWN"}


def test_the_private_table_learns_routes(ec2: Any) -> None:
    (gateway,) = ec2.describe_vpn_gateways()["VpnGateways"]
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["multicloud-dr-private"]}])[
        "RouteTables"
    ]
    assert table["PropagatingVgws"] == [{"GatewayId": gateway["VpnGatewayId"]}]


def test_the_role_asks_for_nothing_that_the_api_does_not_do(api_errors: list[str]) -> None:
    assert api_errors == []
