#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage Site-to-Site VPN connections with all options of their tunnels."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_vpn_connection
version_added: 0.2.0
short_description: Manage Site-to-Site VPN connections with all options of their tunnels
description:
  - >-
    Creates, changes and deletes one VPN connection between a customer gateway and a virtual private gateway, found by
    its O(name).
  - >-
    Use M(amazon.aws.ec2_vpc_vpn) if you do not care for tunnel options. It cannot set them (it sends an empty IPv6
    inside CIDR, which AWS refuses), knows nothing of IKE, start-up and dead peers, and never compares a tunnel with
    what is wanted.
  - Every option that is given is compared with AWS, the pre-shared key included; the key is never shown.
  - Tunnels are changed one after another; the second one only when the connection is available again, and with
    O(wait_up_timeout) only when the first one is up again.
  - Built on U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html) and
    U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnTunnelOptions.html).
options:
  name:
    description: Identifies the connection; becomes its tag C(Name).
    type: str
    required: true
  state:
    description: Whether the connection should exist.
    type: str
    choices: [present, absent]
    default: present
  customer_gateway_id:
    description:
      - The customer gateway at the other end. Required for a new connection.
      - A change moves the connection, which keeps its addresses and options and is interrupted for a moment.
    type: str
  vpn_gateway_id:
    description: The virtual private gateway at AWS's end. Required for a new connection; a change moves it.
    type: str
  static_routes_only:
    description: Whether the connection works without BGP. Cannot be changed later.
    type: bool
  tunnels:
    description:
      - Options of the connection's two tunnels.
      - An option that is not given keeps its value; on a new tunnel it has AWS's default.
      - >-
        An entry is the tunnel with its O(tunnels[].inside_cidr); entries that match none take the remaining tunnels in
        AWS's order.
      - One entry with the inside CIDR of an existing tunnel changes that tunnel alone, as a rotation of keys does.
    type: list
    elements: dict
    default: []
    suboptions:
      inside_cidr:
        description: A /30 in 169.254.0.0/16. AWS takes its first address, the customer the second one.
        type: str
      pre_shared_key:
        description: Key of the tunnel, 8 to 64 of A-Z a-z 0-9 C(.) and C(_), the first one not 0.
        type: str
      ike_versions:
        description: Permitted versions of IKE.
        type: list
        elements: str
        choices: [ikev1, ikev2]
      phase1_encryption_algorithms:
        description: Permitted ciphers of IKE. With many, IKE's packets fragment.
        type: list
        elements: str
        choices: [AES128, AES128-GCM-16, AES256, AES256-GCM-16]
      phase1_integrity_algorithms:
        description: Permitted integrity algorithms of IKE.
        type: list
        elements: str
        choices: [SHA1, SHA2-256, SHA2-384, SHA2-512]
      phase1_dh_groups:
        description: Permitted Diffie-Hellman groups of IKE.
        type: list
        elements: int
        choices: [2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 35]
      phase1_lifetime_seconds:
        description: Seconds after which IKE takes a new key, 900 to 28800.
        type: int
      phase2_encryption_algorithms:
        description: Permitted ciphers of ESP.
        type: list
        elements: str
        choices: [AES128, AES128-GCM-16, AES256, AES256-GCM-16]
      phase2_integrity_algorithms:
        description: Permitted integrity algorithms of ESP.
        type: list
        elements: str
        choices: [SHA1, SHA2-256, SHA2-384, SHA2-512]
      phase2_dh_groups:
        description: Permitted Diffie-Hellman groups of ESP.
        type: list
        elements: int
        choices: [2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 35, 36, 37]
      phase2_lifetime_seconds:
        description: Seconds after which ESP takes a new key, 900 to 3600, and less than phase 1's.
        type: int
      rekey_margin_seconds:
        description: Seconds before the end of phase 2's lifetime within which AWS rekeys, 60 to half of that lifetime.
        type: int
      rekey_fuzz_percentage:
        description: Share of O(tunnels[].rekey_margin_seconds) within which the moment is random, 0 to 100.
        type: int
      replay_window_size:
        description: Packets in the replay window, 64 to 2048.
        type: int
      dpd_timeout_seconds:
        description: Seconds of silence after which the peer is dead, 30 or more.
        type: int
      dpd_timeout_action:
        description: What is done about a dead peer. AWS's default V(clear) ends the session and takes its routes away.
        type: str
        choices: [clear, none, restart]
      startup_action:
        description: Whether AWS waits for the customer's side (V(add)) or begins itself (V(start)).
        type: str
        choices: [add, start]
  tags:
    description: Tags of the connection besides C(Name).
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. Without O(tags), nothing is.
    type: bool
    default: true
  wait:
    description:
      - Whether to wait until a new, changed or deleted connection is ready.
      - A second tunnel is never changed before the connection is available again.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for that, each time. AWS takes some minutes.
    type: int
    default: 900
  wait_up_timeout:
    description:
      - Seconds to wait, after each changed tunnel and before the next one, until it is up again; V(0) does not wait.
      - Only of use if the other end gets the same change meanwhile, or needs none.
    type: int
    default: 0
