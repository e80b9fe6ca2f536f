# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.dns_errors import dns_errors

ZONE = "multicloud.example"
CHECKS: list[dict[str, Any]] = [
    {"name": "gcp-endpoint", "type": "HTTPS"},
    {"name": "aws-not-active", "type": "HTTPS", "inverted": True},
    {"name": "gcp", "type": "CALCULATED", "child_health_checks": ["gcp-endpoint", "aws-not-active"]},
    {"name": "aws", "type": "HTTPS"},
]


def record(**more: Any) -> dict[str, Any]:
    return {"name": f"www.{ZONE}", "type": "A", "values": ["192.0.2.1"], **more}


def failover(role: str, **more: Any) -> dict[str, Any]:
    return record(failover=role, identifier=role, health_check="gcp", **more)


def without(key: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(), record(type="AAAA")],
        [failover("PRIMARY"), without("health_check", failover("SECONDARY"))],
        [record(weight=0, identifier="a"), record(weight=1, identifier="b")],
        [record(name=ZONE), record(name=f"*.{ZONE}."), record(name=f"_dmarc.{ZONE}", type="TXT")],
        [without("values", record(alias={"name": "x", "zone_id": "Z"}))],
        [record(state="absent")],
        [record(), record(state="absent", identifier="old", weight=1)],  # an old pair makes room for a new record
    ],
)
def test_good_records(records: list[dict[str, Any]]) -> None:
    assert dns_errors(records, CHECKS, ZONE) == []


@pytest.mark.parametrize(
    ("records", "part"),
    [
        ([record(name="www.example.org")], "is not in the zone"),
        ([record(name=f"not{ZONE}")], "is not in the zone"),
        ([record(name=f"-x.{ZONE}")], "DNS does not allow"),
        ([record(name=f"a..{ZONE}")], "DNS does not allow"),
        ([record(weight=1, failover="SECONDARY", identifier="x")], "one routing policy"),
        ([record(weight=1)], "identifier goes with"),
        ([record(identifier="x")], "identifier goes with"),
        ([without("values", record())], "either values or alias"),
        ([record(alias={"name": "x"})], "either values or alias"),
        ([failover("PRIMARY", values=[])], "either values or alias"),
        ([without("values", record(state="absent"))], "either values or alias"),
        ([record(health_check="nobody")], "does not have or removes"),
        ([without("health_check", failover("PRIMARY"))], "would never fail over"),
        (
            [without("values", failover("SECONDARY", alias={"name": "x", "evaluate_target_health": False}))],
            "evaluate_target_health to be true",
        ),
        ([failover("PRIMARY"), record()], "mixes failover, simple"),
        ([failover("PRIMARY"), {**failover("PRIMARY"), "identifier": "b"}], "failover 'PRIMARY'"),
        ([record(weight=1, identifier="a"), record(weight=2, identifier="a")], "identifier 'a'"),
        ([record(), record(name=f"WWW.{ZONE}.")], "occurs 2 times"),
    ],
)
def test_bad_records(records: list[dict[str, Any]], part: str) -> None:
    (sentence,) = dns_errors(records, CHECKS, ZONE)
    assert part in sentence


@pytest.mark.parametrize(
    ("health_checks", "part"),
    [
        ([CHECKS[0], CHECKS[0]], "occurs twice"),
        ([{"name": "x"}], "has no type"),
        (
            [{"name": "p", "type": "CALCULATED", "child_health_checks": ["c"]}, {"name": "c", "type": "TCP"}],
            "before it",
        ),
    ],
)
def test_bad_health_checks(health_checks: list[dict[str, Any]], part: str) -> None:
    (sentence,) = dns_errors([], health_checks, ZONE)
    assert part in sentence


def test_a_child_may_be_an_id() -> None:
    child = "50ec8a13-9623-4c66-9834-dd8c5aedc9ba"
    assert dns_errors([], [{"name": "p", "type": "CALCULATED", "child_health_checks": [child]}], ZONE) == []


def test_a_record_must_not_rest_on_a_check_that_is_removed() -> None:
    (sentence,) = dns_errors([record(health_check="old")], [{"name": "old", "state": "absent"}], ZONE)
    assert "does not have or removes" in sentence
