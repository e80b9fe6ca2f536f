# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host joins and parts: which commands are run, and what is written down. Nothing here needs root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from lab import engine, joined, joining, plan
from lab.errors import LabError
from lab.follow.decisions import Build
from lab.follow.follower import LabHosts
from lab.joined import RUNNING, STOPPED, UNFINISHED, Joined
from lab.machine import Machine
from lab.topology import Topology, parse_host

ROUTER = parse_host(
    "router",
    {
        "management": "10.30.0.2",
        "image": None,
        "links": [{"name": "eth0", "network": "gcp", "address": "10.10.0.1/24"}],
    },
)
LAB = Topology("lab", IPv4Network("10.30.0.0/24"), ("gcp",), (IPv4Network("10.10.0.0/16"),), (ROUTER,))
WEB = Joined(
    parse_host(
        "gcp-web",
        {
            "management": "10.30.0.61",
            "image": "debian",
            "links": [{"name": "eth0", "network": "gcp", "address": "10.10.1.20/24"}],
            "routes": ["10.10.0.0/16 via 10.10.1.1"],
            "files": {"/etc/hostname": "web\n"},
        },
    ),
    cloud="gcp",
    instance="4001",
    disk="disks/web",
    called="web",
)


@dataclass
class Recorder:
    """Notes every command. ``failing``: the beginning of the one that fails; ``answers``: what others print."""

    failing: str = ""
    ran: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def __call__(self, argv: Sequence[str], **given: Any) -> subprocess.CompletedProcess[str]:
        text = " ".join(argv)
        if "podman" in argv[0]:
            text = "podman " + text.partition("--runtime=crun ")[2]
        self.ran += [text, *(line for line in (given.get("input") or "").splitlines())]
        output = next((answer for words, answer in self.answers.items() if words in text), "")
        failed = bool(self.failing) and text.startswith(self.failing)
        return subprocess.CompletedProcess(argv, 2 if failed else 0, output, "File exists" if failed else "")


@pytest.fixture
def ran() -> Recorder:
    return Recorder()


@pytest.fixture
def machine(ran: Recorder) -> Machine:
    return Machine(run=ran)


