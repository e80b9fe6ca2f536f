# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running lab, as the tests and the benchmarks reach it: its hosts, its client, its controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import api, engine, plan
from lab.__main__ import HOME, ROOT, load
from lab.machine import Machine, enter
from lab.topology import Topology

SHOP = "https://shop.multicloud.example"
WRITER = ROOT / "tests" / "harness" / "writer.py"


def wait_for(condition: Callable[[], Any], what: str, timeout: float) -> Any:
    """The condition's first true value. Raises TimeoutError with ``what`` after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"not within {timeout:.0f} s: {what}")
        time.sleep(0.2)


@dataclass
class Lab:
    """Commands in the lab's hosts, as root of each host."""

    machine: Machine
    topology: Topology

    def command(self, host: str, *argv: str) -> list[str]:
        return [*self.machine.prefix, *engine.inside(self.topology, engine.find_host(self.topology, host), argv)]

    def run(self, host: str, *argv: str, stdin: str | None = None, check: bool = True, timeout: float = 60) -> str:
        done = subprocess.run(self.command(host, *argv), capture_output=True, text=True, input=stdin, timeout=timeout)
        if check:
            assert done.returncode == 0, f"{argv} on {host}: {done.stderr or done.stdout}"
        return done.stdout

    def succeeds(self, host: str, *argv: str) -> bool:
        return subprocess.run(self.command(host, *argv), capture_output=True, timeout=60).returncode == 0

    def verb(self, verb: str, *hosts: str) -> None:
        """On all hosts as nearly at once as podman can."""
        found = [engine.find_host(self.topology, host) for host in hosts]
        with ThreadPoolExecutor(len(found)) as pool:
            list(pool.map(lambda host: engine.host_verb(self.machine, self.topology, verb, host), found))

    def cable(self, host: str, link: str, state: str) -> None:
        engine.cable(self.machine, self.topology, engine.find_host(self.topology, host), link, state)

    def blackout(self, wanted: Mapping[str, Any] | None) -> None:
        api.blackout(self.topology, wanted)

    def sql(self, host: str, statement: str) -> list[list[str]]:
        """Rows, read by root through the socket of that server."""
        text = self.run(host, "mysql", "--batch", "--skip-column-names", "-e", statement)
        return [line.split("\t") for line in text.splitlines()]

    def redis(self, host: str, *words: str) -> str:
        secret = (HOME.secrets / "redis_shop_password").read_text()
        # By standard input, so that no failure message shows it.
        shell = 'read -r REDISCLI_AUTH; export REDISCLI_AUTH; exec redis-cli --no-auth-warning "$@"'
        options = ("--tls", "--cacert", "/etc/redis/ca.crt", "--user", "shop")
        return self.run(host, "sh", "-c", shell, "sh", *options, *words, stdin=secret + "\n").strip()

    def dig(self, name: str) -> list[str]:
        return self.run("client", "dig", "+short", "+time=2", "+tries=2", name, "A", check=False).split()

    def curl(self, *argv: str, check: bool = True) -> str:
        return self.run(
            "client", "curl", "-sS", "--max-time", "15", "--cacert", "/etc/ssl/shop-ca.crt", *argv, check=check
        )

    def order(self, **more: Any) -> dict[str, Any]:
        """One order through the shop's public name; its answer."""
        lines = self.writer("--count", "1", **more)
        return lines[0]

    def writer_command(self, *argv: str) -> list[str]:
        return self.command(
            "client", "python3", "/usr/local/lib/writer.py", SHOP, "--ca", "/etc/ssl/shop-ca.crt", *argv
        )

    def writer(self, *argv: str) -> list[dict[str, Any]]:
        done = subprocess.run(self.writer_command(*argv), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        lines = map(json.loads, done.stdout.splitlines())
        return [line for line in lines if line["kind"] == "attempt"]

    def on_machine(self, *argv: str) -> list[str]:
        return [*self.machine.prefix, *argv]

    def namespace(self, host: str) -> str:
        return plan.namespace(self.topology, engine.find_host(self.topology, host))

    def address(self, host: str, link: str) -> str:
        links = {entry.name: entry for entry in engine.find_host(self.topology, host).links}
        return str(links[link].addresses[0].ip)

    def tunnels(self, host: str) -> int:
        """Tunnels of a gateway over which BGP has routes."""
        text = self.run(host, "vtysh", "-c", "show bgp ipv4 unicast summary json", check=False)
        peers = json.loads(text or "{}").get("peers", {})
        return sum(
            1 for name, peer in peers.items() if name.startswith("169.254.") and peer.get("state") == "Established"
        )

    def all_tunnels(self) -> int:
        return sum(self.tunnels(host) for host in ("gcp-vpn1", "gcp-vpn2"))


def playbook(*argv: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook from the root, as an operator would."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *argv],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=timeout,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"},
    )


def running() -> Lab:
    """The lab, with the writers' file on its client. Raises AssertionError unless every host runs."""
    topology = load(ROOT / "inventories" / "lab")
    found = Lab(enter(), topology)
    for name, state in engine.status(found.machine, topology):
        assert state in ("running", "namespace"), f"{name} is {state}; run `make lab` first"
    found.run("client", "tee", "/etc/ssl/shop-ca.crt", stdin=(HOME.path / "pki" / "ca.crt").read_text())
    found.run("client", "tee", "/usr/local/lib/writer.py", stdin=WRITER.read_text())
    return found
