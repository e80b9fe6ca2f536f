# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A distribution's settings: between the module's options and CloudFront's DistributionConfig. Pure.

``Settings`` are keyed by the module's options. What the options do not know of a configuration (functions, logging,
error pages, ...) stays as it is: a change is laid over what was read.

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]
Config = dict[str, Any]

PLAIN = {
    "enabled": ("Enabled", True),
    "comment": ("Comment", ""),
    "price_class": ("PriceClass", "PriceClass_All"),
    "http_version": ("HttpVersion", "http2"),
    "ipv6": ("IsIPV6Enabled", True),
    "default_root_object": ("DefaultRootObject", ""),
    "web_acl_arn": ("WebACLId", ""),
}
POLICIES = {
    "cache_policy": "CachePolicyId",
    "origin_request_policy": "OriginRequestPolicyId",
    "response_headers_policy": "ResponseHeadersPolicyId",
}
# What a cache policy takes the place of.
LEGACY_CACHING = ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL")
# Errors of an origin that CloudFront remembers by itself.
ORIGIN_ERRORS = (500, 502, 503, 504)
READING = ("GET", "HEAD", "OPTIONS")
GROUP_MEMBERS = 2
HIDDEN = "********"
COMMENT_MAX = 128
CALLER_REFERENCE_PREFIX = "multicloud.dr"


# --- From the options --------------------------------------------------------------------------------------------


def given(options: Mapping[str, Any], policy: Callable[[str, str], str]) -> Settings:
    """What the options ask for; what is not given is missing.

    ``policy(option, name)``: the id of a policy that is given by name. Raises OptionError.
    """
    settings: Settings = {name: options[name] for name in PLAIN if options[name] is not None}
    if options["aliases"] is not None:
        settings["aliases"] = sorted({alias.lower() for alias in options["aliases"]})
    if options["certificate_arn"] is not None:
        settings["certificate_arn"] = options["certificate_arn"]
    if options["minimum_protocol_version"] is not None:
        settings["minimum_protocol_version"] = options["minimum_protocol_version"]
    if options["error_caching_seconds"] is not None:
        settings["error_caching"] = dict.fromkeys(map(str, ORIGIN_ERRORS), options["error_caching_seconds"])
    if options["origins"] is not None:
        settings["origins"] = _by("id", [_origin(each) for each in options["origins"]])
    if options["origin_groups"] is not None:
        settings["origin_groups"] = _by("id", [_group(each) for each in options["origin_groups"]])
    if options["default_behavior"] is not None:
        settings["default_behavior"] = _behavior(options["default_behavior"], policy)
    if options["behaviors"] is not None:
        # Their order decides: the first path that fits.
        settings["behaviors"] = [
            {"path_pattern": each["path_pattern"], **_behavior(each, policy)} for each in options["behaviors"]
        ]
    return settings


def _by(name: str, entries: list[Settings]) -> list[Settings]:
    """Sorted: their order means nothing. Raises OptionError if two have the same name."""
    names = [entry[name] for entry in entries]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        raise OptionError(f"{', '.join(twice)} is given twice.")
    return sorted(entries, key=lambda entry: str(entry[name]))


def _origin(options: Mapping[str, Any]) -> Settings:
    headers = options["headers"] or []
    names = [header["name"].lower() for header in headers]
    if len(set(names)) != len(names):
        raise OptionError(f"The origin {options['id']} has a header twice.")
    return {
        **{name: value for name, value in options.items() if name != "headers"},
        "domain_name": options["domain_name"].lower(),
        "path": options["path"].rstrip("/"),
        "ssl_protocols": sorted(options["ssl_protocols"]),
        "headers": {header["name"].lower(): header["value"] for header in headers},
    }


def _group(options: Mapping[str, Any]) -> Settings:
    members = list(options["members"])
    if len(members) != GROUP_MEMBERS or len(set(members)) != GROUP_MEMBERS:
        raise OptionError(f"The origin group {options['id']} needs two different members; it has {members}.")
    # The order of the members says who comes first.
    return {"id": options["id"], "members": members, "status_codes": sorted(options["status_codes"])}


def _behavior(options: Mapping[str, Any], policy: Callable[[str, str], str]) -> Settings:
    found = {
        "target": options["target"],
        "viewer_protocol_policy": options["viewer_protocol_policy"],
        "allowed_methods": sorted(options["allowed_methods"]),
        "cached_methods": sorted(options["cached_methods"]),
        "compress": options["compress"],
    }
    return found | {option: policy(option, options[option]) if options[option] else "" for option in POLICIES}


