# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.inventory import topology_from_inventory

SETTINGS = {
    "lab_name": "lab",
    "lab_networks": {"gcp": "10.10.0.0/24", "internet": "198.51.100.0/24"},
    "lab_management_network": "10.30.0.0/24",
    "lab_prefixes": ["10.10.0.0/16"],
    "lab_secrets": ["a_password"],
}


def listing(**variables: Any) -> dict[str, Any]:
    return {
        "_meta": {"hostvars": {"gcp-edge": {"ansible_host": "10.30.0.50", **SETTINGS, **variables}}},
        "sites": {"children": ["gcp", "aws"]},
        "gcp": {"hosts": ["gcp-edge"]},
    }


def test_links_follow_from_the_addresses_that_the_roles_use() -> None:
    lab = topology_from_inventory(listing(dr_address="10.10.0.50", dr_public_address="198.51.100.50"), str)
    assert [(link.name, link.network, str(link.addresses[0])) for link in lab.hosts[0].links] == [
        ("eth0", "gcp", "10.10.0.50/24"),
        ("wan0", "internet", "198.51.100.50/24"),
    ]


def test_a_labs_own_host_spells_its_links_out_and_gets_its_files() -> None:
    lab = topology_from_inventory(
        listing(
            lab_links=[{"name": "wan0", "network": "internet", "address": "198.51.100.53/24"}],
            lab_files={"/etc/x": "template"},
            lab_file_variables={"zone": "example"},
        ),
        lambda path: f"{path} {{{{ zone }}}}\n",
    )
    assert lab.hosts[0].files == (("/etc/x", "template example\n"),)


def test_a_host_without_an_address_is_one_sentence() -> None:
    with pytest.raises(LabError, match="Host gcp-edge must be in one of the groups gcp and aws and have a dr_address"):
        topology_from_inventory(listing(), str)
