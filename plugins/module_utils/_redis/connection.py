# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to Redis from a module's options.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

with contextlib.suppress(ImportError):  # the module says what is missing
    import redis

# Documented in doc_fragments/redis.py.
ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "login_unix_socket": {"type": "path"},
    "login_host": {"type": "str", "default": "localhost"},
    "login_port": {"type": "int", "default": 6379},
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "tls": {"type": "bool", "default": True},
    "ca_cert": {"type": "path"},
    "check_hostname": {"type": "bool", "default": True},
    "connect_timeout": {"type": "int", "default": 10},
}


def arguments(login: Mapping[str, Any]) -> dict[str, Any]:
    """redis.Redis's arguments from the modules' options."""
    common = {
        "username": login["login_user"],
        "password": login["login_password"],
        "socket_timeout": login["connect_timeout"],
        "socket_connect_timeout": login["connect_timeout"],
        "decode_responses": True,
    }
    if login["login_unix_socket"]:
        return {**common, "unix_socket_path": login["login_unix_socket"]}
    where = {**common, "host": login["login_host"], "port": login["login_port"], "ssl": login["tls"]}
    if login["tls"]:
        where |= {"ssl_ca_certs": login["ca_cert"], "ssl_check_hostname": login["check_hostname"]}
    return where


def connect(login: Mapping[str, Any]) -> Any:
    """A client; it connects when it is first used."""
    return redis.Redis(**arguments(login))
