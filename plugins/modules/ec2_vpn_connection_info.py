#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Site-to-Site VPN connections."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_vpn_connection_info
version_added: 0.2.0
short_description: Read Site-to-Site VPN connections
description:
  - >-
    Returns VPN connections with their tunnels' options, the parsed configuration of the customer's side and AWS's
    telemetry.
  - Pre-shared keys are left out.
  - Built on U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html).
options:
  name:
    description: Only the connection of this name. A name that does not exist gives an empty list.
    type: str
  tags:
    description: Only connections that have all of these tags.
    type: dict
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes.info
seealso:
  - module: multicloud.dr.ec2_vpn_connection
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Read the project's connections
  multicloud.dr.ec2_vpn_connection_info:
    tags:
      project: shop
  register: vpn

- name: All four tunnels are up
  ansible.builtin.assert:
    that: vpn.vpn_connections | map(attribute='tunnels') | flatten | map(attribute='status') == ['UP'] * 4
"""

RETURN = r"""
vpn_connections:
  description: The connections that are not deleted, by name. Each as M(multicloud.dr.ec2_vpn_connection) returns it.
  returned: always
  type: list
  elements: dict
  sample:
    - id: vpn-123abc
      name: shop-gcp-0
      state: available
      customer_gateway_id: cgw-0e11f167
      vpn_gateway_id: vgw-9a4cacf3
      static_routes_only: false
      tags: {Name: shop-gcp-0, project: shop}
      tunnels:
        - outside_address: 203.0.113.12
          inside_cidr: 169.254.20.0/30
          amazon_inside_address: 169.254.20.1
          amazon_asn: 64512
          customer_outside_address: 198.51.100.11
          customer_inside_address: 169.254.20.2
          customer_asn: 65010
          bgp_hold_seconds: 30
          ike_versions: [ikev2]
          phase1_lifetime_seconds: 28800
          startup_action: start
          status: UP
          status_message: 2 BGP ROUTES
          status_since: "2026-01-02T03:04:05+00:00"
          accepted_routes: 2
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._ec2_vpn import api
from ..module_utils._ec2_vpn import connections as reading


def main() -> None:
    """Read the options, ask, report."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"type": "str"}, "tags": {"type": "dict"}},
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    tags = {key: str(value) for key, value in (module.params["tags"] or {}).items()}
    if module.params["name"] is not None:
        tags["Name"] = module.params["name"]
    try:
        found = reading.alive(api.vpn_connections(client, api.tag_filters(tags)))
        connections = sorted(map(reading.describe, found), key=lambda each: (each["name"], each["id"]))
    except reading.ConfigurationError as error:
        module.fail_json(msg=str(error))
    except api.VpnError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    module.exit_json(vpn_connections=connections)


if __name__ == "__main__":
    main()
