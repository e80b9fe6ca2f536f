# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permission a call needs: https://cloud.google.com/iam/docs/permissions-reference.

Everybody has every permission, except those that the lab takes away (``POST /_lab/deny``).
"""

from __future__ import annotations

from .documents import Method
from .errors import ApiError

_VERBS = {"insert": "create", "patch": "update", "aggregatedList": "list", "batchEnable": "enable", "batchGet": "get"}
_SERVICES = {"cloudresourcemanager": "resourcemanager"}
# Where the name of the permission is not made of the name of the method.
_SPECIAL = {
    "compute.images.getFromFamily": "compute.images.getFromFamily",
    "compute.regionInstanceGroupManagers.resize": "compute.instanceGroupManagers.update",
    "compute.instanceGroupManagers.resize": "compute.instanceGroupManagers.update",
    "compute.securityPolicies.addRule": "compute.securityPolicies.update",
    "compute.securityPolicies.patchRule": "compute.securityPolicies.update",
    "compute.securityPolicies.removeRule": "compute.securityPolicies.update",
    "compute.routers.getRouterStatus": "compute.routers.get",
    "compute.vpnGateways.getStatus": "compute.vpnGateways.get",
    "compute.backendServices.getHealth": "compute.backendServices.get",
    "iam.projects.serviceAccounts.keys.create": "iam.serviceAccountKeys.create",
    "iam.projects.serviceAccounts.keys.delete": "iam.serviceAccountKeys.delete",
    "iam.projects.serviceAccounts.keys.get": "iam.serviceAccountKeys.get",
    "iam.projects.serviceAccounts.keys.list": "iam.serviceAccountKeys.list",
    "secretmanager.projects.secrets.addVersion": "secretmanager.versions.add",
}


def needed(method: Method) -> str:
    """``compute.networks.insert``: ``compute.networks.create``."""
    if method.id in _SPECIAL:
        return _SPECIAL[method.id]
    service = method.id.partition(".")[0]
    collection = method.collection
    if service == "compute" and collection.startswith("region") and collection != "regions":
        name = collection.removeprefix("region")
        collection = name[:1].lower() + name[1:]
    return f"{_SERVICES.get(service, service)}.{collection}.{_VERBS.get(method.verb, method.verb)}"


def refused(permission: str, path: str) -> ApiError:
    """403 as Compute Engine words it."""
    return ApiError(403, "forbidden", f"Required '{permission}' permission for '{path}'")
