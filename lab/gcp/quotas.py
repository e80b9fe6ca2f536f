# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of everything a young project may have, and has: https://cloud.google.com/compute/resource-usage."""

from __future__ import annotations

from collections import Counter

from . import catalogue
from .errors import ApiError
from .store import Body, Store, name_of, region_of

# Limits of a region, and of a project; a selection.
REGIONAL = {
    "AUTOSCALERS": 50,
    "CPUS": 24,
    "DISKS_TOTAL_GB": 4096,
    "INSTANCES": 72,
    "INSTANCE_GROUP_MANAGERS": 50,
    "IN_USE_ADDRESSES": 8,
    "SSD_TOTAL_GB": 500,
    "STATIC_ADDRESSES": 8,
}
GLOBAL = {
    "BACKEND_SERVICES": 75,
    "EXTERNAL_VPN_GATEWAYS": 15,
    "FIREWALLS": 100,
    "FORWARDING_RULES": 15,
    "HEALTH_CHECKS": 75,
    "IMAGES": 2000,
    "INSTANCE_TEMPLATES": 100,
    "NETWORKS": 5,
    "ROUTERS": 20,
    "ROUTES": 250,
    "SECURITY_POLICIES": 10,
    "SSL_CERTIFICATES": 100,
    "SUBNETWORKS": 100,
    "URL_MAPS": 50,
    "VPN_GATEWAYS": 20,
    "VPN_TUNNELS": 20,
}
_COUNTED = {
    "autoscalers": "AUTOSCALERS",
    "backendServices": "BACKEND_SERVICES",
    "externalVpnGateways": "EXTERNAL_VPN_GATEWAYS",
    "firewalls": "FIREWALLS",
    "forwardingRules": "FORWARDING_RULES",
    "healthChecks": "HEALTH_CHECKS",
    "images": "IMAGES",
    "instanceGroupManagers": "INSTANCE_GROUP_MANAGERS",
    "instanceTemplates": "INSTANCE_TEMPLATES",
    "instances": "INSTANCES",
    "networks": "NETWORKS",
    "routers": "ROUTERS",
    "routes": "ROUTES",
    "securityPolicies": "SECURITY_POLICIES",
    "sslCertificates": "SSL_CERTIFICATES",
    "subnetworks": "SUBNETWORKS",
    "urlMaps": "URL_MAPS",
    "vpnGateways": "VPN_GATEWAYS",
    "vpnTunnels": "VPN_TUNNELS",
}


def of_project(store: Store, project: str) -> list[Body]:
    """Limits and usage of what is counted in the whole project."""
    return _listed(GLOBAL, _usage(store, project, None))


def of_region(store: Store, project: str, region: str) -> list[Body]:
    """Limits and usage of what is counted in each region."""
    return _listed(REGIONAL, _usage(store, project, region))


def check(store: Store, project: str, region: str) -> None:
    """After something was added: is it too much? Errors: 403."""
    places = [("globally", of_project(store, project))]
    if region:
        places.append((f"in region {region}", of_region(store, project, region)))
    for place, quotas in places:
        for quota in quotas:
            if quota["usage"] > quota["limit"]:
                message = f"Quota '{quota['metric']}' exceeded.  Limit: {quota['limit']}.0 {place}."
                raise ApiError(403, "quotaExceeded", message)


def _usage(store: Store, project: str, region: str | None) -> Counter[str]:
    """By metric; ``region`` None: of all regions."""
    used: Counter[str] = Counter()
    for path, item in store.items():
        parts = path.split("/")
        if parts[1] != project or region not in (None, region_of(path)):
            continue
        metric = _COUNTED.get(parts[-2])
        if metric:
            used[metric] += 1
        body = item.body
        if parts[-2] == "instances":
            if body["status"] == "RUNNING":
                used["CPUS"] += (catalogue.machine(name_of(body["machineType"])) or (0, 0))[0]
            used["IN_USE_ADDRESSES"] += sum(len(nic.get("accessConfigs", [])) for nic in body["networkInterfaces"])
        elif parts[-2] == "disks":
            standard = name_of(body["type"]) == "pd-standard"
            used["DISKS_TOTAL_GB" if standard else "SSD_TOTAL_GB"] += int(body["sizeGb"])
        elif parts[-2] == "addresses" and body["addressType"] == "EXTERNAL":
            used["STATIC_ADDRESSES"] += 1
    return used


def _listed(limits: dict[str, int], used: Counter[str]) -> list[Body]:
    return [{"metric": metric, "limit": limit, "usage": used[metric]} for metric, limit in limits.items()]
