# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs from begin to end, as the playbook strings them together: real journals, real transitions, virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover import journal
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Cause, Record
from ansible_collections.multicloud.dr.plugins.module_utils._failover.transition import Request as Move
from ansible_collections.multicloud.dr.plugins.module_utils._runbook import report as reports
from ansible_collections.multicloud.dr.plugins.module_utils._runbook.runs import Runs
from ansible_collections.multicloud.dr.plugins.modules.dr_failover import Asked, Transition
from ansible_collections.multicloud.dr.plugins.modules.dr_failover import Failed as NotMoved
from ansible_collections.multicloud.dr.plugins.modules.dr_run import Dns, Failed, Process, Request

from tests.unit.fakes.sites import HEALTHY, SITES, Killed, World, lost, scene
from tests.unit.fakes.tables import table

Facts = dict[str, Any]
CHECKS = ("cache", "write", "dns", "follow")
ADDRESSES = {"gcp": "198.51.100.50", "aws": "198.51.100.150"}


class Table(Runs):
    """Journals and the lock in a table, the record and the agents in ``world``; killed at the nth word with it."""

    def __init__(self, client: Any, world: World) -> None:
        super().__init__(client, "multicloud-dr")
        self.world = world
        self.asked = 0
        self.killed_at: int | None = None

    def read(self) -> Record | None:
        return self.world.record

    def statuses(self, sites: tuple[str, ...]) -> dict[str, dict[str, Any] | None]:
        return self.world.statuses(sites)

    def _call(self, operation: str, **arguments: Any) -> Any:
        answer = super()._call(operation, **arguments)
        if operation not in ("get_item", "batch_get_item"):
            self.asked += 1
            if self.asked == self.killed_at:
                raise Killed
        return answer


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def runs(world: World) -> Iterator[Table]:
    with table() as store:
        yield Table(store._client, world)


def process(runs: Table, directory: Path, owner: str = "ann on one", check: bool = False) -> Process:
    return Process(runs, SITES, directory, owner, runs.world.clock, check)


def dns(world: World) -> Dns:
    def where(name: str, servers: tuple[str, ...]) -> list[str] | None:
        assert world.record is not None
        return [ADDRESSES[world.record.active_site]]

    def verdicts(names: Any, servers: tuple[str, ...]) -> dict[str, str | None]:
        return dict.fromkeys(names, "up")

    return Dns("example", "shop.example", ("server",), ADDRESSES, verdicts, where)


def move(world: World, attempt: Facts, overrides: tuple[str, ...] = (), writable: str | None = "up") -> Facts:
    """dr_failover's answer."""
    move = Move(attempt["source"], attempt["target"], attempt["planned"], attempt["record_run"])
    asked = Asked(replace(move, start=attempt["expected_epoch"]), scene(writable), "ann", "why", overrides)
    transition = Transition(world, asked, world.clock)
    try:
        transition.run()
    except NotMoved as error:
        return {**transition.facts, "failed": True, "msg": str(error)}
    return transition.facts


def go(runs: Table, directory: Path, request: Request, owner: str = "ann on one", **options: Any) -> Facts:
    """What the playbook does."""
    facts = process(runs, directory, owner).begin(request)
    run, seat = facts["run"], facts["seat"]

    def next_task() -> Process:
        one = process(runs, directory, owner)
        one.sit(run, seat)
        return one

    if facts["attempt"]:
        result = move(runs.world, facts["attempt"], **options)
        facts = next_task().transition(result)
    for step in [step for step in facts["remaining"] if step in CHECKS]:
        facts = next_task().check(step, dns(runs.world))
    return next_task().end()


def stored(runs: Table, run: str) -> Any:
    found = runs.get(run)
    assert found is not None
    return found


def report(facts: Facts) -> Any:
    return json.loads(Path(facts["report"]["json"]).read_text())


