# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lambda function's entry: environment and AWS clients around :mod:`arbitration`.

Variables of the function:

DR_TABLE          the record's table, in the function's own region
DR_SITES          both sites, ``gcp,aws``
DR_ZONE           the hosted zone with the TXT records ``writable.<site>`` and ``healthz.<site>``
DR_NAME_SERVERS   who is asked for them, comma-separated: the zone's own name servers
DR_TOPIC_ARN      the SNS topic that is told; any region
DR_RPO_SECONDS, DR_MAX_LOSS_TRANSACTIONS, DR_ANTI_FLAP_SECONDS, DR_MAX_LAG_SECONDS, DR_HOLDER_TTL,
DR_CHALLENGER_TTL the operator's limits; defaults in _failover.evidence.Settings
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from .. import _dns, _dynamodb
from .._failover.evidence import Settings
from .arbitration import World, run

# A question that takes longer than this is no help in deciding.
CALL_SECONDS = 2.0
# Telling people comes last, so it may take longer.
TELL_SECONDS = 5.0
CHECKS = ("writable", "healthz")
LIMITS = {
    "DR_RPO_SECONDS": ("rpo_seconds", float),
    "DR_MAX_LOSS_TRANSACTIONS": ("max_loss_transactions", int),
    "DR_ANTI_FLAP_SECONDS": ("anti_flap_seconds", float),
    "DR_MAX_LAG_SECONDS": ("max_lag_seconds", float),
    "DR_HOLDER_TTL": ("holder_ttl", float),
    "DR_CHALLENGER_TTL": ("challenger_ttl", float),
}


def handler(event: Any, context: Any) -> dict[str, Any]:
    """What AWS calls."""
    variables = os.environ
    sites = _sites(_required(variables, "DR_SITES"))
    zone, servers = _required(variables, "DR_ZONE"), _list(_required(variables, "DR_NAME_SERVERS"))
    table, topic = _required(variables, "DR_TABLE"), _required(variables, "DR_TOPIC_ARN")
    client = _dynamodb.client(CALL_SECONDS, CALL_SECONDS)
    world = World(
        store=_dynamodb.Store(client, table),
        health=lambda: health(sites, zone, servers),
        notify=Topic(topic).publish,
        exchange=LastNotice(client, table).exchange,
        monotonic=time.monotonic,
        wall=time.time,
        sleep=time.sleep,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    result = run(world, sites, limits(variables), woken_by(event), context.aws_request_id)
    print(json.dumps(result))
    return result


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "").strip()
    if not value:
        raise ValueError(f"{name} is empty; the function needs it.")
    return value


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sites(text: str) -> tuple[str, str]:
    names = _list(text)
    if len(set(names)) != 2 or len(names) != 2:
        raise ValueError(f"DR_SITES is {text!r}; two different names are needed, like gcp,aws.")
    return names[0], names[1]


def limits(variables: Mapping[str, str]) -> Settings:
    """Raises ValueError with one sentence."""
    given: dict[str, Any] = {}
    for name, (field, kind) in LIMITS.items():
        if text := variables.get(name, "").strip():
            try:
                given[field] = kind(text)
            except ValueError as error:
                raise ValueError(f"{name} is {text!r}; a number is needed.") from error
    return Settings(**given)


def woken_by(event: Any) -> str:
    """For people: nothing is decided by it, anybody may send anything."""
    try:
        if "Records" in event:
            who = f"alarm {json.loads(event['Records'][0]['Sns']['Message'])['AlarmName']}"
        elif event.get("detail-type") == "CloudWatch Alarm State Change":
            who = f"alarm {event['detail']['alarmName']}"
        elif event.get("detail-type") == "Scheduled Event":
            who = "the schedule"
        else:
            who = str(event["woken_by"])
    except (TypeError, AttributeError, ValueError, LookupError):
        return "an unknown event"
    return " ".join(who.split())[:100]


def health(sites: tuple[str, str], zone: str, servers: list[str]) -> dict[str, dict[str, str | None]]:
    """Route 53's verdicts by site and check."""
    names = {(site, check): f"{check}.{site}.{zone}" for site in sites for check in CHECKS}
    found = _dns.verdicts(names.values(), servers)
    return {site: {check: found[names[site, check]] for check in CHECKS} for site in sites}


class Topic:
    """An SNS topic."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        """Raises OSError."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        config = Config(connect_timeout=CALL_SECONDS, read_timeout=TELL_SECONDS, retries={"total_max_attempts": 1})
        try:
            client = boto3.client("sns", region_name=self._arn.split(":")[3], config=config)
            client.publish(TopicArn=self._arn, Subject=subject, Message=text)
        except (BotoCoreError, ClientError, IndexError) as error:
            raise OSError(f"{self._arn}: {error}") from error


class LastNotice:
    """The item ``notice`` of the record's table: what people were told last, so that a lasting trouble is told once."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def exchange(self, key: str) -> str:
        """Raises StoreError."""
        try:
            answer = self._client.put_item(
                TableName=self._table, Item={"id": {"S": "notice"}, "key": {"S": key}}, ReturnValues="ALL_OLD"
            )
        except Exception as error:
            raise _dynamodb.StoreError(f"put_item on the table {self._table}: {error}.") from error
        return str(answer.get("Attributes", {}).get("key", {}).get("S", ""))
