# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.values import Rules, compare, link, merged, patch
from hypothesis import given
from hypothesis import strategies as st

RULES = Rules(
    "p", {"ranges": "", "peers": "name", "peers.routes": "", "allowed": "", "allowed.ports": "", "backends": "group"}
)
BASE = "https://www.googleapis.com/compute/v1/projects/p"


def said(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [str(difference) for difference in compare(wanted, found, RULES)]


@pytest.mark.parametrize(
    "spelling",
    [
        "global/networks/n",
        "projects/p/global/networks/n",
        "https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
        "https://compute.googleapis.com/compute/v1/projects/p/global/networks/n",
        "https://www.googleapis.com/compute/beta/projects/p/global/networks/n",
    ],
)
def test_a_reference_has_one_spelling(spelling: str) -> None:
    assert link(spelling, "p") == "projects/p/global/networks/n"


def test_references_of_other_apis_and_other_strings() -> None:
    assert link("//certificatemanager.googleapis.com/projects/p/locations/global/certificateMaps/m", "p") == (
        "projects/p/locations/global/certificateMaps/m"
    )
    assert link("https://shop.example.com/global/x", "p") == "https://shop.example.com/global/x"
    assert link("10.0.0.0/8", "p") == "10.0.0.0/8"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": "100"}, {"a": 100}),
        ({"a": 1.0}, {"a": 1}),
        ({"a": "1"}, {"a": 1.0}),
        ({"a": False}, {}),
        ({"a": 0}, {}),
        ({"a": ""}, {}),
        ({"a": []}, {}),
        ({"a": None}, {"a": ""}),
        ({"a": None}, {"a": []}),
        ({"a": {"b": False}}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ({"a": "global/networks/n"}, {"a": f"{BASE}/global/networks/n"}),
        ({"ranges": ["a", "b"]}, {"ranges": ["b", "a"]}),
        (
            {"peers": [{"name": "y"}, {"name": "x", "asn": 1}]},
            {"peers": [{"name": "x", "asn": 1, "up": True}, {"name": "y"}]},
        ),
        (
            {"allowed": [{"p": "tcp", "ports": [80, 443]}, {"p": "udp"}]},
            {"allowed": [{"p": "udp"}, {"p": "tcp", "ports": ["443", "80"]}]},
        ),
        (
            {"backends": [{"group": "zones/z/groups/g"}]},
            {"backends": [{"group": f"{BASE}/zones/z/groups/g", "cap": 1}]},
        ),
        ({"labels": {"a": "1"}}, {"labels": {"a": "1", "goog-ops-agent": "x"}}),
    ],
)
def test_what_means_the_same(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    assert said(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found", "sentence"),
    [
        ({"a": 1}, {"a": 2}, "a is 2, wanted is 1"),
        ({"a": "1.10"}, {"a": "1.1"}, "a is 1.1, wanted is 1.10"),
        ({"a": True}, {}, "a is not set, wanted is true"),
        ({"a": True}, {"a": 1}, "a is 1, wanted is true"),
        ({"a": []}, {"a": ["x"]}, 'a is ["x"], wanted is not set'),
        ({"a": None}, {"a": {"b": 1}}, 'a is {"b": 1}, wanted is not set'),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b is 2, wanted is 1"),
        ({"a": [1, 2]}, {"a": [2, 2]}, "a[0] is 2, wanted is 1"),
        ({"a": [1]}, {"a": [1, 2]}, "a is [1, 2], wanted is [1]"),
        ({"a": {"b": 1}}, {"a": "b"}, 'a is b, wanted is {"b": 1}'),
        ({"ranges": ["a"]}, {"ranges": ["a", "b"]}, "ranges[b] is b, wanted is not set"),
        ({"ranges": ["a", "b"]}, {"ranges": ["a"]}, "ranges[b] is not set, wanted is b"),
        ({"peers": [{"name": "x", "asn": 1}]}, {"peers": [{"name": "x", "asn": 2}]}, "peers[x].asn is 2, wanted is 1"),
        ({"peers": []}, {"peers": [{"name": "x"}]}, 'peers[x] is {"name": "x"}, wanted is not set'),
        ({"labels": {}}, {"labels": {"b": "1"}}, "labels.b is 1, wanted is not set"),
        ({"labels": {"a": "1"}}, {"labels": {"a": "2"}}, "labels.a is 2, wanted is 1"),
    ],
)
def test_a_difference_is_a_sentence(wanted: dict[str, Any], found: dict[str, Any], sentence: str) -> None:
    assert said(wanted, found)[-1] == sentence


def test_a_port_that_was_taken_away_is_seen() -> None:
    wanted = {"allowed": [{"p": "tcp", "ports": ["80"]}]}
    assert len(said(wanted, {"allowed": [{"p": "tcp", "ports": ["80", "22"]}]})) == 2


def test_merged_keeps_what_only_the_api_knows_and_drops_what_is_not_wanted() -> None:
    found = {"peers": [{"name": "x", "asn": 2, "up": True}, {"name": "y"}], "labels": {"b": "1", "goog-x": "1"}}
    wanted = {"peers": [{"name": "x", "asn": 1}], "labels": {"a": "1"}}
    assert merged(wanted, found, RULES) == {
        "peers": [{"name": "x", "asn": 1, "up": True}],
        "labels": {"goog-x": "1", "a": "1"},
    }


def test_a_patch_takes_away_by_none() -> None:
    found = {"labels": {"b": "1", "goog-x": "1"}, "a": {"b": 1, "c": 2}}
    assert patch({"labels": {"a": "1"}, "a": {"b": None}}, found, RULES) == {
        "labels": {"a": "1", "b": None},
        "a": {"b": None},
    }


SCALARS = st.one_of(st.integers(-5, 5), st.booleans(), st.sampled_from(["", "a", "b", "global/networks/n"]))
PEERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"asn": SCALARS}), unique_by=lambda e: e["name"]
)
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        "a": SCALARS,
        "d": st.dictionaries(st.sampled_from("mn"), SCALARS),
        "labels": st.dictionaries(st.sampled_from("mn"), st.sampled_from("12")),
        "ranges": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "peers": PEERS,
        "l": st.lists(SCALARS, max_size=3),
    },
)


@given(RESOURCES, RESOURCES)
def test_what_is_merged_is_as_wanted(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    after = {**found, **{name: merged(wanted[name], found.get(name), RULES, (name,)) for name in wanted}}
    assert compare(wanted, after, RULES) == []


@given(RESOURCES)
def test_a_resource_is_like_itself(found: dict[str, Any]) -> None:
    assert compare(found, found, RULES) == []
