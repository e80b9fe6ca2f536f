# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look, decide, do one thing, look again. It remembers nothing that matters: what stands says the lab itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .. import engine, image, joined, joining
from ..errors import LabError
from ..joined import RUNNING, Joined
from ..machine import Machine
from ..topology import Host, Topology
from .decisions import Action, Bake, Build, Drop, Remove, Site, Switch, decide
from .instances import View


class Cloud(Protocol):
    """An API that can be asked."""

    def look(self) -> View:
        """What there is now. Raises LabError."""


class Hosts(Protocol):
    """The lab's side."""

    def standing(self) -> list[Joined]:
        """The hosts that joined."""

    def baked(self) -> set[str]:
        """The images that were made of them."""

    def perform(self, action: Action) -> None:
        """Do it. Raises LabError."""

    def answers(self, host: Host) -> bool:
        """Does it answer SSH?"""


class Follower:
    """``clock`` gives seconds; ``say`` takes a line for each thing that was done, and one for each that cannot be."""

    def __init__(
        self,
        hosts: Hosts,
        clouds: Mapping[str, Cloud],
        sites: Mapping[str, Site],
        topology: Topology,
        say: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._hosts = hosts
        self._clouds = clouds
        self._sites = sites
        self._topology = topology
        self._say = say
        self._clock = clock
        self._said: set[str] = set()
        self._booting: dict[str, float] = {}

    def step(self) -> bool:
        """Do the first thing that has to be done and can be. Whether there was one."""
        self._see_booted()
        obstacles: list[str] = []
        views = self._views(obstacles)
        standing = self._hosts.standing()
        decision = decide(views, standing, self._hosts.baked(), self._topology, self._sites)
        obstacles += decision.obstacles
        done = next((action for action in decision.actions if self._performed(action, obstacles)), None)
        if done is None:  # only a look that got to the end knows all obstacles
            self._complain(obstacles)
        return done is not None

    def _views(self, obstacles: list[str]) -> dict[str, View]:
        """Of the clouds that answer."""
        views = {}
        for name, cloud in self._clouds.items():
            try:
                views[name] = cloud.look()
            except LabError as error:
                obstacles.append(f"{error}; the hosts of {name} stay as they are.")
        return views

    def _performed(self, action: Action, obstacles: list[str]) -> bool:
        try:
            self._hosts.perform(action)
        except LabError as error:
            obstacles.append(f"{action}: failed: {error}")
            return False
        self._say(str(action))
        if isinstance(action, Build) or (isinstance(action, Switch) and action.power == RUNNING):
            self._booting[action.host.host.name] = self._clock()
        elif isinstance(action, Remove | Switch):
            self._booting.pop(action.host.host.name, None)
        return True

    def _complain(self, obstacles: Sequence[str]) -> None:
        """Each sentence once, for as long as it is true."""
        for sentence in obstacles:
            if sentence not in self._said:
                self._say(sentence)
        self._said = set(obstacles)

    def _see_booted(self) -> None:
        for one in self._hosts.standing():
            since = self._booting.get(one.host.name)
            if since is not None and self._hosts.answers(one.host):
                del self._booting[one.host.name]
                self._say(f"{one.host.name} ({one.called}): answers SSH after {self._clock() - since:.1f} s")


class LabHosts:
    """The hosts of a running lab."""

    def __init__(self, machine: Machine, topology: Topology, home: engine.Home, state: Path, bare: bool) -> None:
        self._machine = machine
        self._topology = topology
        self._home = home
        self._state = state
        self._bare = bare

    def standing(self) -> list[Joined]:
        return joined.records(self._state)

    def baked(self) -> set[str]:
        return joining.baked_images(self._machine, self._topology)

    def answers(self, host: Host) -> bool:
        return engine.answers(host)

    def perform(self, action: Action) -> None:
        machine, topology = self._machine, self._topology
        match action:
            case Bake():
                joining.bake(machine, topology, action.source, action.image)
            case Drop():
                joining.drop_image(machine, topology, action.image)
            case Remove():
                joining.part(machine, topology, self._home, action.host)
            case Switch():
                joining.switch(machine, topology, action.host, action.power)
            case Build():
                self._build(action)

    def _build(self, build: Build) -> None:
        tag = self._tag(build)
        try:
            joining.join(self._machine, self._topology, self._home, build.host, tag, build.router)
        except LabError:
            joining.part(self._machine, self._topology, self._home, build.host)
            raise

    def _tag(self, build: Build) -> str:
        name = build.host.host.image or ""
        if build.baked:
            return joining.baked_tag(self._topology.name, name)
        return image.ensure(self._machine, "cached" if name == "debian" and not self._bare else name)
