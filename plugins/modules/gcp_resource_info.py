#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read resources of Google Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_resource_info
version_added: 0.1.0
short_description: Read resources of Google Cloud
description:
  - Reads one resource, a view of it, or all of a collection, as their API represents them.
  - Attributes are those of the API's reference, for example U(https://cloud.google.com/compute/docs/reference/rest/v1).
options:
  api:
    description: The API.
    type: str
    choices: [compute, certificatemanager, dns, iam, monitoring, monitoring_v1, secretmanager, storage]
    default: compute
  collection:
    description: Path of the collection below the project, such as C(global/firewalls) or
      C(regions/asia-northeast3/routers).
    type: str
    required: true
  name:
    description: Name of a resource. Without, all of the collection are read.
    type: str
  view:
    description:
      - What is read of the resource instead of itself, by a method that only reads, such as C(getRouterStatus) of a
        router or C(getStatus) of an HA VPN gateway.
    type: str
  filter:
    description:
      - Which resources of the collection, in the API's own language, see
        U(https://cloud.google.com/compute/docs/reference/rest/v1/instances/list).
    type: str
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes.info
requirements:
  - google-auth
  - requests
seealso:
  - module: multicloud.dr.gcp_resource
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: All firewall rules of a network
  multicloud.dr.gcp_resource_info:
    collection: global/firewalls
    filter: name eq 'shop-.*'

- name: What BGP says
  multicloud.dr.gcp_resource_info:
    collection: regions/asia-northeast3/routers
    name: shop
    view: getRouterStatus
"""

RETURN = r"""
resources:
  description: What was found, as the API represents it; nothing if there is no resource of this name. Secrets are
    hidden.
  returned: always
  type: list
  elements: dict
  sample: [{name: shop-web, priority: 1000}]
error:
  description: The kind of error.
  returned: on failure
  type: str
  sample: Denied
error_status:
  description: The HTTP status of the API's answer, 0 if there was none.
  returned: on failure
  type: int
  sample: 403
error_reason:
  description: The API's word for the error.
  returned: on failure
  type: str
  sample: forbidden
"""

from typing import Any

from ansible_collections.google.cloud.plugins.module_utils.gcp_utils import GcpModule, GcpSession

from ..module_utils._gcp import access, kinds
from ..module_utils._gcp.client import Client
from ..module_utils._gcp.errors import GcpError, OptionError
from ..module_utils._gcp.plan import scrubbed
from ..module_utils._gcp.resource import Place


def read(client: Client, options: dict[str, Any], project: str) -> list[dict[str, Any]]:
    """The resources that the options name. Raises what is in errors.py."""
    kind = kinds.kind_of(options["api"], options["collection"])
    place = Place(options["api"], options["collection"].strip("/"), options["name"] or "", project)
    if not options["name"]:
        if options["view"]:
            raise OptionError("view is of one resource, and name is not given")
        query = {"filter": options["filter"]} if options["filter"] else {}
        found = list(client.pages(place.collection_url, {**kinds.APIS[options["api"]].query(project), **query}))
    else:
        view = f"/{options['view']}" if options["view"] else ""
        one = client.get(place.url(kind) + view)
        found = [] if one is None else [one]
    return [scrubbed(one, kind.write_only) for one in found]


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "api": {"type": "str", "choices": list(kinds.APIS), "default": "compute"},
            "collection": {"type": "str", "required": True},
            "name": {"type": "str"},
            "view": {"type": "str"},
            "filter": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        found = read(access.client(module, GcpSession), module.params, access.project(module))
    except GcpError as error:
        module.fail_json(
            msg=str(error), error=type(error).__name__, error_status=error.status, error_reason=error.reason
        )
    module.exit_json(changed=False, resources=found)


if __name__ == "__main__":
    main()
