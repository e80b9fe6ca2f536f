# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runbooks, run as operators run them, in the lab, under load where a load can tell; judged by the harness."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import boto3
import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.journal import Entry
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Record
from ansible_collections.multicloud.dr.plugins.module_utils._runbook.readiness import RULES
from ansible_collections.multicloud.dr.plugins.module_utils._runbook.runs import Runs, Stored
from botocore.exceptions import ClientError

from lab.__main__ import ROOT
from tests.harness.checker import Limits
from tests.harness.faults import Event, Faults
from tests.harness.trial import Trial
from tests.harness.writer import HONOURS

from .lab import Lab, wait_for
from .sites import API, LIMITS, RECORD, agent, failover, nothing_lost, route53_answers, send_customers, settled, verdict

# What a checkout is made of, as far as a playbook needs it; .lab and with it every run's folder is not.
CHECKOUT = ("ansible.cfg", "collections", "galaxy.yml", "inventories", "meta", "playbooks", "plugins", "roles")
MOVE = ("lock", "look", "decide", "drain", "fence", "catch_up", "promote", "open")
STEPS = (*MOVE, "cache", "write", "dns", "follow", "report", "unlock")


def client(service: str) -> Any:
    """A client of the lab's AWS API."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=RECORD["region"],
        endpoint_url=API["AWS_ENDPOINT_URL"],
        aws_access_key_id=API["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=API["AWS_SECRET_ACCESS_KEY"],
    )


class Told(NamedTuple):
    """What ansible-playbook ended with and printed."""

    code: int
    text: str

    @property
    def words(self) -> str:
        """In one line: the callback folds long ones."""
        return " ".join(self.text.split())

    @property
    def plan(self) -> list[str]:
        """The rows of the printed plan."""
        return re.findall(r"^ +((?:done)? +\w+ +\d+ s  \S.*)$", self.text, re.MULTILINE)


class Playing:
    """A playbook under way, in a process namespace of its own: its workers, too, die with its first process."""

    def __init__(self, command: list[str], folder: Path, output: IO[str]) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"},
        )
        self._output = Path(output.name)

    def kill_when(self, reached: Callable[[], bool], what: str) -> None:
        """SIGKILL, at the moment. Raises AssertionError if the playbook ends before."""
        end = time.monotonic() + 120
        while not reached():
            assert self._process.poll() is None and time.monotonic() < end, f"not reached: {what}\n{self.text}"
            time.sleep(0.005)
        self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def wait(self) -> Told:
        return Told(self._process.wait(timeout=600), self.text)

    @property
    def text(self) -> str:
        return self._output.read_text()


@dataclass(frozen=True)
class Desk:
    """Where an operator sits: a checkout, and a folder for journals and reports. Two of them share only the table."""

    runs: Path
    checkout: Path = ROOT

    @contextmanager
    def begin(self, playbook: str, *flags: str, **variables: Any) -> Iterator[Playing]:
        self.runs.mkdir(exist_ok=True)
        command = [str(Path(sys.executable).with_name("ansible-playbook")), f"playbooks/{playbook}.yml", *flags]
        command += ["-e", json.dumps({"dr_runs_dir": str(self.runs), **variables})]
        with (self.runs / f"{time.monotonic_ns()}.out").open("w") as output:
            playing = Playing(command, self.checkout, output)
            try:
                yield playing
            finally:
                playing.kill()

    def play(self, playbook: str, *flags: str, **variables: Any) -> Told:
        with self.begin(playbook, *flags, **variables) as playing:
            return playing.wait()

    def report(self, run: str) -> Any:
        """As JSON, after a look at the page."""
        page = (self.runs / run / "report.html").read_text()
        assert run in page and "<h2>Time line</h2>" in page
        return json.loads((self.runs / run / "report.json").read_text())


@pytest.fixture
def table() -> Iterator[Runs]:
    """Whatever a test leaves behind, no run holds the lock after it."""
    runs = Runs(client("dynamodb"), "multicloud-dr")
    yield runs
    if lock := runs.lock():
        runs.release_lock(lock["run"])


@pytest.fixture
def away(lab: Lab) -> None:
    """The test begins with the writer at aws and gcp following."""
    if agent(lab, "gcp").get("database", {}).get("writable"):
        wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
        done, answer = failover("aws", planned=True)
        assert done, answer["msg"]
    wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ann")


def last(table: Runs) -> Stored:
    run = table.last()
    assert run is not None
    return run


def lines(table: Runs) -> tuple[Entry, ...]:
    """Of the last run's journal."""
    run = table.last()
    return () if run is None else run.journal.entries


