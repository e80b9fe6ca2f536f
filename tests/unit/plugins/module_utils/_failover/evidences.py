# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence for the tests: that of tests/cases, and whatever else hypothesis can make of it."""

from __future__ import annotations

import functools
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[4] / "cases"
UUID = "11111111-1111-1111-1111-111111111111"


@functools.cache
def _loaded(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {}


def load(*parts: str) -> dict[str, Any]:
    """One file of tests/cases."""
    return deepcopy(_loaded(ROOT.joinpath(*parts)))


def merge(base: Any, change: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    return {key: merge(base.get(key), change[key]) if key in change else base[key] for key in {**base, **change}}


def differing(base: dict[str, Any] | None = None, **change: Any) -> dict[str, Any]:
    """The healthy base, or another one, with differences; ``both`` is for both looks."""
    both = change.pop("both", {})
    merged: dict[str, Any] = merge(merge(base or load("base.yml"), {"first": both, "second": both}), change)
    return merged


def evidence_of(case: str) -> dict[str, Any]:
    """The evidence of a case, as plain data."""
    given = load(case, "input.yml")
    return differing(evidence_of(given["like"]) if "like" in given else None, **given["evidence"])


# What may be different, in the second look if it does not say where, and how.
DIFFERENCES: dict[str, list[Any]] = {
    "caller": ["automatic", "operator", "drill"],
    "elapsed": [1.0, 7.0, 10.0],
    "tunnels": [None, {"up": 0, "of": 4}, {"up": 1, "of": 4}],
    **{f"health.{site}.{name}": ["up", "down", None] for site in ("gcp", "aws") for name in ("writable", "healthz")},
    "first.record": [None],
    "first.status.aws": [None],
    "second.record": [None],
    "second.status.gcp": [None],
    "second.status.aws": [None],
    "first.record.epoch": [6],
    "record.epoch": [6, 8],
    "record.active_site": ["gcp", "aws"],
    "record.lease_counter": [99, 100, 106],
    "record.lease_epoch": [6, 7],
    "record.lease_site": ["gcp", "aws", ""],
    "record.fence_epoch": [6, 7],
    "record.fence_site": ["gcp", "aws"],
    "record.fence_gtid": ["", f"{UUID}:1-1100"],
    "record.drain_epoch": [6, 7],
    "record.mode": ["manual", "automatic"],
    "record.changed_at": [1.8e9 - 10, 1.8e9 + 10],
    "record.acknowledged_epoch": [6, 7],
}
_OF_A_SITE: dict[str, list[Any]] = {
    "seq": [300, 306, 500, 506],
    "epoch": [6, 7],
    "record_age_seconds": [None, 0.4, 45.0],
    "database.answers": [False, True],
    "database.writable": [False, True],
    "database.executed": ["", f"{UUID}:1-", f"{UUID}:1-900", f"{UUID}:1-1100"],
    "database.received": ["", f"{UUID}:1-", f"{UUID}:1-900", f"{UUID}:1-1100"],
    "database.running": [False, True],
    "database.lag_seconds": [None, 0.4, 45.0, 300.0],
    "database.diverged": [None, True, False],
    "peer.answers": [False, True],
    "peer.age_seconds": [None, 0.4, 45.0, 300.0],
}
DIFFERENCES |= {f"status.{site}.{name}": values for site in ("gcp", "aws") for name, values in _OF_A_SITE.items()}


def _change(seen: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    if path.startswith(("record", "status")):
        path = f"second.{path}"
    for key in reversed(path.split(".")):
        value = {key: value}
    return differing(seen, **value)


@st.composite
def _any(draw: st.DrawFn) -> dict[str, Any]:
    seen = evidence_of(draw(st.sampled_from(["SiteDown", "WriterDown", "Healthy", "Opening", "Draining"])))
    for path in draw(st.lists(st.sampled_from(sorted(DIFFERENCES)), max_size=6, unique=True)):
        # What was not seen at all cannot be different.
        look = seen["second"]
        site = path.split(".")[1] if path.startswith("status") else ""
        if (path.startswith("record") and look["record"] is None) or (site and look["status"].get(site) is None):
            continue
        if path.startswith("first.record.") and seen["first"]["record"] is None:
            continue
        seen = _change(seen, path, draw(st.sampled_from(DIFFERENCES[path])))
    return seen


# A few steps away from what the cases know.
ANY = _any()
