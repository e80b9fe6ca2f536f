#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation only; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: debian_packages
short_description: Install Debian packages, at no cost where they are installed
version_added: "0.1.0"
description:
  - Asks C(dpkg-query) whether all packages of O(name) are installed; if one is not, runs M(ansible.builtin.apt) with
    the options given.
  - M(ansible.builtin.apt) takes about a second of a host's processor to find that nothing is to be done; this takes a
    fiftieth.
  - Packages are never upgraded or removed by it.
author: The multicloud.dr maintainers
options:
  name:
    description: Names of packages, without versions.
    type: list
    elements: str
    required: true
  default_release:
    description: As of M(ansible.builtin.apt), and like the options below used only if a package is missing.
    type: str
  install_recommends:
    description: As of M(ansible.builtin.apt).
    type: bool
  update_cache:
    description: As of M(ansible.builtin.apt).
    type: bool
  cache_valid_time:
    description: As of M(ansible.builtin.apt), in seconds.
    type: int
  policy_rc_d:
    description: As of M(ansible.builtin.apt).
    type: int
attributes:
  check_mode:
    support: full
    description: Says whether a package is missing; nothing is installed.
  diff_mode:
    support: full
    description: As of M(ansible.builtin.apt).
seealso:
  - module: ansible.builtin.apt
"""

EXAMPLES = r"""
- name: Redis, not yet started
  multicloud.dr.debian_packages:
    name: [redis-server, redis-tools]
    update_cache: true
    cache_valid_time: 3600
    policy_rc_d: 101
"""

RETURN = r"""
stdout:
  description: What APT printed.
  returned: when a package was missing
  type: str
  sample: "The following NEW packages will be installed: redis-server"
"""
