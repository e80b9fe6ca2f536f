# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a benchmark makes of its runs. That it measures is seen in the lab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import failover

RUNS = [{"kind": "site-lost", "figures": {"first order": after}} for after in (40.0, 50.0, None)]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> failover.Values:
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps(run) + "\n" for run in RUNS))
    monkeypatch.setattr(failover, "RUNS", path)
    return failover.measured()


def test_a_run_without_recovery_is_worse_than_any_other(runs: failover.Values) -> None:
    table = failover.table(failover.summary(runs))
    assert "site-lost: first order" in table
    assert table.splitlines()[1].split()[-5:] == ["3", "50.00", "never", "never", "never"]


def test_a_plot_is_drawn(runs: failover.Values, tmp_path: Path) -> None:
    failover.plot(runs, tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().count("<path") > 10
