# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest value of a secret.

Source: https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import base64

from .client import Client
from .errors import ApiError, Denied, NotFound, Unavailable

DISABLED = frozenset({"FAILED_PRECONDITION", "failedPrecondition"})
BAD_REQUEST = 400


def latest(client: Client, url: str) -> bytes | None:
    """The newest version's value. None if there is none that can be read: no secret, no version, or one that is
    disabled.
    """
    try:
        answer = client.request("GET", f"{url}/versions/latest:access")
    except NotFound:
        return None
    except (Denied, Unavailable):
        raise
    except ApiError as error:
        if error.status == BAD_REQUEST and error.reason in DISABLED:
            return None
        raise
    return base64.b64decode(answer["payload"]["data"])


def add(client: Client, url: str, value: bytes) -> str:
    """Make a new version. Returns its name."""
    payload = {"payload": {"data": base64.b64encode(value).decode()}}
    return str(client.request("POST", f"{url}:addVersion", body=payload)["name"])


def disable_others(client: Client, url: str, newest: str) -> None:
    """Nobody reads an older value any more; it can be enabled again."""
    for version in client.pages(f"{url}/versions"):
        if version["name"] != newest and version["state"] == "ENABLED":
            client.request("POST", f"{url.partition('/v1/')[0]}/v1/{version['name']}:disable", body={})