def record(table: Runs) -> Record:
    found = table.read()
    assert found is not None
    return found


def still(table: Runs) -> Record:
    """The record but for its lease, which is renewed all the time."""
    return replace(record(table), lease_counter=0)


# Readiness -----------------------------------------------------------------------------------------------------------

NOBODY = "20260101T000000-nobody"
ERRANT = f"{uuid.uuid4()}:1"
# The shop's name is in no resolver's cache for longer than it should be.
LONG_TTL = 61
# What stands in the list of defects: name, place, and what the sentence says.
DEFECTS = (
    ("agent_silent", "aws", "publishes nothing"),
    ("wrong_epoch", "aws", "is at epoch"),
    ("replication_stopped", "aws", "does not run"),
    ("lag", "aws", "s behind"),
    ("errant_gtid", "aws", "transactions of its own"),
    ("cache_stopped", "aws", "Redis of aws does not follow"),
    ("unhealthy_check", "gcp", "/healthz of gcp down"),
    ("no_verdict", "aws", "/writable of aws cannot be read"),
    ("tunnel_down", "vpn", "3 of 4 tunnels are up"),
    ("wrong_ttl", "origin.multicloud.example", f"lives for {LONG_TTL} s"),
    ("wrong_answer", "origin.multicloud.example", "answers 198.51.100.150, not gcp"),
    ("lock_held", "lock", f"Run {NOBODY} of nobody holds the lock"),
    ("certificate", "aws-edge", "/etc/nginx/tls/edge.crt has expired"),
    ("clock_skew", "gcp-edge", "s behind"),
    ("disk_full", "gcp-cache", "/srv is 9"),
    ("unit_down", "aws-db", "dr-agent.service is inactive"),
    ("unit_down", "aws-cache", "redis-server.service is inactive"),
    ("missing_grant", "gcp-db", "replication has no BACKUP_ADMIN"),
    ("schema_drift", "db", "between aws-db and gcp-db"),
    ("version_drift", "haproxy", "1.0.0 on aws-web1"),
    ("stale_image", "gcp-web2", "others"),
    ("missing_backlog", "aws-db", "Binary logs are kept for 3600 s"),
    ("no_capacity", "aws", "1 at aws, 2 at the other site"),
)
# An expired certificate, and the server has it.
EXPIRED = (
    "cp -a /etc/nginx/tls /run/e2e-tls && cd /etc/nginx/tls && openssl req -x509 -quiet -nodes -newkey ec"
    " -pkeyopt ec_paramgen_curve:P-256 -subj /CN=shop.multicloud.example -not_before 20200101000000Z"
    " -not_after 20200201000000Z -keyout edge.key -out edge.crt 2>&1 && systemctl reload nginx"
)
RENEWED = "cp -a /run/e2e-tls/. /etc/nginx/tls/ && rm -r /run/e2e-tls && systemctl reload nginx"
# Containers share the machine's clock, so a host whose clock is behind has a Python that sees it so.
SLOW_CLOCK = """\
mkdir /run/e2e-clock
echo 'import time; now = time.time; time.time = lambda: now() - 120' > /run/e2e-clock/sitecustomize.py
printf '#!/bin/sh\\nPYTHONPATH=/run/e2e-clock exec /usr/bin/python3 "$@"\\n' > /usr/local/bin/python3
chmod +x /usr/local/bin/python3
"""
# Debian has one version of a package at a time, so a host with another one has a command that says so.
OLD_HAPROXY = """\
printf '#!/bin/sh\\n[ "$1" = -v ] && exec echo HAProxy version 1.0.0\\nexec /usr/sbin/haproxy "$@"\\n' \\
  > /usr/local/bin/haproxy
chmod +x /usr/local/bin/haproxy
"""
# One host was forgotten at the last release.
OLDER = "cp /srv/shop/current/README.md /run/e2e-readme && echo older >> /srv/shop/current/README.md"
CURRENT = "cp /run/e2e-readme /srv/shop/current/README.md && rm /run/e2e-readme"


