# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the description of a managed VPN, before any of it is built."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_vpn_errors
short_description: Check the connections of role aws_vpn
version_added: 0.2.0
author: The multicloud.dr maintainers
description:
  - Returns one sentence for each mistake that AWS would refuse or that would leave a tunnel down. It repeats no key.
  - The role's preflight asserts that there is none.
options:
  _input:
    description: Connections as in C(aws_vpn_connections).
    type: list
    elements: dict
    required: true
  psks:
    description: Pre-shared key by name of the tunnel, as in C(aws_vpn_psks).
    type: dict
    required: true
  asn:
    description: AWS's autonomous system, as in C(aws_vpn_asn).
    type: int
    required: true
  options:
    description: Options of all tunnels, as in C(aws_vpn_tunnel_options).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Refuse tunnels that cannot work
  ansible.builtin.assert:
    that: __errors | length == 0
    fail_msg: "{{ __errors | join(' ') }}"
  vars:
    __errors: "{{ aws_vpn_connections | multicloud.dr.aws_vpn_errors(aws_vpn_psks, aws_vpn_asn) }}"
"""

RETURN = r"""
_value:
  description: Sentences; empty if all is well.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address
from itertools import combinations
from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._ec2_vpn import tunnels as rules

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnGateway.html (AmazonSideAsn)
AMAZON_ASNS = ((64_512, 65_534), (4_200_000_000, 4_294_967_294))
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html (BgpAsn)
CUSTOMER_ASNS = (1, 2_147_483_647)


def is_int(value: object, least: int, most: int) -> bool:
    """Whether C(value) is a number, not its text, between both limits."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def connection_errors(
    connection: Mapping[str, Any], psks: Mapping[str, Any], asn: int, options: Mapping[str, Any]
) -> Iterator[str]:
    """Sentences about one entry of C(aws_vpn_connections)."""
    where = f"aws_vpn_connections: {connection.get('name')!r}"
    try:
        IPv4Address(str(connection.get("peer_address")))
    except AddressValueError:
        yield f"{where} has the peer_address {connection.get('peer_address')!r}; an IPv4 address is needed."
    peer = connection.get("peer_asn")
    if not is_int(peer, *CUSTOMER_ASNS) or peer == asn:
        least, most = CUSTOMER_ASNS
        yield f"{where} has the peer_asn {peer!r}; allowed are {least} to {most} other than aws_vpn_asn, {asn}."
    tunnels = connection.get("tunnels") or []
    if len(tunnels) != rules.TUNNELS:
        yield f"{where} has {len(tunnels)} tunnels; {rules.TUNNELS} are needed."
    for tunnel in tunnels:
        if tunnel.get("name") not in psks:
            yield f"aws_vpn_psks has no key for the tunnel {tunnel.get('name')!r} of {connection.get('name')!r}."
        wanted = {**options, "inside_cidr": str(tunnel.get("inside_cidr"))}
        wanted[rules.SECRET] = str(psks.get(tunnel.get("name"), "missing_key"))
        try:
            rules.require_valid([rules.given(wanted)])
        except rules.OptionError as error:
            yield f"{where}: the tunnel {tunnel.get('name')!r}: {str(error).removeprefix('tunnels: tunnel 1 ')}"


def clashes(connections: Sequence[Mapping[str, Any]], psks: Mapping[str, Any]) -> Iterator[str]:
    """Sentences about what connections and tunnels must not share."""
    for key, what in (("name", "aws_vpn_connections"), ("peer_address", "aws_vpn_connections")):
        for one, other in combinations(connections, 2):
            if one.get(key) == other.get(key):
                yield f"{what}: {one.get('name')!r} and {other.get('name')!r} have the same {key}; each needs its own."
    tunnels = [tunnel for connection in connections for tunnel in connection.get("tunnels") or ()]
    for one, other in combinations(tunnels, 2):
        where = f"aws_vpn_connections: the tunnels {one.get('name')!r} and {other.get('name')!r}"
        for key in ("name", "inside_cidr"):
            if one.get(key) == other.get(key):
                yield f"{where} have the same {key} {one.get(key)!r}; each needs its own."
        keys = psks.get(one.get("name")), psks.get(other.get("name"))
        if keys[0] is not None and keys[0] == keys[1] and one.get("name") != other.get("name"):
            yield f"{where} have the same key in aws_vpn_psks; each needs its own."


def aws_vpn_errors(
    connections: Iterable[Mapping[str, Any]],
    psks: Mapping[str, Any],
    asn: int,
    options: Mapping[str, Any] | None = None,
) -> list[str]:
    """The filter."""
    connections = list(connections)
    allowed = " and ".join(f"{least} to {most}" for least, most in AMAZON_ASNS)
    wrong_asn = not any(is_int(asn, least, most) for least, most in AMAZON_ASNS)
    return [
        *([f"aws_vpn_asn is {asn!r}; allowed are {allowed}."] if wrong_asn else []),
        *(sentence for each in connections for sentence in connection_errors(each, psks, asn, options or {})),
        *clashes(connections, psks),
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"aws_vpn_errors": aws_vpn_errors}
