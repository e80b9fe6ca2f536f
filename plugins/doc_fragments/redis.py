# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the modules for Redis connect."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: multicloud.dr.redis``; the options are module_utils/_redis/connection.py's."""

    DOCUMENTATION = r"""
options:
  login_unix_socket:
    description: Path of the server's socket. It goes before O(login_host).
    type: path
  login_host:
    description: Address of the server.
    type: str
    default: localhost
  login_port:
    description: Port of the server.
    type: int
    default: 6379
  login_user:
    description: Name of the ACL user. Without, it is Redis's user C(default).
    type: str
  login_password:
    description: The user's password.
    type: str
  tls:
    description: Whether to use TLS towards O(login_host).
    type: bool
    default: true
  ca_cert:
    description: Certificate that the server's one is checked against. Without, the system's authorities are trusted.
    type: path
  check_hostname:
    description: Whether the server's certificate has to carry O(login_host).
    type: bool
    default: true
  connect_timeout:
    description: Seconds that the connection, and each answer, may take.
    type: int
    default: 10
requirements:
  - redis (redis-py) on the host
"""
