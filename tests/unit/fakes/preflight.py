# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task says to many sets of variables at once: each is a host of one run of Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def said(
    folder: Path, task: Mapping[str, Any], good: Mapping[str, Any], cases: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """By case, the sentences of a task that failed; nothing of one that passed.

    ``good``: variables that are in order. ``cases``: what each case has instead; None takes a variable away.
    """
    hosts = {}
    for name, change in cases.items():
        variables = {**good, **change, "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts[name] = {key: value for key, value in variables.items() if value is not None}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "play.json").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", folder / "hosts.json", folder / "play.json"],
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
    )
    found = dict.fromkeys(cases, "")
    # Other callbacks may write after it.
    report, _ = json.JSONDecoder().raw_decode(run.stdout, run.stdout.index("{"))
    for one in report["plays"][0]["tasks"]:
        for host, result in one["hosts"].items():
            found[host] += result["msg"] if result.get("failed") else ""
    return found
