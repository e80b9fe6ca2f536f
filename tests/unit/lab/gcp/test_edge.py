# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers, certificates and Cloud Armor: what they do beyond being kept."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.gcp import cel
from tests.unit.lab.gcp.client import Gcp

BACKEND = "compute:global/backendServices/web"
POLICY = "compute:global/securityPolicies/web"
RANGES = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["198.51.100.0/24"]}}


def self_signed() -> tuple[str, str]:
    """Certificate and key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "www.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return certificate.decode(), key.private_bytes(serialization.Encoding.PEM, *form).decode()


def priorities(gcp: Gcp) -> list[int]:
    return [rule["priority"] for rule in gcp.get(POLICY)["rules"]]


def test_a_policy_is_attached_by_its_own_call_only(site: Gcp) -> None:
    """The field of the service is written by the server: google.cloud's parameter does nothing."""
    site.post(f"{BACKEND}/setSecurityPolicy", {})
    assert "securityPolicy" not in site.get(BACKEND)
    site.patch(BACKEND, {"securityPolicy": "global/securityPolicies/web"})
    assert "securityPolicy" not in site.get(BACKEND)
    assert site.cloud.entries()[-2]["ignored"] == ["output only resource.securityPolicy"]
    site.post(f"{BACKEND}/setSecurityPolicy", {"securityPolicy": "global/securityPolicies/web"})
    assert site.get(BACKEND)["securityPolicy"].endswith("/securityPolicies/web")


def test_a_policy_of_the_edge_is_not_for_the_backend(site: Gcp) -> None:
    site.post("compute:global/securityPolicies", {"name": "edge", "type": "CLOUD_ARMOR_EDGE"})
    body = {"securityPolicy": "global/securityPolicies/edge"}
    assert "CLOUD_ARMOR_EDGE" in site.refused("POST", f"{BACKEND}/setSecurityPolicy", body).message
    site.post(f"{BACKEND}/setEdgeSecurityPolicy", body)


def test_a_policy_ends_with_the_default_rule(gcp: Gcp) -> None:
    gcp.post("compute:global/securityPolicies", {"name": "web"})
    rule = gcp.get(POLICY)["rules"][0]
    assert (rule["priority"], rule["action"], rule["match"]["config"]) == (2147483647, "allow", {"srcIpRanges": ["*"]})


def test_rules_come_and_go_by_their_verbs(site: Gcp) -> None:
    site.post(f"{POLICY}/addRule", {"priority": 500, "action": "deny(403)", "match": RANGES})
    assert priorities(site) == [500, 1000, 2000, 2147483647]
    site.post(f"{POLICY}/patchRule?priority=500", {"action": "deny(404)"})
    rule = site.get(f"{POLICY}/getRule?priority=500")
    assert (rule["action"], rule["match"]) == ("deny(404)", RANGES)
    site.post(f"{POLICY}/removeRule?priority=500")
    assert priorities(site) == [1000, 2000, 2147483647]


def test_a_policy_is_patched_beside_its_rules(site: Gcp) -> None:
    site.patch(POLICY, {"description": "edge", "fingerprint": site.get(POLICY)["fingerprint"]})
    assert site.get(POLICY)["description"] == "edge"
    assert len(priorities(site)) == 3
    assert site.refused("PATCH", POLICY, {"description": "x", "fingerprint": "AAAA"}).code == 412


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "origin.region_code == 'KR' || origin.region_code == 'JP'",
        "inIpRange(origin.ip, '192.0.2.0/24') && !request.path.startsWith('/healthz')",
        "request.headers['x-origin-key'] != 'a\\'b'",
        "has(request.headers['user-agent']) && request.headers['user-agent'].lower().contains('bot')",
        "evaluatePreconfiguredWaf('xss-v33-stable', {'sensitivity': 2, 'opt_out_rule_ids': ['a', 'b']})",
        "int(request.headers['content-length']) > 1024 * 8",
        'request.method in ["PUT", "DELETE"]',
        "request.path.matches(r'/admin/.*')",
        "evaluatePreconfiguredWaf('cve-canary')",
    ],
)
def test_expressions(expression: str) -> None:
    cel.check(expression)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "expecting an expression"),
        ("origin.ip ==", "expecting an expression"),
        ("(origin.ip == 'a'", "expecting ')'"),
        ("origin.ip = 'a'", "token recognition error"),
        ("origin.ip == 'a' and true", "expecting <EOF>"),
        ("orgin.ip == 'a'", "undeclared reference to 'orgin'"),
        ("request.path.startswith('/')", "undeclared reference to 'startswith'"),
        ("request.['a']", "expecting an identifier"),
        ("request.headers['a'", "expecting ']'"),
        ("evaluatePreconfiguredWaf(origin.ip)", "preconfigured expression set"),
        ("{'a' 1}", "expecting ':'"),
        ("'open", "token recognition error"),
    ],
)
def test_what_is_no_expression(expression: str, text: str) -> None:
    with pytest.raises(cel.Mistake) as mistake:
        cel.check(expression)
    assert text in str(mistake.value)