PLANNED = Request("failover", "aws", reason="Trial <b>")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("", "dr_target is not given; name the site explicitly: -e dr_target=aws (gcp is active)."),
        ("azure", "dr_target is 'azure'; the sites are gcp and aws."),
        ("gcp", "dr_target is 'gcp', which is the active site already, at epoch 7."),
    ],
)
def test_a_target_is_named_and_makes_sense(runs: Table, tmp_path: Path, target: str, sentence: str) -> None:
    with pytest.raises(Failed) as error:
        process(runs, tmp_path).begin(Request("failover", target))
    assert str(error.value) == sentence
    assert (runs.last(), runs.lock(), list(tmp_path.iterdir())) == (None, None, [])


def test_a_planned_failover_from_plan_to_report(runs: Table, world: World, tmp_path: Path) -> None:
    facts = go(runs, tmp_path, PLANNED)
    assert world.record is not None
    assert (world.record.active_site, world.record.epoch, facts["outcome"]) == ("aws", 8, "done")
    assert runs.lock() is None
    last = stored(runs, facts["run"])
    assert (last.outcome, last.verb, last.target) == ("done", "failover", "aws")
    # The table's journal and its copy are the same intact one.
    copy = (tmp_path / facts["run"] / "journal.jsonl").read_bytes()
    assert journal.verify(copy, last.journal.head) == ""
    told = report(facts)
    assert {step["outcome"] for step in told["steps"]} == {"done"}
    (rto,) = told["rto"]
    assert 0 < rto["without_writes_seconds"] <= rto["run_to_writable_seconds"]
    (rpo,) = told["rpo"]
    assert (rpo["transactions"], rpo["exact"]) == (0, True)
    page = (tmp_path / facts["run"] / "report.html").read_text()
    assert "Trial &lt;b&gt;" in page
    assert "<b>Trial" not in page
    assert "http" not in page.replace("https://www.gnu.org", "")


def test_an_unplanned_failover_reports_what_is_known_to_be_lost(runs: Table, world: World, tmp_path: Path) -> None:
    lost(world)
    facts = go(runs, tmp_path, Request("failover_unplanned", "aws"), writable="down")
    told = report(facts)
    assert told["rto"][0]["without_writes_seconds"] is None
    assert told["rpo"][0]["exact"] is False
    assert {step["name"]: step["outcome"] for step in told["steps"]}["promote"] == "done"


def test_check_mode_shows_the_same_plan_and_writes_nothing(runs: Table, tmp_path: Path) -> None:
    shown = process(runs, tmp_path, check=True).begin(PLANNED)
    assert (runs.last(), runs.lock(), list(tmp_path.iterdir())) == (None, None, [])
    real = process(runs, tmp_path).begin(PLANNED)
    assert real["text"] == shown["text"]
    assert "predicted loss: nothing: aws opens only" in shown["text"]
    assert "predicted time: 2.7 s" in shown["text"]


def test_two_runs_do_not_interleave(runs: Table, tmp_path: Path) -> None:
    first = process(runs, tmp_path).begin(PLANNED)
    with pytest.raises(Failed, match=f"The lock is held by run {first['run']} of ann on one"):
        process(runs, tmp_path, "bob on two").begin(PLANNED)
    second = runs.last()
    assert second is not None
    assert (second.run, second.outcome) == (first["run"].replace("ann", "bob"), "refused")
    assert runs.lock() == {"run": first["run"], "owner": "ann on one"}


