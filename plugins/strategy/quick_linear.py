# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's linear strategy, over Mitogen's connections where Mitogen is installed (requirements.txt has it).

Mitogen keeps one Python alive on each host instead of starting one for each task. Nothing else differs, so without it a
playbook only takes longer.
"""

from __future__ import annotations

DOCUMENTATION = r"""
name: quick_linear
short_description: Linear, over kept connections
version_added: "0.1.0"
description:
  - Runs tasks as P(ansible.builtin.linear#strategy) does, over Mitogen's connections if the package is installed.
author: The multicloud.dr maintainers
"""

try:
    from ansible_mitogen.plugins.strategy.mitogen_linear import StrategyModule
except ImportError:
    from ansible.plugins.strategy.linear import StrategyModule

__all__ = ["StrategyModule"]
