# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run stands, from any record; whole runs are the tests of the module dr_failover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence, Settings
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Cause, Change, Record
from ansible_collections.multicloud.dr.plugins.module_utils._failover.transition import (
    Budgets,
    Do,
    Place,
    Request,
    locate,
    next_step,
    predict_seconds,
    refused,
    told,
    why_closed,
    writes,
)
from hypothesis import given
from hypothesis import strategies as st

from .evidences import differing

HEALTHY = Record(epoch=7, active_site="gcp", lease_counter=100, lease_epoch=7, lease_site="gcp", run="before")
MINE = Cause("ann", "because", 0.0, (), "mine")
OTHER = Cause("bob", "because", 0.0, (), "other")
PLANNED = Request("gcp", "aws", True, "mine")
UNPLANNED = replace(PLANNED, planned=False)
WORD = records.confirm_fence(7, "gcp", "11111111-1111-1111-1111-111111111111:1-9")
OPENED = records.renew(8, "aws")
MOMENT = Budgets(10.0, 30.0)


def after(*changes: Change, record: Record = HEALTHY) -> Record:
    for change in changes:
        changed = records.apply(record, change)
        assert changed is not None, records.why_not(record, change)
        record = changed
    return record


DRAIN = records.drain(7, "aws", "mine")
COMPLETE = records.complete_drain(7, "aws", MINE)
PLACES: list[tuple[Request, Record, Place, int]] = [
    (PLANNED, HEALTHY, Place.NEW, 7),
    (PLANNED, after(DRAIN), Place.DRAINING, 7),
    (PLANNED, after(DRAIN, WORD), Place.FENCED, 7),
    (PLANNED, after(DRAIN, WORD, COMPLETE), Place.PROMOTED, 7),
    (PLANNED, after(DRAIN, WORD, COMPLETE, OPENED), Place.OPEN, 7),
    (PLANNED, after(DRAIN, records.promote(7, "gcp", MINE)), Place.TAKEN_BACK, 7),
    (UNPLANNED, after(records.promote(7, "aws", MINE)), Place.PROMOTED, 7),
    (UNPLANNED, after(records.promote(7, "aws", MINE), OPENED), Place.OPEN, 7),
    # Of somebody else: nothing of it is this run's.
    (PLANNED, after(records.drain(7, "aws", "other")), Place.NEW, 7),
    (PLANNED, after(records.drain(7, "aws", "other"), records.promote(7, "gcp", OTHER)), Place.NEW, 8),
    (PLANNED, after(records.promote(7, "aws", OTHER)), Place.PROMOTED, 8),
    (PLANNED, after(records.promote(7, "aws", OTHER), OPENED), Place.OPEN, 8),
    # Its own drain, but now it is to go without.
    (UNPLANNED, after(DRAIN), Place.NEW, 7),
    # One name for the way there and the way back, as a drill has.
    (replace(PLANNED, source="aws", target="gcp"), after(DRAIN, WORD, COMPLETE, OPENED), Place.NEW, 8),
    (replace(PLANNED, source="aws", target="gcp"), after(DRAIN), Place.NEW, 7),
    # The epoch is known, and the record is elsewhere.
    (replace(PLANNED, start=6), HEALTHY, Place.MOVED, 7),
    (replace(PLANNED, start=7), after(records.promote(7, "aws", OTHER)), Place.MOVED, 8),
    (replace(PLANNED, start=7), after(records.promote(7, "gcp", OTHER)), Place.MOVED, 8),
    (replace(PLANNED, start=8), after(DRAIN), Place.MOVED, 7),
    # The drained site took it back without giving the run's name.
    (replace(PLANNED, start=7), after(DRAIN, records.promote(7, "gcp", OTHER)), Place.TAKEN_BACK, 7),
]


@pytest.mark.parametrize(("request_", "record", "place", "start"), PLACES)
def test_place(request_: Request, record: Record, place: Place, start: int) -> None:
    assert locate(request_, record) == (place, start)
    assert told(place, request_, record).endswith(".")


def test_every_place_has_its_record() -> None:
    assert {place for _, _, place, _ in PLACES} == set(Place)


def publication(epoch: int = 8, **more: Any) -> dict[str, Any]:
    database = {"answers": True, "writable": True, "executed": ""}
    return {"seq": 2, "incarnation": "one", "epoch": epoch, "role": "active", "database": database, **more}


