# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policies of resources: who has which role.

https://cloud.google.com/iam/docs/reference/rest/v1/Policy, https://cloud.google.com/iam/docs/allow-policies#etag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import ApiError
from ..store import Body, fingerprint
from .kit import Call, Kind, Verb

if TYPE_CHECKING:
    from ..cloud import Cloud

_MEMBER = re.compile(
    r"(user|group|serviceAccount|domain|principal|principalSet|projectOwner|projectEditor|projectViewer):\S+"
    r"|allUsers|allAuthenticatedUsers"
)
_OURS = re.compile(r"serviceAccount:([a-z0-9-]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com)")
# https://cloud.google.com/iam/docs/roles-permissions: those that a site like ours may need.
ROLES = {
    *("roles/owner", "roles/editor", "roles/viewer", "roles/browser"),
    *("roles/cloudsql.client", "roles/dns.admin", "roles/dns.reader", "roles/certificatemanager.editor"),
    *("roles/compute.admin", "roles/compute.viewer", "roles/compute.networkAdmin", "roles/compute.networkUser"),
    *("roles/compute.networkViewer", "roles/compute.securityAdmin", "roles/compute.loadBalancerAdmin"),
    *("roles/compute.instanceAdmin", "roles/compute.instanceAdmin.v1", "roles/compute.osLogin"),
    *("roles/compute.osAdminLogin", "roles/compute.imageUser", "roles/compute.storageAdmin"),
    *("roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountAdmin"),
    *("roles/iam.serviceAccountKeyAdmin", "roles/iam.roleAdmin", "roles/iam.workloadIdentityUser"),
    *("roles/iap.tunnelResourceAccessor", "roles/logging.admin", "roles/logging.logWriter", "roles/logging.viewer"),
    *("roles/monitoring.admin", "roles/monitoring.editor", "roles/monitoring.viewer"),
    *("roles/monitoring.metricWriter", "roles/pubsub.publisher", "roles/pubsub.subscriber"),
    *("roles/resourcemanager.projectIamAdmin", "roles/secretmanager.admin", "roles/secretmanager.secretAccessor"),
    *("roles/secretmanager.secretVersionAdder", "roles/secretmanager.secretVersionManager"),
    *("roles/secretmanager.viewer", "roles/serviceusage.serviceUsageAdmin", "roles/serviceusage.serviceUsageViewer"),
    *("roles/storage.admin", "roles/storage.objectAdmin", "roles/storage.objectCreator", "roles/storage.objectUser"),
    *("roles/storage.objectViewer", "roles/storage.legacyBucketReader", "roles/storage.legacyBucketOwner"),
}
_EMPTY = "ACAB"


def guard(kind: Kind, exists: bool = True) -> None:
    """Give a collection the three verbs of policies. ``exists``: the resource has to be there."""

    def needed(verb: Verb) -> Verb:
        def run(call: Call) -> Body | bytes | None:
            call.path = call.path.removesuffix("/iam")
            if exists:
                call.store.need(call.path)
            return verb(call)

        return run

    kind.verbs.update(
        getIamPolicy=needed(read), setIamPolicy=needed(write), testIamPermissions=needed(test_permissions)
    )


def read(call: Call) -> Body:
    """The present policy; one without bindings has an etag, too."""
    return dict(_policy(call.cloud, call))


def write(call: Call) -> Body:
    """Replace the policy. Errors: 409 if it changed since it was read; 400 for unknown roles and members."""
    new = call.body.get("policy", call.body)
    if "etag" in new and new["etag"] != _policy(call.cloud, call)["etag"]:
        message = (
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
        )
        raise ApiError(409, "aborted", message)
    bindings = []
    for binding in new.get("bindings", []):
        _role(call, binding.get("role", ""))
        for member in binding.get("members", []):
            _member(call, member)
        if binding.get("condition") and new.get("version") != 3:
            raise ApiError(400, "badRequest", "A policy with conditional role bindings must have version 3.")
        if binding.get("members"):
            bindings.append({**binding, "members": sorted(set(binding["members"]))})
    policy = {"version": new.get("version", 1), "bindings": bindings}
    policy["etag"] = fingerprint([policy, call.cloud.next_id()])
    call.cloud.put("policies", _key(call), policy)
    return dict(policy)


def test_permissions(call: Call) -> Body:
    """Whoever calls has what he asks for, except what the lab took away."""
    return {"permissions": [one for one in call.body.get("permissions", []) if one not in call.cloud.denied]}


def _policy(cloud: Cloud, call: Call) -> Body:
    item = cloud.store("policies").get(_key(call))
    return item.body if item else {"version": 1, "etag": _EMPTY}


def _key(call: Call) -> str:
    return f"{call.api.name}/{call.path}"


def _role(call: Call, role: str) -> None:
    custom = re.fullmatch(r"projects/[^/]+/roles/[\w.]+", role) and role in call.cloud.store("iam")
    if role not in ROLES and not custom:
        raise ApiError(400, "badRequest", f"Role {role} is not supported for this resource.")


def _member(call: Call, member: str) -> None:
    if not _MEMBER.fullmatch(member):
        message = f"Invalid member: {member}; it must be prefixed with its type, as user:, group: or serviceAccount:."
        raise ApiError(400, "badRequest", message)
    found = _OURS.fullmatch(member)
    if found is None or found[2] not in call.cloud.projects:
        return
    if f"projects/{found[2]}/serviceAccounts/{found[1]}" not in call.cloud.store("iam"):
        raise ApiError(400, "badRequest", f"Service account {found[1]} does not exist.")
