# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from tests.unit.fakes.scenario import Scenario


def hosts(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Instances by name, without those that are gone."""
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    found = scenario.client("ec2").describe_instances(Filters=[states])["Reservations"]
    instances = [instance for reservation in found for instance in reservation["Instances"]]
    return {tag["Value"]: each for each in instances for tag in each["Tags"] if tag["Key"] == "Name"}


def test_hosts_are_as_the_variables_say(scenario: Scenario) -> None:
    found = hosts(scenario)
    assert found.keys() == {"shop-db-1", "shop-vpn", "shop-web"}
    assert found["shop-db-1"]["PrivateIpAddress"] == "10.20.10.11"
    assert (found["shop-vpn"]["SourceDestCheck"], found["shop-db-1"]["SourceDestCheck"]) == (False, True)


def test_it_goes_as_it_came(scenario: Scenario) -> None:
    gone = {
        "absent | No group of web hosts": [""],
        "absent | No launch template": [""],
        "absent | No host": [""],
    }
    assert scenario.apply(check=True, aws_compute_state="absent") == gone
    assert len(hosts(scenario)) == 3
    assert scenario.apply(aws_compute_state="absent") == gone
    assert hosts(scenario) == {}
    assert scenario.client("ec2").describe_launch_templates()["LaunchTemplates"] == []
    assert scenario.apply(aws_compute_state="absent") == {}
