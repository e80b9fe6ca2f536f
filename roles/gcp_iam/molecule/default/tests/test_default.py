# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

Members = Callable[..., dict[str, list[str]]]
DOMAIN = "multicloud-dr.iam.gserviceaccount.com"
WEB, DB = f"serviceAccount:multicloud-dr-web@{DOMAIN}", f"serviceAccount:multicloud-dr-db@{DOMAIN}"


def test_the_api_did_all_that_it_was_asked(api_errors: Callable[[], list[str]]) -> None:
    assert api_errors() == []


def test_each_account_has_its_roles_and_no_other(members: Members) -> None:
    found = members("POST", "cloudresourcemanager.googleapis.com/v1/projects/multicloud-dr:getIamPolicy")
    assert {role for role, who in found.items() if WEB in who} == {
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
    }
    assert {role for role, who in found.items() if DB in who} == {"roles/logging.logWriter"}


def test_roles_on_single_things(members: Members) -> None:
    assert (
        DB
        in members("GET", "storage.googleapis.com/storage/v1/b/multicloud-dr-backups/iam")[
            "roles/storage.objectCreator"
        ]
    )
    account = f"projects/multicloud-dr/serviceAccounts/multicloud-dr-web@{DOMAIN}"
    assert members("POST", f"iam.googleapis.com/v1/{account}:getIamPolicy") == {"roles/iam.serviceAccountUser": [DB]}