def test_who_resumes_a_run_has_it(runs: Table, tmp_path: Path) -> None:
    first = process(runs, tmp_path / "ann").begin(PLANNED)
    second = process(runs, tmp_path / "bob", "bob on two").begin(Request("failover", "", first["run"]))
    assert (second["run"], second["attempt"]) == (first["run"], first["attempt"])
    with pytest.raises(Failed, match="was taken over by bob on two; this process stops"):
        process(runs, tmp_path / "ann").sit(first["run"], first["seat"])


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (Request("failover", "", "other"), "there is no such run"),
        (Request("fail_back", "", "RUN"), "is a failover; resume it with that playbook"),
        (Request("failover", "gcp", "RUN"), "is about aws"),
    ],
)
def test_a_run_that_cannot_be_resumed_so(runs: Table, tmp_path: Path, request_: Request, sentence: str) -> None:
    run = process(runs, tmp_path).begin(PLANNED)["run"]
    with pytest.raises(Failed, match=sentence):
        process(runs, tmp_path).begin(replace(request_, resume=request_.resume.replace("RUN", run)))


def test_a_refused_failover_ends_its_run(runs: Table, world: World, tmp_path: Path) -> None:
    world.agents["aws"].lag = 99
    world.sleep(3)
    with pytest.raises(Failed, match=r"\[replication\] aws is 99 s behind.* The run has ended; its report is "):
        go(runs, tmp_path, PLANNED)
    last = runs.last()
    assert last is not None
    assert (last.outcome, runs.lock()) == ("failed", None)
    told = json.loads((tmp_path / last.run / "report.json").read_text())
    assert [refusal["name"] for refusal in told["refusals"]] == ["replication"]
    steps = {step["name"]: step["outcome"] for step in told["steps"]}
    assert (steps["look"], steps["decide"], steps["drain"]) == ("done", "failed", "not reached")
    with pytest.raises(Failed, match=r"has ended \(failed\); there is nothing to resume"):
        process(runs, tmp_path).begin(Request("failover", "", last.run))


def test_overrides_are_reported(runs: Table, world: World, tmp_path: Path) -> None:
    facts = go(runs, tmp_path, PLANNED, overrides=("evidence",), writable=None)
    assert [refusal["name"] for refusal in report(facts)["overrides"]] == ["evidence"]


def test_overrides_are_reported_although_who_was_told_of_them_is_dead(
    runs: Table, world: World, tmp_path: Path
) -> None:
    def kill(number: int, name: str) -> None:
        if name == "promote":
            raise Killed

    lost(world)
    unplanned = Request("failover_unplanned", "aws")
    world.after = kill
    with pytest.raises(Killed):
        go(runs, tmp_path, unplanned, overrides=("health",))
    world.after = lambda number, name: None
    run = stored(runs, go(runs, tmp_path, replace(unplanned, target="", resume=(runs.lock() or {})["run"]))["run"])
    told = reports.build(run.run, run.owner, run.outcome, run.journal.entries)
    assert [refusal["name"] for refusal in told["overrides"]] == ["health"]


def test_a_target_that_does_not_open_leaves_the_run_to_be_resumed(runs: Table, world: World, tmp_path: Path) -> None:
    world.agents["aws"].opens = False
    with pytest.raises(Failed, match="go on with -e dr_resume="):
        go(runs, tmp_path, PLANNED)
    last = runs.last()
    assert last is not None
    assert (last.outcome, runs.lock()) == ("running", {"run": last.run, "owner": "ann on one"})
    world.agents["aws"].opens = True
    facts = go(runs, tmp_path / "bob", Request("failover", "", last.run), "bob on two")
    assert (facts["outcome"], runs.lock()) == ("done", None)
    assert [note["sentence"] for note in report(facts)["notes"]] == ["Taken up by bob on two, at epoch 8."]


def test_a_drain_that_was_taken_back_is_asked_for_again_under_another_name(runs: Table, tmp_path: Path) -> None:
    world = runs.world
    first = process(runs, tmp_path).begin(PLANNED)
    world._apply(records.drain(7, "aws", first["attempt"]["record_run"]))
    world._apply(records.take_back(7, "gcp", Cause("gcp", "Nobody went on.", 0.0)))
    world.sleep(5)
    facts = process(runs, tmp_path).begin(Request("failover", "", first["run"]))
    assert facts["attempt"]["record_run"] == f"{first['run']}.2"
    assert facts["attempt"]["expected_epoch"] == 8
    assert move(world, facts["attempt"])["record"]["active_site"] == "aws"


