#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the last run of a runbook, who holds the lock, and what DNS answers."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_run_info
version_added: 0.1.0
short_description: Read the last run of a runbook, who holds the lock, and what DNS answers
description:
  - Reads the journal of a run from the record's table, and verifies its chain of hashes.
options:
  run:
    description: The run to read. Without it, the one that was begun last.
    type: str
  name:
    description: A name to ask DNS about.
    type: str
  name_servers:
    description: Addresses or names of the servers to ask, one after the other.
    type: list
    elements: str
    default: []
  addresses:
    description: The public address of each site, to tell which one DNS answers with.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
  - multicloud.dr.record
requirements:
  - dnspython, if O(name) is used
seealso:
  - module: multicloud.dr.dr_record_info
  - module: multicloud.dr.dr_failover_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Read the last run
  multicloud.dr.dr_run_info:
    region: ap-northeast-1
    sites: [gcp, aws]
  register: dr_runs
"""

RETURN = r"""
last:
  description: The run that was asked for, or the last one; null if there is none.
  returned: success
  type: dict
  contains:
    run:
      description: Its name.
      type: str
      returned: always
      sample: 20261123T120000-ann
    verb:
      description: What it does.
      type: str
      returned: always
      sample: failover
    target:
      description: The site that it is about.
      type: str
      returned: always
      sample: aws
    owner:
      description: Who has it, and where.
      type: str
      returned: always
      sample: ann on control1
    outcome:
      description: V(running) until it has ended, then V(done), V(failed), V(refused) or V(abandoned).
      type: str
      returned: always
      sample: done
    at:
      description: When it was begun, in seconds since 1970.
      type: float
      returned: always
      sample: 1800000000.5
    head:
      description: The last hash of its journal. Kept elsewhere, it proves that the journal is whole.
      type: str
      returned: always
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    steps:
      description: Each step's last event, in the order of the journal, each with C(step) and C(event).
      type: list
      elements: dict
      returned: always
      sample: [{step: lock, event: done}]
lock:
  description: The run that holds the runbooks' lock, C(run) and C(owner); null if none does.
  returned: success
  type: dict
  sample: {run: 20261123T120000-ann, owner: ann on control1}
dns:
  description: What DNS answers about O(name); null without it.
  returned: success
  type: dict
  contains:
    name:
      description: The name.
      type: str
      returned: always
      sample: shop.multicloud.example
    addresses:
      description: Its addresses; null if no server answered.
      type: list
      elements: str
      returned: always
      sample: [198.51.100.50]
    ttl:
      description: For how many seconds they may be kept; from a resolver, what is left of it; null if not known.
      type: int
      returned: always
      sample: 60
    site:
      description: The site that has one of these addresses; empty if none has.
      type: str
      returned: always
      sample: gcp
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _record_access as access
from ..module_utils._dynamodb import StoreError
from ..module_utils._failover.journal import JournalError
from ..module_utils._runbook.addresses import lookup
from ..module_utils._runbook.runs import Runs, Stored, of_module

Facts = dict[str, Any]


def describe(run: Stored | None) -> Facts | None:
    """A run as it is returned."""
    if run is None:
        return None
    last = {entry.step: entry.event for entry in run.journal.entries[1:]}
    return {
        **{name: getattr(run, name) for name in ("run", "verb", "target", "owner", "outcome", "at")},
        "head": run.journal.head,
        "steps": [{"step": step, "event": event} for step, event in last.items()],
    }


def answer(name: str | None, servers: list[str], sites: Mapping[str, str]) -> Facts | None:
    """What DNS says."""
    if not name:
        return None
    found, ttl = lookup(name, servers) or (None, None)
    site = next((site for site, address in sites.items() if address in (found or ())), "")
    return {"name": name, "addresses": found, "ttl": ttl, "site": site}


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            **access.RECORD_OPTIONS,
            "run": {"type": "str"},
            "name": {"type": "str"},
            "name_servers": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    runs: Runs = of_module(module)
    try:
        access.two_sites(params)
        last = runs.get(params["run"]) if params["run"] else runs.last()
        facts: Facts = {"last": describe(last), "lock": runs.lock()}
    except StoreError as error:
        module.fail_json(msg=access.explain(error, params["table"]))
    except (access.OptionError, JournalError) as error:
        module.fail_json(msg=str(error))
    facts["dns"] = answer(params["name"], params["name_servers"], params["addresses"])
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()
