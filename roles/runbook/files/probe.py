# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be seen of a host's readiness, as JSON. Runs on the host, as root, with nothing but Python; changes nothing.

Reads the controller's time from DR_NOW (seconds since 1970). What a host does not have is left out.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import time

CERTIFICATES = "/etc/mysql/tls/server.crt /etc/redis/tls/server.crt /etc/nginx/tls/edge.crt"
MOUNTS = "/ /var /var/lib/mysql /var/lib/redis /var/log /srv"
UNITS = "mysql redis-server dr-agent haproxy nginx"
VERSIONS = {
    "mysql": ["mysqld", "--version"],
    "redis": ["redis-server", "--version"],
    "haproxy": ["haproxy", "-v"],
    "nginx": ["nginx", "-v"],
}
SQL = {
    "grants": "SELECT CONCAT(GRANTEE, ' ', PRIVILEGE_TYPE) FROM information_schema.USER_PRIVILEGES",
    "binlog_seconds": "SELECT @@GLOBAL.binlog_expire_logs_seconds",
    "schema": (
        "SELECT SHA2(GROUP_CONCAT(CONCAT_WS(' ', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, "
        "COLUMN_DEFAULT, COLLATION_NAME) ORDER BY TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME), 256) "
        "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN "
        "('mysql', 'sys', 'information_schema', 'performance_schema')"
    ),
}


def output(*command: str) -> str:
    """What it says on both streams; empty if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).strip()


def rows(sql: str) -> list[str] | None:
    """None: the database does not answer."""
    long = "SET SESSION group_concat_max_len = 16777216; "
    command = ["mysql", "--batch", "--raw", "--skip-column-names", "--connect-timeout=5", "-e", long + sql]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines() if done.returncode == 0 else None


def days_left(path: str) -> float | None:
    """Of a certificate."""
    found = re.search(r"notAfter=(.*)", output("openssl", "x509", "-noout", "-enddate", "-in", path))
    if not found:
        return None
    return (ssl.cert_time_to_seconds(found[1]) - time.time()) / 86400


def digest(folder: str) -> str:
    """Of the shop's source. Its libraries are not part of it: each cloud has others."""
    total = hashlib.sha256()
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - {"venv", "wheels", "__pycache__"})
        for path in sorted(os.path.join(where, name) for name in files):
            with open(path, "rb") as file:
                total.update(f"{os.path.relpath(path, folder)} {hashlib.sha256(file.read()).hexdigest()}\n".encode())
    return total.hexdigest()[:12]


def probe() -> dict[str, object]:
    """Everything."""
    seen: dict[str, object] = {
        "skew_seconds": time.time() - float(os.environ["DR_NOW"]),
        "disks": {
            mount: round(100 * usage.used / (usage.used + usage.free), 1)
            for mount in MOUNTS.split()
            if os.path.ismount(mount)
            for usage in [shutil.disk_usage(mount)]
        },
        "certificates": {path: days_left(path) for path in CERTIFICATES.split() if os.path.exists(path)},
        "versions": {
            name: (re.findall(r"\d+\.\d+\.\d+", output(*command)) or [""])[0]
            for name, command in VERSIONS.items()
            if shutil.which(command[0], path="/usr/sbin:/usr/bin:/sbin:/bin")
        },
        "units": {
            unit: output("systemctl", "is-active", unit).split("\n")[0]
            for unit in UNITS.split()
            if glob.glob(f"/*/systemd/system/{unit}.service") or glob.glob(f"/usr/lib/systemd/system/{unit}.service")
        },
    }
    if os.path.islink("/srv/shop/current"):
        # One instance for each release; the one at work is enough.
        shop = output("systemctl", "is-active", "shop@*").split()
        seen["units"] = {**seen["units"], "shop": "active" if "active" in shop else "inactive"}  # type: ignore[dict-item]
        seen["release"] = digest("/srv/shop/current/")
    if os.path.exists("/etc/mysql/tls"):
        seen["mysql"] = {name: rows(sql) for name, sql in SQL.items()}
    settings = ""
    for path in ("/etc/redis/redis.conf", *glob.glob("/etc/redis/*.conf")):
        if os.path.exists(path):
            with open(path) as file:
                settings += file.read() + "\n"
    if settings:
        found = re.findall(r"^repl-backlog-size\s+(\S+)", settings, re.MULTILINE)
        seen["redis_backlog"] = found[-1] if found else ""
    if shutil.which("vpn-gateway", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"):
        seen["tunnels"] = output("vpn-gateway", "status", "--json")
    return seen


if __name__ == "__main__":
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    print(json.dumps(probe()))