BEFORE = publication(seq=1)
THERE = after(DRAIN, WORD, COMPLETE, OPENED)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (publication(), True),
        (publication(seq=1, incarnation="two"), True),
        (None, False),
        (BEFORE, False),
        (publication(epoch=7), False),
        (publication(role="opening"), False),
        (publication(database={"writable": False}), False),
        (publication(database=None), False),
    ],
)
def test_only_the_site_itself_says_that_it_writes_and_only_since(status: Any, expected: bool) -> None:
    assert writes("aws", THERE, status, BEFORE) == expected


@pytest.mark.parametrize(
    ("record", "waited", "do"),
    [
        (HEALTHY, 99.0, Do.DECIDE),
        (after(DRAIN), 9.9, Do.WAIT),
        (after(DRAIN), 10.0, Do.TAKE_BACK),
        (after(DRAIN, WORD), 99.0, Do.COMPLETE),
        (after(DRAIN, WORD, COMPLETE), 29.9, Do.WAIT),
        (after(DRAIN, WORD, COMPLETE), 30.0, Do.FAIL),
        (after(DRAIN, records.promote(7, "gcp", MINE)), 29.9, Do.WAIT),
        (after(DRAIN, records.promote(7, "gcp", MINE)), 30.0, Do.FAIL),
    ],
)
def test_what_is_next(record: Record, waited: float, do: Do) -> None:
    step = next_step(PLANNED, record, {"aws": publication()}, {"aws": BEFORE}, waited, MOMENT)
    assert step.do is do
    assert bool(step.sentence) == (do is Do.FAIL)


def test_the_lease_alone_is_no_end() -> None:
    assert next_step(PLANNED, THERE, {"aws": BEFORE}, {"aws": BEFORE}, 0.0, MOMENT).do is Do.WAIT
    assert next_step(PLANNED, THERE, {"aws": publication()}, {"aws": BEFORE}, 0.0, MOMENT).do is Do.SUCCEED


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (None, "has never published"),
        (BEFORE, "has published nothing since"),
        (publication(database={"answers": False}), "The database of aws does not answer."),
        (publication(epoch=7), "last spoke of epoch 7"),
        (publication(), "aws lacks 9 transactions that gcp had executed"),
        (publication(database={"answers": True, "executed": "rubbish"}, role="opening"), "calls itself opening"),
    ],
)
def test_why_it_does_not_write(status: Any, part: str) -> None:
    assert part in why_closed("aws", THERE, status, BEFORE)


def test_a_change_that_would_be_taken_is_not_refused() -> None:
    assert refused(PLANNED, HEALTHY, DRAIN) == ""
    assert "there is no record" in refused(PLANNED, None, DRAIN)


def test_a_refusal_that_nobody_thought_of_still_gets_its_sentence() -> None:
    unopened = replace(HEALTHY, lease_epoch=6)
    assert refused(PLANNED, unopened, DRAIN) == "The change was refused: lease_epoch is 6, not 7. Nothing was changed."


changes = st.sampled_from(
    [
        *[records.renew(epoch, site) for epoch in (7, 8, 9) for site in ("gcp", "aws")],
        *[records.confirm_fence(epoch, site, "") for epoch in (7, 8) for site in ("gcp", "aws")],
        *[records.promote(epoch, site, OTHER) for epoch in (7, 8) for site in ("gcp", "aws")],
        *[records.drain(epoch, site, "other") for epoch in (7, 8) for site in ("gcp", "aws")],
    ]
)


@given(st.lists(changes, max_size=8), st.booleans())
def test_whatever_others_do_a_run_never_takes_it_for_its_own(others: list[Change], planned: bool) -> None:
    """And never moves an epoch other than the one that it began with."""
    request, record = replace(PLANNED, planned=planned, start=7), HEALTHY
    for change in others:
        record = records.apply(record, change) or record
        step = next_step(request, record, {}, {}, 99.0, MOMENT)
        assert step.do in ({Do.DECIDE} if record.epoch == 7 else {Do.FAIL})


@pytest.mark.parametrize(
    ("planned", "difference", "expected"),
    [
        (True, {}, 2.9),
        (False, {}, 11.5),
        (False, {"second": {"record": {"lease_counter": 100}}}, 1.5),
        (False, {"elapsed": 4.0, "second": {"record": {"lease_counter": 100}}}, 11.5),
        (False, {"both": {"record": {"fence_epoch": 7, "fence_site": "gcp"}}}, 1.5),
    ],
)
def test_predicted_seconds(planned: bool, difference: dict[str, Any], expected: float) -> None:
    evidence = Evidence.from_dict(differing(**difference))
    assert predict_seconds(evidence, "aws", planned, Settings()) == expected
