# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.harness import writer
from tests.harness.checker import judge
from tests.harness.history import read_journal
from tests.harness.tables import Tables, read_tables
from tests.harness.writer import Address, Customers, Journal, Schedule, Shop, Visitor, ask, outcome

from .conftest import NameServer, final_rows

SCRIPT = Path(writer.__file__)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("status", "answer", "meaning"),
    [
        (201, None, "acked"),
        (200, {"order_id": 1}, "acked"),
        (403, None, "failed"),
        (409, {"error": "out_of_stock"}, "failed"),
        (503, {"error": "unavailable"}, "failed"),
        (503, {"error": "unknown"}, "unknown"),
        (503, None, "unknown"),
        (500, {"error": "failed"}, "unknown"),
        (502, None, "unknown"),
        (504, None, "unknown"),
        (302, None, "unknown"),
    ],
)
def test_what_an_answer_promises(status: int, answer: Any, meaning: str) -> None:
    assert outcome(status, answer) == meaning


def test_dns_gives_addresses_and_the_least_ttl(name_server: NameServer) -> None:
    name_server.records = [(5, 300, b"\x01x\x00"), (1, 20, bytes([10, 0, 0, 1])), (1, 60, bytes([10, 0, 0, 2]))]
    assert ask("shop.example", "127.0.0.1", port=name_server.port) == (["10.0.0.1", "10.0.0.2"], 20)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"code": 2}, "code 2"),
        ({"records": []}, "no address"),
        ({"records": [(5, 300, b"\x01x\x00")]}, "no address"),
        ({"cut": 7}, "damaged answer"),
    ],
)
def test_dns_that_gives_none_says_why(name_server: NameServer, broken: dict[str, Any], sentence: str) -> None:
    vars(name_server).update(broken)
    with pytest.raises(OSError, match=sentence):
        ask("shop.example", "127.0.0.1", port=name_server.port)


def test_a_client_that_honours_the_ttl_asks_again_when_it_is_over() -> None:
    clock, answers = Clock(), [(["a"], 60), (["b"], 0), (["c"], 60)]
    address = Address(lambda: answers.pop(0), clock=clock)
    assert address.get() == "a"
    clock.now = 59.9
    address.report("a", reached=False)
    assert address.get() == "a", "a broken address is kept until its TTL is over"
    clock.now = 60.0
    assert [address.get(), address.get()] == ["b", "c"], "a TTL of 0 is not kept at all"


def test_a_client_that_ignores_ttls_keeps_its_address_until_its_patience_is_over() -> None:
    clock, answers = Clock(), [(["a"], 0), (["b"], 0)]
    address = Address(lambda: answers.pop(0), patience=300, clock=clock)
    assert address.get() == "a"
    clock.now = 1000.0
    address.report("a", reached=False)
    clock.now = 1299.0
    address.report("a", reached=False)
    assert address.get() == "a"
    address.report("a", reached=True)  # one connection, and its patience begins anew
    clock.now = 1400.0
    address.report("a", reached=False)
    assert address.get() == "a"
    clock.now = 1700.0
    address.report("a", reached=False)
    assert address.get() == "b"
    address.report("a", reached=False)  # a late word about the old one
    assert address.get() == "b"


def test_a_client_without_any_patience_limit_never_asks_again() -> None:
    clock = Clock()
    address = Address(iter([(["a"], 0)]).__next__, patience=float("inf"), clock=clock)
    address.get()
    for clock.now in (1e3, 1e6, 1e9):
        address.report("a", reached=False)
        assert address.get() == "a"


def test_the_schedule_keeps_its_rate_and_skips_what_it_missed() -> None:
    clock = Clock()
    schedule = Schedule(rate=10, count=100, seconds=1.0, clock=clock)
    assert [schedule.take() for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])
    clock.now = 0.55
    assert schedule.take() == pytest.approx(0.5), "no more than one moment late"
    assert schedule.skipped == 2
    assert [schedule.take() for _ in range(5)] == pytest.approx([0.6, 0.7, 0.8, 0.9, 1.0])
    assert schedule.take() is None


