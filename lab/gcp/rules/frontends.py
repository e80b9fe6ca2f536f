# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In front of a load balancer: URL maps, target proxies, TLS policies and global forwarding rules.

https://cloud.google.com/load-balancing/docs/https, /url-map-concepts, /forwarding-rule-concepts; REST:
compute/docs/reference/rest/v1/urlMaps, /targetHttpsProxies, /globalForwardingRules, /sslPolicies.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ApiError, invalid, missing, unimplemented
from ..store import Body, Store, name_of, path_of
from . import values
from .kit import Call, Change, Kind, set_fields

URL_MAPS = Kind("urlMaps", "UrlMap")
HTTP_PROXIES = Kind("targetHttpProxies", "TargetHttpProxy", defaults={"proxyBind": False})
HTTPS_PROXIES = Kind("targetHttpsProxies", "TargetHttpsProxy", defaults={"quicOverride": "NONE", "proxyBind": False})
TLS_POLICIES = Kind("sslPolicies", "SslPolicy", defaults={"profile": "COMPATIBLE", "minTlsVersion": "TLS_1_0"})
RULES = Kind(
    "forwardingRules",
    "ForwardingRule",
    defaults={"loadBalancingScheme": "EXTERNAL", "IPProtocol": "TCP", "networkTier": "PREMIUM"},
    fixed=("IPAddress", "IPProtocol", "portRange", "loadBalancingScheme", "networkTier"),
)

_ACTIONS = ("defaultService", "defaultUrlRedirect", "defaultRouteAction")
_EXTERNAL = ("EXTERNAL", "EXTERNAL_MANAGED")
# https://cloud.google.com/load-balancing/docs/quotas#ssl_certificates
_MOST_CERTIFICATES = 15


@URL_MAPS.saving
def url_map(change: Change) -> None:
    """Every request finds a service or a redirect, by matchers that exist."""
    new = change.new
    _one_action("", new)
    matchers = [matcher.get("name") for matcher in new.get("pathMatchers", [])]
    if len(set(matchers)) != len(matchers):
        raise invalid("pathMatchers[].name", matchers, "The name is used more than once.")
    used, hosts = set(), set()
    for index, rule in enumerate(new.get("hostRules", [])):
        if rule.get("pathMatcher") not in matchers:
            raise invalid(f"hostRules[{index}].pathMatcher", rule.get("pathMatcher"), "There is no such path matcher.")
        used.add(rule["pathMatcher"])
        for host in rule.get("hosts", []):
            if host in hosts:
                raise invalid(f"hostRules[{index}].hosts", host, "The host is matched by another rule.")
            hosts.add(host)
    for index, matcher in enumerate(new.get("pathMatchers", [])):
        field = f"pathMatchers[{index}]"
        if matcher["name"] not in used:
            raise invalid(f"{field}.name", matcher["name"], "No host rule uses the path matcher.")
        _one_action(f"{field}.", matcher)
        for rule in matcher.get("pathRules", []):
            for path in rule.get("paths", []):
                if not path.startswith("/") or "*" in path.removesuffix("/*"):
                    why = "Must begin with '/'; the only '*' is at the end, after a '/'."
                    raise invalid(f"{field}.pathRules[].paths", path, why)
    schemes = {change.store.need(service)["loadBalancingScheme"] for service in _services(new)}
    if len(schemes) > 1:
        raise invalid("defaultService", sorted(schemes), "All services must have the same loadBalancingScheme.")


@URL_MAPS.verb("invalidateCache")
def invalidate(call: Call) -> Body:
    """There is no cache to empty."""
    raise unimplemented(call.method.id)


@HTTP_PROXIES.saving
def http_proxy(change: Change) -> None:
    """A map is all it needs."""
    _same_scheme(change)


@HTTPS_PROXIES.saving
def https_proxy(change: Change) -> None:
    """https://cloud.google.com/load-balancing/docs/target-proxies: at least one certificate, or a map of them."""
    new = change.new
    certificates = new.get("sslCertificates", [])
    if not certificates and not new.get("certificateMap"):
        raise missing("sslCertificates")
    if len(certificates) > _MOST_CERTIFICATES:
        raise invalid("sslCertificates", len(certificates), f"At most {_MOST_CERTIFICATES} certificates.")
    if new.get("certificateMap"):
        prefix = "//certificatemanager.googleapis.com/"
        path = new["certificateMap"].removeprefix(prefix)
        if path == new["certificateMap"] or path not in change.cloud.store("certificatemanager"):
            raise invalid("certificateMap", new["certificateMap"], "The certificate map cannot be found.")
    _same_scheme(change)


for _kind in (HTTP_PROXIES, HTTPS_PROXIES):
    _kind.verbs["setUrlMap"] = set_fields()
for _verb in ("setSslCertificates", "setCertificateMap", "setQuicOverride"):
    HTTPS_PROXIES.verbs[_verb] = set_fields()


