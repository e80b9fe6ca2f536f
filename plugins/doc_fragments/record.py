# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules about the record have in common; the options are module_utils/_record_access.py's."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: multicloud.dr.record``, and ``.evidence`` for those that ask the arbiter."""

    DOCUMENTATION = r"""
options:
  table:
    description: The DynamoDB table with the record. O(region) is the witness's, where the table is.
    type: str
    default: multicloud-dr
  sites:
    description: The names of both sites.
    type: list
    elements: str
    required: true
notes:
  - >-
    Needs C(dynamodb:GetItem) and C(dynamodb:BatchGetItem) on the table; to change something, C(dynamodb:PutItem) and
    C(dynamodb:UpdateItem) too.
"""

    EVIDENCE = r"""
options:
  health:
    description:
      - Route 53's verdicts by site, as DNS answers them. C(writable) says whether a client can write there, C(healthz)
        whether the site can serve reads; each is V(up), V(down) or null for no answer.
      - A verdict that is not given was not seen; no answer is no proof of death.
    type: dict
  zone:
    description:
      - Ask DNS for the verdicts instead of taking them from O(health), in the TXT records C(writable.<site>.<zone>)
        and C(healthz.<site>.<zone>).
    type: str
  name_servers:
    description: Addresses or names of the servers to ask about O(zone), one after the other; three are asked at most.
    type: list
    elements: str
  tunnels:
    description: How many VPN tunnels are up, if that was looked at.
    type: dict
    suboptions:
      up:
        description: Tunnels that are up.
        type: int
        required: true
      of:
        description: Tunnels that there are.
        type: int
        required: true
  settings:
    description: The operator's limits, and the protocol's times that evidence is measured by.
    type: dict
    suboptions:
      rpo_seconds:
        description: A promotion that is predicted to lose more seconds of writes is refused.
        type: float
        default: 60.0
      max_loss_transactions:
        description: A promotion that is predicted to lose more transactions is refused. Without it, there is no limit.
        type: int
      anti_flap_seconds:
        description: So long after a failover the next one is refused, unless the last one was acknowledged.
        type: float
        default: 3600.0
      max_lag_seconds:
        description: A standby that is further behind does not follow.
        type: float
        default: 10.0
      holder_ttl:
        description: The agents' time from a renewal to the end of its lease.
        type: float
        default: 8.0
      challenger_ttl:
        description: After so many seconds without a renewal a lease has expired for everybody.
        type: float
        default: 10.0
      publish_every:
        description: How often an agent publishes what it sees.
        type: float
        default: 2.0
"""
