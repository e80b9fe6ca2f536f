"""The authority and its certificates as a TLS client judges them."""

import os
import socket
import ssl
import threading
from pathlib import Path

import pytest

PKI = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "pki"


def shake_hands(leaf: str, name: str, authority: Path = PKI / "ca.crt") -> None:
    """A TLS handshake in which both sides show ``leaf`` and verify; raises ssl.SSLError."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(PKI / "ca.crt"))
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(authority))
    for context in (server, client):
        context.load_cert_chain(PKI / f"{leaf}.crt", PKI / f"{leaf}.key")
    left, right = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(left, server_side=True) as connection:
                connection.sendall(connection.recv(1))
        except ssl.SSLError:
            left.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(right, server_hostname=name) as connection:
            connection.sendall(b"x")
            assert connection.recv(1) == b"x"
    finally:
        right.close()
        thread.join()


@pytest.mark.parametrize(
    ("leaf", "name"),
    [("db1", "db1"), ("db1", "db1.example.com"), ("db1", "10.10.0.20"), ("edge1", "shop.example.com")],
)
def test_server_and_client_verify_each_other(leaf: str, name: str) -> None:
    shake_hands(leaf, name)


@pytest.mark.parametrize(("leaf", "name"), [("db1", "shop.example.com"), ("db1", "10.10.0.21"), ("edge1", "edge1")])
def test_other_names_are_refused(leaf: str, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(leaf, name)


def test_another_authority_is_not_believed() -> None:
    with pytest.raises(ssl.SSLError):
        shake_hands("db1", "db1", PKI / "db1.crt")


def test_keys_are_for_their_owner_only() -> None:
    assert PKI.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in PKI.glob("*.key")} == {0o600}
