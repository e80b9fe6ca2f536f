# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API and its name server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import route53_failover

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.fakes.pairs import Account

GCP, AWS = "192.0.2.1", "192.0.2.2"
PLAIN, HEALTHY, UNHEALTHY = (False, False), (True, False), (True, True)


@pytest.fixture
def account(aws: Aws) -> Account:
    return Account(aws)


@pytest.fixture
def run(account: Account, capsys: pytest.CaptureFixture[str]) -> Run:
    """With zone, name and server given."""
    module = runner(route53_failover.main, capsys, aws_environment(account.aws.endpoint))

    def call(**options: Any) -> dict[str, Any]:
        given = {"zone": account.zone, "name": account.name, "name_servers": [account.server], **options}
        return module(**{name: value for name, value in given.items() if value is not None})

    return call


def pair(account: Account, gcp: bool = True, aws: bool = True) -> dict[str, Any]:
    """Options for a pair whose sides are as healthy as this."""
    account.check("gcp-healthz", gcp)
    account.check("aws-healthz", aws)
    return {
        "primary": {
            "identifier": "gcp",
            "values": [GCP],
            "health_check": account.over("gcp", f"{account.word}-gcp-healthz"),
        },
        "secondary": {
            "identifier": "aws",
            "values": [AWS],
            "health_check": account.over("aws", f"{account.word}-aws-healthz"),
        },
    }


def flags(account: Account) -> list[tuple[bool, bool]]:
    return [account.flags(f"{account.word}-{side}") for side in ("gcp", "aws")]


def warnings(result: dict[str, Any]) -> list[str]:
    return [warning["event"]["msg"] for warning in result.get("warnings", [])]


# The pair ------------------------------------------------------------------------------------------------------------


def test_life_of_a_pair(run: Run, account: Account) -> None:
    sides = pair(account)
    planned = run(_check=True, **sides)
    assert (planned["changed"], planned["diff"]["before"]["records"], account.records()) == (True, {}, [])
    assert [side["identifier"] for side in planned["sides"]] == ["gcp", "aws"]

    made = run(wait=True, **sides)
    assert made["changed"]
    assert (made["answer"], made["force"]) == ("gcp", "automatic")
    assert made["sentence"] == f"{account.name} follows its health checks; 1 of 1 name servers answered, with gcp."
    gcp, aws = made["sides"]
    assert (gcp["role"], gcp["values"], gcp["health_check"]["name"]) == ("PRIMARY", [GCP], f"{account.word}-gcp")
    assert (aws["role"], aws["values"], aws["health_check"]["disabled"]) == ("SECONDARY", [AWS], False)

    again = run(**sides)
    assert (again["changed"], again["diff"]["before"]) == (False, again["diff"]["after"])
    assert run()["changed"] is False, "the pair need not be described"

    moved = {**sides, "secondary": {**sides["secondary"], "values": ["192.0.2.3"]}}
    assert run(_check=True, **moved)["changed"]
    assert run(ttl=30, **moved)["diff"]["after"]["records"]["aws"]["TTL"] == 30
    assert {record["TTL"] for record in account.records()} == {30}

    assert run(_check=True, state="absent")["changed"]
    gone = run(state="absent")
    assert (gone["changed"], gone["sides"], account.records()) == (True, [], [])
    assert run(state="absent")["changed"] is False
    assert flags(account) == [PLAIN, PLAIN]


def test_the_roles_can_be_exchanged(run: Run, account: Account) -> None:
    sides = pair(account)
    run(**sides)
    exchanged = run(primary=sides["secondary"], secondary=sides["primary"], wait=True)
    assert (exchanged["changed"], exchanged["answer"]) == (True, "aws")


def test_aliases_and_names(run: Run, account: Account) -> None:
    for side, value in (("gcp", GCP), ("aws", AWS)):
        account.put(Name=f"{side}.{account.zone}", Type="A", TTL=60, ResourceRecords=[{"Value": value}])
    sides = pair(account)
    alias = {
        "primary": {**sides["primary"], "values": None, "alias": {"name": f"gcp.{account.zone}"}},
        "secondary": sides["secondary"],
    }
    made = run(wait=True, **alias)
    assert made["answer"] == "gcp", "what is not the other's answer is the alias's"
    assert made["sides"][0]["alias"] == f"gcp.{account.zone}."
    assert run(**alias)["changed"] is False
    (warning,) = warnings(run(force="gcp", wait=True))
    assert "alias that evaluates its target's health" in warning

    name = {side: {**given, "values": [f"{given['identifier']}.{account.zone}"]} for side, given in sides.items()}
    made = run(name=f"www.{account.zone}", type="CNAME", wait=True, **name)
    assert (made["answer"], made["answers"][0]["values"]) == ("gcp", [f"gcp.{account.zone}"])


