# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributions and policies as a client sees them: what is stored, versions, deployment, deletion."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from lab.aws import cloudfront_rules as rules
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import imported, refused, unique, web_acl
from tests.unit.lab.aws.test_cloudfront_rules import behavior, config, group, origin

WAIT_SECONDS = 30


@pytest.fixture
def cloudfront(aws: Aws) -> Any:
    return aws.client("cloudfront")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


def create(cloudfront: Any, **more: Any) -> tuple[str, str, dict[str, Any]]:
    """Id, ETag and configuration."""
    given = config(CallerReference=unique(), **more)
    made = cloudfront.create_distribution(DistributionConfig=given)
    return made["Distribution"]["Id"], made["ETag"], made["Distribution"]["DistributionConfig"]


def deployed(cloudfront: Any, identifier: str) -> bool:
    return bool(cloudfront.get_distribution(Id=identifier)["Distribution"]["Status"] == "Deployed")


def test_everything_is_kept(cloudfront: Any, aws: Aws) -> None:
    name = f"{unique()}.example"
    certificate, acl = imported(aws, name), web_acl(aws, "CLOUDFRONT")["ARN"]
    headers = rules.counted([{"HeaderName": "X-Secret", "HeaderValue": "s"}])
    identifier, _, stored = create(
        cloudfront,
        Aliases=rules.counted([name]),
        Origins=rules.counted([origin("a", CustomHeaders=headers), origin("b")]),
        OriginGroups=rules.counted([group("b", "a")]),
        DefaultCacheBehavior=behavior("reads"),
        ViewerCertificate={"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only"},
        WebACLId=acl,
    )
    assert stored["DefaultCacheBehavior"]["TargetOriginId"] == "reads"
    assert [each["OriginId"] for each in stored["OriginGroups"]["Items"][0]["Members"]["Items"]] == ["b", "a"]
    assert stored["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] == "s"
    assert cloudfront.get_distribution_config(Id=identifier)["DistributionConfig"] == stored
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert name in [alias for each in listed for alias in each["Aliases"].get("Items", [])]
    waf = aws.client("wafv2")
    which = {"Name": acl.split("/")[2], "Scope": "CLOUDFRONT", "Id": acl.split("/")[3]}
    token = waf.get_web_acl(**which)["LockToken"]
    assert refused(waf.delete_web_acl, **which, LockToken=token) == "WAFAssociatedItemException"
    acm = aws.client("acm")
    assert refused(acm.delete_certificate, CertificateArn=certificate) == "ResourceInUseException"
    again = config(CallerReference=unique(), Aliases=rules.counted([name]))
    assert refused(cloudfront.create_distribution, DistributionConfig=again) == "CNAMEAlreadyExists"


def test_an_update_needs_the_newest_version(cloudfront: Any) -> None:
    identifier, etag, stored = create(cloudfront)
    change = {"Id": identifier, "DistributionConfig": {**stored, "Comment": "new"}}
    assert refused(cloudfront.update_distribution, **change) == "InvalidIfMatchVersion"
    newer = cloudfront.update_distribution(**change, IfMatch=etag)["ETag"]
    assert newer != etag
    assert refused(cloudfront.update_distribution, **change, IfMatch=etag) == "PreconditionFailed"
    assert refused(cloudfront.delete_distribution, Id=identifier, IfMatch=etag) == "PreconditionFailed"
    bad = {**stored, "DefaultCacheBehavior": {**stored["DefaultCacheBehavior"], "TargetOriginId": "c"}}
    wrong = {"Id": identifier, "DistributionConfig": bad, "IfMatch": newer}
    assert refused(cloudfront.update_distribution, **wrong) == "NoSuchOrigin"
    found = cloudfront.get_distribution_config(Id=identifier)
    assert (found["ETag"], found["DistributionConfig"]["Comment"]) == (newer, "new"), "a refusal changed something"


def test_a_caller_reference_is_used_once(cloudfront: Any) -> None:
    _, _, stored = create(cloudfront)
    assert refused(cloudfront.create_distribution, DistributionConfig=stored) == "DistributionAlreadyExists"


def test_a_distribution_is_disabled_and_deployed_before_it_is_deleted(cloudfront: Any) -> None:
    identifier, etag, stored = create(cloudfront)
    assert not deployed(cloudfront, identifier)
    wait_for(lambda: deployed(cloudfront, identifier), "deployed")
    assert refused(cloudfront.delete_distribution, Id=identifier, IfMatch=etag) == "DistributionNotDisabled"
    off = {**stored, "Enabled": False}
    etag = cloudfront.update_distribution(Id=identifier, DistributionConfig=off, IfMatch=etag)["ETag"]
    assert refused(cloudfront.delete_distribution, Id=identifier, IfMatch=etag) == "DistributionNotDisabled"
    wait_for(lambda: deployed(cloudfront, identifier), "deployed again")
    cloudfront.delete_distribution(Id=identifier, IfMatch=etag)
    assert refused(cloudfront.get_distribution, Id=identifier) == "NoSuchDistribution"


def test_invalidations_by_caller_reference(cloudfront: Any) -> None:
    identifier, _, _ = create(cloudfront)
    batch = {"CallerReference": unique(), "Paths": rules.counted(["/*"])}
    first, again = (
        cloudfront.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]["Id"]
        for _ in range(2)
    )
    assert first == again
    other = {**batch, "Paths": rules.counted(["/x"])}
    assert refused(cloudfront.create_invalidation, DistributionId=identifier, InvalidationBatch=other) == (
        "InvalidArgument"
    )


