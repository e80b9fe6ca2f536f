#!/usr/bin/python3
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep this gateway's tunnels up, and say which is not.

    vpn-gateway links     make the interfaces, addresses and routes of the tunnels
    vpn-gateway watch     the same, and initiate every tunnel that is missing; for ever
    vpn-gateway status    one line a tunnel; 1 if any of --tunnels is not up after --wait seconds

strongSwan restarts a child that the peer closed, but not one that was terminated here, nor one whose peer was away
for long. Its userland back end has no trap policies either, so something has to look.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

CONFIGURATION = "/etc/vpn-gateway.json"
VXLAN_PORT = 4789
# How ours are told from other people's: links by alias, addresses on lo by label, routes by protocol number.
ALIAS = "vpn-gateway"
LABEL = "lo:vpn"
PROTOCOL = "250"
# Worse than any other route. FRR reads the first byte of a kernel route's metric as its distance.
LAST_METRIC = 250 << 24
WATCH_INTERVAL = 5.0

Run = Callable[[list[str]], str]


class Sa(NamedTuple):
    """State of a tunnel's IKE_SA and of its CHILD_SA; empty if there is none."""

    ike: str = ""
    child: str = ""


class Kernel(NamedTuple):
    """What is there, as `ip -j -d` prints it; of routes only ours."""

    links: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    routes: list[dict[str, Any]]


def parse_sas(text: str) -> dict[str, Sa]:
    """States by tunnel out of `swanctl --list-sas`; of several SAs the one that is furthest."""
    found: dict[str, Sa] = {}
    for line in text.splitlines():
        if match := re.match(r"(\S+): #\d+, (\w+),", line):
            known = found.get(match[1], Sa())
            found[match[1]] = known if known.ike == "ESTABLISHED" else known._replace(ike=match[2])
        elif match := re.match(r"  (\S+): #\d+, reqid \d+, (\w+),", line):
            known = found.get(match[1], Sa())
            found[match[1]] = known if known.child == "INSTALLED" else known._replace(child=match[2])
    return found


def to_initiate(tunnels: Iterable[dict[str, Any]], sas: dict[str, Sa]) -> list[str]:
    """Tunnels that this end has to set up now. One that is being set up is left alone: a second try would double it."""
    return [
        tunnel["name"]
        for tunnel in tunnels
        if tunnel["initiator"] and not (sa := sas.get(tunnel["name"], Sa())).child and sa.ike in ("", "ESTABLISHED")
    ]


def link_commands(configuration: dict[str, Any], kernel: Kernel) -> list[str]:
    """`ip` commands from what there is to what there should be; none if all is there."""
    tunnels, mtu = configuration["tunnels"], configuration["mtu"]
    commands = []
    wanted = {tunnel["name"]: tunnel for tunnel in tunnels}
    links = {link["ifname"]: link for link in kernel.links}
    addresses = {
        (link["ifname"], f"{info['local']}/{info['prefixlen']}", info.get("label", ""))
        for link in kernel.addresses
        for info in link["addr_info"]
        if info.get("family") == "inet"
    }
    present = {(name, address) for name, address, _ in addresses}
    routes = {f"{route['type']} {route['dst']}" for route in kernel.routes}
    # Without its SA, and with it the route of strongSwan's own table, a packet must not leave in clear; nor may one for
    # the other site take the default route while BGP knows no better one. Not FRR's own static routes: at a boot it
    # may install one with distance 1 whatever its configuration says (10.3), and then no tunnel is used.
    guards = {f"blackhole {tunnel['peer_vtep']}": "" for tunnel in tunnels}
    guards |= {f"unreachable {cidr}": f" metric {LAST_METRIC}" for cidr in configuration["remote_cidrs"]}

    for name, link in links.items():
        if link.get("ifalias") == ALIAS and not (name in wanted and _same(link, wanted[name])):
            commands.append(f"link delete {name}")
            links = {key: value for key, value in links.items() if key != name}
            present = {(key, address) for key, address in present if key != name}
    local = {tunnel["local_vtep"] for tunnel in tunnels}
    for name, address, label in sorted(addresses):
        if label == LABEL and address.removesuffix("/32") not in local:
            commands.append(f"address delete {address} dev {name}")
    commands += [f"route delete {route} proto {PROTOCOL}" for route in sorted(routes - guards.keys())]
    commands += [f"route add {route}{more} proto {PROTOCOL}" for route, more in guards.items() if route not in routes]

    for name, tunnel in wanted.items():
        if ("lo", f"{tunnel['local_vtep']}/32") not in present:
            commands.append(f"address add {tunnel['local_vtep']}/32 dev lo label {LABEL}")
        if name not in links:
            ends = f"local {tunnel['local_vtep']} remote {tunnel['peer_vtep']}"
            commands += [
                f"link add {name} type vxlan id {tunnel['vni']} {ends} dstport {VXLAN_PORT} nolearning",
                f"link set {name} alias {ALIAS}",
            ]
        if links.get(name, {}).get("mtu") != mtu:
            commands.append(f"link set {name} mtu {mtu}")
        if (name, f"{tunnel['local_inside']}/30") not in present:
            commands.append(f"address add {tunnel['local_inside']}/30 dev {name}")
        if "UP" not in links.get(name, {}).get("flags", []):
            commands.append(f"link set {name} up")
    return commands


