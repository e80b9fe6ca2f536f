# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's AWS API: each attribute set, drifted, seen, repaired; interruptions; removal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._aws_resource import AwsError
from ansible_collections.multicloud.dr.plugins.module_utils._cloudfront import api
from ansible_collections.multicloud.dr.plugins.module_utils._cloudfront.settings import from_api
from ansible_collections.multicloud.dr.plugins.modules import cloudfront_site, cloudfront_site_info

from tests.unit.fakes.ansible_module import Run, aws_environment, runner
from tests.unit.fakes.aws import Aws
from tests.unit.lab.aws.edges import imported, unique, web_acl

SECRET = "s3cr3t-of-the-origin"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


@pytest.fixture
def run(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudfront_site.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def info(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(cloudfront_site_info.main, capsys, aws_environment(aws.endpoint))


@pytest.fixture
def wanted(aws: Aws) -> dict[str, Any]:
    return options(aws)


@pytest.fixture(scope="module")
def steady(aws: Aws) -> dict[str, Any]:
    """One distribution for the tests that leave it as it was: each distribution costs every run a call."""
    return options(aws)


def options(aws: Aws) -> dict[str, Any]:
    alias = f"{unique()}.example"
    return {
        "name": unique("site"),
        "comment": "shop",
        "aliases": [alias.upper()],
        "certificate_arn": imported(aws, alias),
        "minimum_protocol_version": "TLSv1.2_2021",
        "web_acl_arn": web_acl(aws, "CLOUDFRONT")["ARN"],
        "price_class": "PriceClass_200",
        "http_version": "http2and3",
        "error_caching_seconds": 0,
        "origins": [
            {"id": "active", "domain_name": "origin.example", "headers": [{"name": "X-Secret", "value": SECRET}]},
            {"id": "gcp", "domain_name": "gcp.example", "connection_attempts": 1, "connection_timeout": 3},
            {"id": "aws", "domain_name": "aws.example", "connection_attempts": 1, "connection_timeout": 3},
        ],
        "origin_groups": [{"id": "reads", "members": ["gcp", "aws"]}],
        "default_behavior": {
            "target": "active",
            "allowed_methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "cache_policy": "CachingDisabled",
            "origin_request_policy": "Managed-AllViewer",
        },
        "behaviors": [
            {"path_pattern": "/static/*", "target": "reads", "cache_policy": CACHING_OPTIMIZED},
            {"path_pattern": "/media/*", "target": "reads", "cache_policy": "CachingOptimized"},
        ],
        "tags": {"project": "p"},
    }


def stored(aws: Aws, identifier: str) -> dict[str, Any]:
    return dict(aws.client("cloudfront").get_distribution_config(Id=identifier)["DistributionConfig"])


def set_by_hand(aws: Aws, identifier: str, change: Callable[[dict[str, Any]], Any]) -> None:
    client = aws.client("cloudfront")
    found = client.get_distribution_config(Id=identifier)
    config = copy.deepcopy(found["DistributionConfig"])
    change(config)
    client.update_distribution(Id=identifier, IfMatch=found["ETag"], DistributionConfig=config)


def test_life_of_a_distribution(run: Run, info: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    planned = run(_check=True, **wanted)
    assert (planned["changed"], planned["action"], planned["distribution"]["id"]) == (True, "created", "")
    assert info(name=wanted["name"])["distributions"] == [], "check mode created it"

    created = run(**wanted)
    assert (created["action"], created["diff"]) == ("created", planned["diff"])
    made = created["distribution"]
    config = stored(aws, made["id"])
    assert config["Origins"]["Items"][0]["CustomHeaders"]["Items"] == [
        {"HeaderName": "x-secret", "HeaderValue": SECRET}
    ]
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert [each["PathPattern"] for each in config["CacheBehaviors"]["Items"]] == ["/static/*", "/media/*"]

    again = run(**wanted)
    assert (again["changed"], again["distribution"]["id"]) == (False, made["id"])
    assert again["diff"]["before"] == again["diff"]["after"]
    assert stored(aws, made["id"]) == config
    reordered = {**wanted, "origins": list(reversed(wanted["origins"]))}
    assert not run(**reordered)["changed"]
    assert not run(name=wanted["name"])["changed"], "what is not given is left alone"
    waited = run(**wanted, wait=True)
    assert (waited["changed"], waited["distribution"]["status"]) == (False, "Deployed")
    (read,) = info(name=wanted["name"])["distributions"]
    assert read == waited["distribution"]

    assert run(_check=True, name=wanted["name"], state="absent")["action"] == "deleted"
    assert run(name=wanted["name"], state="absent")["action"] == "deleted"
    assert run(name=wanted["name"], state="absent")["action"] == "none"
    assert run(**wanted)["action"] == "created", "the name can be used again"


def test_secrets_are_never_shown(run: Run, info: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    made = run(**wanted)
    identifier = made["distribution"]["id"]

    def other(config: dict[str, Any]) -> None:
        config["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] = "somebody-elses"

    set_by_hand(aws, identifier, other)
    seen = run(_check=True, **wanted)
    assert (seen["action"], seen["diff"]["before"] == seen["diff"]["after"]) == ("updated", False)
    results = [made, seen, info(name=wanted["name"]), run(**wanted), run(**wanted)]
    assert [result["changed"] for result in results] == [True, True, False, True, False]
    assert stored(aws, identifier)["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] == SECRET
    for result in results:
        texts = str({name: value for name, value in result.items() if name != "invocation"})
        assert SECRET not in texts
        assert "somebody-elses" not in texts


def drift(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        where: Any = config
        for step in path[:-1]:
            where = where[step]
        where[path[-1]] = value

    return change


NONE = {"Quantity": 0}
ACTIVE, GROUP = ("Origins", "Items", 0), ("OriginGroups", "Items", 0)
CUSTOM, DEFAULT = (*ACTIVE, "CustomOriginConfig"), "DefaultCacheBehavior"
STATIC = ("CacheBehaviors", "Items", 0)
READS = {"Quantity": 2, "Items": ["GET", "HEAD"], "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
DRIFTS = {
    "comment": drift("Comment", value="x"),
    "aliases": drift("Aliases", value=NONE),
    "web ACL detached": drift("WebACLId", value=""),
    "price class": drift("PriceClass", value="PriceClass_All"),
    "HTTP version": drift("HttpVersion", value="http2"),
    "TLS version": drift("ViewerCertificate", "MinimumProtocolVersion", value="TLSv1"),
    "origin's name": drift(*ACTIVE, "DomainName", value="other.example"),
    "origin's path": drift(*ACTIVE, "OriginPath", value="/x"),
    "origin's secret": drift(*ACTIVE, "CustomHeaders", value=NONE),
    "origin's protocol": drift(*CUSTOM, "OriginProtocolPolicy", value="http-only"),
    "origin's TLS": drift(*CUSTOM, "OriginSslProtocols", value={"Quantity": 1, "Items": ["TLSv1"]}),
    "origin's port": drift(*CUSTOM, "HTTPSPort", value=8443),
    "origin's read timeout": drift(*CUSTOM, "OriginReadTimeout", value=60),
    "origin's keepalive": drift(*CUSTOM, "OriginKeepaliveTimeout", value=60),
    "origin's attempts": drift("Origins", "Items", 1, "ConnectionAttempts", value=3),
    "origin's connection timeout": drift("Origins", "Items", 1, "ConnectionTimeout", value=10),
    "order of the group": drift(
        *GROUP, "Members", value={"Quantity": 2, "Items": [{"OriginId": "aws"}, {"OriginId": "gcp"}]}
    ),
    "group's codes": drift(*GROUP, "FailoverCriteria", "StatusCodes", value={"Quantity": 1, "Items": [503]}),
    "target": drift(DEFAULT, "TargetOriginId", value="gcp"),
    "viewer protocol": drift(DEFAULT, "ViewerProtocolPolicy", value="allow-all"),
    "methods": drift(DEFAULT, "AllowedMethods", value=READS),
    "compression": drift(DEFAULT, "Compress", value=False),
    "cache policy": drift(DEFAULT, "CachePolicyId", value=CACHING_OPTIMIZED),
    "origin request policy": drift(DEFAULT, "OriginRequestPolicyId", value="59781a5b-3903-41f3-afcb-af62929ccde1"),
    "headers policy": drift(DEFAULT, "ResponseHeadersPolicyId", value="60669652-455b-4ae9-85a4-c4c02393f86c"),
    "path": drift(*STATIC, "PathPattern", value="/other/*"),
    "order of paths": lambda config: config["CacheBehaviors"]["Items"].reverse(),
    "errors are remembered": drift("CustomErrorResponses", value=NONE),
    "one error is remembered": drift("CustomErrorResponses", "Items", 0, "ErrorCachingMinTTL", value=9),
    "paths gone": drift("CacheBehaviors", value=NONE),
}


@pytest.mark.parametrize("change", DRIFTS.values(), ids=DRIFTS.keys())
def test_drift_is_seen_and_repaired(
    run: Run, aws: Aws, steady: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    wanted = steady
    identifier = run(**wanted)["distribution"]["id"]
    before = stored(aws, identifier)
    set_by_hand(aws, identifier, change)
    drifted = stored(aws, identifier)
    assert drifted != before
    seen = run(_check=True, **wanted)
    assert seen["action"] == "updated"
    assert seen["diff"]["before"] != seen["diff"]["after"]
    assert stored(aws, identifier) == drifted, "check mode repaired it"
    assert run(**wanted)["action"] == "updated"
    assert not run(**wanted)["changed"]
    assert from_api(stored(aws, identifier)) == from_api(before)


def test_enabled_is_only_touched_if_asked(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    identifier = run(**wanted)["distribution"]["id"]
    set_by_hand(aws, identifier, drift("Enabled", value=False))
    assert not run(**wanted)["changed"]
    assert run(**wanted, enabled=True)["action"] == "updated"


def test_what_the_options_do_not_know_survives(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    identifier = run(**wanted)["distribution"]["id"]
    del wanted["error_caching_seconds"]
    page = {"Quantity": 1, "Items": [{"ErrorCode": 404, "ErrorCachingMinTTL": 7}]}
    shield = {"Enabled": True, "OriginShieldRegion": "us-east-1"}

    def by_hand(config: dict[str, Any]) -> None:
        config["CustomErrorResponses"] = page
        config["Origins"]["Items"][0]["OriginShield"] = shield

    set_by_hand(aws, identifier, by_hand)
    assert not run(**wanted)["changed"]
    assert run(**{**wanted, "comment": "other"})["action"] == "updated"
    config = stored(aws, identifier)
    assert config["CustomErrorResponses"]["Items"][0]["ErrorCachingMinTTL"] == 7
    assert config["Origins"]["Items"][0]["OriginShield"] == shield


def test_tags_drift_even_of_the_name(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    made = run(**wanted)["distribution"]
    tags = {"Items": [{"Key": "Name", "Value": "x"}, {"Key": "other", "Value": "y"}]}
    aws.client("cloudfront").tag_resource(Resource=made["arn"], Tags=tags)
    assert run(_check=True, **wanted)["diff"]["before"]["tags"] == {"Name": "x", "other": "y", "project": "p"}
    repaired = run(**wanted)
    assert (repaired["action"], repaired["distribution"]["id"]) == ("updated", made["id"])
    assert repaired["distribution"]["tags"] == {"Name": wanted["name"], "project": "p"}
    assert not run(**wanted)["changed"]


def test_an_answer_that_was_lost_makes_no_second_one(
    run: Run, info: Run, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    create = api.create

    def lost(*arguments: Any) -> Any:
        create(*arguments)
        raise AwsError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(api, "create", lost)
        assert run(**wanted)["failed"]
    assert run(**wanted)["action"] == "none"


def test_two_runs_at_once_make_one(run: Run, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has looked before the first one created it."""
    made = run(**wanted)["distribution"]
    find, looked = api.find, []

    def too_early_once(client: Any, name: str) -> Any:
        looked.append(name)
        return find(client, name) if len(looked) > 1 else None

    monkeypatch.setattr(api, "find", too_early_once)
    result = run(**wanted)
    assert (result["action"], result["distribution"]["id"]) == ("none", made["id"])


def test_a_removal_that_was_interrupted_goes_on(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    identifier = run(**wanted)["distribution"]["id"]
    stopped = run(name=wanted["name"], state="absent", wait_timeout=0)
    assert "is not deployed after 0 s" in stopped["msg"]
    assert stored(aws, identifier)["Enabled"] is False
    assert run(name=wanted["name"], state="absent")["action"] == "deleted"


def test_somebody_elses_change_is_not_overwritten(
    run: Run, aws: Aws, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = run(**wanted)["distribution"]["id"]
    find = api.find

    def overtaken(client: Any, name: str) -> Any:
        found = find(client, name)
        set_by_hand(aws, identifier, drift("HttpVersion", value="http3"))
        return found

    monkeypatch.setattr(api, "find", overtaken)
    result = run(**{**wanted, "comment": "mine"})
    assert result["error_code"] == "PreconditionFailed"
    assert stored(aws, identifier)["Comment"] == "shop"


POST = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"origins": None}, "origins is required"),
        ({"default_behavior": None}, "default_behavior is required"),
        ({"certificate_arn": None}, "they need a certificate_arn"),
        ({"origin_groups": [{"id": "g", "members": ["gcp"]}]}, "needs two different members"),
        ({"origin_groups": [{"id": "reads", "members": ["gcp", "nobody"]}]}, "names nobody, which is no origin"),
        ({"origin_groups": [{"id": "gcp", "members": ["gcp", "aws"]}]}, "is the id of an origin and of"),
        ({"origin_groups": []}, "has the target reads, which is no origin"),
        (
            {"default_behavior": {"target": "reads", "cache_policy": "CachingDisabled", "allowed_methods": POST}},
            "fails",
        ),
        ({"default_behavior": {"target": "active", "cache_policy": "Nothing"}}, "there is none of this name"),
        ({"origins": [{"id": "a", "domain_name": "a.example"}] * 2}, "a is given twice"),
        ({"comment": "x" * 129}, "129 characters"),
        ({"certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/1"}, "InvalidViewerCertificate"),
        ({"web_acl_arn": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/1"}, "InvalidWebACLId"),
    ],
)
def test_mistakes_are_sentences(run: Run, wanted: dict[str, Any], changes: dict[str, Any], part: str) -> None:
    result = run(**{name: value for name, value in {**wanted, **changes}.items() if value is not None})
    assert result["failed"]
    assert part in result["msg"]


def test_an_api_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    result = runner(cloudfront_site.main, capsys, aws_environment("http://127.0.0.1:9"))(name="x")
    assert "Cannot list the distributions" in result["msg"]


def test_a_certificate_brings_a_protocol_version(run: Run, aws: Aws, wanted: dict[str, Any]) -> None:
    del wanted["minimum_protocol_version"]
    identifier = run(**wanted)["distribution"]["id"]
    assert stored(aws, identifier)["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    without = {**wanted, "aliases": [], "certificate_arn": ""}
    assert run(**without)["action"] == "updated"
    assert stored(aws, identifier)["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert not run(**without)["changed"]
