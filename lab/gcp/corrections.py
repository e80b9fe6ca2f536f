# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the discovery documents say too much, too little, or something else than the API does."""

from __future__ import annotations

import re

from .documents import Schema

# Marked "[Output Only]", yet taken: https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers
WRITABLE = {
    ("InstanceGroupManager", "namedPorts"),
    ("InstanceGroup", "namedPorts"),
    # "Output only" in the text is about the value that the server answers, not about the field.
    ("VpnTunnel", "sharedSecret"),
}
# Annotated as required; the collection's integration tests leave them out on the real API.
OPTIONAL = {("Route", "priority"), ("Route", "tags")}
# Unknown fields that google.cloud's modules send and the real API ignores.
TOLERATED = {("Bucket", "project"), ("Snapshot", "zone")}
# Needed in practice and not annotated; each is "Required" in the text of its REST reference,
# https://cloud.google.com/compute/docs/reference/rest/v1 and https://cloud.google.com/monitoring/api/ref_v3/rest.
REQUIRED = {
    "AlertPolicy": ("displayName", "combiner", "conditions"),
    "Autoscaler": ("target", "autoscalingPolicy"),
    "AutoscalingPolicy": ("maxNumReplicas",),
    "Backend": ("group",),
    "ExternalVpnGateway": ("redundancyType", "interfaces"),
    "HealthCheck": ("type",),
    "Instance": ("machineType", "disks", "networkInterfaces"),
    "InstanceGroupManager": ("baseInstanceName", "targetSize"),
    "InstanceTemplate": ("properties",),
    "NotificationChannel": ("type",),
    "Router": ("network",),
    "RouterNat": ("name", "sourceSubnetworkIpRangesToNat"),
    "Route": ("destRange", "network"),
    "SecurityPolicyRule": ("priority", "action", "match"),
    "Subnetwork": ("network", "ipCidrRange"),
    "TargetHttpProxy": ("urlMap",),
    "TargetHttpsProxy": ("urlMap",),
    "UptimeCheckConfig": ("displayName",),
    "VpnGateway": ("network",),
    "VpnTunnel": ("sharedSecret",),
}
# Described as URLs, but other strings are taken too.
_NO_LINK = {
    *("IPAddress", "certificateMap", "nextHopIlb", "region", "serviceBindings", "serviceLbPolicy"),
    *("sourceStorageObject", "zone"),
}
_SAYS_URL = re.compile(
    r"^\W*(Optional\. )?(An? |The |Specifies a )?(list of )?((valid )?(partial or full|full or partial|full|partial|"
    r"fully-qualified( or valid partial)?|resource) )?UR[LI]s?\b"
)
_SAYS_OUTPUT = re.compile(r"\W*output[ -]only", re.IGNORECASE)


def output_only(schema: str, field: str, spec: Schema) -> bool:
    """Does the server write this field, and ignore what a client sends?"""
    if (schema, field) in WRITABLE:
        return False
    return bool(spec.get("readOnly") or _SAYS_OUTPUT.match(spec.get("description", "")))


def is_link(field: str, spec: Schema) -> bool:
    """Does this field hold the URL of a resource (bare names are refused)?"""
    if field in _NO_LINK or spec.get("type") not in ("string", "array"):
        return False
    return bool(_SAYS_URL.match(spec.get("description", "")))


def needs_fingerprint(spec: Schema, verb: str) -> bool:
    """Does the text of a fingerprint field say that this verb has to bring it?"""
    return bool(re.search(rf"must\s+be\s+provided\s+in\s+order\s+to\s+{verb}\b", spec.get("description", "")))
