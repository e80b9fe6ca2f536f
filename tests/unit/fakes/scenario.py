# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role, applied again to the account of a molecule scenario, and what it changed or would change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

Changes = dict[str, list[str]]


class Scenario:
    """The scenario that molecule runs, from its own tests."""

    def __init__(self, role: str) -> None:
        self._role = Path(__file__).resolve().parents[3] / "roles" / role
        self._folder = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
        self.lab: dict[str, Any] = json.loads((self._folder / "aws.json").read_text())

    def client(self, service: str, region: str = "ap-northeast-2") -> Any:
        """A boto3 client of the scenario's account."""
        environment = self.lab["environment"]
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=region,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def errors(self) -> list[str]:
        """What was asked of the API that it does not do, and where it broke."""
        lines = (self._folder / "aws.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]

    def apply(self, check: bool = False, **variables: Any) -> Changes:
        """By task, what it changed: the labels of a loop's items, or one empty string."""
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", os.environ["MOLECULE_INVENTORY_FILE"]]
        command += [self._role / "molecule" / "converge.yml", "-e", json.dumps(variables)]
        done = subprocess.run(
            [*map(str, command), *(["--check", "--diff"] if check else [])],
            env=os.environ | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        report, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))
        found: Changes = {}
        for task in report["plays"][0]["tasks"]:
            for result in task["hosts"].values():
                if result.get("changed"):
                    found[task["task"]["name"].rpartition(" : ")[2]] = _labels(result)
        return found


def _labels(result: dict[str, Any]) -> list[str]:
    if "results" not in result:
        return [""]
    return [str(item.get("_ansible_item_label", item.get("item"))) for item in result["results"] if item.get("changed")]
