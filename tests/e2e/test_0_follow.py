# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance of either cloud's API is a host: in a small lab of its own, beside whatever else runs on the machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from lab import engine, joined
from lab.__main__ import ROOT, load
from lab.machine import PODMAN, Machine, enter
from lab.topology import Topology

from .lab import wait_for

NAME = "follow"
EC2 = "http://10.41.87.2:5000"
GOOGLE = "http://10.41.87.2:5443"
PROJECT = "multicloud-dr"
COMPUTE = f"https://compute.googleapis.com/compute/v1/projects/{PROJECT}"


def inventory(folder: Path) -> dict[str, Any]:
    """Both clouds' APIs in one namespace, and a router in another. ``folder``: Google's certificate authority."""
    images = {"debian-13-*": "debian"}
    google = {"kind": "compute", "project": PROJECT, "proxy": GOOGLE, "authority": str(folder / "ca.pem")}
    aws = {"kind": "ec2", "endpoint": EC2, "region": "us-east-1"}
    return {
        "all": {
            "vars": {
                "lab_name": NAME,
                "lab_networks": {"aws": "10.87.0.0/24", "gcp": "10.88.0.0/24"},
                "lab_management_network": "10.41.87.0/24",
                "lab_prefixes": ["10.87.0.0/16", "10.88.0.0/16", "10.41.87.0/24"],
                "lab_secrets": [],
                "lab_follow": {
                    "aws": {
                        "api": aws,
                        "network": "aws",
                        "range": "10.87.0.0/16",
                        "router": "router",
                        "images": images,
                    },
                    "gcp": {"api": google, "network": "gcp", "range": "10.88.0.0/16", "images": images},
                },
            },
            "hosts": {
                "cloud": {
                    "ansible_host": "10.41.87.2",
                    "lab_image": None,
                    "lab_links": [{"name": "wan0", "network": "aws", "address": "10.87.0.2/24"}],
                    "lab_daemons": [
                        {
                            "name": "aws",
                            "module": "lab.aws",
                            "arguments": ["--bind=10.41.87.2:5000"],
                            "ready": f"{EC2}/lab/ready",
                        },
                        {
                            "name": "gcp",
                            "module": "lab.gcp",
                            "arguments": ["--bind=10.41.87.2:5443", f"--state={folder}", f"--project={PROJECT}"],
                            "ready": f"{GOOGLE}/_lab/ready",
                        },
                    ],
                },
                # Only a namespace: the kernel answers for the first address of each subnet.
                "router": {
                    "ansible_host": "10.41.87.3",
                    "lab_image": None,
                    "lab_links": [{"name": "eth0", "network": "aws", "address": "10.87.0.1/24"}],
                },
            },
        }
    }


