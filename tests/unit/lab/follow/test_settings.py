# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest

from lab.errors import LabError
from lab.follow.clouds import Compute, Ec2
from lab.follow.settings import follow_variable, read_api, read_site
from lab.topology import Topology, parse_host

ROUTER = parse_host("router", {"management": "10.30.0.2"})
LAB = Topology("lab", IPv4Network("10.30.0.0/24"), ("net",), (IPv4Network("10.10.0.0/16"),), (ROUTER,))
EC2 = {"kind": "ec2", "endpoint": "http://10.30.0.202:5000", "region": "us-east-1"}
COMPUTE = {"kind": "compute", "project": "p", "proxy": "http://10.30.0.202:5443", "authority": "ca.pem"}
GOOD: dict[str, Any] = {
    "api": EC2,
    "network": "net",
    "range": "10.10.0.0/16",
    "router": "router",
    "routes": ["10.20.0.0/16"],
    "images": {"debian-13*": "debian"},
}


def test_a_site_is_read() -> None:
    site = read_site("aws", GOOD, LAB)
    assert (site.network, str(site.range), site.router) == ("net", "10.10.0.0/16", "router")
    assert site.routes == (IPv4Network("10.20.0.0/16"),)
    assert site.images == {"debian-13*": "debian"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"network": "moon"}, "lab_follow.aws.network is 'moon'; known are net."),
        ({"router": "moon"}, "lab_follow.aws.router is 'moon', which is no host of the lab."),
        ({"range": "10.10.0.1/16"}, "lab_follow.aws: 10.10.0.1/16 has host bits set."),
    ],
)
def test_each_mistake_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LabError) as error:
        read_site("aws", {**GOOD, **changes}, LAB)
    assert str(error.value) == sentence


@pytest.mark.parametrize("name", ["network", "range", "images"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(LabError, match=f"lab_follow.aws lacks '{name}'"):
        read_site("aws", {key: value for key, value in GOOD.items() if key != name}, LAB)


@pytest.mark.parametrize(("api", "kind"), [(EC2, Ec2), (COMPUTE, Compute)])
def test_an_api_is_read(api: dict[str, str], kind: type) -> None:
    assert isinstance(read_api("x", {"api": api}), kind)


@pytest.mark.parametrize(
    ("api", "sentence"),
    [
        ({"kind": "azure"}, "lab_follow.x.api.kind is 'azure'; allowed are ec2 and compute."),
        ({"kind": "ec2", "region": "us-east-1"}, "lab_follow.x.api lacks 'endpoint'."),
        ({"kind": "compute", "project": "p", "proxy": "http://a"}, "lab_follow.x.api lacks 'authority'."),
    ],
)
def test_an_api_that_cannot_be_read_is_one_sentence(api: dict[str, str], sentence: str) -> None:
    with pytest.raises(LabError) as error:
        read_api("x", {"api": api})
    assert str(error.value) == sentence


def test_an_inventory_without_clouds_has_nothing_to_follow() -> None:
    listing: dict[str, Any] = {"_meta": {"hostvars": {"a": {}, "b": {"lab_follow": {"aws": GOOD}}}}}
    assert follow_variable(listing) == {"aws": GOOD}
    listing["_meta"]["hostvars"]["b"] = {}
    with pytest.raises(LabError, match="no variable lab_follow"):
        follow_variable(listing)
