# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws

REGION = "eu-central-1"
PSK = "abcdefgh_1."


@pytest.fixture
def ec2(aws: Aws) -> Any:
    return aws.client("ec2", region=REGION)


def refused(function: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**arguments)
    error: Any = caught.value.response
    return f"{error['Error']['Code']}: {error['Error']['Message']}"


@dataclass
class Site:
    """A VPC with a gateway, and a customer gateway."""

    vpc: str
    gateway: str
    customer: str

    def connect(self, ec2: Any, *tunnels: dict[str, Any], **options: Any) -> dict[str, Any]:
        made: dict[str, Any] = ec2.create_vpn_connection(
            Type="ipsec.1",
            CustomerGatewayId=self.customer,
            VpnGatewayId=self.gateway,
            Options={"TunnelOptions": list(tunnels), **options},
        )["VpnConnection"]
        return made


@pytest.fixture
def site(ec2: Any) -> Iterator[Site]:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=64600)["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    customer = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.1", BgpAsn=65010)["CustomerGateway"]
    yield Site(vpc, gateway, customer["CustomerGatewayId"])
    for connection in ec2.describe_vpn_connections()["VpnConnections"]:
        if connection["State"] != "deleted":
            ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    ec2.delete_customer_gateway(CustomerGatewayId=customer["CustomerGatewayId"])


def read(ec2: Any, connection: dict[str, Any]) -> dict[str, Any]:
    (found,) = ec2.describe_vpn_connections(VpnConnectionIds=[connection["VpnConnectionId"]])["VpnConnections"]
    return dict(found)


# --- Tags --------------------------------------------------------------------------------------------------------


