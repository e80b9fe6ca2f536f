# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How things are, on one screen."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dr_screen
short_description: Show the situation, the lag and the last run on one screen
version_added: 0.1.0
author: The multicloud.dr maintainers
description:
  - At most 25 lines of 72 characters. What is not known is a question mark.
positional: runs, tunnels
options:
  _input:
    description: What M(multicloud.dr.dr_failover_info) returns, and C(holder_ttl) in seconds.
    type: dict
    required: true
  runs:
    description: What M(multicloud.dr.dr_run_info) returns.
    type: dict
    required: true
  tunnels:
    description: What C(vpn-gateway status --json) printed on the gateways that answered.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show how things are
  ansible.builtin.debug:
    msg: "{{ situation | combine({'holder_ttl': 8}) | multicloud.dr.dr_screen(runs) }}"
"""

RETURN = r"""
_value:
  description: Lines of text.
  type: str
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from ..module_utils._runbook.screen import screen


def count(reports: Iterable[str]) -> dict[str, int] | None:
    """Tunnels that every gateway that speaks of them calls up, of all that are spoken of; None if none is."""
    up: dict[str, bool] = {}
    for report in reports:
        for name, end in json.loads(report).items():
            # The session with the network's own router is no tunnel.
            if "child" in end:
                up[name] = up.get(name, True) and bool(end["up"])
    return {"up": sum(up.values()), "of": len(up)} if up else None


def dr_screen(seen: dict[str, Any], runs: dict[str, Any], tunnels: Iterable[str] = ()) -> str:
    """The filter."""
    return screen(seen, runs, count(tunnels))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dr_screen": dr_screen}