def require_valid(settings: Settings) -> None:
    """Raises OptionError when the settings of a whole distribution do not fit together."""
    for name in ("origins", "default_behavior"):
        if not settings.get(name):
            raise OptionError(f"{name} is required for a new distribution.")
    origins = {origin["id"] for origin in settings["origins"]}
    groups = {group["id"] for group in settings["origin_groups"]}
    if both := sorted(origins & groups):
        raise OptionError(f"{', '.join(both)} is the id of an origin and of an origin group.")
    for group in settings["origin_groups"]:
        if unknown := [member for member in group["members"] if member not in origins]:
            raise OptionError(f"The origin group {group['id']} names {unknown[0]}, which is no origin.")
    for behavior in [settings["default_behavior"], *settings["behaviors"]]:
        where = f"The behavior of {behavior.get('path_pattern', 'all other paths')}"
        if behavior["target"] not in origins | groups:
            raise OptionError(f"{where} has the target {behavior['target']}, which is no origin and no origin group.")
        if behavior["target"] in groups and not set(behavior["allowed_methods"]) <= set(READING):
            raise OptionError(
                f"{where} allows {', '.join(behavior['allowed_methods'])} for the origin group {behavior['target']}; "
                f"CloudFront fails over {', '.join(READING)} only, so a group takes no others."
            )
    if settings["aliases"] and not settings["certificate_arn"]:
        raise OptionError(f"aliases are {', '.join(settings['aliases'])}; they need a certificate_arn.")
    if len(settings["comment"]) > COMMENT_MAX:
        raise OptionError(f"comment has {len(settings['comment'])} characters; CloudFront takes {COMMENT_MAX}.")


# --- From and to the API -----------------------------------------------------------------------------------------


def from_api(config: Mapping[str, Any]) -> Settings:
    """All settings of a DistributionConfig."""
    certificate = config.get("ViewerCertificate") or {}
    arn = certificate.get("ACMCertificateArn", "")
    return {
        **{name: config.get(api, default) for name, (api, default) in PLAIN.items()},
        "aliases": sorted(alias.lower() for alias in _items(config, "Aliases")),
        "error_caching": {
            str(each["ErrorCode"]): each["ErrorCachingMinTTL"]
            for each in _items(config, "CustomErrorResponses")
            if each["ErrorCode"] in ORIGIN_ERRORS and "ErrorCachingMinTTL" in each
        },
        "certificate_arn": arn,
        # CloudFront's own certificate has a version of its own.
        "minimum_protocol_version": certificate.get("MinimumProtocolVersion", "") if arn else "",
        "origins": sorted((_origin_from(each) for each in _items(config, "Origins")), key=lambda each: str(each["id"])),
        "origin_groups": sorted(
            (_group_from(each) for each in _items(config, "OriginGroups")), key=lambda each: str(each["id"])
        ),
        "default_behavior": _behavior_from(config["DefaultCacheBehavior"]) if "DefaultCacheBehavior" in config else {},
        "behaviors": [
            {"path_pattern": each["PathPattern"], **_behavior_from(each)} for each in _items(config, "CacheBehaviors")
        ],
    }


def to_api(config: Mapping[str, Any], settings: Settings) -> Config:
    """The configuration with these settings laid over it."""
    new = copy.deepcopy(dict(config))
    new |= {api: settings[name] for name, (api, _) in PLAIN.items()}
    new["Aliases"] = _counted(settings["aliases"])
    new["CustomErrorResponses"] = _counted(_errors(_items(new, "CustomErrorResponses"), settings["error_caching"]))
    new["ViewerCertificate"] = _certificate(new.get("ViewerCertificate") or {}, settings)
    origins = {each["Id"]: each for each in _items(new, "Origins")}
    new["Origins"] = _counted([_origin_to(origins.get(each["id"], {}), each) for each in settings["origins"]])
    groups = {each["Id"]: each for each in _items(new, "OriginGroups")}
    new["OriginGroups"] = _counted([_group_to(groups.get(each["id"], {}), each) for each in settings["origin_groups"]])
    new["DefaultCacheBehavior"] = _behavior_to(new.get("DefaultCacheBehavior") or {}, settings["default_behavior"])
    paths = {each["PathPattern"]: each for each in _items(new, "CacheBehaviors")}
    new["CacheBehaviors"] = _counted(
        [
            {"PathPattern": each["path_pattern"], **_behavior_to(paths.get(each["path_pattern"], {}), each)}
            for each in settings["behaviors"]
        ]
    )
    return new


def _items(config: Mapping[str, Any], name: str) -> list[Any]:
    return list((config.get(name) or {}).get("Items") or [])


def _counted(values: Sequence[Any]) -> Config:
    return {"Quantity": len(values), "Items": list(values)}


def _errors(current: Sequence[Config], seconds: Mapping[str, int]) -> list[Config]:
    """Pages that somebody has set for an error stay."""
    by_code = {each["ErrorCode"]: each for each in current}
    for code, value in seconds.items():
        by_code[int(code)] = {**by_code.get(int(code), {}), "ErrorCode": int(code), "ErrorCachingMinTTL": value}
    return [by_code[code] for code in sorted(by_code)]


def _certificate(current: Config, settings: Settings) -> Config:
    arn, version = settings["certificate_arn"], settings["minimum_protocol_version"]
    if not arn:
        # What was not said of a certificate stays: another program's IAM certificate, for one.
        return {"CloudFrontDefaultCertificate": True} if current.get("ACMCertificateArn") or not current else current
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": version}


