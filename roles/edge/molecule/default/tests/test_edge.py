"""The edge as clients, attackers and health checkers see it."""

import json
import os
import ssl
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import testinfra

sys.path.insert(0, str(Path(__file__).parents[2] / "files"))
from edge_client import Client

testinfra_hosts = ["edge1"]
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
PORTS = {"web1": 8081, "web2": 8082, "agent": 8008}
JSON = {"Content_Type": "application/json"}


@pytest.fixture
def ask(host: Any) -> Client:
    return Client(host)


@pytest.fixture
def web() -> Callable[[str, str], None]:
    """Stop or start a stand-in."""

    def systemctl(verb: str, name: str) -> None:
        program = f"/usr/bin/python3 /usr/local/bin/upstream.py {name} {PORTS[name]}"
        command = f"systemd-run --unit={name} {program}" if verb == "start" else f"systemctl stop {name}"
        testinfra.get_host("ansible://web1", ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"]).check_output(
            command
        )

    return systemctl


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


# --- TLS ---


def test_certificate_is_verified(ask: Client) -> None:
    with ask.tls() as connection:
        assert connection.version() == "TLSv1.3"
    ask.name = "other.example"
    with pytest.raises(ssl.SSLCertVerificationError):  # negative control
        ask.tls()


def test_old_protocols_are_refused(ask: Client) -> None:
    with ask.tls(maximum_version=ssl.TLSVersion.TLSv1_2) as connection:
        assert connection.version() == "TLSv1.2"
    with pytest.raises(ssl.SSLError), pytest.warns(DeprecationWarning):
        ask.tls(maximum_version=ssl.TLSVersion.TLSv1_1)


def test_http2_and_headers(host: Any) -> None:
    command = (
        "curl -sk -o /dev/null -D - --resolve shop.multicloud.example:443:127.0.0.1 https://shop.multicloud.example/"
    )
    lines = host.check_output(command).lower().splitlines()
    assert lines[0].startswith("http/2 200")
    assert [line for line in lines if line.startswith("strict-transport")] == [
        "strict-transport-security: max-age=31536000"
    ]
    assert "server: nginx" in lines


def test_plain_http_is_sent_to_https(ask: Client) -> None:
    answer = ask.plain("/ko/products?order=price")
    assert (answer.status, answer.headers["location"]) == (
        301,
        "https://shop.multicloud.example/ko/products?order=price",
    )
    assert ask.plain("/", host="other.example").status == 421


def test_other_host_names_get_health_only(ask: Client) -> None:
    assert ask("GET", "/", host="other.example").status == 421
    assert ask("GET", "/healthz", host="198.51.100.50").status == 200
    assert ask("GET", "/dr/active", host="198.51.100.50").status == 200


# --- firewall ---


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/ko/search?q=" + quote("' OR '1'='1"), "", {}),
        ("GET", "/ko/search?q=" + quote("<script>alert(1)</script>"), "", {}),
        ("GET", "/ko/products?file=" + quote("../../../../etc/passwd"), "", {}),
        ("GET", "/ko/search?q=" + quote("$(cat /etc/passwd)"), "", {}),
        ("POST", "/ko/checkout", urlencode({"name": "x' UNION SELECT password FROM users-- "}), FORM),
        ("POST", "/api/orders", json.dumps({"email": "<img src=x onerror=alert(1)>"}), JSON),
        ("DELETE", "/api/orders/1", "", {}),
        ("GET", "/", "", {"User_Agent": "sqlmap/1.7"}),
    ],
)
def test_attacks_are_refused(ask: Client, method: str, path: str, body: str, kind: dict[str, str]) -> None:
    answer = ask(method, path, body, **kind)
    assert answer.status == 403
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "text",
    [
        "홍길동",
        "서울특별시 종로구 세종대로 1, 3층 (우) 03154",
        "문 앞에 놓아 주세요. 벨은 누르지 마세요!",
        "Siobhán O'Brien-Smith",
        "Flat 3/2, 14 King's Rd.; London SW3 4UD",
        "c/o Müller & Söhne GmbH, Straße des 17. Juni 135",
        "50% off? #1 gift -- thanks :)",
        "hong.gildong+shop@example.co.kr",
        "select the blue one, or update my order",
    ],
)
def test_customers_words_pass(ask: Client, text: str) -> None:
    form = {"cart_id": str(uuid.uuid4()), "name": text, "email": "hong@example.com", "address": text}
    answer = ask("POST", "/ko/checkout", urlencode(form), Cookie=f"shop_session={uuid.uuid4().hex}", **FORM)
    assert answer.status == 200
    body = json.dumps(
        {"email": "hong@example.com", "note": text, "items": [{"sku": "mug-1", "qty": 2}]}, ensure_ascii=False
    )
    answer = ask("POST", "/api/orders", body, **JSON)
    assert (answer.status, answer.json["body"]) == (200, body)
    assert ask("GET", "/ko/search?" + urlencode({"q": text})).status == 200


