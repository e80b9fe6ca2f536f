# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists: resources by path, and what refers to what."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .errors import not_found

Body = dict[str, Any]

# Every link that Compute Engine writes begins so, whatever host and version it was called by.
COMPUTE = "https://www.googleapis.com/compute/v1/"
_LINK = re.compile(
    r"(?:https://(?:www|compute)\.googleapis\.com/compute/(?:v1|beta|alpha)/)?(projects/.+|(?:global|regions|zones)/.+)"
)


@dataclass
class Item:
    """A resource: what the API shows, and what it keeps to itself (a secret's data, who owns a managed instance)."""

    body: Body
    hidden: Body = field(default_factory=dict)


class Store(dict[str, Item]):
    """The resources of one API by path, as ``projects/p/global/networks/n``."""

    def need(self, path: str) -> Body:
        """The body. Errors: 404."""
        if path not in self:
            raise not_found(path)
        return self[path].body

    def below(self, parent: str) -> Iterator[tuple[str, Body]]:
        """The members of a collection, in order of their names."""
        for path in sorted(self):
            if path.startswith(f"{parent}/") and "/" not in path[len(parent) + 1 :]:
                yield path, self[path].body

    def kind(self, collection: str, project: str | None = None) -> Iterator[tuple[str, Body]]:
        """Every member of all collections of that name (instances of all zones), of one project or of all."""
        for path in sorted(self):
            parts = path.split("/")
            if parts[-2:-1] == [collection] and project in (None, parts[1]):
                yield path, self[path].body

    def users(self, path: str) -> list[str]:
        """Who refers to a resource."""
        url = link(path)
        return [user for user, item in sorted(self.items()) if user != path and mentions(item.body, url)]

    def owned(self, owner: str) -> list[str]:
        """What was made on behalf of a resource and goes away with it."""
        return sorted(path for path, item in self.items() if item.hidden.get("owner") == owner)


def link(path: str) -> str:
    """The URL of a Compute Engine resource."""
    return COMPUTE + path


def path_of(url: object, project: str = "") -> str:
    """The path that a full or partial URL names; empty if it is no such URL."""
    found = _LINK.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        return ""
    return found[1] if found[1].startswith("projects/") else f"projects/{project}/{found[1]}"


def mentions(value: object, url: str) -> bool:
    """Does a body refer to that URL? What a resource says of itself or of its users is no reference."""
    if isinstance(value, dict):
        skipped = ("selfLink", "users", "subnetworks", "status")
        return any(mentions(inner, url) for key, inner in value.items() if key not in skipped)
    if isinstance(value, list):
        return any(mentions(inner, url) for inner in value)
    return value == url


def name_of(path: str) -> str:
    """The last segment."""
    return path.rpartition("/")[2]


def collection_of(path: str) -> str:
    """The last segment but one."""
    return path.split("/")[-2]


def project_of(path: str) -> str:
    """``projects/HERE/...``."""
    return path.split("/")[1]


def region_of(path: str) -> str:
    """The region of a regional or zonal path, empty for a global one."""
    _, _, scope, place = path.split("/")[:4]
    return {"regions": place, "zones": place.rpartition("-")[0]}.get(scope, "")


def fingerprint(value: object) -> str:
    """Changes whenever the value does."""
    digest = hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def now() -> str:
    """RFC 3339 as Compute Engine writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "-00:00"


def merged(old: Body, new: Body) -> Body:
    """JSON merge patch: https://www.rfc-editor.org/rfc/rfc7396."""
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inner = result.get(key)
            result[key] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[key] = value
    return result
