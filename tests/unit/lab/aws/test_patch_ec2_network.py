# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each refusal has beside it the same request in its right form or at its right time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws

REGION = "eu-north-1"
S3 = f"com.amazonaws.{REGION}.s3"


@pytest.fixture
def ec2(aws: Aws) -> Any:
    return aws.client("ec2", region=REGION)


def refused(function: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**arguments)
    error: Any = caught.value.response
    return f"{error['Error']['Code']}: {error['Error']['Message']}"


@dataclass
class Network:
    """A VPC with a subnet, an internet gateway and a route table."""

    vpc: str
    subnet: str
    gateway: str
    table: str


def make(ec2: Any) -> Network:
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
    return Network(vpc, subnet, gateway, ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])


@pytest.fixture
def network(ec2: Any) -> Network:
    return make(ec2)


def test_a_vpc_goes_last(ec2: Any, network: Network) -> None:
    group = ec2.create_security_group(GroupName="a", Description="a", VpcId=network.vpc)["GroupId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=S3, RouteTableIds=[network.table])["VpcEndpoint"]
    steps: tuple[Callable[[], Any], ...] = (
        lambda: ec2.delete_subnet(SubnetId=network.subnet),
        lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]]),
        lambda: ec2.delete_route_table(RouteTableId=network.table),
        lambda: ec2.delete_security_group(GroupId=group),
        lambda: ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc),
    )
    for leave in steps:
        assert refused(ec2.delete_vpc, VpcId=network.vpc).startswith("DependencyViolation")
        leave()
    ec2.delete_vpc(VpcId=network.vpc)


def test_a_nat_gateway_keeps_its_subnet_its_address_and_the_way_out(ec2: Any, network: Network) -> None:
    said = refused(ec2.create_nat_gateway, SubnetId=network.subnet)
    assert said == "MissingParameter: The request must include the AllocationId parameter."
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=network.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    detach = {"InternetGatewayId": network.gateway, "VpcId": network.vpc}
    assert refused(ec2.release_address, AllocationId=address).startswith("InvalidIPAddress.InUse")
    assert refused(ec2.delete_subnet, SubnetId=network.subnet).startswith("DependencyViolation")
    assert "has some mapped public address(es)" in refused(ec2.detach_internet_gateway, **detach)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=network.subnet)
    ec2.detach_internet_gateway(**detach)


def test_a_private_nat_gateway_needs_no_address(ec2: Any, network: Network) -> None:
    made = ec2.create_nat_gateway(SubnetId=network.subnet, ConnectivityType="private")["NatGateway"]
    assert made["ConnectivityType"] == "private"


def test_routes_stay_in_their_network(ec2: Any, network: Network) -> None:
    other = make(ec2)
    route = {"RouteTableId": network.table, "DestinationCidrBlock": "0.0.0.0/0"}
    said = refused(ec2.create_route, **route, GatewayId=other.gateway)
    assert said.endswith(
        f"route table {network.table} and network gateway {other.gateway} belong to different networks"
    )
    assert refused(ec2.create_route, **route, NatGatewayId="nat-0").startswith("InvalidNatGatewayID.NotFound")
    ec2.create_route(**route, GatewayId=network.gateway)
    said = refused(ec2.associate_route_table, RouteTableId=network.table, SubnetId=other.subnet)
    assert said.startswith("InvalidParameterValue: Route table")
    ec2.associate_route_table(RouteTableId=network.table, SubnetId=network.subnet)


def test_a_detached_gateway_is_no_way_out(ec2: Any, network: Network) -> None:
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    route = {"RouteTableId": network.table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": network.gateway}
    assert "belong to different networks" in refused(ec2.create_route, **route)


def test_a_vpc_has_one_gateway_of_each_kind(ec2: Any, network: Network) -> None:
    other = make(ec2)
    second = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    said = refused(ec2.attach_internet_gateway, InternetGatewayId=second, VpcId=network.vpc)
    assert said.startswith("Resource.AlreadyAssociated")
    one, two = (ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"] for _ in range(2))
    ec2.attach_vpn_gateway(VpnGatewayId=one, VpcId=network.vpc)
    ec2.attach_vpn_gateway(VpnGatewayId=one, VpcId=network.vpc)
    assert refused(ec2.attach_vpn_gateway, VpnGatewayId=two, VpcId=network.vpc).startswith("InvalidVpcState")
    said = refused(ec2.attach_vpn_gateway, VpnGatewayId=one, VpcId=other.vpc)
    assert said.startswith("VpnGatewayAttachmentLimitExceeded")
    ec2.detach_vpn_gateway(VpnGatewayId=one, VpcId=network.vpc)
    ec2.attach_vpn_gateway(VpnGatewayId=one, VpcId=other.vpc)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CidrBlock": "10.1.9.0/29"}, "InvalidSubnet.Range"),
        ({"AvailabilityZone": "us-east-1a"}, "InvalidParameterValue"),
    ],
    ids=str,
)
def test_subnets_that_cannot_be(ec2: Any, network: Network, change: dict[str, str], code: str) -> None:
    good = {"VpcId": network.vpc, "CidrBlock": "10.1.9.0/28", "AvailabilityZone": f"{REGION}b"}
    assert refused(ec2.create_subnet, **good | change).startswith(code)
    ec2.create_subnet(**good)


