#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the situation, and say what the arbiter would answer, without asking for anything."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_failover_info
version_added: 0.1.0
short_description: Name the situation and say whether a site may be promoted
description:
  - >-
    Looks at the record and at what the sites publish, as M(multicloud.dr.dr_failover) does, and returns the situation
    and the arbiter's verdicts on a planned and on an unplanned failover.
  - It takes two seconds if everybody lives, and ten if a lease has to be seen to expire.
options:
  target:
    description: The site that the verdicts are about. Without it, the one that is not active.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
  - multicloud.dr.record
  - multicloud.dr.record.evidence
requirements:
  - dnspython, if O(zone) is used
seealso:
  - module: multicloud.dr.dr_failover
  - module: multicloud.dr.dr_record_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: See how things are
  multicloud.dr.dr_failover_info:
    region: ap-northeast-1
    sites: [gcp, aws]
    zone: multicloud.example
    name_servers: [ns-1.example.net, ns-2.example.net]
  register: dr_situation

- name: Say it
  ansible.builtin.debug:
    msg: "{{ dr_situation.situation.name }}: {{ dr_situation.situation.sentence }}"
"""

RETURN = r"""
situation:
  description: What was seen.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: LinkDown
    sentence:
      description: What was seen, in words.
      type: str
      returned: always
      sample: None of the 4 VPN tunnels is up.
    action:
      description: What the arbiter does about it without a human, V(nothing), V(notify) or V(promote).
      type: str
      returned: always
      sample: notify
    advice:
      description: What a human does.
      type: str
      returned: always
      sample: The loss of a failover grows every second. Restore the VPN.
lease:
  description: Whether the active site renews its lease, V(held), V(expired) or V(unknown).
  returned: success
  type: str
  sample: held
alive:
  description: Which sites' agents published while it was looked.
  returned: success
  type: list
  elements: str
  sample: [gcp, aws]
record:
  description: The record, as M(multicloud.dr.dr_record) returns it; null if it could not be read.
  returned: success
  type: dict
  sample: {epoch: 7, active_site: gcp}
statuses:
  description: What each site's agent last published about itself, by site; null if it never did.
  returned: success
  type: dict
  sample: {gcp: {site: gcp, seq: 500, role: active}, aws: null}
health:
  description: Route 53's verdicts by site; null for no answer.
  returned: success
  type: dict
  sample: {gcp: {writable: up, healthz: up}, aws: {writable: down, healthz: up}}
target:
  description: The site that the verdicts are about; null if the record could not be read and none was given.
  returned: success
  type: str
  sample: aws
watched_seconds:
  description: How long was looked.
  returned: success
  type: float
  sample: 2.1
planned:
  description: >-
    About a planned failover; null without a target. What M(multicloud.dr.dr_failover) returns under the same names.
  returned: success
  type: dict
  contains: &promotion
    verdict:
      description: The arbiter's.
      type: dict
      returned: always
      sample: {allowed: false, refusals: [{name: link, sentence: None of the 4 VPN tunnels is up., overridable: false}]}
    plan:
      description: The steps, each with C(name), C(sentence) and C(budget_seconds).
      type: list
      elements: dict
      returned: always
      sample: [{name: drain, sentence: Ask gcp to stop writing., budget_seconds: 1}]
    predicted_seconds:
      description: From the verdict until the target takes writes.
      type: float
      returned: always
      sample: 2.9
unplanned:
  description: About an unplanned failover, the same.
  returned: success
  type: dict
  contains: *promotion
"""

from dataclasses import asdict
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _record_access as access
from ..module_utils._dynamodb import StoreError
from ..module_utils._failover.arbiter import decide
from ..module_utils._failover.evidence import Evidence, EvidenceError, Settings
from ..module_utils._failover.record import RecordError, to_item
from ..module_utils._failover.situation import RESPONSES, analyse
from ..module_utils._failover.transition import predict_seconds
from ..module_utils._watch import Clock, Look, Scene, Store, watch

Facts = dict[str, Any]


def read(store: Store, scene: Scene, settings: Settings, target: str | None, clock: Clock) -> Facts:
    """What the module returns. Raises StoreError, RecordError, EvidenceError."""
    try:
        store.read()
    except StoreError as error:
        # A table that is not there is a mistake; one that does not answer is a situation.
        if access.absent(error):
            raise
    return report(*watch(store, scene, settings, clock), settings, target)


def report(evidence: Evidence, look: Look, settings: Settings, target: str | None) -> Facts:
    """Evidence, named and judged."""
    record, situation = evidence.record, analyse(evidence, settings)
    if target is None and record is not None:
        target = evidence.other(record.active_site)
    return {
        "situation": {**asdict(situation), **RESPONSES[situation.name]._asdict()},
        "lease": evidence.lease(settings),
        "alive": [site for site in evidence.sites if evidence.fresh(site)],
        "record": None if record is None else to_item(record),
        "statuses": {site: look.statuses.get(site) for site in evidence.sites},
        "health": {site: asdict(evidence.health[site]) for site in evidence.sites},
        "target": target,
        "watched_seconds": round(evidence.elapsed, 3),
        "planned": None if target is None else judge(evidence, settings, target, planned=True),
        "unplanned": None if target is None else judge(evidence, settings, target, planned=False),
    }


def judge(evidence: Evidence, settings: Settings, target: str, planned: bool) -> Facts:
    """The verdict, and what would be done."""
    known = evidence.record is not None
    return {
        "verdict": access.describe(decide(evidence, target, planned=planned, settings=settings)),
        "plan": access.steps(planned, evidence.other(target), target),
        "predicted_seconds": predict_seconds(evidence, target, planned, settings) if known else None,
    }


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={**access.RECORD_OPTIONS, **access.EVIDENCE_OPTIONS, "target": {"type": "str"}},
        **access.EVIDENCE_RULES,
        supports_check_mode=True,
    )
    params = module.params
    try:
        sites = access.two_sites(params)
        target = params["target"] and access.one_of("target", params["target"], sites)
        # The verdicts of an operator who has named no override.
        scene = Scene(sites, "operator", access.health(params, sites), params["tunnels"])
        facts = read(access.store(module), scene, access.settings(params), target, Clock())
    except StoreError as error:
        module.fail_json(msg=access.explain(error, params["table"]))
    except (access.OptionError, EvidenceError, RecordError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()
