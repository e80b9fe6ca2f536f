# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside the process of one invocation: the standard library, this file, the function's own code.

    python -I -S lambda_bootstrap.py SITE_PACKAGES RESULT_FD < invocation.json

The result goes to the file descriptor, as ``{"payload": ..., "error": true|false}``; standard output is the log.
Errors are worded as in https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

# What AWS's Python runtime brings besides the standard library; everything else has to be in the zip.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-include
RUNTIME_PACKAGES = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"})


class RuntimePackages:
    """Finds exactly these packages in the emulator's own site-packages, after the function's own code."""

    def __init__(self, site_packages: str) -> None:
        self._where = [site_packages]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(name, self._where) if path is None and name in RUNTIME_PACKAGES else None


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    client_context = None
    identity = None

    def __init__(self, given: dict[str, Any]) -> None:
        self.aws_request_id = given["request_id"]
        self.function_name = given["name"]
        self.function_version = given["version"]
        self.invoked_function_arn = given["arn"]
        self.memory_limit_in_mb = given["memory"]
        self.log_group_name = given["log_group"]
        self.log_stream_name = given["log_stream"]
        self._end = time.monotonic() + given["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(1000 * (self._end - time.monotonic())))


def failure(kind: str, message: str, request_id: str, trace: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def load(handler: str) -> Callable[[Any, Context], Any] | tuple[str, str]:
    """The function that ``module.name`` names, or the type and the sentence of what went wrong."""
    module_name, _, name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
    except SyntaxError as error:
        return "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
    found: Callable[[Any, Context], Any] | None = getattr(module, name, None)
    return found or ("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")


def invoke(given: dict[str, Any]) -> tuple[str, bool]:
    """The payload as JSON, and whether it tells of an error."""
    request_id = given["request_id"]
    try:
        handler = load(given["handler"])
        if isinstance(handler, tuple):
            return json.dumps(failure(*handler, request_id, [])), True
        # The kernel keeps the time-out, whatever the function does; initialisation is not part of it.
        signal.setitimer(signal.ITIMER_REAL, given["timeout"])
        result = handler(given["event"], Context(given))
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Exception as error:
        trace = traceback.format_exception(error)
        print(f"[ERROR] {''.join(trace)}", flush=True)
        return json.dumps(failure(type(error).__name__, str(error), request_id, trace[1:-1])), True
    try:
        return json.dumps(result), False
    except TypeError as error:
        return json.dumps(failure("Runtime.MarshalError", f"Unable to marshal response: {error}", request_id, [])), True


def main() -> None:
    site_packages, result = sys.argv[1:]
    given = json.load(sys.stdin)
    sys.path.insert(0, os.getcwd())
    sys.meta_path.append(RuntimePackages(site_packages))
    payload, error = invoke(given)
    with os.fdopen(int(result), "w") as file:
        json.dump({"payload": payload, "error": error}, file)


if __name__ == "__main__":
    main()
