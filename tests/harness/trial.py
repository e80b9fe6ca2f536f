# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers at the client and the observer on the machine, around whatever a test does to the lab; then the judgement.

    with Trial(lab, tmp_path) as trial:
        trial.await_orders(50)
        event = faults.lose("gcp")
        trial.await_orders(50)
    judgement = trial.judge("aws-db", fault=event.fault)

The journals stay in the folder.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from . import faults
from .checker import Judgement, Limits, judge
from .history import Fault, Journal, Observation, read_journal, read_observation
from .intervals import Interval
from .tables import Tables, query, read_tables
from .writer import CDN, HONOURS, IGNORES

ROOT = Path(__file__).resolve().parents[2]
SHOP = "shop.multicloud.example"
# The front door of each kind of client.
DOORS = {HONOURS: SHOP, IGNORES: SHOP, CDN: "cdn.multicloud.example"}
WRITER = "/usr/local/lib/writer.py"  # the tests put it there, and the authority
DATABASES = ("gcp-db", "aws-db")
# Where customers ask, and the name server behind it.
DNS = {"resolver": "198.51.100.53", "route53": "198.51.100.230"}


class Lab(faults.Lab, Protocol):
    """What a trial needs of the lab besides its verbs."""

    def command(self, host: str, *argv: str) -> list[str]:
        """The command that runs ``argv`` in a host."""

    def on_machine(self, *argv: str) -> list[str]:
        """The command that runs ``argv`` on the machine, where the hosts' namespaces are in /run/netns."""

    def namespace(self, host: str) -> str:
        """The name of a host's network namespace."""

    def address(self, host: str, link: str) -> str:
        """The address of a host's interface."""

    def sql(self, host: str, statement: str) -> list[list[str]]:
        """Rows, read by root through the server's socket."""


class Trial:
    """Runs from entering to leaving the block. ``clients``: one writer process for each kind, ``rate`` orders a second
    each, through its front door; ``cart``: seconds between looks at a cart that each keeps; ``database``: any that
    answers at the beginning."""

    def __init__(
        self,
        lab: Lab,
        folder: Path,
        *,
        clients: Sequence[str] = (HONOURS, IGNORES),
        rate: float = 10,
        writers: int = 8,
        tries: int = 1,
        cart: float = 1.0,
        seconds: float = 900,
        database: str = DATABASES[0],
        password_file: Path = ROOT / ".lab" / "secrets" / "mysql_shop_password",
    ) -> None:
        self.run = secrets.token_hex(4)
        self._lab, self._folder, self._clients = lab, folder, clients
        self._options = [f"--rate={rate}", f"--writers={writers}", f"--tries={tries}", f"--cart={cart}"]
        self._options += [f"--seconds={seconds}", f"--run={self.run}", "--ca=/etc/ssl/shop-ca.crt", "--until-eof"]
        self._database, self._password_file = database, password_file
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._files = ExitStack()
        self._before: Tables | None = None

    def path(self, name: str) -> Path:
        """A journal: of the observer or of one kind of client."""
        return self._folder / f"{self.run}-{name}.jsonl"

    def __enter__(self) -> Trial:
        self._before = self.tables(self._database)
        try:
            self._start("observer", self._observer())
            # A busy machine must not blind it. Without root there is no lab and nothing to see.
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, self._processes["observer"].pid, -10)
            seen = self._from_now_on("observer", "sample", "state", "open", "closed")
            self._await(
                lambda: {one["database"] for one in seen()} == set(DATABASES),
                "the observer's first sight of each database",
                30,
            )
            for client in self._clients:
                command = ("python3", WRITER, f"https://{DOORS[client]}", f"--client={client}", *self._options)
                self._start(client, self._lab.command("client", *command), subprocess.PIPE)
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self, name: str, command: list[str], stdin: int = subprocess.DEVNULL) -> None:
        output: IO[bytes] = self._files.enter_context(self.path(name).open("wb"))
        self._processes[name] = subprocess.Popen(command, stdin=stdin, stdout=output)

    def _await(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not condition():
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} of run {self.run} ended before its time")
            if time.monotonic() > end:
                raise TimeoutError(f"not within {timeout:.0f} s: {what}")
            time.sleep(0.2)

    def await_orders(self, count: int, timeout: float = 120, clients: Sequence[str] = ()) -> None:
        """Until each kind of client (or each of ``clients``) had so many orders acknowledged that it began from now on.

        Raises TimeoutError.
        """
        wanted = clients or self._clients
        watched = [self._from_now_on(client, "attempt", "outcome", "acked") for client in wanted]
        self._await(
            lambda: all(len(orders()) >= count for orders in watched),
            f"{count} orders each by {', '.join(wanted)}",
            timeout,
        )

    def await_sight(self, database: str, state: str, count: int, timeout: float = 30) -> None:
        """Until the observer has seen a database so often in a state from now on. Raises TimeoutError."""
        seen = self._from_now_on("observer", "sample", "state", state)
        self._await(
            lambda: sum(one["database"] == database for one in seen()) >= count,
            f"{database} seen {state} {count} times",
            timeout,
        )

    def _from_now_on(self, name: str, kind: str, key: str, *values: str) -> Callable[[], list[dict[str, Any]]]:
        """A function that reads a journal's lines of a kind, with one of these values, about what begins after now."""
        since, path = time.monotonic(), self.path(name)
        place = path.stat().st_size

        def read() -> list[dict[str, Any]]:
            with path.open() as file:
                file.seek(place)
                # The first and the last line may be halves.
                whole = (line for line in file if line.startswith('{"kind"') and line.endswith("\n"))
                lines = [json.loads(line) for line in whole]
            return [one for one in lines if one["kind"] == kind and one[key] in values and one["begin"] >= since]

        return read

    def _observer(self) -> list[str]:
        where = [
            f"--database={host}={self._lab.namespace(host)}/{self._lab.address(host, 'eth0')}" for host in DATABASES
        ]
        client = self._lab.namespace("client")
        where += [f"--dns={name}={client}/{address}" for name, address in DNS.items()]
        python = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.harness.observer"]
        return self._lab.on_machine(*python, *where, f"--name={SHOP}", f"--password-file={self._password_file}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Have the writers finish what they began, then the observer."""
        try:
            for process in self._processes.values():
                if process.stdin:
                    process.stdin.close()
                    process.wait(timeout=60)
            if "observer" in self._processes:
                self._processes["observer"].terminate()
                self._processes["observer"].wait(timeout=30)
        finally:
            for process in self._processes.values():
                process.kill()
                process.wait()
            self._files.close()

    def tables(self, host: str) -> Tables:
        """What a database holds now."""
        return read_tables(self._lab.sql(host, query(self.run)))

    def journals(self) -> list[Journal]:
        return [read_journal(self._lines(client)) for client in self._clients]

    def observation(self) -> Observation:
        return read_observation(self._lines("observer"))

    def _lines(self, name: str) -> list[str]:
        return self.path(name).read_text().splitlines(keepends=True)

    def judge(
        self,
        final: str,
        *,
        elsewhere: Tables | None = None,
        fault: Fault | None = None,
        frozen: Mapping[str, Sequence[Interval]] | None = None,
        limits: Limits | None = None,
    ) -> Judgement:
        """After the block. final: the host whose database takes writes now. elsewhere: ``tables`` of a deposed one,
        read before it was rebuilt."""
        return judge(
            self.journals(),
            self.tables(final),
            elsewhere=elsewhere or Tables(),
            before=self._before,
            observation=self.observation(),
            fault=fault,
            frozen=frozen,
            limits=limits or Limits(),
        )
