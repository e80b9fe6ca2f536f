# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may, and how much."""

from __future__ import annotations

import pytest

from lab.gcp.documents import Documents
from lab.gcp.permissions import needed
from tests.unit.lab.gcp.client import REGION, Gcp


@pytest.mark.parametrize(
    ("api", "http", "path", "permission"),
    [
        ("compute.v1", "POST", "compute/v1/projects/p/global/networks", "compute.networks.create"),
        ("compute.v1", "PATCH", "compute/v1/projects/p/global/firewalls/f", "compute.firewalls.update"),
        ("compute.v1", "POST", "compute/v1/projects/p/zones/z/instances/i/setTags", "compute.instances.setTags"),
        ("compute.v1", "PATCH", "compute/v1/projects/p/regions/r/autoscalers", "compute.autoscalers.update"),
        ("compute.v1", "GET", "compute/v1/projects/p/regions/r", "compute.regions.get"),
        ("secretmanager.v1", "POST", "v1/projects/p/secrets/s:addVersion", "secretmanager.versions.add"),
        ("cloudresourcemanager.v3", "POST", "v3/projects/p:setIamPolicy", "resourcemanager.projects.setIamPolicy"),
        ("iam.v1", "POST", "v1/projects/p/serviceAccounts/a/keys", "iam.serviceAccountKeys.create"),
    ],
)
def test_the_permission_of_a_method(documents: Documents, api: str, http: str, path: str, permission: str) -> None:
    document = documents.load(*api.split("."))
    assert document is not None
    found = document.match(http, f"/{path}")
    assert found is not None
    assert needed(found[0]) == permission


def test_what_was_taken_away_is_refused(gcp: Gcp) -> None:
    gcp.cloud.denied.add("compute.networks.create")
    refusal = gcp.refused("POST", "compute:global/networks", {"name": "n"})
    assert (refusal.code, refusal.reason) == (403, "forbidden")
    assert "compute.networks.create" in refusal.message
    gcp.get("compute:global/networks")
    asked = {"permissions": ["compute.networks.create", "compute.networks.get"]}
    answer = gcp.post("resourcemanager::testIamPermissions", asked)
    assert answer == {"permissions": ["compute.networks.get"]}


def test_usage_counts(site: Gcp) -> None:
    used = {quota["metric"]: quota["usage"] for quota in site.get(f"compute:regions/{REGION}")["quotas"]}
    assert (used["INSTANCES"], used["CPUS"], used["STATIC_ADDRESSES"]) == (4, 8, 1)
    everywhere = {
        quota["metric"]: quota["usage"]
        for quota in site.get("https://compute.googleapis.com/compute/v1/projects/multicloud-dr")["quotas"]
    }
    assert (everywhere["VPN_TUNNELS"], everywhere["NETWORKS"]) == (4, 2)


def test_too_much_is_refused_and_not_there(site: Gcp) -> None:
    url = f"compute:regions/{REGION}/addresses"
    for number in range(7):
        site.post(url, {"name": f"a-{number}"})
    refusal = site.refused("POST", url, {"name": "a-7"})
    assert (refusal.code, refusal.reason) == (403, "quotaExceeded")
    assert f"Quota 'STATIC_ADDRESSES' exceeded.  Limit: 8.0 in region {REGION}" in refusal.message
    assert site.refused("GET", f"{url}/a-7").code == 404
    site.post("compute:regions/us-east1/addresses", {"name": "a-7"})
