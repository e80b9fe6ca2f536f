# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API says, and runs of the role from a test."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[3]
EPHEMERAL = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
TASK = re.compile(r"^TASK \[(?:multicloud\.dr\.aws_edge : )?(.*?)\] \**$")


@dataclass(frozen=True)
class Ran:
    """``changed``: names of the tasks that changed something, or would."""

    code: int
    changed: set[str]
    output: str


@pytest.fixture(scope="session")
def lab() -> dict[str, Any]:
    """Ports and environment, as create.yml wrote them down."""
    found: dict[str, Any] = json.loads((EPHEMERAL / "aws.json").read_text())
    return found


@pytest.fixture(scope="session")
def client(lab: dict[str, Any]) -> Callable[..., Any]:
    """``client(service, region)``"""
    environment = lab["environment"]

    def make(service: str, region: str = environment["AWS_REGION"]) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=region,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    return make


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    """``run("--check", ...)``: the role, as an operator runs it."""

    def play(*arguments: str) -> Ran:
        converge = Path(__file__).with_name("converge.yml")
        command = ["ansible-playbook", "-i", str(EPHEMERAL / "inventory"), "--diff", *arguments, str(converge)]
        # molecule forces colours, which would hide the words that are looked for.
        plain = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
        environment = {**os.environ, **plain}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        task, changed = "", set()
        for line in done.stdout.splitlines():
            if found := TASK.match(line):
                task = found[1]
            elif line.startswith("changed:"):
                changed.add(task.partition(" | ")[2])
        assert task, f"no task was seen: {done.stdout}{done.stderr}"
        return Ran(done.returncode, changed, done.stdout + done.stderr)

    return play


@pytest.fixture(scope="session")
def api_errors() -> Callable[[], list[str]]:
    """What the role asked of the API that it does not do, and where it broke."""

    def read() -> list[str]:
        lines = (EPHEMERAL / "aws.log").read_text().splitlines()
        return [line for line in lines if " ERROR " in line or "Traceback" in line]

    return read
