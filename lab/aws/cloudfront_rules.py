# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudFront accepts and what it stores, where moto accepts or forgets more. Pure: API-shaped dicts in and out.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html (Errors)
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

Config = dict[str, Any]

ORIGINS_MAX = 100
ORIGIN_GROUPS_MAX = 10
CACHE_BEHAVIORS_MAX = 75
ALIASES_MAX = 100
GROUP_MEMBERS = 2
CERTIFICATE_REGION = "us-east-1"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
FAILOVER_CODES = frozenset({400, 403, 404, 416, 429, 500, 502, 503, 504})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html
METHODS = (frozenset({"GET", "HEAD"}), READING, READING | {"PUT", "POST", "PATCH", "DELETE"})
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
DENIED_HEADERS = frozenset(
    {
        *("cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since"),
        *("if-none-match", "if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authorization"),
        *("proxy-connection", "range", "request-range", "te", "trailer", "transfer-encoding", "upgrade", "via"),
        "x-real-ip",
    }
)
DENIED_HEADER_PREFIXES = ("x-amz-", "x-edge-")
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
MANAGED_CACHE_POLICIES = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "Managed-CachingOptimized",
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": "Managed-CachingOptimizedForUncompressedObjects",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "Managed-CachingDisabled",
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": "UseOriginCacheControlHeaders",
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": "UseOriginCacheControlHeaders-QueryStrings",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
MANAGED_ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": "Managed-AllViewer",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "Managed-AllViewerExceptHostHeader",
    "59781a5b-3903-41f3-afcb-af62929ccde1": "Managed-CORS-CustomOrigin",
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": "Managed-CORS-S3Origin",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
MANAGED_RESPONSE_HEADERS_POLICIES = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03": "Managed-SecurityHeadersPolicy",
    "60669652-455b-4ae9-85a4-c4c02393f86c": "Managed-SimpleCORS",
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": "Managed-CORS-and-SecurityHeadersPolicy",
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": "Managed-CORS-With-Preflight",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
}


class Refused(Exception):
    """A request that AWS refuses. ``code`` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class World:
    """What a configuration may refer to. ``certificate``: the domains of an issued certificate, by ARN, or None."""

    policies: Mapping[str, Collection[str]]
    certificate: Callable[[str], list[str] | None]
    web_acl: Callable[[str], bool]
    # Alternate names of the other distributions.
    aliases: Collection[str] = ()


def stored(given: Mapping[str, Any], world: World) -> Config:
    """The configuration that CloudFront keeps: what was given, plus its defaults. Raises Refused."""
    _check_quantities(given, "DistributionConfig")
    config = _with_defaults(copy.deepcopy(dict(given)))
    _check_origins(config)
    _check_groups(config)
    for behavior in behaviors(config):
        _check_behavior(config, behavior, world)
    _check_patterns(config)
    _check_names(config, world)
    if config["WebACLId"] and not world.web_acl(config["WebACLId"]):
        raise Refused(
            "InvalidWebACLId",
            "The web ACL ID that you specified is not valid; AWS WAF needs the ARN of one with the scope CLOUDFRONT.",
        )
    return config


def updated(old: Mapping[str, Any], given: Mapping[str, Any], world: World) -> Config:
    """The configuration after UpdateDistribution, which replaces everything. Raises Refused."""
    if given.get("CallerReference") != old["CallerReference"]:
        raise Refused("IllegalUpdate", "The update contains modifications that are not allowed: CallerReference.")
    return stored(given, world)


def items(config: Mapping[str, Any], name: str) -> list[Any]:
    """The entries of one of the API's counted lists."""
    return list((config.get(name) or {}).get("Items") or [])


def behaviors(config: Mapping[str, Any]) -> Iterator[Config]:
    """The default cache behavior and the others."""
    yield config["DefaultCacheBehavior"]
    yield from items(config, "CacheBehaviors")


def counted(values: list[Any]) -> Config:
    """The API's form of a list."""
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def _check_quantities(value: object, where: str) -> None:
    if isinstance(value, Mapping):
        if "Quantity" in value and int(value["Quantity"]) != len(value.get("Items") or ()):
            raise Refused(
                "InconsistentQuantities",
                f"The value of Quantity and the size of Items do not match in {where}.",
            )
        for name, each in value.items():
            _check_quantities(each, name)
    elif isinstance(value, list):
        for each in value:
            _check_quantities(each, where)


