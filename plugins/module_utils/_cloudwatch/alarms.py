# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An alarm's settings: between the module's options and CloudWatch's API. Pure.

``Settings`` are keyed by the module's option names, complete with CloudWatch's defaults: PutMetricAlarm and
PutCompositeAlarm overwrite the whole alarm, so two alarms are the same if and only if their settings are equal.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._aws_resource import OptionError

Settings = dict[str, Any]

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
COMPARISONS = (
    *("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"),
)
ACTIONS = {
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}
# What each kind of alarm takes besides description and actions; the first is what makes it that kind.
KINDS: dict[str, tuple[str, ...]] = {
    "composite": ("rule",),
    "math": ("metrics", "evaluation_periods", "datapoints_to_alarm", "threshold", "comparison", "treat_missing_data"),
    "metric": (
        *("metric_name", "namespace", "dimensions", "statistic", "period", "unit"),
        *("evaluation_periods", "datapoints_to_alarm", "threshold", "comparison", "treat_missing_data"),
    ),
}
REQUIRED = {
    "composite": (),
    "math": ("evaluation_periods", "threshold", "comparison"),
    "metric": ("namespace", "statistic", "period", "evaluation_periods", "threshold", "comparison"),
}
OWN = sorted({option for options in KINDS.values() for option in options})
QUERY_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


def kind_of(options: Mapping[str, Any]) -> str:
    """Raises OptionError unless the options make exactly one kind of alarm, and a whole one."""
    kinds = [kind for kind, names in KINDS.items() if options.get(names[0])]
    if len(kinds) != 1:
        raise OptionError("An alarm has exactly one of metric_name, metrics and rule.")
    kind = kinds[0]
    if foreign := [name for name in OWN if name not in KINDS[kind] and options.get(name) not in (None, {}, [])]:
        raise OptionError(f"{', '.join(foreign)} cannot be set together with {KINDS[kind][0]}.")
    if missing := [name for name in REQUIRED[kind] if options.get(name) is None]:
        raise OptionError(f"An alarm with {KINDS[kind][0]} needs {', '.join(missing)}.")
    return kind


def wanted(options: Mapping[str, Any]) -> Settings:
    """The alarm that the options ask for. Raises OptionError."""
    kind = kind_of(options)
    settings: Settings = {
        "description": options.get("description") or "",
        "actions_enabled": options.get("actions_enabled") is not False,
        **{name: sorted(options.get(name) or []) for name in ACTIONS},
    }
    if kind == "composite":
        return settings | {"rule": _rule(options["rule"])}
    settings |= {
        "evaluation_periods": options["evaluation_periods"],
        "datapoints_to_alarm": options.get("datapoints_to_alarm") or options["evaluation_periods"],
        "threshold": float(options["threshold"]),
        "comparison": options["comparison"],
        "treat_missing_data": options.get("treat_missing_data") or "missing",
    }
    if settings["datapoints_to_alarm"] > settings["evaluation_periods"]:
        raise OptionError(
            f"datapoints_to_alarm is {settings['datapoints_to_alarm']}, but evaluation_periods is only "
            f"{settings['evaluation_periods']}."
        )
    if kind == "math":
        return settings | {"metrics": _queries(options["metrics"])}
    require_period(options["period"], "period")
    return settings | {
        "metric_name": options["metric_name"],
        "namespace": options["namespace"],
        "dimensions": _texts(options.get("dimensions")),
        "statistic": options["statistic"],
        "period": options["period"],
        "unit": options.get("unit") or "",
    }


def require_period(period: int, option: str) -> None:
    """Raises OptionError for a period that CloudWatch does not have."""
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise OptionError(f"{option} is {period}; allowed are 10, 20, 30 and the multiples of 60.")


def _rule(text: str) -> str:
    """Line breaks and indentation mean nothing."""
    return " ".join(text.split())


def _texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: str(value) for key, value in sorted((values or {}).items())}


def _queries(given: Sequence[Mapping[str, Any]]) -> list[Settings]:
    found = [_query(query) for query in given]
    identifiers = [query["id"] for query in found]
    if len(set(identifiers)) < len(identifiers):
        raise OptionError(f"metrics has the ids {', '.join(identifiers)}; each may be there once.")
    watched = [query["id"] for query in found if query["return_data"]]
    if len(watched) != 1:
        raise OptionError(
            f"metrics has return_data on {', '.join(watched) or 'none'}; the alarm watches exactly one of them."
        )
    return found


