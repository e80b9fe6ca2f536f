# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ZONE = "alternative.example"


@pytest.mark.parametrize(
    ("name", "rdtype", "values"),
    [
        ("gcp", "A", ["192.0.2.1", "192.0.2.2"]),
        ("alias", "A", ["192.0.2.1", "192.0.2.2"]),
        ("www", "A", ["192.0.2.1", "192.0.2.2", f"gcp.{ZONE}."]),
        ("some.thing.any", "AAAA", ["2001:db8::1"]),
        ("old", "A", ["NXDOMAIN"]),
    ],
)
def test_names(dig: Callable[..., list[str]], name: str, rdtype: str, values: list[str]) -> None:
    # Route 53 sends several values in random order.
    assert sorted(dig(f"{name}.{ZONE}", rdtype)) == values


def test_the_zone_itself(dig: Callable[..., list[str]], route53: Any) -> None:
    assert dig(ZONE, "MX") == [f"10 mail.{ZONE}."]
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    assert zone["Config"]["Comment"] == "Every option"


def test_the_leftover_check_is_gone_and_tags_are_set(route53: Any) -> None:
    ids = [check["Id"] for check in route53.list_health_checks()["HealthChecks"]]
    sets = route53.list_tags_for_resources(ResourceType="healthcheck", ResourceIds=ids)["ResourceTagSets"]
    tags = [{tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in sets]
    assert {each["Name"] for each in tags} == {"text", "port", "tls", "alarm", "any"}
    assert {"Name": "text", "site": "gcp"} in tags


def test_settings_reached_the_api(route53: Any) -> None:
    configs = [check["HealthCheckConfig"] for check in route53.list_health_checks()["HealthChecks"]]
    by_type = {config["Type"]: config for config in configs}
    text = by_type["HTTP_STR_MATCH"]
    assert (text["SearchString"], text["MeasureLatency"]) == ("open", True)
    assert sorted(text["Regions"]) == ["ap-northeast-1", "eu-west-1", "us-east-1"]
    assert (by_type["HTTPS"]["EnableSNI"], by_type["HTTPS"]["Disabled"]) == (False, True)
    assert by_type["CLOUDWATCH_METRIC"]["Inverted"] is True


def test_the_txt_pair_says_what_the_checkers_say(
    gcp: Any, aws: Any, dig: Callable[..., list[str]], wait_for: Callable[..., None]
) -> None:
    """Healthy while one of a text match and a TCP check is."""
    name = f"writable.{ZONE}"
    gcp.up(status="we are open")
    aws.up()
    wait_for(lambda: dig(name, "TXT") == ['"up"'], "both are well")
    gcp.up(status="we are closed")
    wait_for(lambda: dig(f"pool.{ZONE}") == ["192.0.2.2"], "weight 0 is used when the others are unhealthy")
    assert dig(name, "TXT") == ['"up"'], "one of two is enough"
    aws.down()
    wait_for(lambda: dig(name, "TXT") == ['"down"'], "neither is well")


def test_the_api_was_asked_nothing_that_it_cannot_do(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []
