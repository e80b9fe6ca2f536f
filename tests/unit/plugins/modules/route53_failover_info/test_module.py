# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API, its health checkers and its name server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import route53_failover, route53_failover_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.fakes.pairs import Account, wait_for

GCP, AWS = "192.0.2.1", "192.0.2.2"
SIDES = {"gcp": [GCP], "aws": [AWS]}


@pytest.fixture
def account(aws: Aws) -> Account:
    return Account(aws)


@pytest.fixture
def manage(account: Account, capsys: pytest.CaptureFixture[str]) -> Run:
    module = runner(route53_failover.main, capsys, aws_environment(account.aws.endpoint))
    return lambda **options: module(
        zone=account.zone, name=account.name, name_servers=[account.server], wait=True, **options
    )


@pytest.fixture
def info(account: Account, capsys: pytest.CaptureFixture[str]) -> Run:
    module = runner(route53_failover_info.main, capsys, aws_environment(account.aws.endpoint))

    def call(**options: Any) -> dict[str, Any]:
        given = {"zone": account.zone, "name": account.name, "name_servers": [account.server], **options}
        return module(**{name: value for name, value in given.items() if value is not None})

    return call


@pytest.fixture
def away(aws: Aws) -> Iterator[None]:
    """Route 53's control plane."""

    def control(method: str, body: bytes | None) -> None:
        request = urllib.request.Request(f"{aws.endpoint}/lab/blackout", method=method, data=body)
        urllib.request.urlopen(request, timeout=10).close()

    control("POST", json.dumps({"services": ["route53"]}).encode())
    yield
    control("DELETE", None)


@pytest.fixture
def pair(account: Account, manage: Run) -> None:
    """gcp is healthy by its checkers, aws is not."""
    port = int(account.aws.endpoint.rpartition(":")[2])
    endpoint = {"Type": "HTTP", "IPAddress": "127.0.0.1", "RequestInterval": 10, "FailureThreshold": 1}
    up = account.other_check("up", **endpoint, Port=port, ResourcePath="/lab/ready")
    down = account.other_check("down", **endpoint, Port=9)
    manage(
        primary={"identifier": "gcp", "values": [GCP], "health_check": account.over("gcp", up)},
        secondary={"identifier": "aws", "values": [AWS], "health_check": account.over("aws", down)},
    )


def test_everything(pair: None, account: Account, manage: Run, info: Run) -> None:
    def looked() -> dict[str, Any] | None:
        found = info()
        heard = [len(check["observations"]) for check in found["checks"] if check["name"].endswith(("up", "down"))]
        return found if heard == [16, 16] else None

    found = wait_for(looked, "every checker has looked")
    assert (found["changed"], found["force"], found["answer"], found["control_plane_error"]) == (
        False,
        "automatic",
        "gcp",
        "",
    )
    assert found["answers"] == [{"server": account.server, "side": "gcp", "values": [GCP], "ttl": 60, "error": ""}]
    assert [(side["identifier"], side["status"], side["seen"]) for side in found["sides"]] == [
        ("gcp", "healthy", "healthy"),
        ("aws", "unhealthy", "unhealthy"),
    ]
    verdicts = {check["name"].removeprefix(f"{account.word}-"): check["verdict"] for check in found["checks"]}
    assert verdicts == {"gcp": "healthy", "aws": "unhealthy", "up": "healthy", "down": "unhealthy"}

    warned = manage(force="aws")
    assert "The health checkers find aws unhealthy" in json.dumps(warned["warnings"])
    found = info()
    assert (found["force"], found["answer"]) == ("aws", "aws")
    assert [(side["identifier"], side["status"], side["seen"]) for side in found["sides"]] == [
        ("gcp", "unhealthy", "healthy"),
        ("aws", "healthy", "unhealthy"),
    ]
    assert found["sentence"] == f"{account.name} is forced to aws; 1 of 1 name servers answered, with aws."


def test_without_a_control_plane_dns_still_says_who_answers(pair: None, info: Run, away: None) -> None:
    found = info(sides=SIDES)
    assert "failed" not in found
    assert (found["answer"], found["force"], found["sides"]) == ("gcp", None, [])
    assert found["control_plane_error"].startswith("Cannot find the hosted zone: ")
    assert found["warnings"]
    assert "may be overridden, which is not known; 1 of 1 name servers answered, with gcp." in found["sentence"]
    nameless = info()
    assert (nameless["answer"], nameless["answers"][0]["values"]) == ("", [GCP])


def test_the_api_need_not_be_asked(pair: None, info: Run, away: None) -> None:
    found = info(sides=SIDES, control_plane=False, zone=None)
    assert (found["answer"], found["control_plane_error"], found.get("warnings")) == ("gcp", "", None)


def test_nobody_answers(pair: None, info: Run) -> None:
    found = info(name_servers=["127.0.0.1:1"])
    assert (found["answer"], found["force"]) == ("", "automatic")
    assert found["answers"][0]["error"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"zone": None}, "any of the following are missing: zone, zone_id"),
        ({"sides": {"gcp": GCP}}, f"sides.gcp is '{GCP}'; it must be a list"),
        ({"health_checks": [{"name": "x", "disabled": "perhaps"}]}, "disabled and inverted are bool"),
        ({"type": "AAAA"}, "has no failover record"),
        ({"name_servers": None}, "name_servers"),
    ],
)
def test_bad_options_fail_with_a_sentence(pair: None, info: Run, options: dict[str, Any], part: str) -> None:
    result = info(**options)
    assert result["failed"]
    assert part in result["msg"]
