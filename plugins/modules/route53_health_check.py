#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage Route 53 health checks of every type."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_health_check
version_added: 0.1.0
short_description: Manage Route 53 health checks of every type
description:
  - Creates, updates and deletes one Route 53 health check, found by its O(name).
  - >-
    Use M(amazon.aws.route53_health_check) if it is enough. This module adds what that one lacks: inverted checks,
    checks on CloudWatch alarms and on routing controls, the regions of the health checkers, SNI, a comparison of every
    attribute, an order-free comparison of child checks, and updates under the check's version, so that nobody's change
    is overwritten.
  - Built on U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html) and
    U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html).
  - >-
    An option that is not given keeps its value on an existing check and gets AWS's default on a new one.
    An empty O(fqdn), O(resource_path) or O(regions) goes back to AWS's default.
options:
  name:
    description:
      - Identifies the check. Becomes its tag C(Name), and the check's caller reference is derived from it, so that
        neither an interrupted run nor a second one at the same time creates it twice.
      - A check that was made elsewhere is adopted if exactly one has this tag.
    type: str
    required: true
  state:
    description: Whether the check should exist.
    type: str
    choices: [present, absent]
    default: present
  type:
    description:
      - What is checked. Required when O(state=present). Cannot be changed later, see O(replace).
      - V(CALCULATED) counts healthy O(child_health_checks); V(CLOUDWATCH_METRIC) follows the data stream of an alarm;
        V(RECOVERY_CONTROL) follows a routing control.
    type: str
    choices: [TCP, HTTP, HTTP_STR_MATCH, HTTPS, HTTPS_STR_MATCH, CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL]
  ip_address:
    description: Address of the endpoint. Without it, the checkers resolve O(fqdn) before each request.
    type: str
  port:
    description: Port of the endpoint. AWS's default is 80 for HTTP and 443 for HTTPS.
    type: int
  fqdn:
    description: Name of the endpoint. With O(ip_address) it is only the Host header, and the name in SNI.
    type: str
  resource_path:
    description: Path that is requested. A status of 2xx or 3xx means healthy.
    type: str
  search_string:
    description: String that must appear in the first 5,120 bytes of the body. Required for the V(_STR_MATCH) types.
    type: str
  request_interval:
    description: Seconds from a response to a checker's next request. Cannot be changed later, see O(replace).
    type: int
    choices: [10, 30]
  failure_threshold:
    description: How many consecutive results change a checker's mind, in both directions.
    type: int
    choices: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  measure_latency:
    description: Whether AWS draws latency graphs. Cannot be changed later, see O(replace).
    type: bool
  enable_sni:
    description: Whether O(fqdn) is sent in the TLS handshake. On for a new HTTPS check unless told otherwise.
    type: bool
  regions:
    description: Regions whose checkers look at the endpoint, at least three; an empty list means all of them.
    type: list
    elements: str
    choices: [us-east-1, us-west-1, us-west-2, eu-west-1, ap-southeast-1, ap-southeast-2, ap-northeast-1, sa-east-1]
  child_health_checks:
    description: The checks that a V(CALCULATED) one counts, each by its id or by its name. Their order means nothing.
    type: list
    elements: str
  health_threshold:
    description: How many of O(child_health_checks) must be healthy. V(0) is always healthy, more than there are never.
    type: int
  alarm_name:
    description: The CloudWatch alarm that a V(CLOUDWATCH_METRIC) check follows.
    type: str
  alarm_region:
    description: The region of O(alarm_name).
    type: str
  insufficient_data_status:
    description: The status while the alarm has too little data. Required for V(CLOUDWATCH_METRIC).
    type: str
    choices: [Healthy, Unhealthy, LastKnownStatus]
  routing_control_arn:
    description: The routing control that a V(RECOVERY_CONTROL) check follows. Cannot be changed later, see O(replace).
    type: str
  inverted:
    description: Whether healthy and unhealthy are exchanged.
    type: bool
  disabled:
    description: Whether the check is suspended. A suspended check counts as healthy, or as unhealthy if O(inverted).
    type: bool
  replace:
    description:
      - Whether a change of an immutable option deletes the check and creates a new one, with another id. Without it,
        such a change is an error.
      - The new check is created first. Records that refer to the old id have to be changed by the same play.
    type: bool
    default: false
  tags:
    description: Tags of the check besides C(Name).
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
attributes:
  check_mode:
    details: [A child check that does not exist yet is shown by its name.]
