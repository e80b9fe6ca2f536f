# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name follows the edges' health, unless an operator has forced it."""

from __future__ import annotations

import time

from .lab import Lab, playbook, wait_for

NAME = "shop.multicloud.example"
GCP, AWS = ["198.51.100.50"], ["198.51.100.150"]
# 10 s x 3, each probe to a dead host waits 4 s (docs/dns.md), and the record's TTL of 60 s in the resolver.
DETECTION = 42
TTL = 60


def authoritative(lab: Lab) -> list[str]:
    return lab.run("client", "dig", "+short", "+time=2", NAME, "A", "@198.51.100.230", check=False).split()


def test_a_dead_edge_moves_the_name_and_a_live_one_takes_it_back(lab: Lab) -> None:
    wait_for(lambda: authoritative(lab) == GCP, "the name answers gcp before the fault", 60)
    lab.verb("kill", "gcp-edge")
    killed = time.monotonic()
    try:
        wait_for(lambda: authoritative(lab) == AWS, "Route 53 answers the aws edge", DETECTION + 20)
        print(f"Route 53 answered aws {time.monotonic() - killed:.1f} s after the kill (bound {DETECTION} s)")
        wait_for(lambda: lab.dig(NAME) == AWS, "the client's resolver answers the aws edge", TTL + 10)
        print(f"the client's resolver answered aws {time.monotonic() - killed:.1f} s after the kill")
        assert lab.order()["site"] == "aws"
    finally:
        lab.verb("start", "gcp-edge")
    wait_for(lambda: authoritative(lab) == GCP, "the name comes back (no epoch has changed)", DETECTION + 60)


def force(site: str) -> None:
    done = playbook("playbooks/force_dns.yml", "-e", f"dr_force_dns={site}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_operator_forces_a_side_and_gives_the_name_back(lab: Lab) -> None:
    wait_for(lambda: authoritative(lab) == GCP, "the name answers gcp before", 60)
    try:
        force("aws")
        assert authoritative(lab) == AWS
        healthz = lab.run("client", "dig", "+short", "healthz.gcp.multicloud.example", "TXT", "@198.51.100.230")
        assert healthz.strip() == '"up"', "the verdict that the arbiter reads is what it was"
    finally:
        force("automatic")
    wait_for(lambda: authoritative(lab) == GCP, "the health checks decide again", 10)
