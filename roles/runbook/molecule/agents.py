# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sites' agents as the unit tests script them, against a real table and a real clock, until killed.

Route 53 answers in the zone multicloud.example: everything is up, and the shop is where the record says.

python -m roles.runbook.molecule.agents TABLE REGION; the AWS API comes from the environment.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
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
    """``store``: where the record is; ``zone``: what answers for it. The clock goes by itself."""

    store: Any = field(default=None)
    zone: Any = field(default=None)

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
            if self.record is None or seen.active_site != self.record.active_site:
                self.zone(f"shop.{ZONE}", "A", ADDRESSES[seen.active_site])
            self.record, self.now = seen, time.monotonic()
            before = {site: self.agents[site].seq for site in SITES}
            for agent in self.agents.values():
                self._step(agent)
                if agent.seq != before[agent.site]:
                    self.store.publish(agent.site, self.published[agent.site])
            time.sleep(0.1)


def zone() -> Callable[[str, str, str], None]:
    """``zone(name, type, value)`` makes a record."""
    client = boto3.client("route53")
    identifier = client.create_hosted_zone(Name=ZONE, CallerReference="molecule")["HostedZone"]["Id"]

    def write(name: str, kind: Any, value: str) -> None:
        record: Any = {"Name": name, "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}]}
        changes: Any = [{"Action": "UPSERT", "ResourceRecordSet": record}]
        client.change_resource_record_sets(HostedZoneId=identifier, ChangeBatch={"Changes": changes})

    for site in SITES:
        for check in ("writable", "healthz"):
            write(f"{check}.{site}.{ZONE}", "TXT", '"up"')
    return write


def main() -> None:
    """Start with the site that is active open."""
    table, region = sys.argv[1:]
    store = Store(boto3.client("dynamodb", region_name=region), table)
    first = store.read()
    assert first is not None
    opened = store.apply(records.renew(first.epoch, first.active_site))
    agents = Agents(record=opened, now=time.monotonic(), moved=time.monotonic(), store=store, zone=zone())
    agents.zone(f"shop.{ZONE}", "A", ADDRESSES[first.active_site])
    for site in SITES:
        store.publish(site, agents.published[site])
    agents.go()


if __name__ == "__main__":
    main()
