# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind a load balancer: health checks and backend services, with Cloud CDN.

https://cloud.google.com/load-balancing/docs/backend-service, /health-checks, https://cloud.google.com/cdn/docs/caching;
REST: compute/docs/reference/rest/v1/backendServices, /healthChecks.
"""

from __future__ import annotations

from ..errors import invalid, missing, unimplemented, unusable
from ..store import Body, link, path_of
from . import groups
from .kit import Call, Change, Kind

HEALTH_CHECKS = Kind(
    "healthChecks",
    "HealthCheck",
    defaults={"checkIntervalSec": 5, "timeoutSec": 5, "healthyThreshold": 2, "unhealthyThreshold": 2},
)
SERVICES = Kind(
    "backendServices",
    "BackendService",
    defaults={
        "protocol": "HTTP",
        "timeoutSec": 30,
        "portName": "http",
        "port": 80,
        "sessionAffinity": "NONE",
        "affinityCookieTtlSec": 0,
        "enableCDN": False,
        "loadBalancingScheme": "EXTERNAL",
        "connectionDraining": {"drainingTimeoutSec": 0},
        "logConfig": {"enable": False},
    },
    fixed=("loadBalancingScheme", "network"),
)
# The old kind, which google.cloud's own tests still use: one section less.
_LEGACY = {
    "checkIntervalSec": 5,
    "timeoutSec": 5,
    "healthyThreshold": 2,
    "unhealthyThreshold": 2,
    "requestPath": "/",
}
HTTP_CHECKS = Kind("httpHealthChecks", "HttpHealthCheck", defaults={**_LEGACY, "port": 80})
HTTPS_CHECKS = Kind("httpsHealthChecks", "HttpsHealthCheck", defaults={**_LEGACY, "port": 443})

_SECTION = {
    "TCP": "tcpHealthCheck",
    "SSL": "sslHealthCheck",
    "HTTP": "httpHealthCheck",
    "HTTPS": "httpsHealthCheck",
    "HTTP2": "http2HealthCheck",
    "GRPC": "grpcHealthCheck",
    "GRPC_WITH_TLS": "grpcTlsHealthCheck",
}
# https://cloud.google.com/load-balancing/docs/backend-service#balancing-mode
_RATES = {"maxRate", "maxRatePerInstance", "maxRatePerEndpoint"}
_CONNECTIONS = {"maxConnections", "maxConnectionsPerInstance", "maxConnectionsPerEndpoint"}
# https://cloud.google.com/cdn/docs/using-ttl-overrides: at most a year
_LONGEST_TTL = 31_622_400


@HEALTH_CHECKS.saving
def health_check(change: Change) -> None:
    """One section, that of its type; a probe ends before the next one begins."""
    new = change.new
    section = _SECTION.get(new["type"])
    if section is None:
        raise invalid("type", new["type"], f"Must be one of: {', '.join(_SECTION)}")
    others = [key for key in new if key.endswith("HealthCheck") and key != section]
    if others:
        raise invalid(others[0], new[others[0]], f"Only {section} may be set when the type is {new['type']}.")
    probe = new.setdefault(section, {})
    if "HTTP" in new["type"]:
        probe.setdefault("requestPath", "/")
        if not probe["requestPath"].startswith("/"):
            raise invalid(f"{section}.requestPath", probe["requestPath"], "Must begin with '/'.")
    if not new["type"].startswith("GRPC"):
        probe.setdefault("proxyHeader", "NONE")
    if probe.get("portSpecification", "USE_FIXED_PORT") == "USE_FIXED_PORT":
        probe.setdefault("port", 443 if new["type"] in ("HTTPS", "HTTP2", "SSL") else 80)
        if not 1 <= probe["port"] <= 65535:
            raise invalid(f"{section}.port", probe["port"], "Must be between 1 and 65535.")
    _times(new)


def _times(new: Body) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks."""
    for field in ("checkIntervalSec", "timeoutSec"):
        if not 1 <= new[field] <= 300:
            raise invalid(field, new[field], "Must be between 1 and 300.")
    for field in ("healthyThreshold", "unhealthyThreshold"):
        if not 1 <= new[field] <= 10:
            raise invalid(field, new[field], "Must be between 1 and 10.")
    if new["timeoutSec"] > new["checkIntervalSec"]:
        raise invalid("timeoutSec", new["timeoutSec"], "Must not be greater than checkIntervalSec.")


@HTTP_CHECKS.saving
@HTTPS_CHECKS.saving
def legacy_check(change: Change) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks."""
    _times(change.new)


@SERVICES.saving
def service(change: Change) -> None:
    """Backends with a check, balanced in a way they know; CDN where it can be."""
    new = change.new
    external = new["loadBalancingScheme"] in ("EXTERNAL", "EXTERNAL_MANAGED")
    if new["timeoutSec"] < 1:
        raise invalid("timeoutSec", new["timeoutSec"], "Must be at least 1.")
    seen = set()
    for index, backend in enumerate(new.get("backends", [])):
        field = f"backends[{index}]"
        if backend["group"] in seen:
            raise invalid(f"{field}.group", backend["group"], "Duplicate backend group.")
        seen.add(backend["group"])
        if "/instanceGroups/" not in backend["group"]:
            raise unimplemented("backends other than instance groups")
        _balancing(field, backend, new["protocol"], external)
    if new.get("backends") and not new.get("healthChecks"):
        raise missing("healthChecks")
    if len(new.get("healthChecks", [])) > 1:
        raise invalid("healthChecks", len(new["healthChecks"]), "At most one health check can be specified.")
    rate = new["logConfig"].get("sampleRate")
    if rate is not None and not (new["logConfig"].get("enable") and 0 <= rate <= 1):
        raise invalid("logConfig.sampleRate", rate, "Must be between 0 and 1, and logging enabled.")
    if new["logConfig"].get("enable"):
        new["logConfig"].setdefault("sampleRate", 1)
    for header in [*new.get("customRequestHeaders", []), *new.get("customResponseHeaders", [])]:
        if ":" not in header:
            raise invalid("customRequestHeaders", header, "Must be 'NAME: VALUE'.")
    if new["enableCDN"]:
        _cdn(new, external)


@SERVICES.verb("setSecurityPolicy", "setEdgeSecurityPolicy")
def set_policy(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/setSecurityPolicy: none takes it off."""
    edge = call.method.verb == "setEdgeSecurityPolicy"
    field = "edgeSecurityPolicy" if edge else "securityPolicy"
    body = {key: value for key, value in call.store.need(call.path).items() if key != field}
    url = call.body.get("securityPolicy")
    if url:
        kind = call.store.need(path_of(url))["type"]
        if kind != ("CLOUD_ARMOR_EDGE" if edge else "CLOUD_ARMOR"):
            raise invalid("securityPolicy", url, f"A policy of type {kind} cannot be attached here.")
        body[field] = url
    SERVICES.keep(call.cloud, call.path, body)


