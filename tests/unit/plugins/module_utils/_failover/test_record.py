# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transitions of the record, and each condition that guards one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover import record as records
from ansible_collections.multicloud.dr.plugins.module_utils._failover.record import Record

CAUSE = records.Cause("ann", "a test", 5.0)
OPEN = Record(epoch=3, active_site="gcp", lease_counter=7, lease_epoch=3, lease_site="gcp")
DRAINED = replace(OPEN, drain_epoch=3, drain_to="aws", fence_epoch=3, fence_site="gcp", fence_gtid="a:1-9")


def test_a_renewal_counts_and_opens() -> None:
    promoted = records.apply(OPEN, records.promote(3, "aws", CAUSE))
    assert promoted is not None and (promoted.epoch, promoted.lease_site, promoted.lease_counter) == (4, "gcp", 7)
    opened = records.apply(promoted, records.renew(4, "aws"))
    assert opened is not None and (opened.lease_epoch, opened.lease_site, opened.lease_counter) == (4, "aws", 8)


@pytest.mark.parametrize(
    ("record", "change", "reason"),
    [
        (OPEN, records.renew(2, "gcp"), "epoch is 3, not 2"),
        (OPEN, records.renew(3, "aws"), "active_site is 'gcp', not 'aws'"),
        (DRAINED, records.renew(3, "gcp"), "fence_epoch is 3, not below 3"),
        (OPEN, records.confirm_fence(2, "gcp", ""), "lease_epoch is 3, not 2"),
        (OPEN, records.confirm_fence(3, "aws", ""), "lease_site is 'gcp', not 'aws'"),
        (DRAINED, records.confirm_fence(3, "gcp", ""), "fence_epoch is 3, not below 3"),
        (OPEN, records.drain(3, "gcp", "run"), "active_site is 'gcp', already 'gcp'"),
        (DRAINED, records.drain(3, "aws", "run"), "drain_epoch is 3, not below 3"),
        (replace(OPEN, epoch=4), records.drain(4, "aws", "run"), "lease_epoch is 3, not 4"),
        (OPEN, records.promote(2, "aws", CAUSE), "epoch is 3, not 2"),
        (OPEN, records.complete_drain(3, "aws", CAUSE), "drain_epoch is 0, not 3"),
        (replace(DRAINED, fence_epoch=0), records.complete_drain(3, "aws", CAUSE), "fence_epoch is 0, not 3"),
        (OPEN, records.bootstrap("gcp", "manual", CAUSE), "there is a record already, at epoch 3"),
        (None, records.renew(1, "gcp"), "there is no record; create it first"),
    ],
)
def test_what_is_refused_and_why(record: Record | None, change: records.Change, reason: str) -> None:
    assert records.apply(record, change) is None
    assert records.why_not(record, change) == reason


def test_a_planned_transition_demands_everything() -> None:
    after = records.apply(DRAINED, records.complete_drain(3, "aws", CAUSE))
    assert after is not None and after.lossless_epoch == after.epoch == 4 and after.fenced


def test_an_aborted_drain_is_a_new_epoch_for_the_old_site() -> None:
    after = records.apply(DRAINED, records.promote(3, "gcp", CAUSE))
    assert after is not None and not after.draining
    assert records.apply(after, records.renew(4, "gcp")) is not None


def test_only_the_last_real_lease_can_be_fenced() -> None:
    assert DRAINED.fenced
    assert not replace(DRAINED, lease_epoch=4, lease_site="aws").fenced
    assert not replace(DRAINED, fence_site="aws").fenced


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"active_site": "gcp"}, "lacks epoch"),
        ({"epoch": 1, "active_site": "gcp", "mode": "both"}, "mode is 'both'; allowed are manual and automatic"),
        ({"epoch": "x", "active_site": "gcp"}, "epoch is 'x', which is no int"),
    ],
)
def test_a_damaged_item_is_one_sentence(item: dict[str, object], sentence: str) -> None:
    with pytest.raises(records.RecordError, match=sentence):
        records.from_item(item)


def test_an_item_survives_the_way_there_and_back() -> None:
    assert records.from_item(records.to_item(DRAINED)) == DRAINED
