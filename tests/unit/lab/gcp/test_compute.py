# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks, addresses, instances, images and groups: what they do beyond being kept."""

from __future__ import annotations

import pytest

from tests.unit.lab.gcp.client import PROJECT, REGION, Gcp

ZONE = "compute:zones/europe-west1-b"
DB = f"{ZONE}/instances/db-0"
GROUPS = f"compute:regions/{REGION}/instanceGroupManagers"
WEB = f"{GROUPS}/web"
SCALER = f"compute:regions/{REGION}/autoscalers"


def members(gcp: Gcp, group: str = WEB) -> list[str]:
    answer = gcp.post(f"{group}/listManagedInstances")
    return sorted(entry["instance"].partition(f"projects/{PROJECT}/")[2] for entry in answer["managedInstances"])


def templates(gcp: Gcp) -> set[str]:
    answer = gcp.post(f"{WEB}/listManagedInstances")
    return {entry["version"]["instanceTemplate"].rpartition("/")[2] for entry in answer["managedInstances"]}


def test_a_network_lists_its_subnetworks(site: Gcp) -> None:
    names = [url.rpartition("/")[2] for url in site.get("compute:global/networks/prod")["subnetworks"]]
    assert sorted(names) == ["db", "far", "web"]
    assert "subnetworks" not in site.get("compute:global/networks/other")


def test_an_automatic_network_has_subnetworks_everywhere_and_takes_them_along(gcp: Gcp) -> None:
    gcp.post("compute:global/networks", {"name": "auto", "autoCreateSubnetworks": True})
    subnetworks = gcp.get("compute:aggregated/subnetworks")["items"]
    assert len([scope for scope in subnetworks.values() if "subnetworks" in scope]) > 5
    image = "projects/debian-cloud/global/images/family/debian-13"
    machine = {
        "name": "vm",
        "machineType": "zones/europe-west1-b/machineTypes/e2-micro",
        "disks": [{"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}],
        "networkInterfaces": [{"network": "global/networks/auto"}],
    }
    gcp.post(f"{ZONE}/instances", machine)
    assert gcp.get(f"{ZONE}/instances/vm")["networkInterfaces"][0]["subnetwork"].endswith("subnetworks/auto")
    assert gcp.refused("DELETE", "compute:global/networks/auto").reason == "resourceInUseByAnotherResource"
    gcp.delete(f"{ZONE}/instances/vm")
    gcp.delete("compute:global/networks/auto")
    assert gcp.cloud.state() == {}


def test_a_subnetwork_grows(site: Gcp) -> None:
    url = f"compute:regions/{REGION}/subnetworks/db"
    far = "compute:regions/us-east1/subnetworks/far"
    site.post(f"{far}/expandIpCidrRange", {"ipCidrRange": "10.20.0.0/23"})
    assert site.get(far)["ipCidrRange"] == "10.20.0.0/23"
    site.post(f"{url}/setPrivateIpGoogleAccess", {"privateIpGoogleAccess": True})
    assert site.get(url)["privateIpGoogleAccess"] is True


def test_a_rule_for_nobody_in_particular_is_for_everybody(site: Gcp) -> None:
    rule = {"name": "all", "network": "global/networks/prod", "allowed": [{"IPProtocol": "icmp"}]}
    site.post("compute:global/firewalls", rule)
    assert site.get("compute:global/firewalls/all")["sourceRanges"] == ["0.0.0.0/0"]
    assert site.get("compute:global/firewalls/all")["priority"] == 1000


def test_priority_0_stays_0(site: Gcp) -> None:
    site.patch("compute:global/firewalls/allow-lb", {"priority": 0})
    assert site.get("compute:global/firewalls/allow-lb")["priority"] == 0


def test_a_patch_with_null_takes_a_field_away(site: Gcp) -> None:
    site.patch("compute:global/firewalls/allow-lb", {"targetTags": None})
    assert "targetTags" not in site.get("compute:global/firewalls/allow-lb")


def test_put_takes_away_what_it_does_not_bring(site: Gcp) -> None:
    body = {"name": "allow-lb", "network": "global/networks/prod", "allowed": [{"IPProtocol": "icmp"}]}
    site.call("PUT", "compute:global/firewalls/allow-lb", body)
    read = site.get("compute:global/firewalls/allow-lb")
    assert "targetTags" not in read
    assert read["priority"] == 1000


def test_an_address_in_use_says_by_whom(site: Gcp) -> None:
    internal = site.get(f"compute:regions/{REGION}/addresses/db-0")
    assert (internal["status"], internal["users"][0].rpartition("/")[2]) == ("IN_USE", "db-0")
    assert site.get("compute:global/addresses/lb")["status"] == "IN_USE"
    site.post(f"compute:regions/{REGION}/addresses", {"name": "free"})
    assert site.get(f"compute:regions/{REGION}/addresses/free")["status"] == "RESERVED"


def test_labels_change_with_their_fingerprint(site: Gcp) -> None:
    old = site.get(DB)["labelFingerprint"]
    site.post(f"{DB}/setLabels", {"labels": {"role": "web"}, "labelFingerprint": old})
    assert site.get(DB)["labels"] == {"role": "web"}
    assert site.get(DB)["labelFingerprint"] != old


def test_tags_and_metadata_change_with_their_fingerprints(site: Gcp) -> None:
    body = site.get(DB)
    site.post(f"{DB}/setTags", {"items": ["db", "more"], "fingerprint": body["tags"]["fingerprint"]})
    metadata = {"items": [{"key": "a", "value": "b"}], "fingerprint": body["metadata"]["fingerprint"]}
    site.post(f"{DB}/setMetadata", metadata)
    read = site.get(DB)
    assert read["tags"]["items"] == ["db", "more"]
    assert read["metadata"]["items"] == [{"key": "a", "value": "b"}]
    assert read["tags"]["fingerprint"] != body["tags"]["fingerprint"]


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([{"key": "a b", "value": "c"}], "Must be a match of regex"),
        ([{"key": "a", "value": "x" * 262145}], "maximum of 262144 bytes"),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "Duplicate metadata keys"),
        ([{"key": f"k{n}", "value": "x" * 200_000} for n in range(3)], "maximum of 524288 bytes"),
    ],
)
def test_metadata_that_is_too_much(site: Gcp, items: list[dict[str, str]], text: str) -> None:
    body = {"items": items, "fingerprint": site.get(DB)["metadata"]["fingerprint"]}
    assert text in site.refused("POST", f"{DB}/setMetadata", body).message


