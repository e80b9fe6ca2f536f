# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's name follows the sites: the rows of docs/dns.md that an operator meets, in the order of an incident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

GCP, AWS = ["192.0.2.1"], ["192.0.2.2"]
NAME = "shop.multicloud.example"


def test_an_incident(gcp: Any, aws: Any, dig: Callable[..., list[str]], wait_for: Callable[..., None]) -> None:
    gcp.up("/healthz")
    aws.up("/healthz")
    wait_for(lambda: dig(NAME) == GCP, "both sites serve: gcp")

    gcp.down()
    wait_for(lambda: dig(NAME) == AWS, "gcp is lost: aws")

    gcp.up("/healthz")
    wait_for(lambda: dig(NAME) == GCP, "gcp is back and nothing was promoted: gcp")

    aws.up("/healthz", "/dr/active")
    wait_for(lambda: dig(NAME) == AWS, "aws was promoted: aws, although gcp is healthy")

    aws.up("/dr/active")
    wait_for(lambda: dig(NAME) == GCP, "aws cannot serve: gcp, whatever its health")


def test_other_names_do_not_exist(dig: Callable[..., list[str]]) -> None:
    assert dig("nope.multicloud.example") == ["NXDOMAIN"]
    assert dig(NAME, "AAAA") == ["NOERROR"]


def test_the_primary_rests_on_both_checks(route53: Any) -> None:
    checks = {check["Id"]: check["HealthCheckConfig"] for check in route53.list_health_checks()["HealthChecks"]}
    (calculated,) = [config for config in checks.values() if config["Type"] == "CALCULATED"]
    children = [checks[child] for child in calculated["ChildHealthChecks"]]
    assert calculated["HealthThreshold"] == 2
    assert {(child["ResourcePath"], child["Inverted"]) for child in children} == {
        ("/healthz", False),
        ("/dr/active", True),
    }


def test_the_records_default_ttl(route53: Any) -> None:
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    assert {record["TTL"] for record in records if record["Type"] == "A"} == {60}


def test_the_api_was_asked_nothing_that_it_cannot_do(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []
