# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen to the lab, with the moment it happened, and undone in reverse order at the end of a ``with`` block.

The lab is driven through a few of its own verbs (``Lab``): by ``CommandLine``, or by whoever has the lab in its own
process already, which is faster: a fault is as sharp as its verb is quick.

Missing (the lab would have to learn it; nothing here pretends to do it): several hosts or cables in one instant; a loop
over them takes a moment for each.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from .history import Fault
from .intervals import Interval

ROOT = Path(__file__).resolve().parents[2]
PEER = {"gcp": "aws", "aws": "gcp"}
CIDR = {"gcp": "10.10.0.0/16", "aws": "10.20.0.0/16"}
# The AWS API as hosts of the lab reach it; DynamoDB, the witness, is part of it.
WITNESS = "198.51.100.240"


def hosts_of(site: str) -> list[str]:
    """All hosts of a site, the one that decides first: a database must not outlive the rest in a fault of all."""
    return [f"{site}-{part}" for part in ("db", "cache", "web1", "web2", "edge", "vpn1", "vpn2")]


def gateways(site: str) -> list[str]:
    """A site's ends of the tunnels."""
    return [f"{site}-vpn1", f"{site}-vpn2"]


def _wide_area(site: str) -> list[tuple[str, str]]:
    return [(host, "wan0") for host in [*gateways(site), f"{site}-fabric", f"{site}-edge"]]


class Lab(Protocol):
    """The lab's verbs."""

    def verb(self, verb: str, *hosts: str) -> None:
        """start, stop, kill, pause or unpause hosts."""

    def cable(self, host: str, link: str, state: str) -> None:
        """Pull (``down``) or plug (``up``) a cable."""

    def blackout(self, wanted: Mapping[str, Any] | None) -> None:
        """Begin a blackout of the AWS API, ``{"services", "except", "how"}``, in the place of any; None: end it."""

    def run(self, host: str, *argv: str, stdin: str | None = None) -> str:
        """A command in a host, as root; its standard output."""


class CommandLine:
    """``python -m lab``: reads the inventory at each call, which takes it a second or more."""

    def verb(self, verb: str, *hosts: str) -> None:
        self._lab(verb, *hosts)

    def cable(self, host: str, link: str, state: str) -> None:
        self._lab("cut" if state == "down" else "mend", host, link)

    def blackout(self, wanted: Mapping[str, Any] | None) -> None:
        if wanted is None:
            self._lab("blackout", "--end")
        else:
            excepted = ["--except", *wanted["except"]] if wanted["except"] else []
            self._lab("blackout", *wanted["services"], f"--how={wanted['how']}", *excepted)

    def run(self, host: str, *argv: str, stdin: str | None = None) -> str:
        return self._lab("exec", host, *argv, stdin=stdin)

    @staticmethod
    def _lab(*argv: str, stdin: str | None = None) -> str:
        command = [sys.executable, "-m", "lab", *argv]
        done = subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[1:])}: {done.stderr.strip()}")
        return done.stdout


@dataclass
class Event:
    """A fault, the moment it happened (between ``fault.begin`` and ``fault.end``), and, afterwards, that of its end."""

    what: str
    fault: Fault
    undo: Callable[[], None]
    frozen: tuple[str, ...] = ()
    mended: Fault | None = None


class Faults:
    """Each verb acts at once, returns its ``Event``, and stays until ``mend(event)`` or the end of the block."""

    def __init__(self, lab: Lab, clock: Callable[[], float] = time.monotonic) -> None:
        self._lab, self._clock = lab, clock
        self._numbers = iter(range(10_000))
        self.events: list[Event] = []

    def __enter__(self) -> Faults:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo everything, whatever fails on the way; the first failure is raised at the end."""
        failures = []
        for event in reversed(self.events):
            try:
                self.mend(event)
            except Exception as failure:
                failures.append(failure)
        if failures and error is None:
            raise failures[0]

    def mend(self, event: Event) -> Event:
        """Undo one fault, once."""
        if event.mended is None:
            begin = self._clock()
            event.undo()
            event.mended = Fault(begin, self._clock())
        return event

    def frozen(self, until: float) -> dict[str, list[Interval]]:
        """Per host, when it was frozen for certain: what the checker need not have seen."""
        found: dict[str, list[Interval]] = {}
        for event in self.events:
            for host in event.frozen:
                end = event.mended.begin if event.mended else until
                found.setdefault(host, []).append(Interval(event.fault.end, end))
        return found

    def _happen(
        self, what: str, act: Callable[[], None], undo: Callable[[], None], frozen: Iterable[str] = ()
    ) -> Event:
        """Even a fault that fails half-way is undone in the end."""
        event = Event(what, Fault(self._clock(), self._clock()), undo)
        self.events.append(event)
        act()
        event.fault = Fault(event.fault.begin, self._clock())
        event.frozen = tuple(frozen)
        return event

    # --- hosts and processes ------------------------------------------------------------------------------------------

    def kill(self, *hosts: str) -> Event:
        """Every process of these hosts ends; their kernels refuse connections, so others notice at once."""
        return self._host_fault("kill", "start", *hosts)

    def stop(self, *hosts: str) -> Event:
        """An orderly shutdown."""
        return self._host_fault("stop", "start", *hosts)

    def freeze(self, *hosts: str) -> Event:
        """No process does anything; thawed, they go on as if nothing had happened."""
        return self._host_fault("pause", "unpause", *hosts)

    def _host_fault(self, verb: str, opposite: str, *hosts: str) -> Event:
        return self._happen(
            f"{verb} {' '.join(hosts)}",
            lambda: self._lab.verb(verb, *hosts),
            lambda: self._lab.verb(opposite, *hosts),
            frozen=hosts if verb == "pause" else (),
        )

    def signal(self, host: str, unit: str, name: str) -> Event:
        """Send a signal to all processes of a unit: STOP is undone by CONT, and after KILL systemd starts it again."""

        def send(number: str, *, anyway: str = "") -> None:
            self._lab.run(host, "sh", "-c", f"systemctl kill --signal={number} {unit} {anyway}")

        def undo() -> None:
            if name == "STOP":
                send("CONT", anyway="|| true")  # it may have been ended meanwhile

        return self._happen(f"{name} {unit} on {host}", lambda: send(name), undo)

    # --- cables -------------------------------------------------------------------------------------------------------

    def cut(self, *cables: tuple[str, str]) -> Event:
        """Pull cables: (host, link)."""

        def pull(state: str) -> None:
            for host, link in cables:
                self._lab.cable(host, link, state)

        what = ", ".join(f"{host} {link}" for host, link in cables)
        return self._happen(f"cut {what}", lambda: pull("down"), lambda: pull("up"))

    def cut_vpn(self) -> Event:
        """The clouds lose each other; both keep the internet."""
        return self.cut(*((host, "wan0") for host in gateways("gcp")))

    def cut_all_but_users(self, site: str) -> Event:
        """No other cloud, no witness, no internet; its edge still has customers (and health checkers)."""
        return self.cut(*((host, "wan0") for host in [*gateways(site), f"{site}-fabric"]))

    # --- whole sites --------------------------------------------------------------------------------------------------

    def vanish(self, site: str) -> Event:
        """Nothing more is heard of a site, while it lives on inside."""
        return self.cut(*_wide_area(site))

    def lose(self, site: str) -> Event:
        """A site burns: it vanishes for everybody, and then all its hosts are killed. The event is the vanishing.

        Mended, it comes back with what was on its disks: its hosts boot, then its cables are plugged in.
        """

        def bring_back() -> None:
            self._lab.verb("start", *hosts_of(site))
            for host, link in _wide_area(site):
                self._lab.cable(host, link, "up")

        def vanish() -> None:
            for host, link in _wide_area(site):
                self._lab.cable(host, link, "down")

        event = self._happen(f"lose {site}", vanish, bring_back)
        self._lab.verb("kill", *hosts_of(site))
        return event

    def freeze_site(self, site: str) -> Event:
        """All hosts of a site, its database first."""
        return self.freeze(*hosts_of(site))

    # --- packets ------------------------------------------------------------------------------------------------------

    def swallow(self, hosts: Iterable[str], *matches: str) -> Event:
        """Drop packets that match (nftables expressions) in these hosts, silently, whichever way they pass them.

        A table of its own, before all others: no role's firewall is touched, and established connections stop too.
        """
        hosts = list(hosts)
        table = f"inet harness_{next(self._numbers)}"
        rules = "\n".join(f"    {match} drop" for match in matches)
        chains = "\n".join(
            f"  chain {hook} {{\n    type filter hook {hook} priority -300; policy accept;\n{rules}\n  }}"
            for hook in ("input", "forward", "output")
        )

        def act() -> None:
            for host in hosts:
                self._lab.run(host, "nft", "-f", "-", stdin=f"table {table} {{\n{chains}\n}}\n")

        def undo() -> None:
            for host in hosts:
                # Also right if the table is not there, be it that ``act`` did not get so far or that the host is new.
                self._lab.run(host, "nft", "-f", "-", stdin=f"table {table}\ndelete table {table}\n")

        return self._happen(f"{', '.join(hosts)} swallow {'; '.join(matches)}", act, undo)

    def cut_one_way(self, source: str) -> Event:
        """What a site sends to the other one through the tunnels is lost, what it is sent arrives. Tunnels stay up."""
        return self.swallow(gateways(source), f"ip saddr {CIDR[source]} ip daddr {CIDR[PEER[source]]}")

    def cut_witness(self, site: str, requests: bool = True, answers: bool = True) -> Event:
        """A site loses the AWS API and so the record: its requests, or only the answers (what it asked for is done)."""
        matches = [f"ip daddr {WITNESS}"] * requests + [f"ip saddr {WITNESS}"] * answers
        return self.swallow([f"{site}-fabric"], *matches)

    def witness_down(self) -> Event:
        """Nobody reaches the AWS API: no site, and not the controller either."""
        return self.swallow(["cloud"], f"ip daddr {WITNESS} tcp dport 80", 'iifname "mgmt0" tcp dport 5000')

    # --- control planes -----------------------------------------------------------------------------------------------

    def blackout(self, *services: str, excepted: Iterable[str] = (), how: str = "refuse") -> Event:
        """The AWS API fails, data planes go on: for these services, as boto3 names them, or for all but ``excepted``.

        ``how``: refuse (503), throttle, or hang (no answer). The later of two counts, and the end of one ends both.
        """
        wanted = {"services": list(services) or ["*"], "except": list(excepted), "how": how}
        what = " ".join([how, *wanted["services"], *(f"except {service}" for service in wanted["except"])])
        return self._happen(what, lambda: self._lab.blackout(wanted), lambda: self._lab.blackout(None))