notes:
  - Keys that AWS stores in Secrets Manager cannot be compared; this module uses AWS's standard storage.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - multicloud.dr.attributes
seealso:
  - module: multicloud.dr.ec2_vpn_connection_info
  - module: multicloud.dr.ec2_customer_gateway
  - module: amazon.aws.ec2_vpc_vpn
author:
  - multicloud.dr contributors (@multicloud-dr)
"""

EXAMPLES = r"""
- name: Two tunnels with BGP, one proposal each
  multicloud.dr.ec2_vpn_connection:
    name: shop-gcp-0
    customer_gateway_id: cgw-0e11f167
    vpn_gateway_id: vgw-9a4cacf3
    tunnels:
      - inside_cidr: 169.254.20.0/30
        pre_shared_key: "{{ psk_1 }}"
        ike_versions: [ikev2]
        phase1_encryption_algorithms: [AES256]
        phase1_integrity_algorithms: [SHA2-256]
        phase1_dh_groups: [18]
        dpd_timeout_action: restart
        startup_action: start
      - inside_cidr: 169.254.20.4/30
        pre_shared_key: "{{ psk_2 }}"
        ike_versions: [ikev2]

- name: Change the key of one tunnel
  multicloud.dr.ec2_vpn_connection:
    name: shop-gcp-0
    tunnels:
      - inside_cidr: 169.254.20.4/30
        pre_shared_key: "{{ new_psk_2 }}"

- name: Remove it
  multicloud.dr.ec2_vpn_connection:
    name: shop-gcp-0
    state: absent
