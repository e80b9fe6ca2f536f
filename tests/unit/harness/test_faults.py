# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness import faults, trial
from tests.harness.faults import CommandLine, Event, Faults
from tests.harness.intervals import Interval

ROOT = Path(__file__).resolve().parents[3]
INVENTORY = yaml.safe_load((ROOT / "inventories/lab/hosts.yml").read_text())["all"]["children"]


class FakeLab:
    """Writes down what it is asked; every call takes a second of ``clock``. ``fails``: the call that goes wrong."""

    def __init__(self, fails: str = "") -> None:
        self.calls: list[str] = []
        self.scripts: list[str] = []
        self._now = 0.0
        self._fails = fails

    def clock(self) -> float:
        return self._now

    def _note(self, call: str) -> None:
        self._now += 1.0
        self.calls.append(call)
        if call == self._fails:
            raise RuntimeError(call)

    def verb(self, verb: str, *hosts: str) -> None:
        self._note(f"{verb} {' '.join(hosts)}")

    def cable(self, host: str, link: str, state: str) -> None:
        self._note(f"{host} {link} {state}")

    def blackout(self, wanted: Mapping[str, Any] | None) -> None:
        self._note(f"blackout {json.dumps(wanted)}")

    def run(self, host: str, *argv: str, stdin: str | None = None) -> str:
        self.scripts.append(stdin or "")
        self._note(f"{host}: {' '.join(argv)}")
        return ""


def test_the_names_and_addresses_are_those_of_the_inventory() -> None:
    for site in ("gcp", "aws"):
        hosts = INVENTORY["sites"]["children"][site]["hosts"]
        assert sorted(faults.hosts_of(site)) == sorted(hosts)
        assert all("dr_public_address" in hosts[host] for host in [*faults.gateways(site), f"{site}-edge"])
    infrastructure = INVENTORY["lab_infrastructure"]["hosts"]
    assert {"gcp-fabric", "aws-fabric", "cloud", "client"} <= set(infrastructure)
    assert any(
        f"={faults.WITNESS}:80" in argument for argument in infrastructure["cloud"]["lab_daemons"][0]["arguments"]
    )
    assert set(trial.DATABASES) == set(INVENTORY["db"]["hosts"])
    texts = [link.get("address", "") for host in infrastructure.values() for link in host["lab_links"]]
    texts += infrastructure["cloud"]["lab_links"][0]["addresses"]
    assert {f"{address}/24" for address in trial.DNS.values()} <= set(texts)
    site = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/site.yml").read_text())
    assert {name: entry["cidr"] for name, entry in site["dr_sites"].items()} == faults.CIDR


@pytest.mark.parametrize(
    ("act", "done", "undone"),
    [
        (lambda on: on.kill("gcp-db"), ["kill gcp-db"], ["start gcp-db"]),
        (lambda on: on.stop("gcp-db"), ["stop gcp-db"], ["start gcp-db"]),
        (lambda on: on.freeze("gcp-db", "gcp-web1"), ["pause gcp-db gcp-web1"], ["unpause gcp-db gcp-web1"]),
        (lambda on: on.cut(("gcp-db", "eth0")), ["gcp-db eth0 down"], ["gcp-db eth0 up"]),
        (
            lambda on: on.cut_vpn(),
            ["gcp-vpn1 wan0 down", "gcp-vpn2 wan0 down"],
            ["gcp-vpn1 wan0 up", "gcp-vpn2 wan0 up"],
        ),
        (
            lambda on: on.signal("gcp-db", "dr-agent", "STOP"),
            ["gcp-db: sh -c systemctl kill --signal=STOP dr-agent "],
            ["gcp-db: sh -c systemctl kill --signal=CONT dr-agent || true"],
        ),
        (
            lambda on: on.blackout("route53", "ec2", how="hang"),
            ['blackout {"services": ["route53", "ec2"], "except": [], "how": "hang"}'],
            ["blackout null"],
        ),
        (
            lambda on: on.blackout(excepted=["dynamodb"]),
            ['blackout {"services": ["*"], "except": ["dynamodb"], "how": "refuse"}'],
            ["blackout null"],
        ),
        (lambda on: on.signal("gcp-db", "mysql", "KILL"), ["gcp-db: sh -c systemctl kill --signal=KILL mysql "], []),
    ],
)
def test_a_fault_and_its_end(act: Callable[[Faults], Event], done: list[str], undone: list[str]) -> None:
    lab = FakeLab()
    with Faults(lab, lab.clock) as on:
        event = act(on)
        assert lab.calls == done
        assert (event.fault.begin, event.fault.end) == (0.0, len(done))
    assert lab.calls == done + undone
    assert event.mended is not None
    on.mend(event)
    assert lab.calls == done + undone, "a fault is undone once"


def test_a_lost_site_vanishes_before_its_hosts_die_and_boots_before_it_is_seen_again() -> None:
    lab = FakeLab()
    with Faults(lab, lab.clock) as on:
        event = on.lose("gcp")
        hosts = " ".join(faults.hosts_of("gcp"))
        cables = ["gcp-vpn1 wan0", "gcp-vpn2 wan0", "gcp-fabric wan0", "gcp-edge wan0"]
        assert lab.calls == [*(f"{cable} down" for cable in cables), f"kill {hosts}"]
        assert event.fault.end == 4.0, "the fault is the vanishing"
        lab.calls.clear()
    assert lab.calls == [f"start {hosts}", *(f"{cable} up" for cable in cables)]


