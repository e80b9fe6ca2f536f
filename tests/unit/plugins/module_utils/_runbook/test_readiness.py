# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each seeded defect is named, and no other; a system without one is ready."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.filter.dr_readiness import dr_readiness
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings
from ansible_collections.multicloud.dr.plugins.module_utils._runbook.readiness import RULES
from ansible_collections.multicloud.dr.plugins.module_utils._watch import watch
from ansible_collections.multicloud.dr.plugins.modules.dr_failover_info import report

from tests.unit.fakes.sites import World, scene

System = dict[str, Any]
Seed = Callable[[System], object]

COMMON = {"skew_seconds": 0.4, "disks": {"/": 40.0}, "certificates": {}, "units": {}, "versions": {}}
MYSQL = {
    "grants": ["'replication'@'10.10.0.20' REPLICATION SLAVE", "'replication'@'10.10.0.20' BACKUP_ADMIN"],
    "binlog_seconds": ["604800"],
    "schema": ["abc"],
}
CERTIFICATE = {"certificates": {"/etc/x.crt": 300.0}}
PROBES: dict[str, System] = {
    "vpn1": {"tunnels": '{"tunnel1": {"child": "INSTALLED", "up": true}}'},
    "db": {"mysql": MYSQL, "versions": {"mysql": "8.4.6"}, "units": {"mysql": "active"}, **CERTIFICATE},
    "cache": {"redis_backlog": "64mb", "versions": {"redis": "7.2.1"}, "units": {"redis-server": "active"}},
    "web1": {"release": "1.0.0", "units": {"nginx": "active", "shop": "active"}},
    "edge": {"units": {"nginx": "active"}, **CERTIFICATE},
}


def healthy() -> System:
    """Everything that readiness looks at."""
    world, settings = World(), Settings()
    dns = {"name": "shop.example", "addresses": ["198.51.100.50"], "ttl": 60, "site": "gcp"}
    hosts = [
        {"name": f"{site}-{name}", "site": site, "kind": name.rstrip("1"), "probe": {**COMMON, **probe}}
        for site in ("gcp", "aws")
        for name, probe in PROBES.items()
    ]
    return copy.deepcopy(
        {
            "seen": report(*watch(world, scene(), settings, world.clock), settings, None),
            "runs": {"last": None, "lock": None, "dns": dns},
            "hosts": hosts,
        }
    )


def names(system: System) -> list[tuple[str, str]]:
    hosts = [{**host, "probe": json.dumps(host["probe"]) if host["probe"] else ""} for host in system["hosts"]]
    found = dr_readiness(system["seen"], system["runs"], hosts)
    assert all(defect["sentence"].endswith(".") for defect in found)
    return [(defect["name"], defect["where"]) for defect in found]


def status(site: str, part: str, **values: Any) -> Seed:
    return lambda system: system["seen"]["statuses"][site][part].update(values)


def probe(host: str, **values: Any) -> Seed:
    def seed(system: System) -> None:
        next(each for each in system["hosts"] if each["name"] == host)["probe"].update(values)

    return seed


def mysql(**values: Any) -> Seed:
    return probe("aws-db", mysql={**MYSQL, **values})


def silent(host: str) -> Seed:
    def seed(system: System) -> None:
        next(each for each in system["hosts"] if each["name"] == host)["probe"] = None

    return seed


LOCK = {"run": "r", "owner": "ann"}
SEEDS: list[tuple[str, str, Seed]] = [
    ("agent_silent", "aws", lambda s: s["seen"]["alive"].remove("aws")),
    ("wrong_epoch", "aws", lambda s: s["seen"]["statuses"]["aws"].update(epoch=6)),
    ("replication_stopped", "aws", status("aws", "database", running=False)),
    ("lag", "aws", status("aws", "database", lag_seconds=30.0)),
    ("errant_gtid", "aws", status("aws", "database", diverged=True)),
    ("cache_stopped", "aws", status("aws", "cache", link_up=False)),
    ("unhealthy_check", "aws", lambda s: s["seen"]["health"]["aws"].update(healthz="down")),
    ("unhealthy_check", "gcp", lambda s: s["seen"]["health"]["gcp"].update(writable="down")),
    ("no_verdict", "gcp", lambda s: s["seen"]["health"]["gcp"].update(writable=None)),
    ("tunnel_down", "vpn", probe("aws-vpn1", tunnels='{"tunnel1": {"child": "", "up": false}}')),
    ("wrong_ttl", "shop.example", lambda s: s["runs"]["dns"].update(ttl=300)),
    ("wrong_answer", "shop.example", lambda s: s["runs"]["dns"].update(addresses=["198.51.100.150"], site="aws")),
    ("lock_held", "lock", lambda s: s["runs"].update(lock=LOCK)),
    ("unreachable", "aws-cache", silent("aws-cache")),
    ("certificate", "aws-db", probe("aws-db", certificates={"/etc/x.crt": -1.0})),
    ("certificate", "aws-edge", probe("aws-edge", certificates={"/etc/x.crt": 5.0})),
    ("certificate", "aws-edge", probe("aws-edge", certificates={"/etc/x.crt": None})),
    ("clock_skew", "aws-db", probe("aws-db", skew_seconds=-60.0)),
    ("clock_skew", "aws-db", probe("aws-db", skew_seconds=60.0)),
    ("disk_full", "aws-db", probe("aws-db", disks={"/": 96.0})),
    ("unit_down", "aws-cache", probe("aws-cache", units={"redis-server": "failed"})),
    ("database_silent", "aws-db", mysql(grants=None, binlog_seconds=None, schema=None)),
    ("missing_grant", "aws-db", mysql(grants=[MYSQL["grants"][0]])),
    ("missing_grant", "aws-db", mysql(grants=[MYSQL["grants"][0], "'other'@'%' BACKUP_ADMIN"])),
    ("schema_drift", "db", mysql(schema=["def"])),
    ("version_drift", "mysql", probe("aws-db", versions={"mysql": "8.4.5"})),
    ("stale_image", "aws-web1", probe("aws-web1", release="0.9.0")),
    ("stale_image", "aws-web1", probe("aws-web1", release="f00d")),
    ("missing_backlog", "aws-cache", probe("aws-cache", redis_backlog="")),
    ("missing_backlog", "aws-cache", probe("aws-cache", redis_backlog="1k")),
    ("missing_backlog", "aws-db", mysql(binlog_seconds=["3600"])),
    ("no_capacity", "aws", probe("aws-web1", units={"nginx": "active", "shop": "inactive"})),
]


def test_a_system_without_defects_is_ready() -> None:
    assert names(healthy()) == []


@pytest.mark.parametrize(("name", "where", "seed"), SEEDS, ids=[f"{s[0]}-{s[1]}-{n}" for n, s in enumerate(SEEDS)])
def test_a_seeded_defect_is_named_and_no_other(name: str, where: str, seed: Seed) -> None:
    system = healthy()
    seed(system)
    assert names(system) == [(name, where)]


def test_without_a_record() -> None:
    system = healthy()
    system["seen"]["record"] = None
    assert ("no_record", "record") in names(system)


def test_without_any_gateway() -> None:
    system = healthy()
    for site in ("gcp", "aws"):
        silent(f"{site}-vpn1")(system)
    assert names(system) == [("tunnel_down", "vpn"), ("unreachable", "gcp-vpn1"), ("unreachable", "aws-vpn1")]


def test_every_rule_has_its_seed() -> None:
    assert {name for name, _, _ in SEEDS} | {"no_record"} == set(RULES)
