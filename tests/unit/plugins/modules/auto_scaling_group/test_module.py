# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.modules import auto_scaling_group

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws

TRACKING = [{"name": "cpu", "metric": "ASGAverageCPUUtilization", "target": 50}]


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(auto_scaling_group.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def subnets(aws: Aws) -> list[str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24") for number in range(2)]
    return [each["Subnet"]["SubnetId"] for each in made]


@pytest.fixture
def wanted(aws: Aws, subnets: list[str]) -> dict[str, Any]:
    ec2, name = aws.client("ec2"), f"g{uuid.uuid4().hex[:8]}"
    image = ec2.describe_images()["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.nano"}
    for number in (1, 2):
        ec2.create_launch_template(LaunchTemplateName=f"{name}-{number}", LaunchTemplateData=data)
    target = aws.client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc_of(aws, subnets))
    return {
        "name": name,
        "launch_template": f"{name}-1",
        "min_size": 1,
        "max_size": 3,
        "subnets": subnets,
        "target_groups": [target["TargetGroups"][0]["TargetGroupArn"]],
        "health_check_type": "ELB",
        "target_tracking": TRACKING,
        "tags": {"project": "shop", "role": "web"},
    }


def vpc_of(aws: Aws, subnets: list[str]) -> str:
    return str(aws.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"])


def test_life_of_a_group(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    assert run(_check=True, **wanted)["action"] == "created"
    assert auto_scaling_group.read(Retried(aws), wanted["name"]) is None
    made = run(**wanted)
    assert (made["action"], made["group"]["desired_capacity"], len(made["group"]["instances"])) == ("created", 1, 1)
    again = run(**wanted | {"subnets": list(reversed(wanted["subnets"]))})
    assert (again["changed"], again["group"]) == (False, made["group"])
    (reservation,) = aws.client("ec2").describe_instances(InstanceIds=made["group"]["instances"])["Reservations"]
    tags = {tag["Key"]: tag["Value"] for tag in reservation["Instances"][0]["Tags"]}
    assert {name: tags[name] for name in wanted["tags"]} == wanted["tags"]
    assert run(_check=True, name=wanted["name"], state="absent")["action"] == "deleted"
    assert run(name=wanted["name"], state="absent")["action"] == "deleted"
    assert run(name=wanted["name"], state="absent")["action"] == "none"


class Retried:
    """A client that takes ``aws_retry``."""

    def __init__(self, aws: Aws) -> None:
        self._client = aws.client("autoscaling")

    def __getattr__(self, name: str) -> Any:
        return lambda aws_retry, **given: getattr(self._client, name)(**given)


@pytest.mark.parametrize(
    "drift",
    [
        {"min_size": 2},
        {"max_size": 5},
        {"target_groups": []},
        {"health_check_type": "EC2"},
        {"health_check_grace_period": 60},
        {"launch_template_version": "$Latest"},
        {"launch_template": "other"},
        {"subnets": "first"},
        {"target_tracking": []},
        {"target_tracking": [{**TRACKING[0], "target": 70}]},
        {"target_tracking": [{**TRACKING[0], "scale_in": False}]},
        {"target_tracking": [*TRACKING, {"name": "in", "metric": "ASGAverageNetworkIn", "target": 1000}]},
        {"tags": {"project": "other", "role": "web"}},
        {"tags": {"project": "shop", "role": "web", "more": "x"}},
    ],
    ids=str,
)
def test_drift_is_seen_by_check_mode_and_repaired(run: Run, wanted: dict[str, Any], drift: dict[str, Any]) -> None:
    names = {"other": f"{wanted['name']}-2", "first": wanted["subnets"][:1]}
    drift = {key: names.get(value, value) if isinstance(value, str) else value for key, value in drift.items()}
    run(**wanted)
    assert run(**wanted | drift)["action"] == "updated"
    seen = run(_check=True, **wanted)
    assert seen["action"] == "updated"
    assert run(**wanted)["diff"] == seen["diff"]
    assert run(**wanted)["changed"] is False


def test_a_tag_that_instances_do_not_get_is_drift(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    run(**wanted)
    tag = {"ResourceId": wanted["name"], "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
    aws.client("autoscaling").create_or_update_tags(Tags=[{**tag, "Key": "role", "Value": "web"}])
    assert run(_check=True, **wanted)["diff"]["before"]["tags"]["role"] == "web (not on instances)"
    assert run(**wanted)["action"] == "updated"
    assert run(**wanted)["changed"] is False


def test_the_capacity_belongs_to_the_policies(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    run(**wanted, initial_capacity=2)
    aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName=wanted["name"], DesiredCapacity=3)
    again = run(**wanted, initial_capacity=2)
    assert (again["changed"], again["group"]["desired_capacity"]) == (False, 3)


def test_an_interrupted_creation_is_finished(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    aws.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=wanted["name"],
        LaunchTemplate={"LaunchTemplateName": wanted["launch_template"]},
        MinSize=1,
        MaxSize=3,
        VPCZoneIdentifier=",".join(wanted["subnets"]),
    )
    assert run(**wanted)["action"] == "updated"
    assert run(**wanted)["changed"] is False


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"min_size": 4}, "min_size is 4, more than max_size, 3"),
        ({"initial_capacity": 9}, "initial_capacity is 9; allowed are min_size to max_size, 1 to 3"),
        ({"target_tracking": TRACKING * 2}, "each may be there once"),
        ({"target_tracking": [{**TRACKING[0], "resource_label": "x"}]}, "resource_label is needed for"),
        ({"target_tracking": [{**TRACKING[0], "metric": "ALBRequestCountPerTarget"}]}, "resource_label is needed for"),
    ],
)
def test_mistakes_are_sentences(run: Run, wanted: dict[str, Any], change: dict[str, Any], part: str) -> None:
    assert part in run(**wanted | change)["msg"]
