# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed arbiter from outside, and what it looks at: two agents, and two edges that health checkers ask."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import dns.message
import dns.query
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Record
from botocore.exceptions import ClientError

from tests.unit.fakes.sites import SITES, World

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
# A check, the minute of its metric, the alarm, and an invocation, on a busy machine.
WAIT_SECONDS = 240


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {WAIT_SECONDS} s: {what}"
        time.sleep(0.5)


class Account:
    """The AWS account."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self._environment["AWS_ENDPOINT_URL"],
            region_name=region,
            aws_access_key_id=self._environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._environment["AWS_SECRET_ACCESS_KEY"],
        )

    def errors(self) -> list[str]:
        """What was asked of the API that it does not do, and where it broke."""
        lines = (FOLDER / "aws.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]


class Arbiter:
    """The function, as deployed."""

    def __init__(self, account: Account, name: str, region: str) -> None:
        self.name = name
        self._lambda = account.client("lambda", region)
        self._logs = account.client("logs", region)

    @property
    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self._lambda.get_function(FunctionName=self.name)["Configuration"]
        return found

    def decide(self) -> dict[str, Any]:
        """Its answer to a direct invocation, as soon as it has room for one."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                answer = self._lambda.invoke(FunctionName=self.name, Payload=b'{"woken_by": "a test"}')
            except ClientError as error:
                assert error.response["Error"]["Code"] == "TooManyRequestsException", error
                assert time.monotonic() < end, "it never had room"
                time.sleep(1)
                continue
            decision: dict[str, Any] = json.loads(answer["Payload"].read())
            assert "FunctionError" not in answer, decision
            return decision

    def decisions(self) -> list[dict[str, Any]]:
        """All that its log tells."""
        group = {"logGroupName": f"/aws/lambda/{self.name}"}
        streams = [stream["logStreamName"] for stream in self._logs.describe_log_streams(**group)["logStreams"]]
        lines = [
            event["message"]
            for stream in streams
            for event in self._logs.get_log_events(**group, logStreamName=stream)["events"]
        ]
        return [json.loads(line) for line in lines if line.startswith('{"outcome"')]

    def woken_by(self, whom: str) -> int:
        """How often."""
        return sum(decision["woken_by"] == whom for decision in self.decisions())


class Edge:
    """Answers 200 to everything, and nothing while it is down."""

    def __init__(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Good)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Good(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Agents(World):
    """Both sites' agents as the unit tests script them, on the real table and clock, each until its site is lost."""

    store: Any = None

    def _apply(self, change: records.Change) -> Record | None:
        found: Record | None = self.store.apply(change)
        return found

    def live(self, end: threading.Event) -> None:
        while not end.wait(0.1):
            seen = self.store.read()
            if self.record is None or seen.lease_counter != self.record.lease_counter:
                self.moved = time.monotonic()
            self.record, self.now = seen, time.monotonic()
            for agent in (agent for agent in self.agents.values() if agent.alive):
                before = agent.seq
                self._step(agent)
                if agent.seq != before:
                    self.store.publish(agent.site, self.published[agent.site])


class Sites:
    """Both sites, well until one is lost."""

    def __init__(self, store: Store, lab: dict[str, Any]) -> None:
        self.store = store
        self._edges = {site: Edge(lab[site]) for site in SITES}
        opened = store.apply(records.renew(1, "gcp"))
        self._agents = Agents(record=opened, now=time.monotonic(), moved=time.monotonic(), store=store)
        for site in SITES:
            store.publish(site, self._agents.published[site])
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._agents.live, args=[self._end])
        self._thread.start()

    @property
    def record(self) -> Record:
        found = self.store.read()
        assert found is not None
        return found

    def lose(self, site: str) -> None:
        self._agents.agents[site].alive = False
        self._edges.pop(site).down()

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        for edge in self._edges.values():
            edge.down()


def healthy_sites(store: Store, lab: dict[str, Any], zone: str) -> Iterator[Sites]:
    """Both sites, once Route 53 says that all is well."""
    sites = Sites(store, lab)
    try:
        names = [f"{check}.{site}.{zone}" for check in ("writable", "healthz") for site in SITES]
        wait_for(lambda: all(verdict(lab, name) == ['"up"'] for name in names), "Route 53 says that all is up")
        yield sites
    finally:
        sites.close()


def verdict(lab: dict[str, Any], name: str) -> list[str]:
    response = dns.query.udp(dns.message.make_query(name, "TXT"), "127.0.0.1", port=lab["dns"], timeout=5)
    return [item.to_text() for rrset in response.answer for item in rrset]
