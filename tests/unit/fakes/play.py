# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a role as a playbook does, in a process of its own, against an API of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Done:
    """A run: whether it went through, the results of its tasks (each turn of a loop is one), all that it printed."""

    ok: bool
    results: list[dict[str, Any]]
    text: str

    @property
    def changed(self) -> list[dict[str, Any]]:
        """What was changed, or in check mode would be."""
        return [result for result in self.results if result.get("changed")]

    @property
    def failures(self) -> list[str]:
        """What went wrong."""
        return [str(result.get("msg")) for result in self.results if result.get("failed")]

    @property
    def differences(self) -> list[str]:
        """Sentences of gcp_resource."""
        return [sentence for result in self.results for sentence in result.get("differences", [])]


def play(folder: Path, role: str, variables: dict[str, Any], environment: dict[str, str], *options: str) -> Done:
    """Apply a role to the controller. ``options``: such as --check."""
    facts = {"ansible_python_interpreter": sys.executable}
    where = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": facts,
        "environment": environment,
    }
    book = [{**where, "roles": [{"role": f"multicloud.dr.{role}"}]}]
    path = folder / "play.yml"
    path.write_text(json.dumps(book))
    command = ["ansible-playbook", "-i", "localhost,", *options, "-e", json.dumps(variables), str(path)]
    settings = {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_CACHE_PLUGIN": "memory",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false",
    }
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    try:  # other callbacks may write after it
        report, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))
    except ValueError:
        report = {"plays": []}
    tasks = [task for one in report["plays"] for task in one["tasks"]]
    results = [result for task in tasks for result in task["hosts"].values()]
    flat = [turn for result in results for turn in result.get("results", [result])]
    return Done(done.returncode == 0, flat, done.stdout + done.stderr)