@HTTPS_PROXIES.verb("setSslPolicy")
def set_tls_policy(call: Call) -> None:
    """None takes the present one off."""
    body = {key: value for key, value in call.store.need(call.path).items() if key != "sslPolicy"}
    HTTPS_PROXIES.keep(call.cloud, call.path, {**body, **call.body})


@TLS_POLICIES.saving
def tls_policy(change: Change) -> None:
    """https://cloud.google.com/load-balancing/docs/ssl-policies-concepts."""
    new = change.new
    custom = new["profile"] == "CUSTOM"
    if custom != bool(new.get("customFeatures")):
        why = "Features are given if, and only if, the profile is CUSTOM."
        raise invalid("customFeatures", new.get("customFeatures", ""), why)
    if new["minTlsVersion"] == "TLS_1_3" and new["profile"] != "RESTRICTED":
        raise invalid("minTlsVersion", "TLS_1_3", "TLS_1_3 needs the profile RESTRICTED.")


@RULES.saving
def forwarding_rule(change: Change) -> None:
    """One address and port, to a proxy of the same scheme."""
    new = change.new
    if "/global/" not in change.path:
        raise unimplemented("regional forwarding rules")
    if new["loadBalancingScheme"] not in _EXTERNAL:
        raise unimplemented(f"forwarding rules with loadBalancingScheme {new['loadBalancingScheme']}")
    if not new.get("target"):
        raise missing("target")
    if new["IPProtocol"] != "TCP":
        raise invalid("IPProtocol", new["IPProtocol"], "A target proxy needs TCP.")
    if "portRange" not in new:
        raise missing("portRange")
    low, high = values.port_range("portRange", new["portRange"])
    if low != high or not low:
        raise invalid("portRange", new["portRange"], "A global external rule has exactly one port.")
    new["portRange"] = f"{low}-{high}"
    values.labels("labels", new.get("labels", {}))
    _matching(change)
    if change.old is None:
        new["IPAddress"] = _address(change)
    for path, other in change.store.kind("forwardingRules", change.project):
        if path != change.path and all(other[key] == new[key] for key in ("IPAddress", "portRange", "IPProtocol")):
            why = f"Specified IP address is in-use and would result in a conflict with '{name_of(path)}'."
            raise invalid("IPAddress", new["IPAddress"], why)


RULES.verbs["setTarget"] = set_fields()


def _one_action(prefix: str, section: Body) -> None:
    given = [key for key in _ACTIONS if section.get(key)]
    if not given:
        raise missing(f"{prefix}defaultService")
    if "defaultUrlRedirect" in given and len(given) > 1:
        raise invalid(f"{prefix}defaultUrlRedirect", given, "A redirect excludes a service.")


def _services(value: object) -> Iterator[str]:
    """The backend services that a URL map names, anywhere."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _services(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _services(inner)
    elif "/backendServices/" in path_of(value):
        yield path_of(value)


def _schemes(store: Store, url_map_url: str) -> set[str]:
    return {store.need(service)["loadBalancingScheme"] for service in _services(store.need(path_of(url_map_url)))}


def _same_scheme(change: Change) -> None:
    """A proxy that is in use already serves a rule of one scheme."""
    for path, rule in change.store.kind("forwardingRules", change.project):
        if path_of(rule.get("target")) == change.path:
            scheme = rule["loadBalancingScheme"]
            if _schemes(change.store, change.new["urlMap"]) - {scheme}:
                why = f"The forwarding rule '{name_of(path)}' has loadBalancingScheme {scheme}, the services do not."
                raise invalid("urlMap", change.new["urlMap"], why)


def _matching(change: Change) -> None:
    """https://cloud.google.com/load-balancing/docs/forwarding-rule-concepts: one scheme along the whole way."""
    target = path_of(change.new["target"])
    if target.split("/")[-2] not in ("targetHttpProxies", "targetHttpsProxies"):
        raise unimplemented("forwarding rules to anything but HTTP(S) proxies")
    scheme = change.new["loadBalancingScheme"]
    others = _schemes(change.store, change.store.need(target)["urlMap"]) - {scheme}
    if others:
        why = f"The backend services behind it have {sorted(others)[0]}, the forwarding rule has {scheme}."
        raise invalid("loadBalancingScheme", scheme, why)


def _address(change: Change) -> str:
    """A reserved global address, by number or URL, or an ephemeral one."""
    wanted = change.new.get("IPAddress", "")
    if not wanted:
        return change.cloud.public_addresses()[0]
    for path, reserved in change.store.kind("addresses", change.project):
        if "/global/" in path and (wanted == reserved["address"] or path_of(wanted, change.project) == path):
            return str(reserved["address"])
    if path_of(wanted, change.project):
        raise ApiError(
            400, "invalid", f"Invalid value for field 'resource.IPAddress': '{wanted}'. It is no global address."
        )
    raise invalid("IPAddress", wanted, "Invalid IP address specified: it is not a reserved global address.")