def test_a_certificate_of_our_own(site: Gcp) -> None:
    certificate, key = self_signed()
    body = {"name": "own", "certificate": certificate, "privateKey": key}
    site.post("compute:global/sslCertificates", body)
    read = site.get("compute:global/sslCertificates/own")
    assert read["certificate"] == certificate
    assert read["expireTime"]
    assert "privateKey" not in read
    assert "PRIVATE KEY" not in str(site.cloud.state())


def test_a_key_of_another_certificate(site: Gcp) -> None:
    (certificate, _), (_, key) = self_signed(), self_signed()
    body = {"name": "own", "certificate": certificate, "privateKey": key}
    assert site.refused("POST", "compute:global/sslCertificates", body).reason == "sslCertificateKeyMismatch"


def test_a_proxy_gets_other_maps_certificates_and_policies(site: Gcp) -> None:
    proxy = "compute:global/targetHttpsProxies/web"
    site.post("compute:global/sslCertificates", {"name": "next", "managed": {"domains": ["a.example.com"]}})
    site.post("compute:targetHttpsProxies/web/setSslCertificates", {"sslCertificates": ["global/sslCertificates/next"]})
    assert site.get(proxy)["sslCertificates"][0].endswith("/next")
    site.post(f"{proxy}/setSslPolicy", {})
    assert "sslPolicy" not in site.get(proxy)
    refusal = site.refused("POST", "compute:targetHttpsProxies/web/setUrlMap", {"urlMap": "global/urlMaps/classic"})
    assert "EXTERNAL_MANAGED" in refusal.message


def test_a_certificate_map_has_to_be_there(site: Gcp) -> None:
    base = "projects/multicloud-dr/locations/global"
    body = {"certificateMap": f"//certificatemanager.googleapis.com/{base}/certificateMaps/web"}
    call = ("POST", "compute:global/targetHttpsProxies/web/setCertificateMap", body)
    assert "cannot be found" in site.refused(*call).message
    site.post("certificatemanager:certificateMaps?certificateMapId=web", {})
    entry = {"hostname": "example.com", "certificates": [f"{base}/certificates/web"]}
    site.post("certificatemanager:certificateMaps/web/certificateMapEntries?certificateMapEntryId=a", entry)
    site.call(*call)


def test_a_wildcard_needs_an_authorization(site: Gcp) -> None:
    body = {"managed": {"domains": ["*.example.com"]}}
    url = "certificatemanager:certificates?certificateId=wild"
    assert "DNS authorization" in site.refused("POST", url, body).message
    body["managed"]["dnsAuthorizations"] = ["projects/multicloud-dr/locations/global/dnsAuthorizations/web"]
    operation = site.post(url, body)
    assert operation["done"]
    assert site.get(f"https://certificatemanager.googleapis.com/v1/{operation['name']}")["done"]
    record = site.get("certificatemanager:dnsAuthorizations/web")["dnsResourceRecord"]
    assert record["name"] == "_acme-challenge.example.com."


def test_the_rules_of_caching_change_with_the_mode(site: Gcp) -> None:
    site.patch(
        BACKEND, {"cdnPolicy": {"cacheMode": "USE_ORIGIN_HEADERS", "defaultTtl": 0, "maxTtl": 0, "clientTtl": 0}}
    )
    assert site.get(BACKEND)["cdnPolicy"]["cacheMode"] == "USE_ORIGIN_HEADERS"


def test_a_double_is_printed_without_a_fraction(site: Gcp) -> None:
    assert site.get(BACKEND)["backends"][0]["capacityScaler"] == 1
    assert "1.0" not in str(site.get(BACKEND)["logConfig"])
