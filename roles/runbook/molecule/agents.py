# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sites' agents as the unit tests script them, against a real table and a real clock, until killed.

Route 53 answers in the zone multicloud.example: everything is up, and the shop is where the record says, by a failover
pair whose primary is healthy while gcp is active.

python -m roles.runbook.molecule.agents TABLE REGION; the AWS API comes from the environment.
"""

from __future__ import annotations

import socketserver
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import boto3
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Record

from tests.unit.fakes.sites import SITES, World

ZONE = "multicloud.example"
ADDRESSES = {"gcp": "198.51.100.50", "aws": "198.51.100.150"}


@dataclass
class Agents(World):
    """``store``: where the record is; ``door``: what health checkers knock at. The clock goes by itself."""

    store: Any = field(default=None)
    door: Any = field(default=None)

    def _apply(self, change: records.Change) -> Record | None:
        result: Record | None = self.store.apply(change)
        self.record = result or self.store.read()
        return result

    def go(self) -> None:
        """For ever."""
        while True:
            seen = self.store.read()
            if self.record is None or seen.lease_counter != self.record.lease_counter:
                self.moved = time.monotonic()
            self.door.turn(seen.active_site == "gcp")
            self.record, self.now = seen, time.monotonic()
            before = {site: self.agents[site].seq for site in SITES}
            for agent in self.agents.values():
                self._step(agent)
                if agent.seq != before[agent.site]:
                    self.store.publish(agent.site, self.published[agent.site])
            time.sleep(0.1)


class Listener(socketserver.TCPServer):
    allow_reuse_address = True


class Door:
    """A port of loopback that is open or not: health checkers see that without any API."""

    def __init__(self) -> None:
        self.port = 0
        self._server: Listener | None = None
        self.turn(True)

    def turn(self, wanted: bool) -> None:
        if wanted and self._server is None:
            self._server = Listener(("127.0.0.1", self.port), socketserver.BaseRequestHandler)
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
        elif self._server is not None and not wanted:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def zone(port: int) -> None:
    """The shop is at gcp while ``port`` is open, else at aws; each side has a check of its own, so it can be forced."""
    client = boto3.client("route53")
    identifier = client.create_hosted_zone(Name=ZONE, CallerReference="molecule")["HostedZone"]["Id"]

    def write(name: str, kind: str, value: str, **more: Any) -> None:
        record = {"Name": f"{name}.{ZONE}", "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}], **more}
        changes: Any = [{"Action": "UPSERT", "ResourceRecordSet": record}]
        client.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch={"Changes": changes})

    def check(name: str, **config: Any) -> str:
        made = client.create_health_check(CallerReference=name, HealthCheckConfig=config)  # type: ignore[arg-type]
        found: str = made["HealthCheck"]["Id"]
        client.change_tags_for_resource(
            ResourceType="healthcheck", ResourceId=found, AddTags=[{"Key": "Name", "Value": name}]
        )
        return found

    told = {
        "gcp": check("told-gcp", Type="TCP", IPAddress="127.0.0.1", Port=port, RequestInterval=10, FailureThreshold=1),
        "aws": check("told-aws", Type="CALCULATED", HealthThreshold=0),
    }
    for site, role in (("gcp", "PRIMARY"), ("aws", "SECONDARY")):
        above = check(site, Type="CALCULATED", ChildHealthChecks=[told[site]], HealthThreshold=1)
        write("shop", "A", ADDRESSES[site], SetIdentifier=site, Failover=role, HealthCheckId=above)
        for name in ("writable", "healthz"):
            write(f"{name}.{site}", "TXT", '"up"')


def main() -> None:
    """Start with the site that is active open."""
    table, region = sys.argv[1:]
    store = Store(boto3.client("dynamodb", region_name=region), table)
    first = store.read()
    assert first is not None
    opened = store.apply(records.renew(first.epoch, first.active_site))
    door = Door()
    door.turn(first.active_site == "gcp")
    zone(door.port)
    agents = Agents(record=opened, now=time.monotonic(), moved=time.monotonic(), store=store, door=door)
    for site in SITES:
        store.publish(site, agents.published[site])
    agents.go()


if __name__ == "__main__":
    main()
