# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the lab's Google API."""

from __future__ import annotations

import pytest
from ansible_collections.multicloud.dr.plugins.modules import gcp_iam_member, gcp_iam_member_info

from tests.unit.fakes.ansible_module import Run, runner
from tests.unit.fakes.gcp import Gcp


@pytest.fixture
def run(gcp: Gcp, capsys: pytest.CaptureFixture[str]) -> Run:
    give = runner(gcp_iam_member.main, capsys, gcp.environment)
    for member in ("user:a@example.com", "user:b@example.com"):
        assert give(role="roles/viewer", member=member)["changed"]
    assert give(role="roles/logging.viewer", member="user:a@example.com")["changed"]
    return runner(gcp_iam_member_info.main, capsys, gcp.environment)


def test_who_has_which_role(run: Run) -> None:
    assert [one["role"] for one in run(member="user:b@example.com")["bindings"]] == ["roles/viewer"]
    assert run(role="roles/viewer")["bindings"][0]["members"] == ["user:a@example.com", "user:b@example.com"]
    assert len(run(member="user:a@example.com")["bindings"]) == 2


def test_what_is_not_there_has_no_bindings(run: Run) -> None:
    assert run(kind="secret", resource="none")["bindings"] == []
