#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change several records of a Route 53 zone at once."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: route53_change_batch
version_added: 0.2.0
short_description: Make several records of a Route 53 zone as wanted, in one atomic change batch
description:
  - >-
    Compares the records with what the zone has, every attribute, and sends what differs as one change batch, which
    Route 53 does as a whole or not at all. So records can be exchanged, and a name can go from one routing policy to
    another, without a moment in between.
  - >-
    M(amazon.aws.route53) changes one record a call. Built on
    U(https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html).
options:
  zone:
    description: Name of the public hosted zone. One of O(zone) and O(zone_id) is required.
    type: str
  zone_id:
    description: Id of the hosted zone.
    type: str
  records:
    description: The records. Those that are not named are left alone, see O(purge).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Full name.
        type: str
        required: true
      type:
        description: Record type.
        type: str
        required: true
        choices: [A, AAAA, CAA, CNAME, HTTPS, MX, NS, PTR, SPF, SRV, SVCB, TXT]
      state:
        description:
          - Whether the record should exist.
          - An absent one needs O(records[].name), O(records[].type) and, if it has one, O(records[].identifier).
        type: str
        choices: [present, absent]
        default: present
      values:
        description: Values in zone-file form, in any order; a TXT value carries its quotes. Either these or an alias.
        type: list
        elements: str
      ttl:
        description: Seconds that resolvers may keep the record. An alias has its target's.
        type: int
        default: 300
      alias:
        description: Answer with the records of another name instead of with values.
        type: dict
        suboptions:
          name:
            description: The other name.
            type: str
            required: true
          zone_id:
            description: Hosted zone of the target; without it, the record's. Distributions are in C(Z2FDTNDATAQYW2).
            type: str
          evaluate_target_health:
            description: Whether the alias inherits the target's health.
            type: bool
            default: false
      identifier:
        description: Tells records of one name and type apart. Needs one of the routing policies.
        type: str
      failover:
        description: The record's role in a failover pair.
        type: str
        choices: [PRIMARY, SECONDARY]
      weight:
        description: The record's share of the answers, 0 to 255.
        type: int
      latency_region:
        description: The region whose latency counts for the record.
        type: str
      health_check:
        description: Id or name of the health check that the record rests on.
        type: str
  purge:
    description:
      - Whether other records that have the name and type of a present one are deleted in the same batch.
      - Needed to go from one routing policy to another.
    type: bool
    default: false
  comment:
    description: What Route 53 notes with the change.
    type: str
    default: multicloud.dr
  wait:
    description: Whether to wait until all name servers of Route 53 have the change, within 60 seconds by design.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 300
attributes:
  check_mode:
    details: [A zone that does not exist yet is taken as empty. A health check that does not is shown by its name.]
notes:
  - >-
    Needs C(route53:ListHostedZonesByName) (with O(zone)), C(ListResourceRecordSets), C(ChangeResourceRecordSets),
    C(GetChange) (with O(wait)); with O(records[].health_check), C(ListHealthChecks) and C(ListTagsForResources).
  - If somebody changes a record between reading and writing, Route 53 refuses the whole batch (C(InvalidChangeBatch)).
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.route53_failover
  - module: amazon.aws.route53
  - module: amazon.aws.route53_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Both names at the same moment
  multicloud.dr.route53_change_batch:
    zone: example.com
    wait: true
    records:
      - {name: shop.example.com, type: A, alias: {name: d111111abcdef8.cloudfront.net, zone_id: Z2FDTNDATAQYW2}}
      - {name: shop.example.com, type: AAAA, alias: {name: d111111abcdef8.cloudfront.net, zone_id: Z2FDTNDATAQYW2}}
      - {name: old.example.com, type: CNAME, state: absent}

- name: From a simple record to a failover pair
  multicloud.dr.route53_change_batch:
    zone: example.com
    purge: true
    records:
      - {name: a.example.com, type: A, ttl: 60, values: [192.0.2.1], identifier: a, failover: PRIMARY, health_check: a}
      - {name: a.example.com, type: A, ttl: 60, values: [192.0.2.2], identifier: b, failover: SECONDARY}
"""

RETURN = r"""
changes:
  description: What was sent, or in check mode would be, in this order.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: C(CREATE), C(UPSERT) or C(DELETE).
      type: str
      returned: always
      sample: CREATE
    name:
      description: The record's name.
      type: str
      returned: always
      sample: shop.example.com
    type:
      description: The record's type.
      type: str
      returned: always
      sample: A
    identifier:
      description: The record's identifier, or an empty string.
      type: str
      returned: always
      sample: ""
change_id:
  description: Id of the change; empty if nothing was sent.
  returned: success
  type: str
  sample: /change/C2682N5HXP0BZ4
