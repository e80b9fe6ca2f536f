# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations: a change is answered at once and done later.

https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses#handling_api_responses
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .errors import ApiError, not_found
from .store import Body, link, now, project_of

# A client that died while it waited does not leave its resource locked for ever.
LONGEST = 3.0


@dataclass
class _Running:
    body: Body
    target: str
    polls: int
    until: float


class Operations:
    """Compute Engine's operations. ``polls``: how many polls see one unfinished (0: done at once)."""

    def __init__(self, polls: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.polls = polls
        self._clock = clock
        self._all: dict[str, _Running] = {}

    def start(self, number: str, target: str, target_id: str, kind: str, error: ApiError | None = None) -> Body:
        """A new operation on a resource; with an error, one that fails."""
        project = project_of(target)
        scope = target.split("/")[2:4]
        place = "/".join(scope) if scope and scope[0] in ("regions", "zones") else "global"
        path = f"projects/{project}/{place}/operations/operation-{number}"
        body: Body = {
            "kind": "compute#operation",
            "id": number,
            "name": f"operation-{number}",
            "operationType": kind,
            "targetLink": link(target),
            "targetId": target_id,
            "user": "lab",
            "progress": 0,
            "status": "PENDING",
            "insertTime": now(),
            "startTime": now(),
            "selfLink": link(path),
        }
        if place != "global":
            body[scope[0][:-1]] = link(f"projects/{project}/{place}")
        if error is not None:
            body["error"] = {"errors": [{"code": error.reason, "message": error.message}]}
            body["httpErrorStatusCode"] = error.code
            body["httpErrorMessage"] = error.message
        self._all[path] = _Running(body, target, self.polls, self._clock() + LONGEST)
        return dict(body) if self.polls else self._seen(self._all[path])

    def poll(self, path: str, wait: bool = False) -> Body:
        """The state; each poll brings the end nearer. Errors: 404."""
        if path not in self._all:
            raise not_found(path)
        running = self._all[path]
        if wait:
            running.polls = 0
        return self._seen(running)

    def list(self, parent: str) -> list[Body]:
        """All operations of a project and place."""
        return [dict(running.body) for path, running in self._all.items() if path.rpartition("/")[0] == parent]

    def not_ready(self, target: str) -> bool:
        """Does an unfinished operation still work on this resource?"""
        return any(
            running.target == target and running.body["status"] != "DONE" and self._clock() < running.until
            for running in self._all.values()
        )

    def _seen(self, running: _Running) -> Body:
        if running.polls <= 0 or self._clock() >= running.until:
            if running.body["status"] != "DONE":
                running.body.update(status="DONE", progress=100, endTime=now())
        else:
            running.polls -= 1
            running.body["status"] = "RUNNING"
        return dict(running.body)


def not_ready(path: str) -> ApiError:
    """400: https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-instances (resourceNotReady)."""
    return ApiError(400, "resourceNotReady", f"The resource '{path}' is not ready")
