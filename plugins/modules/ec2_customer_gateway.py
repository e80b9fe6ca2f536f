#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage customer gateways of Site-to-Site VPN."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_customer_gateway
version_added: 0.2.0
short_description: Manage customer gateways of Site-to-Site VPN
description:
  - Creates, replaces and deletes one customer gateway, found by its O(name).
  - >-
    Use M(community.aws.ec2_customer_gateway) if it is enough. That one finds a gateway by its address alone, so it
    never sees another ASN, and has no tags but the name.
  - >-
    AWS cannot change a customer gateway. With another address or ASN this module makes a new one, moves the VPN
    connections of the old one to it, one after another, and deletes the old one. The connections keep their tunnels'
    addresses and options.
  - Built on U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html) and
    U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnection.html).
options:
  name:
    description: Identifies the gateway; becomes its tag C(Name).
    type: str
    required: true
  state:
    description: Whether the gateway should exist. AWS refuses to delete one that a VPN connection uses.
    type: str
    choices: [present, absent]
    default: present
  ip_address:
    description: Public address of the device. Required when O(state=present).
    type: str
  bgp_asn:
    description: Autonomous system of the device, 1 to 2147483647. Required when O(state=present).
    type: int
  tags:
    description: Tags of the gateway besides C(Name).
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait until a connection that was moved is available again. AWS takes some minutes.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.ec2_vpn_connection
  - module: community.aws.ec2_customer_gateway
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: The other cloud's gateway
  multicloud.dr.ec2_customer_gateway:
    name: shop-gcp-0
    ip_address: 198.51.100.11
    bgp_asn: 65010
    tags: {project: shop}
"""

RETURN = r"""
customer_gateway:
  description: The gateway as it is now, or in check mode as it would be.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: The gateway's id. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: cgw-0e11f167
    name:
      description: The gateway's name.
      type: str
      returned: always
      sample: shop-gcp-0
    ip_address:
      description: Public address of the device.
      type: str
      returned: always
      sample: 198.51.100.11
    bgp_asn:
      description: Autonomous system of the device.
      type: int
      returned: always
      sample: 65010
    tags:
      description: The gateway's tags.
      type: dict
      returned: always
      sample: {Name: shop-gcp-0, project: shop}
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: created
  choices: [created, updated, replaced, deleted, none]
moved:
  description: Ids of the VPN connections that were or would be moved from an old gateway.
  returned: when O(state=present)
  type: list
  elements: str
  sample: []
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._ec2_vpn import api
from ..module_utils._ec2_vpn import connections as reading
from ..module_utils._ec2_vpn.tunnels import OptionError, tag_changes

LARGEST_ASN = 2_147_483_647
LOOK_SECONDS = 5

Facts = dict[str, Any]


@dataclass
class Result:
    """What a run did or would do. ``before`` and ``after`` are what a diff shows."""

    action: str = "none"
    customer_gateway: Facts | None = None
    moved: list[str] = field(default_factory=list)
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)


def facts_of(gateway: Mapping[str, Any]) -> Facts:
    """A customer gateway as the module returns it."""
    tags = reading.tags_of(gateway)
    return {
        "id": gateway["CustomerGatewayId"],
        "name": tags.get("Name", ""),
        "ip_address": gateway["IpAddress"],
        "bgp_asn": int(gateway["BgpAsn"]),
        "tags": tags,
    }


def require_valid(options: Mapping[str, Any]) -> None:
    """Raises OptionError for what AWS would refuse."""
    try:
        IPv4Address(options["ip_address"])
    except AddressValueError as error:
        raise OptionError(f"ip_address is '{options['ip_address']}'; an IPv4 address is needed.") from error
    if not 1 <= options["bgp_asn"] <= LARGEST_ASN:
        raise OptionError(f"bgp_asn is {options['bgp_asn']}; allowed are 1 to {LARGEST_ASN}.")


