# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from tests.unit.fakes.scenario import Scenario


def test_it_is_as_the_variables_say(scenario: Scenario) -> None:
    iam = scenario.client("iam")
    statements = {
        name: iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]["Statement"]
        for name in ("shop-db", "shop-edge")
    }
    assert [statement["Sid"] for statement in statements["shop-edge"]] == ["Measure"]
    assert [statement["Sid"] for statement in statements["shop-db"]] == [
        *("ReadTheRecord", "RenewTheLease", "SayHowThisSiteIs"),
    ]
    assert {statement["Resource"] for statement in statements["shop-db"]} == {
        "arn:aws:dynamodb:us-west-2:123456789012:table/other"
    }


def test_it_goes_as_it_came(scenario: Scenario) -> None:
    iam = scenario.client("iam")
    gone = {"absent | No instance profile": ["db", "edge"], "absent | No role": ["db", "edge"]}
    assert scenario.apply(check=True, aws_iam_state="absent") == gone
    assert len(iam.list_roles(PathPrefix="/shop/")["Roles"]) == 2
    assert scenario.apply(aws_iam_state="absent") == gone
    assert iam.list_roles(PathPrefix="/shop/")["Roles"] == []
    assert iam.list_instance_profiles(PathPrefix="/shop/")["InstanceProfiles"] == []
    assert scenario.apply(aws_iam_state="absent") == {}
