#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage a secret of Google's Secret Manager and its newest value."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gcp_secret
version_added: 0.1.0
short_description: Manage a secret of Google's Secret Manager and its newest value
description:
  - Makes a secret and adds a version to it if its newest value is another one than O(value), or cannot be read.
  - >-
    Use it instead of M(google.cloud.gcp_secret_manager), which knows no check mode, shows the value in its arguments
    and returns it.
  - See U(https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets).
options:
  name:
    description: Name of the secret.
    type: str
    required: true
  state:
    description: Whether the secret should exist. Without it, all of its versions are lost.
    type: str
    choices: [present, absent]
    default: present
  value:
    description: The value, up to 65,536 bytes. Without, versions are left alone.
    type: str
  labels:
    description: The secret's labels, all of them.
    type: dict
    default: {}
  locations:
    description: Where the value is kept; without, Google decides. It cannot be changed.
    type: list
    elements: str
    default: []
  disable_others:
    description: Whether the versions before a new one are disabled, so that nobody can read them any more.
    type: bool
    default: false
extends_documentation_fragment:
  - google.cloud.gcp
  - multicloud.dr.attributes
attributes:
  diff_mode:
    details: [Of the value only whether it is the wanted one.]
requirements:
  - google-auth
  - requests
seealso:
  - module: multicloud.dr.gcp_iam_member
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: The shop's password for the database
  multicloud.dr.gcp_secret:
    name: shop-db-password
    value: "{{ vault_shop_db_password }}"
    labels: {project: shop}
    locations: [asia-northeast3]
"""

RETURN = r"""
action:
  description: What was done to the secret itself, or in check mode would be.
  returned: always
  type: str
  choices: [created, updated, deleted, none]
  sample: none
version_added:
  description: Whether a version was added, or in check mode would be.
  returned: always
  type: bool
  sample: true
version:
  description: Name of the version that was added.
  returned: if one was
  type: str
  sample: projects/123/secrets/shop-db-password/versions/2
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

from ..module_utils._gcp import access, secret
from ..module_utils._gcp.client import Client
from ..module_utils._gcp.errors import GcpError
from ..module_utils._gcp.kinds import kind_of
from ..module_utils._gcp.plan import Wanted, shown
from ..module_utils._gcp.resource import Place, ensure

WANTED, OTHER, NONE = "(as wanted)", "(another one)", "(none)"


def wanted_from(options: dict[str, Any], project: str) -> Wanted:
    """The secret without its value."""
    replicas = [{"location": location} for location in options["locations"]]
    replication = {"userManaged": {"replicas": replicas}} if replicas else {"automatic": {}}
    body = {"replication": replication, "labels": options["labels"]}
    return Wanted(options["name"], body, kind_of("secretmanager", "secrets"), project)


def run(client: Client, options: dict[str, Any], project: str, check_mode: bool) -> dict[str, Any]:
    """Do what the options say; the module's result, with a diff. Raises what is in errors.py."""
    place = Place("secretmanager", "secrets", options["name"], project)
    present = options["state"] == "present"
    outcome = ensure(client, place, wanted_from(options, project) if present else None, check_mode)
    before = shown(outcome.before or {}, ["labels", "replication"], [])
    after = shown(outcome.plan.after, ["labels", "replication"], [])
    result: dict[str, Any] = {"action": outcome.plan.action, "version_added": False}
    if present and options["value"] is not None:
        url, value = place.url(kind_of("secretmanager", "secrets")), options["value"].encode()
        found = secret.latest(client, url) if outcome.before is not None else None
        result["version_added"] = found != value
        before["value"] = NONE if found is None else WANTED if found == value else OTHER
        after["value"] = WANTED
        if found != value and not check_mode:
            result["version"] = secret.add(client, url, value)
            if options["disable_others"]:
                secret.disable_others(client, url, result["version"])
    changed = outcome.plan.action != "none" or result["version_added"]
    return {**result, "changed": changed, "diff": {"before": before, "after": after}}


def main() -> None:
    """Read the options, run, report."""
    module = GcpModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "value": {"type": "str", "no_log": True},
            "labels": {"type": "dict", "default": {}},
            "locations": {"type": "list", "elements": "str", "default": []},
            "disable_others": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        project = access.project(module)
        result = run(access.client(module, GcpSession), module.params, project, module.check_mode)
    except GcpError as error:
        facts = {"error": type(error).__name__, "error_status": error.status, "error_reason": error.reason}
        module.fail_json(msg=str(error), **facts)
    if not module._diff:
        del result["diff"]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
