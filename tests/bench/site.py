# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First and second run of site.yml on freshly built hosts: seconds per role, as a table and as JSON in results/.

The first run starts from hosts without anything installed. ``--reuse`` measures only a second run on the running lab.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^\S+\s+: ok=(\d+)\s+changed=(\d+)", re.MULTILINE)
ROLE_LINE = re.compile(r"^(\S.*?) -+ *([0-9.]+)s$", re.MULTILINE)


def per_role(output: str) -> dict[str, float]:
    """Seconds of each role from the profile_roles callback's table."""
    table = output.rsplit("PLAY RECAP", 1)[-1]
    return {name: float(seconds) for name, seconds in ROLE_LINE.findall(table)}


def run_site(environment: dict[str, str]) -> dict[str, Any]:
    """One run of site.yml; seconds in all and per role, tasks and changes. Raises SystemExit if it fails."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/site.yml"]
    start = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_roles", "NO_COLOR": "1", **environment},
    )
    if done.returncode:
        raise SystemExit(done.stdout[-4000:])
    hosts = RECAP.findall(done.stdout)
    return {
        "seconds": round(time.monotonic() - start, 1),
        "hosts": len(hosts),
        "ok": sum(int(ok) for ok, _ in hosts),
        "changed": sum(int(changed) for _, changed in hosts),
        "roles": per_role(done.stdout),
    }


def table(first: dict[str, Any], second: dict[str, Any]) -> str:
    """Both runs side by side, slowest role of the first run on top."""
    ours, theirs = first["roles"], second["roles"]
    lines = [f"{'role':32} {'first':>8} {'second':>8}"]
    for role in sorted(ours, key=lambda name: -ours[name]):
        lines.append(f"{role:32} {ours[role]:8.1f} {theirs.get(role, 0.0):8.1f}")
    lines.append(f"{'all (wall clock)':32} {first['seconds']:>8} {second['seconds']:>8}")
    lines.append(f"{'tasks that changed something':32} {first['changed']:>8} {second['changed']:>8}")
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reuse", action="store_true", help="do not rebuild the lab; measure two runs on it")
    arguments.add_argument("--compare", action="store_true", help="also measure without pipelining and with few forks")
    given = arguments.parse_args()
    if not given.reuse:
        for verb in (["down"], ["up", "--bare"]):
            subprocess.run([sys.executable, "-m", "lab", *verb], cwd=ROOT, check=True)
    first, second = run_site({}), run_site({})
    settings = configparser.ConfigParser()
    settings.read(ROOT / "ansible.cfg")
    report: dict[str, Any] = {
        "cores": os.cpu_count(),
        "forks": settings["defaults"]["forks"],
        "first": first,
        "second": second,
    }
    if given.compare:
        report["variants"] = {
            "no pipelining": run_site({"ANSIBLE_PIPELINING": "false"}),
            "5 forks": run_site({"ANSIBLE_FORKS": "5"}),
            "no fact cache": run_site({"ANSIBLE_CACHE_PLUGIN": "memory"}),
        }
    print(table(first, second))
    for name, variant in report.get("variants", {}).items():
        print(f"second run with {name}: {variant['seconds']} s")
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results" / "bench-site.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
