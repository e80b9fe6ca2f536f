# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run's journal says when it is over: as data, and as one page with a time line that needs no network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .._failover.journal import Entry
from .._failover.plan import restore

Facts = dict[str, Any]


def build(run: str, owner: str, outcome: str, entries: Sequence[Entry]) -> Facts:
    """The report. Times are wall-clock seconds; ``seconds`` and ``budget_seconds`` are durations."""
    plan = restore(entries)
    began = entries[0].time
    steps = [_step(step.name, step.sentence, step.budget_seconds, step.critical, entries) for step in plan.steps]
    return {
        "run": run,
        "verb": plan.verb,
        "source": plan.source,
        "target": plan.target,
        "owner": owner,
        "outcome": outcome,
        "reason": next((entry.data["reason"] for entry in entries if entry.data.get("reason")), ""),
        "began": began,
        "ended": entries[-1].time,
        "seconds": round(entries[-1].time - began, 3),
        "budget_seconds": plan.budget_seconds,
        "rto": _rto(began, entries),
        "rpo": [{**entry.data["loss"], "step": entry.step} for entry in entries if entry.data.get("loss")],
        "overrides": _verdicts(entries, "overridden"),
        "refusals": _verdicts(entries, "refusals"),
        "findings": next(
            (list(entry.data["findings"]) for entry in reversed(entries) if entry.data.get("findings")), []
        ),
        "steps": steps,
        "notes": [
            {"at": entry.time, "step": entry.step, "sentence": entry.data["sentence"]}
            for entry in entries
            if entry.event == "note" and entry.data.get("sentence")
        ],
        "journal": {"lines": len(entries), "head": entries[-1].hash},
    }


def _step(name: str, sentence: str, budget: float, critical: bool, entries: Sequence[Entry]) -> Facts:
    """The step's last word; the first one if it was done again only because the run was resumed."""
    ends = [entry for entry in entries if entry.step == name and entry.event in ("done", "failed")]
    begun = [entry for entry in entries if entry.step == name and entry.event == "intent"]
    end = next((entry for entry in ends if entry.event == "done"), ends[-1] if ends else None)
    data: Mapping[str, Any] = end.data if end else {}
    seconds = data.get("seconds")
    return {
        "name": name,
        "plan": sentence,
        "budget_seconds": budget,
        "critical": critical,
        "outcome": end.event if end else "begun" if begun else "not reached",
        "began": data.get("began", begun[0].time if begun else None),
        "seconds": seconds,
        "over": seconds is not None and seconds > budget,
        "sentence": data.get("sentence", ""),
    }


def _rto(began: float, entries: Sequence[Entry]) -> list[Facts]:
    """For each transition: what was measured of the time to recover."""
    found = []
    for opened in entries:
        if opened.event != "done" or not (opened.step == "open" or opened.step.endswith("_open")):
            continue
        drain = opened.step.removesuffix("open") + "drain"
        asked = next((entry for entry in entries if entry.step == drain and entry.event == "done"), None)
        at = opened.data["began"] + (opened.data.get("seconds") or 0.0)
        without = None
        if asked is not None and asked.data.get("seconds") is not None:
            without = round(at - asked.data["began"], 3)
        found.append(
            {
                "step": opened.step,
                "epoch": opened.data.get("epoch"),
                # From the request to stop until the target was seen to take writes.
                "without_writes_seconds": without,
                "decision_to_writable_seconds": opened.data.get("decision_to_writable_seconds"),
                "run_to_writable_seconds": round(at - began, 3),
            }
        )
    return found


def _verdicts(entries: Sequence[Entry], kind: str) -> list[Facts]:
    found: list[Facts] = []
    for entry in entries:
        found += [each for each in (entry.data.get("verdict") or {}).get(kind, ()) if each not in found]
    return found


