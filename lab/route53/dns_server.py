# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authoritative name server: DNS messages over UDP and TCP (RFC 1035, RFC 6891, RFC 7766) around ``answer``."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from .answer import Answer, RRset

log = logging.getLogger(__name__)

UDP_WITHOUT_EDNS = 512
# What this server sends at most by UDP (dnsflagday.net/2020).
UDP_PAYLOAD = 1232
TCP_IDLE_SECONDS = 10

Resolver = Callable[[str, str], Answer]


def respond(wire: bytes, answer: Resolver, tcp: bool) -> bytes | None:
    """One query in, one response out; None for what is not worth an answer."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    response = dns.message.make_response(query, our_payload=UDP_PAYLOAD)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
        return response.to_wire()
    question = query.question[0]
    if question.rdclass != dns.rdataclass.IN or dns.rdatatype.is_metatype(question.rdtype):
        response.set_rcode(dns.rcode.NOTIMP)
        return response.to_wire()
    try:
        _fill(response, answer(question.name.to_text(), dns.rdatatype.to_text(question.rdtype)))
    except Exception:  # whatever is wrong with one record set, the client gets an answer and the log the reason
        log.exception("SERVFAIL %s: a record set of the zone cannot be sent", question)
        response.answer = response.authority = []
        response.set_rcode(dns.rcode.SERVFAIL)
    if tcp:
        return response.to_wire()
    limit = min(query.payload, UDP_PAYLOAD) if query.edns >= 0 else UDP_WITHOUT_EDNS
    return _fit(response, max(limit, UDP_WITHOUT_EDNS))


def _fill(response: dns.message.Message, result: Answer) -> None:
    response.set_rcode(dns.rcode.from_text(result.rcode))
    if result.authoritative:
        response.flags |= dns.flags.AA
    response.answer = [_rrset(rrset) for rrset in result.answers]
    response.authority = [_rrset(rrset) for rrset in result.authority]


def _rrset(rrset: RRset) -> dns.rrset.RRset:
    """Values may lack the final dot: Route 53 takes every name in them as fully qualified."""
    kind = dns.rdatatype.from_text(rrset.type)
    return dns.rrset.from_text_list(
        rrset.name, rrset.ttl, dns.rdataclass.IN, kind, rrset.values, origin=dns.name.root, relativize=False
    )


def _fit(response: dns.message.Message, limit: int) -> bytes:
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer = response.authority = []
        response.flags |= dns.flags.TC
        return response.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answer: Resolver) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        response = respond(data, self._answer, tcp=False)
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)


async def _serve_tcp(answer: Resolver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            async with asyncio.timeout(TCP_IDLE_SECONDS):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await reader.readexactly(length)
            response = respond(wire, answer, tcp=True)
            if response is None:
                return
            writer.write(struct.pack("!H", len(response)) + response)
            await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve(address: str, port: int, answer: Resolver) -> tuple[asyncio.DatagramTransport, asyncio.Server]:
    """Start both servers; the port is taken on UDP and TCP alike."""
    loop = asyncio.get_running_loop()
    tcp = await asyncio.start_server(lambda reader, writer: _serve_tcp(answer, reader, writer), address, port)
    bound = tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(answer), local_addr=(address, bound))
    return udp, tcp
