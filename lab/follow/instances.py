# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clouds' APIs answer, in the lab's words. Pure: answers come in as their documents describe them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html, API_Subnet.html, API_Image.html;
https://cloud.google.com/compute/docs/reference/rest/v1/instances, /disks, /subnetworks, /images.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any
from urllib.parse import urlsplit

from ..joined import RUNNING, STOPPED

Resource = Mapping[str, Any]

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html; None: it is gone.
EC2_POWER = {
    "pending": RUNNING,
    "running": RUNNING,
    "stopping": STOPPED,
    "stopped": STOPPED,
    "shutting-down": None,
    "terminated": None,
}
# https://cloud.google.com/compute/docs/instances/instance-lifecycle; a suspended one keeps its memory: not done here.
COMPUTE_POWER = {
    "PROVISIONING": RUNNING,
    "STAGING": RUNNING,
    "RUNNING": RUNNING,
    "REPAIRING": RUNNING,
    "STOPPING": STOPPED,
    "PENDING_STOP": RUNNING,
    "STOPPED": STOPPED,
    "TERMINATED": STOPPED,
}


@dataclass(frozen=True)
class Instance:
    """One instance, whichever cloud's.

    ``host``: its name in the lab; ``called``: what people call it; ``hostname``: what its cloud calls it inside.
    ``identity``: no other instance ever has it. ``disk``: what an image made of it names as its source.
    ``image``, ``image_name``: identity and name of the image that it was made of.
    """

    host: str
    called: str
    hostname: str
    identity: str
    disk: str
    power: str
    address: IPv4Address
    subnet: IPv4Network
    image: str
    image_name: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class View:
    """What one cloud's API says at one moment.

    ``images``: the account's own images that were made of an instance: identity, and what they name as their source.
    ``strange``: the hosts of instances that exist and cannot be read, with a sentence each.
    """

    instances: tuple[Instance, ...]
    images: Mapping[str, str] = field(default_factory=dict)
    strange: Mapping[str, str] = field(default_factory=dict)


def from_ec2(
    cloud: str, instances: Iterable[Resource], subnets: Iterable[Resource], images: Iterable[Resource]
) -> View:
    """DescribeInstances (of all reservations), DescribeSubnets, DescribeImages."""
    networks = {subnet["SubnetId"]: subnet["CidrBlock"] for subnet in subnets}
    known = {image["ImageId"]: image for image in images}
    found: list[Instance] = []
    strange: dict[str, str] = {}
    for one in instances:
        host = f"{cloud}-{one['InstanceId']}"
        state = one["State"]["Name"]
        if state not in EC2_POWER:
            strange[host] = f"{host} is in the state {state!r}, which the lab does not know."
        elif power := EC2_POWER[state]:
            address, subnet = one.get("PrivateIpAddress"), networks.get(one.get("SubnetId", ""))
            if not address or not subnet:
                strange[host] = (
                    f"{host} has the address {address} in the subnet {one.get('SubnetId')}: both are needed."
                )
                continue
            tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
            image = known.get(one["ImageId"], {})
            found.append(
                Instance(
                    host=host,
                    called=tags.get("Name", str(one["InstanceId"])),
                    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html (IP name)
                    hostname=f"ip-{address.replace('.', '-')}",
                    identity=one["InstanceId"],
                    disk=one["InstanceId"],
                    power=power,
                    address=IPv4Address(address),
                    subnet=IPv4Network(subnet),
                    image=one["ImageId"],
                    image_name=image.get("Name", one["ImageId"]),
                    labels=tuple(sorted(tags.items())),
                )
            )
    own = {key: image["SourceInstanceId"] for key, image in known.items() if image.get("SourceInstanceId")}
    return View(tuple(found), own, strange)


def from_compute(
    cloud: str,
    instances: Iterable[Resource],
    disks: Iterable[Resource],
    subnetworks: Iterable[Resource],
    images: Iterable[Resource],
) -> View:
    """The items of aggregatedList of instances, disks and subnetworks, and of list of images."""
    networks = {path_of(subnet["selfLink"]): subnet["ipCidrRange"] for subnet in subnetworks}
    known = {path_of(disk["selfLink"]): disk for disk in disks}
    found: list[Instance] = []
    strange: dict[str, str] = {}
    for one in instances:
        host = f"{cloud}-{one['name']}"
        power = COMPUTE_POWER.get(one["status"])
        if power is None:
            strange[host] = f"{host} is in the state {one['status']!r}, which the lab does not know."
            continue
        if any(other.host == host for other in found):
            strange[host] = f"{host} stands for instances of several zones: give them different names."
            continue
        nic: Resource = next(iter(one.get("networkInterfaces", [])), {})
        boot = path_of(next((disk.get("source", "") for disk in one.get("disks", []) if disk.get("boot")), ""))
        address, subnet = nic.get("networkIP"), networks.get(path_of(nic.get("subnetwork", "")))
        if not address or not subnet or boot not in known:
            strange[host] = (
                f"{host} has the address {address}, the subnet {nic.get('subnetwork')} and the boot disk "
                f"{boot or None}: all three are needed."
            )
            continue
        source = known[boot].get("sourceImage", "")
        found.append(
            Instance(
                host=host,
                called=one["name"],
                hostname=one["name"],
                identity=str(one["id"]),
                disk=boot,
                power=power,
                address=IPv4Address(address),
                subnet=IPv4Network(subnet),
                image=str(known[boot].get("sourceImageId", "")),
                image_name=source.rpartition("/")[2],
                labels=tuple(sorted(one.get("labels", {}).items())),
            )
        )
    own = {str(image["id"]): path_of(image["sourceDisk"]) for image in images if image.get("sourceDisk")}
    return View(tuple(found), own, strange)


def path_of(url: str) -> str:
    """``projects/...``: one resource has several URLs (www.googleapis.com/compute/v1, compute.googleapis.com/...)."""
    path = urlsplit(url).path
    return path[path.find("projects/") :] if "projects/" in path else path