class World:
    """The lab, its cloud, and whoever follows."""

    def __init__(self, folder: Path) -> None:
        self.google = folder / "google"
        self.google.mkdir()
        self.inventory = folder / "hosts.json"
        self.inventory.write_text(json.dumps(inventory(self.google)))
        self.home = engine.Home(folder / "home")
        self.log = folder / "follow.log"
        self.topology: Topology = load(self.inventory)
        self.machine: Machine = enter()
        self.follower: subprocess.Popen[bytes] | None = None
        self.ec2: Any = boto3.client(
            "ec2", endpoint_url=EC2, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )

    def follow(self) -> None:
        """Start the follower, as a process of its own."""
        command = [sys.executable, "-m", "lab.follow", "-i", str(self.inventory), "--home", str(self.home.path)]
        with self.log.open("ab") as log:
            self.follower = subprocess.Popen([*command, "--interval", "0.2"], cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        """The follower dies at once."""
        if self.follower is not None:
            self.follower.send_signal(signal.SIGKILL)
            self.follower.wait(10)

    def hosts(self) -> list[joined.Joined]:
        return joined.records(engine.state_of(NAME))

    def lines(self, word: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if word in line]

    def run(self, address: str, *command: str) -> str:
        """The output of a command in a host, over SSH at its private address, as a playbook reaches it."""
        options = ["-i", str(self.home.key), "-o", f"UserKnownHostsFile={self.home.known_hosts}"]
        options += ["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
        done = subprocess.run(["ssh", *options, f"ops@{address}", *command], capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def compute(self, path: str, body: dict[str, Any]) -> None:
        """Ask for a change at Google's API, as its modules do."""
        token = requests.get(f"{GOOGLE}/computeMetadata/v1/instance/service-accounts/default/token", timeout=10).json()
        answer = requests.post(
            f"{COMPUTE}/{path}",
            json=body,
            proxies={"https": GOOGLE},
            verify=str(self.google / "ca.pem"),
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=10,
        )
        assert answer.ok, answer.text

    def power(self, host: str) -> str:
        """As podman has it."""
        state = [*PODMAN, "inspect", "--format", "{{.State.Status}}", f"{NAME}-{host}"]
        return self.machine.do(state, check=False).strip()

    def container(self, host: str) -> str:
        return self.machine.do([*PODMAN, "inspect", "--format", "{{.Id}}", f"{NAME}-{host}"]).strip()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("follow"))
    try:
        up = ["lab", "-i", str(world.inventory), "--home", str(world.home.path), "up"]
        subprocess.run([sys.executable, "-m", *up], cwd=ROOT, check=True)
        world.follow()
        yield world
    finally:
        engine.down(NAME)
        if world.follower is not None:
            assert world.follower.wait(10) is not None, "the follower ends with its lab"
    try:
        # With the last lab of a machine goes what was made to run labs.
        assert leftovers(enter()) == ""
    finally:
        engine.down(NAME)


def leftovers(machine: Machine) -> str:
    """Everything on the machine that carries the lab's name or address."""
    found = [line for line in machine.do(["ip", "-o", "link"]).splitlines() if f" {NAME}" in line]
    found += [line for line in machine.do(["ip", "route"]).splitlines() if "10.87." in line or "10.88." in line]
    found += [line for line in machine.do(["ip", "netns"]).splitlines() if line.startswith(f"{NAME}-")]
    found += [line for line in machine.do(["nft", "list", "tables"]).splitlines() if line.endswith(f"_{NAME}")]
    found += machine.do([*PODMAN, "ps", "-aq", "--filter", f"label=multicloud.lab={NAME}"]).split()
    found += engine.baked_tags(machine, NAME)
    return "\n".join(found)


@pytest.fixture(scope="module")
def subnet(world: World) -> str:
    vpc = world.ec2.create_vpc(CidrBlock="10.87.0.0/16")["Vpc"]["VpcId"]
    return str(world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.87.1.0/24")["Subnet"]["SubnetId"])


@pytest.fixture(scope="module")
def debian(world: World) -> str:
    """As a cloud's public image is called."""
    return str(world.ec2.register_image(Name="debian-13-amd64-20260101-1", Architecture="x86_64")["ImageId"])


def run_instance(world: World, image: str, subnet: str, address: str, name: str) -> str:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    answer = world.ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        PrivateIpAddress=address,
        InstanceType="t3.small",
        TagSpecifications=tags,
    )
    return str(answer["Instances"][0]["InstanceId"])


def test_an_instance_is_a_host_as_long_as_the_api_says_so(world: World, subnet: str, debian: str) -> None:
    machine, address = world.machine, "10.87.1.20"
    instance = run_instance(world, debian, subnet, address, "builder")
    host = f"aws-{instance}"
    wait_for(lambda: world.run(address, "hostname") == "ip-10-87-1-20", "it answers SSH at the API's address", 60)
    assert engine.find_host(world.topology, "builder").name == host
    routes = world.run(address, "ip", "-4", "route")
    assert "10.87.0.0/16 via 10.87.1.1 dev eth0" in routes
    assert "1 received" in world.run(address, "ping", "-c1", "-W2", "10.87.1.1"), "its subnet's router is there"
    assert leftovers(machine), "the search for leftovers can see a lab"
    assert engine.is_whole(machine, world.topology), "the lab is what it was, and one host more"

    container = world.container(host)
    world.kill()
    world.follow()
    wait_for(lambda: machine_is_followed(world), "another follower has taken over", 20)
    stranger = run_instance(world, debian, subnet_elsewhere(world), "10.89.0.9", "stranger")
    wait_for(lambda: world.lines(stranger), "what cannot be built is one sentence", 20)
    assert "holds 10.87.0.0/16 only" in world.lines(stranger)[0]
    assert world.container(host) == container, "nothing is built twice"
    assert [one.host.name for one in world.hosts()] == [host]

    world.run(address, "sudo", "sh", "-c", "'echo kept > /srv/state; sync'")
    world.ec2.stop_instances(InstanceIds=[instance])
    wait_for(lambda: world.power(host) == "exited", "stopped is stopped", 30)
    image = world.ec2.create_image(InstanceId=instance, Name="web-1")["ImageId"]
    wait_for(lambda: world.lines(f"image aws-{image}: baked"), "an image of it is made", 60)
    world.ec2.start_instances(InstanceIds=[instance])
    wait_for(lambda: world.run(address, "cat", "/srv/state") == "kept", "started, it has its disk and address", 30)

    web = run_instance(world, image, subnet, "10.87.1.21", "web")
    wait_for(lambda: world.run("10.87.1.21", "cat", "/srv/state") == "kept", "made of the baked image", 60)
    assert world.run("10.87.1.21", "hostname") == "ip-10-87-1-21"
    assert "1 received" in world.run("10.87.1.21", "ping", "-c1", "-W2", address), "hosts of a subnet reach each other"

    machine.do([*PODMAN, "kill", f"{NAME}-aws-{web}"])
    world.ec2.terminate_instances(InstanceIds=[instance])
    wait_for(lambda: [one.instance for one in world.hosts()] == [web], "terminated is gone", 30)
    assert world.power(host) == ""
    assert address not in world.home.known_hosts.read_text() + machine.do(["ip", "route"])
    assert world.power(f"aws-{web}") == "exited", "a host that somebody killed stays killed"


def test_a_groups_size_is_its_number_of_hosts(world: World) -> None:
    """A managed instance group at Google; and what a second cloud does, the first one's hosts do not notice."""
    others = [one for one in world.hosts() if one.cloud == "aws"]
    network = f"projects/{PROJECT}/global/networks/net"
    world.compute("global/networks", {"name": "net", "autoCreateSubnetworks": False})
    subnetwork = {"name": "web", "network": network, "ipCidrRange": "10.88.0.0/24"}
    world.compute("regions/europe-west3/subnetworks", subnetwork)
    image = "projects/debian-cloud/global/images/family/debian-13"
    properties = {
        "machineType": "e2-small",
        "disks": [{"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}],
        "networkInterfaces": [{"subnetwork": f"projects/{PROJECT}/regions/europe-west3/subnetworks/web"}],
    }
    world.compute("global/instanceTemplates", {"name": "web", "properties": properties})
    template = f"projects/{PROJECT}/global/instanceTemplates/web"
    group = {"name": "web", "baseInstanceName": "web", "instanceTemplate": template, "targetSize": 2}
    world.compute("regions/europe-west3/instanceGroupManagers", group)

    def members() -> list[joined.Joined]:
        return [one for one in world.hosts() if one.cloud == "gcp" and one.power == joined.RUNNING]

    wait_for(lambda: len(members()) == 2, "two instances are two hosts", 60)
    for one in members():
        wait_for(partial(greets, world, one), f"{one.called} answers SSH", 60)
    world.compute("regions/europe-west3/instanceGroupManagers/web/resize?size=1", {})
    wait_for(lambda: len(members()) == 1, "one instance less is one host less", 30)
    assert [one for one in world.hosts() if one.cloud == "aws"] == others


def greets(world: World, one: joined.Joined) -> bool:
    return world.run(str(one.host.links[0].addresses[0].ip), "hostname") == one.called


def machine_is_followed(world: World) -> bool:
    record = engine.state_of(NAME) / "daemons" / "follow"
    return world.follower is not None and record.read_text().split()[0] == str(world.follower.pid)


def subnet_elsewhere(world: World) -> str:
    vpc = world.ec2.create_vpc(CidrBlock="10.89.0.0/16")["Vpc"]["VpcId"]
    return str(world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.89.0.0/24")["Subnet"]["SubnetId"])
