# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the failover tests and benchmarks ask of the two sites: move the writer, who writes, has everything settled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from lab.__main__ import ROOT
from tests.harness.checker import Judgement, Limits

from .lab import Lab

# A busy machine is not blind for want of a sample.
LIMITS = Limits(blind=5.0)
DATABASE = {"gcp": "gcp-db", "aws": "aws-db"}
API = {
    "AWS_ENDPOINT_URL": "http://10.30.0.202:5000",
    "AWS_ACCESS_KEY_ID": "lab",
    "AWS_SECRET_ACCESS_KEY": "lab",
}


def failover(target: str, *, planned: bool, **options: Any) -> tuple[bool, dict[str, Any]]:
    """Ask for a failover as the runbook does; whether it was done, and the module's answer."""
    arguments = {
        "region": "ap-northeast-1",
        "sites": ["gcp", "aws"],
        "target": target,
        "planned": planned,
        "run": uuid.uuid4().hex,
        "zone": "multicloud.example",
        "name_servers": ["10.30.0.202"],
        **options,
    }
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", "multicloud.dr.dr_failover"]
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


def nothing_lost(judgement: Judgement) -> None:
    assert judgement.verdict == "pass", judgement.reasons
    assert (judgement.lost, judgement.duplicated, judgement.phantom) == ((), (), ())
    # What the samples of a busy machine cannot tell apart is possible; only what they prove is certain.
    assert judgement.writers.certain == ()
