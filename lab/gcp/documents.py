# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google's discovery documents: which calls an API has, and the schemas of what they carry.

https://developers.google.com/discovery/v1/reference/apis
The documents are the ones that google-api-python-client ships; nothing is fetched.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]
_VARIABLE = re.compile(r"(\{\+?[^}]+\})")
_VERSION = re.compile(r"/(v\d\w*)(?=/|$)")


@dataclass(frozen=True)
class Method:
    """One call: ``compute.networks.insert``, POST compute/v1/projects/{project}/global/networks."""

    id: str
    http: str
    template: str
    request: str | None
    response: str | None
    parameters: Mapping[str, Schema]
    named_parent: bool

    @property
    def verb(self) -> str:
        """The last word: insert, patch, setLabels."""
        return self.id.rpartition(".")[2]

    @property
    def collection(self) -> str:
        """The word before it: networks."""
        return self.id.split(".")[-2]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the paths of this call, the variables by name."""
        parts = _VARIABLE.split("/" + self.template)
        return re.compile("".join(f"(?P<{p.strip('{+}')}>[^/]+?)" if p[:1] == "{" else re.escape(p) for p in parts))

    @property
    def special(self) -> tuple[int, int]:
        """How many segments, and characters, of its path are fixed: ``{name}:access`` goes before ``{name}``."""
        literal = sum("{" not in segment for segment in self.template.split("/"))
        return literal, len(_VARIABLE.sub("", self.template))


class Api:
    """One discovery document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.name: str = document["name"]
        self.version: str = document["version"]
        self.schemas: Mapping[str, Schema] = document["schemas"]
        self.parameters: Mapping[str, Schema] = document.get("parameters", {})
        self.root: str = document["servicePath"]
        self._routes: dict[tuple[str, int], list[Method]] = {}
        for method in self._methods(document):
            self._routes.setdefault((method.http, method.template.count("/")), []).append(method)
        for routes in self._routes.values():
            routes.sort(key=lambda method: (method.special, method.id), reverse=True)

    def _methods(self, node: Mapping[str, Any]) -> Iterator[Method]:
        for spec in node.get("methods", {}).values():
            yield Method(
                spec["id"],
                spec["httpMethod"],
                self.root + (spec.get("flatPath") or spec["path"]),
                spec.get("request", {}).get("$ref"),
                spec.get("response", {}).get("$ref"),
                spec.get("parameters", {}),
                "{+" in spec["path"],
            )
        for resource in node.get("resources", {}).values():
            yield from self._methods(resource)

    def match(self, http: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The call that a request makes, with the path's variables; None: the API has none such."""
        for method in self._routes.get((http, path.count("/") - 1), ()):
            if found := method.pattern.fullmatch(path):
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def properties(self, schema: str | None) -> Mapping[str, Schema]:
        """The fields of a schema."""
        properties: Mapping[str, Schema] = self.schemas.get(schema or "", {}).get("properties", {})
        return properties


class Documents:
    """Loads a document when its API is first called (the largest takes 0.1 s)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._apis: dict[str, Api] = {}

    def find(self, host: str, path: str) -> Api | None:
        """``compute.googleapis.com`` or ``www.googleapis.com/compute``; the version is in the path."""
        name = host.partition(".")[0]
        if name == "www":
            name = path.removeprefix("/upload").split("/")[1]
        version = _VERSION.search(path)
        return self.load(name, version[1]) if version else None

    def load(self, name: str, version: str) -> Api | None:
        """By name and version; None: there is no such document."""
        key = f"{name}.{version}"
        if key not in self._apis:
            file = self._folder / f"{key}.json"
            if not re.fullmatch(r"[a-z0-9]+\.v\w+", key) or not file.exists():
                return None
            self._apis[key] = Api(json.loads(file.read_text(encoding="utf-8")))
        return self._apis[key]


def installed() -> Path:
    """Where google-api-python-client keeps the documents. Errors: ``FileNotFoundError``."""
    package = importlib.util.find_spec("googleapiclient")
    if package is None or package.origin is None:
        raise FileNotFoundError("google-api-python-client is not installed: the discovery documents come with it")
    return Path(package.origin).parent / "discovery_cache" / "documents"
