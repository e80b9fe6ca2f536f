# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against the lab's AWS API."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn import api
from ansible_collections.multicloud.dr.plugins.modules import ec2_vpn_connection, ec2_vpn_connection_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

ONE: dict[str, Any] = {
    "inside_cidr": "169.254.20.0/30",
    "pre_shared_key": "first_secret_1",
    "ike_versions": ["ikev2"],
    "phase1_encryption_algorithms": ["AES256"],
    "phase1_integrity_algorithms": ["SHA2-256"],
    "phase1_dh_groups": [18],
    "phase1_lifetime_seconds": 28800,
    "phase2_encryption_algorithms": ["AES256"],
    "phase2_integrity_algorithms": ["SHA2-256"],
    "phase2_dh_groups": [18],
    "phase2_lifetime_seconds": 3600,
    "rekey_margin_seconds": 270,
    "rekey_fuzz_percentage": 100,
    "replay_window_size": 1024,
    "dpd_timeout_seconds": 30,
    "dpd_timeout_action": "restart",
    "startup_action": "start",
}
TWO = ONE | {"inside_cidr": "169.254.20.4/30", "pre_shared_key": "second_secret_2"}
# What somebody else could have set meanwhile.
DRIFTS: dict[str, Any] = {
    "pre_shared_key": ("PreSharedKey", "strange_secret_3"),
    "ike_versions": ("IKEVersions", [{"Value": "ikev1"}]),
    "phase1_encryption_algorithms": ("Phase1EncryptionAlgorithms", [{"Value": "AES128"}]),
    "phase1_integrity_algorithms": ("Phase1IntegrityAlgorithms", [{"Value": "SHA1"}]),
    "phase1_dh_groups": ("Phase1DHGroupNumbers", [{"Value": 2}]),
    "phase1_lifetime_seconds": ("Phase1LifetimeSeconds", 7200),
    "phase2_encryption_algorithms": ("Phase2EncryptionAlgorithms", [{"Value": "AES256"}, {"Value": "AES128"}]),
    "phase2_integrity_algorithms": ("Phase2IntegrityAlgorithms", [{"Value": "SHA1"}]),
    "phase2_dh_groups": ("Phase2DHGroupNumbers", [{"Value": 5}]),
    "phase2_lifetime_seconds": ("Phase2LifetimeSeconds", 1800),
    "rekey_margin_seconds": ("RekeyMarginTimeSeconds", 60),
    "rekey_fuzz_percentage": ("RekeyFuzzPercentage", 1),
    "replay_window_size": ("ReplayWindowSize", 64),
    "dpd_timeout_seconds": ("DPDTimeoutSeconds", 60),
    "dpd_timeout_action": ("DPDTimeoutAction", "clear"),
    "startup_action": ("StartupAction", "add"),
}


