"""Options changed, and what a client saw while releases were replaced under it (side_effect.yml)."""

import http.client
import json
import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def load() -> Any:
    ephemeral = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
    return {name: json.loads((ephemeral / f"{name}.json").read_text()) for name in ("redeploy", "crash")}


def ask(host: Any, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection(host.ansible.get_variables()["ansible_host"], 8888, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def test_no_request_is_dropped_while_releases_are_replaced(load: Any) -> None:
    seen = load["redeploy"]
    assert seen["failures"] == []
    assert len(seen["answers"]) == 3  # versions
    assert sum(seen["answers"].values()) > 500
    assert len(seen["slow"]) > 1


def test_the_load_notices_a_crash(load: Any) -> None:
    assert load["crash"]["failures"]


def test_two_releases_are_kept_and_the_first_is_gone(host: Any, load: Any) -> None:
    kept = set(host.file("/srv/shop/releases").listdir())
    versions = set(load["redeploy"]["answers"])
    [current] = load["crash"]["answers"]
    assert len(kept) == 4
    assert {name.removesuffix(".tar.gz") for name in kept} < versions
    assert {current, f"{current}.tar.gz"} < kept


def test_no_instance_is_left_over(host: Any) -> None:
    assert host.service("shop@main").is_running
    assert not host.service("shop@handover").is_running


def test_settings_reach_the_application(host: Any) -> None:
    about = json.loads(ask(host, "/")[1])
    assert (about["SITE"], about["GREETING"], about["PROXY_HOPS"]) == ("aws", "hello", "1")
    assert about["DATABASE_READ_URL"] == "mysql://shop:pass%24word@127.0.0.1:3307/shop?ssl_ca=/etc/shop/ca.crt"
    assert host.file("/etc/shop/ca.crt").contains("BEGIN CERTIFICATE")


def test_the_edge_is_believed(host: Any) -> None:
    headers = {"X_Forwarded_For": "198.51.100.7", "X_Forwarded_Proto": "https", "X_Request_ID": "from-the-edge"}
    about = json.loads(ask(host, "/", **headers)[1])
    assert about["HTTP_X_FORWARDED_FOR"] == "198.51.100.7"
    assert about["HTTP_X_FORWARDED_PROTO"] == "https"
    assert about["HTTP_X_REQUEST_ID"] == "from-the-edge"
    about = json.loads(ask(host, "/", X_Request_ID="bad id")[1])
    assert about["HTTP_X_REQUEST_ID"] != "bad id"
    assert about["HTTP_X_FORWARDED_PROTO"] == "http"


def test_static_files_come_from_the_current_release(host: Any) -> None:
    response, css = ask(host, "/static/shop.css?v=1")
    assert css == "body { color: third; }\n"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert ask(host, "/static/shop.css")[0].headers["ETag"] == response.headers["ETag"]


def test_excluded_files_are_not_released(host: Any) -> None:
    assert not host.file("/srv/shop/current/notes.bak").exists
    assert host.file("/srv/shop/current/stand_in.py").exists