def test_check_mode_with_health_checks_that_do_not_exist_yet(run: Run, account: Account) -> None:
    side = {"values": [GCP], "health_check": "later"}
    planned = run(_check=True, primary={"identifier": "a", **side}, secondary={"identifier": "b", **side}, force="b")
    assert planned["changed"]
    assert planned["diff"]["after"]["records"]["a"]["HealthCheckId"] == "later"
    assert warnings(planned) == ["A health check does not exist yet; nothing can be said of an override."]


SIDE = {"identifier": "gcp", "values": [GCP], "health_check": "nobody"}


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, "has no failover record PRIMARY and none SECONDARY; describe the pair"),
        ({"zone": "nowhere.example"}, "zone is 'nowhere.example'; of public zones of this name there is none"),
        ({"zone": None}, "one of the following is required: zone, zone_id"),
        ({"zone_id": "Z"}, "mutually exclusive"),
        ({"primary": SIDE}, "primary, secondary"),
        (
            {"primary": SIDE, "secondary": {**SIDE, "identifier": "aws"}},
            "primary.health_check is 'nobody', but no health",
        ),
        ({"primary": {**SIDE, "identifier": "automatic"}, "secondary": SIDE}, "call the side otherwise"),
        ({"state": "absent", "force": "gcp"}, "force goes with state present only"),
        ({"ttl": -1}, "ttl is -1"),
        ({"type": "MX"}, "value of type must be one of"),
    ],
)
def test_bad_options_fail_with_a_sentence(run: Run, options: dict[str, Any], part: str) -> None:
    result = run(**options)
    assert result["failed"]
    assert part in result["msg"]


def test_a_simple_record_in_the_way_is_not_overwritten(run: Run, account: Account) -> None:
    account.put(Name=account.name, Type="A", TTL=60, ResourceRecords=[{"Value": GCP}])
    result = run(**pair(account))
    assert "is a record of routing policy simple; it has to be deleted first" in result["msg"]
    assert len(account.records()) == 1


# The override --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gcp_ok", "aws_ok"), list(product((True, False), (True, False))))
def test_the_forced_side_answers_whatever_its_health(run: Run, account: Account, gcp_ok: bool, aws_ok: bool) -> None:
    automatic = AWS if aws_ok and not gcp_ok else GCP
    run(**pair(account, gcp_ok, aws_ok))
    account.wait_for_answer(automatic)

    for side, value, expected in (("aws", AWS, [UNHEALTHY, HEALTHY]), ("gcp", GCP, [HEALTHY, PLAIN])):
        result = run(force=side, wait=True)
        assert (result["changed"], result["force"], result["answer"]) == (True, side, side)
        assert (flags(account), account.dig()) == (expected, [value])

    assert run(force="automatic")["force"] == "automatic"
    assert flags(account) == [PLAIN, PLAIN]
    account.wait_for_answer(automatic)


def test_check_mode_and_diff_of_an_override(run: Run, account: Account) -> None:
    run(wait=True, **pair(account))
    planned = run(_check=True, force="aws", wait=True)
    assert (planned["changed"], planned["force"], planned["answer"]) == (True, "aws", "gcp")
    assert flags(account) == [PLAIN, PLAIN]
    gcp = f"{account.word}-gcp"
    assert planned["diff"]["before"]["health_checks"][gcp] == {"disabled": False, "inverted": False}
    assert planned["diff"]["after"]["health_checks"][gcp] == {"disabled": True, "inverted": True}
    assert run(force="aws")["diff"] == planned["diff"]
    assert run(force="aws")["changed"] is False
    left = run()
    assert (left["changed"], left["force"]) == (False, "aws"), "without force an override is left as it is"


