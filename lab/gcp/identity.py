# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: service account keys, and the tokens that they are exchanged for.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .errors import ApiError

TOKEN_URI = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = 3599
# An operator's own token (gcloud auth print-access-token) is nothing that the emulator could have issued.
_FOREIGN = "ya29."


class TokenError(Exception):
    """A refused grant, in the shape of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


class Identity:
    """The accounts that can prove who they are. ``clock`` gives seconds since the epoch."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, rsa.RSAPublicKey]] = {}
        self._tokens: dict[str, str] = {}

    def new_key(self, email: str, project: str) -> dict[str, str]:
        """A key file as google-auth reads it; its public half is remembered."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        number = secrets.token_hex(20)
        self._keys[number] = email, key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": number,
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": TOKEN_URI,
            "universe_domain": "googleapis.com",
        }

    def adopt(self, key_file: Mapping[str, str]) -> None:
        """Remember a key that an earlier process made."""
        private = serialization.load_pem_private_key(key_file["private_key"].encode(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("the key file holds no RSA key")
        self._keys[key_file["private_key_id"]] = key_file["client_email"], private.public_key()

    def forget(self, number: str) -> None:
        """A deleted key proves nothing any more."""
        self._keys.pop(number, None)

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A token for a signed assertion. Errors: ``TokenError``."""
        if form.get("grant_type") != _GRANT:
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        return self.issue(self._account(form.get("assertion", "")))

    def issue(self, email: str) -> dict[str, Any]:
        """A fresh token for an account."""
        token = f"ya29.c.lab-{secrets.token_urlsafe(24)}"
        self._tokens[token] = email
        return {"access_token": token, "expires_in": _LIFETIME, "token_type": "Bearer"}

    def caller(self, authorization: str) -> str:
        """Whose token a request carries. Errors: 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            message = "Request is missing required authentication credential. Expected OAuth 2 access token."
            raise ApiError(401, "required", message)
        if token in self._tokens:
            return self._tokens[token]
        if token.startswith(_FOREIGN):
            return "operator"
        message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
        raise ApiError(401, "authError", message)

    def _account(self, assertion: str) -> str:
        try:
            head, claims, signature = assertion.split(".")
            number = json.loads(_decoded(head))["kid"]
            claim = json.loads(_decoded(claims))
        except (ValueError, KeyError, binascii.Error) as error:
            raise TokenError("invalid_grant", "Bad Request: the assertion is no JWT with a key id") from error
        if number not in self._keys:
            raise TokenError("invalid_grant", f"Invalid grant: no key {number}; was it deleted?")
        email, key = self._keys[number]
        try:
            key.verify(_decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from error
        if claim.get("iss") != email:
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        if claim.get("exp", 0) < time.time():
            raise TokenError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        return email


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
