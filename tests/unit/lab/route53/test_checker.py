# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe against real servers on loopback: each test is one server behaviour."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.route53 import checker
from lab.route53.checker import probe
from lab.route53.model import HealthCheck

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SOURCE = "127.0.0.77"
HTTP = HealthCheck("h", "HTTP", ip_address="127.0.0.1")


async def unresolvable(name: str) -> str:
    raise OSError(f"{name} does not exist")


def run(
    handler: Handler,
    check: HealthCheck = HTTP,
    context: ssl.SSLContext | None = None,
    resolve: checker.Resolve = unresolvable,
) -> tuple[bool, str]:
    """Probe a server on a free port."""

    async def scenario() -> tuple[bool, str]:
        server = await asyncio.start_server(_quiet(handler), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await probe(replace(check, port=port), SOURCE, resolve)

    return asyncio.run(scenario())


def _quiet(handler: Handler) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return serve


def answering(response: str | bytes, seen: list[str] | None = None) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(request.decode())
        writer.write(response if isinstance(response, bytes) else response.encode())

    return handler


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits in fifths of a second, for servers that never answer."""
    for name in ("HTTP_CONNECT_SECONDS", "TCP_CONNECT_SECONDS", "STATUS_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(checker, name, 0.2)


def test_the_limits_are_the_documented_ones() -> None:
    limits = (checker.HTTP_CONNECT_SECONDS, checker.TCP_CONNECT_SECONDS, checker.STATUS_SECONDS, checker.BODY_SECONDS)
    assert limits == (4, 10, 2, 2)
    assert checker.SEARCHED_BYTES == 5120


@pytest.mark.parametrize(
    ("status", "ok"),
    [
        ("200 OK", True),
        ("204 No Content", True),
        ("302 Found", True),
        ("399 x", True),
        ("400 x", False),
        ("503 x", False),
    ],
)
def test_2xx_and_3xx_are_healthy(status: str, ok: bool) -> None:
    result = run(answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
    assert result[0] is ok
    assert f"HTTP Status Code {status.partition(' ')[0]}" in result[1]


def test_the_request_carries_path_host_and_comes_from_the_checker() -> None:
    seen: list[str] = []
    peers: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await answering("HTTP/1.1 200 OK\r\n\r\n", seen)(reader, writer)

    run(handler, replace(HTTP, resource_path="/healthz?deep=1", fqdn="shop.example"))
    assert seen[0].startswith("GET /healthz?deep=1 HTTP/1.1\r\nHost: shop.example:")
    assert "User-Agent: Amazon-Route53-Health-Check-Service" in seen[0]
    assert peers == [SOURCE]


@pytest.mark.parametrize(
    ("kind", "fqdn", "port", "host"),
    [
        ("HTTP", "shop.example", 80, "shop.example"),
        ("HTTPS", "shop.example", 443, "shop.example"),
        ("HTTP", "shop.example", 443, "shop.example:443"),
        ("HTTP", None, 80, "192.0.2.1"),
    ],
)
def test_the_host_header_has_the_port_unless_it_is_the_default(
    kind: str, fqdn: str | None, port: int, host: str
) -> None:
    request = checker._request(HealthCheck("h", kind, fqdn=fqdn), "192.0.2.1", port).decode()
    assert f"\r\nHost: {host}\r\n" in request


def test_a_refused_connection_fails() -> None:
    async def scenario() -> tuple[bool, str]:
        server = await asyncio.start_server(_quiet(answering("")), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await probe(replace(HTTP, port=port), SOURCE, unresolvable)

    ok, status = asyncio.run(scenario())
    assert not ok
    assert status.startswith("Failure: ")


@pytest.mark.usefixtures("impatient")
def test_a_dropped_connection_fails_after_the_connect_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio, "open_connection", never)
    ok, status = asyncio.run(probe(replace(HTTP, port=80), SOURCE, unresolvable))
    assert (ok, "timed out" in status) == (False, True)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_accepts_and_stays_silent_fails() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)

    ok, status = run(silent)
    assert (ok, "two seconds" in status) == (False, True)


@pytest.mark.parametrize("response", ["", "HTTP/1.1 200", "not http at all\r\n\r\n"])
def test_a_broken_response_fails(response: str) -> None:
    ok, status = run(answering(response))
    assert (ok, status.startswith("Failure: ")) == (False, True)


def test_endless_headers_fail() -> None:
    ok, _ = run(answering(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40000))
    assert not ok


# --- string matching

MATCH = replace(HTTP, type="HTTP_STR_MATCH", search_string="open")


def body(text: str, *headers: str) -> str:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", text])


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("we are open", True),
        ("we are closed", False),
        ("Open", False),  # the case counts
        ("x" * 5116 + "open", True),  # the last possible place
        ("x" * 5117 + "open", False),
        ("x" * 20000 + "open", False),
    ],
)
def test_the_string_has_to_stand_in_the_first_5120_bytes(text: str, ok: bool) -> None:
    assert run(answering(body(text)), MATCH)[0] is ok
    assert run(answering(body(text, f"Content-Length: {len(text)}")), MATCH)[0] is ok


def test_a_chunked_body_is_searched_without_its_chunk_sizes() -> None:
    chunked = body("2\r\nop\r\n2\r\nen\r\n0\r\n\r\n", "Transfer-Encoding: chunked")
    assert run(answering(chunked), MATCH)[0]


def test_the_status_counts_before_the_string() -> None:
    ok, status = run(answering("HTTP/1.1 503 closed\r\n\r\nopen"), MATCH)
    assert (ok, "503" in status) == (False, True)


@pytest.mark.usefixtures("impatient")
def test_a_body_that_does_not_come_fails() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(body("", "Content-Length: 4").encode())
        await writer.drain()
        await asyncio.sleep(0.5)

    ok, status = run(slow, MATCH)
    assert (ok, "body was not received" in status) == (False, True)


# --- TCP, TLS, names


def test_tcp_is_healthy_when_the_connection_is_accepted() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert run(silent, replace(HTTP, type="TCP")) == (True, "Success: TCP connection established")


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for another name that ran out long ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "someone.else")])
    start = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "expired.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.mark.parametrize(("enable_sni", "expected"), [(True, "shop.example"), (False, None)])
def test_https_does_not_validate_and_sends_the_name_if_told_to(
    expired: Path, enable_sni: bool, expected: str | None
) -> None:
    names: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(expired)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    check = replace(HTTP, type="HTTPS", fqdn="shop.example", enable_sni=enable_sni)
    assert run(answering("HTTP/1.1 200 OK\r\n\r\n"), check, context)[0]
    assert names == [expected]


@pytest.mark.parametrize(("version", "ok"), [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, False)])
def test_https_needs_tls_1_2(expired: Path, version: ssl.TLSVersion, ok: bool) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(expired)
    context.minimum_version = context.maximum_version = version
    assert run(answering("HTTP/1.1 200 OK\r\n\r\n"), replace(HTTP, type="HTTPS"), context)[0] is ok


def test_https_against_plain_http_fails() -> None:
    ok, status = run(answering("HTTP/1.1 200 OK\r\n\r\n"), replace(HTTP, type="HTTPS"))
    assert (ok, status.startswith("Failure: ")) == (False, True)


def test_without_an_address_the_name_is_resolved_before_each_request() -> None:
    asked: list[str] = []

    async def resolve(name: str) -> str:
        asked.append(name)
        return "127.0.0.1"

    check = replace(HTTP, ip_address=None, fqdn="shop.example")
    assert run(answering("HTTP/1.1 200 OK\r\n\r\n"), check, resolve=resolve)[0]
    assert asked == ["shop.example"]


def test_a_name_without_an_address_fails() -> None:
    ok, status = run(answering(""), replace(HTTP, ip_address=None, fqdn="nope.example"))
    assert (ok, status) == (False, "Failure: DNS resolution failed: nope.example does not exist")
