# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Evidence, Settings
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import GtidSet
from ansible_collections.multicloud.dr.plugins.module_utils._failover.loss import Loss, predict
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._failover.evidences import UUID, differing

LAST = st.integers(1, 50)
SECONDS = st.floats(0, 1000).map(lambda seconds: round(seconds, 1))


def predicted(**change: Any) -> Loss:
    return predict(Evidence.from_dict(differing(**change)), "aws", Settings())


def lost(executed: int, received: int, gcp_unheard: float = 0.5, lag: float = 0.4, unheard: float = 0.4) -> Loss:
    """gcp is gone, having executed so many; aws has received so many."""
    return predicted(
        both={
            "status": {
                "gcp": {"database": {"executed": f"{UUID}:1-{executed}"}, "peer": {"age_seconds": gcp_unheard}},
                "aws": {
                    "database": {"executed": f"{UUID}:1", "received": f"{UUID}:1-{received}", "lag_seconds": lag},
                    "peer": {"age_seconds": unheard},
                },
            }
        },
        second={"record": {"lease_counter": 100}, "status": {"gcp": {"seq": 500}}},
    )


@given(LAST, LAST)
def test_known_is_what_was_published_and_not_received(executed: int, received: int) -> None:
    loss = lost(executed, received)
    missing = max(0, executed - received)
    assert loss.transactions == missing
    assert GtidSet.parse(loss.gtids).count == missing
    assert not loss.exact


@given(LAST, LAST, SECONDS, SECONDS, SECONDS)
def test_the_estimate_does_not_grow_with_the_outage(
    executed: int, received: int, cut_off: float, behind: float, outage: float
) -> None:
    now = lost(executed, received, cut_off, behind, 0.0)
    later = lost(executed, received, cut_off, behind + outage, outage)
    assert now.seconds is not None
    assert later.seconds is not None
    assert abs(later.seconds - now.seconds) < 0.15  # rounded
    wanted = behind + 10 + (cut_off if executed > received else 0)
    assert abs(now.seconds - wanted) < 0.15


def test_an_agent_that_never_heard_its_peer_leaves_the_lag_as_the_bound() -> None:
    assert lost(10, 10, lag=30.0, unheard=30.0).seconds == 10.0
    change: Any = {"status": {"aws": {"database": {"lag_seconds": 30.0}, "peer": {"age_seconds": None}}}}
    assert predicted(both=change, second={"status": {"gcp": {"seq": 500}}}).seconds == 40.0


def test_a_closed_database_whose_agent_lives_wrote_nothing_since() -> None:
    closed: Any = {"status": {"gcp": {"database": {"writable": False}}}}
    assert predicted(both=closed).seconds == 2.0
    assert predicted().seconds == 10.0
    # A silent one may have opened it again.
    assert predicted(both=closed, second={"status": {"gcp": {"seq": 500}}}).seconds == 10.0


def test_a_fence_is_exact() -> None:
    fence = {"fence_epoch": 7, "fence_site": "gcp", "fence_gtid": f"{UUID}:1-1004"}
    loss = predicted(both={"record": fence})
    assert (loss.transactions, loss.gtids, loss.exact) == (4, f"{UUID}:1001-1004", True)


def test_a_fence_of_another_lease_proves_nothing() -> None:
    """Negative control."""
    for change in ({"fence_epoch": 6}, {"fence_site": "aws"}):
        fence = {"fence_epoch": 7, "fence_site": "gcp", "fence_gtid": f"{UUID}:1-1004", **change}
        assert not predicted(both={"record": fence}).exact


def test_a_fence_counts_without_any_status_of_the_fenced_site() -> None:
    fence = {"fence_epoch": 7, "fence_site": "gcp", "fence_gtid": f"{UUID}:1-1000"}
    gone: Any = {"record": fence, "status": {"gcp": None}}
    assert predicted(both=gone).transactions == 0
    gone["record"]["fence_gtid"] = f"{UUID}:1-1001"
    loss = predicted(both=gone)
    assert (loss.transactions, loss.seconds, loss.exact) == (1, None, True)
    assert "cut off not known" in loss.sentence


def test_nobody_was_ever_open() -> None:
    loss = predicted(both={"record": {"lease_site": "", "lease_epoch": 0}})
    assert (loss.transactions, loss.seconds, loss.exact) == (0, 0.0, True)