def test_the_schedule_ends_after_so_many_orders() -> None:
    schedule = Schedule(rate=10, count=2, seconds=60, clock=Clock())
    assert [schedule.take() for _ in range(3)] == [0.0, pytest.approx(0.1), None]


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that does one thing with each connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        end = threading.Event()

        def serve() -> None:
            while not end.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            end.set()
            thread.join()


def says(text: str) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text.encode())

    return behave


def shop(port: int, timeout: float = 2.0) -> Shop:
    return Shop(f"http://shop.example:{port}", Address(lambda: (["127.0.0.1"], 60)), None, (timeout, timeout))


def answer(status: str, body: str = "", headers: str = "X-Site: aws\r\n") -> str:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("behave", "meaning"),
    [
        (says(answer("201 Created", '{"order_id": 7}')), "acked"),
        (says(answer("201 Created", "<html>")), "acked"),
        (says(answer("503 Service Unavailable", '{"error": "unavailable"}')), "failed"),
        (says(answer("502 Bad Gateway", "<html>")), "unknown"),
        (lambda connection: connection.recv(65536), "unknown"),  # reads the order, and goes away
        (says("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"), "unknown"),
        (says("nonsense"), "unknown"),
    ],
    ids=["made", "made, no JSON", "refused", "bad gateway", "cut off", "half an answer", "nonsense"],
)
def test_one_request(behave: Callable[[socket.socket], None], meaning: str) -> None:
    with server(behave) as port:
        entry, _ = shop(port).request("POST", "/api/orders", "{}")
    assert entry["outcome"] == meaning
    assert entry["address"] == "127.0.0.1"
    assert entry["end"] > entry["begin"]
    assert bool(entry["error"]) is (entry["status"] is None)


def test_silence_is_unknown_after_the_time_out() -> None:
    release = threading.Event()

    def behave(connection: socket.socket) -> None:
        release.wait(5)

    with server(behave) as port:
        entry, _ = shop(port, timeout=0.1).request("POST", "/api/orders", "{}")
        release.set()
    assert (entry["outcome"], entry["status"]) == ("unknown", None)
    assert entry["end"] - entry["begin"] >= 0.1


def test_a_refused_connection_has_asked_for_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    entry, _ = shop(port).request("POST", "/api/orders", "{}")
    assert (entry["outcome"], entry["address"]) == ("failed", "127.0.0.1")
    assert entry["error"].startswith("ConnectionRefusedError")


def test_a_name_without_an_address_has_asked_for_nothing() -> None:
    def resolve() -> tuple[list[str], int]:
        raise OSError("DNS knows no address")

    entry, _ = Shop("http://shop.example", Address(resolve), None).request("POST", "/api/orders", "{}")
    assert (entry["outcome"], entry["address"], entry["error"]) == ("failed", "", "OSError: DNS knows no address")


class FakeShop:
    """Answers as scripted."""

    origin = "https://shop.example"

    def __init__(self, *outcomes: str) -> None:
        self._outcomes = list(outcomes)
        self.keys: list[str] = []

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[dict[str, Any], Any]:
        self.keys.append(headers["Idempotency-Key"])
        return {"outcome": self._outcomes.pop(0), "begin": 0.0, "end": 0.0}, {}


@pytest.mark.parametrize(
    ("outcomes", "tries", "attempts"),
    [
        (["unknown", "unknown", "acked"], 5, ["unknown", "unknown", "acked"]),
        (["unknown", "unknown", "acked"], 2, ["unknown", "unknown"]),
        (["unknown", "acked"], 1, ["unknown"]),
        (["failed", "acked"], 5, ["failed"]),
        (["acked", "acked"], 5, ["acked"]),
    ],
)
def test_only_an_unknown_outcome_is_repeated_with_the_same_key(
    outcomes: list[str], tries: int, attempts: list[str]
) -> None:
    fake: Any = FakeShop(*outcomes)
    stream, stop = io.StringIO(), threading.Event()
    customers = Customers(fake, Journal(stream, stop), "honours-ttl", "a@b.example", ["cup", "jar"], stop, tries, 0.0)
    customers.order(due=0.0, writer=0)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["outcome"] for line in lines] == attempts
    assert [line["number"] for line in lines] == list(range(1, len(attempts) + 1))
    assert len(set(fake.keys)) == len({line["id"] for line in lines}) == 1


