# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways in: the name that Route 53 moves, and a CDN whose origin it is."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from tests.harness.faults import Faults
from tests.harness.trial import Trial
from tests.harness.writer import CDN, HONOURS, IGNORES

from .lab import Lab, wait_for
from .scenarios import DETECTION, TTL
from .sites import LIMITS, nothing_lost, route53_answers

URL = "https://cdn.multicloud.example"
GCP, AWS = ["198.51.100.50"], ["198.51.100.150"]


def ask(lab: Lab, path: str, *argv: str) -> tuple[int, dict[str, str]]:
    """Status and headers (names in lower case) of one request by way of the CDN."""
    head, *lines = lab.curl("-o", "/dev/null", "-D", "-", "--http1.1", *argv, f"{URL}{path}").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return int(head.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def order(lab: Lab) -> tuple[int, str]:
    """Status, and the request's id, of an order by way of the CDN."""
    number = str(uuid.uuid4())
    body = json.dumps({"email": "e2e@example.org", "items": [{"sku": "moon-jar", "qty": 1}]})
    headers = ("-H", "Content-Type: application/json", "-H", f"Idempotency-Key: {number}")
    return ask(lab, "/api/orders", *headers, "-d", body)[0], number


def unseen() -> str:
    """A page of the catalogue that no cache can have."""
    return f"/en/products?e2e={uuid.uuid4()}"


def test_the_catalogue_comes_through_the_cdn_and_then_out_of_it(lab: Lab) -> None:
    path = unseen()
    status, first = ask(lab, path)
    assert (status, first["x-site"], first["x-cache"]) == (200, "gcp", "Miss from cdn")
    assert ask(lab, path)[1]["x-cache"] == "Hit from cdn"
    assert ask(lab, path, "-H", "Cookie: shop_session=e2e")[1]["x-cache"] == "Miss from cdn"  # another customer's copy


def test_an_order_through_the_cdn_is_in_the_database(lab: Lab) -> None:
    status, number = order(lab)
    assert status == 201
    assert lab.sql("gcp-db", f"SELECT COUNT(*) FROM shop.orders WHERE request_id = '{number}'") == [["1"]]


def test_the_edge_believes_the_cdn_about_the_viewer_and_nobody_else(lab: Lab) -> None:
    viewer, cdn = lab.address("client", "wan0"), lab.address("cdn", "wan0")
    for url, peer in ((URL, cdn), ("https://shop.multicloud.example", viewer)):
        number = f"e2e-{uuid.uuid4()}"
        lab.curl(
            "-o", "/dev/null", "-H", f"X-Request-ID: {number}", "-H", "X-Forwarded-For: 192.0.2.1", f"{url}/healthz"
        )
        line = json.loads(lab.run("gcp-edge", "grep", number, "/var/log/nginx/access.log"))
        assert (line["client"], line["peer"]) == (viewer, peer)


def test_the_cdn_is_the_shops_and_nobody_elses(lab: Lab) -> None:
    assert ask(lab, "/", "-H", "Host: other.example")[0] == 403
    assert ask(lab, "/en/products", "-X", "POST")[0] == 403  # a behaviour with an origin group takes reads only
    assert lab.curl("-o", "/dev/null", "-w", "%{http_code}", "http://cdn.multicloud.example/") == "301"


@pytest.mark.usefixtures("at_home")
def test_a_dead_edge_and_customers_at_both_doors(lab: Lab, tmp_path: Path) -> None:
    """Reads do not wait for DNS. Orders do, and then come by the same address of the CDN as before."""
    wait_for(lambda: route53_answers() == GCP, "the name answers gcp before the fault", 60)
    with Faults(lab) as faults, Trial(lab, tmp_path, clients=(HONOURS, IGNORES, CDN)) as trial:
        trial.await_orders(20)
        event = faults.kill("gcp-edge")
        read, ordered = ask(lab, unseen()), order(lab)[0]
        assert (read[0], read[1]["x-site"]) == (200, "aws")
        assert ordered in (502, 504)
        assert route53_answers() == GCP, "DNS has not moved yet: what was answered did not wait for it"
        wait_for(lambda: route53_answers() == AWS, "Route 53 answers the aws edge", DETECTION[1] + 20)
        trial.await_orders(20, timeout=TTL + 30, clients=(HONOURS, CDN))
        faults.mend(event)
        trial.await_orders(20, timeout=60, clients=(IGNORES,))
    judgement = trial.judge("gcp-db", fault=event.fault, limits=LIMITS)
    nothing_lost(judgement)
    (by_cdn,) = (journal for journal in trial.journals() if journal.client == CDN)
    assert {one.site for one in by_cdn.attempts if one.outcome == "acked"} == {"gcp", "aws"}
    doors = {client: f"{seen.rto:.1f} s" for client, seen in judgement.availability.items() if seen.rto is not None}
    print(f"an edge killed: first order after, by kind of client: {doors}")
    wait_for(lambda: route53_answers() == GCP, "the name comes back (no epoch has changed)", DETECTION[1] + 60)
