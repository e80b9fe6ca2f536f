#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Route 53 health checks and what the health checkers say."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_health_check_info
version_added: 0.1.0
short_description: Read Route 53 health checks and what the health checkers say
description:
  - Returns the configuration of health checks, the last report of every health checker, and a verdict from them.
  - >-
    The verdict follows Route 53's own rule: more than 18 % of the checkers must say healthy. Calculated checks are
    computed from their children, because the API does not report on them. If no checker answered, the verdict is
    C(unknown), never C(healthy).
  - Built on U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html), which AWS intends
    for diagnosis. Do not build a failover on it; a DNS record with a health check is answered by Route 53's data plane.
options:
  name:
    description: Only the check of this name. A name that does not exist gives an empty list.
    type: str
  id:
    description: Only the check of this id. An id that does not exist gives an empty list.
    type: str
  status:
    description: Whether to ask for the checkers' reports, one API call per check. Without, the verdict is C(unknown).
    type: bool
    default: true
notes:
  - Route 53 allows five API requests per second and account.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.route53_health_check
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Is the primary's check healthy?
  multicloud.dr.route53_health_check_info:
    name: shop-gcp
  register: shop_gcp
  failed_when: shop_gcp.health_checks | map(attribute='verdict') | list != ['healthy']

- name: Read every check's configuration, without asking the checkers
  multicloud.dr.route53_health_check_info:
    status: false
"""

RETURN = r"""
health_checks:
  description: The checks, by name.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The check's id.
      type: str
      returned: always
      sample: 50ec8a13-9623-4c66-9834-dd8c5aedc9ba
    name:
      description: The check's tag C(Name), or an empty string.
      type: str
      returned: always
      sample: shop-gcp-endpoint
    version:
      description: Counts the check's updates.
      type: int
      returned: always
      sample: 1
    config:
      description: The check's settings, under the names of the options of M(multicloud.dr.route53_health_check).
      type: dict
      returned: always
      sample: {type: HTTPS, ip_address: 198.51.100.50, port: 443, inverted: false, disabled: false}
    tags:
      description: The check's tags.
      type: dict
      returned: always
      sample: {Name: shop-gcp-endpoint}
    verdict:
      description: V(healthy), V(unhealthy) or V(unknown), inversion included.
      type: str
      returned: always
      sample: healthy
    observations:
      description: The last report of every checker, before inversion.
      type: list
      elements: dict
      returned: always
      contains:
        region:
          description: The region that the checker stands in.
          type: str
          returned: always
          sample: eu-west-1
        ip_address:
          description: The checker's address.
          type: str
          returned: always
          sample: 198.51.100.210
        status:
          description: What the checker saw.
          type: str
          returned: always
          sample: "Success: HTTP Status Code 200, OK"
        checked_time:
          description: When it saw it.
          type: str
          returned: always
          sample: "2026-01-01T12:00:00+00:00"
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._route53 import api
from ..module_utils._route53.checks import HealthCheck, HealthChecks
from ..module_utils._route53.observed import Observed

Facts = dict[str, Any]


def select(checks: HealthChecks, name: str | None, check_id: str | None) -> list[HealthCheck]:
    """The checks that the options ask for."""
    if name is not None:
        return checks.named(name)
    if check_id is not None:
        return [check for check in [checks.with_id(check_id)] if check is not None]
    return checks.tagged


def read(client: Any, name: str | None, check_id: str | None, status: bool) -> list[Facts]:
    """The report of each selected check."""
    checks = HealthChecks(client)
    selected = select(checks, name, check_id)
    observed = Observed(client, checks, selected if status else [])
    facts = [
        {
            "id": check.id,
            "name": check.tags.get("Name", ""),
            "version": check.version,
            "config": check.settings,
            "tags": check.tags,
            "verdict": observed.verdict(check.id),
            "observations": observed.reports.get(check.id, []),
        }
        for check in selected
    ]
    return sorted(facts, key=lambda check: (check["name"], check["id"]))


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str"},
            "id": {"type": "str"},
            "status": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("name", "id")],
        supports_check_mode=True,
    )
    client = module.client("route53", retry_decorator=AWSRetry.jittered_backoff())
    try:
        health_checks = read(client, module.params["name"], module.params["id"], module.params["status"])
    except api.Route53Error as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(changed=False, health_checks=health_checks)


if __name__ == "__main__":
    main()
