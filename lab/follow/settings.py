# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab's inventory says about the clouds that it follows: the variable ``lab_follow``.

lab_follow:
  gcp:
    api: {kind: compute, project: demo, proxy: http://10.30.0.202:5443, authority: .lab/gcp/ca.pem}
    network: gcp
    range: 10.10.0.0/16
    router: gcp-fabric
    routes: [10.20.0.0/16, 198.51.100.0/24]
    images: {"debian-13*": debian}
  aws:
    api: {kind: ec2, endpoint: http://10.30.0.202:5000, region: ap-northeast-2}
    ...
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from ..errors import LabError
from ..topology import Topology
from .clouds import Compute, Ec2
from .decisions import Site


def follow_variable(listing: Mapping[str, Any]) -> dict[str, Any]:
    """``lab_follow`` of what ``ansible-inventory --list`` prints. Raises LabError if it is not there."""
    for variables in listing["_meta"]["hostvars"].values():
        if found := variables.get("lab_follow"):
            return dict(found)
    raise LabError("The inventory has no variable lab_follow: there is no cloud to follow.")


def read_site(cloud: str, data: Mapping[str, Any], topology: Topology) -> Site:
    """One cloud's settings. Raises LabError naming what is wrong."""
    try:
        site = Site(
            network=data["network"],
            range=IPv4Network(data["range"]),
            router=data.get("router"),
            routes=tuple(IPv4Network(route) for route in data.get("routes", [])),
            images=dict(data["images"]),
        )
    except KeyError as missing:
        raise LabError(f"lab_follow.{cloud} lacks {missing}.") from missing
    except ValueError as error:
        raise LabError(f"lab_follow.{cloud}: {error}.") from error
    if site.network not in topology.networks:
        known = ", ".join(topology.networks)
        raise LabError(f"lab_follow.{cloud}.network is {site.network!r}; known are {known}.")
    if site.router is not None and site.router not in {host.name for host in topology.hosts}:
        raise LabError(f"lab_follow.{cloud}.router is {site.router!r}, which is no host of the lab.")
    return site


def read_api(cloud: str, data: Mapping[str, Any]) -> Ec2 | Compute:
    """Whom to ask. Raises LabError naming what is wrong."""
    api = data.get("api", {})
    try:
        match api.get("kind"):
            case "ec2":
                return Ec2(cloud, api["endpoint"], api["region"])
            case "compute":
                return Compute(cloud, api["project"], api["proxy"], api["authority"])
    except KeyError as missing:
        raise LabError(f"lab_follow.{cloud}.api lacks {missing}.") from missing
    raise LabError(f"lab_follow.{cloud}.api.kind is {api.get('kind')!r}; allowed are ec2 and compute.")
