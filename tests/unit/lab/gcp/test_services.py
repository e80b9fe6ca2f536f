# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM, secrets, monitoring, storage, DNS and services: what they do beyond being kept."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.lab.gcp.client import PROJECT, Gcp

ACCOUNT = f"web-tier@{PROJECT}.iam.gserviceaccount.com"
MEMBER = f"serviceAccount:{ACCOUNT}"
SECRET = "secretmanager:secrets/db-password"
ZONE = "dns:managedZones/example"
WWW = f"{ZONE}/rrsets/www.example.com./A"
BUCKET = "storage:b/multicloud-dr-backups"


def encoded(text: str) -> dict[str, Any]:
    return {"payload": {"data": base64.b64encode(text.encode()).decode()}}


def only(gcp: Gcp, url: str, field: str) -> dict[str, Any]:
    [item] = gcp.get(url)[field]
    assert isinstance(item, dict)
    return item


# -- IAM


def test_an_account_is_found_in_any_project(site: Gcp) -> None:
    any_project = f"https://iam.googleapis.com/v1/projects/-/serviceAccounts/{ACCOUNT}"
    assert site.get(any_project)["displayName"] == "web tier"
    assert [account["email"] for account in site.get("iam:serviceAccounts")["accounts"]] == [ACCOUNT]


def test_an_account_is_changed_switched_off_and_removed(site: Gcp) -> None:
    url = f"iam:serviceAccounts/{ACCOUNT}"
    site.patch(url, {"serviceAccount": {"displayName": "new", "description": "x"}, "updateMask": "displayName"})
    assert site.get(url)["displayName"] == "new"
    assert "description" not in site.get(url)
    site.post(f"{url}:disable", {})
    assert site.get(url)["disabled"] is True
    site.post(f"{url}:enable", {})
    assert "disabled" not in site.get(url)
    site.delete(url)
    assert site.refused("GET", url).code == 404
    assert not any("/keys/" in path for path in site.cloud.store("iam"))


def test_a_key_is_told_once(site: Gcp) -> None:
    url = f"iam:serviceAccounts/{ACCOUNT}/keys"
    made = site.post(url, {})
    key_file = json.loads(base64.b64decode(made["privateKeyData"]))
    assert key_file["client_email"] == ACCOUNT
    assert len(site.get(url)["keys"]) == 2
    assert "privateKeyData" not in str(site.get(url))
    site.delete(f"{url}/{key_file['private_key_id']}")
    assert len(site.get(url)["keys"]) == 1


def test_ten_keys_and_no_more(site: Gcp) -> None:
    url = f"iam:serviceAccounts/{ACCOUNT}/keys"
    for number in range(9):
        site.cloud.put("iam", f"projects/{PROJECT}/serviceAccounts/{ACCOUNT}/keys/{number}", {})
    assert site.refused("POST", url, {}).reason == "failedPrecondition"


def test_a_policy_is_read_changed_and_written(site: Gcp) -> None:
    policy = site.post("resourcemanager::getIamPolicy", {})
    policy["bindings"].append({"role": "roles/monitoring.metricWriter", "members": [MEMBER, MEMBER]})
    written = site.post("resourcemanager::setIamPolicy", {"policy": policy})
    assert written["bindings"][-1]["members"] == [MEMBER]
    assert site.refused("POST", "resourcemanager::setIamPolicy", {"policy": policy}).code == 409
    assert site.post("resourcemanager::getIamPolicy", {}) == written


def test_both_versions_of_the_api_see_one_policy(site: Gcp) -> None:
    first = f"https://cloudresourcemanager.googleapis.com/v1/projects/{PROJECT}"
    assert site.post(f"{first}:getIamPolicy", {}) == site.post("resourcemanager::getIamPolicy", {})
    assert site.get(first)["projectId"] == PROJECT
    permissions = {"permissions": ["compute.networks.create"]}
    assert site.post(f"{first}:testIamPermissions", permissions) == permissions


def test_policies_of_secrets_accounts_and_buckets(site: Gcp) -> None:
    policy = {"bindings": [{"role": "roles/iam.serviceAccountUser", "members": [MEMBER]}]}
    account = f"iam:serviceAccounts/{ACCOUNT}"
    site.post(f"{account}:setIamPolicy", {"policy": policy})
    assert site.post(f"{account}:getIamPolicy")["bindings"] == policy["bindings"]
    assert site.get(f"{SECRET}:getIamPolicy")["bindings"][0]["role"] == "roles/secretmanager.secretAccessor"
    bucket = {"bindings": [{"role": "roles/storage.objectAdmin", "members": [MEMBER]}]}
    site.call("PUT", f"{BUCKET}/iam", bucket)
    assert site.get(f"{BUCKET}/iam")["bindings"] == bucket["bindings"]
    assert site.refused("GET", "secretmanager:secrets/none:getIamPolicy").code == 404


