# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may invoke a Lambda function, how often at once, and what becomes of events that fail. Knows nothing of moto.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from .lambda_runtime import Outcome

log = logging.getLogger(__name__)

# The least that a new account has; a function that reserves its own has that instead.
ACCOUNT_CONCURRENCY = 10
# After a function error: "one minute between the first two attempts, and two minutes between the second and third".
ERROR_RETRIES = (60.0, 120.0)
# When throttled: "exponentially from 1 second after the first attempt to a maximum of 5 minutes", for up to 6 hours.
THROTTLE_MAX_SECONDS = 300.0
EVENT_AGE_SECONDS = 6 * 3600.0

# Runs the function once with this payload, if it still exists. LookupError: it does not.
Attempt = Callable[[], Outcome]
Later = Callable[[float, Callable[[], None]], None]


class Throttled(Exception):
    """As many invocations as allowed are running."""


class Invocations:
    """Counts what runs and repeats what failed. ``later(seconds, call)`` calls in another thread."""

    def __init__(self, later: Later | None = None) -> None:
        self._later = later or _in_a_thread
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    @contextlib.contextmanager
    def slot(self, arn: str, reserved: int | None) -> Iterator[None]:
        """A place for one invocation. ``reserved``: ReservedConcurrentExecutions. Raises :class:`Throttled`."""
        with self._lock:
            if self._running[arn] >= (ACCOUNT_CONCURRENCY if reserved is None else reserved):
                raise Throttled
            self._running[arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[arn] -= 1

    def submit(self, arn: str, attempt: Attempt) -> None:
        """An asynchronous invocation: returns at once, and is tried again as Lambda does."""
        self._later(0, lambda: self._try(arn, attempt, errors=0, throttled=0.0, age=0.0))

    def _try(self, arn: str, attempt: Attempt, errors: int, throttled: float, age: float) -> None:
        def again(wait: float, errors: int, throttled: float) -> None:
            if age + wait > EVENT_AGE_SECONDS:
                log.error("LAMBDA %s: an event was dropped after six hours", arn)
            else:
                self._later(wait, lambda: self._try(arn, attempt, errors, throttled, age + wait))

        try:
            outcome = attempt()
        except Throttled:
            wait = min(max(1.0, 2 * throttled), THROTTLE_MAX_SECONDS)
            log.info("LAMBDA %s: throttled, again in %.0f s", arn, wait)
            again(wait, errors, wait)
        except LookupError:
            log.error("LAMBDA %s: an event was dropped, the function does not exist", arn)
        except Exception:
            log.exception("FAILED lambda %s", arn)
        else:
            if outcome.failed and errors < len(ERROR_RETRIES):
                again(ERROR_RETRIES[errors], errors + 1, 0.0)
            elif outcome.failed:
                log.error("LAMBDA %s: an event was dropped after %s attempts", arn, errors + 1)


def _in_a_thread(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


def permitted(statements: Sequence[Mapping[str, Any]], principal: str, source_arn: str, account: str) -> bool:
    """Does a function's resource policy let this service invoke it on behalf of ``source_arn``?"""
    return any(
        statement.get("Effect") == "Allow"
        and statement.get("Action") in ("lambda:InvokeFunction", "lambda:*", "*")
        and statement.get("Principal") in ({"Service": principal}, "*")
        and _conditions_hold(statement.get("Condition", {}), source_arn, account)
        for statement in statements
    )


def _conditions_hold(conditions: Mapping[str, Mapping[str, str]], source_arn: str, account: str) -> bool:
    """AddPermission makes these two only; an unknown condition does not hold."""
    for operator, tests in conditions.items():
        for key, wanted in tests.items():
            match operator, key.lower():
                case "ArnLike", "aws:sourcearn":
                    holds = arn_like(wanted, source_arn)
                case "StringEquals", "aws:sourceaccount":
                    holds = wanted == account
                case _:
                    holds = False
            if not holds:
                return False
    return True


def arn_like(pattern: str, arn: str) -> bool:
    """ "Each of the six colon-delimited components of the ARN is checked separately" for ``*`` and ``?``.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    # fnmatch knows [sets], which ARNs do not.
    return len(patterns) == len(parts) and all(
        fnmatchcase(part, wanted.replace("[", "[[]")) for wanted, part in zip(patterns, parts, strict=True)
    )
