# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2's networks in moto 5.2.5: it lets things go that others rest on, and joins what belongs to different networks.

Each check looks at a request before moto does. Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.customer_gateways import CustomerGateways
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.responses.internet_gateways import InternetGateways
from moto.ec2.responses.nat_gateways import NatGateways
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.responses.subnets import Subnets
from moto.ec2.responses.virtual_private_gateways import VirtualPrivateGateways
from moto.ec2.responses.vpcs import VPCs

# (moto's backend of the region, the request's parameters by name)
Check = Callable[[Any, Callable[..., Any]], None]

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
PLAIN = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html (IpProtocol)
PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "all")
PORTED = ("tcp", "udp", "6", "17")
LAST_PORT = 65535
# https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
GATEWAY_SERVICES = ("s3", "dynamodb")
ALIVE = ("pending", "available")


def apply() -> None:
    """Patch moto."""
    for response, operation, check in (
        (VPCs, "delete_vpc", vpc_is_empty),
        (VPCs, "create_vpc_endpoint", endpoint_is_new),
        (Subnets, "create_subnet", subnet_is_possible),
        (Subnets, "delete_subnet", subnet_is_empty),
        (InternetGateways, "attach_internet_gateway", vpc_has_no_gateway),
        (InternetGateways, "detach_internet_gateway", nobody_has_a_public_address),
        (NatGateways, "create_nat_gateway", nat_has_an_address),
        (ElasticIPAddresses, "release_address", address_is_free),
        (RouteTables, "create_route", target_is_in_the_network),
        (RouteTables, "replace_route", target_is_in_the_network),
        (RouteTables, "associate_route_table", subnet_is_in_the_network),
        (SecurityGroups, "create_security_group", group_is_named_well),
        (SecurityGroups, "delete_security_group", nobody_names_the_group),
        (SecurityGroups, "authorize_security_group_ingress", rules_are_sound),
        (SecurityGroups, "authorize_security_group_egress", rules_are_sound),
        (VirtualPrivateGateways, "attach_vpn_gateway", one_gateway_and_one_vpc),
        (CustomerGateways, "create_customer_gateway", device_has_an_address),
    ):
        setattr(response, operation, _checked(getattr(response, operation), check))
    _endpoint_type()


def _checked(original: Any, check: Check) -> Any:
    @functools.wraps(original)
    def call(self: Any) -> Any:
        check(self.ec2_backend, self._get_param)
        return original(self)

    return call


def _endpoint_type() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html (VpcEndpointType, default)

    moto keeps none, and then cannot delete the endpoint.
    """
    original = VPCEndPoint.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **given: Any) -> None:
        original(self, *args, **given)
        self.vpc_endpoint_type = self.vpc_endpoint_type or "Gateway"

    VPCEndPoint.__init__ = init


def _has_dependencies(what: str, name: str) -> EC2ClientError:
    return EC2ClientError("DependencyViolation", f"The {what} '{name}' has dependencies and cannot be deleted.")


def _invalid(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)


def vpc_is_empty(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html: gateways and resources first"""
    vpc = given("VpcId")
    gateways = [each for each in backend.internet_gateways.values() if each.vpc and each.vpc.id == vpc]
    groups = [each for each in backend.groups.get(vpc, {}).values() if not each.is_default]
    endpoints = [each for each in backend.vpc_end_points.values() if each.vpc_id == vpc and each.state in ALIVE]
    if gateways or groups or endpoints:
        raise _has_dependencies("vpc", vpc)


