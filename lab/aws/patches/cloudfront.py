# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudFront in moto 5.2.5: it drops what it does not know, ignores ETags, and has no policies.

The rules are in ``cloudfront_rules``. A distribution's configuration is kept as it is sent, with CloudFront's defaults.
"""

from __future__ import annotations

import functools
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, Distribution
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from .. import cloudfront_rules as rules
from . import acm, wafv2

# AWS takes minutes. Long enough here that a client that does not wait is seen.
DEPLOYMENT_SECONDS = 1.0
POLICIES = {
    "CachePolicy": ("cache-policy", rules.MANAGED_CACHE_POLICIES),
    "OriginRequestPolicy": ("origin-request-policy", rules.MANAGED_ORIGIN_REQUEST_POLICIES),
    "ResponseHeadersPolicy": ("response-headers-policy", rules.MANAGED_RESPONSE_HEADERS_POLICIES),
}


def apply() -> None:
    """Patch moto."""
    _distributions()
    _invalidations()
    for kind, (path, managed) in POLICIES.items():
        _policies(kind, path, managed)


def _response(name: str) -> Callable[[Callable[..., Any]], None]:
    """Decorator: this function is now CloudFrontResponse's method; a rule's refusal becomes AWS's error response."""

    def replace(function: Callable[..., Any]) -> None:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except rules.Refused as refusal:
                raise CloudFrontException(refusal.code, str(refusal)) from refusal

        setattr(CloudFrontResponse, name, call)

    return replace


# --- Distributions -----------------------------------------------------------------------------------------------


def _world(backend: Any, but: str = "") -> rules.World:
    aliases = [
        alias
        for distribution in list(backend.distributions.values())
        if distribution.id != but
        for alias in rules.items(distribution.distribution_config, "Aliases")
    ]
    policies = {f"{kind}Id": {*managed, *_own(backend, kind)} for kind, (_, managed) in POLICIES.items()}
    return rules.World(policies, acm.issued, wafv2.exists, aliases)