notes:
  - Route 53 allows five API requests per second and account; a run takes two to four.
  - If somebody changes the check between reading and writing, the module fails with C(HealthCheckVersionMismatch).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.route53_health_check_info
  - module: amazon.aws.route53_health_check
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Check a site's edge over HTTPS, every 10 seconds, three failures
  multicloud.dr.route53_health_check:
    name: shop-gcp-endpoint
    type: HTTPS
    ip_address: 198.51.100.50
    fqdn: shop.multicloud.example
    resource_path: /healthz
    request_interval: 10
    failure_threshold: 3

- name: Healthy while the standby site does not hold the epoch
  multicloud.dr.route53_health_check:
    name: shop-aws-not-active
    type: HTTPS
    ip_address: 198.51.100.150
    fqdn: shop.multicloud.example
    resource_path: /dr/active
    request_interval: 10
    inverted: true

- name: Both of them, for the primary failover record
  multicloud.dr.route53_health_check:
    name: shop-gcp
    type: CALCULATED
    child_health_checks: [shop-gcp-endpoint, shop-aws-not-active]
    health_threshold: 2

- name: Follow an alarm, and count as unhealthy when it has no data
  multicloud.dr.route53_health_check:
    name: shop-orders
    type: CLOUDWATCH_METRIC
    alarm_name: shop-orders-stalled
    alarm_region: ap-northeast-2
    insufficient_data_status: Unhealthy

- name: Remove a check
  multicloud.dr.route53_health_check:
    name: shop-gcp
    state: absent
