# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudFront accepts and refuses, rule by rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.aws import cloudfront_rules as rules

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1"
CACHE = "658327ea-f89d-4fab-a63d-7e88639e58f6"
WORLD = rules.World(
    policies={"CachePolicyId": {CACHE}, "OriginRequestPolicyId": {"o"}, "ResponseHeadersPolicyId": {"r"}},
    certificate={CERTIFICATE: ["shop.example", "*.cdn.example"]}.get,
    web_acl=ACL.__eq__,
    aliases=["taken.cdn.example"],
)


def origin(name: str, **more: Any) -> dict[str, Any]:
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    return {"Id": name, "DomainName": f"{name}.example", "CustomOriginConfig": custom, **more}


def group(*members: str, codes: tuple[int, ...] = (502, 503)) -> dict[str, Any]:
    return {
        "Id": "reads",
        "FailoverCriteria": {"StatusCodes": rules.counted(list(codes))},
        "Members": rules.counted([{"OriginId": member} for member in members]),
    }


def behavior(target: str, *methods: str, **more: Any) -> dict[str, Any]:
    allowed = {"AllowedMethods": rules.counted(list(methods))} if methods else {}
    base = {"TargetOriginId": target, "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHE}
    return {**base, **allowed, **more}


ALL = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")


def config(**more: Any) -> dict[str, Any]:
    return {
        "CallerReference": "1",
        "Comment": "",
        "Enabled": True,
        "Origins": rules.counted([origin("a"), origin("b")]),
        "OriginGroups": rules.counted([group("a", "b")]),
        "DefaultCacheBehavior": behavior("a"),
        **more,
    }


def certificate(arn: str = CERTIFICATE) -> dict[str, Any]:
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}


def with_origin(**changes: Any) -> dict[str, Any]:
    return config(Origins=rules.counted([origin("a", **changes), origin("b")]))


ACCEPTED = [
    config(),
    config(DefaultCacheBehavior=behavior("reads", "GET", "HEAD", "OPTIONS")),
    config(DefaultCacheBehavior=behavior("a", *ALL)),
    config(CacheBehaviors=rules.counted([behavior("reads", PathPattern="/static/*")])),
    config(Aliases=rules.counted(["shop.example", "x.cdn.example"]), ViewerCertificate=certificate()),
    config(WebACLId=ACL),
    config(DefaultCacheBehavior=behavior("a", OriginRequestPolicyId="o", ResponseHeadersPolicyId="r")),
]


@pytest.mark.parametrize("given", ACCEPTED)
def test_accepted_and_given_back_unchanged(given: dict[str, Any]) -> None:
    before = copy.deepcopy(given)
    stored = rules.stored(given, WORLD)
    assert given == before, "the request is not touched"
    assert rules.stored(stored, WORLD) == stored, "what is read can be sent back"


def timeout(name: str) -> dict[str, Any]:
    return with_origin(CustomOriginConfig={**origin("a")["CustomOriginConfig"], name: 999})


