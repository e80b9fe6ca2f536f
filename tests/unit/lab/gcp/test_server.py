# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outer side: proxy, TLS, tokens and the lab's own door, with google-auth and requests as clients."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from lab.gcp.cloud import Cloud
from lab.gcp.documents import Documents
from lab.gcp.proxy import Authority, served
from lab.gcp.server import Server, serve
from tests.unit.lab.gcp.client import PROJECT, ROOTS

EMAIL = f"tester@{PROJECT}.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
NETWORK = {"name": "n", "autoCreateSubnetworks": False}


@pytest.fixture(scope="module")
def server(documents: Documents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gcp")
    server = serve("127.0.0.1", 0, Cloud(documents, [PROJECT]), Authority(folder))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The proxy's URL; the environment leads through it."""
    url = f"http://127.0.0.1:{server.port}"
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.authority.file))
    return url


def session(key: dict[str, str]) -> Any:
    credentials: Any = service_account.Credentials
    authorized: Any = AuthorizedSession
    return authorized(credentials.from_service_account_info(key, scopes=SCOPES))


def test_a_service_account_calls_the_api(server: Server, url: str) -> None:
    client = session(server.cloud.identity.new_key(EMAIL, PROJECT))
    answer = client.post(ROOTS["compute"] + "global/networks", json={"name": "n", "autoCreateSubnetworks": False})
    assert answer.status_code == 200
    assert client.get(ROOTS["compute"] + "global/networks/n").json()["name"] == "n"
    assert server.cloud.entries()[-1]["caller"] == EMAIL


def test_another_accounts_signature_is_refused(server: Server, url: str) -> None:
    ours, theirs = (server.cloud.identity.new_key(EMAIL, PROJECT) for _ in range(2))
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        session({**ours, "private_key": theirs["private_key"]}).get(ROOTS["compute"] + "zones")


def test_a_deleted_key_is_refused(server: Server, url: str) -> None:
    key = server.cloud.identity.new_key(EMAIL, PROJECT)
    server.cloud.identity.forget(key["private_key_id"])
    with pytest.raises(RefreshError, match="invalid_grant"):
        session(key).get(ROOTS["compute"] + "zones")


@pytest.mark.parametrize(
    ("header", "code"), [("Bearer ya29.mine", 200), ("Bearer nonsense", 401), ("Basic x", 401), ("", 401)]
)
def test_tokens(server: Server, url: str, header: str, code: int) -> None:
    answer = requests.get(ROOTS["compute"] + "zones", headers={"Authorization": header}, timeout=10)
    assert answer.status_code == code


def test_every_other_host_is_refused(url: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        requests.get("https://example.com/", timeout=10)
    plain = requests.get("http://example.com/", proxies={"http": url}, timeout=10)
    assert plain.status_code == 403


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("compute.googleapis.com", True),
        ("googleapis.com", True),
        ("secretmanager.europe-west1.rep.googleapis.com", True),
        ("googleapis.com.example.com", False),
        ("evilgoogleapis.com", False),
        ("accounts.google.com", False),
    ],
)
def test_served_hosts(host: str, expected: bool) -> None:
    assert served(host) is expected


def test_whoever_does_not_trust_the_authority_gets_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(ROOTS["compute"] + "zones", timeout=10)


def test_the_metadata_server_gives_tokens(url: str) -> None:
    base = f"{url}/computeMetadata/v1/"
    token = requests.get(f"{base}instance/service-accounts/default/token", timeout=10)
    assert token.headers["Metadata-Flavor"] == "Google"
    header = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert requests.get(ROOTS["compute"] + "zones", headers=header, timeout=10).status_code == 200
    assert requests.get(f"{base}project/project-id", timeout=10).text == PROJECT


def test_the_labs_door(server: Server, url: str) -> None:
    door = f"{url}/_lab/"
    header = {"Authorization": "Bearer ya29.x"}
    assert requests.get(f"{door}ready", timeout=10).text == "ready"
    requests.post(f"{door}reset", timeout=10)
    requests.post(f"{door}fault", json={"count": 1, "code": 429}, timeout=10)
    assert requests.get(ROOTS["compute"] + "zones", headers=header, timeout=10).status_code == 429
    requests.post(ROOTS["compute"] + "global/networks", headers=header, json=NETWORK, timeout=10)
    path = f"projects/{PROJECT}/global/networks/n"
    order = {"api": "compute", "path": path, "patch": {"mtu": 1500}}
    requests.post(f"{door}drift", json=order, timeout=10)
    assert requests.get(f"{door}state", timeout=10).json()["compute"][path]["mtu"] == 1500
    assert [entry["code"] for entry in requests.get(f"{door}log", timeout=10).json()] == [429, 200]
    assert requests.get(f"{door}private", timeout=10).json() == {}
    requests.post(f"{door}observe", json={"vpn": {"projects/p/regions/r/vpnTunnels/t": "ESTABLISHED"}}, timeout=10)
    assert server.cloud.plane.vpn_status("p", "r", "t") == "ESTABLISHED"


@pytest.mark.parametrize(
    ("http", "door", "data", "code"),
    [
        ("GET", "nothing", None, 404),
        ("POST", "fault", {"often": 1}, 400),
        ("POST", "observe", {"weather": {}}, 400),
        ("POST", "drift", {"api": "compute", "path": "projects/p/x", "patch": {}}, 400),
    ],
)
def test_the_labs_door_refuses(url: str, http: str, door: str, data: Any, code: int) -> None:
    assert requests.request(http, f"{url}/_lab/{door}", json=data, timeout=10).status_code == code


def test_as_a_process(tmp_path: Path) -> None:
    """It says where it listens, writes its key, keeps it over a restart, and ends when told to."""
    keys = []
    for _ in range(2):
        argv = [sys.executable, "-m", "lab.gcp", "--bind", "127.0.0.1:0", "--state", str(tmp_path)]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert "Google API on 127.0.0.1:" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        keys.append(json.loads((tmp_path / "key.json").read_text()))
    assert keys[0] == keys[1]
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in (tmp_path / "ca.pem").read_text()


@pytest.mark.parametrize("argv", [["--bind", "nowhere"], []])
def test_a_wrong_command_line(argv: list[str]) -> None:
    from lab.gcp.__main__ import arguments

    with pytest.raises(SystemExit):
        arguments(argv)
