# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the emulator in the same process, and the primary site as a list of calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from lab.gcp.cloud import Cloud, Request

PROJECT = "multicloud-dr"
REGION = "europe-west1"
HERE = Path(__file__).parent
_P = f"projects/{PROJECT}"
ROOTS = {
    "compute": f"https://compute.googleapis.com/compute/v1/{_P}/",
    "iam": f"https://iam.googleapis.com/v1/{_P}/",
    "resourcemanager": f"https://cloudresourcemanager.googleapis.com/v3/{_P}",
    "secretmanager": f"https://secretmanager.googleapis.com/v1/{_P}/",
    "monitoring": f"https://monitoring.googleapis.com/v3/{_P}/",
    "dashboards": f"https://monitoring.googleapis.com/v1/{_P}/",
    "certificatemanager": f"https://certificatemanager.googleapis.com/v1/{_P}/locations/global/",
    "serviceusage": f"https://serviceusage.googleapis.com/v1/{_P}/",
    "dns": f"https://dns.googleapis.com/dns/v1/{_P}/",
    "storage": "https://storage.googleapis.com/storage/v1/",
    "upload": "https://storage.googleapis.com/upload/storage/v1/",
}
Body = dict[str, Any]


@dataclass(frozen=True)
class Refused(Exception):
    """What an API answers instead of a result."""

    code: int
    reason: str
    message: str


@dataclass
class Gcp:
    """Calls by short URLs, ``compute:global/networks``."""

    cloud: Cloud
    authorization: str = "Bearer ya29.test"

    def call(self, http: str, url: str, body: Body | bytes | None = None) -> Any:
        """The answer's JSON. Errors: ``Refused``."""
        api, _, rest = url.partition(":")
        parts = urlsplit(url if api == "https" else ROOTS[api] + rest)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(http, parts.netloc, parts.path, query, self.authorization, data, "text/plain")
        code, answer = self.cloud.answer(request)
        if code >= 400:
            error = json.loads(answer)["error"]
            raise Refused(code, error["errors"][0]["reason"], error["message"])
        if answer[:1] not in (b"{", b"["):
            return answer
        return json.loads(answer)

    def get(self, url: str) -> Any:
        return self.call("GET", url)

    def post(self, url: str, body: Body | bytes | None = None) -> Any:
        return self.call("POST", url, body)

    def patch(self, url: str, body: Body) -> Any:
        return self.call("PATCH", url, body)

    def delete(self, url: str) -> Any:
        return self.call("DELETE", url)

    def build(self) -> None:
        """The whole site, in order."""
        for step in SITE:
            self.call(step.get("http", "POST"), step["url"], step.get("body"))

    def refused(self, http: str, url: str, body: Body | None = None) -> Refused:
        """The refusal of a call that has to be refused."""
        try:
            answer = self.call(http, url, body)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{http} {url} was accepted: {answer}")


def read(name: str) -> list[Body]:
    """A list of data beside this file."""
    found: list[Body] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return found


SITE = read("site.yml")
STEPS = {step["id"]: step for step in SITE}
