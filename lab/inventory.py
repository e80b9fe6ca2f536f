# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the lab's topology out of its Ansible inventory: the list of hosts is written down once."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from jinja2 import Environment, StrictUndefined

from .errors import LabError
from .topology import Host, Topology, parse_host


def topology_from_inventory(listing: dict[str, Any], read_text: Any) -> Topology:
    """``listing`` is what ``ansible-inventory --list`` prints; ``read_text(path)`` reads a template of the lab's.

    A site's host gets ``eth0`` on its site's network from ``dr_address`` and, with a ``dr_public_address``, ``wan0`` on
    the internet. Hosts of the group ``lab_infrastructure`` spell their links out in ``lab_links``.
    """
    # The controller is in the inventory too, but is no host of the lab.
    hostvars: dict[str, dict[str, Any]] = {
        name: variables
        for name, variables in listing["_meta"]["hostvars"].items()
        if variables.get("ansible_connection") != "local"
    }
    if not hostvars:
        raise LabError("The lab's inventory has no host.")
    settings = next(iter(hostvars.values()))
    networks: dict[str, str] = settings["lab_networks"]
    hosts = [
        _host(name, variables, networks, _sites_of(listing, name), read_text)
        for name, variables in sorted(hostvars.items())
    ]
    return Topology(
        name=settings["lab_name"],
        management=IPv4Network(settings["lab_management_network"]),
        networks=tuple(networks),
        prefixes=tuple(IPv4Network(prefix) for prefix in settings["lab_prefixes"]),
        hosts=tuple(hosts),
        secrets=tuple(settings["lab_secrets"]),
    )


def _sites_of(listing: dict[str, Any], host: str) -> list[str]:
    sites = listing.get("sites", {}).get("children", [])
    return [site for site in sites if host in listing.get(site, {}).get("hosts", [])]


def _host(name: str, variables: dict[str, Any], networks: dict[str, str], sites: list[str], read_text: Any) -> Host:
    links = list(variables.get("lab_links", []))
    if not links:
        if len(sites) != 1 or "dr_address" not in variables:
            raise LabError(f"Host {name} must be in one of the groups gcp and aws and have a dr_address, or lab_links.")
        links.append(_link("eth0", sites[0], variables["dr_address"], networks))
        if "dr_public_address" in variables:
            links.append(_link("wan0", "internet", variables["dr_public_address"], networks))
    return parse_host(
        name,
        {
            "management": variables.get("ansible_host"),
            "links": links,
            "routes": variables.get("lab_routes", []),
            "image": variables.get("lab_image", "debian"),
            "files": {
                path: _render(read_text(source), variables.get("lab_file_variables", {}))
                for path, source in variables.get("lab_files", {}).items()
            },
            "units": variables.get("lab_units", []),
            "daemons": variables.get("lab_daemons", []),
        },
    )


def _render(template: str, variables: dict[str, Any]) -> str:
    return (
        Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
        .from_string(template)
        .render(variables)
    )


def _link(name: str, network: str, address: str, networks: dict[str, str]) -> dict[str, str]:
    length = IPv4Network(networks[network]).prefixlen
    return {"name": name, "network": network, "address": f"{address}/{length}"}
