# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from lab.aws.server import Api

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def signed(service: str, **headers: str) -> dict[str, str]:
    return {"Authorization": AUTHORIZATION.format(service), **headers}


class Inner:
    """Stands for moto: answers with a response, or raises."""

    def __init__(self, outcome: Response | Exception) -> None:
        self.outcome = outcome
        self.bodies: list[bytes] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.bodies.append(Request(environ).get_data())
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome(environ, start_response)


def call(outcome: Response | Exception, path: str = "/", waiting_for: str = "", **request: Any) -> Any:
    return Client(Api(lambda: waiting_for, Inner(outcome))).open(path, **{"method": "POST", **request})


def test_an_answer_passes_unchanged() -> None:
    response = call(Response("fine", 201, {"x-one": "1"}))
    assert (response.status_code, response.text, response.headers["x-one"]) == (201, "fine", "1")


def test_the_body_is_still_there_after_it_was_read_for_the_log() -> None:
    inner = Inner(Response("fine"))
    body = "Action=DescribeVpcs&Version=2016-11-15"
    Client(Api(str, inner)).post("/", data=body, content_type="application/x-www-form-urlencoded")
    assert inner.bodies == [body.encode()]


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"headers": signed("ec2"), "data": "Action=DescribeVpcs&Version=1"}, "ec2 DescribeVpcs"),
        ({"headers": signed("dynamodb", **{"X-Amz-Target": "DynamoDB_20120810.Scan"})}, "dynamodb Scan"),
        (
            {"headers": signed("route53"), "path": "/2013-04-01/trafficpolicies", "method": "GET"},
            "route53 ListTrafficPolicies",
        ),
        ({"headers": signed("nosuch"), "path": "/x", "method": "GET"}, "nosuch GET /x"),
        (
            {"path": "/x?X-Amz-Credential=key%2F20260101%2Feu-west-1%2Fs3%2Faws4_request", "method": "GET"},
            "s3 ListObjects",
        ),
        ({"path": "/x", "method": "GET", "headers": {"Host": "route53.eu-west-1.amazonaws.com"}}, "route53 GET /x"),
        ({"path": "/x", "method": "GET", "headers": {"Host": "route53.amazonaws.com:80"}}, "route53 GET /x"),
        ({"path": "/x", "method": "GET", "headers": {"Host": "route53.amazonaws.com.evil"}}, "- GET /x"),
        ({"path": "/x", "method": "GET"}, "- GET /x"),
    ],
)
def test_what_is_not_implemented_is_501_and_named_in_the_log(
    request_: dict[str, Any], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = call(NotImplementedError("no such thing"), **request_)
    assert response.status_code == 501
    assert f"UNIMPLEMENTED {named}: no such thing" in caplog.text
    assert named in response.text


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": signed("dynamodb", **{"X-Amz-Target": "DynamoDB_20120810.Scan"})},
        {"headers": signed("lambda"), "path": "/2016-08-19/account-settings/", "method": "GET"},
    ],
)
def test_services_that_speak_json_get_json(request_: dict[str, Any]) -> None:
    response = call(NotImplementedError("x < y"), **request_)
    assert json.loads(response.text)["__type"] == "NotImplemented"


def test_other_services_get_xml_with_the_reason_escaped() -> None:
    response = call(NotImplementedError("x < y"), headers=signed("route53"))
    assert "<Code>NotImplemented</Code>" in response.text
    assert "x &lt; y" in response.text


def test_a_path_that_moto_does_not_have_is_not_implemented() -> None:
    assert call(Response("<html>", 404, mimetype="text/html")).status_code == 501


def test_a_service_that_says_not_found_is_left_alone() -> None:
    assert call(Response("<Error/>", 404, mimetype="text/xml")).status_code == 404


def test_a_bug_is_500_with_its_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    response = call(RuntimeError("a bug"), headers=signed("route53"))
    assert response.status_code == 500
    assert "FAILED route53" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(("waiting_for", "status"), [("", 200), ("the data plane", 503)])
def test_readiness(waiting_for: str, status: int) -> None:
    response = call(RuntimeError("not asked"), "/lab/ready", waiting_for, method="GET")
    assert (response.status_code, response.text) == (status, waiting_for or "ready")


def test_each_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "lab.aws.server"):
        call(Response("fine"), headers=signed("ec2"), data="Action=DescribeVpcs")
    (line,) = [record.message for record in caplog.records]
    assert line.startswith("200 ec2 DescribeVpcs ")
