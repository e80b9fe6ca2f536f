# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An isolation drill on one host of the standby, as root, with nothing but Python: cut it off, look, join it again.

``isolation.py cut SECONDS SSH_PORT NETWORK...`` drops all packets from and to the networks, in a table of its own that
no other firewall knows of. Before that systemd is told to delete the table after SECONDS, whatever becomes of the
controller. SSH to this host is left alone: whoever drills may come in from there.
``isolation.py join`` deletes the table and stops the timer; a second time it finds nothing to do.
``isolation.py look KIND URL`` says as JSON what the host can do: its shop is asked for its products, and for an order
of something that is not sold, which stores nothing wherever it is taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

TABLE = "inet dr_drill"
UNIT = "dr-drill-join"
# In one transaction, and right if there is no such table.
DELETE = f"table {TABLE}; delete table {TABLE}"
NOT_SOLD = {"email": "drill@example.com", "items": [{"sku": "isolation-drill", "qty": 1}]}
# HAProxy needs a few seconds to find that nobody takes writes any more.
PATIENCE_SECONDS = 15.0
# A row that was replicated is read, too.
READ_ONLY = "SELECT @@GLOBAL.read_only + @@GLOBAL.super_read_only FROM dr.heartbeat LIMIT 1"


def rules(port: int, networks: list[str]) -> str:
    """For nft. Before all others (-300), so that established connections stop, too."""
    others = ", ".join(networks)
    return (
        f"table {TABLE} {{\n"
        "  chain input {\n    type filter hook input priority -300; policy accept;\n"
        f"    tcp dport {port} accept\n    ip saddr {{ {others} }} drop\n  }}\n"
        "  chain output {\n    type filter hook output priority -300; policy accept;\n"
        f"    tcp sport {port} accept\n    ip daddr {{ {others} }} drop\n  }}\n"
        "}\n"
    )


def run(*command: str, text: str = "") -> None:
    """Raises CalledProcessError."""
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def here(*command: str) -> bool:
    """Does the command succeed?"""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def is_cut() -> bool:
    """Is the table there?"""
    return here("nft", "list", "table", *TABLE.split())


def cut(seconds: int, port: int, networks: list[str]) -> None:
    """The table never stands without the timer that deletes it, not even while an earlier one's is exchanged."""
    join()
    timer = ["--collect", f"--unit={UNIT}", f"--on-active={seconds}", "--timer-property=AccuracySec=100ms"]
    run("systemd-run", *timer, "--description=End of an isolation drill", "nft", DELETE)
    run("nft", "-f", "-", text=rules(port, networks))


def join() -> bool:
    """Whether there was anything to do."""
    found = is_cut()
    run("nft", DELETE)
    timed = here("systemctl", "is-active", "--quiet", f"{UNIT}.timer")
    if timed:
        here("systemctl", "stop", f"{UNIT}.timer")
    return found or timed


def ask(url: str, body: object = None) -> int | None:
    """The status of the answer; None: there was none."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "isolation-drill"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def closed() -> bool | None:
    """Does the database refuse everybody's writes? None: it does not answer."""
    command = ["mysql", "--batch", "--skip-column-names", "--connect-timeout=5", "-e", READ_ONLY]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"2": True, "1": False, "0": False}.get(done.stdout.strip())


def look(kind: str, url: str) -> dict[str, object]:
    """``cut``; of a database ``closed``; of a web host the status of its ``catalogue`` and of an order (``orders``)."""
    seen: dict[str, object] = {"cut": is_cut()}
    if kind == "db":
        seen["closed"] = closed()
    if kind == "web":
        seen["catalogue"] = ask(f"{url}/api/products")
        end = time.monotonic() + PATIENCE_SECONDS
        while (status := ask(f"{url}/api/orders", NOT_SOLD)) != 503 and time.monotonic() < end:
            time.sleep(0.5)
        seen["orders"] = status
    return seen


def main(verb: str, *arguments: str) -> None:
    """Print what was done."""
    if verb == "cut":
        seconds, port, *networks = arguments
        cut(int(seconds), int(port), networks)
        print("cut")
    elif verb == "join":
        print("joined" if join() else "nothing to do")
    else:
        print(json.dumps(look(*arguments)))


if __name__ == "__main__":
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd)}: {error.stderr.strip()}")