def test_the_way_back_restores_what_the_inventory_says(run: Run, account: Account) -> None:
    """Here the standby's check is inverted, and somebody has described it so."""
    sides = pair(account, gcp=False, aws=False)
    standby = account.over("standby", f"{account.word}-aws-healthz", Inverted=True)
    run(**{**sides, "secondary": {**sides["secondary"], "health_check": standby}})
    refused = run(force="aws")
    assert "is not disabled and inverted, which is neither an override nor what health_checks says" in refused["msg"]
    assert account.flags(standby) == (False, True), "nothing was lost"

    described = {"health_checks": [{"name": standby, "type": "CALCULATED", "inverted": True}]}
    assert run(**described)["force"] == "automatic"
    assert run(force="aws", **described)["force"] == "aws"
    assert account.flags(standby) == HEALTHY
    run(force="automatic", **described)
    assert account.flags(standby) == (False, True)


def test_flags_that_somebody_else_has_set_are_given_back(run: Run, account: Account) -> None:
    run(**pair(account))
    account.set_flags(f"{account.word}-gcp", disabled=False, inverted=True)
    assert run()["force"] == ""
    assert run(force="automatic")["force"] == "automatic"
    assert flags(account) == [PLAIN, PLAIN]


def test_a_check_that_others_rest_on_is_not_touched(run: Run, account: Account) -> None:
    sides = pair(account)
    run(**sides)
    record = {"Type": "TXT", "TTL": 5, "ResourceRecords": [{"Value": '"up"'}]}
    gcp = account.id_of(f"{account.word}-gcp")
    account.put(Name=f"up.{account.zone}", SetIdentifier="up", Failover="PRIMARY", HealthCheckId=gcp, **record)
    assert f"is also that of up.{account.zone} TXT. Give this name" in run(force="aws")["msg"]
    account.over("parent", f"{account.word}-gcp")
    assert f"up.{account.zone} TXT, the health check {account.word}-parent." in run(force="aws")["msg"]
    assert flags(account) == [PLAIN, PLAIN]


def test_both_sides_with_one_check_cannot_be_told_apart(run: Run, account: Account) -> None:
    sides = pair(account)
    sides["secondary"]["health_check"] = sides["primary"]["health_check"]
    run(**sides)
    for side in ("gcp", "aws"):
        assert "Both sides have the health check" in run(force=side)["msg"]


def test_a_check_that_was_deleted(run: Run, account: Account) -> None:
    run(**pair(account))
    account.aws.route53.delete_health_check(HealthCheckId=account.id_of(f"{account.word}-aws"))
    assert "which does not exist" in run(force="gcp")["msg"]


def test_nobody_of_this_name(run: Run, account: Account) -> None:
    run(**pair(account))
    assert run(force="azure")["msg"] == "force is 'azure'; allowed are gcp, aws, automatic."


def test_an_override_that_is_not_seen_is_told(run: Run, account: Account) -> None:
    run(**pair(account))
    result = run(force="aws", wait=True, wait_timeout=0, name_servers=["127.0.0.1:1"])
    assert result["failed"] and result["changed"]
    assert "The override is set, but not seen after 0 s" in result["msg"]
    assert flags(account) == [UNHEALTHY, HEALTHY]


# Its control plane away ----------------------------------------------------------------------------------------------


@pytest.fixture
def blackout(aws: Aws) -> Iterator[Callable[[str], None]]:
    def control(method: str, how: str = "") -> None:
        body = json.dumps({"services": ["route53"], "how": how}).encode() if how else None
        url = f"{aws.endpoint}/lab/blackout"
        urllib.request.urlopen(urllib.request.Request(url, method=method, data=body), timeout=10).close()

    yield lambda how: control("POST", how)
    control("DELETE")


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [("refuse", "ServiceUnavailable", "away"), ("throttle", "Throttling", "Rate"), ("hang", "", "Read timeout")],
)
def test_without_a_control_plane_it_fails_soon_and_says_why(
    run: Run, account: Account, blackout: Callable[[str], None], how: str, code: str, words: str
) -> None:
    run(**pair(account))
    blackout(how)
    result = run(force="aws")
    assert (result["failed"], result["changed"], result["error_code"]) == (True, False, code)
    assert result["msg"].startswith("Cannot find the hosted zone: ")
    assert words in result["msg"]
    assert account.dig() == [GCP], "DNS needs none"