def _with_defaults(config: Config) -> Config:
    none = {"Quantity": 0}
    defaults: Config = {
        "Aliases": none,
        "DefaultRootObject": "",
        "OriginGroups": none,
        "CacheBehaviors": none,
        "CustomErrorResponses": none,
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": "PriceClass_All",
        "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": "",
        "HttpVersion": "http2",
        "IsIPV6Enabled": True,
        "Staging": False,
    }
    # An empty element of the request means the same as a missing one.
    config = defaults | {name: value for name, value in config.items() if value is not None}
    config["Comment"] = config.get("Comment") or ""
    for origin in items(config, "Origins"):
        _origin_defaults(origin)
    for group in items(config, "OriginGroups"):
        group.setdefault("SelectionCriteria", "default")
    for behavior in behaviors(config):
        _behavior_defaults(behavior)
    certificate = config["ViewerCertificate"]
    if certificate.get("ACMCertificateArn"):
        certificate |= {"CloudFrontDefaultCertificate": False, "Certificate": certificate["ACMCertificateArn"]}
        certificate |= {"CertificateSource": "acm"}
        certificate.setdefault("MinimumProtocolVersion", "TLSv1")
    elif certificate.get("CloudFrontDefaultCertificate"):
        certificate |= {"MinimumProtocolVersion": "TLSv1", "CertificateSource": "cloudfront", "SSLSupportMethod": "vip"}
    return config


def _origin_defaults(origin: Config) -> None:
    origin["OriginPath"] = origin.get("OriginPath") or ""
    for name, default in {
        "CustomHeaders": {"Quantity": 0},
        "ConnectionAttempts": 3,
        "ConnectionTimeout": 10,
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": "",
    }.items():
        if origin.get(name) is None:
            origin[name] = default
    custom = origin.get("CustomOriginConfig")
    if custom is not None:
        custom.setdefault("OriginSslProtocols", counted(["TLSv1", "TLSv1.1", "TLSv1.2"]))
        custom.setdefault("OriginReadTimeout", 30)
        custom.setdefault("OriginKeepaliveTimeout", 5)


def _behavior_defaults(behavior: Config) -> None:
    for name, default in {
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "AllowedMethods": counted(["HEAD", "GET"]),
        "SmoothStreaming": False,
        "Compress": False,
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": {"Quantity": 0},
        "FieldLevelEncryptionId": "",
        "GrpcConfig": {"Enabled": False},
    }.items():
        if behavior.get(name) is None:
            behavior[name] = copy.deepcopy(default)
    behavior["AllowedMethods"].setdefault("CachedMethods", counted(["HEAD", "GET"]))
    if behavior.get("ForwardedValues"):
        for name, seconds in {"MinTTL": 0, "DefaultTTL": 86400, "MaxTTL": 31536000}.items():
            behavior.setdefault(name, seconds)


# --- What is refused ---------------------------------------------------------------------------------------------


def _check_origins(config: Config) -> None:
    origins = items(config, "Origins")
    if len(origins) > ORIGINS_MAX:
        raise Refused("TooManyOrigins", "You cannot create more origins for the distribution.")
    _require_unique([origin["Id"] for origin in origins], "origin")
    for origin in origins:
        _check_origin(origin)


def _check_origin(origin: Config) -> None:
    name, domain = origin["Id"], origin["DomainName"]
    if len([kind for kind in ("CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig") if origin.get(kind)]) != 1:
        raise Refused(
            "InvalidOrigin", f"The origin {name} needs one of S3OriginConfig, CustomOriginConfig and VpcOriginConfig."
        )
    if "/" in domain or ":" in domain or "." not in domain or domain.replace(".", "").isdigit():
        raise Refused(
            "InvalidArgument", f"The parameter origin name cannot be parsed or is not a domain name: {domain}."
        )
    if origin["OriginPath"] and (not origin["OriginPath"].startswith("/") or origin["OriginPath"].endswith("/")):
        raise Refused("InvalidArgument", "The parameter origin path must begin with / and must not end with /.")
    if not 1 <= int(origin["ConnectionAttempts"]) <= 3 or not 1 <= int(origin["ConnectionTimeout"]) <= 10:
        raise Refused("InvalidArgument", "ConnectionAttempts is 1 to 3 and ConnectionTimeout 1 to 10 seconds.")
    custom = origin.get("CustomOriginConfig") or {}
    if not 1 <= int(custom.get("OriginReadTimeout", 30)) <= 120:
        raise Refused("InvalidOriginReadTimeout", "The read timeout specified for the origin is not valid.")
    if not 1 <= int(custom.get("OriginKeepaliveTimeout", 5)) <= 120:
        raise Refused("InvalidOriginKeepaliveTimeout", "The keep alive timeout specified for the origin is not valid.")
    for header in items(origin, "CustomHeaders"):
        lower = header["HeaderName"].lower()
        if lower in DENIED_HEADERS or lower.startswith(DENIED_HEADER_PREFIXES):
            raise Refused("InvalidArgument", f"The parameter HeaderName : {header['HeaderName']} is not allowed.")


