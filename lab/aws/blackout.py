# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A blackout of the API: the calls of some services are refused, throttled or never answered; data planes go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

import botocore.session

How = Literal["refuse", "hang", "throttle"]
ALL = "*"
# How often a request that hangs finds out whether its client is still there.
LOOK_SECONDS = 0.2


class Mistake(ValueError):
    """There is no such blackout; the text says why."""


@dataclass(frozen=True)
class Blackout:
    """Of some ``services``, or of all but the ``excepted``; named as boto3 names its clients."""

    services: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    how: How = "refuse"

    def covers(self, service: str) -> bool:
        """``service``: as its calls are signed."""
        signed = {signing_name(client) for client in self.services}
        return (ALL in signed or service in signed) and service not in map(signing_name, self.excepted)

    def as_json(self) -> dict[str, Any]:
        return {"services": list(self.services), "except": list(self.excepted), "how": self.how}


def read(text: bytes) -> Blackout:
    """``{"services": ["route53"] or ["*"], "except": ["dynamodb"], "how": "refuse"}``. Raises :class:`Mistake`."""
    try:
        given = {"except": [], "how": "refuse", **json.loads(text)}
    except (TypeError, ValueError) as error:
        raise Mistake(f"a blackout is a JSON object: {error}") from error
    if strange := sorted(given.keys() - {"services", "except", "how"}):
        raise Mistake(f"a blackout has services, except and how, not {', '.join(strange)}")
    services, excepted, how = given.get("services"), given["except"], given["how"]
    for name, value in (("services", services), ("except", excepted)):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Mistake(f"{name} is {value!r}; it must be a list of names")
    if not services:
        raise Mistake(f"services is empty; name some as boto3 does, such as route53 and ec2, or {ALL!r} for all")
    if excepted and services != [ALL]:
        raise Mistake(f"except goes with services [{ALL!r}] only")
    if how not in get_args(How):
        raise Mistake(f"how is {how!r}; allowed are {', '.join(get_args(How))}")
    for client in (*services, *excepted):
        signing_name(client)  # there is such a service
    return Blackout(tuple(services), tuple(excepted), how)


@cache
def signing_name(client: str) -> str:
    """What a boto3 client of this name signs its calls for: several clients may share it. Raises :class:`Mistake`."""
    session = botocore.session.Session()
    if client == ALL:
        return ALL
    if client not in session.get_available_services():
        raise Mistake(f"there is no service {client!r}; services are named as boto3 does, such as route53 and ec2")
    return str(session.get_service_model(client).signing_name)


class Switch:
    """The present blackout, for the threads that answer requests."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._present: Blackout | None = None

    @property
    def present(self) -> Blackout | None:
        return self._present

    def turn(self, blackout: Blackout | None) -> None:
        """Another blackout, or none: what hangs finds out at once."""
        with self._changed:
            self._present = blackout
            self._changed.notify_all()

    def refusal(self, service: str, left: Callable[[], bool]) -> How | None:
        """How a call of ``service`` (as it is signed) is refused; None: not at all.

        Waits as long as the call hangs, and returns "hang" only when its client has ``left``.
        """
        with self._changed:
            while (present := self._present) and present.covers(service):
                if present.how != "hang" or left():
                    return present.how
                self._changed.wait(LOOK_SECONDS)
        return None
