# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils import _dns
from ansible_collections.multicloud.dr.plugins.module_utils._dynamodb import StoreError
from ansible_collections.multicloud.dr.plugins.module_utils._failover.evidence import Settings
from ansible_collections.multicloud.dr.plugins.module_utils._lambda import handler

SNS_EVENT = {"Records": [{"Sns": {"Message": json.dumps({"AlarmName": "gcp-writable"})}}]}
ALARM_EVENT = {"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": "gcp-writable"}}


@pytest.mark.parametrize(
    ("event", "who"),
    [
        (SNS_EVENT, "alarm gcp-writable"),
        (ALARM_EVENT, "alarm gcp-writable"),
        ({"detail-type": "Scheduled Event"}, "the schedule"),
        ({"woken_by": "the agent of aws"}, "the agent of aws"),
        ({"woken_by": "two\nlines " + "x" * 200}, "two lines " + "x" * 90),
        ({}, "an unknown event"),
        (None, "an unknown event"),
        ([], "an unknown event"),
        ("Records", "an unknown event"),
        ({"Records": [{"Sns": {"Message": "text"}}]}, "an unknown event"),
    ],
)
def test_who_woke_it(event: Any, who: str) -> None:
    assert handler.woken_by(event) == who


def test_limits_and_their_defaults() -> None:
    assert handler.limits({}) == handler.limits({"DR_RPO_SECONDS": ""}) == Settings()
    assert handler.limits({"DR_RPO_SECONDS": "5.5", "DR_MAX_LOSS_TRANSACTIONS": "10"}) == Settings(
        rpo_seconds=5.5, max_loss_transactions=10
    )


def test_a_limit_that_is_no_number() -> None:
    with pytest.raises(ValueError, match="DR_RPO_SECONDS is 'soon'; a number is needed"):
        handler.limits({"DR_RPO_SECONDS": "soon"})


def test_every_limit_is_a_setting() -> None:
    settings = {field for field, _ in handler.LIMITS.values()}
    assert settings == set(vars(Settings())) - {"publish_every"}


@pytest.mark.parametrize("missing", ["DR_TABLE", "DR_SITES", "DR_ZONE", "DR_NAME_SERVERS", "DR_TOPIC_ARN"])
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DR_TABLE": "t", "DR_SITES": "gcp,aws", "DR_ZONE": "z", "DR_NAME_SERVERS": "n", "DR_TOPIC_ARN": "a"}
    for name, value in given.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(ValueError, match=f"{missing} is empty"):
        handler.handler({}, None)


@pytest.mark.parametrize("sites", ["gcp", "gcp,gcp", "a,b,c"])
def test_two_sites_are_needed(sites: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DR_SITES", sites)
    with pytest.raises(ValueError, match=f"DR_SITES is '{sites}'"):
        handler.handler({}, None)


def test_health_asks_for_both_checks_of_both_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    def verdicts(names: Any, servers: Any) -> dict[str, str | None]:
        assert servers == ["ns"]
        return {name: "down" if name == "writable.gcp.example" else "up" for name in names}

    monkeypatch.setattr(_dns, "verdicts", verdicts)
    assert handler.health(("gcp", "aws"), "example", ["ns"]) == {
        "gcp": {"writable": "down", "healthz": "up"},
        "aws": {"writable": "up", "healthz": "up"},
    }


class Client:
    """put_item as DynamoDB does it."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}

    def put_item(self, TableName: str, Item: dict[str, Any], ReturnValues: str) -> dict[str, Any]:
        old = self.items.get(Item["id"]["S"])
        self.items[Item["id"]["S"]] = Item
        return {"Attributes": old} if old else {}


def test_the_last_notice_is_remembered() -> None:
    notice = handler.LastNotice(Client(), "t")
    assert [notice.exchange(key) for key in ("a", "a", "b")] == ["", "a", "a"]


def test_a_table_that_does_not_answer() -> None:
    with pytest.raises(StoreError, match="put_item on the table t"):
        handler.LastNotice(None, "t").exchange("a")


@pytest.mark.parametrize("arn", ["arn:aws:sns:us-east-1:123456789012:t", "nonsense"])
def test_a_topic_that_does_not_answer_is_an_os_error(arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(OSError, match=arn):
        handler.Topic(arn).publish("subject", "text")
