#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read which side of a pair of Route 53 failover records answers, and why."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_failover_info
version_added: 0.1.0
short_description: Read which side of a pair of Route 53 failover records answers, and why
description:
  - Asks name servers which side answers. That takes no API call and works while Route 53's control plane is away.
  - >-
    Then asks the API for the records, their health checks, what every health checker reports, and whether an operator
    has overridden them. If the API does not answer, the module says so in RV(control_plane_error) and does not fail.
options:
  zone:
    description: Name of the public hosted zone. One of O(zone) and O(zone_id) is required if O(control_plane=true).
    type: str
  zone_id:
    description: Id of the hosted zone.
    type: str
  name:
    description: Full name of the records.
    type: str
    required: true
  type:
    description: Type of the records.
    type: str
    choices: [A, AAAA, CNAME]
    default: A
  name_servers:
    description: Who is asked, addresses or names, C(:PORT) if it is not 53. The zone's own, or a resolver.
    type: list
    elements: str
    required: true
  sides:
    description:
      - What each side answers, a list of values by identifier.
      - Without it that is read from the records, and an answer has no side while the API is away.
    type: dict
    default: {}
  control_plane:
    description: Whether to ask the API at all.
    type: bool
    default: true
  health_checks:
    description: What is said of the health checks elsewhere, as of M(multicloud.dr.route53_failover).
    type: list
    elements: dict
    default: []
notes:
  - >-
    Needs C(route53:ListHostedZonesByName), C(ListResourceRecordSets), C(ListHealthChecks), C(ListTagsForResources) and
    C(GetHealthCheckStatus), which Route 53 intends for diagnosis.
requirements:
  - dnspython
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.route53_failover
  - module: multicloud.dr.route53_health_check_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Where does the shop's name lead, and who said so?
  multicloud.dr.route53_failover_info:
    zone: multicloud.example
    name: shop.multicloud.example
    name_servers: [ns-1.example.net, ns-2.example.net]
    sides: {gcp: [198.51.100.50], aws: [198.51.100.150]}
  register: shop

- name: Say it
  ansible.builtin.debug:
    msg: "{{ shop.sentence }}"
"""

RETURN = r"""
answer:
  description: The side that Route 53 answers; an empty string if nobody answered, or its servers differ.
  returned: success
  type: str
  sample: gcp
answers:
  description: What each name server said.
  returned: success
  type: list
  elements: dict
  contains:
    server:
      description: Who was asked.
      type: str
      returned: always
      sample: 198.51.100.230
    side:
      description: The side whose answer it is, or an empty string.
      type: str
      returned: always
      sample: gcp
    values:
      description: The answer.
      type: list
      elements: str
      returned: always
      sample: [198.51.100.50]
    ttl:
      description: Seconds that it may be kept; null if there is none.
      type: int
      returned: always
      sample: 60
    error:
      description: Why there was no answer, or an empty string.
      type: str
      returned: always
      sample: ""
force:
  description:
    - The side that the health checks' flags force, V(automatic), or an empty string if somebody has set others.
    - Null if the API was not asked, or did not answer.
  returned: success
  type: str
  sample: automatic
sides:
  description: Both sides as of M(multicloud.dr.route53_failover). Empty if the API was not asked, or did not answer.
  returned: success
  type: list
  elements: dict
  contains:
    identifier:
      description: The side's name.
      type: str
      returned: always
      sample: gcp
    role:
      description: V(PRIMARY) or V(SECONDARY).
      type: str
      returned: always
      sample: PRIMARY
    values:
      description: What DNS answers; empty for an alias.
      type: list
      elements: str
      returned: always
      sample: [198.51.100.50]
    alias:
      description: Name of the alias's target, or an empty string.
      type: str
      returned: always
      sample: ""
    health_check:
      description: The side's health check with its flags; null if it has none.
      type: dict
      returned: always
      sample: {id: 50ec8a13-9623-4c66-9834-dd8c5aedc9ba, name: gcp, version: 3, disabled: false, inverted: false}
    status:
      description: What Route 53 takes the check for, V(healthy), V(unhealthy) or V(unknown), an override included.
      type: str
      returned: always
      sample: healthy
    seen:
      description: The same without an override, so what it would be if it were V(automatic).
      type: str
      returned: always
      sample: healthy