def test_nobody_reads_the_journal_any_more() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    stop = threading.Event()
    Journal(Broken(), stop).write("attempt")
    assert stop.is_set()


def command(name_server: NameServer, port: int, *more: str) -> list[str]:
    where = ["--resolver=127.0.0.1", f"--dns-port={name_server.port}"]
    return [sys.executable, str(SCRIPT), f"http://shop.example:{port}", *where, *more]


@pytest.mark.parametrize("client", ["ignores-ttl", "cdn"])
def test_the_real_shop_its_journal_and_the_judgement(
    real_shop: int, name_server: NameServer, tmp_path: Path, client: str
) -> None:
    name_server.records = [(1, 0, bytes([127, 0, 0, 1]))]
    more = ("--rate=40", "--writers=2", "--count=20", "--cart=0.05", f"--client={client}", "--run=abc")
    done = subprocess.run(command(name_server, real_shop, *more), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    journal = read_journal(done.stdout.splitlines())
    assert (journal.run, journal.client, len(journal.attempts)) == ("abc", client, 20)
    assert name_server.asked == 1
    tables = read_tables(final_rows(tmp_path / "shop.db"))
    judgement = judge([journal], tables)
    assert (judgement.verdict, judgement.reasons, judgement.stable) == ("pass", (), 20)
    (cart,) = judgement.carts
    assert (cart.survived, cart.kept) == (True, True)
    # Negative control, with the same data.
    assert judge([journal], Tables(tables.orders[1:])).verdict == "fail"


@pytest.mark.parametrize("how", ["end of input", "SIGTERM"])
def test_it_ends_in_order_when_told_to(real_shop: int, name_server: NameServer, how: str) -> None:
    with subprocess.Popen(
        command(name_server, real_shop, "--until-eof"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        lines = [process.stdout.readline(), process.stdout.readline()]
        if how == "SIGTERM":
            process.terminate()
        else:
            process.stdin.close()
        lines += process.stdout.readlines()
        assert process.wait(10) == 0
    journal = read_journal(lines)
    assert journal.end is not None
    assert {one.outcome for one in journal.attempts} == {"acked"}


def test_without_a_shop_it_says_so_in_one_sentence(name_server: NameServer) -> None:
    name_server.code = 3
    done = subprocess.run(command(name_server, 9), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "writer: no products from http://shop.example:9 (status None) OSError: DNS answered with code 3"
    ]


def test_a_visitor_gets_a_new_cart_until_the_first_is_confirmed() -> None:
    class Moody:
        origin = "https://shop.example"
        statuses: tuple[int, ...] = (503, 303)
        cookies: tuple[str, ...] = ("", "shop_session=s1; Path=/")

        def __init__(self) -> None:
            self.asked: list[tuple[str, str, str | None]] = []

        def request(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[Any, Any]:
            number = len(self.asked)
            self.asked.append((method, path, headers.get("Cookie")))
            entry = {"outcome": "acked", "status": 200, "answer": {"count": 2}, "begin": 0.0, "end": 0.0}
            if method == "POST":
                status = self.statuses[number] if number < 2 else 303
                entry |= {"status": status, "outcome": outcome(status, {"error": "unavailable"})}
            return entry, {"Set-Cookie": self.cookies[number] if number < 2 else "shop_session=s1"}

    fake: Any = Moody()
    stop, stream = threading.Event(), io.StringIO()
    visitor = Visitor(fake, Journal(stream, stop), "honours-ttl", "cup")
    turns = iter([False, False, False, True])
    ticking: Any = type("Ticking", (), {"wait": lambda self, seconds: next(turns)})()
    visitor.stay(ticking, 0.0)
    assert fake.asked == [
        ("POST", "/en/cart/items", None),
        ("POST", "/en/cart/items", None),
        ("GET", "/api/cart", "shop_session=s1"),
        ("POST", "/en/cart/items", "shop_session=s1"),
        ("GET", "/api/cart", "shop_session=s1"),
    ]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["step"], line["outcome"], line["expected"]) for line in lines] == [
        ("fill", "failed", 0),
        ("fill", "acked", 2),
        ("look", "acked", 2),
        ("change", "acked", 3),
        ("look", "acked", 3),
    ]
    assert lines[3]["same_session"] is True