def _query(given: Mapping[str, Any]) -> Settings:
    name = given["id"]
    if not QUERY_ID.fullmatch(name):
        raise OptionError(f"metrics has the id '{name}'; it has to begin with a small letter: [a-z][a-zA-Z0-9_]*")
    query = {"id": name, "label": given.get("label") or "", "return_data": bool(given.get("return_data"))}
    if bool(given.get("expression")) == bool(given.get("metric_name")):
        raise OptionError(f"metrics '{name}' needs either expression or metric_name.")
    if given.get("expression"):
        return query | {"expression": given["expression"]}
    if missing := [option for option in ("namespace", "statistic", "period") if not given.get(option)]:
        raise OptionError(f"metrics '{name}' has metric_name and needs {', '.join(missing)}.")
    require_period(given["period"], f"metrics '{name}' period")
    return query | {
        "metric_name": given["metric_name"],
        "namespace": given["namespace"],
        "dimensions": _texts(given.get("dimensions")),
        "statistic": given["statistic"],
        "period": given["period"],
        "unit": given.get("unit") or "",
    }


def from_api(alarm: Mapping[str, Any]) -> Settings:
    """An alarm as DescribeAlarms returns it."""
    settings: Settings = {
        "description": alarm.get("AlarmDescription") or "",
        "actions_enabled": alarm.get("ActionsEnabled", True),
        **{name: sorted(alarm.get(api) or []) for name, api in ACTIONS.items()},
    }
    if alarm.get("AlarmRule") is not None:
        return settings | {"rule": _rule(alarm["AlarmRule"])}
    settings |= {
        "evaluation_periods": alarm["EvaluationPeriods"],
        "datapoints_to_alarm": alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        "threshold": alarm.get("Threshold"),
        "comparison": alarm["ComparisonOperator"],
        "treat_missing_data": alarm.get("TreatMissingData") or "missing",
    }
    if alarm.get("Metrics"):
        return settings | {"metrics": [_query_from_api(query) for query in alarm["Metrics"]]}
    return settings | {
        "metric_name": alarm.get("MetricName") or "",
        "namespace": alarm.get("Namespace") or "",
        "dimensions": _dimensions(alarm.get("Dimensions")),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic") or "",
        "period": alarm.get("Period"),
        "unit": alarm.get("Unit") or "",
    }


def _dimensions(given: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return dict(sorted((dimension["Name"], dimension["Value"]) for dimension in given or []))


def _query_from_api(query: Mapping[str, Any]) -> Settings:
    common = {
        "id": query["Id"],
        "label": query.get("Label") or "",
        "return_data": query.get("ReturnData", True) is not False,
    }
    stat = query.get("MetricStat")
    if not stat:
        return common | {"expression": query.get("Expression") or ""}
    return common | {
        "metric_name": stat["Metric"]["MetricName"],
        "namespace": stat["Metric"]["Namespace"],
        "dimensions": _dimensions(stat["Metric"].get("Dimensions")),
        "statistic": stat["Stat"],
        "period": stat["Period"],
        "unit": stat.get("Unit") or "",
    }


def to_api(settings: Settings) -> dict[str, Any]:
    """The part of PutMetricAlarm or PutCompositeAlarm that makes these settings; empty values are left out."""
    request: dict[str, Any] = {"ActionsEnabled": settings["actions_enabled"]}
    request |= {api: settings[name] for name, api in ACTIONS.items()}
    if settings["description"]:
        request["AlarmDescription"] = settings["description"]
    if "rule" in settings:
        return request | {"AlarmRule": settings["rule"]}
    request |= {
        "EvaluationPeriods": settings["evaluation_periods"],
        "DatapointsToAlarm": settings["datapoints_to_alarm"],
        "Threshold": settings["threshold"],
        "ComparisonOperator": settings["comparison"],
        "TreatMissingData": settings["treat_missing_data"],
    }
    if "metrics" in settings:
        return request | {"Metrics": [_query_to_api(query) for query in settings["metrics"]]}
    statistic = "Statistic" if settings["statistic"] in STATISTICS else "ExtendedStatistic"
    request |= {
        "MetricName": settings["metric_name"],
        "Namespace": settings["namespace"],
        "Dimensions": _dimensions_to_api(settings["dimensions"]),
        statistic: settings["statistic"],
        "Period": settings["period"],
    }
    return request | ({"Unit": settings["unit"]} if settings["unit"] else {})


def _dimensions_to_api(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _query_to_api(query: Settings) -> dict[str, Any]:
    request: dict[str, Any] = {"Id": query["id"], "ReturnData": query["return_data"]}
    request |= {"Label": query["label"]} if query["label"] else {}
    if "expression" in query:
        return request | {"Expression": query["expression"]}
    stat: dict[str, Any] = {
        "Metric": {
            "Namespace": query["namespace"],
            "MetricName": query["metric_name"],
            "Dimensions": _dimensions_to_api(query["dimensions"]),
        },
        "Period": query["period"],
        "Stat": query["statistic"],
    }
    return request | {"MetricStat": stat | ({"Unit": query["unit"]} if query["unit"] else {})}