@pytest.fixture
def ec2(aws: Aws) -> Any:
    return aws.client("ec2")


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(ec2_vpn_connection.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def info(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(ec2_vpn_connection_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def options(ec2: Any) -> dict[str, Any]:
    """A connection of its own, with gateways of its own."""
    octets = uuid.uuid4().bytes
    customer = ec2.create_customer_gateway(
        Type="ipsec.1", IpAddress=f"198.{octets[0]}.{octets[1]}.{octets[2]}", BgpAsn=65010
    )["CustomerGateway"]
    return {
        "name": uuid.uuid4().hex,
        "customer_gateway_id": customer["CustomerGatewayId"],
        "vpn_gateway_id": ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"],
        "static_routes_only": False,
        "tunnels": [ONE, TWO],
        "tags": {"project": "shop"},
    }


def read(ec2: Any, name: str) -> dict[str, Any]:
    wanted = [{"Name": "tag:Name", "Values": [name]}, {"Name": "state", "Values": ["available"]}]
    (found,) = ec2.describe_vpn_connections(Filters=wanted)["VpnConnections"]
    return dict(found)


def test_create_and_nothing_more(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    planned = run(_check=True, **options)
    assert (planned["action"], planned["changed"], planned["vpn_connection"]["id"]) == ("created", True, "")
    made = run(**options)
    assert (made["action"], made["changed"]) == ("created", True)
    connection = made["vpn_connection"]
    assert connection["tags"] == {"Name": options["name"], "project": "shop"}
    first, second = connection["tunnels"]
    assert (first["inside_cidr"], second["inside_cidr"]) == ("169.254.20.0/30", "169.254.20.4/30")
    assert (first["amazon_inside_address"], first["customer_inside_address"]) == ("169.254.20.1", "169.254.20.2")
    assert (first["amazon_asn"], first["customer_asn"], first["status"]) == (64512, 65010, "DOWN")
    stored = read(ec2, options["name"])["Options"]["TunnelOptions"]
    assert [each["PreSharedKey"] for each in stored] == ["first_secret_1", "second_secret_2"]
    for check in (True, False):
        again = run(_check=check, **options)
        assert (again["action"], again["changed"], again["vpn_connection"]) == ("none", False, connection)
        assert again["diff"]["before"] == again["diff"]["after"]


def test_no_answer_shows_a_key(run: Run, ec2: Any, options: dict[str, Any], info: Run) -> None:
    answers = [run(_check=True, **options), run(**options)]
    drift(ec2, options["name"], "PreSharedKey", "strange_secret_3")
    answers += [info(name=options["name"]), run(_check=True, **options), run(**options)]
    for answer in answers:
        invocation = answer.pop("invocation", {})
        assert "secret_3" not in json.dumps(invocation)
        text = json.dumps(answer)
        assert not any(key in text for key in ("first_secret_1", "second_secret_2", "strange_secret_3"))


def drift(ec2: Any, name: str, option: str, value: Any, tunnel: int = 0) -> None:
    connection = read(ec2, name)
    ec2.modify_vpn_tunnel_options(
        VpnConnectionId=connection["VpnConnectionId"],
        VpnTunnelOutsideIpAddress=connection["Options"]["TunnelOptions"][tunnel]["OutsideIpAddress"],
        TunnelOptions={option: value},
    )


def test_every_drift_is_seen_and_repaired(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    assert DRIFTS.keys() == ONE.keys() - {"inside_cidr"}
    run(**options)
    wanted = read(ec2, options["name"])["Options"]
    for name, (key, value) in DRIFTS.items():
        drift(ec2, options["name"], key, value)
        planned = run(_check=True, **options)
        assert planned["changed_tunnels"] == ["169.254.20.0/30"], name
        assert planned["diff"]["before"]["tunnels"]["169.254.20.0/30"].keys() == {name}
        assert read(ec2, options["name"])["Options"] != wanted
        assert run(**options)["action"] == "updated"
        assert read(ec2, options["name"])["Options"] == wanted
        assert not run(**options)["changed"], name


def test_an_inside_cidr_is_changed_on_the_tunnel_that_is_left(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    before = {each["outside_address"]: each for each in run(**options)["vpn_connection"]["tunnels"]}
    options["tunnels"] = [ONE, TWO | {"inside_cidr": "169.254.40.0/30"}]
    changed = run(**options)
    assert changed["changed_tunnels"] == ["169.254.20.4/30"]
    after = {each["outside_address"]: each["inside_cidr"] for each in changed["vpn_connection"]["tunnels"]}
    (moved,) = (address for address, tunnel in before.items() if tunnel["inside_cidr"] == "169.254.20.4/30")
    assert after[moved] == "169.254.40.0/30"
    assert not run(**options)["changed"]


def test_one_tunnel_alone_gets_another_key(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    run(**options)
    before = read(ec2, options["name"])["Options"]["TunnelOptions"]
    rotated = run(
        name=options["name"], tunnels=[{"inside_cidr": "169.254.20.4/30", "pre_shared_key": "third_secret_3"}]
    )
    assert rotated["changed_tunnels"] == ["169.254.20.4/30"]
    after = read(ec2, options["name"])["Options"]["TunnelOptions"]
    assert after == [before[0], before[1] | {"PreSharedKey": "third_secret_3"}]


def test_gateways_and_tags_are_compared(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    run(**options)
    identifier = read(ec2, options["name"])["VpnConnectionId"]
    other = ec2.create_customer_gateway(Type="ipsec.1", IpAddress="198.51.100.99", BgpAsn=65012)["CustomerGateway"]
    ec2.modify_vpn_connection(VpnConnectionId=identifier, CustomerGatewayId=other["CustomerGatewayId"])
    ec2.delete_tags(Resources=[identifier], Tags=[{"Key": "project"}])
    ec2.create_tags(Resources=[identifier], Tags=[{"Key": "stray", "Value": "x"}])
    planned = run(_check=True, **options)
    assert planned["diff"]["before"]["customer_gateway_id"] == other["CustomerGatewayId"]
    assert planned["diff"]["after"]["tags"] == {"Name": options["name"], "project": "shop"}
    repaired = run(**options)["vpn_connection"]
    assert repaired["customer_gateway_id"] == options["customer_gateway_id"]
    assert repaired["tags"] == {"Name": options["name"], "project": "shop"}
    assert not run(**options)["changed"]


def test_a_run_that_was_interrupted_after_the_creation_is_taken_up(
    run: Run, ec2: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Any) -> None:
        raise api.NotReady("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(ec2_vpn_connection.Waiter, "available", interrupted)
        assert run(**options)["msg"] == "interrupted"
    made = read(ec2, options["name"])
    assert not run(**options)["changed"]
    assert read(ec2, options["name"]) == made


def test_a_run_that_was_interrupted_between_two_tunnels_is_taken_up(
    run: Run, ec2: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(**options)
    for number in (0, 1):
        drift(ec2, options["name"], "StartupAction", "add", number)
    original = api.modify_tunnel
    calls: list[Any] = []

    def once(*arguments: Any) -> None:
        if calls:
            raise api.VpnError("Cannot modify the tunnel: interrupted", "Interrupted")
        calls.append(arguments)
        original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(api, "modify_tunnel", once)
        failed = run(**options)
    assert (failed["failed"], failed["error_code"]) == (True, "Interrupted")
    assert run(_check=True, **options)["changed_tunnels"] == ["169.254.20.4/30"]
    assert run(**options)["changed_tunnels"] == ["169.254.20.4/30"]
    assert not run(**options)["changed"]


def test_the_second_tunnel_waits_until_the_first_one_is_up(
    run: Run, ec2: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes up here, so the second one is never touched."""
    monkeypatch.setattr(ec2_vpn_connection, "LOOK_SECONDS", 0.1)
    run(**options)
    for number in (0, 1):
        drift(ec2, options["name"], "StartupAction", "add", number)
    failed = run(**options, wait_up_timeout=1)
    assert "was not up at" in failed["msg"]
    actions = [each["StartupAction"] for each in read(ec2, options["name"])["Options"]["TunnelOptions"]]
    assert actions == ["start", "add"]


def test_what_cannot_be_is_said(run: Run, options: dict[str, Any]) -> None:
    absent = run(name=options["name"], customer_gateway_id="cgw-1")
    assert absent["msg"] == f"The VPN connection '{options['name']}' does not exist; a new one needs vpn_gateway_id."
    assert "inside_cidr 169.254.0.0/30" in run(**options | {"tunnels": [{"inside_cidr": "169.254.0.0/30"}]})["msg"]
    assert "cgw-none" in run(**options | {"customer_gateway_id": "cgw-none"})["msg"]
    run(**options)
    assert "AWS cannot change it" in run(**options | {"static_routes_only": True})["msg"]


def test_two_connections_of_one_name_are_not_guessed(run: Run, ec2: Any, options: dict[str, Any]) -> None:
    run(**options)
    other = ec2.create_vpn_connection(
        Type="ipsec.1", CustomerGatewayId=options["customer_gateway_id"], VpnGatewayId=options["vpn_gateway_id"]
    )["VpnConnection"]
    ec2.create_tags(Resources=[other["VpnConnectionId"]], Tags=[{"Key": "Name", "Value": options["name"]}])
    assert "but 2 VPN connections have it" in run(**options)["msg"]


def test_delete_once(run: Run, options: dict[str, Any], info: Run) -> None:
    run(**options)
    assert len(info(tags={"Name": options["name"], "project": "shop"})["vpn_connections"]) == 1
    gone = {"name": options["name"], "state": "absent"}
    assert run(_check=True, **gone)["action"] == "deleted"
    assert len(info(name=options["name"])["vpn_connections"]) == 1
    assert run(**gone)["action"] == "deleted"
    assert info(name=options["name"])["vpn_connections"] == []
    assert run(**gone) | {"diff": 0, "invocation": 0} == {
        "action": "none", "changed": False, "diff": 0, "invocation": 0
    }  # fmt: skip
    assert run(**options)["action"] == "created"
