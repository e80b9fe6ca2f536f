# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failovers of the running lab, many of each kind: distributions as a table, as JSON and as a plot in results/.

Seconds, as customers and an observer saw them. What was measured is kept run by run in results/failover.jsonl, so a
benchmark that was stopped goes on, and ``--report`` draws what is there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib

from lab.__main__ import ROOT
from tests.e2e import scenarios
from tests.e2e.lab import Lab, running
from tests.e2e.sites import never_two, nothing_lost, set_mode
from tests.harness.distribution import distribution

RUNS = ROOT / "results" / "failover.jsonl"
Figures = dict[str, float | None]
# By kind, then by figure, of all runs.
Values = dict[str, dict[str, list[float | None]]]


def planned(lab: Lab, folder: Path) -> Iterator[Figures]:
    """Ten cycles, so that a judgement stays small."""
    judgement, moves = scenarios.planned_moves(lab, folder, 20)
    nothing_lost(judgement)
    for move in moves:
        yield {"without an order": move.gap, "decision to writable": move.decision_to_writable}


def mysqld_killed(lab: Lab, folder: Path) -> Iterator[Figures]:
    judgement, longest = scenarios.process_killed(lab, folder, "gcp-db", "mysql")
    nothing_lost(judgement)
    yield {"without an order": longest}


def redis_killed(lab: Lab, folder: Path) -> Iterator[Figures]:
    judgement, longest = scenarios.process_killed(lab, folder, "gcp-cache", "redis-server")
    nothing_lost(judgement)
    yield {"without an order": longest}


def site_lost(lab: Lab, folder: Path) -> Iterator[Figures]:
    set_mode("automatic")
    try:
        judgement, seen = scenarios.site_lost(lab, folder)
    finally:
        set_mode("manual")
    never_two(judgement)
    yield {
        "other database open": seen.promoted,
        "Route 53 answers the other site": seen.detected,
        "that and one TTL (DNS floor)": seen.floor,
        **{f"first order ({client})": after for client, after in seen.first_order.items()},
        "age of the oldest lost order": seen.rpo,
    }
    scenarios.home_again(lab)


KINDS: dict[str, tuple[Callable[[Lab, Path], Iterator[Figures]], int]] = {
    "planned": (planned, 10),
    "mysqld-killed": (mysqld_killed, 20),
    "redis-killed": (redis_killed, 20),
    "site-lost": (site_lost, 10),
}


def measured() -> Values:
    """All runs so far: kind, figure, values."""
    found: Values = {}
    for line in RUNS.read_text().splitlines() if RUNS.exists() else []:
        run = json.loads(line)
        for name, value in run["figures"].items():
            found.setdefault(run["kind"], {}).setdefault(name, []).append(value)
    return found


def summary(runs: Values) -> dict[str, dict[str, dict[str, Any]]]:
    """Percentiles instead of values."""
    return {
        kind: {name: asdict(distribution(values)) for name, values in figures.items()} for kind, figures in runs.items()
    }


def table(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """For people."""
    lines = [f"{'':50} {'runs':>5} {'p50':>7} {'p95':>7} {'p99':>7} {'max':>7}"]
    for kind, figures in found.items():
        for name, one in figures.items():
            numbers = " ".join(
                f"{'never':>7}" if one[key] is None else f"{one[key]:7.2f}" for key in ("p50", "p95", "p99", "max")
            )
            lines.append(f"{f'{kind}: {name}':50} {one['n']:5} {numbers}")
    return "\n".join(lines)


def plot(runs: Values, path: Path) -> None:
    """For each kind, which share of the runs was done after so many seconds."""
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(runs), 1, figsize=(9, 3 * len(runs)), squeeze=False, layout="constrained")
    for axis, (kind, figures) in zip(axes.flat, runs.items(), strict=True):
        for name, values in figures.items():
            ended = sorted(value for value in values if value is not None)
            axis.step([0, *ended], [100 * n / len(values) for n in range(len(ended) + 1)], where="post", label=name)
        axis.set(title=kind, xlabel="seconds", ylabel="% of the runs", ylim=(0, 105), xlim=(0, None))
        axis.grid(alpha=0.3)
        axis.legend(loc="lower right", fontsize="small")
    figure.savefig(path)


def report() -> None:
    runs = measured()
    if not runs:
        raise SystemExit("Nothing has been measured yet.")
    (ROOT / "results" / "failover.json").write_text(json.dumps(summary(runs), indent=2) + "\n")
    plot(runs, ROOT / "results" / "failover.svg")
    print(table(summary(runs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind (again for another)")
    parser.add_argument("--runs", type=int, help="so many of each kind, instead of the usual number")
    parser.add_argument("--report", action="store_true", help="measure nothing more")
    given = parser.parse_args()
    RUNS.parent.mkdir(exist_ok=True)
    if not given.report:
        lab = running()
        for kind in given.kind or KINDS:
            measure, usual = KINDS[kind]
            for _ in range(given.runs or usual):
                with tempfile.TemporaryDirectory() as folder, RUNS.open("a") as journal:
                    for figures in measure(lab, Path(folder)):
                        journal.write(json.dumps({"kind": kind, "figures": figures}) + "\n")
    report()


if __name__ == "__main__":
    main()