def test_one_endpoint_for_a_service_and_a_table(ec2: Any, network: Network) -> None:
    endpoint = {"VpcId": network.vpc, "RouteTableIds": [network.table]}
    for service in ("com.amazonaws.eu-west-1.s3", f"com.amazonaws.{REGION}.nosuch"):
        said = refused(ec2.create_vpc_endpoint, **endpoint, ServiceName=service)
        assert said == f"InvalidServiceName: The Vpc Endpoint Service '{service}' does not exist"
    made = ec2.create_vpc_endpoint(**endpoint, ServiceName=S3)["VpcEndpoint"]
    assert made["VpcEndpointType"] == "Gateway"
    assert refused(ec2.create_vpc_endpoint, **endpoint, ServiceName=S3).startswith("RouteAlreadyExists")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    ec2.create_vpc_endpoint(**endpoint, ServiceName=S3)


def group(ec2: Any, network: Network, name: str = "group", **more: str) -> str:
    arguments = {"GroupName": name, "Description": name, "VpcId": network.vpc} | more
    return str(ec2.create_security_group(**arguments)["GroupId"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "sg-web"}, "Group names may not be in the format sg-*."),
        ({"name": "grün"}, "parameter GroupName is invalid"),
        ({"Description": "Größe"}, "parameter Description is invalid"),
        ({"Description": "a" * 256}, "parameter Description is invalid"),
    ],
    ids=str,
)
def test_names_of_groups(ec2: Any, network: Network, options: dict[str, str], said: str) -> None:
    assert said in refused(lambda: group(ec2, network, **options))


def rule(**more: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8"}], **more}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ToPort": 70000}, "TCP/UDP port (70000) out of range"),
        ({"FromPort": -1}, "TCP/UDP port (-1) out of range"),
        ({"IpProtocol": "17", "ToPort": 79}, "Invalid TCP/UDP port range (80:79)"),
        ({"IpProtocol": "xyz"}, "Invalid value 'xyz' for IP protocol. Unknown protocol."),
        ({"IpProtocol": "256"}, "Invalid value '256' for IP protocol."),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "für alle"}]}, "Invalid rule description."),
    ],
    ids=str,
)
def test_rules_that_cannot_be(ec2: Any, network: Network, change: dict[str, Any], said: str) -> None:
    name = group(ec2, network)
    for authorize in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
        assert f"InvalidParameterValue: {said}" in refused(authorize, GroupId=name, IpPermissions=rule(**change))
        authorize(GroupId=name, IpPermissions=rule())


def test_a_rule_for_everything_has_no_ports(ec2: Any, network: Network) -> None:
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    ec2.authorize_security_group_ingress(GroupId=group(ec2, network), IpPermissions=everything)


def test_a_group_that_another_names_stays(ec2: Any, network: Network) -> None:
    named, other = group(ec2, network, "named"), group(ec2, network, "other")
    sources = rule(IpRanges=[], UserIdGroupPairs=[{"GroupId": named}])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=sources)
    said = refused(ec2.delete_security_group, GroupId=named)
    assert said == f"DependencyViolation: resource {named} has a dependent object"
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=named)


def test_a_group_that_names_itself_goes(ec2: Any, network: Network) -> None:
    own = group(ec2, network)
    sources = rule(IpRanges=[], UserIdGroupPairs=[{"GroupId": own}])
    ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=sources)
    ec2.delete_security_group(GroupId=own)


def test_a_device_has_an_address(ec2: Any) -> None:
    said = refused(ec2.create_customer_gateway, Type="ipsec.1", IpAddress="gcp", BgpAsn=65010)
    assert said == "InvalidParameterValue: Value (gcp) for parameter ipAddress is invalid. Invalid IPv4 address."
