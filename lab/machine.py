# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine under the lab: running commands, and a cgroup v2 tree for the containers where the machine has none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path
from typing import IO, Any

from .errors import CommandError, LabError
from .plan import Step

RUN = Path("/run/multicloud-lab")
STORAGE = Path("/var/lib/multicloud-lab")
# Everything podman keeps is ours alone, so that clearing a lab cannot touch the operator's own containers.
PODMAN = (
    "podman",
    "--root",
    str(STORAGE / "storage"),
    "--runroot",
    str(RUN / "podman"),
    "--tmpdir",
    str(RUN / "libpod"),
    "--cgroup-manager=cgroupfs",
    "--events-backend=file",
    "--runtime=crun",
)


@dataclass
class Machine:
    """Runs commands, inside the kept mount namespace if there is one. ``run`` is injected in tests."""

    verbose: bool = False
    prefix: tuple[str, ...] = ()
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run

    def do(self, argv: Sequence[str], stdin: str | None = None, check: bool = True) -> str:
        """Run one command; its standard output. Raises CommandError unless ``check`` is off."""
        full = [*self.prefix, *argv]
        if self.verbose:
            print("+", " ".join(full), file=sys.stderr)
        done = self.run(full, input=stdin, capture_output=True, text=True, timeout=600)
        if check and done.returncode:
            raise CommandError(list(argv), done.returncode, done.stderr or done.stdout)
        return done.stdout

    def spawn(self, argv: Sequence[str], output: IO[bytes]) -> int:
        """Start a process that outlives us (a session of its own); its pid."""
        return subprocess.Popen(
            [*self.prefix, *argv], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        ).pid

    def steps(self, steps: Sequence[Step]) -> None:
        """Run a plan in order."""
        for step in steps:
            self.do(step.argv, step.stdin)

    def succeeds(self, argv: Sequence[str]) -> bool:
        """Whether the command ends with 0."""
        return self.run([*self.prefix, *argv], capture_output=True, text=True, timeout=600).returncode == 0

    def json(self, argv: Sequence[str]) -> Any:
        """What the command prints, as JSON (an empty list if it prints nothing)."""
        return json.loads(self.do(argv) or "[]")


def require_root() -> None:
    """Bridges and containers need root."""
    if os.geteuid() != 0:
        raise LabError("The lab builds bridges and containers; run it as root.")


def require_commands() -> None:
    """Name every missing tool at once."""
    missing = [
        tool for tool in ("ip", "bridge", "nft", "podman", "crun", "nsenter", "unshare") if not shutil.which(tool)
    ]
    if missing:
        raise LabError(f"The lab needs {', '.join(missing)}; `make setup` installs what is missing.")


def is_hybrid() -> bool:
    """Whether /sys/fs/cgroup is not a plain cgroup v2 tree, which crun refuses."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def enter(verbose: bool = False) -> Machine:
    """The machine, with a cgroup v2 tree: on hybrid machines a mount namespace of the lab's own, made once and kept.

    The namespace is pinned by a bind mount and survives this process; ``leave`` removes it.
    """
    require_root()
    require_commands()
    RUN.mkdir(parents=True, exist_ok=True)
    plain = Machine(verbose)
    if not is_hybrid():
        return plain
    pin = RUN / "mnt"
    if not plain.succeeds(["mountpoint", "-q", str(RUN)]):
        plain.do(["mount", "--bind", str(RUN), str(RUN)])
        plain.do(["mount", "--make-private", str(RUN)])
    if not pin.exists():
        pin.touch()
    if not plain.succeeds(["nsenter", f"--mount={pin}", "--", "true"]):
        remount = "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup"
        plain.do(["unshare", f"--mount={pin}", "--propagation", "private", "sh", "-c", remount])
    return Machine(verbose, prefix=("nsenter", f"--mount={pin}", "--"))


def leave(verbose: bool = False) -> None:
    """Undo ``enter``; harmless if there is nothing to undo."""
    plain = Machine(verbose)
    pin = RUN / "mnt"
    if pin.exists():
        plain.do(["umount", "-l", str(pin)], check=False)
    while plain.succeeds(["mountpoint", "-q", str(RUN)]):
        plain.do(["umount", "-l", str(RUN)])
    shutil.rmtree(RUN, ignore_errors=True)


def default_mtu(machine: Machine) -> int:
    """MTU of the interface that leads outside (1500 if none does)."""
    routes = machine.json(["ip", "-j", "-4", "route", "show", "default"])
    if not routes:
        return 1500
    links = machine.json(["ip", "-j", "link", "show", "dev", routes[0]["dev"]])
    return int(links[0]["mtu"])


def name_servers(text: str) -> list[str]:
    """Name servers of a resolv.conf that a lab host can reach as well (IPv4, not loopback)."""
    servers = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver ")]
    return [s for s in servers if "." in s and not IPv4Address(s).is_loopback]


def occupied(machine: Machine, prefixes: Sequence[IPv4Network], ours: Sequence[str]) -> list[str]:
    """Sentences about prefixes that something other than this lab uses already.

    ``ours`` are beginnings of interface names that belong to labs of this machine.
    """
    found = []
    for entry in machine.json(["ip", "-j", "-4", "route", "show", "table", "all"]):
        device = entry.get("dev", "")
        if entry.get("type", "unicast") not in ("unicast", "local") or device.startswith(tuple(ours)):
            continue
        if entry["dst"] == "default":
            continue
        taken = ip_network(entry["dst"], strict=False)
        found += [
            f"Subnet {prefix} of the lab is occupied on this machine: {taken} is on {device}. "
            f"Free it, or change it in the lab's inventory."
            for prefix in prefixes
            if taken.version == 4 and taken.overlaps(prefix)
        ]
    return sorted(set(found))
