# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the two agents: a grant is asked for and given in messages that both sign."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import urllib.request
from collections.abc import Callable
from typing import Any

SIGNATURE = "X-DR-Signature"
PATIENCE = 2.0


class Unsigned(ValueError):
    """The message was not made with the shared secret."""


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verified(secret: str, body: bytes, signature: str | None) -> Any:
    """The message in ``body``. Raises :class:`Unsigned`."""
    if not hmac.compare_digest(sign(secret, body), signature or ""):
        raise Unsigned("the message's signature is wrong")
    return json.loads(body)


def grant_reply(
    secret: str, body: bytes, signature: str | None, decide: Callable[[int, str], bool]
) -> tuple[bytes, str]:
    """Answer a question; the answer repeats its nonce, so that no old answer can be played again."""
    question = verified(secret, body, signature)
    yes = decide(int(question["epoch"]), str(question["site"]))
    answer = json.dumps({"nonce": question["nonce"], "epoch": question["epoch"], "granted": yes}).encode()
    return answer, sign(secret, answer)


class Peer:
    """The other site's agent. ``send(method, path, body, headers) -> (body, headers)`` raises OSError."""

    def __init__(self, secret: str, send: Callable[..., tuple[bytes, Any]]) -> None:
        self._secret = secret
        self._send = send

    def grant(self, epoch: int, site: str) -> bool:
        """Silence, a refusal and a false answer are all a no."""
        question = {"nonce": secrets.token_hex(16), "epoch": epoch, "site": site}
        body = json.dumps(question).encode()
        try:
            answer, headers = self._send("POST", "/grant", body, {SIGNATURE: sign(self._secret, body)})
            reply = verified(self._secret, answer, headers.get(SIGNATURE))
        except (OSError, ValueError):
            return False
        return reply.get("nonce") == question["nonce"] and reply.get("epoch") == epoch and reply.get("granted") is True

    def status(self) -> dict[str, Any] | None:
        try:
            body, _ = self._send("GET", "/status", None, {})
            answer: dict[str, Any] = json.loads(body)
        except (OSError, ValueError):
            return None
        return answer


def sender(base: str) -> Callable[..., tuple[bytes, Any]]:
    """HTTP straight to ``base``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[bytes, Any]:
        request = urllib.request.Request(base + path, body, headers, method=method)
        with opener.open(request, timeout=PATIENCE) as response:
            return response.read(), response.headers

    return send
