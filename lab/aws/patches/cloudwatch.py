# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch in moto 5.2.5: it keeps alarms, which are born OK, never evaluated, and never act.

``alarm_clock`` evaluates them; here a change of state has its consequences, whoever caused it.
"""

from __future__ import annotations

import functools
import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.session
from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.exceptions import SNSException
from moto.sns.models import sns_backends

from ..alarms import COMPARE
from . import events

log = logging.getLogger(__name__)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: kept by moto, used by nobody
UNSUPPORTED = ("Metrics", "ExtendedStatistic", "EvaluateLowSampleCountPercentile", "ThresholdMetricId", "AlarmRule")
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def apply() -> None:
    """Patch moto."""
    _put_metric_alarm()
    _update_state()


def _put_metric_alarm() -> None:
    original_response = CloudWatchResponse.put_metric_alarm
    original = CloudWatchBackend.put_metric_alarm

    def checked(self: Any) -> Any:
        _require_supported(self._get_param, self.cloudwatch_backend.region_name)
        return original_response(self)

    def put_metric_alarm(self: Any, **given: Any) -> Any:
        """New alarms are INSUFFICIENT_DATA; "when you update an existing alarm, its state is left unchanged"."""
        old = self.alarms.get(given["name"])
        alarm = original(self, **given)
        if old is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:
            for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
                setattr(alarm, name, getattr(old, name))
        return alarm

    CloudWatchResponse.put_metric_alarm = checked
    CloudWatchBackend.put_metric_alarm = put_metric_alarm


def _require_supported(given: Any, region: str) -> None:
    unsupported = [name for name in UNSUPPORTED if given(name)]
    if unsupported:
        raise NotImplementedError(f"an alarm with {', '.join(unsupported)}: nothing evaluates it")
    if given("ComparisonOperator") not in COMPARE:
        raise NotImplementedError(f"an alarm that compares by {given('ComparisonOperator')}: nothing evaluates it")
    if given("Period") not in (10, 20, 30) and given("Period") % 60:
        raise ValidationError("Valid values for Period are 10, 20, 30 and any multiple of 60.")
    for action in (action for name in ACTIONS for action in given(name) or ()):
        _, _, service, where, *_ = action.split(":")
        if service != "sns":
            raise NotImplementedError(f"the alarm action {action}: only SNS topics are told")
        if where != region:
            raise ValidationError(f"Invalid region {where} specified. Only {region} is supported.")


def _update_state() -> None:
    original = Alarm.update_state

    def update_state(self: Any, reason: str, reason_data: str, state_value: str) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html: acts on a change."""
        old = _state(self)
        original(self, reason, reason_data, state_value)
        if old["value"] == state_value:
            return
        log.info("alarm %s is %s: %s", self.name, state_value, reason)
        events.publish(self.region_name, _event(self, old))
        if self.actions_enabled:
            _act(self, old["value"])

    Alarm.update_state = update_state


def _state(alarm: Any) -> dict[str, Any]:
    stamp = alarm.state_updated_timestamp.replace(tzinfo=UTC)
    state = {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": _time(stamp)}
    return state if alarm.state_reason_data in (None, "{}") else state | {"reasonData": alarm.state_reason_data}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def _event(alarm: Any, old: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    stat = {"metric": metric, "period": int(alarm.period), "stat": alarm.statistic}
    configuration = {"metrics": [{"id": str(uuid.uuid4()), "metricStat": stat, "returnData": True}]}
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [alarm.alarm_arn],
        "detail": {
            "alarmName": alarm.name,
            "configuration": configuration | ({"description": alarm.description} if alarm.description else {}),
            "previousState": old,
            "state": _state(alarm),
        },
    }


def _act(alarm: Any, old: str) -> None:
    """ "CloudWatch doesn't test or validate the actions that you specify, nor does it detect any ... errors"."""
    actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(
        alarm.state_value, alarm.insufficient_data_actions
    )
    region = _region_label(alarm.region_name)
    for topic in actions:
        try:
            sns_backends[DEFAULT_ACCOUNT_ID][alarm.region_name].publish(
                json.dumps(_message(alarm, old, region)),
                topic,
                subject=f'{alarm.state_value}: "{alarm.name}" in {region}'[:100],
            )
        except SNSException as error:
            log.error("alarm %s could not tell %s: %s", alarm.name, topic, error)


def _message(alarm: Any, old: str, region: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": DEFAULT_ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _time(alarm.state_updated_timestamp),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": alarm.statistic.upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"name": dimension.name, "value": dimension.value} for dimension in alarm.dimensions],
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "DatapointsToAlarm": int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }


@functools.cache
def _region_label(region: str) -> str:
    """``US East (N. Virginia)``"""
    regions = botocore.session.get_session().get_data("endpoints")["partitions"][0]["regions"]
    label: str = regions.get(region, {}).get("description", region)
    return label
