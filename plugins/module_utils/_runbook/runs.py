# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals of runs in the record's table: one item ``run#<id>`` each, and ``run``, which names the last one.

The table's copy is the one that counts, so any operator on any host can continue a run. Whoever does takes its *seat*;
whoever had it before finds out when he next appends, and stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._dynamodb import Store, StoreError
from .._failover.journal import START, Entry, Journal, read
from .._record_access import CALL_SECONDS

LAST = "run"
RUNNING = "running"


@dataclass(frozen=True)
class Stored:
    """A run. ``outcome``: running, done, failed, refused or abandoned; ``at``: wall-clock seconds of its begin."""

    run: str
    verb: str
    target: str
    owner: str
    seat: str
    outcome: str
    at: float
    journal: Journal


class Runs(Store):
    """The record's table with its journals. Every method may raise StoreError."""

    def create(self, run: Stored) -> bool:
        """False if there is a run of that name."""
        item = {name: {"S": getattr(run, name)} for name in ("run", "verb", "target", "owner", "seat", "outcome")}
        lines = {"L": _lines(run.journal.entries)}
        item |= {"id": _id(run.run), "at": {"N": repr(run.at)}, "head": {"S": run.journal.head}, "lines": lines}
        if self._try("put_item", Item=item, ConditionExpression="attribute_not_exists(id)") is None:
            return False
        self._ask("put_item", Item={"id": {"S": LAST}, "last": {"S": run.run}})
        return True

    def get(self, run: str) -> Stored | None:
        """Raises JournalError if the journal is damaged."""
        item = self._ask("get_item", Key={"id": _id(run)}, ConsistentRead=True).get("Item")
        if item is None:
            return None
        text = {name: item[name]["S"] for name in ("run", "verb", "target", "owner", "seat", "outcome")}
        journal = read("".join(line["S"] for line in item["lines"]["L"]).encode())
        return Stored(**text, at=float(item["at"]["N"]), journal=journal)

    def last(self) -> Stored | None:
        """The run that was begun last. Raises JournalError."""
        item = self._ask("get_item", Key={"id": {"S": LAST}}, ConsistentRead=True).get("Item")
        return None if item is None else self.get(item["last"]["S"])

    def sit(self, run: str, seat: str, owner: str) -> None:
        """Take the run's seat, whoever has it."""
        self._ask(
            "update_item",
            Key={"id": _id(run)},
            UpdateExpression="SET seat = :seat, #owner = :owner",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":seat": {"S": seat}, ":owner": {"S": owner}},
        )

    def append(self, run: str, seat: str, head: str, entries: Sequence[Entry], outcome: str = RUNNING) -> bool:
        """Continue the journal whose last hash is ``head``. False: somebody else has the seat, or has written."""
        arguments = {
            "Key": {"id": _id(run)},
            "UpdateExpression": "SET #lines = list_append(#lines, :lines), head = :new, outcome = :outcome",
            "ConditionExpression": "seat = :seat AND head = :old",
            "ExpressionAttributeNames": {"#lines": "lines"},
            "ExpressionAttributeValues": {
                ":lines": {"L": _lines(entries)},
                ":new": {"S": entries[-1].hash if entries else START},
                ":old": {"S": head},
                ":seat": {"S": seat},
                ":outcome": {"S": outcome},
            },
        }
        try:
            if self._try("update_item", **arguments) is not None:
                return True
        except StoreError:
            # It may have been done all the same.
            if not self._ends_with(run, entries):
                raise
            return True
        return self._ends_with(run, entries)

    def _ends_with(self, run: str, entries: Sequence[Entry]) -> bool:
        stored = self.get(run)
        return stored is not None and bool(entries) and stored.journal.head == entries[-1].hash


def _id(run: str) -> dict[str, str]:
    return {"S": f"run#{run}"}


def _lines(entries: Sequence[Entry]) -> list[dict[str, str]]:
    return [{"S": entry.line.decode()} for entry in entries]


def of_module(module: Any) -> Runs:
    """The table of an AnsibleAWSModule."""
    from botocore.config import Config

    config = Config(connect_timeout=CALL_SECONDS, read_timeout=CALL_SECONDS, retries={"total_max_attempts": 3})
    return Runs(module.client("dynamodb", config=config), module.params["table"])