def _described(distribution: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Distribution.html"""
    return {
        "Id": distribution.id,
        "ARN": distribution.arn,
        "Status": _status(distribution),
        "LastModifiedTime": distribution.lab_modified,
        "InProgressInvalidationBatches": 0,
        "DomainName": distribution.domain_name,
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": distribution.distribution_config,
    }


def _status(distribution: Any) -> str:
    return "Deployed" if time.monotonic() - distribution.lab_changed >= DEPLOYMENT_SECONDS else "InProgress"


def _summary(distribution: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionSummary.html"""
    return {**distribution.distribution_config, **_described(distribution), "ETag": distribution.etag}


def _set(distribution: Any, config: rules.Config) -> None:
    distribution.distribution_config = config
    distribution.etag = f"E{uuid.uuid4().hex[:12].upper()}"
    distribution.lab_changed, distribution.lab_modified = time.monotonic(), utcnow()


def _answer(distribution: Any) -> ActionResult:
    return ActionResult(
        {"Distribution": _described(distribution), "ETag": distribution.etag, "Location": distribution.location}
    )


def _matched(resource: Any, etag: str | None) -> None:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html (If-Match)"""
    if not etag:
        raise rules.Refused("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if etag != resource.etag:
        raise rules.Refused(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        )


def _distributions() -> None:
    def __init__(self: Any, account_id: str, region_name: str, config: rules.Config) -> None:
        """As moto's, without its model of the configuration."""
        self.id = self.distribution_id = f"E{uuid.uuid4().hex[:13].upper()}"
        self.arn = f"arn:aws:cloudfront::{account_id}:distribution/{self.id}"
        self.domain_name = f"d{hashlib.sha256(self.id.encode()).hexdigest()[:13]}.cloudfront.net"
        _set(self, config)

    Distribution.__init__ = __init__

    def create(self: Any, given: rules.Config, tags: list[dict[str, str]]) -> ActionResult:
        backend = self.backend
        for other in backend.distributions.values():
            if other.distribution_config["CallerReference"] == given.get("CallerReference"):
                raise rules.Refused(
                    "DistributionAlreadyExists",
                    "The caller reference that you are using to create a distribution is associated with another "
                    f"distribution. Already exists: {other.id}",
                )
        made = Distribution(backend.account_id, backend.region_name, rules.stored(given, _world(backend)))
        backend.distributions[made.id] = made
        backend.tagger.tag_resource(made.arn, tags)
        return _answer(made)

    def find(self: Any) -> Any:
        found = self.backend.distributions.get(self._get_param("Id"))
        if found is None:
            raise rules.Refused("NoSuchDistribution", "The specified distribution does not exist.")
        return found

    @_response("create_distribution")
    def create_distribution(self: Any) -> ActionResult:
        return create(self, self._get_param("DistributionConfig"), [])

    @_response("create_distribution_with_tags")
    def create_distribution_with_tags(self: Any) -> ActionResult:
        given = self._get_param("DistributionConfigWithTags")
        return create(self, given["DistributionConfig"], rules.items(given, "Tags"))

    @_response("get_distribution")
    def get_distribution(self: Any) -> ActionResult:
        return _answer(find(self))

    @_response("get_distribution_config")
    def get_distribution_config(self: Any) -> ActionResult:
        found = find(self)
        return ActionResult({"DistributionConfig": found.distribution_config, "ETag": found.etag})

    @_response("update_distribution")
    def update_distribution(self: Any) -> ActionResult:
        found = find(self)
        _matched(found, self._get_param("IfMatch"))
        world = _world(self.backend, found.id)
        _set(found, rules.updated(found.distribution_config, self._get_param("DistributionConfig"), world))
        return _answer(found)

    @_response("delete_distribution")
    def delete_distribution(self: Any) -> EmptyResult:
        """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DeleteDistribution.html"""
        found = find(self)
        _matched(found, self._get_param("IfMatch"))
        if found.distribution_config["Enabled"] or _status(found) != "Deployed":
            raise rules.Refused(
                "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled."
            )
        del self.backend.distributions[found.id]
        return EmptyResult()

    @_response("list_distributions")
    def list_distributions(self: Any) -> ActionResult:
        found = [_summary(each) for each in self.backend.distributions.values()]
        return ActionResult(
            {"DistributionList": {"Marker": "", "MaxItems": 100, "IsTruncated": False, **rules.counted(found)}}
        )

    def get_distribution_of(self: Any, distribution_id: str) -> tuple[Any, str]:
        found = self.distributions.get(distribution_id)
        if found is None:
            raise CloudFrontException("NoSuchDistribution", "The specified distribution does not exist.")
        return found, found.etag

    CloudFrontBackend.get_distribution = get_distribution_of


def _invalidations() -> None:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_InvalidationBatch.html (CallerReference)"""
    original = CloudFrontBackend.create_invalidation

    def create_invalidation(self: Any, dist_id: str, paths: list[str], caller_ref: str) -> Any:
        for each in self.invalidations.get(dist_id, []):
            if each.caller_ref == caller_ref:
                if each.paths == paths:
                    return each
                raise CloudFrontException(
                    "InvalidArgument", "Your request contains a caller reference that was used for other paths."
                )
        return original(self, dist_id, paths, caller_ref)

    CloudFrontBackend.create_invalidation = create_invalidation


# --- Policies ----------------------------------------------------------------------------------------------------


class Policy:
    """A cache, origin request or response headers policy."""

    def __init__(self, config: dict[str, Any], identifier: str = "") -> None:
        self.id = identifier or str(uuid.uuid4())
        self.set(config)

    def set(self, config: dict[str, Any]) -> None:
        self.config = config
        self.etag = f"E{uuid.uuid4().hex[:12].upper()}"
        self.modified = utcnow()


def _own(backend: Any, kind: str) -> dict[str, Policy]:
    """Kept on the backend, so that moto's reset forgets them as well."""
    found: dict[str, Policy] = vars(backend).setdefault("lab_policies", {}).setdefault(kind, {})
    return found


def _users(backend: Any, kind: str, policy: str) -> Iterator[str]:
    for distribution in backend.distributions.values():
        if any(behavior.get(f"{kind}Id") == policy for behavior in rules.behaviors(distribution.distribution_config)):
            yield distribution.id


def _policies(kind: str, path: str, managed: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateCachePolicy.html, and its likes"""
    base = "{0}/2020-05-31/" + path
    for ending in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
        urls.url_paths[base + ending] = CloudFrontResponse.dispatch
    config_name = f"{kind}Config"
    name = "_".join(path.split("-"))
    fixed = {identifier: Policy({"Name": title}, identifier) for identifier, title in managed.items()}

    def described(policy: Policy) -> dict[str, Any]:
        return {"Id": policy.id, "LastModifiedTime": policy.modified, config_name: policy.config}

    def answer(policy: Policy) -> ActionResult:
        location = f"https://cloudfront.amazonaws.com/2020-05-31/{path}/{policy.id}"
        return ActionResult({kind: described(policy), "ETag": policy.etag, "Location": location})

    def find(self: Any) -> Policy:
        identifier = self._get_param("Id")
        found = _own(self.backend, kind).get(identifier) or fixed.get(identifier)
        if found is None:
            raise rules.Refused(f"NoSuch{kind}", f"The {kind} {identifier} does not exist.")
        return found

    def changeable(self: Any) -> Policy:
        found = find(self)
        if found.id in fixed:
            raise rules.Refused(
                "IllegalUpdate", "The update contains modifications that are not allowed: managed policy."
            )
        _matched(found, self._get_param("IfMatch"))
        return found

    def checked(self: Any, but: str = "") -> dict[str, Any]:
        config: dict[str, Any] = self._get_param(config_name)
        if any(
            other.config["Name"] == config["Name"] for other in _own(self.backend, kind).values() if other.id != but
        ):
            raise rules.Refused(f"{kind}AlreadyExists", f"A {kind} with the name {config['Name']} already exists.")
        return config

    @_response(f"create_{name}")
    def create(self: Any) -> ActionResult:
        made = Policy(checked(self))
        _own(self.backend, kind)[made.id] = made
        return answer(made)

    @_response(f"get_{name}")
    def get(self: Any) -> ActionResult:
        return answer(find(self))

    @_response(f"get_{name}_config")
    def get_config(self: Any) -> ActionResult:
        found = find(self)
        return ActionResult({config_name: found.config, "ETag": found.etag})

    @_response(f"update_{name}")
    def update(self: Any) -> ActionResult:
        found = changeable(self)
        found.set(checked(self, found.id))
        return answer(found)

    @_response(f"delete_{name}")
    def delete(self: Any) -> EmptyResult:
        found = changeable(self)
        if used := list(_users(self.backend, kind, found.id)):
            raise rules.Refused(f"{kind}InUse", f"Cannot delete the {kind} because distributions use it: {used}.")
        del _own(self.backend, kind)[found.id]
        return EmptyResult()

    @_response(f"list_{name.removesuffix('y')}ies")
    def list_all(self: Any) -> ActionResult:
        wanted = self._get_param("Type")
        found = [{"Type": "managed", kind: described(policy)} for policy in fixed.values()]
        found += [{"Type": "custom", kind: described(policy)} for policy in _own(self.backend, kind).values()]
        found = [each for each in found if wanted in (None, each["Type"])]
        return ActionResult({f"{kind}List": {"MaxItems": 100, **rules.counted(found)}})