def _same(link: dict[str, Any], tunnel: dict[str, Any]) -> bool:
    """Whether a VXLAN link has the tunnel's ends. The kernel cannot change them afterwards."""
    data = link.get("linkinfo", {}).get("info_data", {})
    return (data.get("id"), data.get("local"), data.get("remote"), data.get("port")) == (
        tunnel["vni"],
        tunnel["local_vtep"],
        tunnel["peer_vtep"],
        VXLAN_PORT,
    )


def report(
    configuration: dict[str, Any], sas: dict[str, Sa], peers: dict[str, Any]
) -> dict[str, dict[str, str | bool]]:
    """State of every tunnel, and of the session with the VPC's router as "vpc", by name."""
    rows: dict[str, dict[str, str | bool]] = {}
    for tunnel in configuration["tunnels"]:
        sa = sas.get(tunnel["name"], Sa())
        bgp = peers.get(tunnel["peer_inside"], {}).get("state", "not configured")
        rows[tunnel["name"]] = {
            "peer": tunnel["peer"],
            "ike": sa.ike or "none",
            "child": sa.child or "none",
            "bgp": bgp,
            "up": (sa.ike, sa.child, bgp) == ("ESTABLISHED", "INSTALLED", "Established"),
        }
    if router := configuration["vpc_router"]:
        bgp = peers.get(router, {}).get("state", "not configured")
        rows["vpc"] = {"peer": router, "bgp": bgp, "up": bgp == "Established"}
    return rows


def sentence(name: str, row: dict[str, str | bool]) -> str:
    """One line for people."""
    states = ", ".join(f"{key.upper()} {row[key]}" for key in ("ike", "child", "bgp") if key in row)
    what = "The session with the VPC's router" if name == "vpc" else f"Tunnel {name} to"
    text = f"{what} {row['peer']} is {'up' if row['up'] else 'not up'}: {states}."
    if not row["up"] and row.get("ike") in ("none", "CONNECTING"):
        text += " Check UDP 500 and 4500 between the two, and that both have the same pre-shared key."
    return text


def run(argv: list[str]) -> str:
    """Standard output. Raises CalledProcessError and TimeoutExpired."""
    return subprocess.run(argv, check=True, text=True, capture_output=True, timeout=20).stdout


def ensure_links(configuration: dict[str, Any], run: Run) -> list[str]:
    """Make what is missing; the commands that did."""

    def show(*argv: str) -> list[dict[str, Any]]:
        return [entry for entry in json.loads(run(["ip", "-j", "-d", *argv]) or "[]") if entry]

    kernel = Kernel(
        show("link", "show", "type", "vxlan"), show("address", "show"), show("route", "show", "proto", PROTOCOL)
    )
    commands = link_commands(configuration, kernel)
    for command in commands:
        run(["ip", *command.split()])
    return commands


def list_sas(run: Run) -> dict[str, Sa]:
    """States by tunnel. Raises CalledProcessError if charon does not answer."""
    return parse_sas(run(["swanctl", "--list-sas"]))


def watch(configuration: dict[str, Any], run: Run) -> None:
    """One round: whatever fails is said once a round and tried again in the next one."""
    for command in ensure_links(configuration, run):
        print("was missing:", command, flush=True)
    for name in to_initiate(configuration["tunnels"], list_sas(run)):
        print("initiating", name, flush=True)
        # charon goes on trying by itself; no need to wait for the outcome.
        run(["swanctl", "--initiate", "--ike", name, "--child", name, "--timeout", "-1"])


def status(configuration: dict[str, Any], run: Run) -> dict[str, dict[str, str | bool]]:
    """The report, from whatever answers."""

    def ask(*argv: str) -> str:
        try:
            return run(list(argv))
        except (OSError, subprocess.SubprocessError):
            return ""

    summary = json.loads(ask("vtysh", "-c", "show bgp ipv4 unicast summary json") or "{}")
    return report(configuration, parse_sas(ask("swanctl", "--list-sas")), summary.get("peers", {}))


def main() -> int:
    parser = argparse.ArgumentParser(prog="vpn-gateway", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("verb", choices=["links", "watch", "status"])
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--tunnels", default="", help="only these count, separated by commas ('vpc': the VPC's router)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with open(CONFIGURATION) as file:
        configuration: dict[str, Any] = json.load(file)
    if arguments.verb == "links":
        ensure_links(configuration, run)
        return 0
    while arguments.verb == "watch":
        try:
            watch(configuration, run)
        except (OSError, subprocess.SubprocessError) as error:
            print(error, getattr(error, "stderr", None) or "", file=sys.stderr, flush=True)
        time.sleep(WATCH_INTERVAL)
    deadline = time.monotonic() + arguments.wait
    while True:
        rows = status(configuration, run)
        down = [name for name in arguments.tunnels.split(",") if name in rows and not rows[name]["up"]]
        if not down or time.monotonic() >= deadline:
            break
        time.sleep(0.5)
    if arguments.json:
        print(json.dumps(rows))
    else:
        print("\n".join(sentence(name, rows[name]) for name in (down or rows)))
    return 1 if down else 0


if __name__ == "__main__":
    sys.exit(main())
