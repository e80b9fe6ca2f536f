# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody with a console may have changed since the last run: each drift with the task that must name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .clouds import Clouds

NAME = "multicloud-dr"
REGION = "regions/asia-northeast3"


class Account:
    """Our resources at AWS, found by name."""

    def __init__(self, clouds: Clouds) -> None:
        self.ec2 = clouds.aws("ec2")

    def find(self, what: str, name: str = NAME) -> Any:
        """The only one: ``what`` is vpcs, subnets, route_tables, vpn_connections, vpn_gateways or internet_gateways."""
        found = getattr(self.ec2, f"describe_{what}")(Filters=[{"Name": "tag:Name", "Values": [name]}])
        (rows,) = (value for value in found.values() if isinstance(value, list))
        (one,) = (row for row in rows if row.get("State") != "deleted")
        return one

    def everything(self) -> list[str]:
        """The ids of all that has our tag and is not deleted."""
        gateways = ("nat_gateways", "internet_gateways", "vpn_gateways", "customer_gateways")
        kinds = ("vpcs", "subnets", "route_tables", "security_groups", "vpc_endpoints", "vpn_connections", *gateways)
        found = []
        for kind in (*kinds, "addresses"):
            answer = getattr(self.ec2, f"describe_{kind}")(Filters=[{"Name": "tag:project", "Values": [NAME]}])
            rows = next(value for value in answer.values() if isinstance(value, list))
            found += [f"{kind}: {row}" for row in rows if row.get("State") != "deleted"]
        return found

    def table(self, name: str) -> str:
        return str(self.find("route_tables", f"{NAME}-{name}")["RouteTableId"])

    def group(self, name: str) -> str:
        filters = [{"Name": "group-name", "Values": [f"{NAME}-{name}"]}]
        (group,) = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return str(group["GroupId"])

    def tag(self, resource: str, key: str, value: str) -> None:
        self.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value}])


def port(number: int, cidr: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": number, "ToPort": number, "IpRanges": [{"CidrIp": cidr}]}]


def at_aws(account: Account) -> Iterator[tuple[str, Callable[[], object]]]:
    """(part of the name of the task that must report it, the drift)."""
    ec2, vpc = account.ec2, account.find("vpcs")["VpcId"]
    first = account.find("vpn_connections", f"{NAME}-gcp-0")
    tunnel = {
        "VpnConnectionId": first["VpnConnectionId"],
        "VpnTunnelOutsideIpAddress": first["Options"]["TunnelOptions"][1]["OutsideIpAddress"],
    }
    gateway = account.find("vpn_gateways")["VpnGatewayId"]
    private, public = account.table("private"), account.table("public")
    internet = account.find("internet_gateways")["InternetGatewayId"]
    subnet = account.find("subnets", f"{NAME}-private-a")["SubnetId"]

    def option(**changed: object) -> Callable[[], object]:
        return lambda: ec2.modify_vpn_tunnel_options(**tunnel, TunnelOptions=changed)

    yield "Connections", option(PreSharedKey="somebody_elses_key", DPDTimeoutAction="clear")
    yield (
        "Route tables that learn",
        lambda: ec2.disable_vgw_route_propagation(RouteTableId=private, GatewayId=gateway),
    )
    yield "Virtual private gateway", lambda: account.tag(gateway, "stray", "1")
    yield "VPC", lambda: account.tag(vpc, "stray", "1")
    yield "VPC", lambda: ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    yield "oute table", lambda: ec2.delete_route(RouteTableId=private, DestinationCidrBlock="0.0.0.0/0")
    yield (
        "oute table",
        lambda: ec2.create_route(RouteTableId=public, DestinationCidrBlock="192.0.2.0/24", GatewayId=internet),
    )
    yield "ubnets", lambda: ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    open_, closed = {"GroupId": account.group("db")}, {"GroupId": account.group("cache")}
    yield (
        "ecurity groups",
        lambda: ec2.authorize_security_group_ingress(**open_, IpPermissions=port(3306, "0.0.0.0/0")),
    )
    yield (
        "ecurity groups",
        lambda: ec2.revoke_security_group_ingress(**closed, IpPermissions=port(6379, "10.10.0.0/16")),
    )


# Path below the project, what it becomes, and a word of the difference that is shown.
AT_GOOGLE: tuple[tuple[str, dict[str, Any], str], ...] = (
    (f"global/firewalls/{NAME}-mysql", {"sourceRanges": ["0.0.0.0/0"]}, "sourceRanges"),
    (
        f"global/firewalls/{NAME}-redis",
        {"allowed": [{"IPProtocol": "tcp", "ports": ["6379", "22"]}]},
        "-        - '22'",
    ),
    (f"global/firewalls/{NAME}-lb", {"disabled": True}, "disabled"),
    (f"global/firewalls/{NAME}-ssh", {"priority": 10}, "priority"),
    (f"global/networks/{NAME}", {"routingConfig": {"routingMode": "REGIONAL"}}, "routingMode"),
    (f"{REGION}/subnetworks/{NAME}-hosts", {"privateIpGoogleAccess": False}, "privateIpGoogleAccess"),
)
