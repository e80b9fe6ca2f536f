# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 in moto 5.2.5: networks are good; of a VPN it keeps the name and forgets the rest.

The rules of VPNs are in ``vpn_rules``. Whether a tunnel is up says the data plane; without one it is down.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network
from random import Random
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidVpnConnectionIdError
from moto.ec2.models import ec2_backends
from moto.ec2.models.customer_gateways import CustomerGateway, CustomerGatewayBackend
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.models.vpn_gateway import VpnGatewayBackend
from moto.ec2.responses.customer_gateways import CustomerGateways
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.responses.nat_gateways import NatGateways
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.virtual_private_gateways import VirtualPrivateGateways
from moto.ec2.responses.vpn_connections import VPNConnections
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, generic_filter

from .. import vpn_rules as rules
from . import ec2_network

# The Amazon side of tunnels, for a server that has no network of its own for it (RFC 5737).
OUTSIDE = IPv4Network("203.0.113.0/24")
# Nothing here would act upon these options of a connection.
UNSUPPORTED = ("EnableAcceleration", "TransportTransitGatewayAttachmentId")
ONLY = {"TunnelInsideIpVersion": "ipv4", "OutsideIpAddressType": "PublicIpv4", "TunnelBandwidth": "standard"}
# What a tag specification calls things that moto calls otherwise.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html (ResourceType)
RESOURCE_TYPES = {"nat": "natgateway", "eipalloc": "elastic-ip", "fl": "vpc-flow-log"}


@dataclass(frozen=True)
class TunnelStatus:
    """What the data plane sees of one tunnel (API_VgwTelemetry.html)."""

    up: bool
    since: datetime
    message: str = ""
    accepted_routes: int = 0


# (VPN connection id, outside address of the Amazon side) -> what is seen; None: nothing is known of it.
Telemetry = Callable[[str, str], TunnelStatus | None]


def unseen(_connection: str, _outside_address: str) -> None:
    """The telemetry of a server without a data plane."""


def apply(telemetry: Telemetry = unseen, outside: IPv4Network = OUTSIDE) -> None:
    """Patch moto. ``outside``: where the Amazon side of tunnels has its addresses."""
    EC2_PREFIX_TO_RESOURCE.update(RESOURCE_TYPES)
    _tag_types(NatGateways, "create_nat_gateway", "natgateway")
    _tag_types(ElasticIPAddresses, "allocate_address", "elastic-ip")
    _customer_gateways()
    _vpn_gateways()
    _route_propagation()
    _vpn_connections(telemetry, outside)
    ec2_network.apply()


