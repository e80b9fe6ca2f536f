# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.errors import Immutable
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.kinds import adjusted, kind_of
from ansible_collections.multicloud.dr.plugins.module_utils._gcp.plan import (
    HIDDEN,
    Plan,
    Step,
    Wanted,
    absence,
    presence,
    scrubbed,
    shown,
)


def wanted(collection: str, body: dict[str, Any], api: str = "compute", **options: Any) -> Wanted:
    return Wanted("n", body, kind_of(api, collection), "p", name_in_body=api == "compute", **options)


def test_what_is_not_there_is_created_without_what_must_not_be_set() -> None:
    plan = presence(
        wanted("global/firewalls", {"priority": 0, "targetTags": [], "logConfig": {"enable": True, "x": None}}), None
    )
    assert plan.action == "created"
    assert plan.steps == (
        Step("POST", body={"priority": 0, "logConfig": {"enable": True}, "name": "n"}, on_collection=True),
    )


def test_what_is_as_wanted_is_left_alone() -> None:
    found = {"name": "n", "sourceRanges": ["b", "a"], "priority": 1000, "direction": "INGRESS"}
    assert presence(wanted("global/firewalls", {"sourceRanges": ["a", "b"]}), found) == Plan(after=found)


def test_only_what_differs_is_sent() -> None:
    found = {"sourceRanges": ["a", "b"], "priority": 7, "direction": "INGRESS", "disabled": False}
    plan = presence(wanted("global/firewalls", {"sourceRanges": ["a"], "priority": 7}), found)
    assert plan.steps == (Step("PATCH", body={"sourceRanges": ["a"]}),)
    assert plan.after == {**found, "sourceRanges": ["a"]}


def test_what_nobody_gave_has_a_default_that_is_compared() -> None:
    """A firewall rule that was opened or switched off by an attribute that the task does not have."""
    found = {"priority": 1000, "direction": "INGRESS", "sourceRanges": ["a"], "disabled": True, "targetTags": ["x"]}
    plan = presence(wanted("global/firewalls", {"sourceRanges": ["a"]}), found)
    assert plan.steps == (Step("PATCH", body={"targetTags": [], "disabled": False}),)


def test_a_fingerprint_goes_back() -> None:
    plan = presence(wanted("global/urlMaps", {"defaultService": "s"}), {"defaultService": "t", "fingerprint": "f"})
    assert plan.steps == (Step("PATCH", body={"defaultService": "s", "fingerprint": "f"}),)


def test_what_cannot_be_changed_is_an_error_that_says_what_and_how() -> None:
    body = {"network": "global/networks/a", "direction": "INGRESS"}
    with pytest.raises(
        Immutable, match=r"n: network is global/networks/b, wanted is global/networks/a\. The API .* replace_on"
    ):
        presence(
            wanted("global/firewalls", body), {"network": "global/networks/b", "direction": "INGRESS", "priority": 1000}
        )


def test_or_it_is_replaced_as_a_whole_with_its_secrets() -> None:
    task = wanted(
        "regions/r/vpnTunnels", {"description": "b", "ikeVersion": 2}, secrets={"sharedSecret": "s"}, replace=True
    )
    plan = presence(task, {"description": "a", "ikeVersion": 2})
    assert plan.action == "replaced"
    created = {"description": "b", "ikeVersion": 2, "sharedSecret": "s", "name": "n"}
    assert plan.steps == (Step("DELETE"), Step("POST", body=created, on_collection=True))


def test_labels_have_a_method_and_are_not_created() -> None:
    task = wanted("regions/r/vpnTunnels", {"labels": {"project": "x"}})
    assert presence(task, None).steps == (Step("POST", body={"name": "n"}, on_collection=True),)
    plan = presence(task, {"labels": {"old": "1"}, "labelFingerprint": "f"})
    assert plan.steps == (Step("POST", "setLabels", body={"labels": {"project": "x"}, "labelFingerprint": "f"}),)


def test_the_rules_of_a_policy_are_changed_one_by_one_and_new_ones_come_first() -> None:
    found = {
        "rules": [{"priority": 1, "action": "allow"}, {"priority": 2, "action": "allow", "kind": "k"}, {"priority": 9}]
    }
    rules = [{"priority": 2, "action": "deny(403)"}, {"priority": 3, "action": "allow"}, {"priority": 9}]
    assert presence(wanted("global/securityPolicies", {"rules": rules}), found).steps == (
        Step("POST", "addRule", body={"priority": 3, "action": "allow"}),
        Step("POST", "patchRule", {"priority": "2"}, {"priority": 2, "action": "deny(403)", "kind": "k"}),
        Step("POST", "removeRule", {"priority": "1"}),
    )