def test_a_protected_instance_stays(site: Gcp) -> None:
    site.post(f"{DB}/setDeletionProtection?deletionProtection=true")
    assert "protected against deletion" in site.refused("DELETE", DB).message
    site.post(f"{DB}/setDeletionProtection?deletionProtection=false")
    site.delete(DB)


def test_a_boot_disk_goes_with_its_instance_and_a_data_disk_stays(site: Gcp) -> None:
    assert site.get(f"{ZONE}/disks/db-0")["sourceImage"].endswith("/debian-13-v20261110")
    site.delete(DB)
    assert site.refused("GET", f"{ZONE}/disks/db-0").code == 404
    assert site.get(f"{ZONE}/disks/db-0-data")["sizeGb"] == "100"


def test_what_needs_a_stopped_instance(site: Gcp) -> None:
    site.post(f"{DB}/stop")
    assert site.get(DB)["status"] == "TERMINATED"
    site.post(f"{DB}/setMachineType", {"machineType": "zones/europe-west1-b/machineTypes/n2-standard-4"})
    site.call("PATCH", f"{DB}/updateShieldedInstanceConfig", {"enableSecureBoot": True})
    site.post(f"{DB}/start")
    read = site.get(DB)
    assert read["machineType"].endswith("n2-standard-4")
    assert read["shieldedInstanceConfig"]["enableSecureBoot"] is True
    assert read["status"] == "RUNNING"


