# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch in moto 5.2.5: it keeps alarms, which are born OK, never evaluated, and never act; none are composite.

``alarm_clock`` evaluates them; here a change of state has its consequences, whoever caused it.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import botocore.session
from moto.cloudwatch.exceptions import DashboardInvalidInputError, ResourceNotFoundException, ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, EmptyResult
from moto.sns.models import sns_backends

from .. import alarm_rules, metric_math
from ..alarms import COMPARE
from . import events

log = logging.getLogger(__name__)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: kept by moto, used by nobody
UNSUPPORTED = (
    *("ExtendedStatistic", "EvaluateLowSampleCountPercentile", "ThresholdMetricId", "EvaluationCriteria"),
    *("EvaluationWindow", "WarmUpConfiguration", "ActionConfiguration"),
)
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic")


def apply() -> None:
    """Patch moto."""
    _put_metric_alarm()
    _put_composite_alarm()
    _describe_alarms()
    _delete_alarms()
    _update_state()
    _dashboards()


def _put_metric_alarm() -> None:
    original_response = CloudWatchResponse.put_metric_alarm
    original = CloudWatchBackend.put_metric_alarm

    def checked(self: Any) -> Any:
        _require_supported(self._get_param, self.cloudwatch_backend.region_name)
        return original_response(self)

    def put_metric_alarm(self: Any, **given: Any) -> Any:
        """New alarms are INSUFFICIENT_DATA; "when you update an existing alarm, its state is left unchanged".

        Its tags as well: "any tags you specify in this parameter are ignored".
        """
        old = self.alarms.get(given["name"])
        alarm = original(self, **given | ({} if old is None else {"tags": None}))
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
    if given("Metrics"):
        _require_math(given)
    else:
        _require_period(given("Period"))
    _require_actions(given, region)


def _require_period(period: int) -> None:
    if period not in (10, 20, 30) and period % 60:
        raise ValidationError("Valid values for Period are 10, 20, 30 and any multiple of 60.")


def _require_math(given: Any) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html"""
    if mixed := [name for name in OF_ONE_METRIC if given(name)]:
        raise ValidationError(f"Metrics list and {', '.join(mixed)} cannot be used together.")
    queries = given("Metrics")
    if sum(query.get("ReturnData") is not False for query in queries) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")
    known: frozenset[str] = frozenset()
    for query in queries:
        if not re.fullmatch("[a-z][a-zA-Z0-9_]*", query["Id"]) or query["Id"] in known:
            raise ValidationError(f"The id {query['Id']} is not valid, or there twice.")
        if stat := query.get("MetricStat"):
            if stat["Stat"] not in STATISTICS:
                raise NotImplementedError(f"a metric's statistic {stat['Stat']}: nothing evaluates it")
            _require_period(stat["Period"])
        else:
            metric_math.require_supported(query.get("Expression") or "", known)
        known |= {query["Id"]}
    if len({query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")}) != 1:
        raise NotImplementedError("metric math without a metric, or over metrics of several periods")


def _require_actions(given: Any, region: str) -> None:
    for action in (action for name in ACTIONS for action in given(name) or ()):
        _, _, service, where, *_ = action.split(":")
        if service != "sns":
            raise NotImplementedError(f"the alarm action {action}: only SNS topics are told")
        if where != region:
            raise ValidationError(f"Invalid region {where} specified. Only {region} is supported.")


def _put_composite_alarm() -> None:
    def put_composite_alarm(self: Any) -> Any:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""
        backend, name, text = self.cloudwatch_backend, self._get_param("AlarmName"), self._get_param("AlarmRule")
        unsupported = [each for each in ("ActionsSuppressor", "ActionConfiguration") if self._get_param(each)]
        if unsupported:
            raise NotImplementedError(f"a composite alarm with {', '.join(unsupported)}: nothing does it")
        _require_actions(self._get_param, backend.region_name)
        try:
            rule = alarm_rules.parse(text)
        except alarm_rules.RuleError as error:
            raise ValidationError(str(error)) from error
        # https://github.com/awsdocs/aws-cloudformation-user-guide/issues/911 (the message)
        if missing := sorted(rule.children - backend.alarms.keys() - {name}):
            raise ValidationError(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
        nothing: dict[str, Any] = dict.fromkeys(
            (
                "namespace",
                "metric_name",
                "comparison_operator",
                "evaluation_periods",
                "period",
                "threshold",
                "statistic",
            )
        )
        backend.put_metric_alarm(
            name=name,
            rule=text,
            dimensions=[],
            description=self._get_param("AlarmDescription"),
            actions_enabled=self._get_param("ActionsEnabled"),
            alarm_actions=self._get_param("AlarmActions", []),
            ok_actions=self._get_param("OKActions", []),
            insufficient_data_actions=self._get_param("InsufficientDataActions", []),
            tags=self._get_param("Tags", []),
            **nothing,
        )
        return EmptyResult()

    CloudWatchResponse.put_composite_alarm = put_composite_alarm


def _describe_alarms() -> None:
    original = CloudWatchResponse.describe_alarms
    kinds = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}

    def describe_alarms(self: Any) -> Any:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html

        "If you omit this parameter [AlarmTypes], only metric alarms are returned, even if composite alarms exist".
        """
        wanted = self._get_param("AlarmTypes") or ["MetricAlarm"]
        found = original(self).result
        return ActionResult({kinds[kind]: found[kinds[kind]] for kind in wanted if kind in kinds})

    CloudWatchResponse.describe_alarms = describe_alarms


