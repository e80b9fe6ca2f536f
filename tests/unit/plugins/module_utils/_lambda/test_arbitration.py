# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lambda in a world of fakes: a record, two agents that publish while they live, Route 53, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import (
    Cause,
    Change,
    Record,
    apply,
    promote,
    renew,
)
from ansible_collections.multicloud.dr.plugins.module_utils._lambda.arbitration import World, run

SITES = ("gcp", "aws")
GTIDS = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-10"
OPENED = Record(epoch=4, active_site="gcp", lease_counter=70, lease_epoch=4, lease_site="gcp", mode="automatic")


class Fakes:
    """``dead_since``: when a site stopped, by site. ``events``: what happens at a time, done once."""

    def __init__(self, record: Record | None = OPENED, limit: float = 30.0, **dead_since: float) -> None:
        self.record = record
        self.now = 0.0
        self.limit = limit
        self.dead_since = dead_since
        self.events: list[tuple[float, Callable[[], None]]] = []
        # Route 53 needs its time to notice; None: DNS does not answer.
        self.noticed_after: float | None = 0.0
        self.dns_answers = True
        self.database: dict[str, Any] = {}
        self.told: list[tuple[str, str]] = []
        self.remembered = ""
        self.writes: list[Change] = []
        self.renewals = 0
        self.unreachable = False
        self.lose_answer = False

    # the store

    def read(self) -> Record | None:
        self._happen()
        if self.unreachable:
            raise StoreError("get_item on the table t: no route.")
        return self.record

    def statuses(self, sites: tuple[str, ...]) -> Mapping[str, Mapping[str, Any] | None]:
        return {site: self._status(site) for site in sites}

    def apply(self, change: Change) -> Record | None:
        self._happen()
        self.writes.append(change)
        after = apply(self.record, change)
        self.record = after or self.record
        if self.lose_answer:
            self.lose_answer = False
            raise StoreError("update_item on the table t: timed out.")
        return after

    # the rest of the world

    def alive(self, site: str) -> bool:
        return self.now < self.dead_since.get(site, float("inf"))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def health(self) -> Mapping[str, Any]:
        if not self.dns_answers:
            return {}
        return {site: dict.fromkeys(("writable", "healthz"), self._verdict(site)) for site in SITES}

    def notify(self, subject: str, text: str) -> None:
        self.told.append((subject, text))

    def exchange(self, key: str) -> str:
        before, self.remembered = self.remembered, key
        return before

    def world(self) -> World:
        return World(
            store=self,
            health=self.health,
            notify=self.notify,
            exchange=self.exchange,
            monotonic=lambda: self.now,
            wall=lambda: 1_700_000_000 + self.now,
            sleep=self.sleep,
            remaining=lambda: self.limit - self.now,
        )

    def run(self, run_id: str = "request-1", **settings: Any) -> dict[str, Any]:
        return run(self.world(), SITES, Settings(**settings), "the schedule", run_id)

    def again(self, limit: float = 30.0, **settings: Any) -> dict[str, Any]:
        """Another invocation, right after."""
        self.limit = self.now + limit
        return self.run("request-2", **settings)

    def _verdict(self, site: str) -> str | None:
        if self.alive(site):
            return "up"
        if self.noticed_after is None:
            return None
        return "down" if self.now >= self.dead_since[site] + self.noticed_after else "up"

    def _status(self, site: str) -> dict[str, Any]:
        until = min(self.now, self.dead_since.get(site, self.now))
        active = self.record is not None and self.record.active_site == site
        database = {
            "answers": True,
            "writable": active,
            "executed": GTIDS,
            "received": GTIDS,
            "applied": True,
            "follows": not active,
            "running": not active,
            "lag_seconds": 0.1,
            "diverged": False,
            **self.database,
        }
        return {
            "site": site,
            "seq": 100 + int(until // 2),
            "incarnation": "i",
            "epoch": 4,
            "role": "active" if active else "standby",
            "record_age_seconds": 0.5,
            "database": database,
            "peer": {"answers": True, "age_seconds": 0.5},
        }

    def _happen(self) -> None:
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()
        while self.renewals < int(self.now // 2):
            self.renewals += 1
            if self.record is not None and self.alive(self.record.active_site):
                self.record = apply(self.record, renew(self.record.epoch, self.record.active_site)) or self.record


def names(result: dict[str, Any]) -> set[str]:
    return {refusal["name"] for refusal in result["refusals"]}


# --- promotion


def test_a_lost_site_is_replaced_with_one_write() -> None:
    fakes = Fakes(gcp=0)
    result = fakes.run()
    assert (result["outcome"], result["situation"], result["refusals"]) == ("promoted", "SiteDown", [])
    assert fakes.record is not None
    assert (fakes.record.epoch, fakes.record.active_site, fakes.record.run) == (5, "aws", "request-1")
    assert (fakes.record.changed_by, fakes.record.lease_counter) == ("arbiter", 70)
    assert "woken by the schedule" in fakes.record.reason
    assert len(fakes.writes) == 1
    ((subject, text),) = fakes.told
    assert subject == "multicloud.dr: SiteDown: aws is now the active site"
    assert "aws was promoted: epoch 5" in text


def test_the_lease_is_watched_for_all_of_challenger_ttl_and_no_longer() -> None:
    fakes = Fakes(gcp=0)
    assert fakes.run()["watched_seconds"] == 10
    assert fakes.now == 10


def test_the_time_of_the_looks_themselves_does_not_count() -> None:
    fakes = Fakes(gcp=0, limit=60)
    read = fakes.read

    def slow() -> Record | None:
        fakes.now += 1.5
        found = read()
        fakes.now += 1.5
        return found

    fakes.read = slow  # type: ignore[method-assign]
    result = fakes.run()
    # The last look was begun ten seconds after the first one was complete, and took three itself.
    assert result["watched_seconds"] >= 10
    assert fakes.now - result["watched_seconds"] == 6


def test_a_slow_verdict_of_route_53_is_waited_for_within_one_invocation() -> None:
    fakes = Fakes(gcp=0, limit=60)
    fakes.noticed_after = 33
    assert fakes.run()["outcome"] == "promoted"
    assert fakes.now == 33


def test_in_manual_mode_too() -> None:
    fakes = Fakes(replace(OPENED, mode="manual"), gcp=0, limit=60)
    fakes.noticed_after = 33
    fakes.run()
    assert fakes.now == 33
    assert "promote aws?" in fakes.told[0][0]


def test_it_ends_in_time_when_the_verdict_does_not_come() -> None:
    fakes = Fakes(gcp=0)
    fakes.noticed_after = 33
    result = fakes.run()
    assert (result["outcome"], result["situation"]) == ("refused", "ActiveIsolatedFromWitness")
    assert fakes.limit - fakes.now >= 10
    assert fakes.writes == []
    assert fakes.again()["outcome"] == "promoted"


# --- no promotion


def test_a_healthy_pair_is_left_alone_quickly_and_silently() -> None:
    fakes = Fakes()
    result = fakes.run()
    assert (result["outcome"], result["situation"]) == ("nothing", "Healthy")
    assert fakes.now <= 3
    assert (fakes.writes, fakes.told) == ([], [])


def test_no_answer_from_dns_is_no_proof_of_death() -> None:
    fakes = Fakes(gcp=0)
    fakes.dns_answers = False
    result = fakes.run()
    assert (result["outcome"], fakes.writes) == ("refused", [])
    assert "evidence" in names(result)


@pytest.mark.parametrize(("mode", "outcome"), [("automatic", "promoted"), ("manual", "refused")])
def test_in_manual_mode_people_are_told_and_nothing_is_done(mode: Any, outcome: str) -> None:
    fakes = Fakes(replace(OPENED, mode=mode), gcp=0)
    result = fakes.run()
    assert result["outcome"] == outcome
    assert len(fakes.writes) == (mode == "automatic")
    if mode == "manual":
        ((subject, text),) = fakes.told
        assert subject == "multicloud.dr: SiteDown: promote aws?"
        assert "dr_mode is manual" in text
        assert "ansible-playbook playbooks/failover.yml -e dr_target=aws" in text
        assert fakes.now == 10


@pytest.mark.parametrize(
    ("database", "settings", "refusal"),
    [
        ({"diverged": True}, {}, "diverged"),
        ({"lag_seconds": 300.0}, {}, "rpo"),
        ({"answers": False}, {}, "standby"),
        ({}, {"rpo_seconds": 1.0}, "rpo"),
    ],
)
def test_a_refusal_that_time_does_not_dissolve_ends_the_watch(
    database: dict[str, Any], settings: dict[str, Any], refusal: str
) -> None:
    fakes = Fakes(gcp=0, limit=60)
    fakes.database = database
    result = fakes.run(**settings)
    assert (result["outcome"], fakes.writes) == ("refused", [])
    assert refusal in names(result)
    assert fakes.now <= 11
    assert refusal + ": " in fakes.told[0][1]


def test_soon_after_a_failover_only_an_acknowledged_one_is_repeated() -> None:
    recent = replace(OPENED, changed_at=1_700_000_000 - 60.0)
    fakes = Fakes(recent, gcp=0)
    assert names(fakes.run()) >= {"anti_flap"}
    assert fakes.writes == []
    assert Fakes(replace(recent, acknowledged_epoch=4), gcp=0).run()["outcome"] == "promoted"


def test_both_sites_down() -> None:
    fakes = Fakes(gcp=0, aws=0)
    assert (fakes.run()["outcome"], fakes.writes) == ("refused", [])


def test_the_table_does_not_answer() -> None:
    fakes = Fakes(gcp=0)
    fakes.unreachable = True
    result = fakes.run()
    assert (result["outcome"], result["situation"], result["epoch"]) == ("refused", "WitnessDown", None)
    assert fakes.limit - fakes.now >= 10
    assert len(fakes.told) == 1


def test_a_first_look_that_fails_starts_the_watch_later() -> None:
    fakes = Fakes(gcp=0)
    fakes.unreachable = True
    fakes.events = [(3.0, lambda: setattr(fakes, "unreachable", False))]
    result = fakes.run()
    assert (result["outcome"], result["watched_seconds"], fakes.now) == ("promoted", 10, 13)


def test_garbage_in_the_table_is_told_and_nothing_is_done() -> None:
    fakes = Fakes(gcp=0)
    fakes.database = {"answers": "perhaps"}
    result = fakes.run()
    assert (result["outcome"], fakes.writes) == ("refused", [])
    assert "answers" in result["sentence"]
    assert len(fakes.told) == 1


# --- at once


def test_a_holder_that_renews_after_the_last_look_keeps_its_epoch() -> None:
    fakes = Fakes(gcp=0)
    look = fakes.read
    renewal = renew(4, "gcp")

    def renewed_meanwhile(change: Change) -> Record | None:
        fakes.record = apply(fakes.record, renewal)
        return Fakes.apply(fakes, change)

    fakes.apply = renewed_meanwhile  # type: ignore[method-assign]
    result = fakes.run()
    assert (result["outcome"], look()) == ("superseded", fakes.record)
    assert fakes.record is not None
    assert (fakes.record.epoch, fakes.record.lease_counter) == (4, 71)


def test_an_operator_who_was_faster() -> None:
    fakes = Fakes(gcp=0)

    def operator(change: Change) -> Record | None:
        by_hand = promote(4, "aws", Cause("ops", "by hand", 1_700_000_009.0, run="run-7"))
        fakes.record = apply(fakes.record, by_hand)
        return Fakes.apply(fakes, change)

    fakes.apply = operator  # type: ignore[method-assign]
    assert fakes.run()["outcome"] == "superseded"
    assert fakes.record is not None
    assert (fakes.record.epoch, fakes.record.changed_by, fakes.record.run) == (5, "ops", "run-7")
    assert "somebody else was faster" in fakes.told[0][0]


def test_two_invocations_at_once_move_the_epoch_once() -> None:
    first, second = Fakes(gcp=0), Fakes(gcp=0)

    def other_first(change: Change) -> Record | None:
        assert first.run("request-1")["outcome"] == "promoted"
        second.record = first.record
        return Fakes.apply(second, change)

    second.apply = other_first  # type: ignore[method-assign]
    assert second.run("request-2")["outcome"] == "superseded"
    assert second.record is not None
    assert (second.record.epoch, second.record.run) == (5, "request-1")


def test_an_invocation_after_a_promotion_does_nothing() -> None:
    fakes = Fakes(gcp=0)
    fakes.run()
    result = fakes.again()
    assert (result["outcome"], result["epoch"], len(fakes.writes)) == ("refused", 5, 1)


def test_a_write_whose_answer_was_lost_is_recognised() -> None:
    fakes = Fakes(gcp=0)
    fakes.lose_answer = True
    assert fakes.run()["outcome"] == "promoted"
    assert len(fakes.writes) == 1


def test_a_write_of_which_nothing_is_known_fails_so_that_lambda_tries_again() -> None:
    fakes = Fakes(gcp=0)

    def lost(change: Change) -> Record | None:
        fakes.unreachable = True
        raise StoreError("update_item on the table t: timed out.")

    fakes.apply = lost  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        fakes.run()
    assert fakes.told == []


def test_an_epoch_that_moves_meanwhile_starts_the_watch_again() -> None:
    fakes = Fakes(gcp=0, limit=60)
    by_hand = promote(4, "aws", Cause("ops", "by hand", 0.0))
    fakes.events = [(4.0, lambda: setattr(fakes, "record", apply(fakes.record, by_hand)))]
    result = fakes.run()
    assert (result["epoch"], fakes.writes) == (5, [])
    assert "epoch" not in names(result)
    assert result["watched_seconds"] <= fakes.now - 4


# --- telling


def test_a_lasting_trouble_is_told_once_and_its_end_too() -> None:
    fakes = Fakes(aws=0)
    fakes.noticed_after = None
    for _ in range(3):
        assert fakes.again()["situation"] == "StandbyDown"
    assert [subject for subject, _ in fakes.told] == ["multicloud.dr: StandbyDown"]
    fakes.dead_since = {}
    for _ in range(3):
        assert fakes.again()["situation"] == "Healthy"
    assert [subject for subject, _ in fakes.told][1:] == ["multicloud.dr: Healthy"]
    fakes.dead_since = {"aws": fakes.now}
    fakes.again()
    assert len(fakes.told) == 3


def test_rather_twice_than_never() -> None:
    fakes = Fakes(aws=0)

    def unknown(key: str) -> str:
        raise StoreError("put_item on the table t: no route.")

    fakes.exchange = unknown  # type: ignore[method-assign]
    fakes.run()
    fakes.again()
    assert len(fakes.told) == 2


def test_a_notice_that_is_lost_undoes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    fakes = Fakes(gcp=0)

    def lost(subject: str, text: str) -> None:
        raise OSError("no such topic")

    fakes.notify = lost  # type: ignore[method-assign]
    result = fakes.run()
    assert (result["outcome"], result["notified"]) == ("promoted", False)
    assert "Nobody was told: no such topic" in capsys.readouterr().out


def test_a_subject_is_one_that_sns_takes() -> None:
    fakes = Fakes(gcp=0)
    fakes.run()
    (subject, _), *_ = fakes.told
    assert subject.isascii()
    assert len(subject) < 100
    assert "\n" not in subject


def test_the_result_is_json() -> None:
    import json

    assert json.loads(json.dumps(Fakes(gcp=0).run()))["predicted_loss"]["transactions"] == 0
