# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's CDN keeps to what CloudFront allows, and to what the shop needs of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from jinja2 import Environment, StrictUndefined

from shop import create_app

ROOT = Path(__file__).resolve().parents[3]
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
FAILOVER_CODES = {403, 404, 429, 500, 502, 503, 504}
LIMITS = {
    "lab_cdn_connection_attempts": (1, 3),
    "lab_cdn_connection_timeout": (1, 10),
    "lab_cdn_response_timeout": (1, 120),
}


def settings(**changed: Any) -> dict[str, Any]:
    """The lab's, with the names that the inventory would fill in."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "inventories/lab/host_vars/cdn/lab.yml").read_text())
    names = {
        "lab_cdn_aliases": ["shop.example", "cdn.example"],
        "lab_cdn_origins": ["origin.example", "aws.example"],
        "lab_cdn_origin_secret": "a-secret",
    }
    return found | names | changed


def config(variables: dict[str, Any]) -> str:
    """nginx's configuration, rendered as Ansible does."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False)
    environment.filters |= {"comment": "# {}".format, "regex_escape": re.escape}
    template = environment.from_string((ROOT / "lab/cdn/nginx.conf.j2").read_text())
    return template.render(variables, ansible_managed="Ansible managed")


def block(text: str, head: str) -> str:
    """The body of the one block that begins so."""
    ((_, found),) = re.findall(rf"(?ms)^( *){re.escape(head)} \{{\n(.*?)^\1\}}$", text)
    return str(found)


def group(text: str) -> re.Pattern[str]:
    """What the behaviour with the origin group matches."""
    (found,) = re.findall(r"location ~ (\S+) \{", text)
    return re.compile(found)


def addresses(shop: Flask, *methods: str) -> set[str]:
    """An address of each of the shop's pages that takes one of these methods."""
    rules = [rule.rule for rule in shop.url_map.iter_rules() if (rule.methods or set()) & set(methods)]
    return {re.sub("<[^>]+>", "x", re.sub("<[^>]*lang>", "ko", rule)) for rule in rules}


@pytest.fixture
def shop(tmp_path: Path) -> Flask:
    return create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}"})


@pytest.mark.parametrize(("name", "limits"), LIMITS.items())
def test_times_and_attempts_are_ones_that_cloudfront_takes(name: str, limits: tuple[int, int]) -> None:
    assert limits[0] <= settings()[name] <= limits[1]


def test_codes_are_ones_that_cloudfront_takes() -> None:
    assert set(settings()["lab_cdn_failover_codes"]) <= FAILOVER_CODES


def test_nothing_that_is_posted_meets_the_origin_group(shop: Flask) -> None:
    """CloudFront refuses a behaviour that has an origin group and takes more than reads."""
    posted = addresses(shop, "POST", "PUT", "PATCH", "DELETE")
    assert {"/api/orders", "/ko/checkout", "/ko/cart/items"} <= posted
    assert [path for path in posted if group(config(settings())).match(path)] == []
    # Negative control: a careless pattern.
    careless = group(config(settings(lab_cdn_read_paths=["/??/*"])))
    assert "/ko/checkout" in [path for path in posted if careless.match(path)]


def test_the_catalogue_fails_over_and_what_is_personal_does_not(shop: Flask) -> None:
    read = {path for path in addresses(shop, "GET") if group(config(settings())).match(path)}
    assert read == {"/", "/ko/", "/ko/products", "/ko/products/x", "/ko/search", "/api/products", "/static/x"}


def test_only_the_group_asks_the_second_origin() -> None:
    text = config(settings())
    default, reads = block(text, "location /"), block(text, f"location ~ {group(text).pattern}")
    assert "error_page" not in default and "https://origin1" in default
    assert "error_page 500 502 503 504 = @secondary;" in reads and "https://origin1" in reads
    assert "limit_except GET OPTIONS" in reads
    assert "https://origin2" in block(text, "location @secondary")


def test_each_origin_is_reached_by_its_name_and_must_prove_it() -> None:
    text = config(settings(lab_cdn_connection_attempts=3, lab_cdn_connection_timeout=7))
    assert re.findall(r"set \$origin (\S+);", text) == ["origin.example", "aws.example"]
    assert "proxy_ssl_name origin.example;" in block(text, "location /")
    assert "proxy_ssl_name aws.example;" in block(text, "location @secondary")
    assert "proxy_ssl_verify on;" in text
    for number in (1, 2):
        assert block(text, f"upstream origin{number}").count(f"server 127.0.0.1:844{number} ") == 3
    assert text.count("proxy_connect_timeout 7s;") == 2


def test_the_origins_get_the_secret() -> None:
    assert "proxy_set_header X-Origin-Verify a-secret;" in config(settings())


def test_a_session_has_copies_of_its_own() -> None:
    assert "proxy_cache_key $host$request_uri|$http_authorization|$cookie_shop_session;" in config(settings())