def _as_client_error(function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except rules.Refused as refusal:
            raise EC2ClientError(refusal.code, str(refusal)) from refusal

    return call


def _tag_types(response: Any, operation: str, resource_type: str) -> None:
    original = getattr(response, operation)

    @functools.wraps(original)
    def checked(self: Any) -> Any:
        for specification in self._get_param("TagSpecifications", []) or []:
            if (given := specification.get("ResourceType")) != resource_type:
                message = f"'{given}' is not a valid taggable resource type for this operation."
                raise EC2ClientError("InvalidParameterValue", message)
        return original(self)

    setattr(response, operation, checked)


# --- Gateways ----------------------------------------------------------------------------------------------------


def _customer_gateways() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCustomerGateways.html (Filters)"""
    create = CustomerGatewayBackend.create_customer_gateway
    delete = CustomerGatewayBackend.delete_customer_gateway
    get = CustomerGatewayBackend.get_customer_gateway

    @_as_client_error
    def create_customer_gateway(self: Any, gateway_type: str, ip_address: str, bgp_asn: Any, tags: Any = None) -> Any:
        """ "An identical request returns information about the existing customer gateway"."""
        asn = str(rules.require_customer_asn(65000 if bgp_asn is None else bgp_asn))
        for gateway in self.customer_gateways.values():
            if (gateway.state, gateway.ip_address, gateway.bgp_asn) == ("available", ip_address, asn):
                return gateway
        return create(self, gateway_type, ip_address, asn, tags)

    def describe_customer_gateways(self: Any, filters: Any = None, customer_gateway_ids: Any = None) -> Any:
        if customer_gateway_ids:
            return [self.customer_gateways.get(each) or get(self, each) for each in customer_gateway_ids]
        return generic_filter(filters or {}, list(self.customer_gateways.values()))

    def delete_customer_gateway(self: Any, customer_gateway_id: str) -> None:
        """ "You must delete the VPN connection before you can delete the customer gateway"."""
        if any(connection.customer_gateway_id == customer_gateway_id for connection in _alive(self)):
            raise EC2ClientError("IncorrectState", "The customer gateway is in use.")
        delete(self, customer_gateway_id)

    CustomerGatewayBackend.create_customer_gateway = create_customer_gateway
    CustomerGatewayBackend.describe_customer_gateways = describe_customer_gateways
    CustomerGatewayBackend.delete_customer_gateway = delete_customer_gateway
    CustomerGateway.customer_gateway_id = property(lambda self: self.id)
    _refuse(CustomerGateways, "create_customer_gateway", ("CertificateArn", "DeviceName", "BgpAsnExtended"))


def _vpn_gateways() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnGateway.html (AmazonSideAsn)"""
    create = VpnGatewayBackend.create_vpn_gateway
    delete = VpnGatewayBackend.delete_vpn_gateway

    @_as_client_error
    def create_vpn_gateway(self: Any, *args: Any, amazon_side_asn: Any = None, **given: Any) -> Any:
        asn = 64512 if amazon_side_asn is None else rules.require_amazon_asn(amazon_side_asn)
        return create(self, *args, amazon_side_asn=asn, **given)

    def delete_vpn_gateway(self: Any, vpn_gateway_id: str) -> Any:
        """ "You must first detach the virtual private gateway from the VPC"; its connections keep it, too."""
        gateway = self.get_vpn_gateway(vpn_gateway_id)
        attached = any(each.state == "attached" for each in gateway.vpc_attachments)
        if attached or any(connection.vpn_gateway_id == vpn_gateway_id for connection in _alive(self)):
            raise EC2ClientError("IncorrectState", f"The vpnGateway '{vpn_gateway_id}' is in use.")
        return delete(self, vpn_gateway_id)

    VpnGatewayBackend.create_vpn_gateway = create_vpn_gateway
    VpnGatewayBackend.delete_vpn_gateway = delete_vpn_gateway


def _alive(backend: Any) -> list[Any]:
    return [each for each in backend.vpn_connections.values() if each.state not in ("deleting", "deleted")]


def _refuse(response: Any, operation: str, names: tuple[str, ...]) -> None:
    original = getattr(response, operation)

    @functools.wraps(original)
    def call(self: Any) -> Any:
        if given := [name for name in names if self._get_param(name)]:
            raise NotImplementedError(f"{', '.join(given)}: moto would only forget it")
        return original(self)

    setattr(response, operation, call)


def _route_propagation() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableVgwRoutePropagation.html"""

    def gateways(table: Any) -> dict[str, None]:
        found: dict[str, None] = table.__dict__.setdefault("propagating_gateways", {})
        return found

    def enable_vgw_route_propagation(self: Any) -> ActionResult:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        gateway = self.ec2_backend.get_vpn_gateway(self._get_param("GatewayId"))
        attachment = gateway.attachments.get(table.vpc_id)
        if attachment is None or attachment.state != "attached":
            message = f"The gateway '{gateway.id}' is not attached to the VPC of the route table '{table.id}'"
            raise EC2ClientError("Gateway.NotAttached", message)
        gateways(table)[gateway.id] = None
        return ActionResult({})

    def disable_vgw_route_propagation(self: Any) -> ActionResult:
        table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
        gateways(table).pop(self._get_param("GatewayId"), None)
        return ActionResult({})

    RouteTable.propagating_vgws = property(lambda self: [{"GatewayId": each} for each in gateways(self)])
    RouteTables.enable_vgw_route_propagation = enable_vgw_route_propagation
    RouteTables.disable_vgw_route_propagation = disable_vgw_route_propagation

    original = VirtualPrivateGateways.detach_vpn_gateway

    def detach_vpn_gateway(self: Any) -> Any:
        answer = original(self)
        for table in self.ec2_backend.route_tables.values():
            if table.vpc_id == self._get_param("VpcId"):
                gateways(table).pop(self._get_param("VpnGatewayId"), None)
        return answer

    VirtualPrivateGateways.detach_vpn_gateway = detach_vpn_gateway


# --- VPN connections ---------------------------------------------------------------------------------------------


def _vpn_connections(telemetry: Telemetry, outside: IPv4Network) -> None:
    create = VPNConnections.create_vpn_connection
    random = Random()

    @_as_client_error
    def create_vpn_connection(self: Any) -> Any:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html"""
        options = self._get_param("Options") or {}
        _require_options(self._get_param, options)
        gateway = self._get_param("VpnGatewayId")
        _require_gateways(self.ec2_backend, self._get_param("CustomerGatewayId"), gateway)
        addresses = _addresses(outside)
        tunnels = rules.new_tunnels(
            options.get("TunnelOptions") or [], _inside_cidrs(self.ec2_backend, gateway), addresses, random
        )
        answer = create(self)
        connection = answer.result["VpnConnection"]
        connection.options = {"StaticRoutesOnly": bool(options.get("StaticRoutesOnly"))} | ONLY
        connection.options |= {"EnableAcceleration": False, "TunnelOptions": tunnels}
        for name in ("LocalIpv4NetworkCidr", "RemoteIpv4NetworkCidr"):
            connection.options[name] = options.get(name) or "0.0.0.0/0"
        connection.created = datetime.now(UTC)
        return answer

    @_as_client_error
    def modify_vpn_tunnel_options(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnTunnelOptions.html"""
        if self._get_param("PreSharedKeyStorage") not in (None, "Standard"):
            raise NotImplementedError("PreSharedKeyStorage: this server has no secrets for VPNs")
        connection = _connection(self.ec2_backend, self._get_param("VpnConnectionId"))
        address = self._get_param("VpnTunnelOutsideIpAddress")
        tunnels = connection.options["TunnelOptions"]
        tunnel = next((each for each in tunnels if each["OutsideIpAddress"] == address), None)
        if tunnel is None:
            message = f"Value ({address}) for parameter VpnTunnelOutsideIpAddress is invalid."
            raise rules.Refused("InvalidParameterValue", message)
        given = self._get_param("TunnelOptions") or {}
        own = IPv4Network(tunnel["TunnelInsideCidr"])
        taken = _inside_cidrs(self.ec2_backend, connection.vpn_gateway_id) - {own}
        rules.require_valid(given, rules.as_given(tunnel), taken)
        tunnel.update(rules.stored(given))
        return ActionResult({"VpnConnection": connection})

    def modify_vpn_connection(self: Any) -> ActionResult:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnection.html"""
        if self._get_param("TransitGatewayId"):
            raise NotImplementedError("ModifyVpnConnection to a transit gateway")
        connection = _connection(self.ec2_backend, self._get_param("VpnConnectionId"))
        customer, gateway = self._get_param("CustomerGatewayId"), self._get_param("VpnGatewayId")
        _require_gateways(self.ec2_backend, customer or connection.customer_gateway_id, gateway)
        connection.customer_gateway_id = customer or connection.customer_gateway_id
        connection.vpn_gateway_id = gateway or connection.vpn_gateway_id
        return ActionResult({"VpnConnection": connection})

    def vgw_telemetry(self: Any) -> list[dict[str, Any]]:
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html"""
        return [
            _telemetry(self, each["OutsideIpAddress"], telemetry) for each in (self.options or _NONE)["TunnelOptions"]
        ]

    VPNConnections.create_vpn_connection = create_vpn_connection
    VPNConnections.modify_vpn_tunnel_options = modify_vpn_tunnel_options
    VPNConnections.modify_vpn_connection = modify_vpn_connection
    for name in ("create_vpn_connection_route", "modify_vpn_connection_options", "modify_vpn_tunnel_certificate"):
        setattr(VPNConnections, name, _unimplemented(name))
    VPNConnection.vgw_telemetry = property(vgw_telemetry)
    VPNConnection.customer_gateway_configuration = property(_customer_configuration)
    VPNConnection.category = "VPN"
    VPNConnection.vpn_connection_id = property(lambda self: self.id)  # a filter


_NONE: dict[str, Any] = {"TunnelOptions": []}


def _unimplemented(name: str) -> Any:
    def refuse(_self: Any) -> None:
        raise NotImplementedError(name)

    return refuse


def _require_options(given: Any, options: dict[str, Any]) -> None:
    if given("Type") != "ipsec.1":
        message = f"Value ({given('Type')}) for parameter Type is invalid. Allowed: ipsec.1."
        raise rules.Refused("InvalidParameterValue", message)
    strange = [name for name in ("VpnConcentratorId",) if given(name)]
    strange += [name for name in UNSUPPORTED if options.get(name)]
    strange += [name for name, only in ONLY.items() if options.get(name) not in (None, only)]
    strange += ["PreSharedKeyStorage"] if given("PreSharedKeyStorage") not in (None, "Standard") else []
    if strange:
        raise NotImplementedError(f"a VPN connection with {', '.join(strange)}")


def _require_gateways(backend: Any, customer: str, gateway: str | None) -> None:
    """Both exist and are not deleted."""
    if backend.get_customer_gateway(customer).state == "deleted":
        message = f"The customerGateway ID '{customer}' does not exist"
        raise EC2ClientError("InvalidCustomerGatewayID.NotFound", message)
    if gateway and backend.get_vpn_gateway(gateway).state == "deleted":
        message = f"The virtual private gateway ID '{gateway}' does not exist"
        raise EC2ClientError("InvalidVpnGatewayID.NotFound", message)


def _connection(backend: Any, connection_id: str) -> Any:
    (connection,) = backend.describe_vpn_connections([connection_id])
    if connection.state == "deleted":
        raise InvalidVpnConnectionIdError(connection_id)
    return connection


def _inside_cidrs(backend: Any, gateway: str | None) -> set[IPv4Network]:
    """ "Must be unique across all VPN connections that use the same virtual private gateway"."""
    return {
        IPv4Network(tunnel["TunnelInsideCidr"])
        for connection in _alive(backend)
        if gateway and connection.vpn_gateway_id == gateway
        for tunnel in (connection.options or _NONE)["TunnelOptions"]
    }


def _addresses(outside: IPv4Network) -> Iterator[str]:
    """Addresses that no tunnel of any account and region has."""
    taken = {
        tunnel["OutsideIpAddress"]
        for regions in ec2_backends.values()
        for backend in regions.values()
        for connection in _alive(backend)
        for tunnel in (connection.options or _NONE)["TunnelOptions"]
    }
    for address in outside.hosts():
        if str(address) not in taken:
            yield str(address)
    raise EC2ClientError("VpnConnectionLimitExceeded", f"No address is left in {outside}.")


def _telemetry(connection: Any, address: str, telemetry: Telemetry) -> dict[str, Any]:
    seen = telemetry(connection.id, address) or TunnelStatus(False, connection.created)
    return {
        "OutsideIpAddress": address,
        "Status": "UP" if seen.up else "DOWN",
        "StatusMessage": seen.message,
        "LastStatusChange": seen.since,
        "AcceptedRouteCount": seen.accepted_routes,
    }


def _customer_configuration(connection: Any) -> str | None:
    """ "Present only if the VPN connection is in the pending or available state"."""
    if connection.state not in ("pending", "available"):
        return None
    backend = connection.ec2_backend
    gateway = backend.vpn_gateways.get(connection.vpn_gateway_id)
    customer = backend.get_customer_gateway(connection.customer_gateway_id)
    ids = {
        "vpn_connection": connection.id,
        "customer_gateway": customer.id,
        "vpn_gateway": connection.vpn_gateway_id or "",
    }
    return rules.customer_configuration(
        ids,
        connection.options["TunnelOptions"],
        rules.End(customer.ip_address, int(customer.bgp_asn)),
        int(gateway.amazon_side_asn) if gateway else 64512,
        connection.options["StaticRoutesOnly"],
    )
