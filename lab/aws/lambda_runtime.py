# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One invocation of a Lambda function: its uploaded zip, in a process of its own. Knows nothing of moto.

The process has a clean environment and finds only what AWS's runtime has: the standard library, boto3 and what that
needs, and the zip. It is the emulator's own Python, whatever ``Runtime`` says, and its memory is not limited; every
invocation starts cold.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BOOTSTRAP = Path(__file__).with_name("lambda_bootstrap.py")
# "Lambda limits the Init phase to 10 seconds": https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_SECONDS = 10


@dataclass(frozen=True)
class Function:
    """What an invocation needs to know; ``timeout`` in seconds, ``memory`` in MB, ``code`` the zip's bytes."""

    name: str
    arn: str
    region: str
    handler: str
    timeout: int
    memory: int
    version: str
    code: bytes
    code_sha256: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """``payload`` is JSON; ``failed`` is what the API calls FunctionError."""

    payload: bytes
    failed: bool
    log: str


class Runtime:
    """Runs functions. ``endpoint`` is where boto3 finds every service."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._folder = Path(tempfile.mkdtemp(prefix="lab-lambda-"))
        self._unpacking = threading.Lock()
        self._running: set[int] = set()

    def close(self) -> None:
        """End what runs and forget the code."""
        for pid in list(self._running):
            _kill(pid)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, function: Function, payload: bytes, request_id: str, log_stream: str) -> Outcome:
        """Blocks until the function has ended; never raises for what the function does."""
        event = {
            "event": json.loads(payload or b"null"),
            "request_id": request_id,
            "handler": function.handler,
            "name": function.name,
            "version": function.version,
            "arn": function.arn,
            "memory": function.memory,
            "timeout": function.timeout,
            "log_group": f"/aws/lambda/{function.name}",
            "log_stream": log_stream,
        }
        code = self._unpacked(function)
        with tempfile.TemporaryFile() as result:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(BOOTSTRAP), _site_packages(), str(result.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[result.fileno()],
                cwd=code,
                env=self._environment(function, code, log_stream),
                start_new_session=True,
            )
            self._running.add(process.pid)
            try:
                log = _communicate(process, json.dumps(event).encode(), INIT_SECONDS + function.timeout + 1)
            finally:
                self._running.discard(process.pid)
            result.seek(0)
            written = result.read()
        text = log.decode(errors="replace")
        if written:
            answer = json.loads(written)
            return Outcome(answer["payload"].encode(), answer["error"], text)
        return Outcome(json.dumps(_death(process.returncode, function, request_id)).encode(), True, text)

    def _environment(self, function: Function, code: Path, log_stream: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (defined runtime variables)"""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": function.handler,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_ACCESS_KEY_ID": "lab",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_SESSION_TOKEN": "lab",
            "AWS_ENDPOINT_URL": self._endpoint,
            **function.variables,
        }

    def _unpacked(self, function: Function) -> Path:
        """The folder with the function's code; one for each zip."""
        folder = self._folder / function.code_sha256.replace("/", "_")
        with self._unpacking:
            if not folder.exists():
                fresh = Path(tempfile.mkdtemp(dir=self._folder))
                with zipfile.ZipFile(io.BytesIO(function.code)) as bundle:
                    bundle.extractall(fresh)
                fresh.rename(folder)
        return folder


def _site_packages() -> str:
    found = importlib.util.find_spec("boto3")
    if found is None or found.origin is None:
        raise RuntimeError("The emulator's Python has no boto3, which AWS's runtime has.")
    return str(Path(found.origin).parents[1])


def _communicate(process: subprocess.Popen[bytes], data: bytes, limit: float) -> bytes:
    """Everything the process and its children wrote; after ``limit`` seconds they are killed."""
    try:
        return process.communicate(data, limit)[0]
    except subprocess.TimeoutExpired:
        _kill(process.pid)
        return process.communicate()[0]


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _death(returncode: int, function: Function, request_id: str) -> dict[str, Any]:
    """What Lambda says of a process that ended without an answer."""
    if returncode in (-signal.SIGALRM, -signal.SIGKILL):
        return {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request_id} Error: Task timed out after {function.timeout:.2f} seconds",
        }
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: exit status {returncode}",
    }
