#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the record of the active site, what both sites publish, and who holds the runbooks' lock."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dr_record_info
version_added: 0.1.0
short_description: Read the record of the active site and what both sites publish
description:
  - >-
    One look, with strongly consistent reads. Whether an agent lives, or a lease is renewed, shows only in two looks;
    M(multicloud.dr.dr_failover_info) takes them.
  - A record that does not exist is no error; its table that does not exist is one.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
  - multicloud.dr.record
seealso:
  - module: multicloud.dr.dr_record
  - module: multicloud.dr.dr_failover_info
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Read the record
  multicloud.dr.dr_record_info:
    region: ap-northeast-1
    sites: [gcp, aws]
  register: dr_record

- name: Say who is active
  ansible.builtin.debug:
    msg: "{{ dr_record.record.active_site }} is active at epoch {{ dr_record.record.epoch }}"
  when: dr_record.record is not none
"""

RETURN = r"""
record:
  description: The record, as M(multicloud.dr.dr_record) returns it; null if there is none.
  returned: success
  type: dict
  sample: {epoch: 7, active_site: gcp, lease_counter: 18211, lease_epoch: 7, lease_site: gcp, mode: manual}
draining:
  description: Whether a planned failover is under way.
  returned: success
  type: bool
  sample: false
fenced:
  description: Whether the last lease that was held has been given up for good by its holder.
  returned: success
  type: bool
  sample: false
statuses:
  description: What each site's agent last published about itself, by site; null if it never did.
  returned: success
  type: dict
  sample:
    gcp: {site: gcp, seq: 500, incarnation: 9f3c, epoch: 7, role: active, database: {answers: true, writable: true}}
    aws: null
lock:
  description: The run that holds the runbooks' lock; null if none does.
  returned: success
  type: dict
  contains:
    run:
      description: Its name.
      type: str
      returned: always
      sample: 20261123T120000-ann
    owner:
      description: Who started it, and where.
      type: str
      returned: always
      sample: ann on control1
"""

from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils import _record_access as access
from ..module_utils._dynamodb import StoreError
from ..module_utils._failover.record import Record, RecordError, to_item


class Store(Protocol):
    """_dynamodb.Store; every method may raise StoreError."""

    def read(self) -> Record | None: ...
    def statuses(self, sites: tuple[str, ...]) -> Mapping[str, Mapping[str, Any] | None]: ...
    def lock(self) -> dict[str, str] | None: ...


def read(store: Store, sites: tuple[str, str]) -> dict[str, Any]:
    """What the module returns. Raises StoreError, RecordError."""
    record = store.read()
    return {
        "record": None if record is None else to_item(record),
        "draining": record is not None and record.draining,
        "fenced": record is not None and record.lease_site != "" and record.fenced,
        "statuses": store.statuses(sites),
        "lock": store.lock(),
    }


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(argument_spec=access.RECORD_OPTIONS, supports_check_mode=True)
    try:
        facts = read(access.store(module, attempts=3), access.two_sites(module.params))
    except StoreError as error:
        module.fail_json(msg=access.explain(error, module.params["table"]))
    except (access.OptionError, RecordError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()
