# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

PROJECT = {"Key": "project", "Value": "multicloud-dr"}


def named(ec2: Any, call: str, key: str, name: str) -> dict[str, Any]:
    (found,) = getattr(ec2, call)(Filters=[{"Name": "tag:Name", "Values": [name]}])[key]
    assert PROJECT in found["Tags"]
    return dict(found)


def test_public_subnets_lead_to_the_internet_and_private_ones_through_the_nat(ec2: Any) -> None:
    gateway = named(ec2, "describe_internet_gateways", "InternetGateways", "multicloud-dr")["InternetGatewayId"]
    (nat,) = ec2.describe_nat_gateways()["NatGateways"]
    for kind, key, target in (("public", "GatewayId", gateway), ("private", "NatGatewayId", nat["NatGatewayId"])):
        table = named(ec2, "describe_route_tables", "RouteTables", f"multicloud-dr-{kind}")
        (route,) = (each for each in table["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0")
        assert route[key] == target
        subnets = {
            named(ec2, "describe_subnets", "Subnets", f"multicloud-dr-{kind}-{zone}")["SubnetId"] for zone in "ac"
        }
        assert {each["SubnetId"] for each in table["Associations"]} == subnets


def test_only_public_hosts_get_public_addresses(ec2: Any) -> None:
    for kind in ("public", "private"):
        subnet = named(ec2, "describe_subnets", "Subnets", f"multicloud-dr-{kind}-a")
        assert subnet["MapPublicIpOnLaunch"] is (kind == "public")


def test_the_nats_address_belongs_to_the_project(ec2: Any) -> None:
    named(ec2, "describe_addresses", "Addresses", "multicloud-dr-nat")


def test_s3_is_reached_from_both_tables(ec2: Any) -> None:
    assert len(named(ec2, "describe_vpc_endpoints", "VpcEndpoints", "multicloud-dr-s3")["RouteTableIds"]) == 2


def test_databases_hear_both_sites_and_nobody_else(ec2: Any) -> None:
    group = named(ec2, "describe_security_groups", "SecurityGroups", "multicloud-dr-db")
    rules = {
        (each["FromPort"], each["ToPort"]): {source["CidrIp"] for source in each["IpRanges"]}
        for each in group["IpPermissions"]
    }
    both = {"10.10.0.0/16", "10.20.0.0/16"}
    assert rules == {(3306, 3306): both, (8008, 8008): both}


def test_web_hosts_hear_the_load_balancer_alone(ec2: Any) -> None:
    edge = named(ec2, "describe_security_groups", "SecurityGroups", "multicloud-dr-edge")["GroupId"]
    (rule,) = named(ec2, "describe_security_groups", "SecurityGroups", "multicloud-dr-web")["IpPermissions"]
    assert [each["GroupId"] for each in rule["UserIdGroupPairs"]] == [edge]
    assert rule["IpRanges"] == []


def test_the_role_asks_for_nothing_that_the_api_does_not_do(api_errors: list[str]) -> None:
    assert api_errors == []
