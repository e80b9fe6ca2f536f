# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53's verdict on a health check, read from DNS: a failover pair of TXT records answers "up" or "down".

So it comes from Route 53's data plane and takes no API call. No answer is None, which proves nothing.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-failover.html
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

VERDICTS = ("up", "down")
TIMEOUT_SECONDS = 1.0
# Asked one after the other, so this bounds how long no answer takes.
MAX_SERVERS = 3

Ask = Callable[[str, str], Collection[str]]


def verdicts(names: Iterable[str], servers: Sequence[str], ask: Ask | None = None) -> dict[str, str | None]:
    """What ``servers`` (addresses or names, the zone's own or a resolver's) say now: "up", "down" or None, by name.

    ``ask(name, server)`` returns the TXT strings; OSError: no answer.
    """
    ask = ask or ask_udp
    wanted = list(names)
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:
        return dict(zip(wanted, pool.map(lambda name: _verdict(name, servers, ask), wanted), strict=True))


def _verdict(name: str, servers: Sequence[str], ask: Ask) -> str | None:
    for server in servers[:MAX_SERVERS]:
        try:
            texts = list(ask(name, server))
        except OSError:
            continue
        # Anything but one of the two words is an answer, but no verdict.
        return texts[0] if len(texts) == 1 and texts[0] in VERDICTS else None
    return None


def ask_udp(name: str, server: str) -> list[str]:
    """The TXT strings of ``name``, as of :func:`records`."""
    return [b"".join(record.strings).decode(errors="replace") for record in records(name, "TXT", server)[0]]


def records(name: str, rdtype: str, server: str) -> tuple[list[Any], int | None]:
    """The records of ``name``, and for how many seconds they may be kept (None: there are none).

    In one question to ``server``, which may end in ``:PORT``. Raises OSError.
    """
    # Here, because ansible-core's checks import this file without dnspython.
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdatatype

    host, port = (server, "53") if server.count(":") != 1 else server.split(":")
    try:
        query = dns.message.make_query(name, rdtype)
        address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4][0]
        answer, _ = dns.query.udp_with_fallback(query, str(address), TIMEOUT_SECONDS, int(port))
    except dns.exception.DNSException as error:
        raise OSError(f"{name} at {server}: {error!r}") from error
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise OSError(f"{name} at {server}: {dns.rcode.to_text(answer.rcode())}")
    sets = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(rdtype)]
    return [record for rrset in sets for record in rrset], min((rrset.ttl for rrset in sets), default=None)
