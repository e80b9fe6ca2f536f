# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's AWS API itself can be told, at its control address."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from .errors import LabError
from .topology import Topology

TIMEOUT_SECONDS = 10


def blackout(topology: Topology, wanted: Mapping[str, Any] | None) -> None:
    """Begin a blackout, as lab/aws/blackout.py reads it, in the place of the present one; None: end it."""
    _ask(topology, "DELETE" if wanted is None else "POST", wanted)


def present_blackout(topology: Topology) -> Any:
    """The present one; None if there is none."""
    return _ask(topology, "GET")


def _ask(topology: Topology, method: str, body: Mapping[str, Any] | None = None) -> Any:
    ready = next((d.ready for host in topology.hosts for d in host.daemons if d.module == "lab.aws"), None)
    if ready is None:
        raise LabError("This lab has no AWS API.")
    request = urllib.request.Request(
        urljoin(ready, "blackout"), method=method, data=None if body is None else json.dumps(body).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise LabError(f"The AWS API refuses: {error.read().decode().strip()}.") from error
    except OSError as error:
        raise LabError(f"The AWS API does not answer at {request.full_url}: {error}.") from error
