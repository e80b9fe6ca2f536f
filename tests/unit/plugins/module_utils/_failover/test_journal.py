# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._failover.journal import (
    START,
    Entry,
    Event,
    Journal,
    JournalError,
    next_entry,
    read,
    verify,
)
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
EVENTS: list[Event] = ["intent", "done", "failed", "note"]
STEPS = st.lists(
    st.tuples(st.sampled_from(["drain", "promote", "ä\n€"]), st.sampled_from(EVENTS), st.dictionaries(st.text(), JSON)),
    max_size=5,
)


def write(steps: list[tuple[str, Event, dict[str, Any]]], run: str = "r1") -> list[Entry]:
    entries: list[Entry] = []
    for number, (step, event, data) in enumerate(steps):
        entries.append(next_entry(entries, run=run, time=1_700_000_000.25 + number, step=step, event=event, data=data))
    return entries


def content(entries: list[Entry]) -> bytes:
    return b"".join(entry.line for entry in entries)


THREE = write([("look", "intent", {}), ("look", "done", {"epoch": 7}), ("drain", "intent", {})])


@given(STEPS)
def test_what_is_written_is_read_back(steps: list[tuple[str, Event, dict[str, Any]]]) -> None:
    entries = write(steps)
    journal = read(content(entries))
    assert journal == Journal(tuple(entries))
    assert [(entry.step, entry.event, entry.data) for entry in journal.entries] == steps
    assert verify(content(entries), journal.head) == ""


def test_an_entry_by_hand() -> None:
    """The format itself, without our code: sha256 of the canonical JSON of all but the hash."""
    line = json.loads(THREE[1].line)
    wanted = line.pop("hash")
    text = json.dumps(line, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == wanted
    assert line == {
        "seq": 2,
        "time": 1_700_000_001.25,
        "run": "r1",
        "step": "look",
        "event": "done",
        "data": {"epoch": 7},
        "prev": THREE[0].hash,
    }
    assert THREE[0].prev == START


@given(STEPS.filter(bool), st.data())
def test_a_crash_while_writing_loses_only_the_line_being_written(
    steps: list[tuple[str, Event, dict[str, Any]]], data: st.DataObject
) -> None:
    entries = write(steps)
    whole = content(entries)
    cut = data.draw(st.integers(len(whole) - len(entries[-1].line), len(whole) - 1))
    journal = read(whole[:cut])
    assert journal.entries == tuple(entries[:-1])
    # What a resumed run does: cut the torn bytes off and go on.
    kept = whole[: cut - len(journal.torn)]
    again = next_entry(journal.entries, run="r1", time=0, step="s", event="done")
    assert read(kept + again.line).entries == (*entries[:-1], again)


@given(STEPS.filter(bool), st.data())
def test_any_changed_byte_is_found(steps: list[tuple[str, Event, dict[str, Any]]], data: st.DataObject) -> None:
    """Negative control: the bytes of any line but for the last newline, whose loss is a torn line."""
    whole = bytearray(content(write(steps)))
    position = data.draw(st.integers(0, len(whole) - 2))
    whole[position] ^= data.draw(st.integers(1, 255))
    sentence = verify(bytes(whole))
    line = bytes(whole[:position]).count(b"\n") + 1
    assert sentence.startswith(f"Line {line} ")
    assert sentence.endswith(".")


@given(st.permutations(range(3)), st.sets(st.integers(0, 2)))
def test_any_removed_or_moved_line_is_found(order: list[int], removed: set[int]) -> None:
    """Negative control. Only lines gone from the end need the head."""
    kept = [THREE[index] for index in order if index not in removed]
    intact = kept == THREE[: len(kept)]
    assert (verify(content(kept)) == "") == intact
    assert (verify(content(kept), THREE[-1].hash) == "") == (kept == THREE)


def test_a_torn_line_in_the_middle_is_an_error() -> None:
    """Somebody appended without cutting off what a crash had left."""
    torn = THREE[0].line + THREE[1].line[:20] + THREE[2].line
    assert verify(torn).startswith("Line 2 is not an entry of a journal")


def test_a_forged_line_breaks_the_chain_at_the_next() -> None:
    forged = next_entry(THREE[:1], run="r1", time=THREE[1].time, step="look", event="done", data={"epoch": 8})
    assert verify(THREE[0].line + forged.line + THREE[2].line) == (
        "Line 3 does not continue line 2: a line was changed, moved, removed or put in between."
    )


def test_a_forged_rest_is_found_by_its_head_only() -> None:
    """The limit that the module states."""
    forged = write([("look", "intent", {}), ("look", "done", {"epoch": 8}), ("drain", "intent", {})])
    assert verify(content(forged)) == ""
    assert verify(content(forged), THREE[-1].hash) == (
        f"The journal ends with line 3, hash {forged[-1].hash}, not with hash {THREE[-1].hash}."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"\n", "Line 1 is not an entry of a journal: "),
        (b"[]\n", "Line 1 is not an entry of a journal."),
        (b"{}\n", "Line 1 is not an entry of a journal."),
        (b"[" * 100_000 + b"\n", "Line 1 is not an entry of a journal: "),
        (b"\xff\n", "Line 1 is not an entry of a journal: "),
        (THREE[0].line.replace(b'"intent"', b'"begin"'), "Line 1 is not an entry of a journal."),
        (THREE[0].line.replace(b'"intent"', b"[]"), "Line 1 is not an entry of a journal."),
        (THREE[0].line.replace(b"1700000000.25", b"NaN"), "Line 1 is not an entry of a journal: "),
        (THREE[0].line.replace(b'"seq":1', b'"seq":2'), "Line 1 was changed: "),
        (THREE[0].line.replace(b",", b", "), "Line 1 was changed: "),
        (THREE[1].line, "Line 1 does not continue the beginning: "),
        (THREE[0].line * 2, "Line 2 does not continue line 1: "),
    ],
)
def test_damage_is_named_in_one_sentence(text: bytes, sentence: str) -> None:
    assert verify(text).startswith(sentence)
    with pytest.raises(JournalError):
        read(text)


def test_an_empty_journal_is_intact() -> None:
    assert read(b"") == Journal()
    assert verify(b"", START) == ""


def test_a_journal_holds_one_run() -> None:
    with pytest.raises(JournalError, match="belongs to run 'r1', not to 'r2'"):
        next_entry(THREE, run="r2", time=0, step="s", event="note")
    stranger = next_entry(
        [Entry(1, 0, "r2", "s", "note", {}, START, THREE[0].hash)], run="r2", time=0, step="s", event="note"
    )
    assert verify(THREE[0].line + stranger.line) == "Line 2 belongs to run 'r2', the lines before to 'r1'."


@pytest.mark.parametrize("data", [{"x": {1, 2}}, {"x": float("nan")}, {("a", "b"): 1}])
def test_data_that_cannot_be_read_back_are_refused(data: dict[Any, Any]) -> None:
    with pytest.raises(JournalError, match="The data of step 's' are not JSON"):
        next_entry([], run="r", time=0, step="s", event="note", data=data)


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(JournalError, match="'begin' is none of intent, done, failed, note"):
        next_entry([], run="r", time=0, step="s", event="begin")  # type: ignore[arg-type]


def test_number_keys_and_tuples_become_what_json_says() -> None:
    entry = next_entry([], run="r", time=0, step="s", event="note", data={"by": {10: "a", 9: (1, 2)}})
    assert read(entry.line).entries == (entry,)
    assert entry.data == {"by": {"10": "a", "9": [1, 2]}}