def test_a_site_without_anything_but_users_keeps_its_edge() -> None:
    lab = FakeLab()
    with Faults(lab, lab.clock) as on:
        on.cut_all_but_users("gcp")
        assert lab.calls == ["gcp-vpn1 wan0 down", "gcp-vpn2 wan0 down", "gcp-fabric wan0 down"]


def rules(act: Callable[[Faults], Event]) -> tuple[list[str], set[str]]:
    """Hosts, and what they drop, in every hook."""
    lab = FakeLab()
    with Faults(lab, lab.clock) as on:
        act(on)
        hosts = [call.split(":")[0] for call in lab.calls]
        text = lab.scripts[0]
    assert all(text.count(f"hook {hook} priority -300") == 1 for hook in ("input", "forward", "output"))
    assert lab.scripts[-1] == "table inet harness_0\ndelete table inet harness_0\n"
    assert lab.scripts[0].startswith("table inet harness_0 {")
    dropped = [line.strip() for line in text.splitlines() if line.endswith(" drop")]
    assert len(dropped) == 3 * len(set(dropped))
    return hosts, set(dropped)


@pytest.mark.parametrize(
    ("act", "hosts", "dropped"),
    [
        (
            lambda on: on.cut_one_way("gcp"),
            ["gcp-vpn1", "gcp-vpn2"],
            {"ip saddr 10.10.0.0/16 ip daddr 10.20.0.0/16 drop"},
        ),
        (
            lambda on: on.cut_witness("gcp"),
            ["gcp-fabric"],
            {"ip daddr 198.51.100.240 drop", "ip saddr 198.51.100.240 drop"},
        ),
        (lambda on: on.cut_witness("gcp", requests=False), ["gcp-fabric"], {"ip saddr 198.51.100.240 drop"}),
        (lambda on: on.cut_witness("aws", answers=False), ["aws-fabric"], {"ip daddr 198.51.100.240 drop"}),
        (
            lambda on: on.witness_down(),
            ["cloud"],
            {"ip daddr 198.51.100.240 tcp dport 80 drop", 'iifname "mgmt0" tcp dport 5000 drop'},
        ),
    ],
)
def test_packets_that_are_swallowed(act: Callable[[Faults], Event], hosts: list[str], dropped: set[str]) -> None:
    assert rules(act) == (hosts, dropped)


def test_everything_is_undone_in_reverse_whatever_fails() -> None:
    lab = FakeLab(fails="gcp-db eth0 up")
    with pytest.raises(RuntimeError, match="gcp-db eth0 up"), Faults(lab, lab.clock) as on:
        on.kill("gcp-web1")
        on.cut(("gcp-db", "eth0"))
        lab.calls.clear()
    assert lab.calls == ["gcp-db eth0 up", "start gcp-web1"]


def test_a_fault_that_fails_half_way_is_undone_and_the_tests_own_failure_is_told() -> None:
    lab = FakeLab(fails="gcp-vpn2 wan0 down")
    with pytest.raises(RuntimeError, match="gcp-vpn2 wan0 down"), Faults(lab, lab.clock) as on:
        on.cut_vpn()
    assert lab.calls[-2:] == ["gcp-vpn1 wan0 up", "gcp-vpn2 wan0 up"]


def test_when_a_host_was_frozen_for_certain() -> None:
    lab = FakeLab()
    with Faults(lab, lab.clock) as on:
        event = on.freeze("gcp-db")
        on.kill("gcp-web1")
        assert on.frozen(until=9.0) == {"gcp-db": [Interval(1.0, 9.0)]}
        on.mend(event)
        assert on.frozen(until=9.0) == {"gcp-db": [Interval(1.0, 2.0)]}


def test_the_command_line_speaks_the_labs_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []

    def run(command: list[str], **options: Any) -> Any:
        said.append((command[2:], options["input"]))
        return type("Done", (), {"returncode": 1 if "nobody" in command else 0, "stdout": "", "stderr": "lab: unknown"})

    monkeypatch.setattr("subprocess.run", run)
    lab = CommandLine()
    lab.verb("kill", "a", "b")
    lab.cable("a", "wan0", "down")
    lab.cable("a", "wan0", "up")
    lab.run("a", "nft", "-f", "-", stdin="table")
    lab.blackout({"services": ["ec2", "s3"], "except": [], "how": "hang"})
    lab.blackout({"services": ["*"], "except": ["dynamodb"], "how": "refuse"})
    lab.blackout(None)
    assert said == [
        (["lab", "kill", "a", "b"], None),
        (["lab", "cut", "a", "wan0"], None),
        (["lab", "mend", "a", "wan0"], None),
        (["lab", "exec", "a", "nft", "-f", "-"], "table"),
        (["lab", "blackout", "ec2", "s3", "--how=hang"], None),
        (["lab", "blackout", "*", "--how=refuse", "--except", "dynamodb"], None),
        (["lab", "blackout", "--end"], None),
    ]
    with pytest.raises(RuntimeError, match="lab kill nobody: lab: unknown"):
        lab.verb("kill", "nobody")