def _delete_alarms() -> None:
    original = CloudWatchBackend.delete_alarms

    def delete_alarms(self: Any, alarm_names: list[str]) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html"""
        found = [self.alarms[name] for name in alarm_names if name in self.alarms]
        composites = {name: alarm for name, alarm in self.alarms.items() if alarm.rule is not None}
        if sum(alarm.rule is not None for alarm in found) > 1:
            raise ValidationError("More than one composite alarm cannot be deleted at once.")
        # https://github.com/cloud-custodian/cloud-custodian/issues/7763 (the message)
        used = {child for alarm in composites.values() for child in alarm_rules.parse(alarm.rule).children}
        if kept := [name for name in alarm_names if name in used]:
            raise ValidationError(
                f"Cannot delete {','.join(kept)} as there are composite alarm(s) depending on "
                f"{'it' if len(kept) == 1 else 'them'}."
            )
        for alarm in found:
            self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        original(self, alarm_names)

    CloudWatchBackend.delete_alarms = delete_alarms


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
    configuration = _configuration(alarm) | ({"description": alarm.description} if alarm.description else {})
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [alarm.alarm_arn],
        "detail": {
            "alarmName": alarm.name,
            "configuration": configuration,
            "previousState": old,
            "state": _state(alarm),
        },
    }


def _configuration(alarm: Any) -> dict[str, Any]:
    if alarm.rule is not None:
        return {"alarmRule": alarm.rule}
    if alarm.metric_data_queries:
        return {"metrics": [_query(query) for query in alarm.metric_data_queries]}
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    stat = {"metric": metric, "period": int(alarm.period), "stat": alarm.statistic}
    return {"metrics": [{"id": str(uuid.uuid4()), "metricStat": stat, "returnData": True}]}


def _query(query: Any) -> dict[str, Any]:
    told = {"id": query.id, "returnData": query.return_data is not False}
    if not query.metric_stat:
        return told | {"expression": query.expression}
    metric = query.metric_stat.metric
    named = {"namespace": metric.namespace, "name": metric.metric_name}
    dimensions = {dimension.name: dimension.value for dimension in metric.dimensions}
    stat = {"period": int(query.metric_stat.period), "stat": query.metric_stat.stat}
    return told | {"metricStat": stat | {"metric": named | {"dimensions": dimensions}}}


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
        except Exception as error:  # a queue that is not there, for one: nothing of the alarm depends on it
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
        **({"AlarmRule": alarm.rule} if alarm.rule is not None else {"Trigger": _trigger(alarm)}),
    }


def _trigger(alarm: Any) -> dict[str, Any]:
    if alarm.metric_data_queries:
        watched: dict[str, Any] = {"Metrics": [_query(query) for query in alarm.metric_data_queries]}
    else:
        watched = {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": alarm.statistic.upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"name": dimension.name, "value": dimension.value} for dimension in alarm.dimensions],
            "Period": int(alarm.period),
        }
    return {
        **watched,
        "EvaluationPeriods": int(alarm.evaluation_periods),
        "DatapointsToAlarm": int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": float(alarm.threshold),
        "TreatMissingData": alarm.treat_missing_data or "missing",
    }


@functools.cache
def _region_label(region: str) -> str:
    """``US East (N. Virginia)``"""
    regions = botocore.session.get_session().get_data("endpoints")["partitions"][0]["regions"]
    label: str = regions.get(region, {}).get("description", region)
    return label


def _dashboards() -> None:
    original = CloudWatchResponse.put_dashboard
    original_tag, original_untag = CloudWatchBackend.tag_resource, CloudWatchBackend.untag_resource
    original_delete = CloudWatchBackend.delete_dashboards

    def put_dashboard(self: Any) -> Any:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html

        and CloudWatch-Dashboard-Body-Structure.html there: an array of widgets, each with type and properties.
        """
        name, text = self._get_param("DashboardName"), self._get_param("DashboardBody")
        backend = self.cloudwatch_backend
        if not re.fullmatch("[A-Za-z0-9_-]{1,255}", name):
            raise DashboardInvalidInputError("The value for field DashboardName contains invalid characters.")
        if faults := _faults(text):
            raise DashboardInvalidInputError(
                f"The dashboard body is invalid, there are {len(faults)} validation errors: {json.dumps(faults)}"
            )
        new = backend.get_dashboard(name) is None
        answer = original(self)
        if new and self._get_param("Tags"):
            backend.tagger.tag_resource(backend.get_dashboard(name).arn, self._get_param("Tags"))
        return answer

    def tag_resource(self: Any, arn: str, tags: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html: dashboards, too."""
        if ":dashboard/" not in arn:
            original_tag(self, arn, tags)
            return
        _require_dashboard(self, arn)
        self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))

    def untag_resource(self: Any, arn: str, tag_keys: list[str]) -> None:
        if ":dashboard/" in arn:
            _require_dashboard(self, arn)
        original_untag(self, arn, tag_keys)

    def delete_dashboards(self: Any, dashboards: list[str]) -> str | None:
        arns = [self.dashboards[name].arn for name in dashboards if name in self.dashboards]
        error: str | None = original_delete(self, dashboards)
        for arn in arns if error is None else []:
            self.tagger.delete_all_tags_for_resource(arn)
        return error

    CloudWatchResponse.put_dashboard = put_dashboard
    CloudWatchBackend.tag_resource = tag_resource
    CloudWatchBackend.untag_resource = untag_resource
    CloudWatchBackend.delete_dashboards = delete_dashboards


def _require_dashboard(backend: Any, arn: str) -> None:
    if arn not in [dashboard.arn for dashboard in backend.dashboards.values()]:
        raise ResourceNotFoundException


def _faults(text: str) -> list[dict[str, str]]:
    """What CloudWatch has against a dashboard's body."""
    try:
        body = json.loads(text)
    except ValueError:
        return [{"message": "The field DashboardBody must be a valid JSON object"}]
    if not isinstance(body, dict) or not isinstance(body.get("widgets"), list):
        return [{"dataPath": "/widgets", "message": "Should have required property 'widgets'"}]
    return [
        {"dataPath": f"/widgets/{number}", "message": f"Should have required property '{name}'"}
        for number, widget in enumerate(body["widgets"])
        for name in ("type", "properties")
        if name not in widget
    ]