def test_unreadable_bodies_are_refused(ask: Client) -> None:
    assert ask("POST", "/api/orders", '{"email": ', **JSON).status == 400


def test_refusals_are_logged_as_json_without_secrets(host: Any, ask: Client) -> None:
    number = f"audit-{uuid.uuid4()}"
    ask("POST", "/ko/checkout", "name=1' or '1'='1", X_Request_ID=number, Cookie="shop_session=topsecret", **FORM)
    entry = json.loads(host.check_output(f"grep {number} /var/log/nginx-waf/audit.log"))["transaction"]
    assert entry["response"]["http_code"] == 403
    assert "942100" in [message["details"]["ruleId"] for message in entry["messages"]]
    assert "topsecret" not in host.check_output("cat /var/log/nginx-waf/audit.log")


# --- cache ---


def test_miss_then_hit(ask: Client) -> None:
    path = f"/cached?{uuid.uuid4()}"
    first, second = ask("GET", path), ask("GET", path)
    assert (first.cache, second.cache) == ("MISS", "HIT")
    assert second.text == first.text
    assert ask("GET", path, Cookie="language=ko").cache == "HIT"


@pytest.mark.parametrize("path", ["/cookie", "/private", "/unmarked", "/closed"])
def test_never_cached(ask: Client, path: str) -> None:
    path = f"{path}?{uuid.uuid4()}"
    assert [ask("GET", path).cache for _ in range(3)] == ["MISS"] * 3


@pytest.mark.parametrize("header", [{"Cookie": "a=b; shop_session=one"}, {"Authorization": "Basic eDp5"}])
def test_personal_requests_neither_read_nor_fill_the_cache(ask: Client, header: dict[str, str]) -> None:
    path = f"/cached?{uuid.uuid4()}"
    assert ask("GET", path, **header).cache == "BYPASS"
    assert ask("GET", path).cache == "MISS"
    assert ask("GET", path, **header).cache == "BYPASS"


def test_old_copy_while_a_new_one_is_fetched(ask: Client) -> None:
    path = f"/revalidated?{uuid.uuid4()}"
    assert ask("GET", path).cache == "MISS"
    wait_for(lambda: ask("GET", path).cache == "STALE")


def test_old_copy_while_the_web_hosts_are_down(ask: Client, web: Any) -> None:
    path = f"/stale?{uuid.uuid4()}"
    assert ask("GET", path).cache == "MISS"
    web("stop", "web1")
    web("stop", "web2")
    try:
        wait_for(lambda: ask("GET", path).cache == "STALE")
        assert ask("GET", path).status == 200
        answer = ask("GET", "/never-seen")
        assert (answer.status, answer.headers["retry-after"]) == (502, "10")
        assert "잠시 후" in answer.text
        assert ask("GET", "/healthz").status == 502
    finally:
        web("start", "web1")
        web("start", "web2")
    wait_for(lambda: ask("GET", f"/cached?{uuid.uuid4()}").status == 200)


# --- balancer ---


def asked(ask: Client, path: str) -> int:
    """How often the two stand-ins saw a path."""
    counts: dict[str, int] = {}
    wait_for(
        lambda: counts.update({(a := ask("GET", "/count").json)["name"]: a["asked"].get(path, 0)}) or len(counts) == 2
    )
    return sum(counts.values())


