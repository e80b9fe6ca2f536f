# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a Google Cloud API, typed. Pure.

Sources: https://cloud.google.com/apis/design/errors,
https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-api-errors and
https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses#handling_api_responses

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class GcpError(Exception):
    """The text is for the user. ``status`` is the HTTP status, 0 without an answer; ``reason`` the API's word for
    it.
    """

    def __init__(self, message: str, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class OptionError(GcpError):
    """The options contradict each other, the API's rules or what exists."""


class Immutable(OptionError):
    """The API cannot change this in place, and nobody allowed a replacement."""


class NotConverged(GcpError):
    """The API accepted a change, and the resource is not as it was asked to be."""


class OperationTimeout(GcpError):
    """An operation is still running after the time that it was given."""


class Unreachable(GcpError):
    """No answer at all, or none that could be understood."""


class ApiError(GcpError):
    """The API refused a request, or an operation ended with an error."""


class NotFound(ApiError):
    """There is no such thing."""


class Denied(ApiError):
    """The caller may not do this, or the API is not enabled in the project."""


class QuotaExceeded(ApiError):
    """The project has used up a quota; waiting does not help."""


class Unavailable(ApiError):
    """The API has no time now. Nothing was done."""


class Conflict(ApiError):
    """Somebody else changed, made or is changing the same thing: read again and decide again."""


class InUse(ApiError):
    """Another resource refers to this one."""


# First match wins; the words come from operations, from JSON errors and from google.rpc statuses.
REASONS: tuple[tuple[type[ApiError], frozenset[str]], ...] = (
    (Unavailable, frozenset({"rateLimitExceeded", "userRateLimitExceeded", "backendError", "UNAVAILABLE"})),
    (QuotaExceeded, frozenset({"quotaExceeded", "QUOTA_EXCEEDED", "limitExceeded", "LIMIT_EXCEEDED"})),
    (InUse, frozenset({"resourceInUseByAnotherResource", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"})),
    (Conflict, frozenset({"resourceNotReady", "RESOURCE_NOT_READY", "conditionNotMet", "CONDITION_NOT_MET"})),
    (Conflict, frozenset({"alreadyExists", "ALREADY_EXISTS", "ABORTED", "RESOURCE_ALREADY_EXISTS", "conflict"})),
)
STATUSES: Mapping[int, type[ApiError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def kind_of(status: int, reason: str) -> type[ApiError]:
    """Which error a status and the API's reason are."""
    return next((error for error, reasons in REASONS if reason in reasons), STATUSES.get(status, ApiError))


def refused(what: str, status: int, answer: Any, text: str = "") -> ApiError:
    """The error of a response. ``what`` is the request, such as "PATCH https://..."; ``text`` what was no JSON."""
    error = answer.get("error", {}) if isinstance(answer, Mapping) else {}
    if not isinstance(error, Mapping):  # OAuth's form
        error = {"status": error, "message": answer.get("error_description", str(error))}
    details: Sequence[Mapping[str, Any]] = error.get("errors") or [{}]
    reason = str(details[0].get("reason") or error.get("status") or "")
    message = error.get("message") or text.strip()[:500] or "no explanation"
    return kind_of(status, reason)(f"{what}: {status} {reason}: {message}".replace(" : ", ": "), status, reason)


def failed_operation(operation: Mapping[str, Any], what: str) -> ApiError | None:
    """The error that an operation ended with, of Compute's form or of google.longrunning's; None if it ended well."""
    error = operation.get("error")
    if not error:
        return None
    details: Sequence[Mapping[str, Any]] = error.get("errors") or [error]
    reason = str(details[0].get("code", ""))
    status = int(operation.get("httpErrorStatusCode") or 0)
    message = "; ".join(str(detail.get("message") or detail.get("code")) for detail in details)
    return kind_of(status, reason)(
        f"{what} was accepted, and its operation failed: {reason}: {message}", status, reason
    )