@SERVICES.verb("getHealth")
def health(call: Call) -> Body:
    """As the data plane's probes see it: https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/getHealth."""
    body = call.store.need(call.path)
    if "group" not in call.body:
        raise missing("group")
    group = path_of(call.body["group"])
    if group not in [path_of(backend["group"]) for backend in body.get("backends", [])]:
        raise invalid("group", call.body["group"], "It is not a backend of this service.")
    ports = {entry["name"]: entry["port"] for entry in call.store.need(group).get("namedPorts", [])}
    found = []
    for path in groups.members(call.cloud, group):
        instance = call.store.need(path)
        running = instance["status"] == "RUNNING"
        found.append(
            {
                "instance": link(path),
                "ipAddress": instance["networkInterfaces"][0]["networkIP"],
                "port": ports.get(body["portName"], body["port"]),
                "healthState": "HEALTHY" if running and call.cloud.plane.healthy(path, call.path) else "UNHEALTHY",
            }
        )
    return {"kind": "compute#backendServiceGroupHealth", **({"healthStatus": found} if found else {})}


def _balancing(field: str, backend: Body, protocol: str, external: bool) -> None:
    connections = protocol in ("TCP", "SSL", "UDP")
    mode = backend.setdefault("balancingMode", "CONNECTION" if connections and not external else "UTILIZATION")
    given = set(backend)
    if mode == "RATE" and not given & _RATES:
        raise missing(f"{field}.maxRate")
    if mode == "CONNECTION" and external and not given & _CONNECTIONS:
        raise missing(f"{field}.maxConnections")
    if mode == "RATE" and connections:
        raise invalid(f"{field}.balancingMode", mode, f"It is not for the protocol {protocol}.")
    if mode == "UTILIZATION" and external:
        backend.setdefault("maxUtilization", 0.8)
    elif "maxUtilization" in given:
        raise invalid(f"{field}.maxUtilization", backend["maxUtilization"], "It needs balancing mode UTILIZATION.")
    backend.setdefault("capacityScaler", 1)
    for key in ("capacityScaler", "maxUtilization"):
        if not 0 <= backend.get(key, 0) <= 1:
            raise invalid(f"{field}.{key}", backend[key], "Must be between 0 and 1.")


def _cdn(new: Body, external: bool) -> None:
    """https://cloud.google.com/cdn/docs/caching#cache-modes, https://cloud.google.com/iap/docs/load-balancer-howto."""
    if new.get("iap", {}).get("enabled"):
        raise unusable("Cloud CDN and Identity-Aware Proxy cannot both be enabled on a backend service")
    if not external or new["protocol"] not in ("HTTP", "HTTPS", "HTTP2"):
        raise unusable(f"Cloud CDN is not for {new['loadBalancingScheme']} with {new['protocol']}")
    policy = new.setdefault("cdnPolicy", {})
    mode = policy.setdefault("cacheMode", "CACHE_ALL_STATIC")
    allowed = {
        "CACHE_ALL_STATIC": ("defaultTtl", "maxTtl", "clientTtl"),
        "FORCE_CACHE_ALL": ("defaultTtl", "clientTtl"),
    }
    for key, value in (("defaultTtl", 3600), ("maxTtl", 86400), ("clientTtl", 3600)):
        if key in allowed.get(mode, ()):
            policy.setdefault(key, value)
        elif policy.get(key):
            raise invalid(f"cdnPolicy.{key}", policy[key], f"It cannot be set with cacheMode {mode}.")
        if not 0 <= policy.get(key, 0) <= _LONGEST_TTL:
            raise invalid(f"cdnPolicy.{key}", policy[key], f"Must be between 0 and {_LONGEST_TTL}.")
    longest = policy.get("maxTtl", _LONGEST_TTL)
    for key in ("defaultTtl", "clientTtl"):
        if policy.get(key, 0) > longest:
            raise invalid(f"cdnPolicy.{key}", policy[key], f"Must be less than or equal to maxTtl ({longest}).")
    if policy.get("negativeCachingPolicy") and not policy.get("negativeCaching"):
        raise invalid("cdnPolicy.negativeCachingPolicy", "", "It needs negativeCaching.")
    policy.setdefault("signedUrlCacheMaxAgeSec", "0")
    policy.setdefault("negativeCaching", False)
    policy.setdefault("serveWhileStale", 0)
    policy.setdefault("requestCoalescing", True)
    policy.setdefault("cacheKeyPolicy", {"includeProtocol": True, "includeHost": True, "includeQueryString": True})
