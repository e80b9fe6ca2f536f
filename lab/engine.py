# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a lab up, look at it, break parts of it, take it down."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from . import image, joined, plan
from .errors import LabError
from .machine import PODMAN, RUN, STORAGE, Machine, default_mtu, enter, leave, name_servers, occupied
from .topology import Host, Topology

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60.0
SYSTEM_FILES = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")


@dataclass(frozen=True)
class Home:
    """Where a lab keeps what outlives its processes: keys and secrets for Ansible, under the checkout."""

    path: Path

    @property
    def key(self) -> Path:
        return self.path / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.path / "known_hosts"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        return self.path / "log"


@contextmanager
def lock() -> Iterator[None]:
    """Two commands that build or clear labs take turns."""
    STORAGE.mkdir(parents=True, exist_ok=True)
    with (STORAGE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def state_of(name: str) -> Path:
    """The directory that says which checkout owns a running lab."""
    return RUN / "labs" / name


def running_labs() -> list[str]:
    """Names of all labs of this machine, whole or half dead."""
    return sorted(path.name for path in (RUN / "labs").glob("*"))


def up(topology: Topology, home: Home, bare: bool = False, verbose: bool = False) -> bool:
    """Build the lab, or keep it if it already runs as described. Returns whether it was built.

    Raises LabError if a subnet is occupied or another checkout runs a lab of this name.
    """
    with lock():
        machine = enter(verbose)
        refuse_foreign(machine, topology.name, home)
        _prepare_home(topology, home)
        if is_whole(machine, topology):
            return False
        clear(machine, topology.name)
        for sentence in occupied(machine, topology.prefixes, _our_interfaces()):
            raise LabError(sentence)
        state = state_of(topology.name)
        state.mkdir(parents=True)
        (state / "owner").write_text(str(home.path.resolve()))
        (state / "prefixes").write_text("\n".join(str(prefix) for prefix in topology.prefixes))
        machine.steps(plan.safety_routes(topology.prefixes))
        machine.do(["nft", "-f", "-"], plan.firewall(topology))
        _forwarding(machine)
        mtu = default_mtu(machine)
        machine.steps(plan.networks(topology, mtu))
        tags = {
            name: image.ensure(machine, "cached" if name == "debian" and not bare else name)
            for name in sorted({host.image for host in topology.hosts if host.image})
        }
        resolver = resolver_file()
        with ThreadPoolExecutor(max_workers=4) as pool:
            jobs = [
                pool.submit(build_host, machine, topology, host, tags.get(host.image or ""), home, resolver, mtu)
                for host in topology.hosts
            ]
            for job in jobs:
                job.result()
        containers = [host for host in topology.hosts if host.image]
        for host in containers:
            wait_for_ssh(host)
            wait_for_units(machine, topology, host)
        for host in topology.hosts:
            _start_daemons(machine, topology, host, home)
        _write_known_hosts(topology, home)
        (state / "digest").write_text(topology.digest())
        return True


def down(name: str, verbose: bool = False) -> None:
    """Remove the lab and, with the last one, everything the machine was lent for it. Works on any rest of a lab."""
    with lock():
        machine = enter(verbose)
        clear(machine, name)
        if not running_labs():
            for path, value in _saved_settings():
                path.write_text(value)
            leave(verbose)


def clear(machine: Machine, name: str) -> None:
    """Take away whatever is left of a lab, in an order in which nothing can leak."""
    for pid in _daemons(name):
        _end(pid)
    containers = machine.do(
        [*PODMAN, "ps", "--all", "--quiet", "--filter", f"label=multicloud.lab={name}"], check=False
    ).split()
    if containers:
        _kill_containers(machine, containers)
    if baked := baked_tags(machine, name):
        machine.do([*PODMAN, "rmi", "--force", *baked], check=False)
    # Cables first: a namespace may live on for a while after its deletion, and would keep their names taken.
    ours = re.compile(rf"{re.escape(name)}(-.*|(\d\d|j\d+)[a-z]+\d+)")
    for link in machine.json(["ip", "-j", "link", "show"]):
        if ours.fullmatch(link["ifname"]):
            machine.do(["ip", "link", "delete", link["ifname"]], check=False)
    for space in [entry["name"] for entry in machine.json(["ip", "-j", "netns", "list"])]:
        if space.startswith(f"{name}-"):
            machine.do(["ip", "netns", "delete", space], check=False)
    machine.do(["nft", "delete", "table", "inet", f"multicloud_{name}"], check=False)
    state = state_of(name)
    prefixes = _prefixes(state)
    shutil.rmtree(state, ignore_errors=True)
    still_used = set().union(*(_prefixes(state_of(other)) for other in running_labs()), set())
    for prefix in prefixes - still_used:
        machine.do(
            ["ip", "route", "delete", "unreachable", str(prefix), "metric", plan.LAST_RESORT_METRIC], check=False
        )


def _kill_containers(machine: Machine, containers: list[str]) -> None:
    """Remove containers; frozen ones are thawed first, and processes that podman lost are killed by cgroup."""
    for container in containers:
        machine.do([*PODMAN, "unpause", container], check=False)
    machine.do([*PODMAN, "rm", "--force", "--time", "0", "--volumes", *containers], check=False)


def baked_repository(name: str) -> str:
    """Where a lab keeps the images that were made of its own hosts."""
    return f"localhost/multicloud-baked-{name}"


def baked_tags(machine: Machine, name: str) -> list[str]:
    """All images that were made of a lab's own hosts."""
    repository = baked_repository(name)
    listing = [*PODMAN, "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={repository}"]
    return [tag for tag in machine.do(listing, check=False).split() if tag.startswith(f"{repository}:")]


def _prefixes(state: Path) -> set[IPv4Network]:
    try:
        return {IPv4Network(line) for line in (state / "prefixes").read_text().split()}
    except FileNotFoundError:
        return set()


def _our_interfaces() -> list[str]:
    return [f"{name}-" for name in running_labs()]


def refuse_foreign(machine: Machine, name: str, home: Home) -> None:
    """One lab of a name at a time on a machine: a second checkout must not take over the first one's hosts.

    What a dead lab left behind belongs to nobody. Raises LabError if the other lab is alive.
    """
    owner = state_of(name) / "owner"
    if owner.exists() and (text := owner.read_text()) != str(home.path.resolve()) and _running(machine, name):
        raise LabError(
            f"A lab called {name!r} of another checkout ({text}) runs on this machine; `make lab-down` there ends it."
        )


def _running(machine: Machine, name: str) -> set[str]:
    """Names of a lab's running containers."""
    listing = [*PODMAN, "ps", "--filter", f"label=multicloud.lab={name}", "--format", "{{.Names}}"]
    return set(machine.do(listing, check=False).split())


def is_whole(machine: Machine, topology: Topology) -> bool:
    """Whether the lab runs exactly as described: same digest, every namespace and container there and running."""
    digest = state_of(topology.name) / "digest"
    if not digest.exists() or digest.read_text() != topology.digest():
        return False
    running = _running(machine, topology.name)
    spaces = {entry["name"] for entry in machine.json(["ip", "-j", "netns", "list"])}
    return (
        all(plan.namespace(topology, host) in (running if host.image else spaces) for host in topology.hosts)
        and all(answers(host) for host in topology.hosts if host.image)
        and all(_is_ready(daemon.ready) for host in topology.hosts for daemon in host.daemons)
    )


def answers(host: Host) -> bool:
    """Does the host's SSH server greet?"""
    try:
        with socket.create_connection((str(host.management), 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def wait_for_ssh(host: Host, timeout: float = START_TIMEOUT) -> None:
    """Until the host answers SSH. Raises LabError after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not answers(host):
        if time.monotonic() > deadline:
            raise LabError(f"{host.name} ({host.management}) did not answer SSH within {timeout:.0f} s of its start.")
        time.sleep(0.1)


def wait_for_units(machine: Machine, topology: Topology, host: Host, timeout: float = START_TIMEOUT) -> None:
    """Until every unit that the lab asked for runs. Raises LabError with the unit's own last words."""
    deadline = time.monotonic() + timeout
    for unit in host.units:
        while not machine.succeeds(inside(topology, host, ["systemctl", "is-active", "--quiet", unit])):
            if time.monotonic() > deadline:
                words = machine.do(inside(topology, host, ["journalctl", "-qn5", "-ocat", "-u", unit]), check=False)
                raise LabError(f"{unit} on {host.name} is not running after {timeout:.0f} s: {words.strip()}")
            time.sleep(0.2)


def build_host(
    machine: Machine, topology: Topology, host: Host, tag: str | None, home: Home, resolver: str, mtu: int
) -> None:
    """Cables and, from the image ``tag``, a started container; without one only the namespace."""
    machine.steps(plan.wiring(topology, host, mtu))
    if tag is None:
        return
    machine.steps([plan.container(topology, host, PODMAN, tag)])
    name = plan.namespace(topology, host)
    files = {
        "/etc/resolv.conf": resolver,
        "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n",
        "/home/ops/.ssh/authorized_keys": home.key.with_suffix(".pub").read_text(),
        # podman cp makes root the owner of every folder on the way.
        "/etc/tmpfiles.d/lab.conf": "Z /home/ops - ops ops -\n",
        # A machine id of its own; systemd would otherwise wait for entropy at first boot.
        "/etc/machine-id": secrets.token_hex(16) + "\n",
        **dict(host.files),
    }
    staging = state_of(topology.name) / "files" / host.name
    for path, text in files.items():
        target = staging / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    key = host_key(topology, host)
    key.parent.mkdir(parents=True, exist_ok=True)
    Machine().do(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", str(key)])
    wanted = staging / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    for unit in host.units:
        (wanted / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
    machine.do([*PODMAN, "cp", f"{staging}/.", f"{name}:/"])
    machine.do([*PODMAN, "start", name])


def host_key(topology: Topology, host: Host) -> Path:
    """The host's own SSH key, as it was made for it."""
    return state_of(topology.name) / "files" / host.name / "etc/ssh/ssh_host_ed25519_key"


def _prepare_home(topology: Topology, home: Home) -> None:
    """SSH key and secrets; existing ones are kept."""
    home.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.logs.mkdir(exist_ok=True)
    if not home.key.exists():
        Machine().do(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "multicloud-lab", "-f", str(home.key)])
    for name in topology.secrets:
        path = home.secrets / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32))


def _write_known_hosts(topology: Topology, home: Home) -> None:
    lines = []
    for host in topology.hosts:
        if host.image:
            key = host_key(topology, host).with_suffix(".pub").read_text()
            lines.append(f"{host.management} {' '.join(key.split()[:2])}")
    home.known_hosts.write_text("\n".join(lines) + "\n")


def resolver_file() -> str:
    """resolv.conf of a host: the machine's own name servers, reached through NAT."""
    for path in SYSTEM_FILES:
        if Path(path).exists() and (servers := name_servers(Path(path).read_text())):
            return "".join(f"nameserver {server}\n" for server in servers)
    raise LabError(f"No IPv4 name server other than loopback in {' or '.join(SYSTEM_FILES)}; hosts could not install.")


SETTINGS = {
    "/proc/sys/net/ipv4/ip_forward": "1",
    # Otherwise the machine's own firewall sees, and podman's may rewrite, traffic inside a bridge.
    "/proc/sys/net/bridge/bridge-nf-call-iptables": "0",
    # Each host's systemd takes about six of the usual 128; without one it ends at once, with 255.
    "/proc/sys/fs/inotify/max_user_instances": "8192",
}


def _forwarding(machine: Machine) -> None:
    """Change the machine's settings that a lab needs, remembering what they were."""
    del machine
    saved = RUN / "settings.json"
    known = json.loads(saved.read_text()) if saved.exists() else {}
    for path, value in SETTINGS.items():
        if Path(path).exists():
            known.setdefault(path, Path(path).read_text())
            saved.write_text(json.dumps(known))
            Path(path).write_text(value)


def _saved_settings() -> list[tuple[Path, str]]:
    saved = RUN / "settings.json"
    return [(Path(p), v) for p, v in json.loads(saved.read_text()).items()] if saved.exists() else []


def _start_daemons(machine: Machine, topology: Topology, host: Host, home: Home) -> None:
    """Start a host's emulators inside its namespace and await them; ``clear`` ends them."""
    records = state_of(topology.name) / "daemons"
    records.mkdir(exist_ok=True)
    for daemon in host.daemons:
        # Entering the namespace changes the working directory, so Python is told where the repository is.
        command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", daemon.module, *daemon.arguments]
        log = home.logs / f"{daemon.name}.log"
        with log.open("ab") as output:
            pid = machine.spawn(["ip", "netns", "exec", plan.namespace(topology, host), *command], output)
        (records / daemon.name).write_text(f"{pid} {_started(pid)}")
        # A cloud does not slow down because our hosts are busy: its probes have time limits.
        os.setpriority(os.PRIO_PROCESS, pid, -10)
        deadline = time.monotonic() + START_TIMEOUT
        while not _is_ready(daemon.ready):
            if time.monotonic() > deadline or pid not in _daemons(topology.name):
                raise LabError(f"{daemon.module} does not answer {daemon.ready}; its last words are in {log}.")
            time.sleep(0.2)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _started(pid: int) -> str:
    """The process's start time in clock ticks: with the pid, an identity that is never reused."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def enlist(name: str, what: str) -> None:
    """This process belongs to the lab from now on: ``clear`` ends it. Raises LabError if another one is ``what``."""
    with lock():
        state = state_of(name)
        if not (state / "digest").exists():
            raise LabError(f"The lab {name!r} does not run; `make lab` builds it.")
        record = state / "daemons" / what
        record.parent.mkdir(exist_ok=True)
        pid = int(record.read_text().split()[0]) if record.exists() else 0
        if pid != os.getpid() and pid in _daemons(name):
            raise LabError(f"Process {pid} is this lab's {what!r} already.")
        record.write_text(f"{os.getpid()} {_started(os.getpid())}")


def _daemons(name: str) -> list[int]:
    """Pids of a lab's emulator processes that are still the ones it started."""
    found = []
    for path in (state_of(name) / "daemons").glob("*"):
        pid, started = path.read_text().split()
        try:
            if _started(int(pid)) == started:
                found.append(int(pid))
        except FileNotFoundError:
            continue
    return found


def _end(pid: int) -> None:
    """SIGTERM, then SIGKILL after five seconds."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def find_host(topology: Topology, name: str) -> Host:
    """The host of that name, also one that joined later. Raises LabError naming the known ones."""
    later = joined.records(state_of(topology.name))
    known = [host for host in topology.hosts if host.name == name] or [one.host for one in joined.named(later, name)]
    if len(known) == 1:
        return known[0]
    names = ", ".join(host.name for host in [*known, *([] if known else [*topology.hosts, *(j.host for j in later)])])
    raise LabError(f"{'Several hosts are' if known else 'No host is'} called {name!r}; known are {names}.")


def inside(topology: Topology, host: Host, command: Sequence[str]) -> list[str]:
    """The command that runs ``command`` in the host: in its container, or in its namespace if it has none."""
    name = plan.namespace(topology, host)
    return [*PODMAN, "exec", "-i", name, *command] if host.image else ["ip", "netns", "exec", name, *command]


def host_verb(machine: Machine, topology: Topology, verb: str, host: Host) -> None:
    """``start``, ``stop``, ``kill``, ``pause`` or ``unpause`` one host."""
    if host.image is None:
        raise LabError(f"{host.name} is only a namespace for emulators; it cannot be asked to {verb}.")
    machine.do([*PODMAN, verb, plan.namespace(topology, host)])
    if verb in ("start", "unpause"):
        wait_for_ssh(host)


def cable(machine: Machine, topology: Topology, host: Host, link: str, state: str) -> None:
    """Pull (``down``) or plug (``up``) one of the host's cables, at the switch's end."""
    if link not in {entry.name for entry in host.links}:
        raise LabError(f"{host.name} has no link {link!r}; known are {', '.join(e.name for e in host.links)}.")
    machine.do(["ip", "link", "set", plan.plug(topology, host, link), state])


def status(machine: Machine, topology: Topology) -> list[tuple[str, str]]:
    """(host, state) for every host; the state is podman's, or ``namespace`` / ``missing``."""
    rows = []
    spaces = {entry["name"] for entry in machine.json(["ip", "-j", "netns", "list"])}
    for host in [*topology.hosts, *(one.host for one in joined.records(state_of(topology.name)))]:
        name = plan.namespace(topology, host)
        if host.image:
            text = machine.do([*PODMAN, "inspect", "--format", "{{.State.Status}}", name], check=False).strip()
        else:
            text = "namespace" if name in spaces else ""
        rows.append((host.name, text or "missing"))
    return rows
