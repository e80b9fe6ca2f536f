# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the words of Google's APIs.

Shape and names: https://cloud.google.com/apis/design/errors (all APIs) and
https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-instances (reasons of Compute Engine).
"""

from __future__ import annotations

import re
from typing import Any

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_PLURAL = re.compile(r"(?<=ss)es$|(?<=Prox)ies$|(?<=Polic)ies$|s$")
_HUMP = re.compile(r"[A-Z]")
# Status of a reason where it is not the one of the code.
STATUS_OF_REASON = {"aborted": "ABORTED", "failedPrecondition": "FAILED_PRECONDITION"}


class ApiError(Exception):
    """A refusal: HTTP status, reason (Google's ``errors[].reason``) and message."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message

    def body(self) -> dict[str, Any]:
        """The answer's JSON, with both generations of fields as Compute Engine sends them."""
        detail = {"message": self.message, "domain": "global", "reason": self.reason}
        status = STATUS_OF_REASON.get(self.reason, STATUS.get(self.code, "UNKNOWN"))
        return {"error": {"code": self.code, "message": self.message, "errors": [detail], "status": status}}


def invalid(field: str, value: object, why: str) -> ApiError:
    """400 for a value; ``field`` is a path below the resource."""
    return ApiError(400, "invalid", f"Invalid value for field '{_resource(field)}': '{value}'. {why}")


def missing(field: str) -> ApiError:
    """400 for a field that must be there."""
    return ApiError(400, "required", f"Required field '{_resource(field)}' not specified")


def unusable(why: str) -> ApiError:
    """400 for a combination that the present state forbids."""
    return ApiError(400, "invalidResourceUsage", f"Invalid resource usage: '{why}'.")


def not_found(path: str) -> ApiError:
    """404 for a resource."""
    return ApiError(404, "notFound", f"The resource '{path}' was not found")


def exists(path: str) -> ApiError:
    """409 for a second resource of the same name."""
    return ApiError(409, "alreadyExists", f"The resource '{path}' already exists")


def in_use(kind: str, path: str, user: str) -> ApiError:
    """400 for the removal of something that another resource needs; ``kind`` is the collection."""
    message = f"The {singular(kind)} resource '{path}' is already being used by '{user}'"
    return ApiError(400, "resourceInUseByAnotherResource", message)


def singular(collection: str) -> str:
    """``targetHttpsProxies``: ``target_https_proxy``."""
    word = _PLURAL.sub(lambda found: "y" if found[0] == "ies" else "", collection)
    return _HUMP.sub(lambda found: "_" + found[0].lower(), word)


def stale(what: str) -> ApiError:
    """412 for a fingerprint that is not the present one."""
    return ApiError(412, "conditionNotMet", f"Supplied fingerprint does not match current {what} fingerprint.")


def unimplemented(what: str) -> ApiError:
    """501: the real API may well do it; this one does not."""
    return ApiError(501, "notImplemented", f"The lab's Google API does not do {what}")


def _resource(field: str) -> str:
    return field if field.split(".")[0].split("[")[0] == "resource" else f"resource.{field}"