def _check_groups(config: Config) -> None:
    groups = items(config, "OriginGroups")
    if len(groups) > ORIGIN_GROUPS_MAX:
        raise Refused("TooManyOriginGroupsPerDistribution", "Too many origin groups for the distribution.")
    origins = [origin["Id"] for origin in items(config, "Origins")]
    _require_unique([*origins, *(group["Id"] for group in groups)], "origin or origin group")
    for group in groups:
        members = [member["OriginId"] for member in items(group, "Members")]
        if unknown := [member for member in members if member not in origins]:
            raise _no_such_origin(unknown[0])
        if len(members) != GROUP_MEMBERS or len(set(members)) != GROUP_MEMBERS:
            raise Refused("InvalidArgument", "The origin group must have two different members, primary and secondary.")
        codes = {int(code) for code in items(group["FailoverCriteria"], "StatusCodes")}
        if not codes or not codes <= FAILOVER_CODES:
            raise Refused("InvalidArgument", "The origin group has status codes that are not allowed for failover.")


def _check_behavior(config: Config, behavior: Config, world: World) -> None:
    target = behavior["TargetOriginId"]
    groups = [group["Id"] for group in items(config, "OriginGroups")]
    if target not in groups and target not in [origin["Id"] for origin in items(config, "Origins")]:
        raise _no_such_origin(target)
    methods, cached = (
        frozenset(items(behavior, "AllowedMethods")),
        frozenset(items(behavior["AllowedMethods"], "CachedMethods")),
    )
    if methods not in METHODS:
        raise Refused("InvalidArgument", "The parameter AllowedMethods contains methods that are not allowed together.")
    if cached not in METHODS[:2] or not cached <= methods:
        raise Refused("InvalidArgument", "The parameter CachedMethods must be a subset of AllowedMethods.")
    if target in groups and not methods <= READING:
        raise Refused(
            "InvalidArgument",
            "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated "
            "with an origin group.",
        )
    ttls = [name for name in ("MinTTL", "DefaultTTL", "MaxTTL") if behavior.get(name) is not None]
    if behavior.get("CachePolicyId"):
        if behavior.get("ForwardedValues") or ttls:
            raise Refused(
                "InvalidArgument",
                "The parameter ForwardedValues cannot be used when a cache policy is associated to the cache behavior.",
            )
    elif not behavior.get("ForwardedValues"):
        raise Refused("InvalidArgument", "The parameter ForwardedValues is required.")
    for field, code in {
        "CachePolicyId": "NoSuchCachePolicy",
        "OriginRequestPolicyId": "NoSuchOriginRequestPolicy",
        "ResponseHeadersPolicyId": "NoSuchResponseHeadersPolicy",
    }.items():
        if behavior.get(field) and behavior[field] not in world.policies[field]:
            raise Refused(code, f"The {field.removesuffix('Id')} {behavior[field]} does not exist.")


def _check_patterns(config: Config) -> None:
    found = items(config, "CacheBehaviors")
    if len(found) > CACHE_BEHAVIORS_MAX:
        raise Refused("TooManyCacheBehaviors", "You cannot create more cache behaviors for the distribution.")
    _require_unique([behavior["PathPattern"] for behavior in found], "path pattern")


def _check_names(config: Config, world: World) -> None:
    aliases = [alias.lower() for alias in items(config, "Aliases")]
    if len(aliases) > ALIASES_MAX:
        raise Refused(
            "TooManyDistributionCNAMEs", "Your request contains more CNAMEs than are allowed per distribution."
        )
    if taken := set(aliases) & {alias.lower() for alias in world.aliases}:
        raise Refused(
            "CNAMEAlreadyExists",
            f"One or more of the CNAMEs you provided are already associated with a different resource: {min(taken)}.",
        )
    arn = config["ViewerCertificate"].get("ACMCertificateArn")
    if not arn:
        if aliases:
            raise Refused(
                "InvalidViewerCertificate",
                "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
                "certificate that validates your authorization to use the domain name.",
            )
        return
    if config["ViewerCertificate"].get("SSLSupportMethod") not in ("sni-only", "vip", "static-ip"):
        raise Refused("InvalidArgument", "The parameter SSLSupportMethod is required with ACMCertificateArn.")
    domains = world.certificate(arn) if arn.split(":")[3] == CERTIFICATE_REGION else None
    if domains is None:
        raise Refused(
            "InvalidViewerCertificate",
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include "
            "a valid certificate chain.",
        )
    if strangers := [alias for alias in aliases if not any(covers(domain, alias) for domain in domains)]:
        raise Refused(
            "InvalidViewerCertificate",
            f"The certificate attached to your distribution doesn't cover the alternate domain name {strangers[0]}.",
        )


def covers(domain: str, alias: str) -> bool:
    """Does a name of a certificate stand for this one? A wildcard stands for one label."""
    return fnmatch(alias, domain.lower()) and alias.count(".") == domain.count(".")


def _no_such_origin(name: str) -> Refused:
    return Refused("NoSuchOrigin", f"One or more of your origins or origin groups do not exist: {name}.")


def _require_unique(values: list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise Refused("InvalidArgument", f"The request names an {what} twice.")
