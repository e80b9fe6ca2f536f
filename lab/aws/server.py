# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS API as a WSGI application: moto, plus one rule: what it cannot do it says, with 501 and a line in the log."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from . import blackout

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

READY_PATH = "/lab/ready"
BLACKOUT_PATH = "/lab/blackout"
# A request says whom it is for where it is signed, in a header or in its URL; if it is not signed, by its host.
CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
HOST = re.compile(r"(?:^|\.)([a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?::\d+)?$")
UNKNOWN = "-"
QUERY_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


class Api:
    """moto behind an honest front. ``ready()`` says what the server still waits for; empty when it is ready."""

    def __init__(self, ready: Callable[[], str], inner: WSGIApplication | None = None) -> None:
        self._inner: Any = inner or DomainDispatcherApplication(create_backend_app)
        self._ready = ready
        self._switch = blackout.Switch()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == READY_PATH:
            waiting_for = self._ready()
            return Response(waiting_for or "ready", status=503 if waiting_for else 200)(environ, start_response)
        if environ["PATH_INFO"] == BLACKOUT_PATH:
            return self._turn(Request(environ))(environ, start_response)
        started = time.monotonic()
        call = read_call(environ)
        response = self._refusal(call, environ) or self._answer(call, environ)
        log.info("%s %s %.0f ms", response.status_code, call, 1000 * (time.monotonic() - started))
        return response(environ, start_response)

    def _turn(self, request: Request) -> Response:
        """GET: the present blackout, null if there is none; POST: another one; DELETE: none."""
        match request.method:
            case "POST":
                try:
                    self._switch.turn(blackout.read(request.get_data()))
                except blackout.Mistake as mistake:
                    return Response(f"{mistake}\n", 400)
            case "DELETE":
                self._switch.turn(None)
            case "GET":
                pass
            case _:
                return Response(status=405, headers={"Allow": "GET, POST, DELETE"})
        present = self._switch.present and self._switch.present.as_json()
        if request.method != "GET":
            log.info("BLACKOUT %s", present or "is over")
        return Response(json.dumps(present) + "\n", mimetype="application/json")

    def _refusal(self, call: Call, environ: WSGIEnvironment) -> Response | None:
        """What a blackout answers to a call; None: the call goes on."""
        if self._switch.present is None:
            return None
        if call.service == UNKNOWN:
            message = "During a blackout a call has to say whose it is: sign it, or use the service's host name"
            return error_response(call, 400, "UnknownService", message)
        match self._switch.refusal(call.service, lambda: client_left(environ.get("werkzeug.socket"))):
            case "refuse":
                return error_response(call, 503, "ServiceUnavailable", "The service is away: blackout")
            case "throttle":
                return error_response(call, *throttling(call), "Rate exceeded")
            case "hang":
                return Response(status=499)  # nobody reads it: it is for the log, as nginx writes it
        return None

    def _answer(self, call: Call, environ: WSGIEnvironment) -> Response:
        try:
            body, status, headers = run_wsgi_app(self._inner, environ)
        except NotImplementedError as reason:
            return unimplemented(call, str(reason))
        except Exception as error:
            log.exception("FAILED %s", call)
            return error_response(call, 500, "InternalFailure", repr(error))
        response = Response(body, status, headers)
        if response.status_code == 404 and response.mimetype == "text/html":  # no such path in moto
            return unimplemented(call, "the operation is not implemented")
        return response


@dataclass(frozen=True)
class Call:
    """Which operation of which service a request asks for, and whether that service speaks JSON."""

    service: str
    operation: str
    speaks_json: bool = False

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


def read_call(environ: WSGIEnvironment) -> Call:
    """Identify a request without using it up: its body can be read again afterwards."""
    body = Request(environ).get_data(parse_form_data=False)
    environ["wsgi.input"] = io.BytesIO(body)
    signed = (environ.get("HTTP_AUTHORIZATION", ""), unquote(environ.get("QUERY_STRING", "")))
    found = CREDENTIAL.search(" ".join(signed)) or HOST.search(environ.get("HTTP_HOST", ""))
    service = found[1] if found else UNKNOWN
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    action = QUERY_ACTION.search(body)
    if target:
        return Call(service, target, speaks_json=True)
    if action:
        return Call(service, action[1].decode())
    return _rest_call(service, environ)


def _rest_call(service: str, environ: WSGIEnvironment) -> Call:
    """The REST protocols name their operation by method and path; where moto has no model, these two have to do."""
    path = Call(service, f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    try:
        operation, _ = get_service_router(service).match(MotoRequest(environ, populate_request=False))
        return Call(service, str(operation.name), get_service_model(service).protocol == "rest-json")
    except (UnknownServiceError, HTTPException):
        return path


def unimplemented(call: Call, reason: str) -> Response:
    """501: SDKs do not retry it, people find it in the log."""
    log.error("UNIMPLEMENTED %s: %s", call, reason)
    return error_response(call, 501, "NotImplemented", f"The lab's AWS API does not do {call}: {reason}")


def throttling(call: Call) -> tuple[int, str]:
    """Status and code of a call too many; they differ, and SDKs know which to repeat.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html (Throttling)
    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html (RequestLimitExceeded)
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (TooManyRequestsException)
    """
    match call.service:
        case "ec2":
            return 503, "RequestLimitExceeded"
        case "lambda":
            return 429, "TooManyRequestsException"
    return 400, "ThrottlingException" if call.speaks_json else "Throttling"


def client_left(connection: socket.socket | None) -> bool:
    """Has the other side closed its connection?"""
    if connection is None:
        return False
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def error_response(call: Call, status: int, code: str, message: str) -> Response:
    """An error in the protocol of the called service, so that every SDK shows the message."""
    headers = {"x-amzn-ErrorType": code}
    if call.speaks_json:
        return Response(json.dumps({"__type": code, "message": message}), status, headers, mimetype="application/json")
    body = (
        f"<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code>"
        f"<Message>{escape(message)}</Message></Error></ErrorResponse>"
    )
    return Response(body, status, headers, mimetype="text/xml")


class _QuietHandler(MotoRequestHandler):
    """``Api`` writes its own line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(address: str, port: int, api: Api) -> BaseWSGIServer:
    """Answer on one address, each request in its own thread. Port 0 takes a free one (``server.port``)."""
    server = make_server(address, port, api, threaded=True, request_handler=_QuietHandler)
    threading.Thread(target=server.serve_forever, name=f"api {address}:{server.port}", daemon=True).start()
    return server
