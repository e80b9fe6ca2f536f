# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloud Armor: policies and their rules.

https://cloud.google.com/armor/docs/security-policy-overview, /rate-limiting-overview; REST:
compute/docs/reference/rest/v1/securityPolicies.
"""

from __future__ import annotations

import re
from copy import deepcopy

from .. import cel
from ..errors import invalid, missing, stale, unimplemented
from ..store import Body, merged
from . import values
from .kit import Call, Change, Kind

POLICIES = Kind("securityPolicies", "SecurityPolicy", defaults={"type": "CLOUD_ARMOR"}, fixed=("type",))

LAST = 2_147_483_647
_ACTION = re.compile(r"allow|deny\((403|404|502)\)|throttle|rate_based_ban|redirect")
_EXCEED = re.compile(r"deny\((403|404|429|502)\)|redirect")
_MOST_RANGES = 10
# https://cloud.google.com/armor/docs/rate-limiting-overview#threshold
_INTERVALS = {10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600}


@POLICIES.saving
def policy(change: Change) -> None:
    """Rules of different priority, the last of which matches everything."""
    new = change.new
    values.labels("labels", new.get("labels", {}))
    if new["type"] == "CLOUD_ARMOR_NETWORK":
        raise unimplemented("Cloud Armor policies of type CLOUD_ARMOR_NETWORK")
    rules = new.setdefault("rules", [])
    if not any(rule.get("priority") == LAST for rule in rules):
        match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
        rules.append({"priority": LAST, "action": "allow", "description": "default rule", "match": match})
    for index, rule in enumerate(rules):
        _rule(f"rules[{index}]", rule)
    priorities = [rule["priority"] for rule in rules]
    for priority in priorities:
        if priorities.count(priority) > 1:
            raise invalid("rules", priority, "Cannot have rules with the same priorities.")
    rules.sort(key=lambda rule: int(rule["priority"]))
    if rules[-1]["match"].get("config", {}).get("srcIpRanges") != ["*"]:
        raise invalid("rules", LAST, "The default rule must match all addresses ('*').")


@POLICIES.verb("patch")
def patch(call: Call) -> None:
    """Without the rules, which have verbs of their own (the method's text in the discovery document)."""
    old = call.store.need(call.path)
    if "rules" in call.body:
        why = "Rules cannot be updated by patching the policy; use addRule, patchRule and removeRule."
        raise invalid("rules", len(call.body["rules"]), why)
    if call.body.get("fingerprint", old["fingerprint"]) != old["fingerprint"]:
        raise stale("security policy")
    POLICIES.keep(call.cloud, call.path, merged(old, call.body))


@POLICIES.verb("addRule")
def add_rule(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies/addRule."""
    body = deepcopy(call.store.need(call.path))
    if "priority" not in call.body:
        raise missing("priority")
    if any(rule["priority"] == call.body["priority"] for rule in body["rules"]):
        raise invalid("priority", call.body["priority"], "Cannot have rules with the same priorities.")
    body["rules"].append(call.body)
    POLICIES.keep(call.cloud, call.path, body)


@POLICIES.verb("patchRule")
def patch_rule(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies/patchRule."""
    body = deepcopy(call.store.need(call.path))
    rule = _at(call, body)
    changed = {**rule, **call.body}
    body["rules"] = [changed if one is rule else one for one in body["rules"]]
    POLICIES.keep(call.cloud, call.path, body)


@POLICIES.verb("removeRule")
def remove_rule(call: Call) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies/removeRule."""
    body = deepcopy(call.store.need(call.path))
    rule = _at(call, body)
    if rule["priority"] == LAST:
        raise invalid("priority", LAST, "The default rule cannot be removed.")
    body["rules"].remove(rule)
    POLICIES.keep(call.cloud, call.path, body)


@POLICIES.verb("getRule")
def get_rule(call: Call) -> Body:
    """https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies/getRule."""
    return _at(call, call.store.need(call.path))


def _at(call: Call, body: Body) -> Body:
    """The rule at the query's priority. Errors: 400."""
    priority = int(call.query.get("priority", "0"))
    for rule in body["rules"]:
        if rule["priority"] == priority:
            found: Body = rule
            return found
    raise invalid("priority", priority, f"The policy does not contain a rule at priority {priority}.")


def _rule(field: str, rule: Body) -> None:
    for name in ("priority", "action", "match"):
        if name not in rule:
            raise missing(f"{field}.{name}")
    if not 0 <= rule["priority"] <= LAST:
        raise invalid(f"{field}.priority", rule["priority"], f"Must be between 0 and {LAST}.")
    if not _ACTION.fullmatch(rule["action"]):
        raise invalid(f"{field}.action", rule["action"], f"Must be a match of regex '{_ACTION.pattern}'")
    limited = rule["action"] in ("throttle", "rate_based_ban")
    if limited != bool(rule.get("rateLimitOptions")):
        why = "Rate limit options are given if, and only if, the action is throttle or rate_based_ban."
        raise invalid(f"{field}.rateLimitOptions", rule.get("rateLimitOptions", ""), why)
    if limited:
        _limits(f"{field}.rateLimitOptions", rule["rateLimitOptions"], banned=rule["action"] == "rate_based_ban")
    if (rule["action"] == "redirect") != bool(rule.get("redirectOptions")):
        raise invalid(f"{field}.redirectOptions", "", "It is given if, and only if, the action is redirect.")
    _match(f"{field}.match", rule["match"])
    rule.setdefault("kind", "compute#securityPolicyRule")
    rule.setdefault("preview", False)
    rule.setdefault("description", "")


def _match(field: str, match: Body) -> None:
    expression = match.get("expr", {}).get("expression")
    ranges = match.get("config", {}).get("srcIpRanges")
    if (expression is None) == (match.get("versionedExpr") is None):
        raise invalid(field, "", "Exactly one of expr and versionedExpr must be specified.")
    if expression is not None:
        try:
            cel.check(expression)
        except cel.Mistake as mistake:
            raise invalid(
                f"{field}.expr.expression", expression, f"Error parsing CEL expression: {mistake}."
            ) from mistake
        return
    if not ranges:
        raise missing(f"{field}.config.srcIpRanges")
    if len(ranges) > _MOST_RANGES:
        raise invalid(f"{field}.config.srcIpRanges", len(ranges), f"At most {_MOST_RANGES} ranges in a rule.")
    for text in ranges:
        if text != "*":
            values.network(f"{field}.config.srcIpRanges", text)


def _limits(field: str, options: Body, banned: bool) -> None:
    """https://cloud.google.com/armor/docs/rate-limiting-overview."""
    threshold = options.get("rateLimitThreshold", {})
    if threshold.get("count", 0) < 1 or threshold.get("intervalSec") not in _INTERVALS:
        why = f"A count of at least 1, and an interval that is one of {sorted(_INTERVALS)}."
        raise invalid(f"{field}.rateLimitThreshold", threshold, why)
    if options.get("conformAction") != "allow":
        raise invalid(f"{field}.conformAction", options.get("conformAction", ""), "Must be 'allow'.")
    if not _EXCEED.fullmatch(options.get("exceedAction", "")):
        why = f"Must be a match of regex '{_EXCEED.pattern}'"
        raise invalid(f"{field}.exceedAction", options.get("exceedAction", ""), why)
    if options.get("enforceOnKey") in ("HTTP_HEADER", "HTTP_COOKIE") and not options.get("enforceOnKeyName"):
        raise missing(f"{field}.enforceOnKeyName")
    if banned != ("banDurationSec" in options):
        why = "A ban duration is given if, and only if, the action is rate_based_ban."
        raise invalid(f"{field}.banDurationSec", options.get("banDurationSec", ""), why)
    if not options.get("enforceOnKeyConfigs"):
        options.setdefault("enforceOnKey", "ALL")
