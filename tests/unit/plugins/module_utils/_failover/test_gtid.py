# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.gtid import (
    LARGEST,
    GtidError,
    GtidSet,
    Interval,
    covers,
)
from hypothesis import given
from hypothesis import strategies as st

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "896e7882-18fe-11ef-ab88-22222d34d411"

# Few sources and small numbers, so that intervals meet, touch and overlap often.
INTERVALS = st.lists(
    st.builds(
        lambda uuid, tag, first, length: Interval(uuid, tag, first, first + length),
        st.sampled_from([A, B]),
        st.sampled_from(["", "a", "shop_1"]),
        st.integers(1, 12),
        st.integers(0, 4),
    ),
    max_size=8,
)


def members(intervals: object) -> set[tuple[str, str, int]]:
    """The model: every transaction by itself."""
    assert isinstance(intervals, (GtidSet, list))
    return {(uuid, tag, number) for uuid, tag, first, last in intervals for number in range(first, last + 1)}


@given(INTERVALS, INTERVALS)
def test_the_algebra_is_that_of_sets_of_integers(left: list[Interval], right: list[Interval]) -> None:
    a, b = GtidSet.of(left), GtidSet.of(right)
    x, y = members(left), members(right)
    assert members(a) == x
    assert members(a | b) == x | y
    assert members(a & b) == x & y
    assert members(a - b) == x - y
    assert (a <= b) == (x <= y)
    assert (a == b) == (x == y)
    assert a.count == len(x)
    assert bool(a) == bool(x)
    if x == y:
        assert hash(a) == hash(b)


@given(INTERVALS, INTERVALS)
def test_the_form_is_canonical(left: list[Interval], right: list[Interval]) -> None:
    """Sorted, and a gap between any two intervals of a source: also after every operation."""
    a, b = GtidSet.of(left), GtidSet.of(right)
    for result in (a, a | b, a & b, a - b):
        assert list(result) == sorted(result)
        for before, after in zip(result, list(result)[1:], strict=False):
            assert before[:2] != after[:2] or before.last + 1 < after.first


@given(INTERVALS, st.randoms(use_true_random=False))
def test_the_text_survives_what_people_do_to_it(intervals: list[Interval], chance: random.Random) -> None:
    """Any order, any case, any white space between the parts: the same set, the same canonical text."""
    wanted = GtidSet.of(intervals)
    assert GtidSet.parse(str(wanted)) == wanted

    def space() -> str:
        return chance.choice(["", "", " ", "\n", "\t "])

    parts = [
        f"{uuid}{space()}:{space()}{f'{tag}:' if tag else ''}{first}{space()}-{space()}{last}"
        for uuid, tag, first, last in intervals
    ]
    chance.shuffle(parts)
    text = f"{space()},{space()}".join(chance.choice([part, part.upper()]) for part in parts)
    assert GtidSet.parse(space() + text + space()) == wanted


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        (" \n ", ""),
        (f"{A}:1", f"{A}:1"),
        (f"{A}:1-1", f"{A}:1"),
        (f"{A}:1-5,\n{B}:7-9", f"{A}:1-5,{B}:7-9"),
        (f"{B}:7-9,{A}:5:1-4", f"{A}:1-5,{B}:7-9"),
        (f"{A}:1-5:3-9:11", f"{A}:1-9:11"),
        (f"{A}:1-4,{A}:5-6", f"{A}:1-6"),
        (f"{A.upper()}:Domain_1:1-3", f"{A}:domain_1:1-3"),
        # A tag holds until the next one; untagged transactions come first, tags in alphabetical order.
        (f"{A}:b:1-3:5:a:2", f"{A}:a:2:b:1-3:5"),
        (f"{A}:tag:1-3,{A}:1-2", f"{A}:1-2:tag:1-3"),
        (f"{A}:1:tag:1:2", f"{A}:1:tag:1-2"),
        (f"{A}:1:a_9:1:_:1", f"{A}:1:_:1:a_9:1"),
        (f"{A}:{LARGEST}", f"{A}:{LARGEST}"),
        (f"{A}:007", f"{A}:7"),
    ],
)
def test_parse(text: str, canonical: str) -> None:
    assert str(GtidSet.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x", "'x' does not begin with a server's UUID."),
        (f"{A}", "names no transactions"),
        (f"{A}:", "'' in .* is neither an interval nor a tag"),
        (f"{A}:1,", "'' does not begin with a server's UUID."),
        (f",{A}:1", "'' does not begin"),
        (f"{A}:1:,{B}:1", "neither"),
        (f"{A[:-1]}:1", "does not begin with a server's UUID"),
        (f"{A}:0", "'0' in .* is no interval: 1 <= first"),
        (f"{A}:5-3", "'5-3' in"),
        (f"{A}:1-", "'1-' in"),
        (f"{A}:-1", "neither"),
        (f"{A}:1 2", "'1 2' in"),
        (f"{A}:tag", "'tag' in .* with intervals after it"),
        (f"{A}:a:b:1", "'a' in"),
        (f"{A}:{LARGEST + 1}", "is no interval"),
        (f"{A}:1-{10**30}", "neither"),
        (f"{A}:{'t' * 33}:1", "neither"),
        (f"{A}:9a:1", "'9a' in"),
        (f"{A}:٣", "neither"),  # a digit, but not MySQL's
    ],
)
def test_a_text_that_is_no_set_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(GtidError, match=sentence):
        GtidSet.parse(text)


def test_a_cut_off_text_never_passes_for_the_whole() -> None:
    """Only a cut inside a number cannot be seen; a cut at any separator is an error."""
    whole = f"{A}:1-120:tag:3-4,{B}:7-9"
    for length in range(1, len(whole)):
        try:
            assert GtidSet.parse(whole[:length]) <= GtidSet.parse(whole)
        except GtidError:
            continue
        assert whole[length - 1].isdigit()


def test_covers() -> None:
    assert covers(f"{A}:1-9", f"{A}:2-3")
    assert covers(f"{A}:1", "")
    assert not covers(f"{A}:1-9", f"{A}:9-10")
    assert not covers(f"{A}:1-9", f"{A}:tag:1")


def test_many_fragments_are_no_burden() -> None:
    """A multi-threaded replica can have thousands of gaps; each against each would take minutes."""
    odd = GtidSet.of(Interval(A, "", number, number) for number in range(1, 40_001, 2))
    even = GtidSet.of(Interval(A, "", number, number) for number in range(2, 40_001, 2))
    assert str(odd | even) == f"{A}:1-40000"
    assert odd - even == odd