"""

RETURN = r"""
vpn_connection:
  description: The connection as it is now, or in check mode as it would be, as far as that is known. Without keys.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: The connection's id. Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: vpn-123abc
    name:
      description: The connection's name.
      type: str
      returned: always
      sample: shop-gcp-0
    state:
      description: C(pending) or C(available). Empty in check mode if it does not exist yet.
      type: str
      returned: always
      sample: available
    customer_gateway_id:
      description: The customer gateway.
      type: str
      returned: always
      sample: cgw-0e11f167
    vpn_gateway_id:
      description: The virtual private gateway. Empty if the connection has another end.
      type: str
      returned: always
      sample: vgw-9a4cacf3
    static_routes_only:
      description: Whether the connection works without BGP.
      type: bool
      returned: always
      sample: false
    tags:
      description: The connection's tags.
      type: dict
      returned: always
      sample: {Name: shop-gcp-0}
    tunnels:
      description:
        - The tunnels, those of O(tunnels) first and in its order.
        - Everything that the other end has to know, but the key.
        - Also the options of O(tunnels), with AWS's default where AWS shows none.
      type: list
      elements: dict
      returned: always
      contains:
        outside_address:
          description: Public address of AWS's end. Missing in check mode if it is not known yet.
          type: str
          returned: when known
          sample: 203.0.113.12
        inside_cidr:
          description: The tunnel's inside network.
          type: str
          returned: when known
          sample: 169.254.20.0/30
        amazon_inside_address:
          description: AWS's address inside the tunnel.
          type: str
          returned: when known
          sample: 169.254.20.1
        amazon_asn:
          description: AWS's autonomous system.
          type: int
          returned: with BGP
          sample: 64512
        customer_outside_address:
          description: Public address of the other end.
          type: str
          returned: when known
          sample: 198.51.100.11
        customer_inside_address:
          description: The other end's address inside the tunnel.
          type: str
          returned: when known
          sample: 169.254.20.2
        customer_asn:
          description: Autonomous system of the other end.
          type: int
          returned: with BGP
          sample: 65010
        bgp_hold_seconds:
          description: BGP's hold time.
          type: int
          returned: with BGP
          sample: 30
        status:
          description: C(UP) or C(DOWN), by AWS's telemetry. What is not reported is C(DOWN).
          type: str
          returned: always
          sample: UP
        status_message:
          description: What AWS says of the status.
          type: str
          returned: always
          sample: 2 BGP ROUTES
        status_since:
          description: When the status changed, ISO 8601.
          type: str
          returned: always
          sample: "2026-01-02T03:04:05+00:00"
        accepted_routes:
          description: Routes that AWS got by BGP.
          type: int
          returned: always
          sample: 2
action:
  description: What was done, or in check mode would be.
  returned: always
  type: str
  sample: updated
  choices: [created, updated, deleted, none]
changed_tunnels:
  description: Inside CIDRs of the tunnels that were or would be changed, in that order; of a new connection none.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [169.254.20.4/30]
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._ec2_vpn import api
from ..module_utils._ec2_vpn import connections as reading
from ..module_utils._ec2_vpn import tunnels as rules
from ..module_utils._ec2_vpn.tunnels import OptionError, Tunnel

LOOK_SECONDS = 5

Facts = dict[str, Any]


@dataclass
class Result:
    """What a run did or would do. ``before`` and ``after`` are what a diff shows."""

    action: str = "none"
    vpn_connection: Facts | None = None
    changed_tunnels: list[str] = field(default_factory=list)
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Waiter:
    """Waits for a connection, within the limits of the options."""

    client: Any
    name: str
    timeout: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, done: Callable[[Mapping[str, Any]], bool], what: str, timeout: float) -> Mapping[str, Any]:
        """The connection as soon as it is as wanted. Raises NotReady."""
        end = self.clock() + timeout
        while True:
            connection = find(self.client, self.name)
            if connection is not None and done(connection):
                return connection
            if self.clock() >= end:
                raise api.NotReady(f"The VPN connection '{self.name}' was not {what} within {timeout:g} seconds.")
            self.sleep(LOOK_SECONDS)

    def available(self) -> Mapping[str, Any]:
        return self.until(lambda found: found["State"] == "available", "available", self.timeout)

    def up(self, address: str, timeout: float) -> None:
        """A tunnel is up, and the connection is not being changed any more."""

        def done(found: Mapping[str, Any]) -> bool:
            return found["State"] == "available" and reading.status_of(found, address) == "UP"

        self.until(done, f"up at {address}", timeout)


def find(client: Any, name: str) -> Mapping[str, Any] | None:
    """The connection of this name. Raises OptionError if there are several."""
    found = reading.alive(api.vpn_connections(client, api.tag_filters({"Name": name})))
    if len(found) > 1:
        ids = ", ".join(sorted(each["VpnConnectionId"] for each in found))
        raise OptionError(f"name is '{name}', but {len(found)} VPN connections have it: {ids}. Delete all but one.")
    return found[0] if found else None


