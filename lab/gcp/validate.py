# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a request one that the API's schemas allow?

Messages as the APIs write them, seen in public issues: "Invalid JSON payload received. Unknown name", "Invalid value at
... (TYPE_...)", "Invalid value for field 'resource.x'".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from . import corrections
from .documents import Api, Method, Schema
from .errors import ApiError, invalid, missing
from .store import path_of

_SNAKE = re.compile(r"_(\w)")
_INTEGER = re.compile(r"-?\d+")
_QUERY = {"boolean": re.compile("true|false"), "integer": _INTEGER}
# Server fields that clients send back unchanged as a matter of course: not worth a line in the log.
_ECHOED = {"kind", "id", "selfLink", "region", "zone", "creationTimestamp", "fingerprint", "etag", "name"}


def parameters(api: Api, method: Method, path: Mapping[str, str], query: Mapping[str, str]) -> list[str]:
    """Check the variables of path and query; the unknown ones of the query are returned. Errors: 400."""
    unknown = []
    for name, value in query.items():
        spec = method.parameters.get(name) or api.parameters.get(name)
        if spec is None:
            unknown.append(name)
            continue
        kind = spec.get("type", "")
        if kind in _QUERY and not _QUERY[kind].fullmatch(value):
            raise ApiError(400, "invalid", f"Invalid value at '{name}' (TYPE_{kind.upper()}), \"{value}\"")
    for name, spec in method.parameters.items():
        if spec.get("required") and spec["location"] == "query" and name not in query:
            raise ApiError(400, "required", f"Required parameter: {name}")
        pattern = spec.get("pattern")
        if pattern and name in path and not re.fullmatch(pattern, path[name]):
            why = f"Values must match the following regular expression: '{pattern}'"
            raise ApiError(400, "invalidParameter", f"Invalid value '{path[name]}'. {why}")
    return unknown


class Validator:
    """Checks one body and returns what of it the API takes; ``ignored`` names the rest."""

    def __init__(self, api: Api, method: Method) -> None:
        self._api = api
        self._method = method
        self._compute = api.name == "compute"
        self.ignored: list[str] = []
        self._readers: dict[str, Callable[[Schema, Any, str, str], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "boolean": self._boolean,
        }

    def body(self, value: Any) -> Any:
        """The accepted body. Errors: 400."""
        return self._any({"$ref": self._method.request}, value, "resource", "")

    def _any(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        if "$ref" in schema:
            name = schema["$ref"]
            schema = {**self._api.schemas[name], **{k: v for k, v in schema.items() if k == "pattern"}}
        kind = schema.get("type", "object" if "properties" in schema else "any")
        reader = self._readers.get(kind)
        return reader(schema, value, where, name) if reader else value

    def _object(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        if not isinstance(value, dict):
            raise invalid(where, value, "Expected an object.")
        fields: Mapping[str, Schema] = schema.get("properties", {})
        free: Schema | None = schema.get("additionalProperties")
        taken: dict[str, Any] = {}
        for key, inner in value.items():
            if key not in fields and free is None:  # proto JSON also takes the original names
                key = _SNAKE.sub(lambda found: found[1].upper(), key)
            spec = fields.get(key, free)
            if spec is None:
                self._unknown(name, key, where)
            elif key in fields and corrections.output_only(name, key, spec):
                if key not in _ECHOED:
                    self.ignored.append(f"output only {where}.{key}")
            elif inner is None:
                if self._method.http == "PATCH":  # a merge patch removes so
                    taken[key] = None
            else:
                taken[key] = self._any(spec, inner, f"{where}.{key}", "")
                if self._compute and corrections.is_link(key, spec):
                    _link(f"{where}.{key}", taken[key])
        self._complete(name, fields, taken, where)
        return taken

    def _unknown(self, name: str, key: str, where: str) -> None:
        if (name, key) not in corrections.TOLERATED:
            message = f"Invalid JSON payload received. Unknown name \"{key}\" at '{where}': Cannot find field."
            raise ApiError(400, "invalid", message)
        self.ignored.append(f"unknown {where}.{key}")

    def _complete(self, name: str, fields: Mapping[str, Schema], taken: Mapping[str, Any], where: str) -> None:
        """A patch brings what changes; but the entries of its lists are whole."""
        if self._method.http == "PATCH" and "[" not in where:
            return
        needed = {
            key
            for key, spec in fields.items()
            if self._method.id in spec.get("annotations", {}).get("required", ())
            and (name, key) not in corrections.OPTIONAL
        }
        if self._method.verb in ("insert", "create") or "[" in where:
            needed |= set(corrections.REQUIRED.get(name, ()))
        for key in sorted(needed - set(taken)):
            raise missing(f"{where}.{key}")

    def _array(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        if not isinstance(value, list):
            raise invalid(where, value, "Expected an array.")
        return [self._any(schema["items"], inner, f"{where}[{index}]", name) for index, inner in enumerate(value)]

    def _string(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        form = schema.get("format", "")
        if form in ("int64", "uint64") and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _mistyped(where, "STRING", value)
        if form in ("int64", "uint64") and not _INTEGER.fullmatch(value):
            raise _mistyped(where, "INT64", value)
        if form == "byte":
            _base64(where, value)
        if schema.get("enum") and value not in schema["enum"]:
            raise invalid(where, value, f"Must be one of: {', '.join(schema['enum'])}")
        if schema.get("pattern") and not re.fullmatch(schema["pattern"], value):
            raise invalid(where, value, f"Must be a match of regex '{schema['pattern']}'")
        return value

    def _integer(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        unsigned = schema.get("format") == "uint32"
        if isinstance(value, bool) or not isinstance(value, int):
            raise _mistyped(where, "UINT32" if unsigned else "INT32", value)
        low, high = (0, 2**32 - 1) if unsigned else (-(2**31), 2**31 - 1)
        low, high = int(schema.get("minimum", low)), int(schema.get("maximum", high))
        if not low <= value <= high:
            raise invalid(where, value, f"Must be between {low} and {high}.")
        return value

    def _number(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        try:
            number = float("nan" if isinstance(value, bool) else value)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number:
            raise _mistyped(where, "DOUBLE", value)
        return int(number) if number.is_integer() else number  # the API prints 1, not 1.0

    def _boolean(self, schema: Schema, value: Any, where: str, name: str) -> Any:
        if not isinstance(value, bool):
            raise _mistyped(where, "BOOL", value)
        return value


def _mistyped(where: str, kind: str, value: object) -> ApiError:
    return ApiError(400, "invalid", f"Invalid value at '{where}' (TYPE_{kind}), {json.dumps(value)}")


def _base64(where: str, value: str) -> None:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed for \"{value}\""
        raise ApiError(400, "invalid", message) from error


def _link(where: str, value: Any) -> None:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one and not path_of(one):
            raise invalid(where, one, "The URL is malformed.")
