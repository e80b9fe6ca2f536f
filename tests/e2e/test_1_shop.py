# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer buys; the other cloud knows it within a second."""

from __future__ import annotations

import json
import time
from functools import partial

from .lab import SHOP, Lab, wait_for
from .sites import send_customers


def test_the_public_name_answers_the_gcp_edge(lab: Lab) -> None:
    # On a lab just built, the inverted check needs its first three probes (docs/dns.md).
    send_customers(lab, "gcp")
    assert lab.dig("shop.multicloud.example") == ["198.51.100.50"]


def test_the_catalogue_comes_over_https_from_gcp(lab: Lab) -> None:
    page = lab.curl("-L", "-w", "\n%{http_code} %{scheme}", f"{SHOP}/")
    assert page.splitlines()[-1] == "200 https"
    assert "<h1" in page
    assert json.loads(lab.curl(f"{SHOP}/healthz"))["site"] == "gcp"


def test_without_the_authority_the_certificate_is_refused(lab: Lab) -> None:
    assert not lab.succeeds("client", "curl", "-sS", "--max-time", "5", f"{SHOP}/healthz")


def test_an_attack_is_refused_at_the_edge(lab: Lab) -> None:
    ask = ("-o", "/dev/null", "-w", "%{http_code}", "-L")
    assert (
        lab.curl(*ask, f"{SHOP}/en/search?q=1%27%20OR%20%271%27=%271%27%20UNION%20SELECT%20password%20FROM%20users--")
        == "403"
    )
    assert lab.curl(*ask, f"{SHOP}/en/search?q=tea") == "200"


def test_an_order_is_on_the_aws_database_within_a_second(lab: Lab) -> None:
    order = lab.order()
    assert order["outcome"] == "acked", order
    placed = time.time()
    statement = f"SELECT COUNT(*) FROM shop.orders WHERE request_id = '{order['id']}'"
    wait_for(lambda: lab.sql("aws-db", statement) == [["1"]], "the order is on the aws database", 10)
    # Written to the replica's table by the clock of the writer; the machine's clock is one for all hosts.
    print(f"order seen on aws-db {time.time() - placed:.2f} s after it was acknowledged (one poll takes about 0.2 s)")
    assert lab.order()["site"] == "gcp"


def test_the_standby_takes_no_write(lab: Lab) -> None:
    assert lab.sql("aws-db", "SELECT @@global.super_read_only") == [["1"]]
    assert lab.sql("gcp-db", "SELECT @@global.super_read_only") == [["0"]]


def test_a_redis_key_is_on_the_aws_cache(lab: Lab) -> None:
    assert lab.redis("gcp-cache", "set", "session:e2e", "seen", "ex", "60") == "OK"
    wait_for(lambda: lab.redis("aws-cache", "get", "session:e2e") == "seen", "the key is on the aws cache", 5)


def test_a_shopper_behind_either_cloud_can_order(lab: Lab) -> None:

    def writable(resolve: str) -> bool:
        return lab.curl("--resolve", resolve, "-o", "/dev/null", "-w", "%{http_code}", f"{SHOP}/writable") == "200"

    for address, site in (("198.51.100.50", "gcp"), ("198.51.100.150", "aws")):
        resolve = f"shop.multicloud.example:443:{address}"
        assert json.loads(lab.curl("--resolve", resolve, f"{SHOP}/healthz"))["site"] == site
        wait_for(partial(writable, resolve), f"the {site} web tier reaches the writer", 15)