def test_disks_come_and_go(site: Gcp) -> None:
    site.post(f"{ZONE}/disks", {"name": "more"})
    site.post(f"{DB}/attachDisk", {"source": "zones/europe-west1-b/disks/more", "deviceName": "more"})
    assert [disk["deviceName"] for disk in site.get(DB)["disks"]][-1] == "more"
    assert site.refused("DELETE", f"{ZONE}/disks/more").reason == "resourceInUseByAnotherResource"
    site.post(f"{DB}/detachDisk?deviceName=more")
    site.delete(f"{ZONE}/disks/more")


def test_the_newest_image_of_a_family_counts(site: Gcp) -> None:
    source = {"family": "multicloud-web", "sourceDisk": "zones/europe-west1-b/disks/built"}
    site.post("compute:global/images", {"name": "web-image-2", **source})
    family = "compute:global/images/family/multicloud-web"
    assert site.get(family)["name"] == "web-image-2"
    site.post(
        f"{ZONE}/disks",
        {"name": "of-family", "sourceImage": "projects/multicloud-dr/global/images/family/multicloud-web"},
    )
    assert site.get(f"{ZONE}/disks/of-family")["sourceImage"].endswith("/web-image-2")
    site.post("compute:global/images/web-image-2/deprecate", {"state": "DEPRECATED"})
    assert site.get(family)["name"] == "web-image-1"


def test_a_snapshot_becomes_a_disk(site: Gcp) -> None:
    site.post(f"{ZONE}/disks/db-0-data/createSnapshot", {"name": "snap"})
    disk = {"name": "restored", "sourceSnapshot": "global/snapshots/snap"}
    site.post(f"{ZONE}/disks", disk)
    assert site.get(f"{ZONE}/disks/restored")["sizeGb"] == "100"
    small = {**disk, "name": "small", "sizeGb": "50"}
    assert "smaller than the snapshot" in site.refused("POST", f"{ZONE}/disks", small).message


def test_the_autoscaler_raises_the_group_to_its_least(site: Gcp) -> None:
    assert len(members(site)) == 3
    assert site.get(WEB)["targetSize"] == 3
    assert site.get(f"compute:regions/{REGION}/instanceGroups/web")["size"] == 3
    assert {path.split("/")[1] for path in members(site)} == {f"{REGION}-{letter}" for letter in "bcd"}


@pytest.mark.parametrize(("asked", "size"), [(5, 5), (9, 6), (1, 3)])
def test_a_size_stays_within_the_autoscalers_bounds(site: Gcp, asked: int, size: int) -> None:
    site.post(f"{WEB}/resize?size={asked}")
    assert len(members(site)) == size


def test_the_bounds_change_by_patching_the_collection(site: Gcp) -> None:
    policy = {"autoscalingPolicy": {"minNumReplicas": 4, "maxNumReplicas": 6}}
    site.patch(f"{SCALER}?autoscaler=web", policy)
    assert len(members(site)) == 4
    assert site.get(f"{SCALER}/web")["autoscalingPolicy"]["coolDownPeriodSec"] == 90
    assert site.refused("PATCH", f"{SCALER}/web", policy).code == 404


def test_members_have_what_the_template_says(site: Gcp) -> None:
    body = site.get(f"compute:{members(site)[0]}")
    assert body["labels"] == {"role": "web", "site": "gcp"}
    assert body["networkInterfaces"][0]["networkIP"].startswith("10.10.0.")
    assert body["machineType"].endswith("/machineTypes/e2-medium")
    assert {entry["key"] for entry in body["metadata"]["items"]} >= {"created-by", "instance-template"}


def test_a_removed_member_is_replaced(site: Gcp) -> None:
    victim = members(site)[0]
    site.delete(f"compute:{victim}")
    assert victim not in members(site)
    assert len(members(site)) == 3


def test_a_proactive_update_replaces_everybody(site: Gcp) -> None:
    before = members(site)
    site.patch(WEB, {"versions": [{"instanceTemplate": "global/instanceTemplates/web-2"}]})
    assert templates(site) == {"web-2"}
    assert not set(before) & set(members(site))
    assert site.get(WEB)["instanceTemplate"].endswith("/web-2")


