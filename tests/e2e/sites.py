# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the failover tests and benchmarks ask of the two sites: move the writer, who writes, has everything settled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
from ansible_collections.multicloud.dr.plugins.module_utils import _dns, _record_access
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import Store
from ansible_collections.multicloud.dr.plugins.module_utils._failover.transition import Request
from ansible_collections.multicloud.dr.plugins.module_utils._watch import Clock, Scene
from ansible_collections.multicloud.dr.plugins.modules.dr_failover import Asked, Failed, Transition

from lab.__main__ import ROOT
from tests.harness.checker import Judgement, Limits
from tests.harness.writer import ask

from .lab import Lab, playbook, wait_for

# A busy machine is not blind for want of a sample.
LIMITS = Limits(blind=5.0)
DATABASE = {"gcp": "gcp-db", "aws": "aws-db"}
API = {
    "AWS_ENDPOINT_URL": "http://10.30.0.202:5000",
    "AWS_ACCESS_KEY_ID": "lab",
    "AWS_SECRET_ACCESS_KEY": "any-secret-will-do",
}


RECORD: dict[str, Any] = {"region": "ap-northeast-1", "sites": ["gcp", "aws"]}
ROUTE53: dict[str, Any] = {"zone": "multicloud.example", "name_servers": ["10.30.0.202"]}


def module(name: str, **arguments: Any) -> tuple[bool, dict[str, Any]]:
    """Run a module of the collection on the controller; whether it succeeded, and its answer."""
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", f"multicloud.dr.{name}"]
    done = subprocess.run(
        [*command, "-a", json.dumps(arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={
            **os.environ,
            **API,
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        },
    )
    # The profile of the tasks stands around it.
    (play,) = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])["plays"]
    answer: dict[str, Any] = play["tasks"][0]["hosts"]["localhost"]
    return done.returncode == 0, answer


def failover(target: str, *, planned: bool, **options: Any) -> tuple[bool, dict[str, Any]]:
    """Ask for a failover as the runbook does; whether it was done, and the module's answer."""
    return module("dr_failover", **RECORD, **ROUTE53, target=target, planned=planned, run=uuid.uuid4().hex, **options)


class Operator:
    """The same failover in this process, for a hundred of them in a row."""

    def __init__(self) -> None:
        client = boto3.client(
            "dynamodb",
            region_name=RECORD["region"],
            endpoint_url=API["AWS_ENDPOINT_URL"],
            aws_access_key_id=API["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=API["AWS_SECRET_ACCESS_KEY"],
        )
        self._store = Store(client, "multicloud-dr")
        self._health = _record_access.health({**ROUTE53, "health": None}, ("gcp", "aws"))

    def hand_over(self, target: str, timeout: float = 60) -> dict[str, Any]:
        """A planned failover, asked for until the arbiter allows it; what the module would return. Raises Failed."""
        sites = ("gcp", "aws") if target == "aws" else ("aws", "gcp")
        end = time.monotonic() + timeout
        while True:
            request = Request(sites[0], target, True, uuid.uuid4().hex, None)
            scene = Scene(("gcp", "aws"), "operator", self._health)
            transition = Transition(self._store, Asked(request, scene, by="benchmark"), Clock())
            try:
                transition.run()
            except Failed:
                # What was refused has changed nothing.
                if transition.changed or time.monotonic() > end:
                    raise
            else:
                return transition.facts


def set_mode(mode: str) -> None:
    """Who may promote from now on. What was done before has been looked at, so anti-flap does not hold."""
    done, answer = module("dr_record", **RECORD, mode=mode, acknowledge=True)
    assert done, answer["msg"]


def agent(lab: Lab, site: str) -> dict[str, Any]:
    """What a site's agent says of it; empty if it is silent."""
    url = f"http://{lab.address(DATABASE[site], 'eth0')}:8008/status"
    text = lab.run(DATABASE[site], "curl", "-s", "--max-time", "2", url, check=False)
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def settled(lab: Lab, writer: str) -> bool:
    """``writer`` takes writes, the other site follows it closely."""
    standby = "aws" if writer == "gcp" else "gcp"
    database = agent(lab, standby).get("database", {})
    return bool(
        agent(lab, writer).get("database", {}).get("writable")
        and database.get("running")
        and database.get("diverged") is False
        and (database.get("lag_seconds") or 99) < 3
    )


def rejoin(lab: Lab, site: str) -> None:
    """Have a deposed site follow, by the runbook if it cannot by itself."""
    wait_for(lambda: agent(lab, site).get("database", {}).get("diverged") is not None, f"{site} knows what it has", 60)
    if agent(lab, site)["database"]["diverged"]:
        done = playbook("playbooks/rejoin.yml", "-e", f"dr_target={site}")
        assert done.returncode == 0, done.stdout + done.stderr


def route53_answers(name: str = "shop.multicloud.example") -> list[str]:
    """What Route 53's name server says now, no cache in between."""
    return ask(name, ROUTE53["name_servers"][0])[0]


def send_customers(lab: Lab, site: str) -> None:
    """Until Route 53 sends new customers to a site, and none is held elsewhere by what a cache still knows."""
    edge = [lab.address(f"{site}-edge", "wan0")]
    wait_for(lambda: route53_answers() == edge, f"Route 53 answers {site}", 120)
    lab.run("resolver", "systemctl", "restart", "unbound")
    wait_for(lambda: lab.dig("shop.multicloud.example") == edge, f"the resolver answers {site}", 30)
    lab.run("cdn", "systemctl", "reload", "nginx")


def verdict(name: str) -> str:
    """Route 53's published verdict, such as of ``healthz.gcp``: up or down."""
    found = _dns.verdicts([f"{name}.{ROUTE53['zone']}"], ROUTE53["name_servers"])
    return str(*found.values())


def never_two(judgement: Judgement) -> None:
    """No two writable databases, and nothing else that no failover excuses. Orders may have been lost."""
    # What the samples of a busy machine cannot tell apart is possible; only what they prove is certain.
    assert (judgement.writers.certain, judgement.commits.certain) == ((), ())
    assert (judgement.duplicated, judgement.phantom) == ((), ())


def nothing_lost(judgement: Judgement) -> None:
    assert judgement.verdict == "pass", judgement.reasons
    assert judgement.lost == ()
    never_two(judgement)
