# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Google Cloud's APIs: repeated while an API has no time, awaited until their operation has ended. Errors
are typed.

Session and clock are arguments. The session is google.auth's AuthorizedSession, or what behaves so.

Sources: https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses (Compute's operations),
https://google.aip.dev/151 (the others'), https://cloud.google.com/storage/docs/retry-strategy (which answers are
worth a repetition).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from .errors import NotFound, OperationTimeout, Unavailable, Unreachable, failed_operation, refused

UNREACHABLE: tuple[type[Exception], ...] = (OSError,)
with contextlib.suppress(ImportError):  # GcpModule says what is missing
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    UNREACHABLE = (OSError, GoogleAuthError, RequestException)

ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
FIRST_POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 5.0
REQUEST_SECONDS = 60
# Operations and resources name themselves by the old host, which serves Compute only.
OLD_HOST = re.compile(r"^https://www\.googleapis\.com/compute/")


class Session(Protocol):
    """What is used of requests' Session."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Do a request."""


@dataclass(frozen=True)
class Clock:
    """Time and chance."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def pause(self, attempt: int) -> None:
        """Longer each time, and not for everybody the same: half of it is chance."""
        longest = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        self.sleep(longest * (0.5 + self.random() / 2))


class Client:
    """One project's view of the APIs. ``wait_seconds`` is how long an operation may take."""

    def __init__(self, session: Session, clock: Clock, wait_seconds: float = 600) -> None:
        self._session = session
        self.clock = clock
        self._wait_seconds = wait_seconds

    def request(
        self, method: str, url: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """The answer, before its operation has ended. Repeated while the API is Unavailable, and reading also while
        it is Unreachable.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._once(method, url, query, body)
            except (Unavailable, Unreachable) as error:
                if attempt == ATTEMPTS - 1 or (isinstance(error, Unreachable) and method != "GET"):
                    raise
                self.clock.pause(attempt)
        raise AssertionError("unreachable")

    def change(self, method: str, url: str, query: Mapping[str, Any] | None = None, body: Any = None) -> dict[str, Any]:
        """The answer of a request that changes something, or of its operation, after that has ended."""
        answer = self.request(method, url, query, body)
        return self._ended(answer, url, f"{method} {urlsplit(url).path}") if is_operation(answer) else answer

    def get(self, url: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """A resource; None if there is none."""
        try:
            return self.request("GET", url, query)
        except NotFound:
            return None

    def pages(self, url: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """All resources of a collection. Their field has one name in Compute and another in each other API."""
        token: dict[str, Any] = {}
        while True:
            answer = self.request("GET", url, {**(query or {}), **token})
            yield from next((value for value in answer.values() if isinstance(value, list)), [])
            if not answer.get("nextPageToken"):
                return
            token = {"pageToken": answer["nextPageToken"]}

    def _once(self, method: str, url: str, query: Mapping[str, Any] | None, body: Any) -> dict[str, Any]:
        what = f"{method} {urlsplit(url).path}"
        try:
            response = self._session.request(method, url, params=dict(query or {}), json=body, timeout=REQUEST_SECONDS)
        except UNREACHABLE as error:
            raise Unreachable(f"{method} {url}: no answer: {error}") from error
        try:
            answer = json.loads(response.content) if response.content else {}
        except ValueError as error:
            if response.status_code < 400:
                raise Unreachable(f"{what}: the answer is no JSON", response.status_code) from error
            answer = None
        if response.status_code >= 400:
            raise refused(what, response.status_code, answer, response.text)
        return answer if isinstance(answer, dict) else {}

    def _ended(self, operation: Mapping[str, Any], url: str, what: str) -> dict[str, Any]:
        """Look until it has ended."""
        end = self.clock.now() + self._wait_seconds
        pause = FIRST_POLL_SECONDS
        while not is_done(operation):
            if self.clock.now() >= end:
                raise OperationTimeout(f"{what} was accepted; its operation still runs after {self._wait_seconds:g} s")
            self.clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
            operation = self.request("GET", address_of(operation, url))
        if error := failed_operation(operation, what):
            raise error
        answer = operation.get("response")
        return dict(answer) if isinstance(answer, Mapping) else {}


def is_operation(answer: Mapping[str, Any]) -> bool:
    """Is this something to wait for, rather than a resource?"""
    if str(answer.get("kind", "")).endswith("#operation"):
        return True
    return "/operations/" in f"/{answer.get('name', '')}" and ("done" in answer or "metadata" in answer)


def is_done(operation: Mapping[str, Any]) -> bool:
    """Has it ended, well or not?"""
    return operation.get("status") == "DONE" or operation.get("done") is True


def address_of(operation: Mapping[str, Any], url: str) -> str:
    """Where an operation is looked at: Compute's says so itself, the others' name is below the API's version."""
    if link := operation.get("selfLink"):
        return OLD_HOST.sub("https://compute.googleapis.com/compute/", str(link))
    base = re.match(r"https://[^/]+/(?:[a-z]+/)?v\d[^/]*/", url)
    return f"{base.group() if base else url}{operation['name']}"