"""

RETURN = r"""
health_check:
  description: The check as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: The check's id. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: 50ec8a13-9623-4c66-9834-dd8c5aedc9ba
    name:
      description: The check's name.
      type: str
      returned: always
      sample: shop-gcp-endpoint
    version:
      description: Counts the check's updates. 0 in check mode if it does not exist yet.
      type: int
      returned: always
      sample: 1
    config:
      description: The check's settings, under the names of the options.
      type: dict
      returned: always
      sample:
        type: HTTPS
        ip_address: 198.51.100.50
        port: 443
        fqdn: shop.multicloud.example
        resource_path: /healthz
        request_interval: 10
        failure_threshold: 3
        measure_latency: false
        enable_sni: true
        inverted: false
        disabled: false
    tags:
      description: The check's tags.
      type: dict
      returned: always
      sample: {Name: shop-gcp-endpoint}
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, replaced, deleted, none]
"""

import itertools
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._route53 import api
from ..module_utils._route53 import settings as rules
from ..module_utils._route53.checks import HealthCheck, HealthChecks
from ..module_utils._route53.settings import OptionError, Settings

CHECK_ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
# After so many deletions within AWS's memory the caller reference ends at random.
NUMBERED_REFERENCES = 8

Facts = dict[str, Any]


@dataclass
class Result:
    """What a run did or would do. ``before`` and ``after`` are what a diff shows."""

    action: str = "none"
    health_check: Facts | None = None
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)


def tag_changes(current: dict[str, str], wanted: dict[str, str], purge: bool) -> tuple[dict[str, str], list[str]]:
    """Tags to set and keys to remove."""
    add = {key: value for key, value in wanted.items() if current.get(key) != value}
    return add, sorted(current.keys() - wanted.keys()) if purge else []


def describe(check_id: str, name: str, version: int, config: Settings, tags: dict[str, str]) -> Facts:
    """A health check as the module returns it."""
    return {"id": check_id, "name": name, "version": version, "config": config, "tags": tags}


def shown(config: Settings, tags: dict[str, str]) -> Facts:
    """What counts as a change, normalised."""
    return {"config": dict(sorted(config.items())), "tags": dict(sorted(tags.items()))}


def resolve_children(checks: HealthChecks, children: list[str], check_mode: bool) -> list[str]:
    """Ids of child checks given by id or by name. In check mode a check that does not exist yet keeps its name."""

    def resolve(child: str) -> str:
        if CHECK_ID.match(child):
            return child
        found = checks.named(child)
        if len(found) > 1:
            raise OptionError(f"child_health_checks names '{child}', but {len(found)} health checks have this name.")
        if not found and not check_mode:
            raise OptionError(f"child_health_checks names '{child}', but no health check has this name or id.")
        return found[0].id if found else child

    return rules.unordered(resolve(child) for child in children)


def choose(found: list[HealthCheck], name: str, replace: bool) -> tuple[HealthCheck | None, list[HealthCheck]]:
    """The check to manage, and surplus ones that an interrupted replacement left behind."""
    if len(found) > 1 and not (replace and all(rules.managed_as(name, check.reference) for check in found)):
        ids = ", ".join(sorted(check.id for check in found))
        raise OptionError(f"name is '{name}', but {len(found)} health checks have it: {ids}. Delete all but one.")
    newest_first = sorted(found, key=lambda check: check.reference, reverse=True)
    return (newest_first[0] if found else None), newest_first[1:]


def create(client: Any, name: str, wanted: Settings) -> dict[str, Any]:
    """Create under the first caller reference that AWS accepts: those of deleted checks stay refused for days."""
    suffixes = itertools.chain(map(str, range(NUMBERED_REFERENCES)), [f"r{secrets.token_hex(6)}"])
    refusal: api.AlreadyExists | None = None
    for suffix in suffixes:
        try:
            return api.create_health_check(client, rules.caller_reference(name, suffix), rules.to_api(wanted))
        except api.AlreadyExists as error:
            refusal = error
    raise refusal or AssertionError("no caller reference was tried")


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create, update or replace the check until it is as the options say."""
    checks = HealthChecks(client)
    name = options["name"]
    wanted = rules.given(options)
    rules.require_valid(wanted)
    if "child_health_checks" in wanted:
        wanted["child_health_checks"] = resolve_children(checks, wanted["child_health_checks"], check_mode)
    current, surplus = choose(checks.named(name), name, options["replace"])
    wanted_tags = {key: str(value) for key, value in (options["tags"] or {}).items()} | {"Name": name}
    purge = options["purge_tags"] and options["tags"] is not None
    if current is None:
        return _create(client, name, wanted, wanted_tags, check_mode)
    changed = rules.changes(current.settings, wanted)
    immutable = sorted(rules.IMMUTABLE & changed.keys())
    if immutable and not options["replace"]:
        was = ", ".join(f"{option} from {current.settings.get(option)} to {wanted[option]}" for option in immutable)
        raise OptionError(
            f"Route 53 cannot change {was} on the health check '{name}'; set replace: true for a new one."
        )
    if immutable:
        result = _create(client, name, wanted, wanted_tags, check_mode)
        surplus = [current, *surplus]
    else:
        result = _update(client, name, current, changed, tag_changes(current.tags, wanted_tags, purge), check_mode)
    if surplus:
        result.action = "replaced"
        result.before = shown(current.settings, current.tags) | {
            "ids": sorted({current.id, *(check.id for check in surplus)})
        }
        result.after["ids"] = [(result.health_check or {})["id"]]
        _delete(client, surplus, check_mode)
    return result


