"""The shop on a web host as its edge sees it, and its secrets and privileges as an intruder would."""

import http.client
import json
import re
import uuid
from typing import Any

import pytest

Answer = tuple[int, dict[str, str], str]


@pytest.fixture
def ask(host: Any) -> Any:
    """Send a request from the controller; (status, headers in lower case, body)."""
    address = host.ansible.get_variables()["ansible_host"]

    def send(method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(address, 8080, timeout=10)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode() if body else None, names)
        response = connection.getresponse()
        answer = response.status, {n.lower(): v for n, v in response.getheaders()}, response.read().decode()
        connection.close()
        return answer

    return send


def test_health_tells_site_and_version(ask: Any) -> None:
    status, headers, body = ask("GET", "/healthz")
    assert status == 200, body
    assert headers["server"] == "nginx"  # no version number
    assert json.loads(body)["site"] == "gcp"
    assert re.fullmatch("[0-9a-f]{12}", json.loads(body)["version"])


def test_running_release_is_the_current_one(host: Any, ask: Any) -> None:
    version = json.loads(ask("GET", "/healthz")[2])["version"]
    assert host.file("/srv/shop/current").linked_to == f"/srv/shop/releases/{version}"
    assert not host.file(f"/srv/shop/releases/{version}/wheels").exists
    assert not host.file(f"/srv/shop/releases/{version}/tests").exists


def test_catalogue_and_a_picture_straight_from_nginx(ask: Any) -> None:
    status, headers, page = ask("GET", "/ko/")
    assert status == 200
    assert headers["cache-control"].startswith("public")
    [address, *_] = re.findall(r'(/static/[^"]+\?v=[0-9a-f]+)', page)
    status, headers, _ = ask("GET", address)
    assert (status, headers["cache-control"]) == (200, "public, max-age=3600")
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" not in headers  # the application, which sends one, was not asked
    assert ask("GET", address.partition("?")[0])[1]["cache-control"] == "no-cache"
    assert ask("GET", address, If_None_Match=headers["etag"])[0] == 304
    assert ask("GET", "/static/../app.py")[0] == 400 or "create_app" not in ask("GET", "/static/../app.py")[2]


def test_an_order_is_taken(ask: Any) -> None:
    sku = json.loads(ask("GET", "/api/products")[2])["products"][0]["sku"]
    order = json.dumps({"email": "hong@example.com", "items": [{"sku": sku, "qty": 1}]})
    headers = {"Content_Type": "application/json", "Idempotency_Key": str(uuid.uuid4())}
    assert [ask("POST", "/api/orders", order, **headers)[0] for _ in range(2)] == [201, 200]


def test_forwarded_headers_of_strangers_are_not_believed(host: Any, ask: Any) -> None:
    number = f"test-{uuid.uuid4()}"
    ask("GET", "/livez?" + number, X_Forwarded_For="192.0.2.1", X_Forwarded_Proto="https", X_Request_ID=number)
    line = json.loads(host.run("grep -m1 %s /var/log/nginx/access.log", number).stdout)
    assert line["client"] == line["peer"] != "192.0.2.1"
    assert line["request_id"] != number


def test_secrets_are_for_the_service_only(host: Any) -> None:
    file = host.file("/etc/shop/environment")
    assert (file.user, file.group, file.mode) == ("root", "shop", 0o640)
    readable = host.run(
        "find /srv/shop /etc/systemd/system /var/log/nginx -type f -exec grep -l molecule-secret-key {} +"
    )
    assert readable.stdout == ""
    # Negative control: the search finds the secret where it is.
    assert host.run("grep -rl molecule-secret-key /etc/shop").stdout.strip() == "/etc/shop/environment"
    assert "molecule-secret-key" not in host.run("journalctl --no-pager -o cat -u 'shop*'").stdout


def test_service_is_confined(host: Any) -> None:
    process = host.process.filter(user="shop")
    assert {one.user for one in process} == {"shop"}
    score = host.run("systemd-analyze security --no-pager --threshold=20 shop@main.service")
    assert score.rc == 0, score.stdout.splitlines()[-1]
    # Negative control: an ordinary service does not pass.
    assert host.run("systemd-analyze security --no-pager --threshold=20 nginx.service").rc != 0


def test_starts_again_when_it_dies(host: Any, ask: Any) -> None:
    before = host.run("systemctl show -p MainPID --value shop@main").stdout
    host.run_expect([0], "systemctl kill --signal=KILL shop@main.service")
    assert ask("GET", "/livez")[0] in (200, 502)
    host.run_expect([0], "timeout 20 sh -c 'until systemctl -q is-active shop@main; do sleep 0.1; done'")
    assert ask("GET", "/healthz")[0] == 200
    assert host.run("systemctl show -p MainPID --value shop@main").stdout != before
