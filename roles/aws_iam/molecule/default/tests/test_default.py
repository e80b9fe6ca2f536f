# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

from tests.unit.fakes.scenario import Scenario

ROLES = ["db", "cache", "web", "vpn"]


def test_each_host_has_a_profile_with_its_role(scenario: Scenario) -> None:
    iam = scenario.client("iam")
    for role in ROLES:
        name = f"multicloud-dr-{role}"
        profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        assert [each["RoleName"] for each in profile["Roles"]] == [name]
        tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=name)["Tags"]}
        assert tags == {"project": "multicloud-dr", "role": role}


def test_only_database_hosts_may_do_anything(scenario: Scenario) -> None:
    iam = scenario.client("iam")
    found = {role: iam.list_role_policies(RoleName=f"multicloud-dr-{role}")["PolicyNames"] for role in ROLES}
    assert found == {"db": ["multicloud-dr-db"], "cache": [], "web": [], "vpn": []}


def test_drift_is_seen_and_repaired(scenario: Scenario) -> None:
    iam = scenario.client("iam")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    anybody = {**everything, "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    own = iam.create_policy(PolicyName="everything", PolicyDocument=json.dumps(everything))["Policy"]["Arn"]
    iam.put_role_policy(
        RoleName="multicloud-dr-db", PolicyName="multicloud-dr-db", PolicyDocument=json.dumps(everything)
    )
    iam.put_role_policy(RoleName="multicloud-dr-web", PolicyName="more", PolicyDocument=json.dumps(everything))
    iam.attach_role_policy(RoleName="multicloud-dr-cache", PolicyArn=own)
    iam.update_assume_role_policy(RoleName="multicloud-dr-vpn", PolicyDocument=json.dumps(anybody))
    iam.untag_role(RoleName="multicloud-dr-db", TagKeys=["project"])
    iam.remove_role_from_instance_profile(InstanceProfileName="multicloud-dr-web", RoleName="multicloud-dr-web")
    expected = {
        "present | Roles": ["db", "cache", "vpn"],
        "present | What they may do": ["db"],
        "present | And nothing else": ["more of multicloud-dr-web"],
        "present | Instance profiles": ["web"],
    }
    assert scenario.apply(check=True) == expected
    assert scenario.apply() == expected
    assert scenario.apply(check=True) == {}
    assert iam.list_role_policies(RoleName="multicloud-dr-web")["PolicyNames"] == []


def test_the_api_was_asked_nothing_that_it_cannot_do(scenario: Scenario) -> None:
    assert scenario.errors() == []
