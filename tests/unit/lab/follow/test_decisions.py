# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from lab.follow.decisions import Action, Bake, Build, Decision, Drop, Remove, Site, Switch, decide, host_of
from lab.follow.instances import Instance, View
from lab.joined import RUNNING, STOPPED, Joined
from lab.topology import Topology, parse_host

NET = IPv4Network("10.10.0.0/16")
SITE = Site("net", NET, "router", (IPv4Network("10.20.0.0/16"),), {"debian-13*": "debian"})
ROUTER = parse_host(
    "router",
    {"management": "10.30.0.2", "links": [{"name": "eth0", "network": "net", "address": "10.10.0.1/24"}]},
)
DB = parse_host(
    "db", {"management": "10.30.0.3", "links": [{"name": "eth0", "network": "net", "address": "10.10.0.9/24"}]}
)
LAB = Topology("lab", IPv4Network("10.30.0.0/24"), ("net",), (NET,), (ROUTER, DB))
WEB = Instance(
    host="gcp-web",
    called="web",
    hostname="web",
    identity="1",
    disk="disk-1",
    power=RUNNING,
    address=IPv4Address("10.10.0.20"),
    subnet=IPv4Network("10.10.0.0/24"),
    image="77",
    image_name="debian-13-trixie",
)
STANDS = replace(host_of(WEB, "gcp", SITE, IPv4Address("10.30.0.4"), "debian"), power=RUNNING)


def decision(
    *instances: Instance,
    stand: Iterable[Joined] = (),
    baked: Iterable[str] = (),
    images: dict[str, str] | None = None,
    strange: dict[str, str] | None = None,
) -> Decision:
    return decide({"gcp": View(instances, images or {}, strange or {})}, stand, baked, LAB, {"gcp": SITE})


def actions(*instances: Instance, **more: Any) -> tuple[Action, ...]:
    found = decision(*instances, **more)
    assert found.obstacles == ()
    return found.actions


def test_an_instance_without_a_host_is_built() -> None:
    (build,) = actions(WEB)
    assert isinstance(build, Build)
    host = build.host.host
    assert (host.name, host.image, build.baked, build.router) == ("gcp-web", "debian", False, "router")
    assert [str(address) for link in host.links for address in link.addresses] == ["10.10.0.20/24"]
    assert [f"{route.destination} via {route.via}" for route in host.routes] == [
        "10.10.0.0/16 via 10.10.0.1",
        "10.20.0.0/16 via 10.10.0.1",
    ]
    assert host.management == IPv4Address("10.30.0.4"), "the first that is nobody's"
    assert dict(host.files)["/etc/hostname"] == "web\n"
    assert str(build) == "gcp-web (web): built at 10.10.0.20 from debian"


def test_two_new_ones_get_two_management_addresses() -> None:
    other = replace(WEB, host="gcp-b", identity="2", address=IPv4Address("10.10.0.21"))
    built = [action.host.host.management for action in actions(WEB, other) if isinstance(action, Build)]
    assert [str(address) for address in built] == ["10.30.0.4", "10.30.0.5"]


def test_a_host_that_stands_needs_nothing() -> None:
    assert actions(WEB, stand=[STANDS]) == ()


@pytest.mark.parametrize(
    ("stands", "says", "expected"),
    [(RUNNING, STOPPED, "stopped"), (STOPPED, RUNNING, "started")],
)
def test_power_follows(stands: str, says: str, expected: str) -> None:
    (action,) = actions(replace(WEB, power=says), stand=[replace(STANDS, power=stands)])
    assert isinstance(action, Switch)
    assert str(action) == f"gcp-web (web): {expected}"


@pytest.mark.parametrize(
    ("instances", "stands", "why"),
    [
        ((), STANDS, "its instance is gone"),
        ((replace(WEB, identity="2"),), STANDS, "another instance has its name"),
        ((WEB,), replace(STANDS, power="unfinished"), "it was not finished"),
    ],
)
def test_what_no_instance_stands_behind_is_removed(instances: tuple[Instance, ...], stands: Joined, why: str) -> None:
    assert actions(*instances, stand=[stands]) == (Remove(stands, why),)


def test_one_that_never_ran_is_not_built() -> None:
    assert actions(replace(WEB, power=STOPPED)) == ()


