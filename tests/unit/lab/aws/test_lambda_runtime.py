# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions as they are uploaded, run for real."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import textwrap
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lab.aws.lambda_runtime import Function, Outcome, Runtime

ENDPOINT = "http://127.0.0.1:9"


def bundle(**files: str) -> bytes:
    """A zip with these modules."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.py", textwrap.dedent(text))
    return packed.getvalue()


def function(code: bytes, handler: str = "app.handler", timeout: int = 10, **variables: str) -> Function:
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    return Function("f", arn, "eu-west-1", handler, timeout, 128, "$LATEST", code, digest, variables)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime(ENDPOINT)
    yield runtime
    runtime.close()


def run(runtime: Runtime, source: str, event: Any = None, **changes: Any) -> Outcome:
    return runtime.run(function(bundle(app=source), **changes), json.dumps(event).encode(), "request-1", "stream-1")


def payload(outcome: Outcome) -> Any:
    return json.loads(outcome.payload)


def test_event_context_result_and_log(runtime: Runtime) -> None:
    source = """
    def handler(event, context):
        print("hello", event["to"])
        left = context.get_remaining_time_in_millis()
        return [event, context.aws_request_id, context.function_name, context.memory_limit_in_mb, 0 < left <= 10000]
    """
    outcome = run(runtime, source, {"to": "world"})
    assert payload(outcome) == [{"to": "world"}, "request-1", "f", 128, True]
    assert (outcome.failed, outcome.log) == (False, "hello world\n")


def test_the_environment_is_lambdas_and_nothing_else(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_EMULATOR", "x")
    source = "import os\ndef handler(event, context): return dict(os.environ)"
    seen = payload(run(runtime, source, TABLE="records"))
    assert {name: seen[name] for name in ("AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL", "TABLE")} == {
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "TABLE": "records",
    }
    assert "SECRET_OF_THE_EMULATOR" not in seen


def test_packages_of_the_zip_are_found_and_boto3_is_there(runtime: Runtime) -> None:
    code = bundle(
        app="import boto3, own.part\ndef handler(event, context): return [own.part.NAME, boto3.__name__]",
        own____init__="",
        own__part="NAME = 'part'",
    )
    outcome = runtime.run(function(code), b"null", "r", "s")
    assert payload(outcome) == ["part", "boto3"]


def test_a_handler_in_a_package(runtime: Runtime) -> None:
    code = bundle(own____init__="", own__app="def handler(event, context): return event")
    assert payload(runtime.run(function(code, "own.app.handler"), b"7", "r", "s")) == 7


@pytest.mark.parametrize("missing", ["moto", "dns", "yaml", "nosuch"])
def test_what_aws_does_not_have_is_missing_here_too(runtime: Runtime, missing: str) -> None:
    outcome = run(runtime, f"import {missing}\ndef handler(event, context): pass")
    assert payload(outcome)["errorType"] == "Runtime.ImportModuleError"
    assert payload(outcome)["errorMessage"] == f"Unable to import module 'app': No module named '{missing}'"


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(event, context): raise KeyError('x')", "KeyError", "'x'"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(event, context)", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def handler(event, context): return {1, 2}", "Runtime.MarshalError", "Unable to marshal response"),
        ("def handler(event, context): raise SystemExit(3)", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(event, context): os._exit(0)", "Runtime.ExitError", "exit status 0"),
    ],
)
def test_failures_are_function_errors(runtime: Runtime, source: str, kind: str, message: str) -> None:
    outcome = run(runtime, source)
    assert outcome.failed
    assert payload(outcome)["errorType"] == kind
    assert message in payload(outcome)["errorMessage"]


def test_a_traceback_is_in_the_log(runtime: Runtime) -> None:
    outcome = run(runtime, "def handler(event, context): raise KeyError('x')")
    assert "[ERROR] Traceback" in outcome.log
    assert 'app.py", line 1, in handler' in "".join(payload(outcome)["stackTrace"])


@pytest.mark.parametrize("body", ["time.sleep(60)", "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
def test_the_time_out_ends_the_process(runtime: Runtime, body: str) -> None:
    source = f"import os, signal, time\ndef handler(event, context):\n    print(os.getpid(), flush=True); {body}"
    started = time.monotonic()
    outcome = run(runtime, source, timeout=1)
    assert time.monotonic() - started < 30
    assert payload(outcome)["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in payload(outcome)["errorMessage"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(outcome.log), 0)


def test_a_function_just_in_time_is_not_timed_out(runtime: Runtime) -> None:
    source = "import time\ndef handler(event, context): time.sleep(0.5); return 'done'"
    assert payload(run(runtime, source, timeout=3)) == "done"


def test_initialisation_is_not_part_of_the_time_out(runtime: Runtime) -> None:
    source = "import time\ntime.sleep(1.5)\ndef handler(event, context): return 'done'"
    assert payload(run(runtime, source, timeout=1)) == "done"


def test_a_large_result(runtime: Runtime) -> None:
    source = "def handler(event, context): print('l' * 200000); return 'r' * 200000"
    outcome = run(runtime, source)
    assert (len(payload(outcome)), len(outcome.log)) == (200000, 200001)


def test_each_zip_runs_its_own_code(runtime: Runtime) -> None:
    sources = [f"def handler(event, context): return {number}" for number in (1, 2, 1)]
    assert [payload(run(runtime, source)) for source in sources] == [1, 2, 1]


def test_nothing_is_left_behind() -> None:
    runtime = Runtime(ENDPOINT)
    outcome = run(runtime, "import os\ndef handler(event, context): return os.getcwd()")
    folder = payload(outcome)
    assert os.path.exists(folder)
    runtime.close()
    assert not os.path.exists(os.path.dirname(folder))


def test_the_region_is_the_functions_own(runtime: Runtime) -> None:
    code = bundle(app="import boto3\ndef handler(event, context): return boto3.session.Session().region_name")
    assert payload(runtime.run(replace(function(code), region="eu-west-3"), b"", "r", "s")) == "eu-west-3"
