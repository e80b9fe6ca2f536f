# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import struct

import dns.asyncquery
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest

from lab.route53.answer import Answer, RRset
from lab.route53.dns_server import respond, serve


def answers(*values: str, rdtype: str = "A") -> Answer:
    return Answer("NOERROR", (RRset("www.example.", 60, rdtype, values),))


def ask(result: Answer, query: dns.message.Message | None = None, tcp: bool = False) -> dns.message.Message:
    query = query or dns.message.make_query("www.example.", "A", use_edns=False)
    wire = respond(query.to_wire(), lambda *_: result, tcp)
    assert wire is not None
    return dns.message.from_wire(wire)


def test_an_authoritative_answer() -> None:
    response = ask(answers("192.0.2.1"))
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA
    assert response.answer[0].to_text() == "www.example. 60 IN A 192.0.2.1"


@pytest.mark.parametrize(
    ("rdtype", "given", "sent"),
    [
        ("CNAME", "web.example", "web.example."),  # Route 53 takes names as fully qualified
        ("MX", "10 mail.example.", "10 mail.example."),
        ("TXT", '"two" "strings"', '"two" "strings"'),
        ("AAAA", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_values_are_sent_as_configured(rdtype: str, given: str, sent: str) -> None:
    query = dns.message.make_query("www.example.", rdtype)
    assert ask(answers(given, rdtype=rdtype), query).answer[0][0].to_text() == sent


def test_the_name_and_type_reach_the_zone() -> None:
    asked: list[tuple[str, str]] = []

    def answer(name: str, rdtype: str) -> Answer:
        asked.append((name, rdtype))
        return Answer("REFUSED", authoritative=False)

    respond(dns.message.make_query("WWW.example", "TXT").to_wire(), answer, tcp=False)
    assert asked == [("WWW.example.", "TXT")]


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "REFUSED", "SERVFAIL"])
def test_response_codes(rcode: str) -> None:
    soa = RRset("example.", 300, "SOA", ("ns1.dns. hostmaster.dns. 1 7200 900 1209600 300",))
    response = ask(Answer(rcode, authority=(soa,)))
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert response.authority[0].ttl == 300


def many(count: int) -> Answer:
    return answers(*(f"192.0.2.{number}" for number in range(count)))


@pytest.mark.parametrize(
    ("count", "edns", "tcp", "truncated"),
    [
        (20, False, False, False),
        (60, False, False, True),  # over 512 bytes without EDNS
        (60, True, False, False),
        (100, True, False, True),  # over 1232 bytes
        (100, False, True, False),
    ],
)
def test_what_does_not_fit_is_truncated(count: int, edns: bool, tcp: bool, truncated: bool) -> None:
    query = dns.message.make_query("www.example.", "A", use_edns=edns, payload=4096 if edns else None)
    response = ask(many(count), query, tcp)
    assert bool(response.flags & dns.flags.TC) is truncated
    assert len(response.answer) == (0 if truncated else 1)


def test_a_record_set_that_cannot_be_sent_is_servfail_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert ask(answers("not an address")).rcode() == dns.rcode.SERVFAIL
    assert "SERVFAIL www.example. IN A" in caplog.text


@pytest.mark.parametrize("rdtype", ["ANY", "AXFR"])
def test_meta_queries_are_not_implemented(rdtype: str) -> None:
    assert ask(answers("192.0.2.1"), dns.message.make_query("example.", rdtype)).rcode() == dns.rcode.NOTIMP


def test_other_operations_are_not_implemented() -> None:
    query = dns.message.make_query("www.example.", "A")
    query.set_opcode(dns.opcode.NOTIFY)
    assert ask(answers("192.0.2.1"), query).rcode() == dns.rcode.NOTIMP


def test_garbage_and_responses_get_nothing() -> None:
    response = dns.message.make_response(dns.message.make_query("www.example.", "A"))
    assert respond(b"\x00", lambda *_: many(1), tcp=False) is None
    assert respond(response.to_wire(), lambda *_: many(1), tcp=False) is None


def test_udp_and_tcp_answer_on_one_port_and_survive_garbage() -> None:
    async def scenario() -> None:
        udp, tcp = await serve("127.0.0.1", 0, lambda *_: many(1))
        port = tcp.sockets[0].getsockname()[1]
        query = dns.message.make_query("www.example.", "A")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(struct.pack("!H", 1) + b"\x00")
            await writer.drain()
            writer.close()
            for ask_by in (dns.asyncquery.udp, dns.asyncquery.tcp):
                response = await ask_by(query, "127.0.0.1", port=port, timeout=5)
                assert response.answer[0].to_text() == "www.example. 60 IN A 192.0.2.0"
        finally:
            udp.close()
            tcp.close()
            await tcp.wait_closed()

    asyncio.run(scenario())
