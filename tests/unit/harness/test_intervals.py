# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.intervals import Evidence, Gap, Interval, blind, gaps, overlaps

SPAN = Interval(0.0, 60.0)


def evidence(
    database: str, text: str, *, begin: float = 0.0, period: float = 1.0, width: float = 0.2
) -> list[Evidence]:
    """A character a sample: o open, x closed, anything else no answer."""
    return [
        Evidence(database, state == "o", begin + step * period, begin + step * period + width)
        for step, state in enumerate(text)
        if state in "ox"
    ]


def windows(a: str, b: str, join: float = 2.5) -> tuple[list[Interval], list[Interval]]:
    """Certain and possible overlaps of two rows of samples, the second half a period later."""
    found = overlaps([*evidence("a", a), *evidence("b", b, begin=0.5)], SPAN, join)
    return [Interval(one.begin, one.end) for one in found.certain], [Interval(o.begin, o.end) for o in found.possible]


def test_a_clean_move_of_the_writer_is_no_overlap() -> None:
    assert windows("oooxxxxxx", "xxxxxoooo") == ([], [])


def test_a_move_between_two_looks_may_be_one() -> None:
    certain, possible = windows("oooxxx", "xxxooo")
    assert certain == []
    assert [one.length for one in possible] == [pytest.approx(0.7)]  # b's last closed 2.5, a's first closed 3.2


def test_two_open_rows_are_certain_between_their_inner_looks() -> None:
    assert windows("ooooxx", "xxooxx")[0] == [Interval(2.7, 3.0)]


def test_one_look_at_the_other_one_between_two_looks_is_certain() -> None:
    certain, _ = windows("ooxxxx", "oxxxxx")
    assert certain == [Interval(0.5, 0.7)]


def test_single_looks_prove_nothing() -> None:
    found = overlaps([Evidence("a", True, 1.0, 2.0), Evidence("b", True, 1.0, 2.0)], SPAN, 2.5)
    assert (found.certain, len(found.possible)) == ((), 1)


def test_wide_windows_prove_nothing() -> None:
    """An answer that took long belongs to an unknown moment: both moves are consistent with one writer."""
    slow = [Evidence("b", True, 2.0, 9.0)]
    assert overlaps([*evidence("a", "ooooxxxxxx"), *slow], SPAN, 2.5).certain == ()


def test_a_wide_window_does_not_part_the_narrow_ones_around_it() -> None:
    rows = [*evidence("a", "oooo"), Evidence("a", True, 0.5, 9.0), Evidence("b", True, 0.3, 0.4)]
    assert len(overlaps(rows, SPAN, 2.5).certain) == 1


def test_a_closed_look_between_two_open_ones_parts_them() -> None:
    assert windows("oxoxxx", "oxxxxx")[0] == []


def test_looks_too_far_apart_do_not_vouch_for_the_time_between() -> None:
    far = [Evidence("a", True, 0.0, 0.1), Evidence("a", True, 20.0, 20.1)]
    assert overlaps([*far, *evidence("b", "o", begin=10.0)], SPAN, 2.5).certain == ()
    assert len(overlaps([*far, *evidence("b", "o", begin=10.0)], SPAN, 2.5).possible) == 1


def test_silence_leaves_the_possibility_open() -> None:
    assert len(windows("ooo......x", "xxxxxoooox")[1]) == 1


def test_a_frozen_host_takes_no_write_until_it_thaws() -> None:
    rows = [*evidence("a", "ooo......x"), *evidence("b", "xxxxxoooox", begin=0.5)]
    assert [one.end - one.begin for one in overlaps(rows, SPAN, 2.5).possible] == [pytest.approx(9.2 - 4.5)]
    (thaw,) = overlaps(rows, SPAN, 2.5, {"a": [Interval(2.5, 8.9)]}).possible
    assert (thaw.begin, thaw.end) == (8.9, 9.2)  # until the first look at it


def test_a_database_is_not_open_across_a_freeze() -> None:
    rows = [*evidence("a", "oo"), *evidence("b", "o", begin=0.5)]
    assert overlaps(rows, SPAN, 2.5).certain != ()
    assert overlaps(rows, SPAN, 2.5, {"a": [Interval(0.3, 0.9)]}).certain == ()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.0, 3.0), st.floats(0.01, 0.6))
def test_no_proof_without_an_overlap_and_a_long_overlap_is_proven(seed: int, apart: float, width: float) -> None:
    """a is open until 10, b from 10 + apart (before that: an overlap). Looks are spread at random; windows hold their
    true moments."""
    chance = random.Random(seed)

    def looks(database: str, is_open: bool, begin: float, end: float) -> list[Evidence]:
        found, at = [], 0.0
        while (at := at + 0.1 + chance.random() * 0.4) < 20:
            left, right = at - chance.random() * width, at + chance.random() * width
            found.append(Evidence(database, is_open if begin <= at < end else not is_open, left, right))
        return found

    one_after_the_other = [*looks("a", True, 0, 10), *looks("b", True, 10 + apart, 99)]
    assert overlaps(one_after_the_other, SPAN, 2.0).certain == ()
    together = [*looks("a", True, 0, 10), *looks("b", True, 6 - apart, 99)]
    assert overlaps(together, SPAN, 2.0).certain != ()
    assert overlaps(together, SPAN, 2.0).possible != ()


def test_blindness_is_counted_at_its_longest() -> None:
    seen = [*evidence("a", "oo"), *evidence("a", "oo", begin=5.0)]
    assert blind(seen, Interval(0.0, 6.5), 2.0) == [Interval(1.0, 5.2)]
    assert blind(seen, Interval(0.0, 6.5), 5.0) == []


def test_the_ends_of_the_run_must_be_seen_too() -> None:
    assert blind(evidence("a", "ooo", begin=4.0), Interval(0.0, 9.0), 2.0) == [Interval(0.0, 4.2), Interval(6.0, 9.0)]
    assert blind([], Interval(0.0, 9.0), 2.0) == [Interval(0.0, 9.0)]


def test_excused_times_need_no_sight() -> None:
    seen = [*evidence("a", "oo"), *evidence("a", "oo", begin=5.0)]
    assert blind(seen, Interval(0.0, 6.5), 2.0, [Interval(1.5, 4.8)]) == []
    assert blind(seen, Interval(0.0, 6.5), 2.0, [Interval(3.5, 4.8)]) == [Interval(1.0, 5.2)]


def test_gaps_between_acknowledgements() -> None:
    assert gaps([(0.0, 1.0), (1.5, 2.0), (6.0, 7.0)], Interval(0.0, 7.5)) == [
        Gap(2.0, 7.0, 4.0),
        Gap(0.0, 1.0, 0.0),
        Gap(1.0, 2.0, 0.5),
        Gap(7.0, 7.5, 0.5),
    ]


def test_an_attempt_under_way_makes_a_gap_unsure() -> None:
    """It was begun before the gap and acknowledged after it: it may have been written at any time in it."""
    assert gaps([(0.0, 1.0), (0.9, 7.0)], Interval(0.0, 7.0))[0] == Gap(1.0, 7.0, 0.0)
    assert gaps([(0.0, 1.0), (4.0, 5.0), (0.9, 7.0)], Interval(0.0, 7.0))[0] == Gap(1.0, 5.0, 0.0)


def test_a_run_without_any_acknowledgement_is_one_gap() -> None:
    assert gaps([], Interval(0.0, 7.0)) == [Gap(0.0, 7.0, 7.0)]
