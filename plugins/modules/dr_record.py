#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the record of the active site once; set its mode; acknowledge its last change."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_record
version_added: 0.1.0
short_description: Create the record of the active site, set its mode, acknowledge its last change
description:
  - >-
    Creates the one item that says which site is active, at epoch 1, if there is none yet. The agents open a database
    only by this record, so nothing sells before it exists.
  - >-
    The epoch and the active site of an existing record are never changed here, whatever O(active_site) says: that is
    what M(multicloud.dr.dr_failover) is for. So a play with this task can be run again after any failover.
  - The DynamoDB table itself has to be there, with the string C(id) as its partition key.
options:
  state:
    description: The record should exist. Nothing here can remove it.
    type: str
    choices: [present]
    default: present
  active_site:
    description: The site that takes writes first. Required when there is no record yet; never read again after that.
    type: str
  mode:
    description:
      - Whether the arbiter may promote a site without a human, V(automatic), or only notifies, V(manual).
      - A new record is V(manual) unless told otherwise; an existing one keeps its mode.
    type: str
    choices: [manual, automatic]
  acknowledge:
    description:
      - Says that an operator has looked at the last failover. It then no longer holds up the next automatic one.
      - It is about the epoch that the record has now, and lost if the epoch moves in the same moment.
    type: bool
    default: false
attributes:
  check_mode:
    details: [A table that does not exist yet is taken for an empty one.]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
  - multicloud.dr.record
seealso:
  - module: multicloud.dr.dr_record_info
  - module: multicloud.dr.dr_failover
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: The first site that takes writes
  multicloud.dr.dr_record:
    region: ap-northeast-1
    sites: [gcp, aws]
    active_site: gcp

- name: Let the arbiter promote by itself from now on
  multicloud.dr.dr_record:
    region: ap-northeast-1
    sites: [gcp, aws]
    mode: automatic

- name: The last failover has been looked at
  multicloud.dr.dr_record:
    region: ap-northeast-1
    sites: [gcp, aws]
    acknowledge: true
"""

RETURN = r"""
changes:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [bootstrap, acknowledge]
record:
  description: The record as it is now, or in check mode as it would be.
  returned: success
  type: dict
  contains:
    epoch:
      description: The fencing token, one more at every change of the active site.
      type: int
      returned: always
      sample: 7
    active_site:
      description: The site that this epoch belongs to.
      type: str
      returned: always
      sample: gcp
    lease_counter:
      description: Counts renewals of the lease.
      type: int
      returned: always
      sample: 18211
    lease_epoch:
      description: The epoch of the last lease that was really held.
      type: int
      returned: always
      sample: 7
    lease_site:
      description: Who held it.
      type: str
      returned: always
      sample: gcp
    fence_epoch:
      description: The last epoch that its holder has promised never to write under again.
      type: int
      returned: always
      sample: 6
    fence_site:
      description: Who promised.
      type: str
      returned: always
      sample: aws
    fence_gtid:
      description: What it had executed by then, a GTID set.
      type: str
      returned: always
      sample: 11111111-1111-1111-1111-111111111111:1-900
    drain_epoch:
      description: A planned failover is under way if this is RV(record.epoch).
      type: int
      returned: always
      sample: 6
    drain_to:
      description: The target of the last planned failover.
      type: str
      returned: always
      sample: gcp
    lossless_epoch:
      description: The epoch that may be opened only with all of RV(record.fence_gtid).
      type: int
      returned: always
      sample: 7
    mode:
      description: V(manual) or V(automatic).
      type: str
      returned: always
      sample: manual
    acknowledged_epoch:
      description: The last epoch whose beginning an operator has acknowledged.
      type: int
      returned: always
      sample: 6
    changed_at:
      description: When the epoch changed, in seconds since 1970, by the clock of whoever changed it.
      type: float
      returned: always
      sample: 1800000000.5
    changed_by:
      description: Who changed it.
      type: str
      returned: always
      sample: ann
    reason:
      description: Why.
      type: str
      returned: always
      sample: Maintenance of the VPN.
    overrides:
      description: The refusals of the arbiter that were overridden.
      type: list
      elements: str
      returned: always
      sample: []
    run:
      description: The run that changed it.
      type: str
      returned: always
      sample: 20261123T120000-ann
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _record_access as access
from ..module_utils._dynamodb import StoreError
from ..module_utils._failover import record as records
from ..module_utils._failover.record import Cause, Change, Record, RecordError

Facts = dict[str, Any]

SHOWN = ("epoch", "active_site", "mode", "acknowledged_epoch")


class Store(Protocol):
    """_dynamodb.Store; both may raise StoreError."""

    def read(self) -> Record | None: ...
    def apply(self, change: Change) -> Record | None: ...


class Conflict(Exception):
    """Somebody else changed the record meanwhile; the message is one sentence."""


@dataclass(frozen=True)
class Result:
    """The record before and after, and the names of the changes between."""

    before: Record | None
    after: Record
    changes: list[str]


def due(record: Record | None, options: Mapping[str, Any], now: float) -> Change | None:
    """The next change towards what the options say; None if there is none. Raises OptionError."""
    if record is None:
        if not options["active_site"]:
            raise access.OptionError("There is no record yet; active_site is needed to create it.")
        cause = Cause(by="dr_record", reason="The first record.", at=now)
        return records.bootstrap(options["active_site"], options["mode"] or "manual", cause)
    if options["mode"] not in (None, record.mode):
        return records.set_mode(options["mode"])
    if options["acknowledge"] and record.acknowledged_epoch < record.epoch:
        return records.acknowledge(record.epoch)
    return None


def ensure(store: Store, options: Mapping[str, Any], check_mode: bool, wall: Callable[[], float] = time.time) -> Result:
    """Change the record until it is as the options say. Raises OptionError, StoreError, RecordError, Conflict."""
    record = before = _read(store, check_mode)
    done: list[str] = []
    while change := due(record, options, wall()):
        after = records.apply(record, change) if check_mode else store.apply(change)
        if after is not None:
            record = after
            done.append(change.name)
            continue
        # Somebody else was there at the same moment. Two that create the record want the same.
        record = store.read()
        if not change.create and (reason := records.why_not(record, change)):
            raise Conflict(f"The record changed meanwhile: {reason}. Look at it again.")
    assert record is not None  # or its creation would be due
    return Result(before, record, done)


def shown(record: Record | None) -> Facts:
    """What this module can change; a lease that is renewed meanwhile is no difference."""
    return {} if record is None else {name: getattr(record, name) for name in SHOWN}


def _read(store: Store, check_mode: bool) -> Record | None:
    try:
        return store.read()
    except StoreError as error:
        if check_mode and access.absent(error):
            return None
        raise


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            **access.RECORD_OPTIONS,
            "state": {"type": "str", "choices": ["present"], "default": "present"},
            "active_site": {"type": "str"},
            "mode": {"type": "str", "choices": ["manual", "automatic"]},
            "acknowledge": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        sites = access.two_sites(module.params)
        if module.params["active_site"]:
            access.one_of("active_site", module.params["active_site"], sites)
        result = ensure(access.store(module, attempts=3), module.params, module.check_mode)
    except StoreError as error:
        module.fail_json(msg=access.explain(error, module.params["table"]))
    except (access.OptionError, RecordError, Conflict) as error:
        module.fail_json(msg=str(error))
    report: Facts = {
        "changed": bool(result.changes),
        "changes": result.changes,
        "record": records.to_item(result.after),
    }
    if module._diff:
        report["diff"] = {"before": shown(result.before), "after": shown(result.after)}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
