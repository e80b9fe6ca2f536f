# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tunnels of an HA VPN, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_vpn_errors
short_description: Check the tunnels of role gcp_vpn
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each tunnel that one of the clouds would refuse, or that could not come up. It never
    shows a key.
options:
  _input:
    description: Tunnels as in C(gcp_vpn_tunnels).
    type: list
    elements: dict
    required: true
  peer_addresses:
    description: The other side's addresses; none while it is not there yet.
    type: list
    elements: str
    required: true
  psks:
    description: Keys by the tunnels' names.
    type: dict
    required: true
  asn:
    description: Our number in BGP.
    type: int
    required: true
  peer_asn:
    description: The other side's number in BGP.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Refuse tunnels without a key
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ gcp_vpn_tunnels | multicloud.dr.gcp_vpn_errors(gcp_vpn_peer_addresses, gcp_vpn_psks, asn=65534,
    peer_asn=64512) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,20}[a-z0-9])?")
# https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html: 8 to 64 of these, no zero first. Google takes them.
PSK = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
LINK_LOCAL = IPv4Network("169.254.0.0/16")
# https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html (inside tunnel IPv4 CIDR), and the metadata server's.
RESERVED = tuple(
    IPv4Network(f"169.254.{third}.{fourth}/30")
    for third, fourth in ((0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (169, 252))
)
# https://cloud.google.com/network-connectivity/docs/router/concepts/overview#asn
PRIVATE_ASNS = (range(64512, 65535), range(4200000000, 4294967295))
INSIDE_PREFIX = 30
PEERS = 4


def interface(value: object) -> IPv4Interface | None:
    """None if it does not read as an address with its prefix."""
    try:
        return IPv4Interface(str(value))
    except ValueError:
        return None


def address(value: object) -> IPv4Address | None:
    """None if it does not read as an address."""
    try:
        return IPv4Address(str(value))
    except ValueError:
        return None


def inside_errors(where: str, tunnel: Mapping[str, Any]) -> Iterator[str]:
    """Sentences about the addresses inside one tunnel."""
    mine, theirs = interface(tunnel.get("address")), address(tunnel.get("peer_address"))
    if mine is None or mine.network.prefixlen != INSIDE_PREFIX or not mine.network.subnet_of(LINK_LOCAL):
        value = tunnel.get("address")
        yield f"{where} has the address {value!r}; needed is one of a /30 of {LINK_LOCAL}, such as 169.254.10.2/30."
        return
    if mine.network in RESERVED:
        yield f"{where} is inside {mine.network}, which is reserved."
    hosts = list(mine.network.hosts())
    if mine.ip not in hosts or theirs not in hosts or theirs == mine.ip:
        value = tunnel.get("peer_address")
        yield f"{where} has {mine} here and {value} there; needed are the two of {hosts[0]} and {hosts[1]}."


def side_errors(peer_addresses: Sequence[str], asn: int, peer_asn: int) -> Iterator[str]:
    """Sentences about the two sides."""
    if not any(int(asn) in numbers for numbers in PRIVATE_ASNS):
        yield f"gcp_vpn_asn is {asn}; it has to be private: 64512 to 65534 or 4200000000 to 4294967294."
    if int(asn) == int(peer_asn):
        yield f"gcp_vpn_asn and gcp_vpn_peer_asn are both {asn}; the two sides need different ones."
    if peer_addresses and len(set(peer_addresses)) != PEERS:
        given = list(peer_addresses)
        yield f"gcp_vpn_peer_addresses is {given}; needed are four different ones, or none if there is no peer yet."
    for value in peer_addresses:
        if address(value) is None:
            yield f"gcp_vpn_peer_addresses has {value!r}, which is no IPv4 address."


def set_errors(tunnels: Sequence[Mapping[str, Any]], peer_addresses: Sequence[str]) -> Iterator[str]:
    """Sentences about the tunnels together."""
    if not peer_addresses:
        return
    ends = sorted((int(tunnel["interface"]), int(tunnel["peer_interface"])) for tunnel in tunnels)
    if sorted(peer for _, peer in ends) != list(range(PEERS)) or sorted(mine for mine, _ in ends) != [0, 0, 1, 1]:
        yield (
            f"gcp_vpn_tunnels go from and to {ends}; needed are four, two from each of the interfaces 0 and 1, one to "
            "each of 0 to 3: less is not highly available for Google."
        )
    networks = [mine.network for tunnel in tunnels if (mine := interface(tunnel.get("address")))]
    yield from (
        f"gcp_vpn_tunnels: {network} is inside two tunnels."
        for network in sorted(set(networks))
        if networks.count(network) > 1
    )


def gcp_vpn_errors(
    tunnels: Sequence[Mapping[str, Any]],
    peer_addresses: Sequence[str],
    psks: Mapping[str, str],
    asn: int,
    peer_asn: int,
) -> list[str]:
    """The filter: sentences about all of them."""
    found = [*side_errors(peer_addresses, asn, peer_asn), *set_errors(tunnels, peer_addresses)]
    names = [str(tunnel.get("name")) for tunnel in tunnels]
    for tunnel, name in zip(tunnels, names, strict=True):
        where = f"gcp_vpn_tunnels: {name!r}"
        if not NAME.fullmatch(name) or names.count(name) > 1:
            found.append(f"{where} needs a name of its own of 1 to 22 a-z 0-9 -.")
        found += inside_errors(where, tunnel)
        if peer_addresses and not PSK.fullmatch(str(psks.get(name, ""))):
            found.append(
                f"gcp_vpn_psks: the key of {name!r} is missing or not one that both clouds take: 8 to 64 of A-Z a-z "
                "0-9 . _, not 0 first."
            )
    keys = [psks[name] for name in names if psks.get(name)]
    if len(set(keys)) != len(keys):
        found.append("gcp_vpn_psks: two tunnels have the same key; each needs one of its own.")
    return found


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_vpn_errors": gcp_vpn_errors}