def test_a_cloud_that_was_not_heard_keeps_its_hosts() -> None:
    """Negative control: the same lab is emptied by a view that is empty."""
    sites = {"gcp": SITE, "aws": SITE}
    assert decide({}, [STANDS], ["gcp-9"], LAB, sites).actions == ()
    assert decide({"aws": View(())}, [STANDS], ["gcp-9"], LAB, sites).actions == ()
    assert [type(action) for action in decide({"gcp": View(())}, [STANDS], ["gcp-9"], LAB, sites).actions] == [
        Drop,
        Remove,
    ]


def test_what_cannot_be_read_stays_and_is_said() -> None:
    found = decision(stand=[STANDS], strange={"gcp-web": "gcp-web is strange."})
    assert found == Decision((), ("gcp-web is strange.",))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"subnet": IPv4Network("10.99.0.0/24"), "address": IPv4Address("10.99.0.5")},
            "gcp-web (web) is in the subnet 10.99.0.0/24; the lab's network 'net' holds 10.10.0.0/16 only.",
        ),
        (
            {"address": IPv4Address("10.10.9.20")},
            "gcp-web (web) has the address 10.10.9.20, which is not of its subnet 10.10.0.0/24.",
        ),
        (
            {"address": IPv4Address("10.10.0.1")},
            "gcp-web (web) has the address 10.10.0.1, which 10.10.0.0/24 keeps for itself and its router.",
        ),
        ({"address": IPv4Address("10.10.0.9")}, "gcp-web (web) has the address 10.10.0.9, which is db's in the lab."),
        (
            {"image_name": "windows"},
            "gcp-web (web) is made of the image 'windows' (77): no host of the lab was made an image of that identity, "
            "and it is none of debian-13*.",
        ),
    ],
)
def test_what_cannot_be_built_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert decision(replace(WEB, **changes)) == Decision((), (sentence,))


def test_the_rest_is_built_beside_an_obstacle() -> None:
    other = replace(WEB, host="gcp-b", identity="2", image_name="windows", address=IPv4Address("10.10.0.21"))
    found = decision(other, WEB)
    assert [type(action) for action in found.actions] == [Build]
    assert len(found.obstacles) == 1


def test_a_new_address_needs_a_new_instance() -> None:
    found = decision(replace(WEB, address=IPv4Address("10.10.0.30")), stand=[STANDS])
    assert found.actions == ()
    assert "now says 10.10.0.30" in found.obstacles[0]


def test_all_management_addresses_taken_is_one_sentence() -> None:
    small = replace(LAB, management=IPv4Network("10.30.0.0/29"), hosts=())
    many = [replace(WEB, host=f"gcp-{n}", identity=str(n), address=IPv4Address(f"10.10.0.{20 + n}")) for n in range(6)]
    found = decide({"gcp": View(tuple(many))}, [], [], small, {"gcp": SITE})
    assert len(found.actions) == 5
    assert found.obstacles == ("gcp-5: No address of the management network 10.30.0.0/29 is free.",)


def test_an_image_of_a_host_is_baked_even_of_one_that_is_gone_already() -> None:
    assert actions(stand=[STANDS], images={"9": "disk-1"}) == (
        Bake("gcp-9", STANDS),
        Remove(STANDS, "its instance is gone"),
    )
    assert actions(WEB, stand=[STANDS], images={"9": "disk-1"}, baked=["gcp-9"]) == ()
    assert actions(WEB, stand=[STANDS], images={"9": "disk-of-another"}) == ()


def test_an_instance_of_a_baked_image_waits_for_it_and_is_built_from_it() -> None:
    web2 = replace(WEB, host="gcp-b", identity="2", image="9", image_name="web", address=IPv4Address("10.10.0.21"))
    (build,) = actions(WEB, web2, stand=[STANDS], images={"9": "disk-1"}, baked=["gcp-9"])
    assert isinstance(build, Build)
    assert (build.host.host.image, build.baked) == ("gcp-9", True)


def test_an_own_image_is_not_taken_for_a_public_one_by_its_name() -> None:
    web2 = replace(WEB, image="9", image_name="debian-13-web")
    found = decision(web2, images={"9": "disk-lost"})
    assert found.actions == ()
    assert "no host of the lab was made an image of that identity" in found.obstacles[0]


def test_a_baked_image_that_the_api_has_forgotten_is_forgotten() -> None:
    assert actions(WEB, stand=[STANDS], baked=["gcp-9", "aws-ami-1"]) == (Drop("gcp-9"),)
    made_of_it = replace(STANDS, host=replace(STANDS.host, image="gcp-9"))
    assert actions(WEB, stand=[made_of_it], baked=["gcp-9"]) == ()