class Route53:
    """The zone and its checks, through the control plane."""

    def __init__(self) -> None:
        self._client = client("route53")
        self._zone = self._client.list_hosted_zones_by_name(DNSName="multicloud.example")["HostedZones"][0]["Id"]

    def pair(self, kind: str, name: str = "") -> list[Any]:
        """A failover pair: the only one of its kind, or that of a name."""
        found = self._client.list_resource_record_sets(HostedZoneId=self._zone)["ResourceRecordSets"]
        found = [
            each for each in found if each["Type"] == kind and "Failover" in each and each["Name"].startswith(name)
        ]
        assert len(found) == 2, found
        return list(found)

    def change(self, action: str, sets: list[Any]) -> None:
        changes = [{"Action": action, "ResourceRecordSet": each} for each in sets]
        self._client.change_resource_record_sets(HostedZoneId=self._zone, ChangeBatch={"Changes": changes})

    def invert(self, address: str, path: str, inverted: bool) -> None:
        """The check of ``path`` at an edge says the opposite of what it finds, or no longer."""
        for check in self._client.list_health_checks()["HealthChecks"]:
            config = check["HealthCheckConfig"]
            if (config.get("IPAddress"), config.get("ResourcePath")) == (address, path):
                self._client.update_health_check(HealthCheckId=check["Id"], Inverted=inverted)


