# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils._route53.api import AlreadyExists, Route53Error
from ansible_collections.multicloud.dr.plugins.module_utils._route53.settings import caller_reference
from ansible_collections.multicloud.dr.plugins.modules.route53_health_check import NUMBERED_REFERENCES, create

from tests.unit.fakes.scripted_client import ScriptedClient, refusal

WANTED = {"type": "TCP", "port": 1}
TAKEN = refusal("HealthCheckAlreadyExists")


def attempt(client: ScriptedClient, suffix: str, returns: Any) -> None:
    client.expect(
        "create_health_check",
        CallerReference=caller_reference("shop", suffix),
        HealthCheckConfig={"Type": "TCP", "Port": 1},
        returns=returns,
    )


def test_the_first_reference_is_always_the_same() -> None:
    with ScriptedClient() as client:
        attempt(client, "0", {"HealthCheck": {"Id": "h"}})
        assert create(client, "shop", WANTED) == {"Id": "h"}


def test_the_references_of_deleted_checks_are_passed_over() -> None:
    with ScriptedClient() as client:
        attempt(client, "0", TAKEN)
        attempt(client, "1", TAKEN)
        attempt(client, "2", {"HealthCheck": {"Id": "h"}})
        assert create(client, "shop", WANTED) == {"Id": "h"}


def test_the_last_attempt_is_random_and_its_refusal_is_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda length: "ab" * length)
    with ScriptedClient() as client:
        for number in range(NUMBERED_REFERENCES):
            attempt(client, str(number), TAKEN)
        attempt(client, "rabababababab", TAKEN)
        with pytest.raises(AlreadyExists):
            create(client, "shop", WANTED)


def test_any_other_refusal_ends_it() -> None:
    with ScriptedClient() as client:
        attempt(client, "0", refusal("TooManyHealthChecks"))
        with pytest.raises(Route53Error, match="TooManyHealthChecks"):
            create(client, "shop", WANTED)
