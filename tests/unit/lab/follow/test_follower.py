# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from lab.errors import LabError
from lab.follow.decisions import Action, Bake, Build, Drop, Remove, Site, Switch
from lab.follow.follower import Follower
from lab.follow.instances import Instance, View
from lab.joined import RUNNING, STOPPED, Joined
from lab.topology import Host, Topology

NET = IPv4Network("10.10.0.0/16")
LAB = Topology("lab", IPv4Network("10.30.0.0/24"), ("net",), (NET,), ())
SITE = Site("net", NET, None, (), {"debian-13": "debian"})


def instance(number: int, power: str = RUNNING, image: str = "debian-13") -> Instance:
    return Instance(
        host=f"gcp-{number}",
        called=f"n{number}",
        hostname=f"n{number}",
        identity=str(number),
        disk=f"disk-{number}",
        power=power,
        address=IPv4Address(f"10.10.0.{number}"),
        subnet=IPv4Network("10.10.0.0/24"),
        image="77",
        image_name=image,
    )


@dataclass
class FakeCloud:
    instances: tuple[Instance, ...] = ()
    images: dict[str, str] = field(default_factory=dict)
    away: bool = False

    def look(self) -> View:
        if self.away:
            raise LabError("The API is away")
        return View(self.instances, self.images)


@dataclass
class FakeHosts:
    """Does what it is told at once. ``broken``: hosts that cannot be built."""

    hosts: dict[str, Joined] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    asleep: bool = False

    def standing(self) -> list[Joined]:
        return list(self.hosts.values())

    def baked(self) -> set[str]:
        return self.images

    def answers(self, host: Host) -> bool:
        return not self.asleep

    def perform(self, action: Action) -> None:
        self.done.append(type(action).__name__)
        match action:
            case Build():
                name = action.host.host.name
                self.hosts[name] = action.host
                if name in self.broken:
                    raise LabError("no disk")
                self.hosts[name] = replace(action.host, power=RUNNING)
            case Remove():
                del self.hosts[action.host.host.name]
            case Switch():
                self.hosts[action.host.host.name] = replace(action.host, power=action.power)
            case Bake():
                self.images.add(action.image)
            case Drop():
                self.images.remove(action.image)


class World:
    def __init__(self) -> None:
        self.cloud = FakeCloud()
        self.hosts = FakeHosts()
        self.said: list[str] = []
        self.seconds = 0.0
        self.follower = self.another()

    def another(self) -> Follower:
        """A new process: it remembers nothing."""
        return Follower(
            self.hosts, {"gcp": self.cloud}, {"gcp": SITE}, LAB, self.said.append, clock=lambda: self.seconds
        )

    def settle(self) -> None:
        for _ in range(50):
            if not self.follower.step():
                return
        raise AssertionError(f"it never ends: {self.hosts.done}")


@pytest.fixture
def world() -> World:
    return World()


def test_one_thing_a_step_and_a_line_for_each(world: World) -> None:
    world.cloud.instances = (instance(5), instance(6))
    assert world.follower.step()
    assert world.hosts.done == ["Build"]
    world.settle()
    assert world.hosts.done == ["Build", "Build"]
    assert [line for line in world.said if "built" in line] == [
        "gcp-5 (n5): built at 10.10.0.5 from debian",
        "gcp-6 (n6): built at 10.10.0.6 from debian",
    ]
    assert not world.follower.step()


def test_a_groups_size_follows(world: World) -> None:
    for size in (3, 1, 4, 0):
        world.cloud.instances = tuple(instance(5 + number) for number in range(size))
        world.settle()
        assert len(world.hosts.hosts) == size


def test_stopped_started_gone(world: World) -> None:
    world.cloud.instances = (instance(5),)
    world.settle()
    world.cloud.instances = (instance(5, STOPPED),)
    world.settle()
    assert world.hosts.hosts["gcp-5"].power == STOPPED
    world.cloud.instances = (instance(5),)
    world.settle()
    world.cloud.instances = ()
    world.settle()
    assert world.hosts.done == ["Build", "Switch", "Switch", "Remove"]


def test_an_image_and_what_is_made_of_it(world: World) -> None:
    world.cloud.instances = (instance(5),)
    world.settle()
    world.cloud.images = {"99": "disk-5"}
    world.cloud.instances = (replace(instance(6), image="99", image_name="web"),)
    world.settle()
    assert world.hosts.done == ["Build", "Bake", "Remove", "Build"]
    assert world.hosts.hosts["gcp-6"].host.image == "gcp-99"


def test_another_follower_does_nothing_twice(world: World) -> None:
    world.cloud.instances = (instance(5), instance(6))
    world.follower.step()  # killed after the first
    world.follower = world.another()
    world.settle()
    assert world.hosts.done == ["Build", "Build"]


def test_a_host_that_was_not_finished_is_removed_and_built_again(world: World) -> None:
    world.cloud.instances = (instance(5),)
    world.hosts.broken = {"gcp-5"}
    assert not world.follower.step()
    world.hosts.broken = set()
    world.follower = world.another()
    world.settle()
    assert world.hosts.done == ["Build", "Remove", "Build"]
    assert world.hosts.hosts["gcp-5"].power == RUNNING


def test_what_fails_is_said_once_and_holds_nothing_up(world: World) -> None:
    world.cloud.instances = (instance(5), instance(6))
    world.hosts.broken = {"gcp-5"}
    for _ in range(6):
        world.follower.step()
    assert world.hosts.hosts["gcp-6"].power == RUNNING
    assert len([line for line in world.said if "failed: no disk" in line]) == 1


def test_a_cloud_that_does_not_answer_keeps_its_hosts(world: World) -> None:
    world.cloud.instances = (instance(5),)
    world.settle()
    world.cloud.away = True
    world.settle()
    world.settle()
    assert list(world.hosts.hosts) == ["gcp-5"]
    assert world.said.count("The API is away; the hosts of gcp stay as they are.") == 1
    world.cloud.away = False
    world.settle()
    world.cloud.away = True
    world.settle()
    assert world.said.count("The API is away; the hosts of gcp stay as they are.") == 2, "it went away again"


def test_an_obstacle_is_said_once_as_long_as_it_stands(world: World) -> None:
    world.cloud.instances = (instance(5, image="windows"),)
    for _ in range(3):
        world.settle()
    assert len(world.said) == 1


def test_it_says_when_a_host_has_booted(world: World) -> None:
    world.cloud.instances = (instance(5),)
    world.hosts.asleep = True
    world.settle()
    assert not any("answers SSH" in line for line in world.said)
    world.hosts.asleep = False
    world.seconds = 3.0
    world.settle()
    world.settle()
    assert [line for line in world.said if "answers" in line] == ["gcp-5 (n5): answers SSH after 3.0 s"]