class Seeds(Faults):
    """Defects, undone in reverse like other faults."""

    def __init__(self, lab: Lab, table: Runs) -> None:
        super().__init__(lab)
        self._lab: Lab = lab
        self._table = table

    def seed(self, what: str, act: Callable[[], object], undo: Callable[[], object]) -> Event:
        return self._happen(what, lambda: void(act), lambda: void(undo))

    def script(self, host: str, act: str, undo: str) -> Event:
        """In the shell of a host, as root."""
        run = partial(self._lab.run, host, "sh", "-euc")
        return self.seed(f"{act} on {host}", lambda: run(act), lambda: run(undo))

    def sql(self, host: str, act: str, undo: str) -> Event:
        """On one server: nothing of it is replicated."""
        run = partial(self._lab.sql, host)
        alone = "SET SESSION sql_log_bin = 0; "
        return self.seed(f"{act} on {host}", lambda: run(alone + act), lambda: run(alone + undo))

    def all(self) -> None:
        """Every one of DEFECTS, in the system itself wherever a container can have it."""
        self._on_hosts()
        self._in_route53()
        self._in_databases()
        self._around_the_record()

    def _on_hosts(self) -> None:
        self.swallow(["gcp-vpn1"], "ip saddr 198.51.100.112", "ip daddr 198.51.100.112")
        self.script("aws-edge", EXPIRED, RENEWED)
        self.script("gcp-edge", SLOW_CLOCK, "rm -r /usr/local/bin/python3 /run/e2e-clock")
        self.script("aws-web1", OLD_HAPROXY, "rm /usr/local/bin/haproxy")
        self.script("gcp-web2", OLDER, CURRENT)
        self.script("aws-web2", "systemctl stop nginx", "systemctl start nginx")
        self.script("aws-cache", "systemctl stop redis-server", "systemctl start redis-server")
        full = "mount -t tmpfs -o size=1m e2e /srv && fallocate -l 1000K /srv/full"
        self.script("gcp-cache", full, "umount /srv")

    def _in_route53(self) -> None:
        zone = Route53()
        shop, writable = zone.pair("A"), zone.pair("TXT", "writable.aws.")
        longer = [{**each, "TTL": LONG_TTL} for each in shop]
        self.seed("a TTL", lambda: zone.change("UPSERT", longer), lambda: zone.change("UPSERT", shop))
        self.seed("no verdict", lambda: zone.change("DELETE", writable), lambda: zone.change("UPSERT", writable))
        check = partial(zone.invert, self._lab.address("gcp-edge", "wan0"), "/healthz")
        self.seed("an inverted check", lambda: check(True), lambda: check(False))

    def _in_databases(self) -> None:
        rows = self._lab.sql("gcp-db", "SELECT QUOTE(User), QUOTE(Host) FROM mysql.user WHERE User = 'replication'")
        accounts = ", ".join("@".join(row) for row in rows)
        self.sql("gcp-db", f"REVOKE BACKUP_ADMIN ON *.* FROM {accounts}", f"GRANT BACKUP_ADMIN ON *.* TO {accounts}")
        self.sql("gcp-db", "CREATE TABLE shop.drift (id INT PRIMARY KEY)", "DROP TABLE shop.drift")
        ((kept,),) = self._lab.sql("aws-db", "SELECT @@GLOBAL.binlog_expire_logs_seconds")
        setting = "SET GLOBAL binlog_expire_logs_seconds ="
        self.sql("aws-db", f"{setting} 3600", f"{setting} {kept}")
        self._lock_up_the_heartbeat()
        # Made good as people do it: the writer gets the same transaction, and it is nobody's own any more.
        empty = f"SET GTID_NEXT = '{ERRANT}'; BEGIN; COMMIT; SET GTID_NEXT = AUTOMATIC"
        self.seed("errant", lambda: self._lab.sql("aws-db", empty), lambda: self._lab.sql("gcp-db", empty))

    def _lock_up_the_heartbeat(self) -> None:
        """A session on the standby holds up replication."""
        held = "LOCK TABLES dr.heartbeat READ; SELECT SLEEP(3600)"
        command = self._lab.command("aws-db", "mysql", "-e", held)
        sessions: list[subprocess.Popen[bytes]] = []

        def release() -> None:
            for (session,) in self._lab.sql(
                "aws-db", "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(3600)'"
            ):
                self._lab.sql("aws-db", f"KILL {session}")
            for each in sessions:
                each.wait(timeout=30)

        def hold() -> None:
            sessions.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

        self.seed(held, hold, release)

    def _around_the_record(self) -> None:
        """The agent of aws is gone since before the last change of the epoch."""
        self.seed("a lock", lambda: self._table.take_lock(NOBODY, "nobody"), lambda: self._table.release_lock(NOBODY))
        wait_for(lambda: agent(self._lab, "aws")["database"]["diverged"], "aws knows of its own transaction", 30)
        # An agent does not follow again with a transaction of its own; without one it does.
        self.seed("no receiver", lambda: self._lab.sql("aws-db", "STOP REPLICA IO_THREAD"), lambda: None)
        wait_for(self._told, "the agent of aws says all that", 30)
        self.script("aws-db", "systemctl stop dr-agent", "systemctl start dr-agent")
        epoch = record(self._table).epoch
        cause = records.Cause("test", "an epoch that the agent of aws does not hear of", time.time())
        self._table.apply(records.promote(epoch, "gcp", cause))
        self._table.apply(records.acknowledge(epoch + 1))

    def _told(self) -> bool:
        status = self._table.statuses(("aws",))["aws"] or {}
        seen = status["database"]
        return bool(seen["diverged"] and not seen["running"] and seen["lag_seconds"] > 6)


def void(act: Callable[[], object]) -> None:
    act()


