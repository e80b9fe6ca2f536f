# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both APIs of the lab, asked as the follower asks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.errors import LabError
from lab.follow.clouds import Compute, Ec2
from lab.follow.instances import View
from lab.joined import RUNNING, STOPPED
from tests.unit.fakes import aws, gcp

ZONE = "zones/europe-west3-a"
SUBNETWORK = "regions/europe-west3/subnetworks/web"


@pytest.fixture(scope="module")
def ec2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.Aws]:
    with aws.running(tmp_path_factory.mktemp("aws"), data_plane=False) as api:
        yield api


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gcp.Gcp]:
    with gcp.running(tmp_path_factory.mktemp("gcp")) as api:
        yield api


def test_an_instances_life_on_ec2(ec2: aws.Aws) -> None:
    client: Any = ec2.client("ec2")
    api = Ec2("aws", ec2.endpoint, "us-east-1")
    assert api.look() == View(())
    vpc = client.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    image = client.register_image(Name="debian-13-amd64-1", Architecture="x86_64")["ImageId"]
    client.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress="10.20.1.20")
    (one,) = api.look().instances
    assert (str(one.address), str(one.subnet), one.power) == ("10.20.1.20", "10.20.1.0/24", RUNNING)
    assert one.image_name == "debian-13-amd64-1"
    client.stop_instances(InstanceIds=[one.identity])
    baked = client.create_image(InstanceId=one.identity, Name="web")["ImageId"]
    view = api.look()
    assert [each.power for each in view.instances] == [STOPPED]
    assert view.images == {baked: one.disk}
    client.terminate_instances(InstanceIds=[one.identity])
    assert api.look().instances == ()


def test_a_groups_instances_on_ec2(ec2: aws.Aws) -> None:
    client: Any = ec2.client("ec2")
    scaling: Any = ec2.client("autoscaling")
    api = Ec2("aws", ec2.endpoint, "us-east-1")
    vpc = client.create_vpc(CidrBlock="10.21.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.21.1.0/24")["Subnet"]["SubnetId"]
    image = client.register_image(Name="debian-13-amd64-2", Architecture="x86_64")["ImageId"]
    client.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.small"}
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=1,
        VPCZoneIdentifier=subnet,
    )
    assert [one.image_name for one in api.look().instances] == ["debian-13-amd64-2"]
    scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    assert len({one.address for one in api.look().instances}) == 3
    scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    assert len(api.look().instances) == 1


def test_an_instances_life_on_compute_engine(google: gcp.Gcp) -> None:
    api = Compute("gcp", gcp.PROJECT, google.door, google.environment["REQUESTS_CA_BUNDLE"])
    assert api.look() == View(())
    network(google)
    google.call("POST", f"{ZONE}/instances", instance("web-1"))
    (one,) = api.look().instances
    assert (one.host, str(one.address), str(one.subnet), one.power) == (
        "gcp-web-1",
        "10.10.0.20",
        "10.10.0.0/24",
        RUNNING,
    )
    assert one.image
    assert one.image_name.startswith("debian-13")
    assert one.labels == (("role", "web"),)
    google.call("POST", f"{ZONE}/instances/web-1/stop")
    disk = f"projects/{gcp.PROJECT}/{ZONE}/disks/web-1"
    google.call("POST", "global/images", {"name": "web", "sourceDisk": disk})
    view = api.look()
    assert [each.power for each in view.instances] == [STOPPED]
    assert list(view.images.values()) == [one.disk]
    google.call(
        "POST", f"{ZONE}/instances", instance("web-2", f"projects/{gcp.PROJECT}/global/images/web", "10.10.0.21")
    )
    second = next(each for each in api.look().instances if each.called == "web-2")
    assert second.image in view.images
    google.call("DELETE", f"{ZONE}/instances/web-1")
    assert [each.called for each in api.look().instances] == ["web-2"]
    callers = {entry["caller"] for entry in google.read("log") if "aggregatedList" in entry["method"]}
    assert callers == {f"lab@{gcp.PROJECT}.iam.gserviceaccount.com"}, "a caller of its own"


def test_a_groups_instances_on_compute_engine(google: gcp.Gcp) -> None:
    """After the test above: its network is there."""
    api = Compute("gcp", gcp.PROJECT, google.door, google.environment["REQUESTS_CA_BUNDLE"])
    before = {one.host for one in api.look().instances}
    properties = {
        "machineType": "e2-small",
        "disks": instance("x")["disks"],
        "networkInterfaces": [{"subnetwork": f"projects/{gcp.PROJECT}/{SUBNETWORK}"}],
    }
    google.call("POST", "global/instanceTemplates", {"name": "web", "properties": properties})
    template = f"projects/{gcp.PROJECT}/global/instanceTemplates/web"
    group = {"name": "web", "baseInstanceName": "web", "instanceTemplate": template, "targetSize": 3}
    google.call("POST", "regions/europe-west3/instanceGroupManagers", group)
    assert len({one.address for one in api.look().instances if one.host not in before}) == 3
    google.call("POST", "regions/europe-west3/instanceGroupManagers/web/resize?size=1")
    assert len([one for one in api.look().instances if one.host not in before]) == 1


def network(google: gcp.Gcp) -> None:
    google.call("POST", "global/networks", {"name": "net", "autoCreateSubnetworks": False})
    google.call(
        "POST",
        "regions/europe-west3/subnetworks",
        {"name": "web", "network": f"projects/{gcp.PROJECT}/global/networks/net", "ipCidrRange": "10.10.0.0/24"},
    )


def instance(
    name: str,
    image: str = "projects/debian-cloud/global/images/family/debian-13",
    address: str = "10.10.0.20",
) -> dict[str, Any]:
    return {
        "name": name,
        "machineType": f"{ZONE}/machineTypes/e2-small",
        "labels": {"role": "web"},
        "disks": [{"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}],
        "networkInterfaces": [{"subnetwork": f"projects/{gcp.PROJECT}/{SUBNETWORK}", "networkIP": address}],
    }


def test_who_does_not_answer_is_an_error_and_not_an_empty_list(google: gcp.Gcp) -> None:
    port = aws.free_port()
    with pytest.raises(LabError, match=f"EC2 cannot be asked at http://127.0.0.1:{port}"):
        Ec2("aws", f"http://127.0.0.1:{port}", "us-east-1").look()
    with pytest.raises(LabError, match=f"Compute Engine cannot be asked through http://127.0.0.1:{port}"):
        Compute("gcp", gcp.PROJECT, f"http://127.0.0.1:{port}", google.environment["REQUESTS_CA_BUNDLE"]).look()


def test_a_project_that_does_not_exist_is_an_error(google: gcp.Gcp) -> None:
    with pytest.raises(LabError, match="Compute Engine cannot be asked"):
        Compute("gcp", "nobody", google.door, google.environment["REQUESTS_CA_BUNDLE"]).look()
