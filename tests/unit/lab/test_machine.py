# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

import pytest

from lab.errors import CommandError
from lab.machine import Machine, name_servers, occupied


def machine(output: str, returncode: int = 0) -> Machine:
    def run(argv: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(argv, returncode, output, "no such thing" if returncode else "")

    return Machine(run=run)


def test_an_occupied_subnet_is_named_with_its_interface() -> None:
    routes = [{"dst": "10.10.3.0/24", "dev": "eth7"}, {"dst": "default", "dev": "eth0"}]
    assert occupied(machine(json.dumps(routes)), [IPv4Network("10.10.0.0/16")], ["lab-"]) == [
        "Subnet 10.10.0.0/16 of the lab is occupied on this machine: 10.10.3.0/24 is on eth7. "
        "Free it, or change it in the lab's inventory."
    ]


def test_the_labs_own_bridges_and_safety_routes_do_not_count() -> None:
    routes = [{"dst": "10.30.0.0/24", "dev": "lab-mgmt"}, {"type": "unreachable", "dst": "10.30.0.0/24", "dev": "lo"}]
    assert occupied(machine(json.dumps(routes)), [IPv4Network("10.30.0.0/24")], ["lab-"]) == []


def test_loopback_name_servers_are_of_no_use_to_a_host() -> None:
    assert name_servers("# x\nnameserver 127.0.0.53\nnameserver fd00::1\nnameserver 9.9.9.9\n") == ["9.9.9.9"]


def test_a_failed_command_says_what_it_said() -> None:
    with pytest.raises(CommandError, match="`ip x` ended with 2: no such thing"):
        machine("", 2).do(["ip", "x"])
