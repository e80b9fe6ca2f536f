# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people at once, answers that are lost, a control plane that goes away half-way; what is said of a sick side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.api import Route53Error, VersionMismatch
from ansible_collections.multicloud.dr.plugins.module_utils._route53.checks import HealthChecks
from ansible_collections.multicloud.dr.plugins.module_utils._route53.override import (
    HEALTHY,
    UNHEALTHY,
    Change,
    Check,
    Flags,
    Pair,
    Side,
)
from ansible_collections.multicloud.dr.plugins.modules.route53_failover import (
    Interrupted,
    Result,
    World,
    cautions,
    ensure_flags,
    set_flags,
)

from tests.unit.fakes.scripted_client import ScriptedClient, refusal

MISMATCH = refusal("HealthCheckVersionMismatch")
GCP, AWS = Check("h1", "gcp", 3, Flags(), Flags()), Check("h2", "aws", 7, Flags(), Flags())
PAIR: Pair = {"PRIMARY": Side("gcp", GCP), "SECONDARY": Side("aws", AWS)}


def stored(check: Check, flags: Flags, version: int, kind: str = "CALCULATED") -> dict[str, Any]:
    config = {"Type": kind, "Disabled": flags.disabled, "Inverted": flags.inverted}
    return {"Id": check.id, "CallerReference": "r", "HealthCheckVersion": version, "HealthCheckConfig": config}


class Account(ScriptedClient):
    def expect_update(self, check: Check, flags: Flags, returns: Any = None) -> Account:
        self.expect(
            "update_health_check",
            HealthCheckId=check.id,
            HealthCheckVersion=check.version,
            Disabled=flags.disabled,
            Inverted=flags.inverted,
            returns=returns or {"HealthCheck": stored(check, flags, check.version + 1)},
        )
        return self

    def expect_list(self, *checks: dict[str, Any]) -> Account:
        self.expect("list_health_checks", returns={"HealthChecks": list(checks), "IsTruncated": False})
        return self

    def expect_tags(self, check: Check) -> Account:
        sets = [{"ResourceId": check.id, "Tags": [{"Key": "Name", "Value": check.name}]}]
        self.expect(
            "list_tags_for_resources",
            ResourceType="healthcheck",
            ResourceIds=[check.id],
            returns={"ResourceTagSets": sets},
        )
        return self


def test_both_checks_are_set_under_their_versions_the_one_that_decides_last() -> None:
    result = Result()
    with Account().expect_update(AWS, HEALTHY).expect_update(GCP, UNHEALTHY) as account:
        sides = ensure_flags(World(account), PAIR, "SECONDARY", result)
    now = [(side.check.version, side.check.now) for side in sides.values() if side.check]
    assert (result.changed, now) == (True, [(4, UNHEALTHY), (8, HEALTHY)])


def test_check_mode_calls_nothing_and_shows_the_flags() -> None:
    result = Result()
    with Account() as account:
        sides = ensure_flags(World(account, check_mode=True), PAIR, "SECONDARY", result)
    now = [(side.check.version, side.check.now) for side in sides.values() if side.check]
    assert (result.changed, now) == (True, [(3, UNHEALTHY), (7, HEALTHY)])


def test_somebody_elses_change_is_not_overwritten() -> None:
    account = Account().expect_update(GCP, UNHEALTHY, MISMATCH).expect_list(stored(GCP, Flags(inverted=True), 4))
    with account.expect_tags(GCP), pytest.raises(VersionMismatch, match=r"Somebody else has changed .* gcp since"):
        set_flags(account, Change(GCP, UNHEALTHY))


def test_a_check_that_is_gone_meanwhile() -> None:
    account = Account().expect_update(GCP, UNHEALTHY, MISMATCH).expect_list()
    with account, pytest.raises(VersionMismatch):
        set_flags(account, Change(GCP, UNHEALTHY))


def test_our_own_change_whose_answer_was_lost_is_none_of_somebody_else() -> None:
    account = Account().expect_update(GCP, UNHEALTHY, MISMATCH).expect_list(stored(GCP, UNHEALTHY, 4))
    with account.expect_tags(GCP):
        assert set_flags(account, Change(GCP, UNHEALTHY)) == 4


def test_half_an_override_says_so() -> None:
    account = Account().expect_update(AWS, HEALTHY).expect_update(GCP, UNHEALTHY, refusal("ServiceUnavailable"))
    with (
        account,
        pytest.raises(Interrupted, match=r"only aws was set\. Run it again, or with force: automatic") as error,
    ):
        ensure_flags(World(account), PAIR, "SECONDARY", Result())
    assert error.value.code == "ServiceUnavailable"


def test_none_of_an_override_is_an_ordinary_error() -> None:
    account = Account().expect_update(AWS, HEALTHY, refusal("ServiceUnavailable"))
    with account, pytest.raises(Route53Error) as error:
        ensure_flags(World(account), PAIR, "SECONDARY", Result())
    assert not isinstance(error.value, Interrupted)


@pytest.mark.parametrize(
    ("status", "now", "warned"),
    [
        ("Success: x", Flags(), False),
        ("Failure: x", Flags(), True),
        ("Failure: x", HEALTHY, True),  # what is forced already says nothing of its health
        (None, Flags(), False),
    ],
)
def test_a_sick_side_is_forced_but_not_silently(status: str | None, now: Flags, warned: bool) -> None:
    report = {"Status": status, "CheckedTime": datetime(2026, 1, 1, tzinfo=UTC)}
    entry = {"Region": "us-east-1", "IPAddress": "192.0.2.1", "StatusReport": report}
    account = Account().expect_list(stored(AWS, now, 7, "HTTP")).expect_tags(AWS)
    account.expect(
        "get_health_check_status",
        HealthCheckId=AWS.id,
        returns={"HealthCheckObservations": [entry]} if status else refusal("ServiceUnavailable"),
    )
    told = ["The health checkers find aws unhealthy; it is forced all the same."] if warned else []
    with account:
        assert cautions(World(account), HealthChecks(account), PAIR, "SECONDARY") == told


def test_waiting_ends() -> None:
    now = [0.0]
    world = World(None, monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    answers = iter([False, False, True])
    assert world.wait(lambda: next(answers), 10)
    assert not world.wait(lambda: False, 5)
    assert now[0] == 7.0