checks:
  description: The sides' checks and all checks below them, with the last report of every checker, before inversion.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The check's id.
      type: str
      returned: always
      sample: 50ec8a13-9623-4c66-9834-dd8c5aedc9ba
    name:
      description: Its name, or its id.
      type: str
      returned: always
      sample: gcp-healthz
    verdict:
      description: V(healthy), V(unhealthy) or V(unknown), inversion included.
      type: str
      returned: always
      sample: healthy
    observations:
      description: As of M(multicloud.dr.route53_health_check_info).
      type: list
      elements: dict
      returned: always
      sample:
        - region: eu-west-1
          ip_address: 198.51.100.210
          status: "Success: HTTP Status Code 200, OK"
          checked_time: "2026-01-01T12:00:00+00:00"
control_plane_error:
  description: Why the API could not be asked, or an empty string.
  returned: success
  type: str
  sample: ""
sentence:
  description: How it is, for people.
  returned: success
  type: str
  sample: shop.multicloud.example follows its health checks; 4 of 4 name servers answered, with gcp.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._route53 import api, override, records
from ..module_utils._route53 import pair as pairs
from ..module_utils._route53.answers import Sides, agreed, ask_all
from ..module_utils._route53.checks import HealthChecks
from ..module_utils._route53.observed import Observed, with_children
from ..module_utils._route53.override import ROLES, Refused
from ..module_utils._route53.settings import OptionError

Facts = dict[str, Any]

UNKNOWN: Facts = {"force": None, "sides": [], "checks": []}


def ask_api(client: Any, options: Facts) -> Facts:
    """The records, their checks, what is seen of them. Raises OptionError, Refused, Route53Error."""
    zone_id = pairs.find_zone(client, options["zone"], options["zone_id"])
    zone = list(api.iter_records(client, zone_id))
    pair = records.as_pair(records.of_name(zone, options["name"], options["type"]), options["name"], options["type"])
    checks = HealthChecks(client)
    sides = pairs.sides_of(checks, pair, zone, pairs.automatic_flags(options["health_checks"]))
    own = [found for side in sides.values() if side.check and (found := checks.with_id(side.check.id))]
    observed = Observed(client, checks, own)
    described = pairs.describe(pair, sides)
    for facts, mine in zip(described, (sides[role].check for role in ROLES), strict=True):
        facts["status"] = observed.verdict(mine.id) if mine else "healthy"
        facts["seen"] = observed.verdict(mine.id, **mine.automatic._asdict()) if mine else "healthy"
    below = [checks.with_id(check.id) or check for check in with_children(checks, own)]
    return {
        "force": override.forced(sides),
        "sides": described,
        "checks": [
            {
                "id": check.id,
                "name": pairs.name_of(check),
                "verdict": observed.verdict(check.id),
                "observations": observed.reports[check.id],
            }
            for check in below
        ],
    }


def read(options: Facts, client: Callable[[], Any], ask: Callable[..., Any] = ask_all) -> Facts:
    """Everything. ``client()`` is Route 53's API. Raises OptionError, Refused."""
    found, error = UNKNOWN, ""
    if options["control_plane"]:
        try:
            found = ask_api(client(), options)
        except api.Route53Error as failure:
            error = str(failure)
    expected = _given(options["sides"]) or {side["identifier"]: side["values"] or None for side in found["sides"]}
    answers = ask(options["name"], options["type"], options["name_servers"], expected)
    return {
        **found,
        "answer": agreed(answers),
        "answers": [asdict(answer) for answer in answers],
        "control_plane_error": error,
        "sentence": pairs.sentence(options["name"], found["force"], answers),
    }


def _given(sides: Mapping[str, Any]) -> Sides:
    for side, values in sides.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise OptionError(f"sides.{side} is {values!r}; it must be a list of what this side answers.")
    return sides


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "zone": {"type": "str"},
            "zone_id": {"type": "str"},
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "choices": ["A", "AAAA", "CNAME"], "default": "A"},
            "name_servers": {"type": "list", "elements": "str", "required": True},
            "sides": {"type": "dict", "default": {}},
            "control_plane": {"type": "bool", "default": True},
            "health_checks": {"type": "list", "elements": "dict", "default": []},
        },
        required_if=[("control_plane", True, ("zone", "zone_id"), True)],
        mutually_exclusive=[("zone", "zone_id")],
        supports_check_mode=True,
    )
    backoff = AWSRetry.jittered_backoff(retries=3, delay=1, max_delay=5)
    try:
        found = read(module.params, lambda: module.client("route53", retry_decorator=backoff, config=api.impatient()))
    except (OptionError, Refused) as error:
        module.fail_json(msg=str(error))
    if found["control_plane_error"]:
        module.warn(found["control_plane_error"])
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
