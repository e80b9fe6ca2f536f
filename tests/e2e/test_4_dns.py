# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name follows what an operator has forced; that it follows the edges' health is shown with both front doors."""

from __future__ import annotations

from .lab import Lab, playbook, wait_for

NAME = "shop.multicloud.example"
GCP, AWS = ["198.51.100.50"], ["198.51.100.150"]


def authoritative(lab: Lab) -> list[str]:
    return lab.run("client", "dig", "+short", "+time=2", NAME, "A", "@198.51.100.230", check=False).split()


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
