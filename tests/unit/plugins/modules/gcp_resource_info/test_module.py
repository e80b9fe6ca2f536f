# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's Google API."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.modules import gcp_resource, gcp_resource_info

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.gcp import Gcp


@pytest.fixture
def run(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> Run:
    make = runner(gcp_resource.main, capsys, gcp.environment)
    for name in ("a", "b"):
        make(collection="global/networks", name=name, body={"autoCreateSubnetworks": False})
    return runner(gcp_resource_info.main, capsys, gcp.environment)


def test_one_by_its_name(run: Run) -> None:
    result = run(collection="global/networks", name="a")
    assert (result["changed"], [one["name"] for one in result["resources"]]) == (False, ["a"])


def test_none_of_this_name(run: Run) -> None:
    assert run(collection="global/networks", name="c")["resources"] == []


def test_all_and_some(run: Run) -> None:
    assert sorted(one["name"] for one in run(collection="global/networks")["resources"]) == ["a", "b"]
    assert [one["name"] for one in run(collection="global/networks", filter='name = "b"')["resources"]] == ["b"]


def test_a_view_is_of_one_resource(run: Run) -> None:
    result = run(collection="global/networks", view="getEffectiveFirewalls")
    assert (result["failed"], result["error"]) == (True, "OptionError")