in_sync:
  description: Whether all name servers were seen to have it; false if nobody looked.
  returned: success
  type: bool
  sample: true
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._patience import Patience
from ..module_utils._route53 import api, change_batch
from ..module_utils._route53.checks import HealthChecks
from ..module_utils._route53.pair import find_zone
from ..module_utils._route53.records import RecordSet, comparable
from ..module_utils._route53.settings import OptionError

Facts = dict[str, Any]


class NotInSync(Exception):
    """The change was made, but not all name servers had it in time."""


def read_zone(client: Any, options: Facts, check_mode: bool) -> tuple[str, list[RecordSet]]:
    """The zone's id and its records. In check mode a zone may be still to come; if no record is wanted, be gone."""
    try:
        zone_id = find_zone(client, options["zone"], options["zone_id"])
    except OptionError:
        if check_mode or all(record["state"] == "absent" for record in options["records"]):
            return "", []
        raise
    return zone_id, list(api.iter_records(client, zone_id))


def check_ids(client: Any, records: list[Facts], check_mode: bool) -> dict[str, str]:
    """Ids of the health checks by how the options call them. In check mode one that does not exist keeps its name."""
    called = {each["health_check"] for each in records if each["health_check"] and each["state"] == "present"}
    checks, found = HealthChecks(client), {}
    for name in sorted(called):
        named = [each for each in [checks.with_id(name)] if each is not None] or checks.named(name)
        if len(named) > 1 or not (named or check_mode):
            raise OptionError(f"health_check is '{name}', but {len(named) or 'no'} health checks have this name or id.")
        found[name] = named[0].id if named else name
    return found


def ensure(client: Any, options: Facts, check_mode: bool, patience: Patience) -> Facts:
    """The arguments of exit_json. Raises OptionError, Route53Error, NotInSync."""
    zone_id, existing = read_zone(client, options, check_mode)
    ids = check_ids(client, options["records"], check_mode)
    present = [each for each in options["records"] if each["state"] == "present"]
    absent = [_key(each) for each in options["records"] if each["state"] == "absent"]
    wanted = [change_batch.wanted(each, zone_id, ids) for each in present]
    batch = change_batch.changes(existing, wanted, absent, options["purge"])
    change = ""
    if batch and not check_mode:
        change = api.change_records(client, zone_id, batch, options["comment"])
    if change and options["wait"] and not patience.until(lambda: api.is_in_sync(client, change)):
        raise NotInSync(f"The records were changed, but not all name servers have them after {patience.seconds:g} s.")
    return {
        "changed": bool(batch),
        "changes": change_batch.summary(batch),
        "change_id": change,
        "in_sync": bool(change and options["wait"]),
        "diff": diff(existing, batch),
    }


def _key(record: Facts) -> change_batch.Key:
    return change_batch.key(
        {"Name": record["name"], "Type": record["type"], "SetIdentifier": record["identifier"] or ""}
    )


def diff(existing: list[RecordSet], batch: list[change_batch.Change]) -> Facts:
    """The records that the batch touches, before and after."""
    touched = {change_batch.key(change["ResourceRecordSet"]) for change in batch}
    before = [comparable(record) for record in existing if change_batch.key(record) in touched]
    after = [change["ResourceRecordSet"] for change in batch if change["Action"] != "DELETE"]
    return {"before": change_batch.shown(before), "after": change_batch.shown(after)}


def main() -> None:
    """Read the options, run, report."""
    types = ["A", "AAAA", "CAA", "CNAME", "HTTPS", "MX", "NS", "PTR", "SPF", "SRV", "SVCB", "TXT"]
    module = AnsibleAWSModule(
        argument_spec={
            "zone": {"type": "str"},
            "zone_id": {"type": "str"},
            "records": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "type": {"type": "str", "required": True, "choices": types},
                    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                    "values": {"type": "list", "elements": "str"},
                    "ttl": {"type": "int", "default": 300},
                    "alias": {
                        "type": "dict",
                        "options": {
                            "name": {"type": "str", "required": True},
                            "zone_id": {"type": "str"},
                            "evaluate_target_health": {"type": "bool", "default": False},
                        },
                    },
                    "identifier": {"type": "str"},
                    "failover": {"type": "str", "choices": ["PRIMARY", "SECONDARY"]},
                    "weight": {"type": "int"},
                    "latency_region": {"type": "str"},
                    "health_check": {"type": "str"},
                },
            },
            "purge": {"type": "bool", "default": False},
            "comment": {"type": "str", "default": "multicloud.dr"},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 300},
        },
        mutually_exclusive=[("zone", "zone_id")],
        required_one_of=[("zone", "zone_id")],
        supports_check_mode=True,
    )
    client = module.client("route53", retry_decorator=AWSRetry.jittered_backoff())
    try:
        report = ensure(client, module.params, module.check_mode, Patience(module.params["wait_timeout"], poll=1.0))
    except OptionError as error:
        module.fail_json(msg=str(error))
    except NotInSync as error:
        module.fail_json(msg=str(error), changed=True)
    except api.Route53Error as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(**report)


if __name__ == "__main__":
    main()
