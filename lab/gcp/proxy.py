# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that ends TLS itself, so that unmodified clients reach the emulator by HTTPS_PROXY and REQUESTS_CA_BUNDLE.

Whoever honours the proxy cannot leave the machine: every host but Google's is refused.
"""

from __future__ import annotations

import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Also regional endpoints, as secretmanager.europe-west1.rep.googleapis.com.
_SERVED = re.compile(r"([a-z0-9-]+\.)*googleapis\.com")
_LIFETIME = timedelta(days=7)


def served(host: str) -> bool:
    """Is this one of the hosts that the emulator speaks for?"""
    return bool(_SERVED.fullmatch(host))


class Authority:
    """A throw-away certificate authority; a host gets its certificate when it is first asked for.

    ``folder/ca.pem`` is what clients have to trust. No private key of the authority is written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.pem"
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("multicloud.dr lab: Google APIs")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._certificate = self._signed(
            self._name, self._key, [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
        )
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str) -> ssl.SSLContext:
        """The server's side of TLS for a host."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._mint(host)
            return self._contexts[host]

    def _mint(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        leaf = self._signed(
            _named(host), key, [(x509.BasicConstraints(ca=False, path_length=None), True), (names, False)]
        )
        file = self._folder / f"{host}.pem"
        file.touch(mode=0o600)
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extensions: list[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        today = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(minutes=5))
            .not_valid_after(today + _LIFETIME)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256())


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, text)])