def test_tags_are_found_by_the_resource_types_of_aws(ec2: Any, site: Site) -> None:
    subnet = ec2.create_subnet(VpcId=site.vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    tags = [{"Key": "Name", "Value": "x"}]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    nat = ec2.create_nat_gateway(
        SubnetId=subnet,
        AllocationId=address["AllocationId"],
        TagSpecifications=[{"ResourceType": "natgateway", "Tags": tags}],
    )["NatGateway"]["NatGatewayId"]
    for identifier, resource_type in ((nat, "natgateway"), (address["AllocationId"], "elastic-ip")):
        filters = [
            {"Name": "resource-id", "Values": [identifier]},
            {"Name": "resource-type", "Values": [resource_type]},
        ]
        (found,) = ec2.describe_tags(Filters=filters)["Tags"]
        assert (found["Key"], found["ResourceType"]) == ("Name", resource_type)


def test_a_tag_specification_for_something_else_is_refused(ec2: Any) -> None:
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    said = refused(ec2.allocate_address, Domain="vpc", TagSpecifications=tags)
    assert said == "InvalidParameterValue: 'vpc' is not a valid taggable resource type for this operation."


# --- Route propagation -------------------------------------------------------------------------------------------


def table_of(ec2: Any, vpc: str) -> dict[str, Any]:
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    return dict(table)


def test_propagation_is_kept_and_ends(ec2: Any, site: Site) -> None:
    table = table_of(ec2, site.vpc)
    assert table["PropagatingVgws"] == []
    ec2.enable_vgw_route_propagation(RouteTableId=table["RouteTableId"], GatewayId=site.gateway)
    assert table_of(ec2, site.vpc)["PropagatingVgws"] == [{"GatewayId": site.gateway}]
    ec2.disable_vgw_route_propagation(RouteTableId=table["RouteTableId"], GatewayId=site.gateway)
    assert table_of(ec2, site.vpc)["PropagatingVgws"] == []


def test_a_detached_gateway_propagates_nothing(ec2: Any, site: Site) -> None:
    table = table_of(ec2, site.vpc)
    ec2.enable_vgw_route_propagation(RouteTableId=table["RouteTableId"], GatewayId=site.gateway)
    ec2.detach_vpn_gateway(VpcId=site.vpc, VpnGatewayId=site.gateway)
    assert table_of(ec2, site.vpc)["PropagatingVgws"] == []
    arguments = {"RouteTableId": table["RouteTableId"], "GatewayId": site.gateway}
    assert refused(ec2.enable_vgw_route_propagation, **arguments).startswith("Gateway.NotAttached")


def test_propagation_needs_a_gateway_that_exists(ec2: Any, site: Site) -> None:
    table = table_of(ec2, site.vpc)["RouteTableId"]
    said = refused(ec2.enable_vgw_route_propagation, RouteTableId=table, GatewayId="vgw-0")
    assert said.startswith("InvalidVpnGatewayID.NotFound")


# --- Gateways ----------------------------------------------------------------------------------------------------


def test_an_identical_customer_gateway_is_the_same(ec2: Any, site: Site) -> None:
    again = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.1", BgpAsn=65010)["CustomerGateway"]
    other = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.1", BgpAsn=65011)["CustomerGateway"]
    assert again["CustomerGatewayId"] == site.customer != other["CustomerGatewayId"]
    ec2.delete_customer_gateway(CustomerGatewayId=other["CustomerGatewayId"])


def test_customer_gateways_are_found_by_state_and_tag(ec2: Any, site: Site) -> None:
    def found(**filters: str) -> list[str]:
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return [
            each["CustomerGatewayId"] for each in ec2.describe_customer_gateways(Filters=wanted)["CustomerGateways"]
        ]

    ec2.create_tags(Resources=[site.customer], Tags=[{"Key": "Name", "Value": "gcp-0"}])
    assert found(**{"tag:Name": "gcp-0"}) == [site.customer]
    assert found(**{"tag:Name": "gcp-1"}) == []
    made = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.7", BgpAsn=65010)["CustomerGateway"]
    ec2.delete_customer_gateway(CustomerGatewayId=made["CustomerGatewayId"])
    assert found(ip_address="192.0.2.7", state="available") == []
    assert found(ip_address="192.0.2.7", state="deleted") == [made["CustomerGatewayId"]]


@pytest.mark.parametrize("asn", [0, 2_147_483_648])
def test_a_customer_gateways_asn_has_a_range(ec2: Any, asn: int) -> None:
    said = refused(ec2.create_customer_gateway, Type="ipsec.1", IpAddress="192.0.2.2", BgpAsn=asn)
    assert f"InvalidParameterValue: Value ({asn}) for parameter BgpAsn is invalid" in said


@pytest.mark.parametrize("asn", [64511, 65535, 4_199_999_999, 4_294_967_295])
def test_a_vpn_gateways_asn_has_ranges(ec2: Any, asn: int) -> None:
    assert "parameter AmazonSideAsn" in refused(ec2.create_vpn_gateway, Type="ipsec.1", AmazonSideAsn=asn)


def test_a_vpn_gateways_asn_has_a_default(ec2: Any) -> None:
    assert ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["AmazonSideAsn"] == 64512


def test_gateways_in_use_stay(ec2: Any, site: Site) -> None:
    connection = site.connect(ec2)
    assert refused(ec2.delete_customer_gateway, CustomerGatewayId=site.customer).startswith("IncorrectState")
    assert refused(ec2.delete_vpn_gateway, VpnGatewayId=site.gateway).startswith("IncorrectState")
    ec2.detach_vpn_gateway(VpcId=site.vpc, VpnGatewayId=site.gateway)
    assert refused(ec2.delete_vpn_gateway, VpnGatewayId=site.gateway).startswith("IncorrectState")
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    ec2.delete_vpn_gateway(VpnGatewayId=site.gateway)


# --- VPN connections ---------------------------------------------------------------------------------------------


def test_tunnel_options_are_kept_and_told_to_the_customer(ec2: Any, site: Site) -> None:
    first = {
        "TunnelInsideCidr": "169.254.20.0/30",
        "PreSharedKey": PSK,
        "IKEVersions": [{"Value": "ikev2"}],
        "Phase1DHGroupNumbers": [{"Value": 20}],
        "Phase1EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
        "Phase1LifetimeSeconds": 14400,
        "DPDTimeoutAction": "restart",
        "StartupAction": "start",
    }
    connection = read(ec2, site.connect(ec2, first))
    one, two = connection["Options"]["TunnelOptions"]
    assert one == {
        "OutsideIpAddress": one["OutsideIpAddress"],
        "TunnelInsideCidr": "169.254.20.0/30",
        "PreSharedKey": PSK,
        "IkeVersions": [{"Value": "ikev2"}],
        "Phase1DHGroupNumbers": [{"Value": 20}],
        "Phase1EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
        "Phase1LifetimeSeconds": 14400,
        "DpdTimeoutAction": "restart",
        "StartupAction": "start",
    }
    assert two.keys() == {"OutsideIpAddress", "TunnelInsideCidr", "PreSharedKey"}
    root = ET.fromstring(connection["CustomerGatewayConfiguration"])
    (tunnel,) = (
        each
        for each in root.iter("ipsec_tunnel")
        if each.findtext("vpn_gateway/tunnel_outside_address/ip_address") == one["OutsideIpAddress"]
    )
    told = {
        "customer_gateway/tunnel_outside_address/ip_address": "192.0.2.1",
        "customer_gateway/tunnel_inside_address/ip_address": "169.254.20.2",
        "customer_gateway/bgp/asn": "65010",
        "vpn_gateway/tunnel_inside_address/ip_address": "169.254.20.1",
        "vpn_gateway/bgp/asn": "64600",
        "ike/pre_shared_key": PSK,
        "ike/perfect_forward_secrecy": "group20",
        "ike/encryption_protocol": "aes-256-gcm-16",
        "ike/lifetime": "14400",
    }
    assert {path: tunnel.findtext(path) for path in told} == told


def test_what_is_not_given_differs_from_tunnel_to_tunnel(ec2: Any, site: Site) -> None:
    tunnels = [each for _ in range(3) for each in site.connect(ec2)["Options"]["TunnelOptions"]]
    for name in ("OutsideIpAddress", "TunnelInsideCidr", "PreSharedKey"):
        assert len({each[name] for each in tunnels}) == 6


def test_connections_are_found_by_their_id(ec2: Any, site: Site) -> None:
    identifier = site.connect(ec2)["VpnConnectionId"]
    for wanted, found in ((identifier, [identifier]), ("vpn-none", [])):
        filters = [{"Name": "vpn-connection-id", "Values": [wanted]}]
        connections = ec2.describe_vpn_connections(Filters=filters)["VpnConnections"]
        assert [each["VpnConnectionId"] for each in connections] == found


def test_without_a_data_plane_every_tunnel_is_down(ec2: Any, site: Site) -> None:
    telemetry = read(ec2, site.connect(ec2))["VgwTelemetry"]
    assert [(each["Status"], each["AcceptedRouteCount"]) for each in telemetry] == [("DOWN", 0)] * 2


BAD = [
    *({"TunnelInsideCidr": f"169.254.{number}.0/30"} for number in range(6)),
    {"TunnelInsideCidr": "169.254.169.252/30"},
    {"TunnelInsideCidr": "169.254.20.0/29"},
    {"TunnelInsideCidr": "169.254.20.1/30"},
    {"TunnelInsideCidr": "10.0.0.0/30"},
    {"TunnelInsideCidr": "none"},
    {"PreSharedKey": "abcdefg"},
    {"PreSharedKey": "a" * 65},
    {"PreSharedKey": "0bcdefgh"},
    {"PreSharedKey": "abcdefgh+"},
    {"IKEVersions": [{"Value": "ikev3"}]},
    {"Phase1EncryptionAlgorithms": [{"Value": "3DES"}]},
    {"Phase2EncryptionAlgorithms": [{"Value": "aes256"}]},
    {"Phase1IntegrityAlgorithms": [{"Value": "MD5"}]},
    {"Phase2IntegrityAlgorithms": [{"Value": "SHA256"}]},
    {"Phase1DHGroupNumbers": [{"Value": 5}]},
    {"Phase2DHGroupNumbers": [{"Value": 13}]},
    {"Phase1LifetimeSeconds": 899},
    {"Phase1LifetimeSeconds": 28801},
    {"Phase2LifetimeSeconds": 3601},
    {"Phase2LifetimeSeconds": 1000, "Phase1LifetimeSeconds": 1000},
    {"RekeyMarginTimeSeconds": 59},
    {"RekeyMarginTimeSeconds": 1801},
    {"RekeyFuzzPercentage": 101},
    {"ReplayWindowSize": 63},
    {"DPDTimeoutSeconds": 29},
    {"DPDTimeoutAction": "hold"},
    {"StartupAction": "begin"},
]


@pytest.mark.parametrize("options", BAD, ids=str)
def test_wrong_options_are_refused_at_creation_and_later(ec2: Any, site: Site, options: dict[str, Any]) -> None:
    good = site.connect(ec2)
    address = good["Options"]["TunnelOptions"][0]["OutsideIpAddress"]
    arguments = {"VpnConnectionId": good["VpnConnectionId"], "VpnTunnelOutsideIpAddress": address}
    for said in (
        refused(lambda: site.connect(ec2, options)),
        refused(ec2.modify_vpn_tunnel_options, **arguments, TunnelOptions=options),
    ):
        assert said.startswith("InvalidParameterValue: Value ")
        assert next(iter(options)) in said
        if "PreSharedKey" in options:
            assert options["PreSharedKey"] not in said
    assert read(ec2, good)["Options"] == good["Options"]
    alive = [each for each in ec2.describe_vpn_connections()["VpnConnections"] if each["State"] != "deleted"]
    assert len(alive) == 1


def test_an_inside_cidr_belongs_to_one_tunnel_of_a_gateway(ec2: Any, site: Site) -> None:
    cidr = {"TunnelInsideCidr": "169.254.30.0/30"}
    assert "TunnelInsideCidr" in refused(lambda: site.connect(ec2, cidr, cidr))
    connection = site.connect(ec2, cidr)
    assert "TunnelInsideCidr" in refused(lambda: site.connect(ec2, cidr))
    other = connection["Options"]["TunnelOptions"][1]["OutsideIpAddress"]
    arguments = {"VpnConnectionId": connection["VpnConnectionId"], "VpnTunnelOutsideIpAddress": other}
    assert "TunnelInsideCidr" in refused(ec2.modify_vpn_tunnel_options, **arguments, TunnelOptions=cidr)
    elsewhere = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    Site(site.vpc, elsewhere, site.customer).connect(ec2, cidr)
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    site.connect(ec2, cidr)


def test_one_tunnel_is_modified_and_the_other_is_not(ec2: Any, site: Site) -> None:
    before = site.connect(ec2, {"PreSharedKey": PSK, "Phase2LifetimeSeconds": 1800})
    one, two = before["Options"]["TunnelOptions"]
    ec2.modify_vpn_tunnel_options(
        VpnConnectionId=before["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=one["OutsideIpAddress"],
        TunnelOptions={"PreSharedKey": "another_key"},
    )
    after = read(ec2, before)
    assert after["Options"]["TunnelOptions"] == [one | {"PreSharedKey": "another_key"}, two]
    assert "another_key" in after["CustomerGatewayConfiguration"]
    assert PSK not in after["CustomerGatewayConfiguration"]


def test_only_own_tunnels_are_modified(ec2: Any, site: Site) -> None:
    connection = site.connect(ec2)
    arguments = {"VpnConnectionId": connection["VpnConnectionId"], "TunnelOptions": {"StartupAction": "start"}}
    said = refused(ec2.modify_vpn_tunnel_options, **arguments, VpnTunnelOutsideIpAddress="192.0.2.99")
    assert "VpnTunnelOutsideIpAddress" in said


def test_a_connection_moves_to_another_customer_gateway(ec2: Any, site: Site) -> None:
    connection = site.connect(ec2)
    other = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.1", BgpAsn=65099)["CustomerGateway"]
    arguments = {"VpnConnectionId": connection["VpnConnectionId"], "CustomerGatewayId": other["CustomerGatewayId"]}
    ec2.modify_vpn_connection(**arguments)
    moved = read(ec2, connection)
    assert moved["Options"] == connection["Options"]
    assert moved["CustomerGatewayId"] == other["CustomerGatewayId"]
    assert "<asn>65099</asn>" in moved["CustomerGatewayConfiguration"]
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    ec2.delete_customer_gateway(CustomerGatewayId=other["CustomerGatewayId"])
    assert refused(ec2.modify_vpn_connection, **arguments).startswith("InvalidVpnConnectionID.NotFound")


def test_deleted_gateways_get_no_connection(ec2: Any, site: Site) -> None:
    customer = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="192.0.2.8", BgpAsn=65010)["CustomerGateway"]
    ec2.delete_customer_gateway(CustomerGatewayId=customer["CustomerGatewayId"])
    said = refused(lambda: Site(site.vpc, site.gateway, customer["CustomerGatewayId"]).connect(ec2))
    assert said.startswith("InvalidCustomerGatewayID.NotFound")
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.delete_vpn_gateway(VpnGatewayId=gateway)
    said = refused(lambda: Site(site.vpc, gateway, site.customer).connect(ec2))
    assert said.startswith("InvalidVpnGatewayID.NotFound")


def test_a_deleted_connection_has_no_configuration(ec2: Any, site: Site) -> None:
    connection = site.connect(ec2)
    ec2.delete_vpn_connection(VpnConnectionId=connection["VpnConnectionId"])
    deleted = read(ec2, connection)
    assert deleted["State"] == "deleted"
    assert "CustomerGatewayConfiguration" not in deleted


@pytest.mark.parametrize(
    "options",
    [
        {"EnableAcceleration": True},
        {"TunnelInsideIpVersion": "ipv6"},
        {"OutsideIpAddressType": "PrivateIpv4"},
        {"TunnelOptions": [{"LogOptions": {"CloudWatchLogOptions": {"LogEnabled": True}}}]},
        {"TunnelOptions": [{"EnableTunnelLifecycleControl": True}]},
    ],
    ids=str,
)
def test_what_nothing_acts_upon_is_not_pretended(ec2: Any, site: Site, options: dict[str, Any]) -> None:
    assert refused(lambda: site.connect(ec2, **options)).startswith("NotImplemented")


def test_an_ipv6_inside_cidr_does_not_go_with_ipv4(ec2: Any, site: Site) -> None:
    said = refused(lambda: site.connect(ec2, {"TunnelInsideIpv6Cidr": "fd00::/126"}))
    assert said.startswith("InvalidParameterCombination: An ipv6 inside cidr is not allowed")


def test_a_tunnel_is_up_when_the_data_plane_says_so() -> None:
    from lab.aws.patches.ec2 import TunnelStatus, _telemetry

    @dataclass
    class Connection:
        id: str
        created: datetime

    made, since = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    seen = {("vpn-1", "203.0.113.1"): TunnelStatus(True, since, "2 BGP ROUTES", 2)}
    told = [
        _telemetry(Connection("vpn-1", made), f"203.0.113.{number}", lambda *key: seen.get(key)) for number in (1, 2)
    ]
    assert [(each["Status"], each["AcceptedRouteCount"], each["LastStatusChange"]) for each in told] == [
        ("UP", 2, since),
        ("DOWN", 0, made),
    ]
