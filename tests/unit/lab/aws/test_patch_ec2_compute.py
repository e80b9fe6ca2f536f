# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.aws import Aws

ON_INSTANCES = {"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "web"}]}
OF_ITS_OWN = {"ResourceType": "launch-template", "Tags": [{"Key": "project", "Value": "shop"}]}


def new() -> str:
    return f"t{uuid.uuid4().hex}"


def data(aws: Aws, *own: dict[str, Any], **given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A new template's data and its own tags, as they are described."""
    ec2, name = aws.client("ec2"), new()
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=given, TagSpecifications=list(own))
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"]
    (template,) = ec2.describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"]
    return version["LaunchTemplateData"], {tag["Key"]: tag["Value"] for tag in template.get("Tags", [])}


def test_a_templates_own_tags_are_none_of_its_data(bare_aws: Aws) -> None:
    given = {"ImageId": "ami-1", "TagSpecifications": [ON_INSTANCES]}
    assert data(bare_aws, OF_ITS_OWN, **given) == (given, {"project": "shop"})


def test_a_template_without_tags_for_instances_has_none(bare_aws: Aws) -> None:
    assert data(bare_aws, OF_ITS_OWN, ImageId="ami-1") == ({"ImageId": "ami-1"}, {"project": "shop"})


@pytest.fixture
def group(bare_aws: Aws) -> str:
    ec2, name = bare_aws.client("ec2"), new()
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "t3.nano"}
    )
    bare_aws.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name},
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["us-east-1a"],
    )
    return name


def metrics(aws: Aws, group: str) -> list[str]:
    (found,) = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
        "AutoScalingGroups"
    ]
    return [metric["Metric"] for metric in found.get("EnabledMetrics", [])]


def test_metrics_begin_and_end(bare_aws: Aws, group: str) -> None:
    autoscaling = bare_aws.client("autoscaling")
    autoscaling.enable_metrics_collection(AutoScalingGroupName=group, Granularity="1Minute")
    assert len(metrics(bare_aws, group)) == 8
    autoscaling.disable_metrics_collection(AutoScalingGroupName=group, Metrics=["GroupMinSize"])
    assert len(metrics(bare_aws, group)) == 7
    assert "GroupMinSize" not in metrics(bare_aws, group)
    autoscaling.disable_metrics_collection(AutoScalingGroupName=group)
    assert metrics(bare_aws, group) == []
    autoscaling.enable_metrics_collection(
        AutoScalingGroupName=group, Granularity="1Minute", Metrics=["GroupMaxSize", "GroupMinSize"]
    )
    assert metrics(bare_aws, group) == ["GroupMinSize", "GroupMaxSize"]


def test_metrics_of_a_group_that_is_not_there(bare_aws: Aws) -> None:
    with pytest.raises(ClientError) as error:
        bare_aws.client("autoscaling").disable_metrics_collection(AutoScalingGroupName="nobody")
    assert error.value.response["Error"]["Code"] == "ValidationError"
