# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each kind of resource: how its lists compare, what it takes to change it. Pure.

A kind that is not listed is one that has names chosen by the client and a PATCH. Sources: the APIs' discovery
documents, whose descriptions say which methods exist and which fields they take, such as
https://compute.googleapis.com/$discovery/rest?version=v1 (field and method names here are theirs), and the reference
pages https://cloud.google.com/compute/docs/reference/rest/v1/KIND.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Resource = Mapping[str, Any]
# "whole": a PATCH that takes the whole resource, as dashboards have.
Update = Literal["patch", "put", "whole", "none"]


@dataclass(frozen=True)
class Api:
    """An API's address, and where a project's collections are below it."""

    base: str
    prefix: str = "projects/{project}/"
    project_query: str = ""
    name_in_body: bool = False

    def query(self, project: str) -> dict[str, str]:
        """What a request on a collection needs that is not below a project."""
        return {self.project_query: project} if self.project_query else {}


APIS: dict[str, Api] = {
    "compute": Api("https://compute.googleapis.com/compute/v1/", name_in_body=True),
    "certificatemanager": Api("https://certificatemanager.googleapis.com/v1/"),
    "dns": Api("https://dns.googleapis.com/dns/v1/", name_in_body=True),
    "iam": Api("https://iam.googleapis.com/v1/"),
    "monitoring": Api("https://monitoring.googleapis.com/v3/"),
    "monitoring_v1": Api("https://monitoring.googleapis.com/v1/"),
    "secretmanager": Api("https://secretmanager.googleapis.com/v1/"),
    "storage": Api("https://storage.googleapis.com/storage/v1/", "", "project", name_in_body=True),
}


@dataclass(frozen=True)
class Call:
    """A custom method that sets one field. ``body`` and ``query`` are made of the field's wanted value and the
    resource as it is.
    """

    verb: str
    body: Callable[[Any, Resource], dict[str, Any]] = lambda _value, _found: {}
    query: Callable[[Any], dict[str, Any]] = lambda _value: {}
    method: str = "POST"


@dataclass(frozen=True)
class Entries:
    """Custom methods for a list whose entries are changed one by one; ``key`` is in the query of all but ``add``."""

    key: str
    add: str
    change: str
    remove: str