def ensure_present(client: Any, options: Facts, check_mode: bool) -> Result:
    """Create or change the connection until it is as the options say."""
    wanted = [rules.given(tunnel) for tunnel in options["tunnels"]]
    rules.require_valid(wanted)
    tags = {key: str(value) for key, value in (options["tags"] or {}).items()} | {"Name": options["name"]}
    current = find(client, options["name"])
    if current is None:
        return _create(client, options, wanted, tags, check_mode)
    return _update(client, options, current, wanted, tags, check_mode)


def _create(client: Any, options: Facts, wanted: list[Tunnel], tags: dict[str, str], check_mode: bool) -> Result:
    customer, gateway = options["customer_gateway_id"], options["vpn_gateway_id"]
    if not customer or not gateway:
        missing = "vpn_gateway_id" if customer else "customer_gateway_id"
        raise OptionError(f"The VPN connection '{options['name']}' does not exist; a new one needs {missing}.")
    static = bool(options["static_routes_only"])
    planned = {
        "id": "",
        "name": options["name"],
        "state": "",
        "customer_gateway_id": customer,
        "vpn_gateway_id": gateway,
        "static_routes_only": static,
        "tags": tags,
        "tunnels": [rules.DEFAULTS | rules.shown(tunnel) | {"status": "DOWN"} for tunnel in wanted],
    }
    after = {name: planned[name] for name in ("customer_gateway_id", "vpn_gateway_id", "static_routes_only", "tags")}
    after["tunnels"] = [rules.shown(tunnel) | {rules.SECRET: rules.KEPT} for tunnel in wanted]
    result = Result("created", planned, [], {}, after)
    if check_mode:
        return result
    request = {"StaticRoutesOnly": static, "TunnelOptions": [rules.to_api(tunnel) for tunnel in wanted]}
    made: Mapping[str, Any] = api.create_vpn_connection(client, customer, gateway, request, tags)
    if options["wait"]:
        made = Waiter(client, options["name"], options["wait_timeout"]).available()
    order = [tunnel.outside_address for tunnel, _ in rules.match(wanted, reading.tunnels_of(made))]
    result.vpn_connection = reading.describe(made, order)
    return result


def _update(
    client: Any,
    options: Facts,
    current: Mapping[str, Any],
    wanted: list[Tunnel],
    wanted_tags: dict[str, str],
    check_mode: bool,
) -> Result:
    static = bool((current.get("Options") or {}).get("StaticRoutesOnly"))
    if options["static_routes_only"] not in (None, static):
        raise OptionError(
            f"static_routes_only of the VPN connection '{options['name']}' is {str(static).lower()}; AWS cannot change"
            " it. Remove the connection first (state: absent)."
        )
    pairs = rules.match(wanted, reading.tunnels_of(current))
    changes = rules.changes(pairs)
    moves = {
        name: options[name]
        for name, key in (("customer_gateway_id", "CustomerGatewayId"), ("vpn_gateway_id", "VpnGatewayId"))
        if options[name] and options[name] != current.get(key)
    }
    old_tags = reading.tags_of(current)
    add, remove = rules.tag_changes(old_tags, wanted_tags, options["purge_tags"] and options["tags"] is not None)
    order = [tunnel.outside_address for tunnel, _ in pairs]
    facts = reading.describe(current, order)
    result = Result("none", facts)
    result.before = {name: facts[name] for name in moves} | {"tags": old_tags}
    result.after = moves | {"tags": {key: value for key, value in (old_tags | add).items() if key not in remove}}
    cidrs = {tunnel.outside_address: str(tunnel.options.get("inside_cidr")) for tunnel, _ in pairs}
    for change in changes:
        result.before.setdefault("tunnels", {})[cidrs[change.outside_address]] = change.before
        result.after.setdefault("tunnels", {})[cidrs[change.outside_address]] = change.after
    result.changed_tunnels = [cidrs[change.outside_address] for change in changes]
    if not (changes or moves or add or remove):
        return result
    result.action = "updated"
    if check_mode:
        after = {change.outside_address: rules.shown(change.after) for change in changes}
        tunnels = [tunnel | after.get(tunnel["outside_address"], {}) for tunnel in facts["tunnels"]]
        result.vpn_connection = facts | moves | {"tags": result.after["tags"], "tunnels": tunnels}
        return result
    identifier, waiter = current["VpnConnectionId"], Waiter(client, options["name"], options["wait_timeout"])
    api.change_tags(client, identifier, add, remove)
    if moves or changes:
        waiter.available()  # an earlier run may have been interrupted while AWS was still at work
    for name, gateway in moves.items():
        key = "CustomerGatewayId" if name == "customer_gateway_id" else "VpnGatewayId"
        api.modify_vpn_connection(client, identifier, **{key: gateway})
        if changes or options["wait"] or len(moves) > 1:
            waiter.available()
    for number, change in enumerate(changes, 1):
        api.modify_tunnel(client, identifier, change.outside_address, change.request)
        if options["wait"] or number < len(changes):
            waiter.available()
        if options["wait_up_timeout"]:
            waiter.up(change.outside_address, options["wait_up_timeout"])
    result.vpn_connection = reading.describe(find(client, options["name"]) or current, order)
    return result


