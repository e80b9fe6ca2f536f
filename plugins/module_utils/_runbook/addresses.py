# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses DNS answers now, asked like _dns.py asks for verdicts."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from .._dns import MAX_SERVERS, TIMEOUT_SECONDS


def addresses(name: str, servers: Sequence[str]) -> list[str] | None:
    """The addresses of ``name``, from the first of ``servers`` that answers; None: none does."""
    found = lookup(name, servers)
    return None if found is None else found[0]


def lookup(name: str, servers: Sequence[str]) -> tuple[list[str], int | None] | None:
    """The addresses, and for how many seconds they may be kept; None if there are none."""
    # Here, because ansible-core's checks import this file without dnspython.
    import dns.exception
    import dns.message
    import dns.query
    import dns.rdatatype

    for server in servers[:MAX_SERVERS]:
        host, port = (server, "53") if server.count(":") != 1 else server.split(":")
        try:
            address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0]
            query = dns.message.make_query(name, "A")
            answer, _ = dns.query.udp_with_fallback(query, str(address), TIMEOUT_SECONDS, int(port))
        except (OSError, dns.exception.DNSException):
            continue
        sets = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.A]
        found = sorted(str(record) for rrset in sets for record in rrset)
        return found, min((rrset.ttl for rrset in sets), default=None)
    return None
