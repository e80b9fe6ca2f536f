# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for a module's credentials: those of google.cloud's modules, from the same options and the same environment.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .client import Client, Clock
from .errors import OptionError, Unreachable

with contextlib.suppress(ImportError):  # GcpSession says what is missing
    from google.auth.exceptions import GoogleAuthError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def client(module: Any, session: type[Any], wait_seconds: float = 600) -> Client:
    """``module`` is a GcpModule, ``session`` is GcpSession. The session does its first request when the client does."""
    module.params["scopes"] = module.params["scopes"] or [SCOPE]
    try:
        return Client(session(module, "multicloud.dr").session(), Clock(), wait_seconds)
    except GoogleAuthError as error:
        raise Unreachable(f"no credentials: {error}") from error
    except ValueError as error:
        raise OptionError(f"service_account_file or service_account_contents is no key: {error}") from error


def project(module: Any) -> str:
    """The project's id. Raises OptionError without one."""
    if not module.params["project"]:
        raise OptionError("project is not set, and neither is GCP_PROJECT in the environment")
    return str(module.params["project"])