def test_an_attachment_has_a_method() -> None:
    plan = presence(
        wanted("global/backendServices", {"securityPolicy": "global/securityPolicies/a"}), {"fingerprint": "f"}
    )
    assert plan.steps == (Step("POST", "setSecurityPolicy", body={"securityPolicy": "global/securityPolicies/a"}),)


def test_an_instances_tags_metadata_and_protection() -> None:
    body = {
        "tags": {"items": ["db"]},
        "metadata": {"items": [{"key": "k", "value": "v"}]},
        "deletionProtection": True,
        "shieldedInstanceConfig": {"enableSecureBoot": True},
    }
    found = {"tags": {"items": ["web"], "fingerprint": "t"}, "metadata": {"fingerprint": "m"}}
    assert presence(wanted("zones/z/instances", body), found).steps == (
        Step("POST", "setTags", body={"items": ["db"], "fingerprint": "t"}),
        Step("POST", "setMetadata", body={"items": [{"key": "k", "value": "v"}], "fingerprint": "m"}),
        Step("POST", "setDeletionProtection", {"deletionProtection": "true"}, {}),
        Step("PATCH", "updateShieldedInstanceConfig", body={"enableSecureBoot": True}),
    )


def test_an_autoscaler_is_updated_by_its_collections_query() -> None:
    found = {"autoscalingPolicy": {"minNumReplicas": 1, "maxNumReplicas": 3}}
    plan = presence(wanted("regions/r/autoscalers", {"autoscalingPolicy": {"maxNumReplicas": 4}}), found)
    body = {"name": "n", "autoscalingPolicy": {"maxNumReplicas": 4}}
    assert plan.steps == (Step("PATCH", query={"autoscaler": "n"}, body=body, on_collection=True),)


def test_a_groups_size_is_given_once() -> None:
    body = {"targetSize": 2, "baseInstanceName": "web"}
    assert (
        presence(wanted("regions/r/instanceGroupManagers", body), {"targetSize": 5, "baseInstanceName": "web"}).action
        == "none"
    )


def test_other_apis_name_the_fields_of_an_update() -> None:
    found = {"labels": {"a": "1"}, "etag": "e", "replication": {"automatic": {}}}
    plan = presence(wanted("secrets", {"labels": {"b": "1"}, "replication": {"automatic": {}}}, "secretmanager"), found)
    assert plan.steps == (Step("PATCH", query={"updateMask": "labels"}, body={"labels": {"b": "1"}, "etag": "e"}),)
    assert presence(wanted("secrets", {}, "secretmanager"), None).steps == (
        Step("POST", query={"secretId": "n"}, body={}, on_collection=True),
    )


def test_service_accounts_are_in_an_envelope() -> None:
    task = wanted("serviceAccounts", {"displayName": "web"}, "iam")
    assert presence(task, None).steps == (
        Step("POST", body={"serviceAccount": {"displayName": "web"}, "accountId": "n"}, on_collection=True),
    )
    assert presence(task, {"displayName": "x", "etag": "e"}).steps == (
        Step("PATCH", body={"serviceAccount": {"displayName": "web"}, "updateMask": "displayName"}),
    )


def test_a_kind_of_a_tasks_own() -> None:
    methods = [{"field": "mode", "verb": "setMode", "parameter": "value", "fingerprint": "f", "method": "POST"}]
    kind = adjusted(
        kind_of("compute", "things"), {"keys": {"l": ""}, "calls": methods, "immutable": ["x"], "update": "put"}
    )
    task = Wanted("n", {"mode": "on", "l": [2, 1], "y": 1}, kind, "p")
    assert presence(task, {"mode": "off", "l": [1, 2], "y": 2, "f": "1"}).steps == (
        Step("POST", "setMode", body={"value": "on", "f": "1"}),
        Step("PUT", body={"mode": "off", "l": [1, 2], "y": 1, "f": "1"}),
    )
    assert presence(task, None).steps[0].body == {"l": [2, 1], "y": 1}
    with pytest.raises(Immutable):
        presence(Wanted("n", {"x": 1}, kind, "p"), {"x": 2})


def test_what_must_not_be_is_deleted_once() -> None:
    assert absence({"name": "n"}).steps == (Step("DELETE"),)
    assert absence(None) == Plan()


def test_secrets_are_hidden_wherever_they_are() -> None:
    value = {"a": [{"sharedSecret": "s"}], "sharedSecret": "s", "b": 1}
    assert scrubbed(value, frozenset({"sharedSecret"})) == {
        "a": [{"sharedSecret": HIDDEN}],
        "sharedSecret": HIDDEN,
        "b": 1,
    }
    assert shown({"a": 1, "b": 2, "c": []}, ["a", "c"], ["s"]) == {"a": 1, "s": HIDDEN}
    assert shown({}, ["a"], ["s"]) == {}
