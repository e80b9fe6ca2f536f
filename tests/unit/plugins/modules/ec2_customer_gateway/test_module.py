# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against the lab's AWS API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn import api
from ansible_collections.multicloud.dr.plugins.modules import ec2_customer_gateway

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws


@pytest.fixture
def ec2(aws: Aws) -> Any:
    return aws.client("ec2")


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(ec2_customer_gateway.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def options() -> dict[str, Any]:
    octets = uuid.uuid4().bytes
    address = f"198.{octets[0]}.{octets[1]}.{octets[2]}"
    return {"name": uuid.uuid4().hex, "ip_address": address, "bgp_asn": 65010, "tags": {"project": "shop"}}


def connect(ec2: Any, gateway: str) -> str:
    vpn = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    made = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=gateway, VpnGatewayId=vpn)["VpnConnection"]
    return str(made["VpnConnectionId"])


def gateway_of(ec2: Any, connection: str) -> str:
    (found,) = ec2.describe_vpn_connections(VpnConnectionIds=[connection])["VpnConnections"]
    return str(found["CustomerGatewayId"])


def test_create_and_nothing_more(run: Run, options: dict[str, Any]) -> None:
    planned = run(_check=True, **options)
    assert (planned["action"], planned["customer_gateway"]["id"]) == ("created", "")
    made = run(**options)
    assert (made["action"], made["customer_gateway"]["bgp_asn"]) == ("created", 65010)
    assert made["customer_gateway"]["tags"] == {"Name": options["name"], "project": "shop"}
    for check in (True, False):
        again = run(_check=check, **options)
        assert (again["changed"], again["customer_gateway"]) == (False, made["customer_gateway"])


def test_an_existing_one_of_another_name_is_adopted(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    made = ec2.create_customer_gateway(Type="ipsec.1", IpAddress=options["ip_address"], BgpAsn=65010)
    adopted = run(**options)["customer_gateway"]
    assert adopted["id"] == made["CustomerGateway"]["CustomerGatewayId"]
    assert adopted["tags"] == {"Name": options["name"], "project": "shop"}
    assert not run(**options)["changed"]


@pytest.mark.parametrize("change", [{"bgp_asn": 65011}, {"ip_address": "198.51.100.77"}], ids=str)
def test_another_address_or_asn_is_another_gateway(
    run: Run, ec2: Any, options: dict[str, Any], change: dict[str, Any]
) -> None:
    old = run(**options)["customer_gateway"]["id"]
    connection = connect(ec2, old)
    planned = run(_check=True, **options | change)
    assert (planned["action"], planned["moved"]) == ("replaced", [connection])
    assert gateway_of(ec2, connection) == old
    replaced = run(**options | change)
    new = replaced["customer_gateway"]["id"]
    assert (replaced["action"], replaced["moved"], gateway_of(ec2, connection)) == ("replaced", [connection], new)
    (gone,) = ec2.describe_customer_gateways(CustomerGatewayIds=[old])["CustomerGateways"]
    assert gone["State"] == "deleted"
    assert not run(**options | change)["changed"]
    ec2.delete_vpn_connection(VpnConnectionId=connection)
    run(name=options["name"], state="absent")


@pytest.mark.parametrize("step", ["modify_vpn_connection", "delete_customer_gateway"])
def test_an_interrupted_replacement_is_taken_up(
    run: Run, ec2: Any, options: dict[str, Any], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = run(**options)["customer_gateway"]["id"]
    connection = connect(ec2, old)

    def interrupted(*_: Any, **__: Any) -> None:
        raise api.VpnError("interrupted", "Interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(api, step, interrupted)
        assert run(**options | {"bgp_asn": 65011})["failed"]
    repaired = run(**options | {"bgp_asn": 65011})
    assert (repaired["action"], gateway_of(ec2, connection)) == ("replaced", repaired["customer_gateway"]["id"])
    assert not run(**options | {"bgp_asn": 65011})["changed"]


def test_tags_are_compared(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    gateway = run(**options)["customer_gateway"]["id"]
    ec2.create_tags(Resources=[gateway], Tags=[{"Key": "project", "Value": "y"}, {"Key": "stray", "Value": "x"}])
    assert run(_check=True, **options)["action"] == "updated"
    assert run(**options)["customer_gateway"]["tags"] == {"Name": options["name"], "project": "shop"}
    assert not run(**options)["changed"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"ip_address": "none"}, "'none'; an IPv4 address"), ({"bgp_asn": 0}, "bgp_asn is 0; allowed are 1 to")],
)
def test_what_aws_would_refuse_is_named(run: Run, options: dict[str, Any], change: dict[str, Any], said: str) -> None:
    assert said in run(**options | change)["msg"]


def test_delete_once_and_not_while_it_is_used(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    connection = connect(ec2, run(**options)["customer_gateway"]["id"])
    gone = {"name": options["name"], "state": "absent"}
    assert run(**gone)["error_code"] == "IncorrectState"
    ec2.delete_vpn_connection(VpnConnectionId=connection)
    assert run(_check=True, **gone)["action"] == "deleted"
    assert run(**gone)["action"] == "deleted"
    assert not run(**gone)["changed"]
