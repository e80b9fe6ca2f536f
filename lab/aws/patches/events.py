# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge in moto 5.2.5: no Lambda targets, no schedules; disabled rules work, scheduled ones take every event.

``schedules`` knows the time.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.exceptions import ValidationException
from moto.events.models import Rule, events_backends
from moto.events.responses import EventsHandler

from ..schedules import period_seconds
from .awslambda import Lambda

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
# moto takes any other for a match.
FILTERS = frozenset({"exists", "prefix", "suffix", "equals-ignore-case", "numeric", "anything-but", "cidr", "wildcard"})
# moto would answer these with success and nothing would come of it.
UNIMPLEMENTED = ("create_archive", "start_replay", "create_api_destination", "create_connection")


def apply(functions: Lambda) -> None:
    """Patch moto."""
    _rules()
    _targets(functions)
    _put_events()
    for name in UNIMPLEMENTED:
        setattr(EventsHandler, name, _refuse)


def _refuse(self: Any) -> None:
    raise NotImplementedError("moto would only keep it")


def publish(region: str, event: Mapping[str, Any]) -> None:
    """An event of an AWS service on the default bus. ``event``: source, detail-type, resources, detail."""
    whole = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "account": DEFAULT_ACCOUNT_ID,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        **event,
    }
    bus = events_backends[DEFAULT_ACCOUNT_ID][region].event_buses["default"]
    for rule in list(bus.rules.values()):
        rule.send_to_targets(whole)


def scheduled_rules() -> Iterator[Any]:
    """All rules of all regions; schedules are possible on the default bus only."""
    for backend in list(events_backends[DEFAULT_ACCOUNT_ID].values()):
        yield from list(backend.event_buses["default"].rules.values())


def fire(functions: Lambda, rule: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html (Scheduled Event)"""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
    _send(functions, rule, event)


def _send(functions: Lambda, rule: Any, event: Mapping[str, Any]) -> None:
    for target in list(rule.targets):
        given = json.loads(target["Input"]) if "Input" in target else event
        functions.deliver(rule.account_id, target["Arn"], given, "events.amazonaws.com", rule.arn)


def _rules() -> None:
    original = EventsHandler.put_rule

    def put_rule(self: Any) -> Any:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
        schedule, pattern = self._get_param("ScheduleExpression"), self._get_param("EventPattern")
        if schedule:
            try:
                period_seconds(schedule)
            except ValueError as error:
                raise ValidationException(str(error)) from error
        if pattern:
            with contextlib.suppress(ValueError):  # not JSON: moto says so
                _require_known_filters(json.loads(pattern))
        return original(self)

    EventsHandler.put_rule = put_rule


def _require_known_filters(pattern: Any) -> None:
    """Raises NotImplementedError."""
    if isinstance(pattern, dict):
        for part in pattern.values():
            _require_known_filters(part)
    elif isinstance(pattern, list):
        for value in pattern:
            if isinstance(value, dict) and not value.keys() <= FILTERS:
                raise NotImplementedError(f"the pattern {json.dumps(value)}")


def _targets(functions: Lambda) -> None:
    original = EventsHandler.put_targets

    def put_targets(self: Any) -> Any:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""
        for target in self._get_param("Targets"):
            _require_supported(target, self.region)
        return original(self)

    def send_to_targets(self: Any, original_event: Mapping[str, Any], transform_input: bool = True) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"""
        if self.state != "ENABLED" or not self.event_pattern.get_pattern():
            return
        event = {name: value for name, value in original_event.items() if name not in ("ingestion-time", "replay-name")}
        if not isinstance(event["time"], str):
            event["time"] = f"{datetime.fromtimestamp(event['time'], UTC):%Y-%m-%dT%H:%M:%SZ}"
        if self.event_pattern.matches_event(event):
            _send(functions, self, event)

    EventsHandler.put_targets = put_targets
    Rule.send_to_targets = send_to_targets


def _require_supported(target: Mapping[str, Any], region: str) -> None:
    unsupported = sorted(target.keys() - {"Id", "Arn", "Input"})
    if unsupported:
        raise NotImplementedError(f"a target with {', '.join(unsupported)}")
    _, _, service, where, *_ = target["Arn"].split(":") + [""] * 4
    if service != "lambda":
        raise NotImplementedError(f"the target {target['Arn']}: only Lambda functions are invoked")
    if where != region:
        raise ValidationException(f"Parameter {target['Arn']} is not valid. Reason: the target is in another region.")


def _put_events() -> None:
    def put_events(self: Any) -> str:
        """Only AWS's own services are the source of ``aws.`` events.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
        """
        entries = self._get_param("Entries")
        forged = [str(entry.get("Source", "")).startswith("aws.") for entry in entries]
        sent = iter(
            self.events_backend.put_events([entry for entry, bad in zip(entries, forged, strict=True) if not bad])
        )
        refusal = {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
        answers = [refusal if bad else next(sent) for bad in forged]
        return json.dumps({"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers})

    EventsHandler.put_events = put_events