def _create(client: Any, name: str, wanted: Settings, tags: dict[str, str], check_mode: bool) -> Result:
    planned = rules.created(wanted)
    if check_mode:
        return Result("created", describe("", name, 0, planned, tags), {}, shown(planned, tags))
    made = create(client, name, planned)
    config = rules.from_api(made["HealthCheckConfig"])
    api.change_tags(client, made["Id"], tags, [])
    facts = describe(made["Id"], name, made["HealthCheckVersion"], config, tags)
    return Result("created", facts, {}, shown(config, tags))


def _update(
    client: Any,
    name: str,
    current: HealthCheck,
    changed: Settings,
    tags: tuple[dict[str, str], list[str]],
    check_mode: bool,
) -> Result:
    add, remove = tags
    config, version = rules.updated(current.settings, changed), current.version
    new_tags = {key: value for key, value in (current.tags | add).items() if key not in remove}
    if changed and not check_mode:
        request = rules.update_request(config, changed)
        made = api.update_health_check(client, current.id, current.version, **request)
        config, version = rules.from_api(made["HealthCheckConfig"]), made["HealthCheckVersion"]
    if (add or remove) and not check_mode:
        api.change_tags(client, current.id, add, remove)
    return Result(
        "updated" if changed or add or remove else "none",
        describe(current.id, name, version, config, new_tags),
        shown(current.settings, current.tags),
        shown(config, new_tags),
    )


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the check of this name, if there is one."""
    current, surplus = choose(HealthChecks(client).named(options["name"]), options["name"], options["replace"])
    if current is None:
        return Result()
    _delete(client, [current, *surplus], check_mode)
    return Result("deleted", None, shown(current.settings, current.tags), {})


def _delete(client: Any, checks: list[HealthCheck], check_mode: bool) -> None:
    for check in checks:
        if not check_mode:
            api.delete_health_check(client, check.id)


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "type": {"type": "str", "choices": list(rules.ALLOWED)},
            "ip_address": {"type": "str"},
            "port": {"type": "int"},
            "fqdn": {"type": "str"},
            "resource_path": {"type": "str"},
            "search_string": {"type": "str"},
            "request_interval": {"type": "int", "choices": [10, 30]},
            "failure_threshold": {"type": "int", "choices": list(range(1, 11))},
            "measure_latency": {"type": "bool"},
            "enable_sni": {"type": "bool"},
            "regions": {"type": "list", "elements": "str", "choices": list(rules.REGIONS)},
            "child_health_checks": {"type": "list", "elements": "str"},
            "health_threshold": {"type": "int"},
            "alarm_name": {"type": "str"},
            "alarm_region": {"type": "str"},
            "insufficient_data_status": {"type": "str", "choices": ["Healthy", "Unhealthy", "LastKnownStatus"]},
            "routing_control_arn": {"type": "str"},
            "inverted": {"type": "bool"},
            "disabled": {"type": "bool"},
            "replace": {"type": "bool", "default": False},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
        },
        required_if=[
            ("state", "present", ["type"]),
            ("type", "TCP", ["port"]),
            ("type", "HTTP_STR_MATCH", ["search_string"]),
            ("type", "HTTPS_STR_MATCH", ["search_string"]),
            ("type", "CALCULATED", ["child_health_checks", "health_threshold"]),
            ("type", "CLOUDWATCH_METRIC", ["alarm_name", "alarm_region", "insufficient_data_status"]),
            ("type", "RECOVERY_CONTROL", ["routing_control_arn"]),
        ],
        supports_check_mode=True,
    )
    client = module.client("route53", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except OptionError as error:
        module.fail_json(msg=str(error))
    except api.Route53Error as error:
        module.fail_json(msg=str(error), error_code=error.code)
    report: Facts = {"changed": result.action != "none", "action": result.action}
    if result.health_check is not None:
        report["health_check"] = result.health_check
    if module._diff:
        report["diff"] = {"before": result.before, "after": result.after}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
