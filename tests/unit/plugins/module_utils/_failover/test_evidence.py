# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import (
    Evidence,
    EvidenceError,
    Settings,
    Tunnels,
)

from tests.unit.plugins.module_utils._failover.evidences import differing

SETTINGS = Settings()


def seen(**change: Any) -> Evidence:
    return Evidence.from_dict(differing(**change))


@pytest.mark.parametrize(
    ("before", "after", "elapsed", "lease"),
    [
        (100, 101, 0.1, "held"),
        (100, 100, 9.9, "unknown"),
        (100, 100, 10.0, "expired"),
        (100, 99, 60.0, "unknown"),
        (None, 100, 60.0, "unknown"),
        (100, None, 60.0, "unknown"),
    ],
)
def test_a_lease_takes_two_looks_and_time(before: int | None, after: int | None, elapsed: float, lease: str) -> None:
    evidence = seen(
        first={"record": None if before is None else {"lease_counter": before}},
        second={"record": None if after is None else {"lease_counter": after}},
        elapsed=elapsed,
    )
    assert evidence.lease(SETTINGS) == lease


def test_another_epoch_says_nothing_about_a_lease() -> None:
    evidence = seen(first={"record": {"epoch": 6}}, second={"record": {"lease_counter": 100}})
    assert evidence.moved()
    assert evidence.lease(SETTINGS) == "unknown"


@pytest.mark.parametrize(
    ("first", "second", "fresh", "silent"),
    [
        ({}, {"seq": 301}, True, False),
        ({}, {"seq": 300}, False, True),
        ({}, {"seq": 299}, False, True),
        ({}, {"seq": 1, "incarnation": "a2"}, True, False),
        (None, {"seq": 306}, False, False),  # one look: perhaps an old item, perhaps a new one
        ({}, None, False, True),
        (None, None, False, True),
    ],
)
def test_an_agent_lives_if_it_published_meanwhile(first: Any, second: Any, fresh: bool, silent: bool) -> None:
    evidence = seen(first={"status": {"aws": first}}, second={"status": {"aws": second}})
    assert evidence.fresh("aws") == fresh
    assert evidence.silent("aws", SETTINGS) == silent


def test_silence_takes_time() -> None:
    assert not seen(second={"status": {"aws": {"seq": 300}}}, elapsed=5.9).silent("aws", SETTINGS)


def test_a_last_status_is_kept_from_the_first_look() -> None:
    status = seen(second={"status": {"aws": None}}).status("aws")
    assert status is not None
    assert status.seq == 300


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tunnels": {"up": 0, "of": 4}}, "None of the 4 VPN tunnels is up."),
        ({"tunnels": {"up": 1, "of": 4}}, ""),
        ({"tunnels": None}, ""),
        ({"second": {"status": {"gcp": {"peer": {"answers": False}}}}}, "gcp does not hear aws over the VPN."),
        ({"second": {"status": {"aws": {"peer": {"answers": False}}}}}, "aws does not hear gcp over the VPN."),
        # What a silent agent last said is no news.
        ({"second": {"status": {"aws": {"seq": 300, "peer": {"answers": False}}}}}, ""),
    ],
)
def test_the_link(change: dict[str, Any], sentence: str) -> None:
    assert seen(**change).link_down() == sentence


def test_decimals_of_dynamodb_are_numbers() -> None:
    evidence = seen(
        tunnels={"up": Decimal(3), "of": Decimal(4)},
        second={"record": {"lease_counter": Decimal(106)}, "status": {"aws": {"seq": Decimal(306)}}},
    )
    assert evidence.tunnels == Tunnels(3, 4)
    assert evidence.fresh("aws")


def test_unknown_keys_are_of_a_newer_agent() -> None:
    assert seen(both={"status": {"aws": {"weather": "fine", "database": {"moon": 1}}}}).fresh("aws")


def test_what_is_missing_takes_the_value_that_helps_least() -> None:
    data = differing()
    bare = {"site": "aws", "seq": 1, "incarnation": "a", "epoch": 7}
    data["second"]["status"]["aws"] = bare
    status = Evidence.from_dict(data).second.status["aws"]
    assert not status.database.answers
    assert status.database.diverged is None
    assert status.database.lag_seconds is None
    assert not status.peer.answers


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sites": ["gcp"]}, "sites is ['gcp']; two different names are needed."),
        ({"sites": ["gcp", "gcp"]}, "sites is ['gcp', 'gcp']; two different names are needed."),
        ({"caller": "me"}, "caller is 'me'; allowed are automatic, operator, drill."),
        ({"elapsed": None}, "elapsed is None, which is no number."),
        ({"elapsed": float("nan")}, "elapsed is nan, which is no number."),
        ({"now": "1"}, "now is '1', which is no number."),
        ({"now": True}, "now is True, which is no number."),
        ({"health": {"gcp": {"writable": "UP"}}}, "writable of gcp is 'UP'; allowed are up, down and null."),
        ({"tunnels": {"up": None}}, "up in tunnels is None, which is no number."),
        ({"second": {"record": {"epoch": "x"}}}, "The record's epoch is 'x', which is no int."),
        (
            {"second": {"record": {"active_site": "azure"}}},
            "The record's active_site is 'azure'; the sites are gcp and aws.",
        ),
        ({"second": {"status": {"aws": {"site": "gcp"}}}}, "the status of aws is of 'gcp'."),
        ({"second": {"status": {"aws": {"seq": None}}}}, "seq in the status of aws is None, which is no number."),
        (
            {"second": {"status": {"aws": {"database": {"answers": "false"}}}}},
            "answers in the status of aws, database is 'false', which is no bool.",
        ),
        (
            {"second": {"status": {"aws": {"database": {"lag_seconds": float("nan")}}}}},
            "lag_seconds in the status of aws, database is nan, which is no number.",
        ),
        (
            {"second": {"status": {"aws": {"database": {"executed": None}}}}},
            "executed in the status of aws, database is None, which is no str.",
        ),
    ],
)
def test_what_is_no_evidence_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EvidenceError) as error:
        seen(**change)
    assert str(error.value) == sentence


def test_a_missing_key_is_named() -> None:
    data = differing()
    del data["second"]["status"]["aws"]["incarnation"]
    with pytest.raises(EvidenceError, match="incarnation is missing in the status of aws"):
        Evidence.from_dict(data)
