"""What is issued again, and what stays (side_effect.yml)."""

import os
from pathlib import Path

import pytest
from cryptography import x509

NOW = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "pki"
BEFORE = NOW.with_name("pki.before")


def certificate(directory: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((directory / f"{name}.crt").read_bytes())


@pytest.mark.parametrize("name", ["ca", "kept"])
def test_what_is_not_due_stays(name: str) -> None:
    assert certificate(NOW, name) == certificate(BEFORE, name)


@pytest.mark.parametrize(("name", "same_key"), [("renamed", True), ("keyless", False)])
def test_what_is_due_is_issued_again(name: str, same_key: bool) -> None:
    now, before = certificate(NOW, name), certificate(BEFORE, name)
    assert now != before
    assert (now.public_key() == before.public_key()) is same_key


def test_names_and_days() -> None:
    names = certificate(NOW, "renamed").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["after.example.com"]
    for name, days in (("ca", 400), ("kept", 90)):
        found = certificate(NOW, name)
        assert (found.not_valid_after_utc - found.not_valid_before_utc).days == days
        assert found.issuer.rfc4514_string() == "CN=Another CA"
