# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What service accounts have and were not given."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_iam_surplus
short_description: What service accounts have and were not given
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Finds roles in a project's policy that the accounts of role gcp_iam have and that are not listed. Other members'
    roles are not looked at.
options:
  _input:
    description: Bindings of the project.
    type: list
    elements: dict
    required: true
  granted:
    description: What is listed.
    type: list
    elements: dict
    required: true
  ids:
    description: Names of the accounts.
    type: list
    elements: str
    required: true
  domain:
    description: What follows the @ in their addresses.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Roles to take away
  ansible.builtin.debug:
    msg: "{{ __policy.bindings | multicloud.dr.gcp_iam_surplus([], ['shop-web'], 'p.iam.gserviceaccount.com') }}"
"""

RETURN = r"""
_value:
  description: C(role), C(member), and C(condition) if there is one.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def gcp_iam_surplus(
    bindings: Sequence[Mapping[str, Any]], granted: Sequence[Mapping[str, Any]], ids: Sequence[str], domain: str
) -> list[dict[str, Any]]:
    """The filter. A role under a condition was never given here."""
    ours = {f"serviceAccount:{name}@{domain}" for name in ids}
    given = {
        (one["role"], one["member"])
        for one in granted
        if one.get("kind", "project") == "project" and one.get("state", "present") == "present"
    }
    return [
        {"role": binding["role"], "member": member, **({"condition": condition} if condition else {})}
        for binding in bindings
        for condition in [binding.get("condition")]
        for member in binding.get("members") or []
        if member in ours and (condition or (binding["role"], member) not in given)
    ]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_iam_surplus": gcp_iam_surplus}