def test_an_opportunistic_one_nobody(site: Gcp) -> None:
    site.patch(WEB, {"updatePolicy": {"type": "OPPORTUNISTIC"}})
    site.patch(WEB, {"instanceTemplate": "global/instanceTemplates/web-2"})
    assert templates(site) == {"web-1"}
    assert site.get(WEB)["status"]["versionTarget"] == {"isReached": False}
    site.post(f"{WEB}/recreateInstances", {"instances": [members(site)[0]]})
    assert templates(site) == {"web-1", "web-2"}


def test_a_member_that_cannot_be_made_keeps_the_group_unstable(site: Gcp) -> None:
    """All want the one address that the template names."""
    address = site.get(f"compute:regions/{REGION}/addresses/nat-1")["address"]
    properties = site.get("compute:global/instanceTemplates/web-1")["properties"]
    properties["networkInterfaces"][0]["accessConfigs"] = [{"type": "ONE_TO_ONE_NAT", "natIP": address}]
    site.post("compute:global/instanceTemplates", {"name": "narrow", "properties": properties})
    spare = f"{GROUPS}/spare"
    site.post(f"{spare}/setInstanceTemplate", {"instanceTemplate": "global/instanceTemplates/narrow"})
    site.post(f"{spare}/resize?size=2")
    assert len(members(site, spare)) == 1
    read = site.get(spare)
    assert (read["targetSize"], read["status"]["isStable"], read["currentActions"]["creating"]) == (2, False, 1)
    disks = [path for path in site.cloud.store("compute") if "/disks/spare-" in path]
    assert len(disks) == 1


def test_a_deleted_member_makes_the_group_smaller(site: Gcp) -> None:
    site.delete(f"{SCALER}/web")
    site.post(f"{WEB}/deleteInstances", {"instances": [members(site)[0]]})
    assert len(members(site)) == 2
    assert "autoscaler" not in site.get(WEB)["status"]


def test_a_group_takes_its_members_along(site: Gcp) -> None:
    site.post(f"{GROUPS}/spare/resize?size=2")
    gone = members(site, f"{GROUPS}/spare")
    site.delete(f"{GROUPS}/spare")
    assert [site.refused("GET", f"compute:{path}").code for path in gone] == [404, 404]


def test_an_unmanaged_group(site: Gcp) -> None:
    group = f"{ZONE}/instanceGroups"
    site.post(group, {"name": "db", "namedPorts": [{"name": "mysql", "port": 3306}]})
    member = {"instances": [{"instance": "zones/europe-west1-b/instances/db-0"}]}
    site.post(f"{group}/db/addInstances", member)
    assert site.get(f"{group}/db")["size"] == 1
    listed = site.post(f"{group}/db/listInstances", {"instanceState": "RUNNING"})["items"]
    assert listed[0]["instance"].endswith("/db-0")
    site.delete(DB)
    assert "items" not in site.post(f"{group}/db/listInstances", {})


def test_a_managed_group_belongs_to_its_manager(site: Gcp) -> None:
    template = "global/instanceTemplates/web-1"
    body = {"name": "zonal", "baseInstanceName": "zonal", "instanceTemplate": template, "targetSize": 0}
    site.post(f"{ZONE}/instanceGroupManagers", body)
    group = f"{ZONE}/instanceGroups/zonal"
    assert site.refused("DELETE", group).reason == "resourceInUseByAnotherResource"
    member = {"instances": [{"instance": "zones/europe-west1-b/instances/db-0"}]}
    assert "manager" in site.refused("POST", f"{group}/addInstances", member).message


def test_public_images_and_types_can_be_read(gcp: Gcp) -> None:
    assert gcp.get("compute:zones/europe-west1-b/machineTypes/e2-medium")["memoryMb"] == 4096
    assert gcp.get("compute:zones/europe-west1-b/diskTypes/pd-ssd")["name"] == "pd-ssd"
    assert gcp.refused("GET", "compute:zones/europe-west1-b/machineTypes/e2-enormous").code == 404
    assert len(gcp.get("compute:regions")["items"]) > 5
    assert gcp.get(f"compute:regions/{REGION}")["quotas"]