def test_a_role_of_our_own_can_be_given(site: Gcp) -> None:
    assert site.get("https://iam.googleapis.com/v1/roles/viewer")["stage"] == "GA"
    assert site.refused("GET", "https://iam.googleapis.com/v1/roles/logging.writer").code == 404
    binding = {"role": f"projects/{PROJECT}/roles/siteReader", "members": [MEMBER]}
    site.post("resourcemanager::setIamPolicy", {"policy": {"bindings": [binding]}})
    refusal = site.refused("PATCH", "iam:roles/siteReader", {"includedPermissions": ["everything"]})
    assert "Permission everything is not valid" in refusal.message


# -- secrets


def test_versions_of_a_secret(site: Gcp) -> None:
    assert site.post(f"{SECRET}:addVersion", encoded("two"))["name"].endswith("/versions/2")
    assert site.get(f"{SECRET}/versions/latest:access")["payload"] == encoded("two")["payload"]
    assert site.get(f"{SECRET}/versions/1:access")["payload"] == encoded("not-a-real-secret")["payload"]
    names = [entry["name"].rpartition("/")[2] for entry in site.get(f"{SECRET}/versions")["versions"]]
    assert names == ["2", "1"]
    assert "data" not in str(site.cloud.state()["secretmanager"])


def test_a_disabled_version_is_not_read_and_a_destroyed_one_is_gone(site: Gcp) -> None:
    site.post(f"{SECRET}/versions/1:disable", {})
    assert "DISABLED" in site.refused("GET", f"{SECRET}/versions/latest:access").message
    site.post(f"{SECRET}/versions/1:enable", {})
    site.post(f"{SECRET}/versions/1:destroy", {})
    assert site.refused("POST", f"{SECRET}/versions/1:enable", {}).reason == "failedPrecondition"
    assert not any(item.hidden.get("data") for item in site.cloud.store("secretmanager").values())


def test_a_secret_goes_with_its_versions(site: Gcp) -> None:
    site.delete(SECRET)
    assert site.refused("GET", f"{SECRET}/versions/1").code == 404
    assert "secrets" not in site.get("secretmanager:secrets")


def test_a_secret_that_is_too_long(site: Gcp) -> None:
    assert "65536" in site.refused("POST", f"{SECRET}:addVersion", encoded("x" * 65537)).message


def test_an_unknown_field_in_a_mask(site: Gcp) -> None:
    url = f"{SECRET}?updateMask=labels,colour"
    assert "unknown field colour" in site.refused("PATCH", url, {"labels": {}}).message
    site.patch(f"{SECRET}?updateMask=labels", {"labels": {"a": "b"}})
    assert site.get(SECRET)["labels"] == {"a": "b"}


def test_a_regional_secret_has_a_host_of_its_own_and_no_replication(gcp: Gcp) -> None:
    base = f"https://secretmanager.europe-west1.rep.googleapis.com/v1/projects/{PROJECT}/locations/europe-west1"
    gcp.post(f"{base}/secrets?secretId=db", {})
    gcp.post(f"{base}/secrets/db:addVersion", encoded("one"))
    assert gcp.get(f"{base}/secrets/db/versions/latest:access")["payload"] == encoded("one")["payload"]
    assert gcp.refused("GET", "secretmanager:secrets/db").code == 404


# -- monitoring


def test_monitoring_is_found_by_its_display_name(site: Gcp) -> None:
    found = site.get('monitoring:uptimeCheckConfigs?filter=display_name="web"')["uptimeCheckConfigs"]
    assert [check["displayName"] for check in found] == ["web"]
    assert "uptimeCheckConfigs" not in site.get('monitoring:uptimeCheckConfigs?filter=display_name="db"')


def test_an_uptime_check_is_patched_by_a_mask(site: Gcp) -> None:
    name = only(site, "monitoring:uptimeCheckConfigs", "uptimeCheckConfigs")["name"].rpartition("/")[2]
    url = f"monitoring:uptimeCheckConfigs/{name}"
    site.patch(f"{url}?updateMask=period", {"period": "300s", "timeout": "5s"})
    assert (site.get(url)["period"], site.get(url)["timeout"]) == ("300s", "10s")


def test_a_channel_in_use_goes_by_force(site: Gcp) -> None:
    name = only(site, "monitoring:notificationChannels", "notificationChannels")["name"]
    alert = only(site, "monitoring:alertPolicies", "alertPolicies")["name"].rpartition("/")[2]
    site.patch(f"monitoring:alertPolicies/{alert}?updateMask=notificationChannels", {"notificationChannels": [name]})
    url = f"monitoring:notificationChannels/{name.rpartition('/')[2]}"
    assert site.refused("DELETE", url).reason == "failedPrecondition"
    site.delete(f"{url}?force=true")
    assert site.get(f"monitoring:alertPolicies/{alert}")["notificationChannels"] == []