def ensure_absent(client: Any, options: Facts, check_mode: bool) -> Result:
    """Delete the connection of this name, if there is one."""
    current = find(client, options["name"])
    if current is None:
        return Result()
    if not check_mode:
        api.delete_vpn_connection(client, current["VpnConnectionId"])
        if options["wait"]:
            _await_deletion(client, options["name"], options["wait_timeout"])
    facts = reading.describe(current)
    names = ("id", "customer_gateway_id", "vpn_gateway_id", "tags")
    return Result("deleted", None, [], {name: facts[name] for name in names}, {})


def _await_deletion(client: Any, name: str, timeout: float) -> None:
    """Gateways can be deleted only after their connection."""
    end = time.monotonic() + timeout
    while any(each["State"] == "deleting" for each in api.vpn_connections(client, api.tag_filters({"Name": name}))):
        if time.monotonic() >= end:
            raise api.NotReady(f"The VPN connection '{name}' was not deleted within {timeout:g} seconds.")
        time.sleep(LOOK_SECONDS)


def tunnel_spec() -> Facts:
    """Argument spec of one entry of ``tunnels``."""
    spec: Facts = {
        "inside_cidr": {"type": "str"},
        "pre_shared_key": {"type": "str", "no_log": True},
        "dpd_timeout_action": {"type": "str", "choices": ["clear", "none", "restart"]},
        "startup_action": {"type": "str", "choices": ["add", "start"]},
    }
    for name, choices in rules.CHOICES.items():
        spec[name] = {"type": "list", "elements": "int" if name.endswith("groups") else "str", "choices": choices}
    return spec | {name: {"type": "int"} for name in rules.RANGES}


def main() -> None:
    """Read the options, run, report."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "customer_gateway_id": {"type": "str"},
            "vpn_gateway_id": {"type": "str"},
            "static_routes_only": {"type": "bool"},
            "tunnels": {"type": "list", "elements": "dict", "default": [], "options": tunnel_spec()},
            "tags": {"type": "dict"},
            "purge_tags": {"type": "bool", "default": True},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 900},
            "wait_up_timeout": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    client = module.client("ec2", retry_decorator=AWSRetry.jittered_backoff())
    ensure = ensure_present if module.params["state"] == "present" else ensure_absent
    try:
        result = ensure(client, module.params, module.check_mode)
    except (OptionError, reading.ConfigurationError) as error:
        module.fail_json(msg=str(error))
    except api.VpnError as error:
        module.fail_json(msg=str(error), error_code=error.code)
    report: Facts = {"changed": result.action != "none", "action": result.action}
    if result.vpn_connection is not None:
        report |= {"vpn_connection": result.vpn_connection, "changed_tunnels": result.changed_tunnels}
    if module._diff:
        report["diff"] = {"before": result.before, "after": result.after}
    module.exit_json(**report)


if __name__ == "__main__":
    main()
