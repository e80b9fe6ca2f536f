# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of role gcp_iam."""

from __future__ import annotations

from typing import Any

from ansible_collections.multicloud.dr.plugins.filter.gcp_iam_grants import gcp_iam_grants
from ansible_collections.multicloud.dr.plugins.filter.gcp_iam_surplus import gcp_iam_surplus

DOMAIN = "p.iam.gserviceaccount.com"
WEB, DB = f"serviceAccount:shop-web@{DOMAIN}", f"serviceAccount:shop-db@{DOMAIN}"


def test_one_entry_for_each_role() -> None:
    on = {"kind": "secret", "resource": "s", "role": "roles/secretmanager.secretAccessor"}
    accounts: list[dict[str, Any]] = [{"name": "web", "roles": ["roles/a"], "grants": [on]}, {"name": "db"}]
    assert gcp_iam_grants(accounts, "shop", DOMAIN) == [
        {"kind": "project", "role": "roles/a", "member": WEB},
        {**on, "member": WEB},
    ]


def test_only_our_accounts_lose_what_they_were_not_given() -> None:
    when = {"title": "t", "expression": "e"}
    bindings: list[dict[str, Any]] = [
        {"role": "roles/a", "members": [WEB, DB, "user:a@example.com"]},
        {"role": "roles/b", "members": [WEB, f"serviceAccount:shop-other@{DOMAIN}"]},
        {"role": "roles/a", "members": [WEB], "condition": when},
    ]
    granted = [
        {"kind": "project", "role": "roles/a", "member": WEB},
        {"kind": "secret", "role": "roles/b", "member": WEB},
    ]
    assert gcp_iam_surplus(bindings, granted, ["shop-web", "shop-db"], DOMAIN) == [
        {"role": "roles/a", "member": DB},
        {"role": "roles/b", "member": WEB},
        {"role": "roles/a", "member": WEB, "condition": when},
    ]
    absent = [{"role": "roles/a", "member": WEB, "state": "absent"}]
    assert {"role": "roles/a", "member": WEB} in gcp_iam_surplus(bindings[:1], absent, ["shop-web"], DOMAIN)