def test_a_dashboard_is_replaced_with_its_etag(site: Gcp) -> None:
    old = only(site, "dashboards:dashboards", "dashboards")
    url = f"dashboards:dashboards/{old['name'].rpartition('/')[2]}"
    site.patch(url, {"displayName": "new", "etag": old["etag"], "gridLayout": {}})
    assert site.get(url)["displayName"] == "new"
    assert site.refused("PATCH", url, {"displayName": "old", "etag": old["etag"]}).code == 409


def test_what_monitoring_saw_nobody_tells(site: Gcp) -> None:
    assert site.refused("GET", "monitoring:timeSeries?filter=x&interval.endTime=2026-01-01T00:00:00Z").code == 501


# -- storage


def test_objects_of_a_bucket(site: Gcp) -> None:
    upload = "upload:b/multicloud-dr-backups/o?uploadType=media&name=day/1.sql"
    site.post(upload, b"not json")
    assert site.get(f"{BUCKET}/o?prefix=day/")["items"][0]["size"] == "8"
    assert site.get(f"{BUCKET}/o/day%2F1.sql?alt=media") == b"not json"
    assert "not empty" in site.refused("DELETE", BUCKET).message
    site.delete(f"{BUCKET}/o/day%2F1.sql")
    assert site.delete(BUCKET) == b""


def test_a_bucket_changes_and_stays_where_it_is(site: Gcp) -> None:
    site.patch(BUCKET, {"versioning": {"enabled": False}})
    assert site.get(BUCKET)["versioning"] == {"enabled": False}
    assert site.get(BUCKET)["metageneration"] == "2"
    assert site.refused("PATCH", BUCKET, {"location": "US"}).code == 400
    assert site.refused("POST", f"storage:b?project={PROJECT}", {"name": "multicloud-dr-backups"}).code == 409
    assert only(site, f"storage:b?project={PROJECT}", "items")["name"] == "multicloud-dr-backups"


# -- DNS


def test_a_zone_begins_with_ns_and_soa(site: Gcp) -> None:
    kinds = [body["type"] for body in site.get(f"{ZONE}/rrsets")["rrsets"]]
    assert sorted(kinds) == ["A", "NS", "SOA"]


def test_a_change_is_all_or_nothing(site: Gcp) -> None:
    old = site.get(WWW)
    more = {"name": "a.example.com.", "type": "A", "ttl": 60, "rrdatas": ["203.0.113.8"]}
    wrong = {"additions": [more, {**more, "name": "b.example.org."}], "deletions": [old]}
    assert site.refused("POST", f"{ZONE}/changes", wrong).code == 400
    assert site.get(WWW) == old
    right = {"additions": [{**old, "ttl": 300}], "deletions": [old]}
    assert site.post(f"{ZONE}/changes", right)["status"] == "done"
    assert site.get(WWW)["ttl"] == 300


def test_a_set_is_patched_and_removed(site: Gcp) -> None:
    site.patch(WWW, {"rrdatas": ["203.0.113.9"]})
    assert site.get(f"{ZONE}/rrsets?name=www.example.com.&type=A")["rrsets"][0]["rrdatas"] == ["203.0.113.9"]
    site.delete(WWW)
    assert site.delete(ZONE) == b""


def test_a_second_set_of_one_name_and_type(site: Gcp) -> None:
    assert site.refused("POST", f"{ZONE}/rrsets", site.get(WWW)).code == 409


# -- services


def test_a_disabled_service_refuses_every_call(gcp: Gcp) -> None:
    url = "serviceusage:services/compute.googleapis.com"
    assert gcp.get(url)["state"] == "ENABLED"
    gcp.post(f"{url}:disable", {})
    assert gcp.get(url)["state"] == "DISABLED"
    assert gcp.refused("GET", "compute:global/networks").reason == "accessNotConfigured"
    gcp.post("serviceusage:services/secretmanager.googleapis.com:disable", {})
    assert gcp.refused("GET", "secretmanager:secrets").reason == "accessNotConfigured"
    services = ["compute.googleapis.com", "secretmanager.googleapis.com"]
    gcp.post("serviceusage:services:batchEnable", {"serviceIds": services})
    gcp.get("compute:global/networks")
    names = "&".join(f"names=projects/{PROJECT}/services/{name}" for name in services)
    assert len(gcp.get(f"serviceusage:services:batchGet?{names}")["services"]) >= 1


@pytest.mark.parametrize("name", ["compute", "unheard.googleapis.com"])
def test_a_service_that_is_none(gcp: Gcp, name: str) -> None:
    assert gcp.refused("GET", f"serviceusage:services/{name}").code == 403
