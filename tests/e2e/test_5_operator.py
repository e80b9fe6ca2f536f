# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees: a second run that changes nothing, and one clear sentence for each mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab import engine
from lab.__main__ import HOME
from lab.errors import LabError
from lab.machine import PODMAN
from lab.pool import topology as small_topology

from .lab import Lab, playbook, wait_for

RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


def recap(output: str) -> dict[str, tuple[int, int]]:
    """(changed, failed + unreachable) of each host."""
    return {m[1]: (int(m[3]), int(m[4]) + int(m[5])) for m in RECAP.finditer(output)}


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    done = playbook("playbooks/site.yml")
    assert done.returncode == 0, done.stdout[-3000:]
    rows = recap(done.stdout)
    assert len(rows) == 15
    assert {host: row for host, row in rows.items() if row != (0, 0)} == {}, done.stdout[-3000:]


def test_check_mode_on_a_converged_lab_reports_nothing(lab: Lab) -> None:
    done = playbook("playbooks/site.yml", "--check", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    assert {host: row for host, row in recap(done.stdout).items() if row != (0, 0)} == {}, done.stdout[-3000:]


def test_check_mode_reports_a_seeded_drift(lab: Lab) -> None:
    """Negative control of the two tests above."""
    lab.run("gcp-web1", "sh", "-c", "echo '# drift' >> /etc/haproxy/haproxy.cfg")
    done = playbook("playbooks/site.yml", "--check", "--diff", "--limit", "gcp-web1,localhost")
    assert recap(done.stdout)["gcp-web1"][0] > 0
    assert "-# drift" in done.stdout
    repaired = playbook("playbooks/site.yml", "--limit", "gcp-web1,localhost")
    assert repaired.returncode == 0, repaired.stdout[-3000:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["-e", "mysql_servre_id=7"],
            r"mysql_servre_id is not a variable of the role mysql; did you mean mysql_server_id\?",
        ),
        (["-e", "mysql_package_source=floppy"], r"mysql_package_source must be one of: .*got: floppy"),
        (["-e", "mysql_replication_password="], r"mysql_replication_password is empty"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_changes(lab: Lab, arguments: list[str], sentence: str) -> None:
    done = playbook("playbooks/site.yml", *arguments)
    text = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert re.search(sentence, text), done.stdout[-3000:]
    assert all(changed == 0 for changed, _ in recap(done.stdout).values())


def test_a_missing_secret_is_one_sentence(lab: Lab) -> None:
    secret = HOME.secrets / "redis_shop_password"
    away = secret.with_name(".away")
    secret.rename(away)
    try:
        done = playbook("playbooks/site.yml")
    finally:
        away.rename(secret)
    assert done.returncode != 0
    assert "The password of shop (redis_replication_password, redis_admin_password, redis_users)" in " ".join(
        done.stdout.split()
    )
    assert all(changed == 0 for changed, _ in recap(done.stdout).values())


def test_an_unreachable_host_is_one_sentence_and_nothing_changes(lab: Lab) -> None:
    lab.verb("pause", "aws-web2")
    try:
        done = playbook("playbooks/site.yml")
    finally:
        lab.verb("unpause", "aws-web2")
    text = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert re.search(
        r"aws-web2 \(10.30.0.142\) cannot be reached over SSH .*nothing has been changed on any host", text
    )
    assert all(changed == 0 for changed, _ in recap(done.stdout).values())


def test_an_occupied_subnet_is_one_sentence(lab: Lab, tmp_path: Path) -> None:
    lab.machine.do(["ip", "link", "add", "e2e-occupier", "type", "bridge"])
    try:
        lab.machine.do(["ip", "address", "add", "10.40.90.7/24", "dev", "e2e-occupier"])
        lab.machine.do(["ip", "link", "set", "e2e-occupier", "up"])
        with pytest.raises(LabError, match=r"10\.40\.90\.0/24 is on e2e-occupier"):
            engine.up(small_topology(89, [{"name": "a"}]), engine.Home(tmp_path))
    finally:
        lab.machine.do(["ip", "link", "delete", "e2e-occupier"])
    assert "m89" not in engine.running_labs()


def leftovers(lab: Lab, name: str) -> str:
    """Everything on the machine that carries a lab's name."""
    machine = lab.machine
    found = [line for line in machine.do(["ip", "-o", "link"]).splitlines() if f" {name}" in line]
    found += [line for line in machine.do(["ip", "netns"]).splitlines() if line.startswith(f"{name}-")]
    found += [line for line in machine.do(["nft", "list", "tables"]).splitlines() if line.endswith(f"_{name}")]
    found += machine.do([*PODMAN, "ps", "-aq", "--filter", f"label=multicloud.lab={name}"]).split()
    return "\n".join(found)


def test_a_half_dead_lab_is_recognised_and_cleared_and_nothing_is_left(lab: Lab, tmp_path: Path) -> None:
    small = small_topology(88, [{"name": "a"}, {"name": "b"}])
    home = engine.Home(tmp_path)
    try:
        assert engine.up(small, home)
        assert not engine.up(small, home), "a whole lab is kept"
        lab.machine.do([*PODMAN, "kill", "m88-a"])
        lab.machine.do(["ip", "netns", "delete", "m88-b"])
        assert engine.up(small, home), "a half dead one is built again"
        wait_for(lambda: engine.is_whole(lab.machine, small), "it is whole again", 10)
        assert leftovers(lab, "m88"), "the search for leftovers can see a lab"
    finally:
        engine.down("m88")
    assert leftovers(lab, "m88") == ""
    assert engine.is_whole(lab.machine, lab.topology), "the big lab was not touched"
