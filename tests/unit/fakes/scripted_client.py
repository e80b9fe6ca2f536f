# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that follows a script: every call is expected, in order, or the test fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


class ScriptedClient:
    """``ScriptedClient().expect("list_health_checks", returns={...})``; an exception as ``returns`` is raised.

    Leave the ``with`` block, or call ``done()``, to prove that nothing was left out.
    """

    def __init__(self) -> None:
        self._script: list[tuple[str, dict[str, Any], Any]] = []

    def expect(self, operation: str, *, returns: Any = None, **arguments: Any) -> ScriptedClient:
        self._script.append((operation, arguments, returns))
        return self

    def done(self) -> None:
        assert not self._script, f"not called: {[operation for operation, _, _ in self._script]}"

    def __enter__(self) -> ScriptedClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.done()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**arguments: Any) -> Any:
            assert arguments.pop("aws_retry", False) is True, f"{operation} has to be retried by amazon.aws"
            assert self._script, f"unexpected {operation}({arguments})"
            wanted, expected, returns = self._script.pop(0)
            assert (operation, arguments) == (wanted, expected)
            if isinstance(returns, Exception):
                raise returns
            return returns

        return call


def refusal(code: str, operation: str = "AnyOperation") -> ClientError:
    """AWS's error of this code."""
    return ClientError({"Error": {"Code": code, "Message": f"{code}!"}}, operation)
