"""The filter that decides which certificates are issued again."""

import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.multicloud.dr.plugins.filter.certificates_due import certificates_due
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LEAF = {"name": "db1", "dns": ["db1"], "ip": ["10.10.0.20"]}


def write_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key


def issue(directory: Path, name: str, issuer: ec.EllipticCurvePrivateKey | None = None, days: int = 90) -> None:
    """Write NAME.crt and NAME.key, self-signed if no issuer's key is given."""
    key = write_key(directory / f"{name}.key")
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")]) if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
    if issuer:
        names = x509.SubjectAlternativeName([x509.DNSName("db1"), x509.IPAddress(ip_address("10.10.0.20"))])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(issuer or key, hashes.SHA256())
    (directory / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def load(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    issue(tmp_path, "ca", days=3650)
    issue(tmp_path, "db1", load(tmp_path / "ca.key"))
    return tmp_path


def reasons(pki: Path, leaf: dict[str, Any] = LEAF, days: int = 30) -> list[str]:
    return [due["reason"] for due in certificates_due([leaf], str(pki), days)]


def test_nothing_is_due(pki: Path) -> None:
    assert reasons(pki) == []
    assert reasons(pki, {"name": "ca"}) == []


def test_order_of_the_names_does_not_matter(pki: Path) -> None:
    issue(pki, "db1", load(pki / "ca.key"))
    assert reasons(pki, {**LEAF, "dns": ["db1", "db1"]}) == []


@pytest.mark.parametrize("file", ["db1.crt", "db1.key", "ca.crt"])
def test_missing(pki: Path, file: str) -> None:
    (pki / file).unlink()
    assert reasons(pki) == [f"{file} is missing"]


def test_expiring(pki: Path) -> None:
    assert reasons(pki, days=89) == []
    [reason] = reasons(pki, days=91)
    assert reason.startswith("expires 2")


@pytest.mark.parametrize("change", [{"dns": ["db1", "db2"]}, {"dns": []}, {"ip": ["10.10.0.21"]}])
def test_other_names(pki: Path, change: dict[str, list[str]]) -> None:
    assert reasons(pki, {**LEAF, **change}) == ["other names are wanted"]


def test_other_key(pki: Path) -> None:
    write_key(pki / "db1.key")
    assert reasons(pki) == ["does not belong to its key"]


def test_other_authority(pki: Path) -> None:
    issue(pki, "ca")
    assert reasons(pki) == ["was not issued by ca.crt"]


def test_rubbish_is_an_error_that_names_the_folder(pki: Path) -> None:
    (pki / "db1.crt").write_text("rubbish")
    with pytest.raises(AnsibleFilterError, match=str(pki)):
        reasons(pki)
