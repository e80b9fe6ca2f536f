# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.client import ATTEMPTS, LONGEST_PAUSE_SECONDS
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.errors import (
    ApiError,
    Conflict,
    Denied,
    GcpError,
    InUse,
    NotFound,
    OperationTimeout,
    QuotaExceeded,
    Unavailable,
    Unreachable,
)

from tests.unit.fakes.gcp import Answer, scripted

URL = "https://compute.googleapis.com/compute/v1/projects/p/global/networks"


def error(code: int, reason: str, message: str = "no") -> Answer:
    return Answer(
        code, {"error": {"code": code, "message": message, "errors": [{"reason": reason, "message": message}]}}
    )


@pytest.mark.parametrize("code", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_api_without_time_is_asked_again_and_pauses_grow(code: int, method: str) -> None:
    client, session, time = scripted(Answer(code), Answer(code, "<html>"), {"name": "n"})
    assert client.request(method, URL) == {"name": "n"}
    assert len(session.asked) == 3
    assert time.slept == [0.5, 1.0]


def test_a_rate_limit_is_waited_for_though_it_is_a_403() -> None:
    client, _, _ = scripted(error(403, "rateLimitExceeded"), {"name": "n"})
    assert client.request("GET", URL) == {"name": "n"}


def test_it_is_not_asked_for_ever() -> None:
    client, session, time = scripted(Answer(503))
    with pytest.raises(Unavailable, match="503"):
        client.request("GET", URL)
    assert len(session.asked) == ATTEMPTS
    assert max(time.slept) <= LONGEST_PAUSE_SECONDS


def test_a_connection_that_breaks_is_tried_again_only_to_read() -> None:
    client, _, _ = scripted(OSError("reset"), {"name": "n"})
    assert client.request("GET", URL) == {"name": "n"}
    client, session, _ = scripted(OSError("reset"), {"name": "n"})
    with pytest.raises(Unreachable, match="reset"):
        client.request("POST", URL)
    assert len(session.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(404, "notFound"), NotFound),
        (error(403, "forbidden"), Denied),
        (error(401, "authError"), Denied),
        (error(403, "quotaExceeded"), QuotaExceeded),
        (error(409, "alreadyExists"), Conflict),
        (error(412, "conditionNotMet"), Conflict),
        (error(400, "resourceNotReady"), Conflict),
        (error(400, "resourceInUseByAnotherResource"), InUse),
        (error(400, "invalid"), ApiError),
        (Answer(409, {"error": {"code": 409, "status": "ABORTED", "message": "etag"}}), Conflict),
        (Answer(403, {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "m"}}), Denied),
        (Answer(400, {"error": "invalid_grant", "error_description": "d"}), ApiError),
        (Answer(500, "<html>broken</html>"), ApiError),
    ],
)
def test_refusals_have_types(answer: Answer, kind: type[GcpError]) -> None:
    client, session, _ = scripted(answer)
    with pytest.raises(kind) as raised:
        client.request("POST", URL)
    assert type(raised.value) is kind
    assert raised.value.status == answer.status_code
    assert str(raised.value).startswith(f"POST /compute/v1/projects/p/global/networks: {answer.status_code}")
    assert len(session.asked) == 1


def test_no_json_is_no_answer() -> None:
    client, _, _ = scripted(Answer(200, "<html>"))
    with pytest.raises(Unreachable, match="no JSON"):
        client.request("POST", URL)


def operation(status: str, **more: Any) -> dict[str, Any]:
    link = "https://www.googleapis.com/compute/v1/projects/p/global/operations/o"
    return {"kind": "compute#operation", "name": "o", "status": status, "selfLink": link, **more}


def test_an_operation_of_compute_is_awaited_where_it_says_it_is() -> None:
    client, session, time = scripted(operation("PENDING"), operation("RUNNING"), operation("DONE"))
    assert client.change("POST", URL, body={"name": "n"}) == {}
    assert session.asked[1:] == [("GET", "compute.googleapis.com/compute/v1/projects/p/global/operations/o")] * 2
    assert time.slept == pytest.approx([0.2, 0.3])


def test_an_operation_of_another_api_has_a_response() -> None:
    url = "https://certificatemanager.googleapis.com/v1/projects/p/locations/global/certificates"
    name = "projects/p/locations/global/operations/o"
    client, session, _ = scripted(
        {"name": name, "metadata": {}}, {"name": name, "done": True, "response": {"name": "c"}}
    )
    assert client.change("POST", url) == {"name": "c"}
    assert session.asked[1] == ("GET", f"certificatemanager.googleapis.com/v1/{name}")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("QUOTA_EXCEEDED", 403, QuotaExceeded),
        ("RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", 400, InUse),
        ("RESOURCE_NOT_READY", 400, Conflict),
        ("RESOURCE_ALREADY_EXISTS", 409, Conflict),
        ("SOMETHING_ELSE", 400, ApiError),
    ],
)
def test_the_error_of_an_operation_is_one(code: str, status: int, kind: type[GcpError]) -> None:
    failed = operation("DONE", httpErrorStatusCode=status, error={"errors": [{"code": code, "message": "why"}]})
    client, _, _ = scripted(operation("RUNNING"), failed)
    with pytest.raises(kind, match=f"POST .* was accepted, and its operation failed: {code}: why") as raised:
        client.change("POST", URL)
    assert (type(raised.value), raised.value.reason) == (kind, code)


def test_an_operation_that_does_not_end_is_an_error() -> None:
    client, _, time = scripted(operation("RUNNING"), wait_seconds=30)
    with pytest.raises(OperationTimeout, match="still runs after 30 s"):
        client.change("DELETE", f"{URL}/n")
    assert 30 <= time.seconds < 36


def test_a_resource_is_no_operation() -> None:
    client, session, _ = scripted({"name": "projects/p/secrets/operations", "kind": "compute#network"})
    client.change("POST", URL)
    assert len(session.asked) == 1


def test_all_pages_are_read() -> None:
    client, session, _ = scripted({"items": [{"name": "a"}], "nextPageToken": "t"}, {"kind": "list"}, {})
    assert list(client.pages(URL, {"filter": "f"})) == [{"name": "a"}]
    assert session.asked[1][1].endswith("networks?filter=f&pageToken=t")
    client, _, _ = scripted({"alertPolicies": [{"name": "a"}]})
    assert list(client.pages(URL)) == [{"name": "a"}]


def test_what_is_not_there_is_none() -> None:
    assert scripted(Answer(404, {}))[0].get(URL) is None
