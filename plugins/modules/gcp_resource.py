#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage a resource of Google Cloud by its REST representation."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_resource
version_added: 0.1.0
short_description: Manage a resource of Google Cloud by its REST representation
description:
  - Creates, changes, replaces and deletes one resource of Compute Engine or of another API that follows Google's
    conventions.
  - >-
    It is for what the modules of C(google.cloud) lack or get wrong, such as HA VPN gateways, BGP peers, Cloud NAT,
    Cloud Armor, removed entries of a firewall rule, and check mode, which none of them has for writing.
  - >-
    Every attribute of O(body) is compared. Other attributes are left alone. A list or a map of labels is wanted as a
    whole: what is in it and was not asked for is taken out. Links compare equal however they are spelled.
  - >-
    The module reads the resource again after a change and fails if it is not as asked for then; some APIs take
    attributes and ignore them.
  - >-
    It knows of many kinds of resources, by the last part of O(collection), which lists are told apart by a key or
    have no order, what cannot be changed, and which attributes are set by a method of their own. The options
    O(list_keys), O(immutable), O(create_only), O(write_only), O(update) and O(methods) say it of others.
  - Attributes are those of the API's reference, for example U(https://cloud.google.com/compute/docs/reference/rest/v1).
options:
  api:
    description: The API.
    type: str
    choices: [compute, certificatemanager, dns, iam, monitoring, monitoring_v1, secretmanager, storage]
    default: compute
  collection:
    description:
      - Path of the collection below the project, such as C(global/firewalls), C(regions/asia-northeast3/routers),
        C(secrets) or C(locations/global/certificates). Buckets are in C(b).
    type: str
    required: true
  name:
    description: Name of the resource, or the value of its field O(match). Of a service account, what is before the
      C(@).
    type: str
    required: true
  match:
    description: The field by which the resource is found, where the API chooses the name itself, for example
      C(displayName).
    type: str
  state:
    description: Whether the resource should exist.
    type: str
    choices: [present, absent]
    default: present
  body:
    description:
      - The resource's attributes. An empty list, an empty string or V(null) means that the attribute must not be set.
      - References may be links, or be relative to the project, such as C(global/networks/main).
    type: dict
    default: {}
  secret_body:
    description:
      - More attributes, which are secrets. They are sent when the resource is created and never shown, neither in
        arguments, nor in differences, nor in results.
      - APIs do not return secrets, so a changed secret is not seen. Keep something that changes with it in O(body),
        such as a part of its hash in C(description).
    type: dict
    default: {}
  replace_on_immutable:
    description:
      - Whether the resource is deleted and made anew if it differs in an attribute that the API cannot change.
        Without it, that is an error.
    type: bool
    default: false
  detach:
    description:
      - Entries of other resources that refer to this one. They are taken out before this one is deleted, also for a
        replacement. Putting them back is the task of those resources.
    type: list
    elements: dict
    default: []
    suboptions:
      collection:
        description: As O(collection).
        type: str
        required: true
      name:
        description: As O(name).
        type: str
        required: true
      entries:
        description: The names of the entries, by list.
        type: dict
        required: true
  list_keys:
    description:
      - Of lists, by their dotted path, the field that tells their entries apart, or an empty string if their order
        means nothing. Lists that are not known compare in their order.
    type: dict
  immutable:
    description: Attributes that cannot be changed, besides the known ones.
    type: list
    elements: str
  create_only:
    description: Attributes that creation takes and that are not compared afterwards, besides the known ones.
    type: list
    elements: str
  write_only:
    description: Attributes that are secrets and have to be in O(secret_body), besides the known ones.
    type: list
    elements: str
  update:
    description:
      - How attributes are changed. V(patch) sends the changed ones, V(put) and V(whole) the whole resource by PUT or
        PATCH; V(none) means that only methods change anything.
    type: str
    choices: [patch, put, whole, none]
  methods:
    description: Methods that set an attribute which an update does not, besides the known ones.
    type: list
    elements: dict
    suboptions:
      field:
        description: The attribute.
        type: str
        required: true
      verb:
        description: Name of the method, such as C(setSecurityPolicy).
        type: str
        required: true
      parameter:
        description: The field of the request that takes the value. Without, the value's own fields are the request's.
        type: str
      fingerprint:
        description: A field of the resource that the request has to repeat, such as C(labelFingerprint).
        type: str
      method:
        description: HTTP method.
        type: str
        choices: [POST, PATCH]
        default: POST
  wait_timeout:
    description: Seconds that an operation may take.
    type: int
    default: 600
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes
attributes:
  check_mode:
    details: [References to resources that do not exist yet are not looked up.]
