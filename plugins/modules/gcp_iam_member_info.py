#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read who has which role in an IAM policy of Google Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_iam_member_info
version_added: 0.1.0
short_description: Read who has which role in an IAM policy of Google Cloud
description:
  - Reads the bindings of a project's, a service account's, a secret's or a bucket's policy. See
    U(https://cloud.google.com/iam/docs/allow-policies).
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
    description: Only the bindings of this role.
    type: str
  member:
    description: Only the bindings with this member.
    type: str
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes.info
requirements:
  - google-auth
  - requests
seealso:
  - module: multicloud.dr.gcp_iam_member
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: What the web hosts may do in the project
  multicloud.dr.gcp_iam_member_info:
    member: serviceAccount:web@shop.iam.gserviceaccount.com
"""

RETURN = r"""
bindings:
  description: The bindings; none if what they belong to does not exist.
  returned: always
  type: list
  elements: dict
  contains:
    role:
      description: The role.
      type: str
      returned: always
      sample: roles/logging.logWriter
    members:
      description: Who has it.
      type: list
      elements: str
      returned: always
      sample: ["serviceAccount:web@shop.iam.gserviceaccount.com"]
    condition:
      description: When they have it.
      type: dict
      returned: if there is a condition
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

from ansible_collections.google.cloud.plugins.module_utils.gcp_utils import GcpModule, GcpSession

from ..module_utils._gcp import access, policy
from ..module_utils._gcp.errors import GcpError


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "kind": {"type": "str", "choices": list(policy.TARGETS), "default": "project"},
            "resource": {"type": "str"},
            "role": {"type": "str"},
            "member": {"type": "str"},
        },
        supports_check_mode=True,
    )
    options = module.params
    try:
        project = access.project(module)
        client = access.client(module, GcpSession)
        found = policy.Policies(client, options["kind"], policy.resource_of(options, project), project).bindings()
    except GcpError as error:
        module.fail_json(
            msg=str(error), error=type(error).__name__, error_status=error.status, error_reason=error.reason
        )
    module.exit_json(changed=False, bindings=policy.chosen(found, options["role"], options["member"]))


if __name__ == "__main__":
    main()
