# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.errors import Conflict, NotFound, OptionError
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.policy import (
    Binding,
    Change,
    Policies,
    chosen,
    resource_of,
)

from tests.unit.fakes.gcp import Answer, scripted

WHEN = {"title": "t", "expression": "request.time < x"}
POLICY: dict[str, Any] = {
    "version": 1,
    "etag": "e",
    "bindings": [
        {"role": "r", "members": ["a", "b"]},
        {"role": "r", "members": ["c"], "condition": {**WHEN, "description": ""}},
    ],
}
GONE = Answer(404, {"error": {"message": "gone"}})
FASTER = Answer(409, {"error": {"status": "ABORTED", "message": "etag"}})


def test_a_role_under_another_condition_is_another_binding() -> None:
    assert Binding.of("r", None).members(POLICY) == ["a", "b"]
    assert Binding.of("r", {**WHEN, "description": None}).members(POLICY) == ["c"]
    assert Binding.of("r", {**WHEN, "expression": "other"}).members(POLICY) == []


def test_all_else_stays_as_it_is() -> None:
    assert Binding.of("r", None).put(POLICY, ["a"]) == {
        "version": 3,  # or the condition would be lost
        "etag": "e",
        "bindings": [POLICY["bindings"][1], {"role": "r", "members": ["a"]}],
    }
    assert Binding.of("r", WHEN).put(POLICY, []) == {"version": 1, "etag": "e", "bindings": [POLICY["bindings"][0]]}


def test_put_in_under_the_etag() -> None:
    client, session, _ = scripted(POLICY, {})
    change = Policies(client, "project", "p", "p").ensure(Binding("r"), "z", True, False)
    assert change == Change(["a", "b"], ["a", "b", "z"])
    assert session.asked == [
        ("POST", "cloudresourcemanager.googleapis.com/v1/projects/p:getIamPolicy"),
        ("POST", "cloudresourcemanager.googleapis.com/v1/projects/p:setIamPolicy"),
    ]
    assert session.sent[0] == {"options": {"requestedPolicyVersion": 3}}
    assert session.sent[1]["policy"]["etag"] == "e"


@pytest.mark.parametrize(
    ("kind", "read", "write"),
    [
        (
            "service_account",
            (
                "POST",
                "iam.googleapis.com/v1/projects/p/serviceAccounts/x:getIamPolicy?options.requestedPolicyVersion=3",
            ),
            ("POST", "iam.googleapis.com/v1/projects/p/serviceAccounts/x:setIamPolicy"),
        ),
        (
            "secret",
            (
                "GET",
                "secretmanager.googleapis.com/v1/projects/p/secrets/x:getIamPolicy?options.requestedPolicyVersion=3",
            ),
            ("POST", "secretmanager.googleapis.com/v1/projects/p/secrets/x:setIamPolicy"),
        ),
        (
            "bucket",
            ("GET", "storage.googleapis.com/storage/v1/b/x/iam?optionsRequestedPolicyVersion=3"),
            ("PUT", "storage.googleapis.com/storage/v1/b/x/iam"),
        ),
    ],
)
def test_each_api_has_its_own_way(kind: str, read: tuple[str, str], write: tuple[str, str]) -> None:
    client, session, _ = scripted({"etag": "e"}, {})
    Policies(client, kind, "x", "p").ensure(Binding("r"), "z", True, False)
    assert session.asked == [read, write]
    policy = session.sent[1] if kind == "bucket" else session.sent[1]["policy"]
    assert policy == {"etag": "e", "bindings": [{"role": "r", "members": ["z"]}]}


def test_somebody_faster_is_read_again_and_not_undone() -> None:
    newer = {"etag": "f", "bindings": [{"role": "r", "members": ["y"]}]}
    client, session, time = scripted({"etag": "e"}, FASTER, newer, {})
    assert Policies(client, "project", "p", "p").ensure(Binding("r"), "z", True, False).after == ["y", "z"]
    assert session.sent[3]["policy"] == {"etag": "f", "bindings": [{"role": "r", "members": ["y", "z"]}]}
    assert len(time.slept) == 1


def test_not_for_ever() -> None:
    client, _, _ = scripted(*[{"etag": "e"}, FASTER] * 8)
    with pytest.raises(Conflict):
        Policies(client, "project", "p", "p").ensure(Binding("r"), "z", True, False)


def test_taken_out_and_then_left_alone() -> None:
    client, session, _ = scripted(POLICY, {})
    assert Policies(client, "project", "p", "p").ensure(Binding("r"), "a", False, False).after == ["b"]
    client, session, _ = scripted(POLICY)
    assert Policies(client, "project", "p", "p").ensure(Binding("r"), "z", False, False) == Change(
        ["a", "b"], ["a", "b"]
    )
    assert len(session.asked) == 1


def test_check_mode_reads_only_and_what_is_to_come_has_no_members() -> None:
    client, session, _ = scripted(POLICY)
    assert Policies(client, "project", "p", "p").ensure(Binding("r"), "z", True, True).after == ["a", "b", "z"]
    assert len(session.asked) == 1
    client, _, _ = scripted(GONE)
    assert Policies(client, "secret", "s", "p").ensure(Binding("r"), "z", True, True) == Change([], ["z"])


def test_of_what_is_not_there_nothing_can_be_given() -> None:
    with pytest.raises(NotFound):
        Policies(scripted(GONE)[0], "secret", "s", "p").ensure(Binding("r"), "z", True, False)
    assert Policies(scripted(GONE)[0], "secret", "s", "p").ensure(Binding("r"), "z", False, False) == Change([], [])
    assert Policies(scripted(GONE)[0], "secret", "s", "p").bindings() == []


def test_who_is_meant() -> None:
    assert resource_of({"kind": "project", "resource": None}, "p") == "p"
    assert resource_of({"kind": "bucket", "resource": "b"}, "p") == "b"
    with pytest.raises(OptionError, match="kind is secret"):
        resource_of({"kind": "secret", "resource": None}, "p")


def test_bindings_of_a_role_and_with_a_member() -> None:
    bindings = POLICY["bindings"]
    assert chosen(bindings, None, None) == bindings
    assert chosen(bindings, "q", None) == []
    assert chosen(bindings, "r", "c") == [bindings[1]]
