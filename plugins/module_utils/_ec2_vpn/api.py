# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPN calls of EC2, one SDK call each. The client is an argument; errors are typed.

The client is AnsibleAWSModule's, whose retry wrapper takes ``aws_retry``.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

with contextlib.suppress(ImportError):  # AnsibleAWSModule says what is missing
    from botocore.exceptions import BotoCoreError, ClientError

P = ParamSpec("P")
R = TypeVar("R")


class VpnError(Exception):
    """A call failed; the text says which and why. ``code`` is AWS's error code, empty if there was no answer."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NotReady(VpnError):
    """Something did not become what was waited for."""


def _call(purpose: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: botocore's errors become VpnError, "Cannot <purpose>: ..."."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except ClientError as error:
                raise VpnError(f"Cannot {purpose}: {error}", error.response["Error"]["Code"]) from error
            except BotoCoreError as error:
                raise VpnError(f"Cannot {purpose}: {error}") from error

        return call

    return wrap


def tag_filters(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Filters for resources that have all of these tags."""
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


@_call("describe VPN connections")
def vpn_connections(client: Any, wanted: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """All that the filters let through, deleted ones too."""
    found: list[dict[str, Any]] = client.describe_vpn_connections(aws_retry=True, Filters=list(wanted))[
        "VpnConnections"
    ]
    return found


@_call("create the VPN connection")
def create_vpn_connection(
    client: Any, customer_gateway: str, vpn_gateway: str, options: Mapping[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """The new connection, tagged in the same call: an interrupted run finds it again."""
    connection: dict[str, Any] = client.create_vpn_connection(
        aws_retry=True,
        Type="ipsec.1",
        CustomerGatewayId=customer_gateway,
        VpnGatewayId=vpn_gateway,
        Options=options,
        TagSpecifications=_specifications("vpn-connection", tags),
    )["VpnConnection"]
    return connection


@_call("modify the VPN connection")
def modify_vpn_connection(client: Any, connection: str, **gateways: str) -> None:
    """``CustomerGatewayId`` or ``VpnGatewayId``. Its tunnels' addresses and options stay."""
    client.modify_vpn_connection(aws_retry=True, VpnConnectionId=connection, **gateways)


@_call("modify the tunnel")
def modify_tunnel(client: Any, connection: str, outside_address: str, options: Mapping[str, Any]) -> None:
    """One tunnel of a connection."""
    client.modify_vpn_tunnel_options(
        aws_retry=True, VpnConnectionId=connection, VpnTunnelOutsideIpAddress=outside_address, TunnelOptions=options
    )


@_call("delete the VPN connection")
def delete_vpn_connection(client: Any, connection: str) -> None:
    """Its tunnels end at once."""
    client.delete_vpn_connection(aws_retry=True, VpnConnectionId=connection)


@_call("describe customer gateways")
def customer_gateways(client: Any, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All that the filters let through."""
    found: list[dict[str, Any]] = client.describe_customer_gateways(aws_retry=True, Filters=list(wanted))[
        "CustomerGateways"
    ]
    return found


@_call("create the customer gateway")
def create_customer_gateway(client: Any, ip_address: str, bgp_asn: int, tags: Mapping[str, str]) -> dict[str, Any]:
    """The new gateway; an existing one with this address and ASN is returned as it is."""
    made: dict[str, Any] = client.create_customer_gateway(
        aws_retry=True,
        Type="ipsec.1",
        IpAddress=ip_address,
        BgpAsn=bgp_asn,
        TagSpecifications=_specifications("customer-gateway", tags),
    )["CustomerGateway"]
    return made


@_call("delete the customer gateway")
def delete_customer_gateway(client: Any, gateway: str) -> None:
    """AWS refuses it while a VPN connection uses it."""
    client.delete_customer_gateway(aws_retry=True, CustomerGatewayId=gateway)


@_call("change the tags")
def change_tags(client: Any, resource: str, add: Mapping[str, str], remove: Sequence[str]) -> None:
    """Set some tags and remove others."""
    if add:
        tags = [{"Key": key, "Value": value} for key, value in add.items()]
        client.create_tags(aws_retry=True, Resources=[resource], Tags=tags)
    if remove:
        client.delete_tags(aws_retry=True, Resources=[resource], Tags=[{"Key": key} for key in remove])


def _specifications(resource_type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": resource_type, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
