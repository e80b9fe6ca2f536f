# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lambda in moto 5.2.5: it keeps functions, but needs Docker to run one, and lets anybody invoke it.

Functions run in ``lambda_runtime``; the rules are in ``invocations``.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.awslambda.responses import LambdaResponse

from ..invocations import Invocations, Throttled, permitted
from ..lambda_runtime import Function, Outcome, Runtime

log = logging.getLogger(__name__)

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html: what this server acts upon or can truly keep.
SUPPORTED = frozenset(
    {
        *("FunctionName", "Runtime", "Role", "Handler", "Code", "Description", "Timeout", "MemorySize", "Publish"),
        *("Environment", "Tags", "PackageType", "Architectures", "RevisionId"),
        # UpdateFunctionCode has them at the top.
        *("ZipFile", "S3Bucket", "S3Key", "DryRun"),
    }
)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (reserved keys)
RESERVED_VARIABLES = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)
# moto would answer these with success and nothing would come of it.
UNIMPLEMENTED = (
    *("invoke_async", "create_event_source_mapping", "update_event_source_mapping", "create_function_url_config"),
    *("update_function_url_config", "publish_layer_version", "add_layer_version_permission"),
    *("put_function_event_invoke_config", "update_function_event_invoke_config"),
)
LOG_TAIL_BYTES = 4096


class Lambda:
    """All functions of the emulator, to be invoked by its API and by its other services."""

    def __init__(self, runtime: Runtime, invocations: Invocations | None = None) -> None:
        self._runtime = runtime
        self._invocations = invocations or Invocations()

    def run(self, function: Any, payload: bytes, request_id: str) -> Outcome:
        """One invocation of moto's ``function``, now. Raises :class:`Throttled`."""
        reserved = function.reserved_concurrency
        with self._invocations.slot(function.function_arn, None if reserved is None else int(reserved)):
            stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
            log.info("LAMBDA %s: %s begins", function.function_name, request_id)
            outcome = self._runtime.run(_view(function), payload, request_id, stream)
        _keep_log(function, stream, request_id, outcome)
        log.log(
            logging.ERROR if outcome.failed else logging.INFO,
            "LAMBDA %s: %s %s %.2000s",
            *(function.function_name, request_id, "failed" if outcome.failed else "returned"),
            outcome.payload.decode(),
        )
        return outcome

    def submit(self, account: str, arn: str, payload: bytes, request_id: str | None = None) -> None:
        """An asynchronous invocation of whatever the function is by the time it runs."""
        request_id = request_id or str(uuid.uuid4())

        def attempt() -> Outcome:
            try:
                function = lambda_backends[account][arn.split(":")[3]].get_function(arn)
            except UnknownFunctionException as error:
                raise LookupError(arn) from error
            return self.run(function, payload, request_id)

        self._invocations.submit(arn, attempt)

    def deliver(self, account: str, arn: str, event: Mapping[str, Any], principal: str, source_arn: str) -> None:
        """An event of another service. AWS drops it without a word to anybody if the function's policy lacks it."""
        try:
            function = lambda_backends[account][arn.split(":")[3]].get_function(arn)
        except UnknownFunctionException:
            log.error("LAMBDA %s does not exist; wanted by %s for %s", arn, principal, source_arn)
            return
        if not permitted(function.policy.statements, principal, source_arn, account):
            log.error("LAMBDA %s does not permit %s for %s (AddPermission)", arn, principal, source_arn)
            return
        self.submit(account, arn, json.dumps(event).encode())


def apply(functions: Lambda) -> None:
    """Patch moto."""
    _invoke(functions)
    _configuration()
    _permissions()
    for name in UNIMPLEMENTED:
        setattr(LambdaResponse, name, _refusal(name))


def _view(function: Any) -> Function:
    return Function(
        name=function.function_name,
        arn=function.function_arn,
        region=function.region,
        handler=function.handler,
        timeout=int(function.timeout),
        memory=int(function.memory_size),
        version=str(function.version),
        code=function.code_bytes,
        code_sha256=function.code_sha_256,
        variables=dict(function.environment_vars),
    )


