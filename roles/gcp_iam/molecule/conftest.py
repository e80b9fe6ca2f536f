# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which role, as the API has it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

# google-auth is typed in part.
authorized: Any = AuthorizedSession
credentials: Any = service_account.Credentials
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
Members = dict[str, list[str]]


@pytest.fixture(scope="session")
def session() -> Any:
    environment = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.json").read_text())["environment"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        key = environment["GCP_SERVICE_ACCOUNT_FILE"]
        yield authorized(credentials.from_service_account_file(key, scopes=[SCOPE]))


@pytest.fixture(scope="session")
def members(session: Any) -> Callable[..., Members]:
    """``members(url)``: the policy there, by role."""

    def read(method: str, url: str) -> Members:
        answer: requests.Response = session.request(method, f"https://{url}")
        answer.raise_for_status()
        return {one["role"]: one["members"] for one in answer.json().get("bindings", [])}

    return read


@pytest.fixture(scope="session")
def api_errors() -> Callable[[], list[str]]:
    """What the role asked of the API that it does not do, and where it broke."""

    def read() -> list[str]:
        lines = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]

    return read