def choose(found: Sequence[Facts], options: Mapping[str, Any]) -> tuple[Facts | None, list[Facts]]:
    """The gateway that is as wanted, and those that it replaces."""
    wanted = (options["ip_address"], options["bgp_asn"])
    same = [each for each in found if (each["ip_address"], each["bgp_asn"]) == wanted]
    return (same[0] if same else None), [each for each in found if each not in same[:1]]


def find(client: Any, name: str) -> list[Facts]:
    """The gateways of this name; several if an earlier run was interrupted while it replaced one."""
    found = api.customer_gateways(client, api.tag_filters({"Name": name}))
    return sorted(
        (facts_of(each) for each in found if each["State"] not in reading.GONE), key=lambda each: str(each["id"])
    )


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create, tag or replace the gateway until it is as the options say."""
    require_valid(options)
    tags = {key: str(value) for key, value in (options["tags"] or {}).items()} | {"Name": options["name"]}
    current, outdated = choose(find(client, options["name"]), options)
    planned = {"id": "", "ip_address": options["ip_address"], "bgp_asn": options["bgp_asn"], "tags": tags}
    planned["name"] = options["name"]
    old = outdated[0] if outdated else current
    result = Result("created" if current is None else "none", before=_shown(old) if old else {})
    if current is None and not check_mode:
        made = api.create_customer_gateway(client, options["ip_address"], options["bgp_asn"], tags)
        current = facts_of(made)  # an existing one of another name, if somebody has made it
    if current is None:
        result.customer_gateway = planned
    else:
        add, remove = tag_changes(current["tags"], tags, options["purge_tags"] and options["tags"] is not None)
        after = {key: value for key, value in (current["tags"] | add).items() if key not in remove}
        result.customer_gateway = current | {"name": options["name"], "tags": after}
        if add or remove:
            result.action = "updated" if result.action == "none" else result.action
            if not check_mode:
                api.change_tags(client, current["id"], add, remove)
    result.after = _shown(result.customer_gateway)
    if outdated:
        result.action = "replaced"
        result.moved = _replace(client, outdated, result.customer_gateway["id"], options["wait_timeout"], check_mode)
    return result


def _shown(gateway: Facts) -> Facts:
    return {name: gateway[name] for name in ("ip_address", "bgp_asn", "tags")}


def _replace(client: Any, outdated: Sequence[Facts], new: str, timeout: float, check_mode: bool) -> list[str]:
    ids = {gateway["id"] for gateway in outdated}
    users = [each for each in reading.alive(api.vpn_connections(client)) if each["CustomerGatewayId"] in ids]
    moved = sorted(each["VpnConnectionId"] for each in users)
    if not check_mode:
        for connection in moved:
            api.modify_vpn_connection(client, connection, CustomerGatewayId=new)
            _await(client, connection, timeout)
        for gateway in sorted(ids):
            api.delete_customer_gateway(client, gateway)
    return moved


def _await(client: Any, connection: str, timeout: float) -> None:
    """The next connection is moved only when this one is available again."""
    end = time.monotonic() + timeout
    wanted = [{"Name": "vpn-connection-id", "Values": [connection]}]
    while any(each["State"] != "available" for each in reading.alive(api.vpn_connections(client, wanted))):
        if time.monotonic() >= end:
            raise api.NotReady(f"The VPN connection {connection} was not available within {timeout:g} seconds.")
        time.sleep(LOOK_SECONDS)


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the gateway of this name, if there is one."""
    found = find(client, options["name"])
    if not found:
        return Result()
    if not check_mode:
        for gateway in found:
            api.delete_customer_gateway(client, gateway["id"])
    return Result("deleted", None, [], _shown(found[0]), {})


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "ip_address": {"type": "str"},
            "bgp_asn": {"type": "int"},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 900},
        },
        required_if=[("state", "present", ["ip_address", "bgp_asn"])],
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except OptionError as error:
        module.fail_json(msg=str(error))
    except api.VpnError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    report: Facts = {"changed": result.action != "none", "action": result.action}
    if result.customer_gateway is not None:
        report |= {"customer_gateway": result.customer_gateway, "moved": result.moved}
    if module._diff:
        report["diff"] = {"before": result.before, "after": result.after}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
