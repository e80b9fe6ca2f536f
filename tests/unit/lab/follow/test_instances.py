# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The APIs' answers, shaped as their documents have them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.follow.instances import View, from_compute, from_ec2, path_of

SUBNETS = [{"SubnetId": "subnet-1", "CidrBlock": "10.20.1.0/24"}]
ZONE = "projects/p/zones/europe-west3-a"
BASE = "https://www.googleapis.com/compute/v1"
SUBNETWORK = "projects/p/regions/europe-west3/subnetworks/web"


def ec2_instance(**changes: Any) -> dict[str, Any]:
    return {
        "InstanceId": "i-1",
        "State": {"Name": "running", "Code": 16},
        "PrivateIpAddress": "10.20.1.20",
        "SubnetId": "subnet-1",
        "ImageId": "ami-1",
        "Tags": [{"Key": "role", "Value": "web"}, {"Key": "Name", "Value": "web"}],
        **changes,
    }


def compute_instance(**changes: Any) -> dict[str, Any]:
    return {
        "id": "4001",
        "name": "web-1",
        "status": "RUNNING",
        "labels": {"role": "web"},
        "networkInterfaces": [{"networkIP": "10.10.0.20", "subnetwork": f"{BASE}/{SUBNETWORK}"}],
        "disks": [{"boot": False, "source": f"{BASE}/{ZONE}/disks/data"}, {"boot": True, "source": disk("web-1")}],
        **changes,
    }


def disk(name: str) -> str:
    return f"{BASE}/{ZONE}/disks/{name}"


DISKS = [
    {
        "selfLink": disk("web-1"),
        "sourceImage": f"{BASE}/projects/debian-cloud/global/images/debian-13-trixie-v20260101",
        "sourceImageId": "77",
    }
]
SUBNETWORKS = [{"selfLink": f"{BASE}/{SUBNETWORK}", "ipCidrRange": "10.10.0.0/24"}]


def compute(*instances: dict[str, Any], images: list[dict[str, Any]] | None = None) -> View:
    return from_compute("gcp", instances, DISKS, SUBNETWORKS, images or [])


def test_an_ec2_instance() -> None:
    (one,) = from_ec2("aws", [ec2_instance()], SUBNETS, [{"ImageId": "ami-1", "Name": "debian-13"}]).instances
    assert (one.host, one.called, one.identity, one.power) == ("aws-i-1", "web", "i-1", "running")
    assert (one.address, one.subnet) == (IPv4Address("10.20.1.20"), IPv4Network("10.20.1.0/24"))
    assert (one.image, one.image_name) == ("ami-1", "debian-13")
    assert one.hostname == "ip-10-20-1-20"
    assert dict(one.labels) == {"Name": "web", "role": "web"}


@pytest.mark.parametrize(
    ("state", "power"),
    [
        ("pending", "running"),
        ("stopping", "stopped"),
        ("stopped", "stopped"),
        ("shutting-down", None),
        ("terminated", None),
    ],
)
def test_states_of_ec2(state: str, power: str | None) -> None:
    view = from_ec2("aws", [ec2_instance(State={"Name": state})], SUBNETS, [])
    assert [one.power for one in view.instances] == ([power] if power else [])
    assert view.strange == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"State": {"Name": "dreaming"}}, "aws-i-1 is in the state 'dreaming', which the lab does not know."),
        (
            {"SubnetId": "subnet-9"},
            "aws-i-1 has the address 10.20.1.20 in the subnet subnet-9: both are needed.",
        ),
    ],
)
def test_an_ec2_instance_that_cannot_be_read_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    view = from_ec2("aws", [ec2_instance(**changes)], SUBNETS, [])
    assert (view.instances, view.strange) == ((), {"aws-i-1": sentence})


def test_an_ami_names_the_instance_it_was_made_of() -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html (SourceInstanceId)"""
    images = [{"ImageId": "ami-1", "Name": "public"}, {"ImageId": "ami-2", "Name": "web", "SourceInstanceId": "i-1"}]
    view = from_ec2("aws", [ec2_instance()], SUBNETS, images)
    assert view.images == {"ami-2": view.instances[0].disk}


def test_a_compute_instance() -> None:
    (one,) = compute(compute_instance()).instances
    assert (one.host, one.called, one.hostname, one.identity) == ("gcp-web-1", "web-1", "web-1", "4001")
    assert (one.address, one.subnet) == (IPv4Address("10.10.0.20"), IPv4Network("10.10.0.0/24"))
    assert (one.image, one.image_name) == ("77", "debian-13-trixie-v20260101")
    assert one.labels == (("role", "web"),)


@pytest.mark.parametrize(
    ("status", "power"), [("STAGING", "running"), ("STOPPING", "stopped"), ("TERMINATED", "stopped")]
)
def test_states_of_compute(status: str, power: str) -> None:
    assert [one.power for one in compute(compute_instance(status=status)).instances] == [power]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "SUSPENDED"}, "is in the state 'SUSPENDED'"),
        ({"networkInterfaces": []}, "has the address None"),
        (
            {"disks": [{"boot": True, "source": disk("lost")}]},
            "the boot disk projects/p/zones/europe-west3-a/disks/lost",
        ),
    ],
)
def test_a_compute_instance_that_cannot_be_read_is_one_sentence(changes: dict[str, Any], words: str) -> None:
    view = compute(compute_instance(**changes))
    assert view.instances == ()
    assert words in view.strange["gcp-web-1"]


def test_two_instances_of_one_name_are_one_sentence() -> None:
    view = compute(compute_instance(), compute_instance(id="4002"))
    assert "of several zones" in view.strange["gcp-web-1"]


def test_an_image_names_the_disk_it_was_made_of() -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/images (sourceDisk)"""
    images: list[dict[str, Any]] = [{"id": "9", "sourceDisk": disk("web-1")}, {"id": "10", "rawDisk": {}}]
    view = compute(compute_instance(), images=images)
    assert view.images == {"9": view.instances[0].disk}


def test_one_resource_has_several_urls() -> None:
    urls = (f"{BASE}/{ZONE}/disks/a", f"https://compute.googleapis.com/compute/v1/{ZONE}/disks/a", f"{ZONE}/disks/a")
    assert {path_of(url) for url in urls} == {f"{ZONE}/disks/a"}
