# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio

import pytest

from lab.aws.resolver import resolver
from lab.route53.answer import Answer, RRset
from lab.route53.dns_server import serve


def resolve(name: str) -> str:
    """Resolve with a DNS server on loopback that knows one name."""

    def answer(asked: str, rdtype: str) -> Answer:
        known = (asked, rdtype) == ("shop.example.", "A")
        return Answer("NOERROR", (RRset(asked, 5, "A", ("192.0.2.1",)),)) if known else Answer("NXDOMAIN")

    async def scenario() -> str:
        udp, tcp = await serve("127.0.0.1", 0, answer)
        port = tcp.sockets[0].getsockname()[1]
        stub = resolver("127.0.0.1", port)
        try:
            return await stub(name)
        finally:
            udp.close()
            tcp.close()
            await tcp.wait_closed()

    return asyncio.run(scenario())


def test_a_name_is_asked_at_the_given_server() -> None:
    assert resolve("shop.example") == "192.0.2.1"


def test_a_name_that_does_not_exist_is_an_os_error() -> None:
    with pytest.raises(OSError, match="nope"):
        resolve("nope.example")