def endpoint_is_new(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html: gateway endpoints"""
    service = given("ServiceName")
    if given("VpcEndpointType") not in (None, "Gateway"):
        return
    if service not in {f"com.amazonaws.{backend.region_name}.{name}" for name in GATEWAY_SERVICES}:
        raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    for endpoint in backend.vpc_end_points.values():
        if endpoint.service_name == service and endpoint.state in ALIVE:
            for table in set(endpoint.route_table_ids or ()) & set(given("RouteTableIds", []) or ()):
                prefix = endpoint.destination_prefix_list_id
                message = f"route table {table} already has a route with destination-prefix-list-id {prefix}"
                raise EC2ClientError("RouteAlreadyExists", message)


def subnet_is_possible(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (AvailabilityZone, /16 to /28)"""
    zone = given("AvailabilityZone")
    if zone and not zone.startswith(backend.region_name):
        raise _invalid(f"Value ({zone}) for parameter availabilityZone is invalid.")
    try:
        length = IPv4Network(given("CidrBlock") or "0.0.0.0/16", strict=False).prefixlen
    except ValueError:
        return  # moto refuses it
    if length > 28:
        raise EC2ClientError("InvalidSubnet.Range", f"The CIDR '{given('CidrBlock')}' is invalid.")


def _nats(backend: Any) -> list[Any]:
    return [each for each in backend.nat_gateways.values() if each.state in ALIVE]


def subnet_is_empty(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html"""
    if any(nat.subnet_id == given("SubnetId") for nat in _nats(backend)):
        raise _has_dependencies("subnet", given("SubnetId"))


def vpc_has_no_gateway(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html"""
    gateways = (each for each in backend.internet_gateways.values() if each.vpc and each.vpc.id == given("VpcId"))
    if any(gateway.id != given("InternetGatewayId") for gateway in gateways):
        message = f"Network {given('VpcId')} already has an internet gateway attached"
        raise EC2ClientError("Resource.AlreadyAssociated", message)


def nobody_has_a_public_address(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html: "must not contain any
    running instances with Elastic IP addresses"; NAT gateways have them, too.
    """
    if any(nat.vpc_id == given("VpcId") and nat.connectivity_type != "private" for nat in _nats(backend)):
        message = (
            f"Network {given('VpcId')} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        raise EC2ClientError("DependencyViolation", message)


def nat_has_an_address(_backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html (AllocationId)"""
    if given("ConnectivityType") in (None, "public") and not given("AllocationId"):
        raise EC2ClientError("MissingParameter", "The request must include the AllocationId parameter.")


def address_is_free(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html: "disassociate it" before"""
    allocation, address = given("AllocationId"), given("PublicIp")
    used = {each.get("allocationId") for nat in _nats(backend) for each in nat.address_set}
    for eip in backend.addresses:
        if (allocation or address) in (eip.allocation_id, eip.public_ip) and (
            eip.allocation_id in used or eip.instance
        ):
            raise EC2ClientError("InvalidIPAddress.InUse", f"Address {eip.public_ip} is in use.")


def target_is_in_the_network(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html: "attached to the VPC"."""
    table, nat, gateway = given("RouteTableId"), given("NatGatewayId"), given("GatewayId")
    if nat and not any(each.id == nat for each in _nats(backend)):
        raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    found = backend.internet_gateways.get(gateway)
    if found is not None and (found.vpc is None or found.vpc.id != backend.get_route_table(table).vpc_id):
        raise _invalid(f"route table {table} and network gateway {gateway} belong to different networks")


def subnet_is_in_the_network(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html"""
    table, subnet = given("RouteTableId"), given("SubnetId")
    if subnet and backend.get_subnet(subnet).vpc_id != backend.get_route_table(table).vpc_id:
        raise _invalid(f"Route table {table} and subnet {subnet} belong to different networks")


def group_is_named_well(_backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (names)"""
    if str(given("GroupName")).startswith("sg-"):
        message = f"Value ({given('GroupName')}) for parameter GroupName is invalid."
        raise _invalid(f"{message} Group names may not be in the format sg-*.")
    for name in ("GroupName", "Description"):
        if not PLAIN.fullmatch(given(name) or ""):
            message = f"Value ({given(name)}) for parameter {name} is invalid."
            raise _invalid(f"{message} Character sets beyond ASCII are not supported.")


def nobody_names_the_group(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html: "is referenced by another
    security group in the same VPC".
    """
    group = given("GroupId")
    for other in (each for groups in backend.groups.values() for each in groups.values() if each.id != group):
        for rule in (*other.ingress_rules, *other.egress_rules):
            if rule.source_group.get("GroupId") == group:
                raise EC2ClientError("DependencyViolation", f"resource {group} has a dependent object")


def rules_are_sound(_backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html"""
    for rule in given("IpPermissions", []) or ():
        for problem in _rule_problems(rule):
            raise _invalid(problem)


def _rule_problems(rule: dict[str, Any]) -> Iterator[str]:
    protocol = str(rule.get("IpProtocol"))
    if protocol not in PROTOCOLS and not (protocol.lstrip("-").isdecimal() and -1 <= int(protocol) <= 255):
        yield f"Invalid value '{protocol}' for IP protocol. Unknown protocol."
    if protocol in PORTED:
        first, last = int(rule.get("FromPort", -1)), int(rule.get("ToPort", -1))
        for port in (first, last):
            if not 0 <= port <= LAST_PORT:
                yield f"TCP/UDP port ({port}) out of range"
        if first > last:
            yield f"Invalid TCP/UDP port range ({first}:{last})"
    for source in (*(rule.get("IpRanges") or ()), *(rule.get("UserIdGroupPairs") or ())):
        if not PLAIN.fullmatch(source.get("Description") or ""):
            allowed = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
            yield f"Invalid rule description. Valid are less than 256 characters from the following set: {allowed}"


def one_gateway_and_one_vpc(backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVpnGateway.html: "to one VPC"."""
    gateway, vpc = given("VpnGatewayId"), given("VpcId")
    attached = [
        (each.id, attachment.vpc_id)
        for each in backend.vpn_gateways.values()
        for attachment in each.vpc_attachments
        if attachment.state == "attached" and each.state != "deleted"
    ]
    if any(name == gateway and where != vpc for name, where in attached):
        message = f"The gateway '{gateway}' is attached to another VPC; it can be attached to one at a time"
        raise EC2ClientError("VpnGatewayAttachmentLimitExceeded", message)
    if any(name != gateway and where == vpc for name, where in attached):
        raise EC2ClientError("InvalidVpcState", f"The VPC '{vpc}' already has a virtual private gateway attached to it")


def device_has_an_address(_backend: Any, given: Callable[..., Any]) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html (IpAddress)"""
    address = given("IpAddress") or given("PublicIp")
    try:
        IPv4Address(str(address))
    except AddressValueError:
        raise _invalid(f"Value ({address}) for parameter ipAddress is invalid. Invalid IPv4 address.") from None
