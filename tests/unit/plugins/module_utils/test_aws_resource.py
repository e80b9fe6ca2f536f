# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._aws_resource import (
    AwsError,
    Result,
    as_dict,
    as_list,
    calling,
    tag_plan,
)
from botocore.exceptions import EndpointConnectionError

from tests.unit.fakes.scripted_client import refusal


@pytest.mark.parametrize(
    ("wanted", "purge", "add", "remove", "then"),
    [
        (None, True, {}, [], {"a": "1", "b": "2"}),
        ({}, False, {}, [], {"a": "1", "b": "2"}),
        ({}, True, {}, ["a", "b"], {}),
        ({"a": 1}, False, {}, [], {"a": "1", "b": "2"}),
        ({"a": 3, "c": True}, True, {"a": "3", "c": "True"}, ["b"], {"a": "3", "c": "True"}),
    ],
)
def test_tag_plan(
    wanted: dict[str, object] | None, purge: bool, add: dict[str, str], remove: list[str], then: dict[str, str]
) -> None:
    plan = tag_plan({"a": "1", "b": "2"}, wanted, purge)
    assert (plan.add, plan.remove, plan.then, bool(plan)) == (add, remove, then, bool(add or remove))


def test_tags_go_to_the_api_and_come_back() -> None:
    assert as_dict(as_list({"b": "2", "a": "1"})) == {"a": "1", "b": "2"}


def test_an_error_says_what_could_not_be_done_and_keeps_its_code() -> None:
    with pytest.raises(AwsError, match=r"Cannot write it: .*Throttling!") as error, calling("write it"):
        raise refusal("Throttling")
    assert error.value.code == "Throttling"


def test_no_answer_has_no_code() -> None:
    with pytest.raises(AwsError, match="Cannot write it") as error, calling("write it"):
        raise EndpointConnectionError(endpoint_url="http://nowhere")
    assert error.value.code == ""


def test_a_mistake_of_ours_stays_one() -> None:
    with pytest.raises(KeyError), calling("write it"):
        raise KeyError("x")


def test_what_a_module_returns() -> None:
    assert Result().reported("thing") == {"changed": False, "action": "none", "diff": {"before": {}, "after": {}}}
    made = Result("created", {"id": 1}, {}, {"id": 1}).reported("thing")
    assert (made["changed"], made["thing"], made["diff"]) == (True, {"id": 1}, {"before": {}, "after": {"id": 1}})
