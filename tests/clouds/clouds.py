# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both clouds' APIs on loopback, and playbooks run against them as an operator runs them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import boto3

ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(
    r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)\s+skipped=(\d+)", re.MULTILINE
)
# What an emulator writes into its log when a call was more than it can do.
BEYOND = re.compile(r"UNIMPLEMENTED|FAILED|Traceback")
REGION = "ap-northeast-2"


class Told(NamedTuple):
    """What ansible-playbook ended with and printed."""

    code: int
    text: str

    @property
    def words(self) -> str:
        """In one line: the callback folds long ones."""
        return " ".join(self.text.split())

    @property
    def changed(self) -> int:
        return sum(int(row[2]) for row in RECAP.findall(self.text))

    @property
    def changes(self) -> list[str]:
        """The names of the tasks that changed something, or would."""
        found, task = [], ""
        for line in self.text.splitlines():
            if begun := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\]", line):
                task = begun[1]
            elif re.match(r"(?:changed|--- before)", line) and task not in found:
                found.append(task)
        return found


@dataclass(frozen=True)
class Clouds:
    """Two accounts that exist only here. ``environment``: what an operator would export."""

    folder: Path
    environment: dict[str, str]
    gcp: str

    def play(self, playbook: str, *flags: str, **variables: Any) -> Told:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventories/cloud"]
        command += [f"playbooks/{playbook}.yml", *flags]
        if variables:
            command += ["-e", json.dumps(variables)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
            env={**os.environ, **self.environment, "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"},
        )
        return Told(done.returncode, done.stdout)

    def aws(self, service: str, region: str = REGION) -> Any:
        """A client of AWS's API."""
        environment = self.environment
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def google(self, path: str, body: object = None) -> Any:
        """The lab's own door to its Google Cloud: see lab/gcp."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.gcp}/_lab/{path}", data), timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def beyond(self) -> list[str]:
        """What an emulator was asked for and cannot do: it must be empty, or a test proves nothing."""
        logs = (self.folder / name for name in ("aws.log", "gcp.log"))
        return [line for log in logs for line in log.read_text().splitlines() if BEYOND.search(line)]


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody has."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Raises AssertionError if the process ends before it answers."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError as error:
            assert process.poll() is None and time.monotonic() < end, f"{url}: {error}"
            time.sleep(0.1)


@contextmanager
def daemon(folder: Path, name: str, arguments: Sequence[str], ready: str) -> Iterator[None]:
    with (folder / f"{name}.out").open("wb") as output:
        command = [sys.executable, "-m", f"lab.{name}", *arguments, "--log", str(folder / f"{name}.log")]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            await_ready(ready, process)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def running(folder: Path) -> Iterator[Clouds]:
    """Two empty clouds, until the end of the block."""
    aws, dns, gcp = free_ports(3)
    api, google = f"http://127.0.0.1:{aws}", f"http://127.0.0.1:{gcp}"
    environment = {
        "AWS_ENDPOINT_URL": api,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "any-secret-will-do",
        "HTTPS_PROXY": google,
        "REQUESTS_CA_BUNDLE": str(folder / "gcp" / "ca.pem"),
        "GCP_AUTH_KIND": "serviceaccount",
        "GCP_SERVICE_ACCOUNT_FILE": str(folder / "gcp" / "key.json"),
        "GCP_PROJECT": "multicloud-dr",
    }
    checkers = ["--route53-dns", f"127.0.0.1:{dns}", "--checkers", "127.0.0.10-127.0.0.25"]
    with (
        daemon(folder, "aws", ["--bind", f"127.0.0.1:{aws}", *checkers], f"{api}/lab/ready"),
        daemon(folder, "gcp", ["--bind", f"127.0.0.1:{gcp}", "--state", str(folder / "gcp")], f"{google}/_lab/ready"),
    ):
        yield Clouds(folder, environment, google)
