# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.unit.fakes.scenario import Scenario


def hosts(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Instances by name, without those that are gone."""
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    found = scenario.client("ec2").describe_instances(Filters=[states])["Reservations"]
    instances = [instance for reservation in found for instance in reservation["Instances"]]
    return {tags(instance)["Name"]: instance for instance in instances}


def tags(resource: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def test_hosts_are_tagged_and_protected_and_have_their_profiles(scenario: Scenario) -> None:
    ec2, found = scenario.client("ec2"), hosts(scenario)
    assert found.keys() == {"multicloud-dr-db", "multicloud-dr-cache", "multicloud-dr-web"}
    for role in ("db", "cache"):
        name = f"multicloud-dr-{role}"
        host = found[name]
        assert tags(host) == {"Name": name, "project": "multicloud-dr", "role": role, "site": "aws"}
        assert [group["GroupName"] for group in host["SecurityGroups"]] == [name]
        assert host["IamInstanceProfile"]["Arn"].endswith(f"instance-profile/multicloud-dr/{name}")
        protection = ec2.describe_instance_attribute(InstanceId=host["InstanceId"], Attribute="disableApiTermination")
        assert protection["DisableApiTermination"]["Value"] is True


def test_web_hosts_come_from_their_own_image_and_are_as_few_as_may_be(scenario: Scenario) -> None:
    host = hosts(scenario)["multicloud-dr-web"]
    assert host["ImageId"] == "ami-0123456789abcdef1"
    assert {name: tags(host)[name] for name in ("project", "role", "site")} == {
        "project": "multicloud-dr",
        "role": "web",
        "site": "aws",
    }


def test_drift_is_seen_and_repaired(scenario: Scenario) -> None:
    ec2, autoscaling = scenario.client("ec2"), scenario.client("autoscaling")
    found = hosts(scenario)
    db, cache = (found[f"multicloud-dr-{name}"]["InstanceId"] for name in ("db", "cache"))
    ec2.modify_instance_attribute(InstanceId=db, DisableApiTermination={"Value": False})
    ec2.create_tags(Resources=[cache], Tags=[{"Key": "role", "Value": "db"}])
    version = ec2.create_launch_template_version(
        LaunchTemplateName="multicloud-dr-web",
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.nano"},
    )["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(LaunchTemplateName="multicloud-dr-web", DefaultVersion=str(version))
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="multicloud-dr-web", MaxSize=9)
    autoscaling.delete_policy(AutoScalingGroupName="multicloud-dr-web", PolicyName="multicloud-dr-cpu")
    expected = {
        "present | Launch template of web hosts": [""],
        "present | Group of web hosts": [""],
        "present | Hosts": ["db", "cache"],
    }
    assert scenario.apply(check=True) == expected
    assert scenario.apply() == expected
    assert scenario.apply(check=True) == {}


def test_a_protected_host_cannot_be_terminated(scenario: Scenario) -> None:
    try:
        scenario.client("ec2").terminate_instances(InstanceIds=[hosts(scenario)["multicloud-dr-db"]["InstanceId"]])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "OperationNotPermitted"
    else:
        raise AssertionError("it was terminated")


def test_the_api_was_asked_nothing_that_it_cannot_do(scenario: Scenario) -> None:
    assert scenario.errors() == []