notes:
  - >-
    A request is repeated, with growing pauses, while an API answers 429, 502, 503 or 504. If somebody else changes
    the resource in between (409, 412), it is read and compared again.
requirements:
  - google-auth
  - requests
seealso:
  - module: multicloud.dr.gcp_resource_info
  - module: multicloud.dr.gcp_iam_member
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Web hosts are open to Google's load balancers, and to nobody else
  multicloud.dr.gcp_resource:
    collection: global/firewalls
    name: shop-web
    body:
      network: global/networks/shop
      sourceRanges: [130.211.0.0/22, 35.191.0.0/16]
      targetTags: [web]
      allowed: [{IPProtocol: tcp, ports: ["80"]}]

- name: HA VPN gateway
  multicloud.dr.gcp_resource:
    collection: regions/asia-northeast3/vpnGateways
    name: shop
    body: {network: global/networks/shop, stackType: IPV4_ONLY}

- name: A tunnel; another secret changes the description, which replaces the tunnel
  multicloud.dr.gcp_resource:
    collection: regions/asia-northeast3/vpnTunnels
    name: shop-0
    body:
      description: "secret {{ (psk | hash('sha256'))[:12] }}"
      vpnGateway: regions/asia-northeast3/vpnGateways/shop
      vpnGatewayInterface: 0
      peerExternalGateway: global/externalVpnGateways/shop
      peerExternalGatewayInterface: 0
      router: regions/asia-northeast3/routers/shop
    secret_body: {sharedSecret: "{{ psk }}"}
    replace_on_immutable: true
    detach:
      - collection: regions/asia-northeast3/routers
        name: shop
        entries: {interfaces: [shop-0], bgpPeers: [shop-0]}

- name: An uptime check, which the API names itself
  multicloud.dr.gcp_resource:
    api: monitoring
    collection: uptimeCheckConfigs
    match: displayName
    name: shop
    body:
      monitoredResource: {type: uptime_url, labels: {host: shop.example.com}}
      httpCheck: {path: /healthz, port: 443, useSsl: true}
      period: 60s
"""

RETURN = r"""
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  choices: [created, updated, replaced, deleted, none]
  sample: updated
differences:
  description: What an existing resource was not like, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["bgpPeers[shop-0].peerAsn is 64512, wanted is 64513"]
resource:
  description: The resource as it is now, as the API represents it; in check mode as it would be, without what only
    the API knows. Secrets are hidden.
  returned: when O(state=present)
  type: dict
  sample: {name: shop-web, priority: 1000, sourceRanges: [130.211.0.0/22, 35.191.0.0/16]}
error:
  description: The kind of error.
  returned: on failure
  type: str
  sample: QuotaExceeded
error_status:
  description: The HTTP status of the API's answer, 0 if there was none.
  returned: on failure
  type: int
  sample: 403
error_reason:
  description: The API's word for the error.
  returned: on failure
  type: str
  sample: QUOTA_EXCEEDED
"""

from typing import Any

from ansible_collections.google.cloud.plugins.module_utils.gcp_utils import GcpModule, GcpSession

from ..module_utils._gcp import access, kinds
from ..module_utils._gcp.errors import GcpError, OptionError
from ..module_utils._gcp.plan import Wanted, scrubbed, shown
from ..module_utils._gcp.resource import Detachment, Outcome, Place, ensure


def kind_from(options: dict[str, Any]) -> kinds.Kind:
    """What is known of the collection's kind, and what the task says besides."""
    given = {name: options[name] for name in ("immutable", "create_only", "write_only", "update")}
    given |= {"keys": options["list_keys"], "calls": options["methods"]}
    return kinds.adjusted(kinds.kind_of(options["api"], options["collection"]), given)


