# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud for tests: scripted answers behind a session, a clock that does not wait, and the lab's API in this
process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.client import Client, Clock

PROJECT = "multicloud-dr"


@dataclass
class Answer:
    """An HTTP response as requests has it."""

    status_code: int = 200
    body: Any = None

    @property
    def content(self) -> bytes:
        return self.text.encode()

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else "" if self.body is None else json.dumps(self.body)


@dataclass
class Session:
    """Answers in order, and notes what it was asked. An exception is raised; the last answer stays."""

    answers: list[Any]
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)

    def request(self, method: str, url: str, **kwargs: Any) -> Answer:
        query = "&".join(f"{name}={value}" for name, value in sorted(kwargs["params"].items()))
        self.asked.append((method, url.removeprefix("https://") + (f"?{query}" if query else "")))
        self.sent.append(kwargs["json"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(body=answer)


@dataclass
class Time:
    """Passes only by sleeping."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, sleep=self.sleep, random=lambda: 1.0)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def scripted(*answers: Any, wait_seconds: float = 600) -> tuple[Client, Session, Time]:
    """A client that gets these answers."""
    session, time = Session(list(answers)), Time()
    return Client(session, time.clock(), wait_seconds), session, time


@dataclass(frozen=True)
class Gcp:
    """The running API: what points a module to it, and the lab's own door."""

    door: str
    environment: dict[str, str]

    def post(self, path: str, body: Any = None) -> None:
        requests.post(f"{self.door}/_lab/{path}", json=body or {}, timeout=10).raise_for_status()

    def read(self, path: str) -> Any:
        answer = requests.get(f"{self.door}/_lab/{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def call(
        self, method: str, path: str, body: Any = None, base: str = "https://compute.googleapis.com/compute/v1"
    ) -> Any:
        """A request of somebody else to a project's API."""
        answer = requests.request(
            method,
            f"{base}/projects/{PROJECT}/{path}",
            json=body,
            proxies={"https": self.door},
            verify=self.environment["REQUESTS_CA_BUNDLE"],
            headers={"Authorization": f"Bearer {self.environment['GCP_ACCESS_TOKEN']}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def drift(self, path: str, patch: dict[str, Any], api: str = "compute") -> None:
        """Change what is stored, as somebody with a console would."""
        self.post("drift", {"api": api, "path": f"projects/{PROJECT}/{path}", "patch": patch})


@contextmanager
def running(folder: Path) -> Iterator[Gcp]:
    """The lab's Google API on loopback."""
    from lab.gcp.cloud import Cloud
    from lab.gcp.documents import Documents, installed
    from lab.gcp.proxy import Authority
    from lab.gcp.server import serve

    server = serve("127.0.0.1", 0, Cloud(Documents(installed()), [PROJECT]), Authority(folder))
    door = f"http://127.0.0.1:{server.port}"
    environment = {
        "HTTPS_PROXY": door,
        "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        "GCP_AUTH_KIND": "accesstoken",
        "GCP_ACCESS_TOKEN": "ya29.test",
        "GCP_PROJECT": PROJECT,
        "NO_PROXY": "",
    }
    try:
        yield Gcp(door, environment)
    finally:
        server.shutdown()
        server.server_close()
