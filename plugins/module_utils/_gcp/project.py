# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project lets its caller do: which services are enabled, which permissions are held, what is left of quotas.

Sources: https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet (30 names at a time),
https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions (100 at a time),
https://cloud.google.com/compute/docs/reference/rest/v1/regions/get and .../projects/get (quotas).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from .client import Client
from .errors import NotFound, OptionError

SERVICES_AT_A_TIME = 30
PERMISSIONS_AT_A_TIME = 100
MANAGER = "https://cloudresourcemanager.googleapis.com/v3"
USAGE = "https://serviceusage.googleapis.com/v1"
COMPUTE = "https://compute.googleapis.com/compute/v1"


def batches(names: Sequence[str], size: int) -> Iterator[list[str]]:
    """All names, so many at a time."""
    rest = iter(names)
    while batch := list(islice(rest, size)):
        yield batch


def about(client: Client, project: str) -> dict[str, str]:
    """The project's ``id``, ``number`` and ``state``. Raises Denied for one that does not exist, as the API does."""
    found = client.request("GET", f"{MANAGER}/projects/{project}")
    return {
        "id": str(found["projectId"]),
        "number": str(found["name"]).rpartition("/")[2],
        "state": str(found.get("state", "")),
    }


def disabled(client: Client, project: str, services: Sequence[str]) -> list[str]:
    """Those of ``services`` (such as compute.googleapis.com) that are not enabled. They keep their order."""
    states: dict[str, str] = {}
    for batch in batches(services, SERVICES_AT_A_TIME):
        names = [f"projects/{project}/services/{name}" for name in batch]
        answer = client.request("GET", f"{USAGE}/projects/{project}/services:batchGet", {"names": names})
        states |= {one["config"]["name"]: one.get("state", "") for one in answer.get("services", [])}
    return [name for name in services if states.get(name) != "ENABLED"]


def missing(client: Client, project: str, permissions: Sequence[str]) -> list[str]:
    """Those of ``permissions`` (such as compute.networks.create) that the caller has not. They keep their order."""
    held: set[str] = set()
    for batch in batches(permissions, PERMISSIONS_AT_A_TIME):
        url = f"{MANAGER}/projects/{project}:testIamPermissions"
        held |= set(client.request("POST", url, body={"permissions": batch}).get("permissions", []))
    return [name for name in permissions if name not in held]


def room(client: Client, project: str, region: str, wanted: Mapping[str, float]) -> list[dict[str, Any]]:
    """Quotas that have no room for what is ``wanted`` besides what is used: ``metric, limit, usage, wanted``.

    A region's metrics and the project's own have different names. Raises OptionError for one that neither has.
    """
    scopes = [f"{COMPUTE}/projects/{project}/regions/{region}", f"{COMPUTE}/projects/{project}"]
    quotas: dict[str, dict[str, Any]] = {}
    for url in scopes:
        found = client.get(url)
        if found is None:
            raise NotFound(f"region is {region!r}; Compute Engine has no such region", 404, "notFound")
        quotas = {one["metric"]: one for one in found.get("quotas", [])} | quotas
    if unknown := sorted(wanted.keys() - quotas.keys()):
        raise OptionError(f"quotas has {', '.join(unknown)}; neither {region} nor the project has such a quota")
    return [
        {"metric": metric, "limit": quota["limit"], "usage": quota["usage"], "wanted": wanted[metric]}
        for metric, quota in ((metric, quotas[metric]) for metric in wanted)
        if quota["usage"] + wanted[metric] > quota["limit"]
    ]