# The page ------------------------------------------------------------------------------------------------------------

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d5dbe3;--page:#fff;--done:#1f7a4d;--over:#a65f00;
--failed:#b3261e;--grid:#eef1f5}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#3a4452;--page:#12171e;--done:#4cc38a;
--over:#e5a13a;--failed:#ff7a70;--grid:#1c232d}}
body{margin:2rem auto;max-width:64rem;padding:0 1rem;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}.soft{color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:1rem;margin:1.5rem 0}
.figures div{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;font-size:.9rem}
.figures b{display:block;font-size:1.6rem;line-height:1.2}
.outcome{font-weight:600}.done{color:var(--done)}.over{color:var(--over)}
.failed,.refused,.abandoned{color:var(--failed)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;min-width:44rem}
th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.bar{width:38%;padding-top:.75rem}.track{position:relative;height:.7rem;background:var(--grid);border-radius:2px}
.track i{position:absolute;top:0;bottom:0;min-width:3px;border-radius:2px;background:var(--done)}
.track i.over{background:var(--over)}.track i.failed{background:var(--failed)}
code{font-size:.85em;overflow-wrap:anywhere}ul{padding-left:1.25rem}
"""


def html(report: Mapping[str, Any]) -> str:
    """The page."""
    title = f"{report['verb']} from {report['source']} to {report['target']}"
    outcome = escape(report["outcome"])
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}: {outcome}</title><style>{_STYLE}</style></head><body><main>",
        f'<h1>{escape(title)}: <span class="outcome {outcome}">{outcome}</span></h1>',
        f'<p class="soft">Run {escape(report["run"])} by {escape(report["owner"])}, {_clock(report["began"])}'
        f" to {_clock(report['ended'])}.</p>",
        f"<p>{escape(report['reason'])}</p>" if report["reason"] else "",
        '<div class="figures">',
        *(f"<div>{escape(name)}<b>{escape(value)}</b>{escape(note)}</div>" for name, value, note in figures(report)),
        "</div>",
        "<h2>Time line</h2>",
        _timeline(report),
        *_list(f"What {report['target']} can do alone", report["findings"]),
        *_list("Refusals that an operator has overridden", report["overrides"]),
        *_list("Refusals", report["refusals"]),
        *_list("Notes", [{"name": _clock(note["at"]), **note} for note in report["notes"]]),
        f'<p class="soft">Journal: {report["journal"]["lines"]} lines, head'
        f" <code>{escape(report['journal']['head'])}</code></p>",
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def figures(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value, remark."""
    found = []
    for rto in report["rto"]:
        where = f", {rto['step'].removesuffix('_open')}" if rto["step"] != "open" else ""
        if rto["without_writes_seconds"] is not None:
            found.append((f"Without writes{where}", _seconds(rto["without_writes_seconds"]), "RTO, from the drain"))
        if rto["decision_to_writable_seconds"] is not None:
            found.append((f"Decision to writable{where}", _seconds(rto["decision_to_writable_seconds"]), "RTO"))
        found.append((f"Run to writable{where}", _seconds(rto["run_to_writable_seconds"]), "since the run was begun"))
    for rpo in report["rpo"]:
        lost = "?" if rpo["transactions"] is None else str(rpo["transactions"])
        found.append(("Transactions missing", lost + ("" if rpo["exact"] else " known"), f"RPO. {rpo['sentence']}"))
    if report["findings"]:
        well = sum(finding["seen"] for finding in report["findings"])
        found.append(("Findings", f"{well} of {len(report['findings'])}", "are as they should be"))
    found.append(("Whole run", _seconds(report["seconds"]), f"budget {report['budget_seconds']:g} s"))
    return found


def _timeline(report: Mapping[str, Any]) -> str:
    span = max(report["seconds"], 0.001)
    rows = []
    for step in report["steps"]:
        kind = step["outcome"] if step["outcome"] != "done" else "over" if step["over"] else "done"
        bar = ""
        if step["began"] is not None and step["seconds"] is not None:
            left = min(max((step["began"] - report["began"]) / span * 100, 0.0), 99.5)
            width = min(step["seconds"] / span * 100, 100 - left)
            bar = f'<i class="{kind}" style="left:{left:.2f}%;width:{width:.2f}%"></i>'
        took = "" if step["seconds"] is None else _seconds(step["seconds"])
        words = step["sentence"] or step["plan"]
        rows.append(
            f'<tr><td>{escape(step["name"])}<br><span class="{kind}">{escape(_word(step))}</span></td>'
            f'<td class="n">{took}</td><td class="n">{step["budget_seconds"]:g} s</td>'
            f'<td class="bar"><div class="track">{bar}</div></td><td>{escape(words)}</td></tr>'
        )
    head = '<tr><th>Step</th><th class="n">Took</th><th class="n">Budget</th><th>When</th><th>What</th></tr>'
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def _word(step: Mapping[str, Any]) -> str:
    return "done, over budget" if step["over"] and step["outcome"] == "done" else str(step["outcome"])


def _list(title: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """``seen``: of an entry that can be otherwise than it should be."""
    marks = ["" if entry.get("seen", True) else ' class="failed"' for entry in entries]
    items = "".join(
        f"<li><b{mark}>{escape(entry['name'])}</b>: {escape(entry['sentence'])}</li>"
        for mark, entry in zip(marks, entries, strict=True)
    )
    return [f"<h2>{escape(title)}</h2><ul>{items}</ul>"] if items else []


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.1f} min"