def defects(told: Told) -> list[tuple[str, str, str]]:
    """What readiness.yml printed: name, place, sentence of each."""
    found = re.findall(r"^ +(\w+) at (\S+): (.+)$", told.text, re.MULTILINE)
    # As an error, and as what the task returned.
    return [each for each in dict.fromkeys(found) if each[0] in RULES]


def healthy(lab: Lab) -> None:
    """Nothing is on its way any more, neither from the test before nor from the defects of this one."""
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
    wait_for(lambda: lab.all_tunnels() == 4, "all tunnels are up", 90)
    gcp = [lab.address("gcp-edge", "wan0")]
    wait_for(lambda: verdict("healthz.gcp") == "up" and route53_answers() == gcp, "Route 53 finds gcp", 120)


@pytest.mark.usefixtures("at_home")
def test_readiness_names_each_of_many_defects_and_nothing_else(lab: Lab, table: Runs, desk: Desk) -> None:
    healthy(lab)
    green = desk.play("readiness")
    assert green.code == 0, green.text
    seeds = Seeds(lab, table)
    with seeds:
        seeds.all()
        red = desk.play("readiness")
    assert red.code != 0
    found = defects(red)
    assert [each[:2] for each in found] == [each[:2] for each in DEFECTS], red.text
    assert [said for (_, _, words), (_, _, said) in zip(DEFECTS, found, strict=True) if words not in said] == []
    healthy(lab)
    again = desk.play("readiness")
    assert again.code == 0, again.text


# A site that comes back ----------------------------------------------------------------------------------------------


def overridden(run: Stored) -> set[str]:
    """The refusals that the journal says were needed and overridden."""
    verdicts = [entry.data["verdict"] for entry in run.journal.entries if entry.data.get("verdict")]
    return {refusal["name"] for each in verdicts for refusal in each["overridden"]}


def ledger(folder: Path) -> set[str]:
    """The ids of the orders in a ledger."""
    lines = (folder / "ledger" / "ledger.jsonl").read_text().splitlines()
    changes = [change for line in lines for change in json.loads(line)["changes"]]
    return {change["ids"]["request_id"] for change in changes if change.get("table") == "shop.orders"}


@pytest.mark.usefixtures("at_home")
def test_what_a_lost_site_took_with_it_is_in_the_ledger(lab: Lab, table: Runs, desk: Desk, tmp_path: Path) -> None:
    """Orders that gcp acknowledged and never sent: it is lost, replaced although the arbiter refused, and returns."""
    send_customers(lab, "gcp")
    start = record(table).epoch
    # An operator whose shop bears no loss of a second.
    asked: dict[str, Any] = {"dr_target": "aws", "dr_unplanned": True, "runbook_settings": {"rpo_seconds": 1}}
    with Faults(lab) as faults:
        with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
            trial.await_orders(20)
            cut = faults.cut_vpn()
            trial.await_orders(20)
            lost = faults.lose("gcp")
        refused = desk.play("failover", **asked)
        assert refused.code != 0, refused.text
        refusals = desk.report(last(table).run)["refusals"]
        names = {refusal["name"] for refusal in refusals}
        assert "rpo" in names and f"dr_override: [{', '.join(sorted(names))}]" in refused.words, refused.text
        assert (record(table).epoch, table.lock()) == (start, None)

        with desk.begin("failover", **asked, dr_override=sorted(names)) as playing:
            wait_for(lambda: agent(lab, "aws").get("database", {}).get("writable"), "aws takes writes", 60)
            faults.mend(lost)
            faults.mend(cut)
            assert playing.wait().code == 0, playing.text
    run = last(table)
    assert "rpo" in overridden(run) <= names
    assert set(record(table).overrides) == overridden(run)
    assert {each["name"] for each in desk.report(run.run)["overrides"]} == overridden(run)

    wait_for(lambda: agent(lab, "gcp").get("database", {}).get("diverged"), "gcp knows of its own transactions", 120)
    stranded = trial.tables("gcp-db")
    judgement = trial.judge("aws-db", elsewhere=stranded, fault=lost.fault, limits=Limits(blind=600.0))
    ids = set(judgement.stranded)
    acked = {one.id for journal in trial.journals() for one in journal.attempts if one.outcome == "acked"}
    assert acked & ids == {one.id for one in judgement.lost}, "an order was lost that gcp does not have"
    assert len(judgement.lost) >= 20

    rejoined = desk.play("rejoin", dr_target="gcp")
    assert rejoined.code == 0, rejoined.text
    assert ledger(desk.runs / last(table).run) == ids
    wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)
    assert agent(lab, "gcp")["database"]["diverged"] is False
    assert trial.tables("gcp-db").orders == trial.tables("aws-db").orders

    back = desk.play("fail_back", dr_target="gcp", runbook_shop_name="")
    assert back.code == 0, back.text
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
    print(
        f"{len(judgement.lost)} acknowledged orders lost, {len(ids)} in the ledger; refused: {', '.join(sorted(names))}"
    )