def _origin_from(origin: Mapping[str, Any]) -> Settings:
    custom = origin.get("CustomOriginConfig") or {}
    return {
        "id": origin["Id"],
        "domain_name": origin["DomainName"].lower(),
        "path": origin.get("OriginPath", ""),
        "protocol_policy": custom.get("OriginProtocolPolicy", ""),
        "http_port": custom.get("HTTPPort", 0),
        "https_port": custom.get("HTTPSPort", 0),
        "ssl_protocols": sorted(_items(custom, "OriginSslProtocols")),
        "read_timeout": custom.get("OriginReadTimeout", 0),
        "keepalive_timeout": custom.get("OriginKeepaliveTimeout", 0),
        "connection_attempts": origin.get("ConnectionAttempts", 0),
        "connection_timeout": origin.get("ConnectionTimeout", 0),
        "headers": {each["HeaderName"].lower(): each["HeaderValue"] for each in _items(origin, "CustomHeaders")},
    }


def _origin_to(current: Mapping[str, Any], origin: Settings) -> Config:
    headers = [{"HeaderName": name, "HeaderValue": value} for name, value in sorted(origin["headers"].items())]
    custom = {
        **(current.get("CustomOriginConfig") or {}),
        "HTTPPort": origin["http_port"],
        "HTTPSPort": origin["https_port"],
        "OriginProtocolPolicy": origin["protocol_policy"],
        "OriginSslProtocols": _counted(origin["ssl_protocols"]),
        "OriginReadTimeout": origin["read_timeout"],
        "OriginKeepaliveTimeout": origin["keepalive_timeout"],
    }
    kept = {name: value for name, value in current.items() if name not in ("S3OriginConfig", "VpcOriginConfig")}
    return {
        **kept,
        "Id": origin["id"],
        "DomainName": origin["domain_name"],
        "OriginPath": origin["path"],
        "CustomHeaders": _counted(headers),
        "CustomOriginConfig": custom,
        "ConnectionAttempts": origin["connection_attempts"],
        "ConnectionTimeout": origin["connection_timeout"],
    }


def _group_from(group: Mapping[str, Any]) -> Settings:
    return {
        "id": group["Id"],
        "members": [member["OriginId"] for member in _items(group, "Members")],
        "status_codes": sorted(int(code) for code in _items(group["FailoverCriteria"], "StatusCodes")),
    }


def _group_to(current: Mapping[str, Any], group: Settings) -> Config:
    return {
        **current,
        "Id": group["id"],
        "FailoverCriteria": {"StatusCodes": _counted(group["status_codes"])},
        "Members": _counted([{"OriginId": member} for member in group["members"]]),
    }


def _behavior_from(behavior: Mapping[str, Any]) -> Settings:
    methods = behavior.get("AllowedMethods") or {}
    return {
        "target": behavior["TargetOriginId"],
        "viewer_protocol_policy": behavior["ViewerProtocolPolicy"],
        "allowed_methods": sorted(methods.get("Items") or []),
        "cached_methods": sorted(_items(methods, "CachedMethods")),
        "compress": behavior.get("Compress", False),
        **{option: behavior.get(api) or "" for option, api in POLICIES.items()},
    }


def _behavior_to(current: Mapping[str, Any], behavior: Settings) -> Config:
    leave = {*POLICIES.values(), *(LEGACY_CACHING if behavior["cache_policy"] else ())}
    return {
        **{name: value for name, value in current.items() if name not in leave},
        "TargetOriginId": behavior["target"],
        "ViewerProtocolPolicy": behavior["viewer_protocol_policy"],
        "AllowedMethods": _counted(behavior["allowed_methods"])
        | {"CachedMethods": _counted(behavior["cached_methods"])},
        "Compress": behavior["compress"],
        **{api: behavior[option] for option, api in POLICIES.items() if behavior[option]},
    }


# --- What people see ---------------------------------------------------------------------------------------------


def shown(settings: Settings, other: Settings | None = None) -> Settings:
    """Settings without the headers' secrets; a value that differs from the ``other`` settings' says so."""
    result = copy.deepcopy(settings)
    others = {origin["id"]: origin["headers"] for origin in (other or {}).get("origins", ())}
    for origin in result.get("origins", ()):
        known = others.get(origin["id"], {})
        origin["headers"] = {
            name: f"{HIDDEN} (differs)" if known.get(name, value) != value else HIDDEN
            for name, value in sorted(origin["headers"].items())
        }
    return result


def caller_reference(name: str, number: int) -> str:
    """The same for every run that makes the distribution of this name, so that two of them make one."""
    return f"{_stem(name)}/{number}"


def managed_as(name: str, reference: str) -> bool:
    """Was this caller reference made for this name?"""
    return reference.startswith(f"{_stem(name)}/")


def _stem(name: str) -> str:
    return f"{CALLER_REFERENCE_PREFIX}/{hashlib.sha256(name.encode()).hexdigest()[:32]}"