def _keep_log(function: Any, stream: str, request_id: str, outcome: Outcome) -> None:
    """CloudWatch Logs, as https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html shows it."""
    lines = [
        f"START RequestId: {request_id} Version: {function.version}",
        *outcome.log.splitlines(),
        *([outcome.payload.decode()] if outcome.failed else []),
        f"END RequestId: {request_id}",
    ]
    at = int(1000 * datetime.now(UTC).timestamp())
    logs = function.logs_backend
    logs.ensure_log_group(function.logs_group_name)
    logs.create_log_stream(function.logs_group_name, stream)
    logs.put_log_events(
        function.logs_group_name, stream, [{"timestamp": at, "message": line} for line in lines if line]
    )


def _invoke(functions: Lambda) -> None:
    def invoke(self: Any) -> tuple[int, dict[str, str], bytes]:
        """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
        name = unquote(self.path.rsplit("/", 2)[-2])
        function = self.backend.get_function(name, self._get_param("Qualifier"))
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        request_id = str(uuid.uuid4())
        payload = self.body if isinstance(self.body, bytes) else str(self.body or "").encode()
        _require_json(payload)
        headers = {"x-amzn-RequestId": request_id, "Content-Type": "application/json", "status": "200"}
        match kind:
            case "DryRun":
                return 204, headers | {"status": "204"}, b""
            case "Event":
                functions.submit(function.account_id, function.function_arn, payload, request_id)
                return 202, headers | {"status": "202"}, b""
            case "RequestResponse":
                try:
                    outcome = functions.run(function, payload, request_id)
                except Throttled as error:
                    raise _error("TooManyRequestsException", "Rate Exceeded.", 429) from error
            case _:
                raise NotImplementedError(f"Invoke with InvocationType {kind}")
        headers["X-Amz-Executed-Version"] = str(function.version)
        if outcome.failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(outcome.log.encode()[-LOG_TAIL_BYTES:]).decode()
        return 200, headers, outcome.payload

    LambdaResponse.invoke = invoke


def _require_json(payload: bytes) -> None:
    try:
        json.loads(payload or b"null")
    except ValueError as error:
        raise _error(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}", 400
        ) from error


def _error(code: str, message: str, status: int) -> LambdaClientError:
    error = LambdaClientError(code, message)
    error.code = status
    return error


def _configuration() -> None:
    for name in ("create_function", "update_function_code", "update_function_configuration"):
        setattr(LambdaResponse, name, _checked(getattr(LambdaResponse, name)))


def _checked(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any) -> Any:
        _require_supported(self.json_body)
        return original(self)

    return call


def _require_supported(given: Mapping[str, Any]) -> None:
    unsupported = sorted(name for name, value in given.items() if value and name not in SUPPORTED)
    if unsupported:
        raise NotImplementedError(f"a function with {', '.join(unsupported)}")
    if given.get("PackageType", "Zip") != "Zip":
        raise NotImplementedError("a function from an image")
    runtime = given.get("Runtime", "python3")
    if not runtime.startswith("python3"):
        raise NotImplementedError(f"a function for {runtime}")
    timeout = given.get("Timeout", 3)
    if not 1 <= timeout <= 900:
        raise InvalidParameterValueException(f"Value '{timeout}' at 'timeout' must be between 1 and 900.")
    reserved = sorted(RESERVED_VARIABLES & (given.get("Environment") or {}).get("Variables", {}).keys())
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )


def _permissions() -> None:
    original = LambdaResponse.add_permission

    def add_permission(self: Any) -> str:
        """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (ResourceConflictException)"""
        given = json.loads(self.body)
        unsupported = sorted(
            given.keys() - {"Action", "Principal", "StatementId", "SourceArn", "SourceAccount", "RevisionId"}
        )
        if unsupported or self.querystring.get("Qualifier"):
            raise NotImplementedError(f"AddPermission with {', '.join(unsupported) or 'Qualifier'}")
        function = self.backend.get_function(unquote(self.path.split("/")[-2]))
        if any(statement.get("Sid") == given["StatementId"] for statement in function.policy.statements):
            raise _error(
                "ResourceConflictException",
                f"The statement id ({given['StatementId']}) provided already exists. Please provide a new statement id,"
                " or remove the existing statement.",
                409,
            )
        answer: str = original(self)
        return answer

    LambdaResponse.add_permission = add_permission


def _refusal(name: str) -> Any:
    def refuse(self: Any) -> None:
        raise NotImplementedError("moto would only keep it")

    refuse.__name__ = name
    return refuse
