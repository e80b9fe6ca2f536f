# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

Members = Callable[..., dict[str, list[str]]]
WEB = "serviceAccount:shop-web@multicloud-dr.iam.gserviceaccount.com"


def test_what_nobody_gave_is_taken_away_and_others_keep_theirs(members: Members) -> None:
    found = members("POST", "cloudresourcemanager.googleapis.com/v1/projects/multicloud-dr:getIamPolicy")
    assert {role for role, who in found.items() if WEB in who} == {"roles/logging.logWriter"}
    assert found["roles/viewer"] == ["user:stays@example.com"]
    assert found["roles/compute.viewer"] == ["group:ops@example.com"]
