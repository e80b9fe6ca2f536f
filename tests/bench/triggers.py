# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the deadline in the database costs a write: the same INSERT with and without its trigger, in turn, one client.

On the running lab's active database, in a schema of its own that is dropped again; nothing of it is replicated.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from lab.__main__ import ROOT
from tests.e2e.lab import running
from tests.e2e.sites import DATABASE, agent
from tests.harness.distribution import distribution

# Runs on the database host, where the agent's library is. The trigger's body is that of the shop's own tables.
PROBE = """
import json, sys, time, pymysql
count = int(sys.argv[1])
server = pymysql.connect(unix_socket="/run/mysqld/mysqld.sock", user="root", autocommit=True)
ask = server.cursor()
ask.execute("SET sql_log_bin = 0")
ask.execute("SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = 'shop'"
            " AND EVENT_MANIPULATION = 'INSERT' AND TRIGGER_NAME LIKE 'dr\\\\_lease%' LIMIT 1")
(body,) = ask.fetchone()
ask.execute("CREATE DATABASE IF NOT EXISTS dr_bench")
try:
    for table in ("plain", "guarded"):
        ask.execute(f"CREATE TABLE dr_bench.{table} (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(100))")
    ask.execute(f"CREATE TRIGGER dr_bench.guard BEFORE INSERT ON dr_bench.guarded FOR EACH ROW {body}")
    took = {"plain": [], "guarded": []}
    for number in range(count):
        for table, times in took.items():
            begin = time.perf_counter()
            ask.execute(f"INSERT INTO dr_bench.{table} (note) VALUES ('an order of usual length')")
            times.append(1000 * (time.perf_counter() - begin))
    print(json.dumps(took))
finally:
    ask.execute("DROP DATABASE dr_bench")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="INSERTs of each kind")
    count = parser.parse_args().count
    lab = running()
    active = next(site for site in DATABASE if agent(lab, site)["database"]["writable"])
    output = lab.run(DATABASE[active], "python3", "-", str(count), stdin=PROBE, timeout=600)
    found = {kind: asdict(distribution(times)) for kind, times in json.loads(output).items()}
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results" / "triggers.json").write_text(json.dumps(found, indent=2) + "\n")
    for kind, one in found.items():
        print(
            f"{kind:8} p50 {one['p50']:.3f} ms, p95 {one['p95']:.3f} ms, p99 {one['p99']:.3f} ms of {one['n']} INSERTs"
        )


if __name__ == "__main__":
    main()
