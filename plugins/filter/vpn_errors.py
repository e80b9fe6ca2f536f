# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the description of a VPN, before any of it is built."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vpn_errors
short_description: Check the gateways and tunnels of role vpn_gateway
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each mistake that would leave a tunnel down or two tunnels mixed up.
  - The role's preflight asserts that there is none.
options:
  _input:
    description: Tunnels as in C(vpn_gateway_tunnels).
    type: list
    elements: dict
    required: true
  gateways:
    description: Gateways as in C(vpn_gateway_gateways).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse tunnels that cannot work
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ vpn_gateway_tunnels | multicloud.dr.vpn_errors(vpn_gateway_gateways) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Any

INSIDE = IPv4Network("169.254.0.0/16")
# AWS refuses these for tunnels; the last one holds both clouds' metadata service.
RESERVED = (*(IPv4Network(f"169.254.{n}.0/30") for n in range(6)), IPv4Network("169.254.169.252/30"))
# It names the interface, too: IFNAMSIZ.
NAME = re.compile(r"[a-z][a-z0-9-]{0,14}")
KEYS = ("name", "ends", "inside_cidr", "vtep_cidr", "vni")
RESERVED_ASNS = (23456, 65535)


def network(value: object) -> IPv4Network | None:
    """C(value) as a network, or None."""
    try:
        return IPv4Network(str(value))
    except ValueError:
        return None


def is_int(value: object, least: int, most: int) -> bool:
    """Whether C(value) is a number, not its text, between both limits."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def asn_error(where: str, asn: object) -> Iterator[str]:
    """A sentence if C(asn) is no autonomous system number that may be used (RFC 6793, 7300, 7607)."""
    if not is_int(asn, 1, 2**32 - 2) or asn in RESERVED_ASNS:
        yield f"{where} has the asn {asn!r}; allowed are 1 to 4294967294 without 23456 and 65535."


def gateway_errors(name: str, gateway: dict[str, Any]) -> Iterator[str]:
    """Sentences about one entry of C(vpn_gateway_gateways)."""
    where = f"vpn_gateway_gateways: {name}"
    try:
        IPv4Address(str(gateway.get("address", "")))
    except ValueError:
        yield f"{where} has the address {gateway.get('address')!r}; an IPv4 address is needed."
    yield from asn_error(where, gateway.get("asn"))
    cidrs = gateway.get("cidrs") or []
    if not cidrs or not all(network(cidr) for cidr in cidrs):
        yield f"{where} has the cidrs {cidrs!r}; a list of the IPv4 networks behind it is needed."


def tunnel_errors(tunnel: dict[str, Any], gateways: dict[str, Any]) -> Iterator[str]:
    """Sentences about one entry of C(vpn_gateway_tunnels)."""
    where = f"vpn_gateway_tunnels: the tunnel {tunnel.get('name', tunnel)!r}"
    missing = [key for key in KEYS if key not in tunnel]
    if missing:
        yield f"{where} has no {', '.join(missing)}."
        return
    if not NAME.fullmatch(str(tunnel["name"])):
        yield f"{where} has a name that no interface can have; allowed are 1 to 15 of a-z, 0-9 and '-', a letter first."
    ends = tunnel["ends"]
    if not isinstance(ends, Sequence) or isinstance(ends, str) or len(ends) != 2 or ends[0] == ends[1]:
        yield f"{where} has the ends {ends!r}; two different gateways are needed."
    else:
        for end in (end for end in ends if end not in gateways):
            yield f"{where} ends at {end!r}, which vpn_gateway_gateways does not have: {', '.join(sorted(gateways))}."
    inside = network(tunnel["inside_cidr"])
    if inside is None or inside.prefixlen != 30 or not inside.subnet_of(INSIDE) or inside in RESERVED:
        yield (
            f"{where} has the inside_cidr {tunnel['inside_cidr']!r}; allowed is a /30 in {INSIDE} "
            f"other than {', '.join(map(str, RESERVED))}."
        )
    vtep = network(tunnel["vtep_cidr"])
    if vtep is None or vtep.prefixlen != 31 or vtep.overlaps(INSIDE):
        yield f"{where} has the vtep_cidr {tunnel['vtep_cidr']!r}; allowed is a /31 outside {INSIDE}."
    for cidr in (cidr for gateway in gateways.values() for cidr in gateway.get("cidrs") or []):
        if vtep and (site := network(cidr)) and vtep.overlaps(site):
            yield f"{where} has the vtep_cidr {tunnel['vtep_cidr']!r}, which is part of the site's network {cidr}."
            break
    if not is_int(tunnel["vni"], 1, 2**24 - 1):
        yield f"{where} has the vni {tunnel['vni']!r}; allowed are 1 to 16777215."


def clashes(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Sentences about what two tunnels must not share."""
    where = f"vpn_gateway_tunnels: the tunnels {one.get('name')!r} and {other.get('name')!r}"
    for key in ("name", "inside_cidr", "vtep_cidr", "vni"):
        if key in one and one[key] == other.get(key):
            yield f"{where} have the same {key} {one[key]!r}; each needs its own."
    # IKE tells tunnels apart by the addresses of their ends: a second one would get the first one's key.
    if one.get("ends") and sorted(map(str, one["ends"])) == sorted(map(str, other.get("ends") or [])):
        yield f"{where} have the same ends {', '.join(one['ends'])}; one tunnel for each pair of gateways is allowed."


def vpn_errors(tunnels: Iterable[dict[str, Any]], gateways: dict[str, Any]) -> list[str]:
    """The filter: sentences about gateways, tunnels and pairs of tunnels."""
    tunnels = list(tunnels)
    return [
        *(sentence for name, gateway in gateways.items() for sentence in gateway_errors(name, gateway)),
        *(sentence for tunnel in tunnels for sentence in tunnel_errors(tunnel, gateways)),
        *(sentence for pair in combinations(tunnels, 2) for sentence in clashes(*pair)),
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"vpn_errors": vpn_errors}
