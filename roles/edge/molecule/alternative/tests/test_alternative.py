"""Options changed: a firewall that only watches, a CDN in front, tighter limits."""

import json
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "files"))
from edge_client import Client

testinfra_hosts = ["edge1"]
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
SQL = "text=" + quote("1' or '1'='1")


@pytest.fixture
def cdn(host: Any) -> Client:
    """The CDN, on behalf of a viewer of its own: a new address for each test, so that the rate limit starts anew."""
    viewer = f"198.51.100.{uuid.uuid4().int % 250 + 1}"
    return Client(host, X_Origin_Verify="molecule-cdn-secret", X_Forwarded_For=viewer)


def rules(host: Any, number: str) -> set[str]:
    """The rules that matched a request."""
    log = host.run(f"grep {number} /var/log/nginx-waf/audit.log").stdout
    return {
        message["details"]["ruleId"]
        for line in log.splitlines()
        for message in json.loads(line)["transaction"]["messages"]
    }


def test_without_the_cdns_secret_only_health_is_answered(host: Any) -> None:
    stranger = Client(host)
    assert stranger("GET", "/").status == 403
    assert stranger("GET", "/", X_Origin_Verify="molecule-cdn-secreT").status == 403
    assert stranger("GET", "/healthz").status == 200
    assert stranger("GET", "/dr/active").status == 503  # no agent is known


def test_the_cdn_is_let_in_and_its_viewers_address_believed(cdn: Client) -> None:
    headers = cdn("GET", "/").json["headers"]
    assert headers["X-Forwarded-For"] == cdn.headers["X_Forwarded_For"]
    assert "X-Origin-Verify" not in headers


def test_attacks_pass_but_are_logged(host: Any, cdn: Client) -> None:
    """The control of the default scenario: without blocking the same requests reach the shop."""
    number = f"sql-{uuid.uuid4()}"
    assert cdn("GET", "/ko/search?q=" + quote("' OR '1'='1"), X_Request_ID=number).status == 200
    assert "942100" in rules(host, number)
    number = f"xss-{uuid.uuid4()}"
    assert cdn("GET", "/ko/search?q=" + quote("<script>alert(1)</script>"), X_Request_ID=number).status == 200
    assert "941100" in rules(host, number)


@pytest.mark.parametrize(
    ("path", "body", "rule", "excluded"),
    [
        ("/elsewhere", SQL, "942100", False),
        ("/notes", SQL, "942100", True),
        ("/notes", SQL.replace("text", "name"), "942100", False),
        ("/essays", "any=" + quote("<script>alert(1)</script>"), "941100", True),
    ],
)
def test_exclusions_hold_for_their_path_and_target(
    host: Any, cdn: Client, path: str, body: str, rule: str, excluded: bool
) -> None:
    number = f"exclusion-{uuid.uuid4()}"
    cdn("POST", path, body, X_Request_ID=number, **FORM)
    assert (rule in rules(host, number)) is not excluded


def test_language_cookie_is_part_of_the_key(cdn: Client) -> None:
    path = f"/by-language?{uuid.uuid4()}"
    seen = [cdn("GET", path, Cookie=f"language={language}").cache for language in ("ko", "en", "ko", "en")]
    assert seen == ["MISS", "MISS", "HIT", "HIT"]
    assert cdn("GET", path, Cookie="language=ko; account=1").cache == "BYPASS"


def test_too_many_requests(cdn: Client) -> None:
    seen = [cdn("GET", "/", X_Forwarded_For="198.51.100.251").status for _ in range(60)]
    assert set(seen) == {200, 429}
    assert seen[:20] == [200] * 20
    assert cdn("GET", "/healthz", X_Forwarded_For="198.51.100.251").status == 200
    assert cdn("GET", "/", X_Forwarded_For="198.51.100.252").status == 200  # somebody else


def test_large_bodies_are_refused(cdn: Client) -> None:
    assert cdn("POST", "/", "text=" + "a" * 1900, **FORM).status == 200
    assert cdn("POST", "/", "text=" + "a" * 2100, **FORM).status == 413


def test_a_hanging_page_is_given_up(cdn: Client) -> None:
    assert cdn("POST", "/hang", "a=b", **FORM).status == 504


def test_other_settings(cdn: Client) -> None:
    assert cdn("GET", "/").headers["strict-transport-security"] == "max-age=60"
    assert cdn("PUT", "/").status == 200
    assert cdn("GET", "/private/x").status == 404
    assert cdn("GET", "/status/health").status == 200
    assert cdn("GET", "/", host="gcp.multicloud.example").status == 200