# Moving the writer ---------------------------------------------------------------------------------------------------


def measured(desk: Desk, run: str) -> Any:
    """The report of a planned failover that went well."""
    told = desk.report(run)
    assert told["outcome"] == "done"
    assert {step["name"]: step["outcome"] for step in told["steps"]} == dict.fromkeys(STEPS, "done"), told
    assert [(rpo["transactions"], rpo["exact"]) for rpo in told["rpo"]] == [(0, True)]
    return told


def screen() -> dict[str, str]:
    """What `make status` shows, by the word at the beginning of a line."""
    done = subprocess.run(["make", "--silent", "status"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.rstrip("\n").splitlines()
    assert 0 < len(lines) <= 24 and max(map(len, lines)) <= 80, done.stdout
    return {line[:10].strip(): line[10:] for line in lines}


@pytest.mark.usefixtures("at_home")
def test_a_planned_failover_does_what_its_plan_says(lab: Lab, table: Runs, desk: Desk, tmp_path: Path) -> None:
    gcp = [lab.address("gcp-edge", "wan0")]
    wait_for(lambda: route53_answers() == gcp, "DNS is at gcp, and will be seen to move", 120)
    before, runs = still(table), table.last()
    checked = desk.play("failover", "--check", dr_target="aws")
    assert checked.code == 0, checked.text
    assert "predicted loss: Nothing" in checked.words and "predicted time: " in checked.words
    assert (still(table), table.last(), table.lock()) == (before, runs, None)
    assert not any(path.is_dir() for path in desk.runs.iterdir())

    with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db", tries=2) as trial:
        trial.await_orders(20)
        there = desk.play("failover", dr_target="aws", dr_reason="a look at the other side")
        assert there.code == 0, there.text
        assert there.plan == checked.plan and len(there.plan) == len(STEPS)
        run = last(table)
        assert record(table).run == run.run
        trial.await_orders(20)
    nothing_lost(trial.judge("aws-db", limits=LIMITS))
    wait_for(lambda: settled(lab, "aws"), "aws writes and gcp follows", 60)
    assert (record(table).active_site, record(table).epoch, table.lock()) == ("aws", before.epoch + 1, None)

    told = measured(desk, run.run)
    assert (told["verb"], told["reason"]) == ("failover", "a look at the other side")
    shown = screen()
    assert shown["active"].startswith(f"aws, epoch {before.epoch + 1}, lease held")
    assert shown["agents"] == "gcp standby, aws active"
    assert shown["tunnels"] == "4/4"
    assert shown["DNS"].endswith(" is 198.51.100.150 (aws)")
    assert shown["last run"].startswith("failover to aws: done")
    print(f"failover.yml {told['seconds']:.1f} s, without writes {told['rto'][0]['without_writes_seconds']:.2f} s")


class Sight(NamedTuple):
    """What can be seen of a run from outside: the record, how far it has moved, the journal's new (step, event)."""

    record: Record
    epochs: int
    entries: frozenset[tuple[str, str]]


def after(step: str, event: str = "done") -> Callable[[Sight], bool]:
    return lambda seen: (step, event) in seen.entries


# dr_failover does the steps from look to open, and the journal has them when it is done: till then the record tells.
# Report and unlock are one task, of milliseconds: tests/unit/plugins/modules/dr_run kills it after each of its writes.
KILLS: dict[str, Callable[[Sight], bool]] = {
    "the lock": after("lock"),
    "the first look": after("look", "intent"),
    "the drain": lambda seen: seen.record.draining,
    "the promotion": lambda seen: seen.epochs == 1,
    "the opening": after("open"),
    "a look at Redis": after("cache"),
    "a look at the writers": after("write"),
    "a look at DNS": after("dns"),
    "a look at replication": after("follow"),
}


@pytest.mark.usefixtures("away")
def test_a_runbook_killed_after_each_of_its_steps_goes_on_elsewhere(lab: Lab, table: Runs, tmp_path: Path) -> None:
    """One fail-back, killed again and again, each time taken up from the other of two checkouts that share nothing."""
    other = tmp_path / "checkout"
    other.mkdir()
    for name in CHECKOUT:
        copy = shutil.copy2 if (ROOT / name).is_file() else partial(shutil.copytree, symlinks=True)
        copy(ROOT / name, other / name)
    desks = (Desk(tmp_path / "ann"), Desk(tmp_path / "bob", other))
    start = record(table).epoch

    def seen(known: frozenset[str]) -> Sight:
        """``known``: hashes of journal lines that were there before."""
        now = record(table)
        new = frozenset((entry.step, entry.event) for entry in lines(table) if entry.hash not in known)
        return Sight(now, now.epoch - start, new)

    asked: dict[str, str] = {"dr_target": "gcp"}
    with Trial(lab, tmp_path, clients=(HONOURS,), database="aws-db", tries=2) as trial:
        trial.await_orders(20)
        for number, (what, reached) in enumerate(KILLS.items()):
            known = frozenset(entry.hash for entry in lines(table))
            with desks[number % 2].begin("fail_back", **asked) as playing:
                playing.kill_when(lambda known=known, reached=reached: reached(seen(known)), what)  # type: ignore[misc]
            asked = {"dr_resume": last(table).run}
            assert record(table).epoch - start in (0, 1), f"killed after {what}"
        desk = desks[len(KILLS) % 2]
        done = desk.play("fail_back", **asked)
        assert done.code == 0, done.text
        trial.await_orders(20)
        over = desk.play("fail_back", **asked)
        assert over.code != 0 and "there is nothing to resume" in over.words
    nothing_lost(trial.judge("gcp-db", limits=LIMITS))
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
    assert (record(table).active_site, record(table).epoch, table.lock()) == ("gcp", start + 1, None)
    told = measured(desk, asked["dr_resume"])
    print(f"killed {len(KILLS)} times in {told['seconds']:.0f} s, {len(told['notes'])} times taken up")


# A game day ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_home")
def test_a_drill_needs_no_control_plane(lab: Lab, table: Runs, desk: Desk) -> None:
    """There and back while every API of AWS but the record's table is away."""
    before = record(table)
    with Faults(lab) as faults:
        faults.blackout(excepted=["dynamodb"])
        for service, call in (("route53", "list_health_checks"), ("ec2", "describe_instances")):
            with pytest.raises(ClientError, match="ServiceUnavailable"):
                getattr(client(service), call)()
        drill = desk.play("drill", dr_target="aws", dr_stay=5, runbook_shop_name="")
    assert drill.code == 0, drill.text
    told = desk.report(last(table).run)
    assert (told["verb"], told["outcome"]) == ("drill", "done")
    assert [(rto["step"], rto["epoch"]) for rto in told["rto"]] == [
        ("there_open", before.epoch + 1),
        ("back_open", before.epoch + 2),
    ]
    assert [(rpo["transactions"], rpo["exact"]) for rpo in told["rpo"]] == [(0, True)] * 2
    assert (record(table).active_site, table.lock()) == ("gcp", None)
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)


# An isolation drill --------------------------------------------------------------------------------------------------

# Less than any lease lasts: the way to the peer is no part of an order's.
HOLDER_TTL = 8
FINDINGS = ("cut", "agent", "record", "database", *("catalogue",) * 2, *("orders",) * 2, "lease", "arbiter")
ISOLATED = ("db", "cache", "web1", "web2")


def cut_off(lab: Lab) -> list[str]:
    """The hosts, of either site, that drop packets for a drill, or are going to stop it."""
    hosts = [f"{site}-{part}" for site in ("gcp", "aws") for part in ISOLATED]
    return [
        host
        for host in hosts
        if "dr_drill" in lab.run(host, "nft", "list", "tables")
        or lab.succeeds(host, "systemctl", "is-active", "dr-drill-join.timer")
    ]


@pytest.mark.usefixtures("at_home")
def test_an_isolation_drill_shows_what_the_standby_can_do_alone(
    lab: Lab, table: Runs, desk: Desk, tmp_path: Path
) -> None:
    healthy(lab)
    # Customers who come in at aws buy across the VPN.
    send_customers(lab, "gcp")
    before, runs = still(table), table.last()
    checked = desk.play("drill_isolation", "--check", dr_target="aws", dr_stay=5)
    assert checked.code == 0, checked.text
    assert (still(table), table.last(), table.lock(), cut_off(lab)) == (before, runs, None, [])

    with Trial(lab, tmp_path, clients=(HONOURS,), database="gcp-db") as trial:
        trial.await_orders(20)
        drill = desk.play("drill_isolation", dr_target="aws", dr_stay=5)
        trial.await_orders(20)
    assert drill.code == 0, drill.text
    assert drill.plan == checked.plan
    judgement = trial.judge("gcp-db", limits=LIMITS)
    nothing_lost(judgement)
    longest = judgement.availability[HONOURS].longest
    assert longest < HOLDER_TTL
    assert (still(table), table.lock(), cut_off(lab)) == (before, None, [])

    told = desk.report(last(table).run)
    assert {step["outcome"] for step in told["steps"]} == {"done"}
    assert tuple(finding["name"] for finding in told["findings"]) == FINDINGS
    assert all(finding["seen"] for finding in told["findings"])
    assert told["findings"][0]["sentence"] == "4 hosts were cut off; the agent of aws hears nothing of gcp."
    page = (desk.runs / told["run"] / "report.html").read_text()
    assert "<h2>What aws can do alone</h2>" in page
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)
    print(f"isolation drill {told['seconds']:.0f} s, longest time without an order {longest:.2f} s")


