# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Monitoring: notification channels, uptime checks, alert policies, dashboards. What they see, nobody here tells.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.uptimeCheckConfigs, .../projects.alertPolicies,
.../projects.notificationChannels, https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards.
"""

from __future__ import annotations

import re

from ..errors import ApiError
from ..store import Body
from .kit import Call, Change, Kind


def _number(call: Call) -> str:
    return call.cloud.next_id()


CHANNELS = Kind("notificationChannels", "NotificationChannel", "monitoring", {"enabled": True}, naming=_number)
UPTIME = Kind(
    "uptimeCheckConfigs",
    "UptimeCheckConfig",
    "monitoring",
    {"period": "60s", "timeout": "10s", "checkerType": "STATIC_IP_CHECKERS"},
    fixed=("monitoredResource", "resourceGroup"),
    naming=_number,
)
ALERTS = Kind("alertPolicies", "AlertPolicy", "monitoring", {"enabled": True}, naming=_number)
DASHBOARDS = Kind("dashboards", "Dashboard", "monitoring")

# https://cloud.google.com/monitoring/alerts/using-channels-api (channel descriptors)
_CHANNEL_LABELS = {
    "email": {"email_address"},
    "pagerduty": {"service_key"},
    "pubsub": {"topic"},
    "slack": {"channel_name", "auth_token"},
    "sms": {"number"},
    "webhook_basicauth": {"url", "username", "password"},
    "webhook_tokenauth": {"url"},
}
_RESOURCE_LABELS = {
    "uptime_url": {"host"},
    "gce_instance": {"instance_id", "zone"},
    "servicedirectory_service": {"namespace_name", "service_name", "location"},
}
_PERIODS = {"60s", "300s", "600s", "900s"}
_REGIONS = {"USA", "EUROPE", "SOUTH_AMERICA", "ASIA_PACIFIC", "USA_OREGON", "USA_IOWA", "USA_VIRGINIA"}
_CHECKS = ("httpCheck", "tcpCheck", "syntheticMonitor")
_CONDITIONS = (
    *("conditionThreshold", "conditionAbsent", "conditionMatchedLog", "conditionMonitoringQueryLanguage"),
    *("conditionPrometheusQueryLanguage", "conditionSql"),
)
_LAYOUTS = ("gridLayout", "mosaicLayout", "rowLayout", "columnLayout")
_FILTER_TERM = re.compile(
    r'\s*\(?\s*(NOT\s+)?((metric|resource|metadata|group|project)(\.[\w"-]+)+)\s*(=|!=|:|>=|<=|<|>|=~)\s*'
    r'("[^"]*"|\d+|starts_with\("[^"]*"\)|ends_with\("[^"]*"\)|has_substring\("[^"]*"\)|one_of\([^)]*\)'
    r'|monitoring\.regex\.full_match\("[^"]*"\))\s*\)?\s*'
)
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_DURATION = re.compile(r"(\d+)(\.\d+)?s")


def _bad(message: str) -> ApiError:
    return ApiError(400, "badRequest", message)


@CHANNELS.saving
def channel(change: Change) -> None:
    """The labels of its type, all of them and no other."""
    new = change.new
    _user_labels(new)
    wanted = _CHANNEL_LABELS.get(new.get("type", ""))
    if wanted is None:
        raise _bad(f"Field type: unrecognized notification channel type '{new.get('type', '')}'.")
    given = new.get("labels", {})
    for key in sorted(wanted - set(given)):
        raise _bad(f"Field labels: the required label '{key}' is missing for a channel of type {new['type']}.")
    for key in sorted(set(given) - wanted):
        raise _bad(f"Field labels: '{key}' is not a label of a channel of type {new['type']}.")
    if new["type"] == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", given["email_address"]):
        raise _bad(f"Field labels['email_address'] is not a valid email address: '{given['email_address']}'.")


@CHANNELS.verb("delete")
def delete_channel(call: Call) -> Body:
    """What an alert policy uses goes only by force."""
    call.store.need(call.path)
    users = [
        (path, body)
        for path, body in call.store.kind("alertPolicies")
        if call.path in body.get("notificationChannels", [])
    ]
    if users and call.query.get("force") != "true":
        message = f"Cannot delete channel: it is used by the alerting policy '{users[0][0]}'."
        raise ApiError(400, "failedPrecondition", message)
    for path, body in users:
        rest = [name for name in body["notificationChannels"] if name != call.path]
        ALERTS.keep(call.cloud, path, {**body, "notificationChannels": rest})
    CHANNELS.remove(call.cloud, call.path)
    return {}


@UPTIME.saving
def uptime(change: Change) -> None:
    """One thing to look at, one way to look, at an interval that Google offers."""
    new = change.new
    _user_labels(new)
    if len([key for key in ("monitoredResource", "resourceGroup", "syntheticMonitor") if key in new]) != 1:
        raise _bad("Exactly one of monitored_resource, resource_group and synthetic_monitor must be set.")
    if len([key for key in _CHECKS if key in new]) != 1:
        raise _bad("Exactly one of http_check, tcp_check and synthetic_monitor must be set.")
    if new["period"] not in _PERIODS:
        raise _bad(f"Field period: {new['period']}; must be one of {', '.join(sorted(_PERIODS))}.")
    if not 1 <= _seconds("timeout", new["timeout"]) <= 60:
        raise _bad(f"Field timeout: {new['timeout']}; must be between 1 and 60 seconds.")
    resource = new.get("monitoredResource", {})
    if resource:
        wanted = _RESOURCE_LABELS.get(resource.get("type", ""))
        if wanted is None:
            raise _bad(f"Field monitored_resource.type: '{resource.get('type', '')}' cannot be checked.")
        for key in sorted(wanted - set(resource.get("labels", {}))):
            raise _bad(f"Field monitored_resource.labels: the label '{key}' is missing.")
        resource["labels"].setdefault("project_id", change.path.split("/")[1])
    regions = new.get("selectedRegions", [])
    if regions and ((len(regions) < 3 and "USA" not in regions) or set(regions) - _REGIONS):
        raise _bad(f"Field selected_regions: {regions}; at least 3 locations of {', '.join(sorted(_REGIONS))}.")
    _http(new.get("httpCheck"))


@ALERTS.saving
def alert(change: Change) -> None:
    """Conditions that can be evaluated, channels that exist."""
    new = change.new
    _user_labels(new)
    if new.get("combiner", "COMBINE_UNSPECIFIED") == "COMBINE_UNSPECIFIED":
        raise _bad("Field alert_policy.combiner must be set.")
    if not 1 <= len(new.get("conditions", [])) <= 6:
        raise _bad("Field alert_policy.conditions: between 1 and 6 conditions.")
    for index, condition in enumerate(new["conditions"]):
        _condition(f"alert_policy.conditions[{index}]", condition)
        condition["name"] = f"{new['name']}/conditions/{index + 1}"
    for name in new.get("notificationChannels", []):
        if name not in change.store:
            raise ApiError(404, "notFound", f"Could not find notification channel '{name}'.")


@DASHBOARDS.saving
def dashboard(change: Change) -> None:
    """A name and one layout."""
    if not change.new.get("displayName"):
        raise _bad("Field dashboard.displayName is required.")
    given = [layout for layout in _LAYOUTS if layout in change.new]
    if len(given) > 1:
        raise _bad(f"Field dashboard.layout: only one layout can be set, not {', '.join(given)}.")
    mosaic = change.new.get("mosaicLayout", {})
    for index, tile in enumerate(mosaic.get("tiles", [])):
        if tile.get("xPos", 0) + tile.get("width", 0) > mosaic.get("columns", 0):
            raise _bad(f"Field dashboard.mosaic_layout.tiles[{index}]: it is wider than the grid.")


@DASHBOARDS.verb("patch")
def patch_dashboard(call: Call) -> Body:
    """Replaces the dashboard: https://cloud.google.com/monitoring/dashboards/api-dashboard#update_dashboard."""
    old = call.store.need(call.path)
    if call.body.get("etag", old["etag"]) != old["etag"]:
        raise ApiError(409, "aborted", "The etag is not the present one: somebody changed the dashboard meanwhile.")
    new = {**call.body, "name": call.path, "etag": call.cloud.next_id()}
    return DASHBOARDS.keep(call.cloud, call.path, new)


