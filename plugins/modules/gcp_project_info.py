#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Google Cloud project lets its caller do."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_project_info
version_added: 0.1.0
short_description: What a Google Cloud project lets its caller do
description:
  - Says which services of a list are not enabled, which permissions the caller lacks, and which quotas have no room,
    so that this is known before anything is changed.
  - Reads only. C(testIamPermissions) needs no permission itself; the quotas need C(compute.projects.get) and
    C(compute.regions.get), the services C(serviceusage.services.get).
  - Made of U(https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions),
    U(https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet) and
    U(https://cloud.google.com/compute/docs/reference/rest/v1/regions/get).
options:
  services:
    description: Services that have to be enabled, such as V(compute.googleapis.com).
    type: list
    elements: str
    default: []
  permissions:
    description: Permissions that the caller has to have on the project, such as V(compute.networks.create).
    type: list
    elements: str
    default: []
  region:
    description: The region of O(quotas).
    type: str
  quotas:
    description:
      - How much more is going to be used, by metric, such as V({"CPUS":8}). A metric of the region or, if it has none
        of this name, of the project.
    type: dict
    default: {}
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes.info
requirements:
  - google-auth
  - requests
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: May we build here?
  multicloud.dr.gcp_project_info:
    project: my-shop
    region: asia-northeast3
    services: [compute.googleapis.com, secretmanager.googleapis.com]
    permissions: [compute.networks.create, compute.instances.create]
    quotas: {CPUS: 8, IN_USE_ADDRESSES: 4}
  register: project
  failed_when: project.missing_permissions or project.disabled_services or project.exceeded_quotas
"""

RETURN = r"""
project:
  description: The project's C(id), C(number) and C(state).
  returned: success
  type: dict
  sample: {id: my-shop, number: "123456789012", state: ACTIVE}
disabled_services:
  description: Those of O(services) that are not enabled.
  returned: success
  type: list
  elements: str
  sample: [secretmanager.googleapis.com]
missing_permissions:
  description: Those of O(permissions) that the caller has not.
  returned: success
  type: list
  elements: str
  sample: [compute.instances.create]
exceeded_quotas:
  description: Those of O(quotas) that have no room, with C(metric), C(limit), C(usage) and C(wanted).
  returned: success
  type: list
  elements: dict
  sample: [{metric: CPUS, limit: 24, usage: 20, wanted: 8}]
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

from ..module_utils._gcp import access, project
from ..module_utils._gcp.client import Client
from ..module_utils._gcp.errors import GcpError, OptionError


def read(client: Client, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the options ask for. Raises what is in errors.py."""
    quotas = options["quotas"]
    if quotas and not options["region"]:
        raise OptionError("quotas are those of a region, and region is not given")
    if wrong := [metric for metric, value in quotas.items() if not isinstance(value, (int, float)) or value < 0]:
        raise OptionError(f"quotas has {wrong[0]}: {quotas[wrong[0]]!r}; allowed are numbers from 0")
    return {
        "project": project.about(client, name),
        "disabled_services": project.disabled(client, name, options["services"]),
        "missing_permissions": project.missing(client, name, options["permissions"]),
        "exceeded_quotas": project.room(client, name, options["region"], quotas) if quotas else [],
    }


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "services": {"type": "list", "elements": "str", "default": []},
            "permissions": {"type": "list", "elements": "str", "default": []},
            "region": {"type": "str"},
            "quotas": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    try:
        found = read(access.client(module, GcpSession), access.project(module), module.params)
    except GcpError as error:
        module.fail_json(
            msg=str(error), error=type(error).__name__, error_status=error.status, error_reason=error.reason
        )
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