CACHE = {"MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 300}
REQUEST = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "all"},
    "QueryStringsConfig": {"QueryStringBehavior": "all"},
}
HEADERS = {"SecurityHeadersConfig": {"FrameOptions": {"Override": True, "FrameOption": "DENY"}}}


@pytest.mark.parametrize(
    ("kind", "name", "plural", "more", "managed"),
    [
        ("CachePolicy", "cache_policy", "cache_policies", CACHE, 5),
        ("OriginRequestPolicy", "origin_request_policy", "origin_request_policies", REQUEST, 4),
        ("ResponseHeadersPolicy", "response_headers_policy", "response_headers_policies", HEADERS, 5),
    ],
)
def test_policies(cloudfront: Any, kind: str, name: str, plural: str, more: dict[str, Any], managed: int) -> None:
    def call(verb: str, noun: str = "", **arguments: Any) -> Any:
        return getattr(cloudfront, f"{verb}_{noun or name}")(**arguments)

    given: Any = {f"{kind}Config": {"Name": unique(), **more}}
    made = call("create", **given)
    identifier, etag = made[kind]["Id"], made["ETag"]
    assert refused(lambda: call("create", **given)) == f"{kind}AlreadyExists"
    assert call("get", Id=identifier)[kind][f"{kind}Config"] == given[f"{kind}Config"]
    assert call("get", f"{name}_config", Id=identifier)["ETag"] == etag
    listed = call("list", plural, Type="managed")[f"{kind}List"]["Items"]
    assert len(listed) == managed
    assert refused(lambda: call("delete", Id=listed[0][kind]["Id"], IfMatch=etag)) == "IllegalUpdate"

    use = behavior("a", **{f"{kind}Id": identifier})
    user, version, stored = create(cloudfront, DefaultCacheBehavior=use)
    assert refused(lambda: call("delete", Id=identifier, IfMatch=etag)) == f"{kind}InUse"
    assert refused(lambda: call("update", Id=identifier, IfMatch="E0", **given)) == "PreconditionFailed"
    newer = call("update", Id=identifier, IfMatch=etag, **given)["ETag"]
    without = {**stored, "DefaultCacheBehavior": behavior("a")}
    cloudfront.update_distribution(Id=user, DistributionConfig=without, IfMatch=version)
    call("delete", Id=identifier, IfMatch=newer)
    assert refused(lambda: call("get", Id=identifier)) == f"NoSuch{kind}"
