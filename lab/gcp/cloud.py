# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cloud: its resources, and the way of a request through authentication, faults, schemas and rules."""

from __future__ import annotations

import json
import logging
import pickle
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network
from typing import Any

from . import compute, faults, permissions, services, validate
from .dataplane import DataPlane, Observed
from .documents import Api, Documents, Method
from .errors import ApiError, missing, unimplemented
from .identity import Identity
from .operations import Operations
from .rules import load
from .rules.kit import Call, kind
from .store import Body, Item, Store, link, merged, now

log = logging.getLogger(__name__)

# Documentation addresses stand for what Google gives out: https://www.rfc-editor.org/rfc/rfc5737
PUBLIC = IPv4Network("203.0.113.0/24")
_LOGGED = 50_000


@dataclass(frozen=True)
class Request:
    """What came in."""

    http: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    authorization: str = ""
    data: bytes = b""
    content_type: str = ""


@dataclass
class Entry:
    """A line of the log: which call, by whom, and how it ended. ``ignored``: sent, but not taken."""

    method: str
    path: str
    caller: str = ""
    code: int = 200
    error: str = ""
    ignored: list[str] = field(default_factory=list)


class Cloud:
    """Everything behind ``*.googleapis.com``.

    ``polls``: see ``Operations``; ``public``: public addresses are given out of it; ``default_network``: every project
    begins with one.
    """

    def __init__(
        self,
        documents: Documents,
        projects: Iterable[str],
        *,
        polls: int = 0,
        default_network: bool = False,
        public: IPv4Network = PUBLIC,
        plane: DataPlane | None = None,
    ) -> None:
        load()
        self.documents = documents
        self.projects = tuple(projects)
        self.public = public
        self.observed = Observed()
        self.plane: DataPlane = plane or self.observed
        self.identity = Identity()
        self.lock = threading.RLock()
        self._polls = polls
        self._default_network = default_network
        self.reset()

    def reset(self) -> None:
        """An empty cloud; the keys of the callers stay valid."""
        self._stores: dict[str, Store] = {}
        self.operations = Operations(self._polls)
        self.faults: list[faults.Fault] = []
        self.log: deque[Entry] = deque(maxlen=_LOGGED)
        self.denied: set[str] = set()
        self.disabled: set[tuple[str, str]] = set()
        self.observed.clear()
        self._number = 4 * 10**18
        if self._default_network:
            for project in self.projects:
                self._new_default_network(project)

    def _new_default_network(self, project: str) -> None:
        """As new projects have it: https://cloud.google.com/vpc/docs/vpc#default-network."""
        path = f"projects/{project}/global/networks/default"
        body = {
            "kind": "compute#network",
            "id": self.next_id(),
            "name": "default",
            "creationTimestamp": now(),
            "selfLink": link(path),
            "autoCreateSubnetworks": True,
        }
        networks = kind("networks")
        networks.keep(self, path, networks.complete(body))

    # -- what rules use

    def store(self, api: str) -> Store:
        """The resources of one API."""
        return self._stores.setdefault(api, Store())

    def next_id(self) -> str:
        """A number that nothing else has."""
        self._number += 1
        return str(self._number)

    def public_addresses(self, count: int = 1) -> list[str]:
        """Public addresses that nothing uses. Errors: 403, as for a used up quota."""
        used = json.dumps([item.body for item in self.store("compute").values()])
        free = [str(address) for address in self.public.hosts() if f'"{address}"' not in used]
        if len(free) < count:
            raise ApiError(403, "quotaExceeded", "Quota 'IN_USE_ADDRESSES' exceeded.")
        return free[:count]

    def put(self, api: str, path: str, body: Body, hidden: Body | None = None) -> None:
        """Keep a resource as it is."""
        self.store(api)[path] = Item(body, hidden or {})

    def drop(self, api: str, path: str) -> None:
        """Forget a resource."""
        self.store(api).pop(path, None)

    # -- what the lab's tests use

    def saved(self) -> bytes:
        """All resources as they are now, for ``restore``."""
        return pickle.dumps(self._stores)

    def restore(self, saved: bytes) -> None:
        """Back to what was saved by this process."""
        self._stores = pickle.loads(saved)

    def state(self) -> dict[str, dict[str, Body]]:
        """All resources: API, path, body."""
        return {api: {path: item.body for path, item in store.items()} for api, store in self._stores.items() if store}

    def private(self) -> dict[str, dict[str, Body]]:
        """What the APIs do not show: API, path, values."""
        return {
            api: {path: item.hidden for path, item in store.items() if item.hidden}
            for api, store in self._stores.items()
            if any(item.hidden for item in store.values())
        }

    def drift(self, api: str, path: str, patch: Body) -> None:
        """Somebody changed a resource behind our back; no rule is asked. Errors: 404."""
        self.store(api)[path].body = merged(self.store(api).need(path), patch)

    # -- requests

    def answer(self, request: Request) -> tuple[int, bytes]:
        """Status and body for one request."""
        started = time.monotonic()
        entry = Entry(f"{request.http} {request.host}", request.path)
        with self.lock:
            kept = self.saved() if request.http != "GET" else b""
            try:
                result: Any = self._dispatch(request, entry)
                data = result if isinstance(result, bytes) else json.dumps(result).encode()
                entry.code = 200 if data else 204
            except ApiError as error:
                if kept:  # a refused call has changed nothing
                    self.restore(kept)
                entry.code, entry.error = error.code, error.message
                data = json.dumps(error.body()).encode()
            except Exception as error:  # a mistake of ours must look like one
                log.exception("FAILED %s", entry.method)
                entry.code, entry.error = 500, repr(error)
                data = json.dumps(ApiError(500, "internalError", repr(error)).body()).encode()
            self.log.append(entry)
        _write(entry, 1000 * (time.monotonic() - started))
        return entry.code, data

    def entries(self) -> list[dict[str, Any]]:
        """The log as JSON."""
        return [asdict(entry) for entry in self.log]

    # -- the way of a request

    def _dispatch(self, request: Request, entry: Entry) -> Body | bytes:
        api = self.documents.find(request.host, request.path)
        if api is None:
            raise unimplemented(f"https://{request.host}{request.path}: there is no discovery document for it")
        entry.caller = self.identity.caller(request.authorization)
        upload = request.path.startswith("/upload/")
        found = api.match(request.http, request.path.removeprefix("/upload"))
        if found is None:
            message = f"The requested URL {request.path} was not found: no method {request.http} there."
            raise ApiError(404, "notFound", message)
        method, params = found
        entry.method = method.id
        entry.ignored = [f"query parameter {name}" for name in validate.parameters(api, method, params, request.query)]
        self._struck(method, operation=False)
        permission = permissions.needed(method)
        if permission in self.denied:
            raise permissions.refused(permission, request.path)
        path = request.path.removeprefix("/upload").removeprefix(f"/{api.root}").lstrip("/")
        call = Call(self, api, method, path, params, dict(request.query), {}, entry.caller)
        if not upload:
            call.body = self._body(api, method, request, entry)
        return self._handled(call, request)

    def _handled(self, call: Call, request: Request) -> Body | bytes:
        if call.api.name != "compute":
            return services.handle(call, request)
        compute.check_project(call)
        if (call.project, "compute.googleapis.com") in self.disabled:
            raise services.disabled("compute.googleapis.com", call.project)
        fault = self._fault(call.method, operation=True)
        if fault is not None and call.method.http != "GET":
            return self.operations.start(self.next_id(), call.path, "0", call.method.verb, fault.error)
        return compute.handle(call)

    def _body(self, api: Api, method: Method, request: Request, entry: Entry) -> Body:
        if method.request is None or request.http == "GET":
            return {}
        try:
            sent = json.loads(request.data) if request.data else {}
        except ValueError as error:
            raise ApiError(400, "parseError", "Invalid JSON payload received.") from error
        if not isinstance(sent, dict):
            raise missing("resource")
        validator = validate.Validator(api, method)
        body: Body = validator.body(sent)
        entry.ignored += validator.ignored
        return body

    def _fault(self, method: Method, operation: bool) -> faults.Fault | None:
        for fault in self.faults:
            if fault.operation == operation and fault.strikes(method.id):
                return fault
        return None

    def _struck(self, method: Method, operation: bool) -> None:
        fault = self._fault(method, operation)
        if fault is not None:
            raise fault.error


def _write(entry: Entry, milliseconds: float) -> None:
    """One line per call; an error line for what is not implemented."""
    level = logging.ERROR if entry.code in (500, 501) else logging.INFO
    word = "UNIMPLEMENTED " if entry.code == 501 else ""
    log.log(level, "%s%d %s %s %.0f ms %s", word, entry.code, entry.method, entry.path, milliseconds, entry.error)
    if entry.ignored:
        log.warning("IGNORED by %s: %s", entry.method, ", ".join(entry.ignored))
