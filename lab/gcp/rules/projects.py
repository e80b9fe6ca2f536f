# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and the services that are enabled in them.

https://cloud.google.com/resource-manager/reference/rest/v3/projects, /service-usage/docs/reference/rest/v1/services.
"""

from __future__ import annotations

from ..errors import ApiError
from ..services import operation
from ..store import Body, name_of
from . import policies
from .kit import Call, Kind

PROJECTS = Kind("projects", "Project", "cloudresourcemanager")
SERVICES = Kind("services", "GoogleApiServiceusageV1Service", "serviceusage")
policies.guard(PROJECTS, exists=False)

_NUMBER = "123456789012"


@PROJECTS.verb("get")
def project(call: Call) -> Body:
    """Both versions answer what the other one's readers look for, too."""
    name = name_of(call.path)
    return {"name": f"projects/{_NUMBER}", "projectId": name, "projectNumber": _NUMBER, "state": "ACTIVE"} | (
        {"name": name, "lifecycleState": "ACTIVE"} if call.api.version == "v1" else {"displayName": name}
    )


@SERVICES.verb("get")
def service(call: Call) -> Body:
    """Enabled, unless somebody disabled it; a service that is no API of Google's is refused."""
    return _state(call, name_of(call.path))


def _state(call: Call, name: str) -> Body:
    known = name.removesuffix(".googleapis.com")
    if known == name or not any(call.cloud.documents.load(known, v) for v in ("v1", "v2", "v3", "v4", "v1beta4")):
        raise ApiError(403, "forbidden", f"Not found or permission denied for service(s): {name}.")
    off = (call.project, name) in call.cloud.disabled
    return {
        "name": f"projects/{_NUMBER}/services/{name}",
        "parent": f"projects/{_NUMBER}",
        "config": {"name": name},
        "state": "DISABLED" if off else "ENABLED",
    }


@SERVICES.verb("enable", "disable")
def switch(call: Call) -> Body:
    """One service on or off."""
    name = name_of(call.path)
    _state(call, name)
    key = call.project, name
    if call.method.verb == "enable":
        call.cloud.disabled.discard(key)
    else:
        call.cloud.disabled.add(key)
    return operation(call, call.path, {"service": _state(call, name)})


@SERVICES.verb("batchEnable")
def enable_all(call: Call) -> Body:
    """Several services on."""
    for name in call.body.get("serviceIds", []):
        _state(call, name)
        call.cloud.disabled.discard((call.project, name))
    return operation(call, call.path)


@SERVICES.verb("batchGet")
def read_all(call: Call) -> Body:
    """Several services at once; ``names`` is repeated in the query."""
    return {"services": [_state(call, name_of(name)) for name in call.query.get("names", "").split(",")]}
