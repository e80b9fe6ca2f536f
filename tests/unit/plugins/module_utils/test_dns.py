# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import _dns
from ansible_collections.multicloud.dr.plugins.module_utils._dns import ask_udp, verdicts

from lab.route53.answer import Answer, RRset
from lab.route53.dns_server import serve

NAME = "writable.gcp.example"


class Servers:
    """What each server answers; OSError if it is not listed."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, name: str, server: str) -> list[str]:
        self.asked.append(server)
        if server not in self.answers:
            raise OSError("no answer")
        return self.answers[server]


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [(["up"], "up"), (["down"], "down"), ([], None), (["up", "down"], None), (["UP"], None), (["perhaps"], None)],
)
def test_one_of_two_words_is_a_verdict(texts: list[str], verdict: str | None) -> None:
    assert verdicts([NAME], ["a"], Servers(a=texts)) == {NAME: verdict}


def test_a_silent_server_is_passed_over() -> None:
    servers = Servers(b=["down"])
    assert verdicts([NAME], ["a", "b", "c"], servers) == {NAME: "down"}
    assert servers.asked == ["a", "b"]


def test_no_answer_at_all_is_no_verdict_and_ends() -> None:
    servers = Servers()
    assert verdicts([NAME], list("abcdef"), servers) == {NAME: None}
    assert servers.asked == ["a", "b", "c"]


def test_no_server_and_no_name() -> None:
    assert verdicts([NAME], []) == {NAME: None}
    assert verdicts([], ["a"]) == {}


@pytest.fixture
def name_server() -> Iterator[int]:
    """A real one on loopback: one TXT record, one name without, one that it refuses."""

    def answer(name: str, rdtype: str) -> Answer:
        if name == f"{NAME}." and rdtype == "TXT":
            return Answer("NOERROR", (RRset(name, 5, "TXT", ('"up"',)),))
        return Answer("REFUSED" if name.startswith("refused") else "NXDOMAIN")

    loop = asyncio.new_event_loop()
    udp, tcp = loop.run_until_complete(serve("127.0.0.1", 0, answer))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield tcp.sockets[0].getsockname()[1]

    async def close() -> None:
        udp.close()
        tcp.close()
        await tcp.wait_closed()

    asyncio.run_coroutine_threadsafe(close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_over_udp(name_server: int) -> None:
    assert ask_udp(NAME, f"127.0.0.1:{name_server}") == ["up"]
    assert ask_udp(NAME, f"localhost:{name_server}") == ["up"]
    assert ask_udp("other.example", f"127.0.0.1:{name_server}") == []
    with pytest.raises(OSError, match="REFUSED"):
        ask_udp("refused.example", f"127.0.0.1:{name_server}")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dns, "TIMEOUT_SECONDS", 0.2)
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="Timeout"):
            ask_udp(NAME, f"127.0.0.1:{silent.getsockname()[1]}")


def test_a_server_that_does_not_exist() -> None:
    with pytest.raises(OSError):
        ask_udp(NAME, "no-such-server.invalid")