MANY_ALIASES = config(Aliases=rules.counted([f"a{n}.cdn.example" for n in range(101)]), ViewerCertificate=certificate())
MANY_BEHAVIORS = config(CacheBehaviors=rules.counted([behavior("a", PathPattern=f"/{n}") for n in range(76)]))
REFUSED = [
    ("NoSuchOrigin", config(DefaultCacheBehavior=behavior("c"))),
    ("NoSuchOrigin", config(OriginGroups=rules.counted([group("a", "c")]))),
    ("NoSuchOrigin", config(CacheBehaviors=rules.counted([behavior("c", PathPattern="/x")]))),
    ("InvalidArgument", config(OriginGroups=rules.counted([group("a")]))),
    ("InvalidArgument", config(OriginGroups=rules.counted([group("a", "a")]))),
    ("InvalidArgument", config(OriginGroups=rules.counted([group("a", "b", codes=(200,))]))),
    ("InvalidArgument", config(DefaultCacheBehavior=behavior("reads", *ALL))),
    ("InvalidArgument", config(DefaultCacheBehavior=behavior("a", "GET", "POST"))),
    ("InvalidArgument", config(DefaultCacheBehavior=behavior("a", MinTTL=1))),
    ("InvalidArgument", config(DefaultCacheBehavior=behavior("a", CachePolicyId=""))),
    ("NoSuchCachePolicy", config(DefaultCacheBehavior=behavior("a", CachePolicyId="x"))),
    ("NoSuchOriginRequestPolicy", config(DefaultCacheBehavior=behavior("a", OriginRequestPolicyId="x"))),
    ("NoSuchResponseHeadersPolicy", config(DefaultCacheBehavior=behavior("a", ResponseHeadersPolicyId="x"))),
    ("InvalidArgument", config(CacheBehaviors=rules.counted([behavior("a", PathPattern="/x")] * 2))),
    ("TooManyCacheBehaviors", MANY_BEHAVIORS),
    ("TooManyOrigins", config(Origins=rules.counted([origin(f"o{n}") for n in range(101)]))),
    ("TooManyOriginGroupsPerDistribution", config(OriginGroups=rules.counted([group("a", "b")] * 11))),
    ("InvalidArgument", config(Origins=rules.counted([origin("a"), origin("a")]))),
    ("InvalidOrigin", with_origin(CustomOriginConfig=None)),
    ("InvalidArgument", with_origin(DomainName="https://a.example")),
    ("InvalidArgument", with_origin(DomainName="192.0.2.1")),
    ("InvalidArgument", with_origin(OriginPath="x")),
    ("InvalidArgument", with_origin(ConnectionAttempts=4)),
    ("InvalidOriginReadTimeout", timeout("OriginReadTimeout")),
    ("InvalidOriginKeepaliveTimeout", timeout("OriginKeepaliveTimeout")),
    ("InvalidArgument", with_origin(CustomHeaders=rules.counted([{"HeaderName": "Host", "HeaderValue": "x"}]))),
    ("InvalidArgument", with_origin(CustomHeaders=rules.counted([{"HeaderName": "X-Amz-Y", "HeaderValue": "x"}]))),
    ("InconsistentQuantities", with_origin(CustomHeaders={"Quantity": 2, "Items": []})),
    ("InvalidViewerCertificate", config(Aliases=rules.counted(["shop.example"]))),
    ("InvalidViewerCertificate", config(ViewerCertificate=certificate(CERTIFICATE + "0"))),
    ("InvalidViewerCertificate", config(ViewerCertificate=certificate(CERTIFICATE.replace("us-east-1", "eu-west-1")))),
    ("InvalidViewerCertificate", config(Aliases=rules.counted(["other.example"]), ViewerCertificate=certificate())),
    ("InvalidViewerCertificate", config(Aliases=rules.counted(["a.b.cdn.example"]), ViewerCertificate=certificate())),
    ("InvalidArgument", config(ViewerCertificate={"ACMCertificateArn": CERTIFICATE})),
    ("CNAMEAlreadyExists", config(Aliases=rules.counted(["Taken.cdn.example"]), ViewerCertificate=certificate())),
    ("TooManyDistributionCNAMEs", MANY_ALIASES),
    ("InvalidWebACLId", config(WebACLId="arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge/1")),
]


@pytest.mark.parametrize(("code", "given"), REFUSED)
def test_refused(code: str, given: dict[str, Any]) -> None:
    with pytest.raises(rules.Refused) as refusal:
        rules.stored(given, WORLD)
    assert refusal.value.code == code


def test_an_update_replaces_everything_but_the_caller_reference() -> None:
    old = rules.stored(config(Comment="old"), WORLD)
    assert rules.updated(old, config(), WORLD)["Comment"] == ""
    with pytest.raises(rules.Refused) as refusal:
        rules.updated(old, config(CallerReference="2"), WORLD)
    assert refusal.value.code == "IllegalUpdate"