def _condition(field: str, condition: Body) -> None:
    given = [kind for kind in _CONDITIONS if kind in condition]
    if len(given) != 1:
        raise _bad(f"Field {field}: exactly one kind of condition must be set.")
    if not condition.get("displayName"):
        raise _bad(f"Field {field}.display_name must be set.")
    body = condition[given[0]]
    if given[0] not in ("conditionThreshold", "conditionAbsent"):
        return
    text = body.get("filter", "")
    if not text:
        raise _bad(f"Field {field}.{given[0]}.filter must be set.")
    for term in re.split(r"\s+(?:AND|OR)\s+", text):
        if not _FILTER_TERM.fullmatch(term):
            raise _bad(f'Field {field}.{given[0]}.filter had an invalid value of "{text}": the syntax is invalid.')
    if "resource.type" not in text and "group.id" not in text:
        raise _bad(f'Field {field}.{given[0]}.filter: must specify a restriction on "resource.type".')
    if "metric.type" not in text:
        raise _bad(f'Field {field}.{given[0]}.filter: must specify a restriction on "metric.type".')
    if given[0] == "conditionThreshold" and body.get("comparison", "COMPARISON_UNSPECIFIED") not in (
        "COMPARISON_GT",
        "COMPARISON_LT",
    ):
        raise _bad(f"Field {field}.condition_threshold.comparison: only COMPARISON_GT and COMPARISON_LT are supported.")
    duration = _seconds(f"{field}.duration", body.get("duration", "0s"))
    if duration % 60 or duration > 84600:
        raise _bad(f"Field {field}.duration: {body['duration']}; must be a multiple of 60 seconds, at most 23.5 hours.")
    for aggregation in body.get("aggregations", []):
        if _seconds(f"{field}.aggregations.alignment_period", aggregation.get("alignmentPeriod", "60s")) < 60:
            raise _bad(f"Field {field}.aggregations.alignment_period: must be at least 60 seconds.")
    body.setdefault("duration", "0s")


def _http(check: Body | None) -> None:
    if check is None:
        return
    if check.get("validateSsl") and not check.get("useSsl"):
        raise _bad("Field http_check.validate_ssl: it needs use_ssl.")
    check.setdefault("path", "/")
    check.setdefault("port", 443 if check.get("useSsl") else 80)
    check.setdefault("requestMethod", "GET")
    if not check["path"].startswith("/"):
        check["path"] = f"/{check['path']}"
    if not 1 <= check["port"] <= 65535:
        raise _bad(f"Field http_check.port: {check['port']}; must be between 1 and 65535.")


def _seconds(field: str, text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise _bad(f"Field {field}: Illegal duration format '{text}'; duration must end with 's'.")
    return float(text[:-1])


def _user_labels(body: Body) -> None:
    """https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies (userLabels)."""
    for key, value in body.get("userLabels", {}).items():
        if not _KEY.fullmatch(key) or not re.fullmatch(r"[a-z0-9_-]{0,63}", value):
            raise _bad(
                f"Field user_labels: '{key}: {value}'; keys begin with a letter; small letters, digits, _ and -."
            )