def test_a_run_is_given_up(runs: Table, tmp_path: Path) -> None:
    facts = process(runs, tmp_path).begin(PLANNED)
    assert process(runs, tmp_path, "bob on two").abandon(facts["run"])["outcome"] == "abandoned"
    assert (stored(runs, facts["run"]).outcome, runs.lock()) == ("abandoned", None)
    with pytest.raises(Failed, match="taken over by bob"):
        process(runs, tmp_path).sit(facts["run"], facts["seat"])


def test_a_game_day_goes_there_and_back(runs: Table, world: World, tmp_path: Path) -> None:
    facts = process(runs, tmp_path).begin(Request("drill", "aws"))
    run, seat = facts["run"], facts["seat"]

    def next_task() -> Process:
        one = process(runs, tmp_path)
        one.sit(run, seat)
        return one

    for way in ("there", "back"):
        assert facts["attempt"]["part"] == f"{way}_"
        facts = next_task().transition(move(world, facts["attempt"]))
        for check in CHECKS:
            facts = next_task().check(f"{way}_{check}", dns(world))
        if way == "there":
            assert (facts["remaining"][0], facts["attempt"]) == ("stay", None)
            stay = {"step": "stay", "event": "done", "seconds": 60.0, "sentence": "Served.", "data": {}}
            facts = next_task().step([stay])
    told = report(next_task().end())
    assert {step["outcome"] for step in told["steps"]} == {"done"}
    assert [rto["step"] for rto in told["rto"]] == ["there_open", "back_open"]
    assert world.record is not None
    assert (world.record.active_site, world.record.epoch) == ("gcp", 9)


def rejoin(runs: Table, directory: Path) -> tuple[Facts, Callable[[], Process]]:
    facts = process(runs, directory).begin(Request("rejoin", "aws"))
    run, seat = facts["run"], facts["seat"]

    def next_task() -> Process:
        one = process(runs, directory)
        one.sit(run, seat)
        return one

    for step in ("look", "errants", "salvage", "rebuild"):
        assert (facts["remaining"][0], facts["attempt"]) == (step, None)
        runs.world.sleep(3)
        data = {"errant": "", "transactions": 0} if step == "errants" else {}
        done = {"step": step, "event": "done", "seconds": None, "sentence": "Done.", "data": data}
        facts = next_task().step([done])
    return facts, next_task


def test_a_site_rejoins(runs: Table, tmp_path: Path) -> None:
    facts, next_task = rejoin(runs, tmp_path)
    # The next process, on whatever host, knows what was found, and how long it took.
    assert facts["known"]["errants"]["transactions"] == 0
    assert facts["known"]["errants"]["seconds"] == 3
    for check in ("follow", "catch_up", "cache"):
        facts = next_task().check(check, Dns())
    assert {step["outcome"] for step in report(next_task().end())["steps"]} == {"done"}


def test_a_rejoin_that_cannot_begin_leaves_the_lock_free(runs: Table, tmp_path: Path) -> None:
    facts = process(runs, tmp_path).begin(Request("rejoin", "aws"))
    next_task = process(runs, tmp_path)
    next_task.sit(facts["run"], facts["seat"])
    failed: Facts = {"step": "look", "event": "failed", "seconds": None, "sentence": "aws is silent.", "data": {}}
    with pytest.raises(Failed, match=r"look: aws is silent\. The run has ended; its report is "):
        next_task.step([failed])
    assert (stored(runs, facts["run"]).outcome, runs.lock()) == ("failed", None)


def test_a_site_that_does_not_follow_has_not_rejoined(runs: Table, world: World, tmp_path: Path) -> None:
    _, next_task = rejoin(runs, tmp_path)
    world.agents["aws"].alive = False
    world.published["aws"]["database"]["running"] = False
    with pytest.raises(Failed, match=r"follow: aws does not follow gcp\. The run keeps the lock"):
        next_task().check("follow", Dns())
    last = runs.last()
    assert last is not None
    assert last.outcome == "running"


