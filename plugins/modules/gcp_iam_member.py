#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage one member of one role in an IAM policy of Google Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_iam_member
version_added: 0.1.0
short_description: Manage one member of one role in an IAM policy of Google Cloud
description:
  - Gives a role to one member, on a project, a service account, a secret or a bucket, or takes it away. All other
    members and roles stay as they are.
  - C(google.cloud) has no module for IAM policies.
  - >-
    A policy is read, changed and written as a whole, under its etag, so that nobody's change is lost. If somebody was
    faster, the policy is read again. See U(https://cloud.google.com/iam/docs/allow-policies#etag).
options:
  kind:
    description: What the policy belongs to.
    type: str
    choices: [project, service_account, secret, bucket]
    default: project
  resource:
    description: The e-mail address of a service account, the name of a secret or of a bucket, or another project than
      O(project).
    type: str
  role:
    description: The role, such as C(roles/logging.logWriter) or C(projects/shop/roles/operator).
    type: str
    required: true
  member:
    description: The member with its type, such as C(serviceAccount:web@shop.iam.gserviceaccount.com).
    type: str
    required: true
  condition:
    description: When the role is given. Members of the same role under another condition are others.
    type: dict
    suboptions:
      title:
        description: Its title.
        type: str
        required: true
      description:
        description: Its description.
        type: str
      expression:
        description: The condition, in Common Expression Language.
        type: str
        required: true
  state:
    description: Whether the member has the role.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes
attributes:
  check_mode:
    details: [What does not exist yet has no members.]
requirements:
  - google-auth
  - requests
seealso:
  - module: multicloud.dr.gcp_iam_member_info
  - module: google.cloud.gcp_iam_service_account
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: The web hosts may write logs
  multicloud.dr.gcp_iam_member:
    role: roles/logging.logWriter
    member: serviceAccount:web@shop.iam.gserviceaccount.com

- name: The database hosts may read one secret
  multicloud.dr.gcp_iam_member:
    kind: secret
    resource: shop-db-password
    role: roles/secretmanager.secretAccessor
    member: serviceAccount:db@shop.iam.gserviceaccount.com

- name: Nobody reads the backups in public
  multicloud.dr.gcp_iam_member:
    kind: bucket
    resource: shop-backups
    role: roles/storage.objectViewer
    member: allUsers
    state: absent
"""

RETURN = r"""
members:
  description: The members of the role, under the same condition, as they are now, or in check mode would be.
  returned: always
  type: list
  elements: str
  sample: ["serviceAccount:web@shop.iam.gserviceaccount.com"]
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
  sample: PERMISSION_DENIED
"""

from typing import Any

from ansible_collections.google.cloud.plugins.module_utils.gcp_utils import GcpModule, GcpSession

from ..module_utils._gcp import access, policy
from ..module_utils._gcp.errors import GcpError


def report(change: policy.Change, diff: bool) -> dict[str, Any]:
    """The module's result."""
    result: dict[str, Any] = {"changed": change.before != change.after, "members": change.after}
    if diff:
        result["diff"] = {"before": {"members": change.before}, "after": {"members": change.after}}
    return result


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "kind": {"type": "str", "choices": list(policy.TARGETS), "default": "project"},
            "resource": {"type": "str"},
            "role": {"type": "str", "required": True},
            "member": {"type": "str", "required": True},
            "condition": {
                "type": "dict",
                "options": {
                    "title": {"type": "str", "required": True},
                    "description": {"type": "str"},
                    "expression": {"type": "str", "required": True},
                },
            },
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    options = module.params
    try:
        project = access.project(module)
        client = access.client(module, GcpSession)
        policies = policy.Policies(client, options["kind"], policy.resource_of(options, project), project)
        binding = policy.Binding.of(options["role"], options["condition"])
        change = policies.ensure(binding, options["member"], options["state"] == "present", module.check_mode)
    except GcpError as error:
        module.fail_json(
            msg=str(error), error=type(error).__name__, error_status=error.status, error_reason=error.reason
        )
    module.exit_json(**report(change, module._diff))


if __name__ == "__main__":
    main()
