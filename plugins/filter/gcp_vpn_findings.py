# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was not as wanted, tunnel by tunnel."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gcp_vpn_findings
short_description: What was not as wanted, tunnel by tunnel
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - Makes a sentence of each difference that M(multicloud.dr.gcp_resource) found in tunnels and BGP sessions of role
    gcp_vpn. Of a key it says that it is another one.
options:
  _input:
    description: Results of the task on the tunnels.
    type: list
    elements: dict
    required: true
  sessions:
    description: Differences of the router.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Tell
  ansible.builtin.debug:
    msg: "{{ __tunnels.results | multicloud.dr.gcp_vpn_findings(__router.differences) }}"
"""

RETURN = r"""
_value:
  description: Sentences.
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# bgpPeers[multicloud-dr-0].peerAsn is 64512, wanted is 64513
SESSION = re.compile(r"(?:interfaces|bgpPeers)\[(?P<tunnel>[^\]]+)\](?P<rest>.*)")
KEY = re.compile(r"description is .*, key \w+, wanted is .*, key \w+")


def gcp_vpn_findings(tunnels: Sequence[Mapping[str, Any]], sessions: Sequence[str]) -> list[str]:
    """The filter."""
    found = []
    for result in tunnels:
        name = result.get("item", {}).get("name", "")
        for sentence in result.get("differences", []):
            said = "the pre-shared key is another one than the wanted" if KEY.fullmatch(sentence) else sentence
            found.append(f"Tunnel {name}: {said}.")
    for sentence in sessions:
        match = SESSION.fullmatch(sentence)
        said = f"Tunnel {match['tunnel']}: {sentence}." if match else f"Router: {sentence}."
        found.append(said)
    return found


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gcp_vpn_findings": gcp_vpn_findings}