def killed(runs: Table, directory: Path, at: int) -> bool:
    runs.asked, runs.killed_at = 0, at
    try:
        go(runs, directory, PLANNED)
    except Killed:
        return True
    finally:
        runs.killed_at = None
    return False


def kills(count: int) -> Callable[[int, str], None]:
    def kill(number: int, name: str) -> None:
        if number == count:
            raise Killed

    return kill


@pytest.mark.parametrize("at", range(1, 21))
def test_killed_after_any_write_of_its_journal_it_is_resumed_elsewhere(runs: Table, tmp_path: Path, at: int) -> None:
    # The last number is beyond the last write, so none is left out.
    assert killed(runs, tmp_path / "one", at) == (at < 20)
    last = runs.last()
    if last is None:  # before anybody knew of the run
        last = stored(runs, go(runs, tmp_path / "two", PLANNED)["run"])
    elif last.outcome == "running":
        facts = go(runs, tmp_path / "two", Request("failover", "aws", last.run), "bob on two")
        assert report(facts)["outcome"] == "done"
    last = stored(runs, last.run)
    assert runs.world.record is not None
    assert (runs.world.record.active_site, runs.world.record.epoch) == ("aws", 8)
    assert (last.outcome, runs.lock()) == ("done", None)
    told = reports.build(last.run, last.owner, last.outcome, last.journal.entries)
    assert {step["outcome"] for step in told["steps"]} == {"done"}


@pytest.mark.parametrize("at", range(1, 50, 4))
def test_killed_anywhere_in_its_transition_it_is_resumed(runs: Table, tmp_path: Path, at: int) -> None:
    runs.world.after = kills(at)
    try:
        go(runs, tmp_path, PLANNED)
    except Killed:
        runs.world.after = lambda number, name: None
        last = runs.last()
        assert last is not None
        go(runs, tmp_path / "two", Request("failover", "", last.run), "bob on two")
    assert runs.world.record is not None
    assert (runs.world.record.active_site, runs.world.record.epoch, runs.lock()) == ("aws", 8, None)