@pytest.fixture
def home(tmp_path: Path) -> engine.Home:
    home = engine.Home(tmp_path / "home")
    home.path.mkdir()
    home.key.with_suffix(".pub").write_text("ssh-ed25519 AAAA operator\n")
    home.known_hosts.write_text("10.30.0.2 ssh-ed25519 ROUTER\n")
    return home


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state of a running lab."""
    monkeypatch.setattr(engine, "STORAGE", tmp_path / "storage")
    monkeypatch.setattr(engine, "RUN", tmp_path / "run")
    monkeypatch.setattr(engine, "resolver_file", lambda: "nameserver 9.9.9.9\n")
    state = engine.state_of("lab")
    state.mkdir(parents=True)
    (state / "digest").write_text(LAB.digest())
    return state


def test_a_record_is_read_as_it_was_written(state: Path) -> None:
    joined.keep(state, WEB)
    assert joined.records(state) == [WEB]
    joined.forget(state, "gcp-web")
    joined.forget(state, "gcp-web")
    assert joined.records(state) == []


def test_a_host_joins_with_cables_of_its_own_and_touches_no_other(
    machine: Machine, ran: Recorder, home: engine.Home, state: Path
) -> None:
    joining.join(machine, LAB, home, WEB, "localhost/image:1", "router")
    assert [one.power for one in joined.records(state)] == [RUNNING]
    assert "link set labj61eth0 master lab-gcp up" in ran.ran
    assert "bridge link set dev labj61mgmt0 isolated on" in ran.ran
    assert "ip route add 10.10.1.20/32 via 10.30.0.61 dev lab-mgmt" in ran.ran
    assert "ip -netns lab-router address replace 10.10.1.1/24 dev eth0" in ran.ran
    (create,) = [line for line in ran.ran if line.startswith("podman create")]
    assert "--hostname web" in create
    assert "localhost/image:1" in create
    assert ran.ran[-1] == "podman start lab-gcp-web"
    assert not [line for line in ran.ran if "delete" in line or "lab00" in line]
    known = home.known_hosts.read_text().splitlines()
    assert [line.split()[0] for line in known] == ["10.30.0.2", "10.30.0.61", "10.10.1.20"]


def test_a_host_parts_and_leaves_nothing(machine: Machine, ran: Recorder, home: engine.Home, state: Path) -> None:
    joining.join(machine, LAB, home, WEB, "localhost/image:1")
    ran.ran.clear()
    joining.part(machine, LAB, home, WEB)
    assert ran.ran == [
        "podman unpause lab-gcp-web",
        "podman rm --force --ignore --time 0 --volumes lab-gcp-web",
        "ip route delete 10.10.1.20/32 via 10.30.0.61 dev lab-mgmt",
        "ip link delete labj61mgmt0",
        "ip link delete labj61eth0",
        "ip netns delete lab-gcp-web",
    ]
    assert home.known_hosts.read_text() == "10.30.0.2 ssh-ed25519 ROUTER\n"
    assert joined.records(state) == []
    assert not list((state / "files").glob("*"))
    joining.part(machine, LAB, home, WEB)  # once more is no mistake


@pytest.mark.parametrize("failing", ["ip route add", "ip netns add", "podman create", "podman cp", "podman start"])
def test_an_interrupted_host_says_so_and_joins_again_after_parting(
    machine: Machine, ran: Recorder, home: engine.Home, state: Path, failing: str
) -> None:
    ran.failing = failing
    with pytest.raises(LabError):
        joining.join(machine, LAB, home, WEB, "localhost/image:1")
    assert [one.power for one in joined.records(state)] == [UNFINISHED]
    ran.failing = ""
    joining.part(machine, LAB, home, WEB)
    joining.join(machine, LAB, home, WEB, "localhost/image:1")
    assert [one.power for one in joined.records(state)] == [RUNNING]


def test_a_host_that_cannot_be_built_leaves_nothing(
    machine: Machine, ran: Recorder, home: engine.Home, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.image.ensure", lambda _machine, name: f"localhost/{name}:1")
    hosts = LabHosts(machine, LAB, home, state, bare=False)
    ran.failing = "podman start"
    with pytest.raises(LabError, match="File exists"):
        hosts.perform(Build(WEB, baked=False, router="router"))
    assert (hosts.standing(), ran.ran[-1]) == ([], "ip netns delete lab-gcp-web")
    ran.failing = ""
    hosts.perform(Build(WEB, baked=False, router="router"))
    assert [one.power for one in hosts.standing()] == [RUNNING]
    assert any(line.endswith("localhost/cached:1 /sbin/init") for line in ran.ran)
    hosts.perform(Build(replace(WEB, host=replace(WEB.host, name="b", image="gcp-9")), baked=True, router=None))
    assert any(line.endswith("localhost/multicloud-baked-lab:gcp-9 /sbin/init") for line in ran.ran)


def test_an_address_of_another_lab_is_one_sentence(
    machine: Machine, ran: Recorder, home: engine.Home, state: Path
) -> None:
    ran.failing = "ip route add"
    with pytest.raises(
        LabError, match=r"10\.10\.1\.20 of gcp-web leads elsewhere on this machine already: File exists"
    ):
        joining.join(machine, LAB, home, WEB, "localhost/image:1")


def test_a_lab_that_does_not_run_is_joined_by_nobody(
    machine: Machine, ran: Recorder, home: engine.Home, state: Path
) -> None:
    (state / "digest").unlink()
    with pytest.raises(LabError, match="The lab 'lab' does not run, so gcp-web cannot join it"):
        joining.join(machine, LAB, home, WEB, "localhost/image:1")
    assert ran.ran == []


def test_a_router_without_a_cable_is_one_sentence(machine: Machine, home: engine.Home, state: Path) -> None:
    bare = replace(LAB, hosts=(replace(ROUTER, links=()),))
    with pytest.raises(LabError, match="router is to route for gcp-web, but has no cable to 'gcp'"):
        joining.join(machine, bare, home, WEB, "localhost/image:1", "router")


def test_power_is_switched_and_written_down(machine: Machine, ran: Recorder, state: Path) -> None:
    joining.switch(machine, LAB, WEB, STOPPED)
    assert (ran.ran[-1], joined.records(state)[0].power) == ("podman stop lab-gcp-web", STOPPED)
    joining.switch(machine, LAB, WEB, RUNNING)
    assert (ran.ran[-1], joined.records(state)[0].power) == ("podman start lab-gcp-web", RUNNING)


def test_images_of_hosts(machine: Machine, ran: Recorder) -> None:
    joining.bake(machine, LAB, WEB, "gcp-9")
    assert ran.ran == ["podman commit --quiet lab-gcp-web localhost/multicloud-baked-lab:gcp-9"]
    tags = "localhost/multicloud-baked-lab:gcp-9\nlocalhost/multicloud-baked-lab2:gcp-8\n"
    ran.answers = {"podman images": tags}
    assert joining.baked_images(machine, LAB) == {"gcp-9"}, "another lab's are not ours"


def test_a_host_that_joined_can_be_found_by_name_and_by_what_people_call_it(state: Path) -> None:
    joined.keep(state, WEB)
    assert engine.find_host(LAB, "gcp-web") == engine.find_host(LAB, "web") == WEB.host
    with pytest.raises(LabError, match="No host is called 'moon'; known are router, gcp-web"):
        engine.find_host(LAB, "moon")
    joined.keep(state, replace(WEB, host=replace(WEB.host, name="gcp-web2")))
    with pytest.raises(LabError, match="Several hosts are called 'web'; known are gcp-web, gcp-web2"):
        engine.find_host(LAB, "web")


def test_the_lab_is_whole_whatever_joined(machine: Machine, ran: Recorder, state: Path) -> None:
    ran.answers = {"netns list": '[{"name": "lab-router"}]'}
    assert engine.is_whole(machine, LAB)
    joined.keep(state, WEB)
    assert engine.is_whole(machine, LAB)
    ran.answers = {}
    assert not engine.is_whole(machine, LAB), "its own host is missing"


def test_clearing_a_lab_takes_what_joined_along(machine: Machine, ran: Recorder, state: Path) -> None:
    joined.keep(state, WEB)
    links = ["lab00eth0", "labj61eth0", "lab-gcp", "labour0", "lab2j61eth0", "eth0"]
    ran.answers = {
        "ip -j link show": str([{"ifname": link} for link in links]).replace("'", '"'),
        "ip -j netns list": '[{"name": "lab-gcp-web"}, {"name": "lab2-gcp-web"}]',
        "podman ps": "c1\n",
        "podman images": "localhost/multicloud-baked-lab:gcp-9\n",
    }
    engine.clear(machine, "lab")
    deleted = [line.rpartition(" ")[2] for line in ran.ran if line.startswith(("ip link delete", "ip netns delete"))]
    assert deleted == ["lab00eth0", "labj61eth0", "lab-gcp", "lab-gcp-web"]
    assert "podman rmi --force localhost/multicloud-baked-lab:gcp-9" in ran.ran
    assert joined.records(state) == []


def test_a_cables_name_is_nobody_elses_and_fits() -> None:
    later = [replace(WEB.host, management=IPv4Address(f"10.30.0.{number}")) for number in range(3, 255)]
    names = [plan.plug(LAB, ROUTER, "mgmt0"), *(plan.plug(LAB, host, "mgmt0") for host in later)]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 15
    assert names[0] == "lab00mgmt0"


def test_one_process_of_a_kind_belongs_to_a_lab(state: Path) -> None:
    engine.enlist("lab", "follow")
    engine.enlist("lab", "follow")
    record = state / "daemons" / "follow"
    assert record.read_text().split()[0] == str(os.getpid())
    parent = os.getppid()
    record.write_text(f"{parent} {engine._started(parent)}")
    with pytest.raises(LabError, match=f"Process {parent} is this lab's 'follow' already"):
        engine.enlist("lab", "follow")
    record.write_text(f"{parent} 1")  # another process had this number before
    engine.enlist("lab", "follow")


def test_only_a_running_lab_is_followed(state: Path) -> None:
    (state / "digest").unlink()
    with pytest.raises(LabError, match="The lab 'lab' does not run"):
        engine.enlist("lab", "follow")