def test_reads_are_tried_elsewhere_and_orders_are_not(ask: Client) -> None:
    before = asked(ask, "/cut")
    answer = ask("POST", "/cut", "a=b", **FORM)
    assert answer.status == 502
    assert asked(ask, "/cut") == before + 1  # sent once: it may have been carried out
    assert ask("GET", "/cut").status == 502
    assert asked(ask, "/cut") >= before + 3  # negative control: a read is tried on both


def test_orders_go_to_the_living_host(ask: Client, web: Any) -> None:
    web("stop", "web1")
    try:
        for _ in range(6):  # what cannot be connected was not sent
            answer = ask("POST", "/api/orders", "{}", **JSON)
            assert (answer.status, answer.json["name"]) == (200, "web2")
    finally:
        web("start", "web1")
    wait_for(lambda: ask("POST", "/api/orders", "{}", **JSON).json["name"] == "web1")


def test_one_bad_page_does_not_close_the_shop(ask: Client) -> None:
    for _ in range(10):
        ask("GET", f"/bad?{uuid.uuid4()}")
    assert ask("GET", "/").status == 200


def test_an_honest_503_passes_and_takes_nobody_out(ask: Client) -> None:
    for _ in range(10):
        answer = ask("GET", "/closed")
        assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    names = {ask("GET", "/").json["name"] for _ in range(10)}
    assert names == {"web1", "web2"}


def test_forwarded_headers_are_the_edges_own(ask: Client) -> None:
    claims = {"X_Forwarded_For": "1.2.3.4", "X_Forwarded_Proto": "http", "X_Origin_Verify": "guess"}
    headers = ask("GET", "/", **claims).json["headers"]
    assert "1.2.3.4" not in headers["X-Forwarded-For"]
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == "shop.multicloud.example"
    assert "X-Origin-Verify" not in headers


def test_request_id_is_passed_or_made(ask: Client) -> None:
    number = str(uuid.uuid4())
    answer = ask("GET", "/", X_Request_ID=number)
    assert answer.json["headers"]["X-Request-ID"] == answer.headers["x-request-id"] == number
    answer = ask("GET", "/", X_Request_ID="bad id")
    assert answer.json["headers"]["X-Request-ID"] == answer.headers["x-request-id"] != "bad id"


# --- health ---


def test_health_is_that_of_any_web_host_within_route53s_patience(ask: Client) -> None:
    for _ in range(4):  # web2 hangs
        started = time.monotonic()
        answer = ask("GET", "/healthz?x=1")
        assert (answer.status, answer.json["name"], answer.cache) == (200, "web1", "PASS")
        assert time.monotonic() - started < 2
    assert ask("GET", "/writable").status == 503


def test_dr_active_is_the_agents_word(ask: Client, web: Any) -> None:
    answer = ask("GET", "/dr/active")
    assert (answer.status, answer.json["name"], answer.cache) == (200, "agent", "PASS")
    web("stop", "agent")
    try:
        assert ask("GET", "/dr/active").status == 503
    finally:
        web("start", "agent")
    wait_for(lambda: ask("GET", "/dr/active").status == 200)


def test_internal_paths_do_not_exist_outside(ask: Client) -> None:
    assert ask("GET", "/metrics").status == 404
    assert ask("GET", "/livez").status == 404


def test_health_of_each_web_host_is_visible_inside(host: Any, ask: Client) -> None:
    status = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8081/"
    assert host.check_output(status + "upstreams/10.10.0.11:8081") == "200"
    assert host.check_output(status + "upstreams/10.10.0.11:8082") == "504"  # hangs
    assert host.check_output(status + "status") == "200"
    number = f"log-{uuid.uuid4()}"
    ask("GET", "/", X_Request_ID=number)
    line = json.loads(host.check_output(f"grep {number} /var/log/nginx/access.log"))
    assert (line["status"], line["upstream_status"], line["cache"]) == (200, "200", "MISS")


def test_key_is_for_root_only(host: Any) -> None:
    assert host.file("/etc/nginx/tls").mode == 0o700
    assert host.file("/etc/nginx/tls/edge.key").mode == 0o600
    assert host.file("/etc/nginx/nginx.conf").mode == 0o600
