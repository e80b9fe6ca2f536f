# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request of one health checker: the only part that touches the network of the endpoint.

Limits: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
Host header: https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from http.client import HTTPException, HTTPResponse
from typing import cast

from .model import HealthCheck

HTTP_CONNECT_SECONDS = 4
TCP_CONNECT_SECONDS = 10
STATUS_SECONDS = 2
BODY_SECONDS = 2
SEARCHED_BYTES = 5120
# Room for headers and chunk sizes around the searched bytes.
RESPONSE_LIMIT = SEARCHED_BYTES + 64 * 1024
USER_AGENT = "Amazon-Route53-Health-Check-Service (lab)"
DEFAULT_PORT = {"HTTP": 80, "HTTP_STR_MATCH": 80, "HTTPS": 443, "HTTPS_STR_MATCH": 443}

Resolve = Callable[[str], Awaitable[str]]


class ProbeError(Exception):
    """Why the endpoint failed, worded as GetHealthCheckStatus reports it."""


async def probe(check: HealthCheck, source: str, resolve: Resolve) -> tuple[bool, str]:
    """One request from the address ``source``. Returns success and Route 53's wording of it; never raises."""
    try:
        return True, await _probe(check, source, resolve)
    except ProbeError as failure:
        return False, f"Failure: {failure}"


async def _probe(check: HealthCheck, source: str, resolve: Resolve) -> str:
    address = check.ip_address or await _resolved(check, resolve)
    port = check.port or DEFAULT_PORT.get(check.type, 0)
    limit = TCP_CONNECT_SECONDS if check.type == "TCP" else HTTP_CONNECT_SECONDS
    async with _connection(address, port, source, limit) as (reader, writer):
        if check.type == "TCP":
            return "Success: TCP connection established"
        code, reason, raw = await _status(check, address, port, reader, writer)
        status = f"HTTP Status Code {code}, {reason}"
        if not 200 <= code < 400:
            raise ProbeError(status)
        if check.search_string is not None:
            await _search(check.search_string, raw, reader)
        return f"Success: {status}"


async def _resolved(check: HealthCheck, resolve: Resolve) -> str:
    """Without an IP address the checker resolves the name at every interval, IPv4 only."""
    try:
        return await asyncio.wait_for(resolve(check.fqdn or ""), HTTP_CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise ProbeError(f"DNS resolution failed: {error or 'no answer in time'}") from error


@contextlib.asynccontextmanager
async def _connection(
    address: str, port: int, source: str, limit: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    opening = asyncio.open_connection(address, port, local_addr=(source, 0), limit=RESPONSE_LIMIT)
    try:
        reader, writer = await asyncio.wait_for(opening, limit)
    except TimeoutError as error:
        raise ProbeError("Connection timed out. The endpoint or the internet connection is down.") from error
    except OSError as error:
        raise ProbeError(f"{error.strerror or error}") from error
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _status(
    check: HealthCheck, address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, str, bytes]:
    """TLS, request and response head, all within two seconds of connecting. Returns code, reason and the head."""
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            if check.type.startswith("HTTPS"):
                await writer.start_tls(_unverified(), server_hostname=check.fqdn if check.enable_sni else None)
            writer.write(_request(check, address, port))
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError as error:
        raise ProbeError("The endpoint did not answer within two seconds of connecting.") from error
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
        raise ProbeError(f"The endpoint broke off: {error}") from error
    response = _parsed(head)
    return response.status, response.reason, head


def _request(check: HealthCheck, address: str, port: int) -> bytes:
    host = check.fqdn or address
    if port != DEFAULT_PORT.get(check.type):
        host = f"{host}:{port}"
    return (
        f"GET {check.resource_path or '/'} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode()


@functools.cache
def _unverified() -> ssl.SSLContext:
    """HTTPS health checks do not validate certificates; "the endpoint must support TLS v1.0, v1.1, or v1.2".

    One for all, and without the system's certificates: to read those takes 40 ms, in which no other checker moves.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _search(wanted: str, head: bytes, reader: asyncio.StreamReader) -> None:
    """The string has to stand in the first 5,120 bytes of a body received within two seconds of the status."""
    received = head
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while wanted.encode() not in _body(received) and len(received) < len(head) + RESPONSE_LIMIT:
                block = await reader.read(RESPONSE_LIMIT)
                if not block:
                    break
                received += block
    except (TimeoutError, OSError) as error:
        raise ProbeError("The response body was not received within two seconds of the status.") from error
    if wanted.encode() not in _body(received):
        raise ProbeError("The search string is not in the first 5120 bytes of the response body.")


def _body(received: bytes) -> bytes:
    """What has arrived of the body's first bytes, transfer encoding removed."""
    try:
        return _parsed(received).read(SEARCHED_BYTES)
    except HTTPException as error:
        return cast(bytes, getattr(error, "partial", b""))


def _parsed(received: bytes) -> HTTPResponse:
    response = HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        response.begin()
    except HTTPException as error:
        raise ProbeError(f"The response is not HTTP/1.1: {error!r}") from error
    return response


class _Received:
    """The one method of a socket that HTTPResponse uses."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