def wanted_from(options: dict[str, Any], project: str) -> Wanted:
    """The resource that the options describe. Raises OptionError for a secret in the open."""
    kind, api = kind_from(options), kinds.APIS[options["api"]]
    if open_secrets := sorted(kind.write_only & options["body"].keys()):
        raise OptionError(f"body has {', '.join(open_secrets)}, which is a secret: it belongs in secret_body")
    body = dict(options["body"])
    if options["match"]:
        body.setdefault(options["match"], options["name"])
    return Wanted(
        name=options["name"],
        body=body,
        kind=kind,
        project=project,
        secrets=options["secret_body"],
        insert=api.query(project),
        name_in_body=api.name_in_body and not options["match"],
        replace=options["replace_on_immutable"],
    )


def detachments(options: dict[str, Any], project: str) -> list[Detachment]:
    """What refers to this resource."""
    return [
        Detachment(
            Place(options["api"], one["collection"], one["name"], project),
            {name: [str(entry) for entry in gone] for name, gone in one["entries"].items()},
        )
        for one in options["detach"]
    ]


def report(outcome: Outcome, options: dict[str, Any], diff: bool) -> dict[str, Any]:
    """The module's result."""
    kind = kind_from(options)
    secrets = kind.write_only | options["secret_body"].keys()
    plan = outcome.plan
    result: dict[str, Any] = {"changed": plan.action != "none", "action": plan.action}
    result["differences"] = [str(difference) for difference in plan.differences]
    if options["state"] == "present":
        result["resource"] = scrubbed(outcome.after, secrets)
    if diff:
        fields = (
            list({**kind.defaults, **options["body"]}) if options["state"] == "present" else list(outcome.before or {})
        )
        hidden = sorted(options["secret_body"])
        result["diff"] = {
            "before": scrubbed(shown(outcome.before or {}, fields, hidden), secrets),
            "after": scrubbed(shown(plan.after, fields, hidden), secrets),
        }
    return result


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "api": {"type": "str", "choices": list(kinds.APIS), "default": "compute"},
            "collection": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "match": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "body": {"type": "dict", "default": {}},
            "secret_body": {"type": "dict", "default": {}, "no_log": True},
            "replace_on_immutable": {"type": "bool", "default": False},
            "detach": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "collection": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                    "entries": {"type": "dict", "required": True},
                },
            },
            "list_keys": {"type": "dict", "no_log": False},
            "immutable": {"type": "list", "elements": "str"},
            "create_only": {"type": "list", "elements": "str"},
            "write_only": {"type": "list", "elements": "str"},
            "update": {"type": "str", "choices": ["patch", "put", "whole", "none"]},
            "methods": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "field": {"type": "str", "required": True},
                    "verb": {"type": "str", "required": True},
                    "parameter": {"type": "str"},
                    "fingerprint": {"type": "str"},
                    "method": {"type": "str", "choices": ["POST", "PATCH"], "default": "POST"},
                },
            },
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    options = module.params
    try:
        project = access.project(module)
        # Not to be seen in the arguments of an error either.
        module.no_log_values.update(
            str(options["body"][name]) for name in kind_from(options).write_only & options["body"].keys()
        )
        wanted = wanted_from(options, project) if options["state"] == "present" else None
        client = access.client(module, GcpSession, options["wait_timeout"])
        place = Place(
            options["api"], options["collection"].strip("/"), options["name"], project, options["match"] or ""
        )
        outcome = ensure(client, place, wanted, module.check_mode, detachments(options, project))
    except GcpError as error:
        module.fail_json(
            msg=str(error), error=type(error).__name__, error_status=error.status, error_reason=error.reason
        )
    module.exit_json(**report(outcome, options, module._diff))


if __name__ == "__main__":
    main()
