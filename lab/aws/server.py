# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS API as a WSGI application: moto, plus one rule: what it cannot do it says, with 501 and a line in the log."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
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

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

READY_PATH = "/lab/ready"
CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
QUERY_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


class Api:
    """moto behind an honest front. ``ready()`` says what the server still waits for; empty when it is ready."""

    def __init__(self, ready: Callable[[], str], inner: WSGIApplication | None = None) -> None:
        self._inner: Any = inner or DomainDispatcherApplication(create_backend_app)
        self._ready = ready

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == READY_PATH:
            waiting_for = self._ready()
            return Response(waiting_for or "ready", status=503 if waiting_for else 200)(environ, start_response)
        started = time.monotonic()
        call = read_call(environ)
        response = self._answer(call, environ)
        log.info("%s %s %.0f ms", response.status_code, call, 1000 * (time.monotonic() - started))
        return response(environ, start_response)

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
    credential = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = credential[1] if credential else "-"
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