def test_a_write_whose_answer_is_lost_is_done_once(
    runs: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = process(runs, tmp_path).begin(PLANNED)
    real, lose = runs._call, True

    def call(operation: str, **arguments: Any) -> Any:
        nonlocal lose
        answer = real(operation, **arguments)
        if operation == "update_item" and lose:
            lose = False
            raise StoreError("time-out")
        return answer

    monkeypatch.setattr(runs, "_call", call)
    one = process(runs, tmp_path)
    one.sit(facts["run"], facts["seat"])
    one.step([{"step": "look", "event": "note", "seconds": None, "sentence": "Hello.", "data": {}}])
    notes = [entry for entry in stored(runs, facts["run"]).journal.entries if entry.data.get("sentence") == "Hello."]
    assert len(notes) == 1


# An isolation drill --------------------------------------------------------------------------------------------------

FINDINGS = [
    {"name": "agent", "seen": True, "sentence": "It <lives>."},
    {"name": "orders", "seen": False, "sentence": "aws-web1 answers 422."},
]


def isolate(runs: Table, directory: Path, request: Request) -> Facts:
    """What the playbook does: a run that is taken up after the look only joins the sites."""
    facts = process(runs, directory).begin(request)
    run, seat = facts["run"], facts["seat"]

    def next_task() -> Process:
        one = process(runs, directory)
        one.sit(run, seat)
        return one

    resumed = request.resume and "look" not in facts["remaining"]
    for step in ("look", "isolate", "alone", "reconnect"):
        if step not in facts["remaining"]:
            continue
        assert (facts["remaining"][0], facts["attempt"]) == (step, None)
        interrupted = resumed and step in ("isolate", "alone")
        done = {"step": step, "event": "failed" if interrupted else "done", "seconds": None, "sentence": "So."}
        facts = next_task().step([{**done, "data": {"findings": FINDINGS} if step == "alone" else {}}])
    for check in ("catch_up", "cache"):
        if check in facts["remaining"]:
            facts = next_task().check(check, Dns())
    return next_task().end()


def test_an_isolation_drill_reports_what_was_found(runs: Table, tmp_path: Path) -> None:
    facts = isolate(runs, tmp_path, Request("drill_isolation", "aws"))
    told = report(facts)
    assert {step["outcome"] for step in told["steps"]} == {"done"}
    assert told["findings"] == FINDINGS
    assert "1 of 2" in facts["text"]
    page = (tmp_path / facts["run"] / "report.html").read_text()
    assert "<h2>What aws can do alone</h2>" in page
    assert "<li><b>agent</b>: It &lt;lives&gt;.</li>" in page
    assert '<li><b class="failed">orders</b>: aws-web1 answers 422.</li>' in page
    record = runs.read()
    assert record is not None
    assert (replace(record, lease_counter=100), runs.lock()) == (HEALTHY, None)


def test_other_runs_have_no_findings(runs: Table, tmp_path: Path) -> None:
    told = report(go(runs, tmp_path, PLANNED))
    assert told["findings"] == []
    assert "can do alone" not in (tmp_path / told["run"] / "report.html").read_text()


def test_what_fails_on_the_way_does_not_keep_the_sites_apart(runs: Table, tmp_path: Path) -> None:
    one = process(runs, tmp_path)
    facts = one.begin(Request("drill_isolation", "aws"))
    for step, event in (("look", "done"), ("isolate", "failed"), ("alone", "failed")):
        facts = one.step([{"step": step, "event": event, "seconds": None, "sentence": "So.", "data": {}}])
    assert facts["remaining"][0] == "reconnect"
    with pytest.raises(Failed, match=r"reconnect: aws-db is silent\. The run keeps the lock: go on with -e dr_resume="):
        one.step(
            [{"step": "reconnect", "event": "failed", "seconds": None, "sentence": "aws-db is silent.", "data": {}}]
        )
    assert "reconnect" in process(runs, tmp_path).begin(Request("drill_isolation", "", facts["run"]))["remaining"]


# The last number is beyond the last write, so none is left out.
LAST = 22


@pytest.mark.parametrize("at", range(1, LAST + 1))
def test_an_isolation_drill_killed_after_any_write_is_resumed(runs: Table, tmp_path: Path, at: int) -> None:
    runs.killed_at = at
    try:
        isolate(runs, tmp_path / "one", Request("drill_isolation", "aws"))
        assert at == LAST
    except Killed:
        assert at < LAST
    runs.killed_at = None
    last = runs.last()
    if last is None:
        last = stored(runs, isolate(runs, tmp_path / "two", Request("drill_isolation", "aws"))["run"])
    elif last.outcome == "running":
        isolate(runs, tmp_path / "two", Request("drill_isolation", "", last.run))
    last = stored(runs, last.run)
    assert (last.outcome, runs.lock()) == ("done", None)
    told = reports.build(last.run, last.owner, last.outcome, last.journal.entries)
    outcomes = {step["name"]: step["outcome"] for step in told["steps"]}
    assert set(outcomes.values()) <= {"done", "failed"}
    assert (outcomes["reconnect"], outcomes["catch_up"]) == ("done", "done")


def test_a_site_that_does_not_follow_again_keeps_the_run_open(runs: Table, world: World, tmp_path: Path) -> None:
    world.agents["aws"].lag = 99
    world.sleep(3)
    with pytest.raises(Failed, match=r"catch_up: aws is 99\.0 s behind gcp\. The run keeps the lock"):
        isolate(runs, tmp_path, Request("drill_isolation", "aws"))