@dataclass(frozen=True)
class Kind:
    """``keys`` and ``maps`` are those of values.Rules. ``defaults``: what a field is that nobody gave, so that it is
    compared all the same.

    ``after_creation``: fields that creation does not take. ``create_only``: not compared afterwards. ``write_only``:
    secrets, never returned.
    ``mask``: updates name their fields. ``update_query``: the name goes into the collection's query. ``id_query``,
    ``id_field``: how creation takes the name; ``envelope``: the body's field with the resource in it. ``item``: the
    name in the path.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    maps: frozenset[str] = frozenset({"labels", "userLabels"})
    defaults: Resource = field(default_factory=dict)
    immutable: frozenset[str] = frozenset()
    after_creation: frozenset[str] = frozenset()
    create_only: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()
    update: Update = "patch"
    mask: bool = False
    update_query: str = ""
    calls: Mapping[str, Call] = field(default_factory=dict)
    entries: Mapping[str, Entries] = field(default_factory=dict)
    id_query: str = ""
    id_field: str = ""
    envelope: str = ""
    item: str = "{name}"


def _labels() -> Call:
    return Call(
        "setLabels", lambda value, found: {"labels": value or {}, "labelFingerprint": found.get("labelFingerprint", "")}
    )


def _reference(verb: str, name: str) -> Call:
    return Call(verb, lambda value, _: {name: value})


LABELS = {"labels": _labels()}
LATER = frozenset({"labels"})  # "can only be added or modified by the setLabels method"

_PORTS = {"allowed": "", "allowed.ports": "", "denied": "", "denied.ports": ""}
_FIREWALL_LISTS = (
    *("sourceRanges", "destinationRanges", "sourceTags", "targetTags"),
    *("sourceServiceAccounts", "targetServiceAccounts"),
)
_INSTANCE = {
    "networkInterfaces": "name",
    "disks": "index",
    "tags.items": "",
    "metadata.items": "key",
    "serviceAccounts": "email",
}
_PROPERTIES = {f"properties.{path}": key for path, key in _INSTANCE.items() if path in ("tags.items", "metadata.items")}
_MIG = {
    "namedPorts": "name",
    "versions": "name",
    "distributionPolicy.zones": "zone",
    "autoHealingPolicies": "healthCheck",
}

KINDS: dict[tuple[str, str], Kind] = {
    ("compute", "networks"): Kind(
        immutable=frozenset({"autoCreateSubnetworks", "description", "IPv4Range"}),
    ),
    ("compute", "subnetworks"): Kind(
        keys={"secondaryIpRanges": "rangeName"},
        immutable=frozenset({"network", "description", "region", "purpose"}),
        calls={
            "ipCidrRange": _reference("expandIpCidrRange", "ipCidrRange"),
            "privateIpGoogleAccess": _reference("setPrivateIpGoogleAccess", "privateIpGoogleAccess"),
        },
    ),
    ("compute", "firewalls"): Kind(
        keys={**_PORTS, **dict.fromkeys(_FIREWALL_LISTS, "")},
        immutable=frozenset({"network", "direction"}),
        defaults={
            **{name: [] for name in (*_FIREWALL_LISTS, "allowed", "denied")},
            "disabled": False,
            "priority": 1000,
            "direction": "INGRESS",
        },
    ),
    ("compute", "routers"): Kind(
        keys={
            "interfaces": "name",
            "bgpPeers": "name",
            "nats": "name",
            "nats.natIps": "",
            "nats.drainNatIps": "",
            "nats.rules": "ruleNumber",
            "nats.subnetworks": "name",
            "nats.subnetworks.sourceIpRangesToNat": "",
            "nats.endpointTypes": "",
            "bgp.advertisedGroups": "",
            "bgp.advertisedIpRanges": "range",
            "bgpPeers.advertisedGroups": "",
            "bgpPeers.advertisedIpRanges": "range",
        },
        immutable=frozenset({"network"}),
    ),
    ("compute", "addresses"): Kind(update="none", calls=LABELS, after_creation=LATER),
    ("compute", "vpnGateways"): Kind(update="none", calls=LABELS, after_creation=LATER),
    ("compute", "externalVpnGateways"): Kind(
        keys={"interfaces": "id"}, update="none", calls=LABELS, after_creation=LATER
    ),
    ("compute", "vpnTunnels"): Kind(
        update="none", calls=LABELS, after_creation=LATER, write_only=frozenset({"sharedSecret"})
    ),
    ("compute", "routes"): Kind(keys={"tags": ""}, update="none"),
    ("compute", "instanceTemplates"): Kind(keys=_PROPERTIES, maps=frozenset({"properties.labels"}), update="none"),
    ("compute", "instanceGroupManagers"): Kind(
        keys=_MIG,
        immutable=frozenset({"baseInstanceName", "distributionPolicy", "description"}),
        create_only=frozenset({"targetSize"}),
    ),
    ("compute", "autoscalers"): Kind(
        keys={"autoscalingPolicy.customMetricUtilizations": "metric"},
        immutable=frozenset({"target"}),
        update_query="autoscaler",
    ),
    ("compute", "instances"): Kind(
        keys=_INSTANCE,
        update="none",
        create_only=frozenset({"disks"}),
        calls={
            **LABELS,
            "tags": Call(
                "setTags",
                lambda value, found: {**value, "fingerprint": (found.get("tags") or {}).get("fingerprint", "")},
            ),
            "metadata": Call(
                "setMetadata",
                lambda value, found: {**value, "fingerprint": (found.get("metadata") or {}).get("fingerprint", "")},
            ),
            "deletionProtection": Call(
                "setDeletionProtection", query=lambda value: {"deletionProtection": "true" if value else "false"}
            ),
            "scheduling": Call("setScheduling", lambda value, _: dict(value)),
            "shieldedInstanceConfig": Call(
                "updateShieldedInstanceConfig", lambda value, _: dict(value), method="PATCH"
            ),
        },
    ),
    ("compute", "disks"): Kind(
        update="none",
        calls={**LABELS, "sizeGb": Call("resize", lambda value, _: {"sizeGb": str(value)})},
    ),
    ("compute", "images"): Kind(update="none", calls=LABELS),
    ("compute", "healthChecks"): Kind(immutable=frozenset({"type"})),
    ("compute", "backendServices"): Kind(
        keys={"backends": "group", "healthChecks": "", "customRequestHeaders": "", "customResponseHeaders": ""},
        after_creation=frozenset({"securityPolicy", "edgeSecurityPolicy"}),
        immutable=frozenset({"loadBalancingScheme"}),
        calls={
            "securityPolicy": _reference("setSecurityPolicy", "securityPolicy"),
            "edgeSecurityPolicy": _reference("setEdgeSecurityPolicy", "securityPolicy"),
        },
    ),
    ("compute", "securityPolicies"): Kind(
        keys={"rules": "priority", "rules.match.config.srcIpRanges": ""},
        immutable=frozenset({"type"}),
        calls=LABELS,
        entries={"rules": Entries("priority", "addRule", "patchRule", "removeRule")},
    ),
    ("compute", "urlMaps"): Kind(
        keys={
            "hostRules": "pathMatcher",
            "hostRules.hosts": "",
            "pathMatchers": "name",
            "pathMatchers.pathRules.paths": "",
        }
    ),
    ("compute", "sslCertificates"): Kind(
        update="none", write_only=frozenset({"privateKey"}), keys={"managed.domains": ""}
    ),
    ("compute", "sslPolicies"): Kind(keys={"customFeatures": ""}),
    ("compute", "forwardingRules"): Kind(
        update="none",
        calls={**LABELS, "target": _reference("setTarget", "target")},
        after_creation=LATER,
    ),
    ("compute", "networkEndpointGroups"): Kind(update="none"),
    ("compute", "resourcePolicies"): Kind(),
    ("certificatemanager", "certificates"): Kind(
        mask=True,
        id_query="certificateId",
        keys={"managed.domains": ""},
        immutable=frozenset({"managed", "scope"}),
        write_only=frozenset({"selfManaged"}),
    ),
    ("certificatemanager", "certificateMaps"): Kind(mask=True, id_query="certificateMapId"),
    ("certificatemanager", "certificateMapEntries"): Kind(
        mask=True, id_query="certificateMapEntryId", keys={"certificates": ""}
    ),
    ("certificatemanager", "dnsAuthorizations"): Kind(
        mask=True, id_query="dnsAuthorizationId", immutable=frozenset({"domain"})
    ),
    ("dns", "managedZones"): Kind(immutable=frozenset({"dnsName", "visibility"})),
    ("dns", "rrsets"): Kind(keys={"rrdatas": ""}, immutable=frozenset({"type"})),
    ("iam", "serviceAccounts"): Kind(
        item="{name}@{project}.iam.gserviceaccount.com", id_field="accountId", envelope="serviceAccount", mask=True
    ),
    ("monitoring", "alertPolicies"): Kind(keys={"notificationChannels": "", "conditions": "displayName"}, mask=True),
    ("monitoring", "notificationChannels"): Kind(mask=True, immutable=frozenset({"type"})),
    ("monitoring", "uptimeCheckConfigs"): Kind(
        keys={"selectedRegions": ""}, mask=True, immutable=frozenset({"monitoredResource"})
    ),
    ("monitoring_v1", "dashboards"): Kind(update="whole"),
    ("secretmanager", "secrets"): Kind(
        keys={"topics": "name", "replication.userManaged.replicas": "location"},
        maps=frozenset({"labels", "annotations"}),
        mask=True,
        id_query="secretId",
        immutable=frozenset({"replication"}),
    ),
    ("storage", "b"): Kind(immutable=frozenset({"location", "locationType"}), keys={"cors": "", "lifecycle.rule": ""}),
}


def kind_of(api: str, collection: str) -> Kind:
    """The kind of a collection's resources, by the last part of its path."""
    name = collection.rstrip("/").rsplit("/", 1)[-1]
    return KINDS.get((api, name), Kind())


def adjusted(kind: Kind, options: Mapping[str, Any]) -> Kind:
    """With what a task says of a kind that is not listed, or says differently. None leaves what is known."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in ("immutable", "create_only", "write_only"):
        if name in given:
            given[name] = getattr(kind, name) | frozenset(given[name])
    if "keys" in given:
        given["keys"] = {**kind.keys, **given["keys"]}
    if "calls" in given:
        given["calls"] = {**kind.calls, **{one["field"]: custom(one) for one in given["calls"]}}
        given["after_creation"] = kind.after_creation | {one["field"] for one in options["calls"]}
    return replace(kind, **given)


def custom(options: Mapping[str, Any]) -> Call:
    """A custom method that a task describes: which field it sets, its verb, and where in its body the value goes."""
    parameter, fingerprint = options.get("parameter"), options.get("fingerprint")

    def body(value: Any, found: Resource) -> dict[str, Any]:
        told = {parameter: value} if parameter else dict(value)
        return told | ({fingerprint: found.get(fingerprint, "")} if fingerprint else {})

    return Call(options["verb"], body, method=options.get("method") or "POST")
