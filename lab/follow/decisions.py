# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that the lab is what the APIs say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network

from ..errors import LabError
from ..joined import RUNNING, UNFINISHED, Joined, free_management
from ..topology import Topology, parse_host
from .instances import Instance, View


@dataclass(frozen=True)
class Site:
    """What a cloud's instances become.

    ``network``: of the lab; ``range``: the addresses that may be on it; ``router``: the host that has the first address
    of each subnet; ``routes``: what, beyond the range, that router leads to; ``images``: patterns of the names or
    identities of the cloud's public images, and the lab's image for each.
    """

    network: str
    range: IPv4Network
    router: str | None = None
    routes: tuple[IPv4Network, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bake:
    """Make an image of a host."""

    image: str
    source: Joined

    def __str__(self) -> str:
        return f"image {self.image}: baked of {self.source.host.name} ({self.source.called})"


@dataclass(frozen=True)
class Drop:
    """Forget a baked image."""

    image: str

    def __str__(self) -> str:
        return f"image {self.image}: forgotten"


@dataclass(frozen=True)
class Remove:
    """Remove a host. ``why``: what the API says about its instance."""

    host: Joined
    why: str

    def __str__(self) -> str:
        return f"{self.host.host.name} ({self.host.called}): removed, {self.why}"


@dataclass(frozen=True)
class Switch:
    """Shut a host down, or boot it."""

    host: Joined
    power: str

    def __str__(self) -> str:
        return f"{self.host.host.name} ({self.host.called}): {'started' if self.power == RUNNING else 'stopped'}"


@dataclass(frozen=True)
class Build:
    """Make a host. Its ``image`` is the lab's own name for a plain one, or the identity of a baked one."""

    host: Joined
    baked: bool
    router: str | None

    def __str__(self) -> str:
        where = next(str(link.addresses[0].ip) for link in self.host.host.links)
        return f"{self.host.host.name} ({self.host.called}): built at {where} from {self.host.host.image}"


Action = Bake | Drop | Remove | Switch | Build


@dataclass(frozen=True)
class Decision:
    """``actions``: in the order in which they can be done; ``obstacles``: sentences about what cannot be done."""

    actions: tuple[Action, ...]
    obstacles: tuple[str, ...]


def decide(
    views: Mapping[str, View],
    standing: Iterable[Joined],
    baked: Iterable[str],
    topology: Topology,
    sites: Mapping[str, Site],
) -> Decision:
    """Compare. A cloud without a view was not heard: nothing of it is touched.

    ``baked``: identities of images, each with its cloud before it: ``aws-ami-1``.
    """
    stand = {one.host.name: one for one in standing}
    have = set(baked)
    in_use = {one.host.image for one in stand.values()}
    obstacles = [sentence for view in views.values() for sentence in view.strange.values()]
    bakes: list[Action] = []
    removes: list[Action] = []
    switches: list[Action] = []
    for cloud, view in views.items():
        wanted = {one.host: one for one in view.instances}
        of_cloud = [one for one in stand.values() if one.cloud == cloud]
        bakes += _bakes(cloud, view, of_cloud, have)
        removes += [Drop(image) for image in sorted(have - _own(cloud, view).keys() - in_use) if _is_of(cloud, image)]
        for one in of_cloud:
            instance = wanted.get(one.host.name)
            if one.host.name in view.strange:
                continue
            if instance is None or instance.identity != one.instance or one.power == UNFINISHED:
                removes.append(Remove(one, _why(instance, one)))
            elif (changed := _changed(instance, one)) is not None:
                obstacles.append(changed)
            elif instance.power != one.power:
                switches.append(Switch(one, instance.power))
    builds, more = _builds(views, stand, have, topology, sites)
    return Decision((*bakes, *removes, *switches, *builds), (*obstacles, *more))


def _own(cloud: str, view: View) -> dict[str, str]:
    return {f"{cloud}-{image}": source for image, source in view.images.items()}


def _is_of(cloud: str, image: str) -> bool:
    return image.startswith(f"{cloud}-")


def _bakes(cloud: str, view: View, hosts: Iterable[Joined], have: set[str]) -> list[Action]:
    """Before anything is removed: the builder may be gone from the API already."""
    by_disk = {one.disk: one for one in hosts if one.power != UNFINISHED}
    own = sorted(_own(cloud, view).items())
    return [Bake(image, by_disk[source]) for image, source in own if image not in have and source in by_disk]


def _why(instance: Instance | None, one: Joined) -> str:
    if instance is None:
        return "its instance is gone"
    return "another instance has its name" if instance.identity != one.instance else "it was not finished"


def _changed(instance: Instance, one: Joined) -> str | None:
    """A sentence about an instance whose cable would have to be changed."""
    address = one.host.links[0].addresses[0]
    if (address.ip, address.network) == (instance.address, instance.subnet):
        return None
    return (
        f"{one.host.name} stands at {address}, and the API now says {instance.address} in {instance.subnet}: "
        "a new address needs a new instance."
    )


def _builds(
    views: Mapping[str, View],
    stand: Mapping[str, Joined],
    have: set[str],
    topology: Topology,
    sites: Mapping[str, Site],
) -> tuple[list[Action], list[str]]:
    taken = {address.ip: host.name for host in topology.hosts for link in host.links for address in link.addresses}
    taken |= {address.ip: name for name, one in stand.items() for link in one.host.links for address in link.addresses}
    management = [one.host.management for one in stand.values()]
    builds: list[Action] = []
    obstacles: list[str] = []
    for cloud, view in views.items():
        for instance in view.instances:
            # One that was never seen running has nothing that could be kept.
            if instance.host in stand or instance.power != RUNNING:
                continue
            site = sites[cloud]
            image, baked = image_of(instance, cloud, view, site, have)
            obstacle = _obstacle(instance, site, image, taken)
            if obstacle is not None:
                obstacles.append(obstacle)
                continue
            try:
                management.append(free_management(topology, management))
            except LabError as error:
                obstacles.append(f"{instance.host}: {error}")
                continue
            taken[instance.address] = instance.host
            builds.append(Build(host_of(instance, cloud, site, management[-1], image), baked, site.router))
    return builds, obstacles


def image_of(instance: Instance, cloud: str, view: View, site: Site, have: set[str]) -> tuple[str, bool]:
    """The image of a host and whether it is a baked one; an empty name if there is none."""
    own = f"{cloud}-{instance.image}"
    if own in have:
        return own, True
    if instance.image in view.images:  # whatever its name: what it was made of never stood here
        return "", False
    for pattern, image in site.images.items():
        if fnmatchcase(instance.image_name, pattern) or fnmatchcase(instance.image, pattern):
            return image, False
    return "", False


def _obstacle(instance: Instance, site: Site, image: str, taken: Mapping[IPv4Address, str]) -> str | None:
    """Why an instance cannot become a host; None: it can."""
    who = f"{instance.host} ({instance.called})"
    if not instance.subnet.subnet_of(site.range):
        return f"{who} is in the subnet {instance.subnet}; the lab's network {site.network!r} holds {site.range} only."
    if instance.address not in instance.subnet:
        return f"{who} has the address {instance.address}, which is not of its subnet {instance.subnet}."
    if instance.address in (instance.subnet[0], instance.subnet[1], instance.subnet[-1]):
        return f"{who} has the address {instance.address}, which {instance.subnet} keeps for itself and its router."
    if (owner := taken.get(instance.address)) is not None:
        return f"{who} has the address {instance.address}, which is {owner}'s in the lab."
    if not image:
        return (
            f"{who} is made of the image {instance.image_name!r} ({instance.image}): no host of the lab was made an "
            f"image of that identity, and it is none of {', '.join(site.images) or 'no plain ones'}."
        )
    return None


def host_of(instance: Instance, cloud: str, site: Site, management: IPv4Address, image: str) -> Joined:
    """The host that an instance becomes."""
    router = instance.subnet[1]
    host = parse_host(
        instance.host,
        {
            "management": str(management),
            "image": image,
            "links": [
                {
                    "name": "eth0",
                    "network": site.network,
                    "address": f"{instance.address}/{instance.subnet.prefixlen}",
                }
            ],
            "routes": [f"{destination} via {router}" for destination in (site.range, *site.routes)],
            "files": {
                "/etc/hostname": f"{instance.hostname}\n",
                "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {instance.hostname}\n",
            },
        },
    )
    return Joined(host, cloud, instance.identity, instance.disk, instance.called, UNFINISHED)
