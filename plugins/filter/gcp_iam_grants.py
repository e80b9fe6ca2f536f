# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What service accounts are given, one entry for each role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_iam_grants
short_description: What service accounts are given, one entry for each role
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Makes the tasks of M(multicloud.dr.gcp_iam_member) out of the accounts of role gcp_iam.
options:
  _input:
    description: Accounts as in C(gcp_iam_accounts).
    type: list
    elements: dict
    required: true
  prefix:
    description: Beginning of the accounts' names.
    type: str
    required: true
  domain:
    description: What follows the @ in their addresses.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: One role
  ansible.builtin.debug:
    msg: "{{ [{'name': 'web', 'roles': ['roles/logging.logWriter']}]
             | multicloud.dr.gcp_iam_grants('shop', 'p.iam.gserviceaccount.com') }}"
"""

RETURN = r"""
_value:
  description: C(kind), C(resource) unless it is the project, C(role) and C(member).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def gcp_iam_grants(accounts: Sequence[Mapping[str, Any]], prefix: str, domain: str) -> list[dict[str, str]]:
    """The filter."""
    found = []
    for account in accounts:
        member = f"serviceAccount:{prefix}-{account['name']}@{domain}"
        found += [{"kind": "project", "role": role, "member": member} for role in account.get("roles") or []]
        found += [{**one, "member": member} for one in account.get("grants") or []]
    return found


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_iam_grants": gcp_iam_grants}
