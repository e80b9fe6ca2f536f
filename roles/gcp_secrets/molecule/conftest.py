# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API has, behind the role's back, and what it tells a reader."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

Ask = Callable[[str], Any]
# google-auth is typed in part.
authorized: Any = AuthorizedSession
credentials: Any = service_account.Credentials
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture(scope="session")
def ask() -> Ask:
    """``ask(path)``: what Secret Manager answers below the project's secrets."""
    environment = json.loads(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.json").read_text())["environment"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        key = environment["GCP_SERVICE_ACCOUNT_FILE"]
        session = authorized(credentials.from_service_account_file(key, scopes=[SCOPE]))
        session.proxies, session.verify = {"https": environment["HTTPS_PROXY"]}, environment["REQUESTS_CA_BUNDLE"]
        base = "https://secretmanager.googleapis.com/v1/projects/multicloud-dr/secrets"

        def get(path: str) -> Any:
            with pytest.MonkeyPatch.context() as inner:
                for name, value in environment.items():
                    inner.setenv(name, value)
                answer: requests.Response = session.get(f"{base}/{path}")
            answer.raise_for_status()
            return answer.json()

        return get


@pytest.fixture(scope="session")
def value(ask: Ask) -> Callable[[str], str]:
    """``value(name)``: what a host reads."""

    def read(name: str) -> str:
        return base64.b64decode(ask(f"{name}/versions/latest:access")["payload"]["data"]).decode()

    return read


@pytest.fixture(scope="session")
def log() -> Callable[[], str]:
    """What the API wrote down."""
    return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "gcp.log").read_text
