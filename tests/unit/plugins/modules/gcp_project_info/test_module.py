# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.errors import Denied, NotFound, OptionError
from ansible_collections.multicloud.dr.plugins.modules.gcp_project_info import main, read

from tests.unit.fakes.ansible_module import runner
from tests.unit.fakes.gcp import Answer, Gcp, scripted

ABOUT = {"name": "projects/77", "projectId": "p", "state": "ACTIVE"}
NOTHING: dict[str, Any] = {"services": [], "permissions": [], "region": None, "quotas": {}}


def test_services_that_are_not_enabled_are_named_in_order() -> None:
    answer = {"services": [{"config": {"name": name}, "state": state} for name, state in STATES.items()]}
    client, session, _ = scripted(ABOUT, answer)
    found = read(client, "p", {**NOTHING, "services": ["c", "a", "b", "unknown"]})
    assert found["disabled_services"] == ["c", "b", "unknown"]
    assert found["project"] == {"id": "p", "number": "77", "state": "ACTIVE"}
    assert session.asked[1][0] == "GET"


STATES = {"a": "ENABLED", "b": "DISABLED", "c": "STATE_UNSPECIFIED"}


def test_thirty_services_and_a_hundred_permissions_at_a_time() -> None:
    services, permissions = [f"s{n}" for n in range(31)], [f"p{n}" for n in range(101)]
    client, session, _ = scripted(ABOUT, {}, {}, {"permissions": permissions[:100]}, {})
    found = read(client, "p", {**NOTHING, "services": services, "permissions": permissions})
    assert found["disabled_services"] == services
    assert found["missing_permissions"] == ["p100"]
    assert [len(body["permissions"]) for body in session.sent if body] == [100, 1]


@pytest.mark.parametrize(("wanted", "exceeded"), [(4, False), (5, True)])
def test_a_quota_is_exceeded_by_what_is_used_and_what_is_wanted(wanted: int, exceeded: bool) -> None:
    region = {"quotas": [{"metric": "CPUS", "limit": 24, "usage": 20}]}
    own = {"quotas": [{"metric": "NETWORKS", "limit": 5, "usage": 5}, {"metric": "CPUS", "limit": 0, "usage": 0}]}
    client, _, _ = scripted(ABOUT, region, own)
    found = read(client, "p", {**NOTHING, "region": "r", "quotas": {"CPUS": wanted}})
    row = {"metric": "CPUS", "limit": 24, "usage": 20, "wanted": wanted}
    assert found["exceeded_quotas"] == ([row] if exceeded else [])


@pytest.mark.parametrize(
    ("options", "answers", "error", "words"),
    [
        ({"quotas": {"CPUS": 1}}, [ABOUT], OptionError, "region is not given"),
        ({"quotas": {"CPUS": "many"}, "region": "r"}, [ABOUT], OptionError, "CPUS: 'many'; allowed are numbers"),
        ({"quotas": {"CPU": 1}, "region": "r"}, [ABOUT, {}, {}], OptionError, "quotas has CPU; neither r nor"),
        ({"quotas": {"CPUS": 1}, "region": "r"}, [ABOUT, Answer(404, {})], NotFound, "region is 'r'"),
        ({}, [Answer(403, {"error": {"message": "no"}})], Denied, "no"),
    ],
)
def test_mistakes_are_a_sentence(
    options: dict[str, Any], answers: list[Any], error: type[Exception], words: str
) -> None:
    client, _, _ = scripted(*answers)
    with pytest.raises(error, match=words):
        read(client, "p", {**NOTHING, **options})


def test_against_the_lab(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> None:
    run = runner(main, capsys, gcp.environment)
    asked = {"services": ["compute.googleapis.com"], "permissions": ["compute.networks.create"]}
    found = run(**asked, region="asia-northeast3", quotas={"CPUS": 25, "INSTANCES": 4})
    assert found["disabled_services"] == found["missing_permissions"] == []
    assert [row["metric"] for row in found["exceeded_quotas"]] == ["CPUS"]