@pytest.mark.usefixtures("at_home")
def test_an_isolation_drill_whose_controller_dies_ends_by_itself(lab: Lab, table: Runs, desk: Desk) -> None:
    epoch = record(table).epoch
    known = frozenset(entry.hash for entry in lines(table))

    def isolated() -> bool:
        return ("isolate", "done") in {(each.step, each.event) for each in lines(table) if each.hash not in known}

    with desk.begin("drill_isolation", dr_target="aws", dr_stay=5, dr_margin=30) as playing:
        playing.kill_when(isolated, "the sites are cut off")
    assert cut_off(lab) == [f"aws-{part}" for part in ISOLATED]
    wait_for(lambda: not cut_off(lab), "the hosts of aws join gcp by themselves", 90)
    wait_for(lambda: settled(lab, "gcp"), "gcp writes and aws follows", 60)

    run = last(table).run
    done = desk.play("drill_isolation", dr_resume=run)
    assert done.code == 0, done.text
    told = desk.report(run)
    outcomes = {step["name"]: step["outcome"] for step in told["steps"]}
    assert outcomes == {**dict.fromkeys(outcomes, "done"), "alone": "failed"}
    assert (told["outcome"], told["findings"]) == ("done", [])
    assert (record(table).epoch, table.lock(), cut_off(lab)) == (epoch, None, [])
