"""The matrix, fault by scenario: faults.json for programs, faults.html to read and to print.

faults.svg shows it at one glance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from faults.catalogue import CAPABILITIES
from faults.fault import Fault
from faults.proof.judgement import Mark
from faults.proof.picture import picture

SIGNS = {
    Mark.CAUGHT: "●",
    Mark.QUIET: "·",
    Mark.MISSED: "○",
    Mark.WRONG_WORDS: "≠",
    Mark.BROKEN: "✗",
    Mark.SPURIOUS: "!",
    Mark.INCONCLUSIVE: "?",
    Mark.NOT_RUN: "–",
}
"""A mark is told by sign and word, never by colour alone."""

LEGEND = {
    Mark.CAUGHT: "the scenario failed, and said why in the declared words",
    Mark.QUIET: "the scenario has nothing to do with the fault, and passed",
    Mark.MISSED: "the scenario should have failed, and passed",
    Mark.WRONG_WORDS: "the scenario failed, but for another reason or in other words",
    Mark.BROKEN: "the scenario should have failed, but could not be run to a verdict",
    Mark.SPURIOUS: "the scenario should have passed, and did not",
    Mark.INCONCLUSIVE: "the machine was too busy for a verdict",
    Mark.NOT_RUN: "the run ended before the scenario",
}

STYLE = """
:root { --ink: #1a1d21; --soft: #667; --line: #d8dbe0; --good: #dcefe1; --bad: #f6d5d2; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); margin: 2rem auto;
  max-width: 84rem; padding: 0 1rem;  background: #fff; }
h1 { font-size: 1.5rem; margin: 0; }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .3rem 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: .25rem .4rem; vertical-align: top; }
thead th { font-weight: 600; text-align: center; background: #f3f4f6; }
tbody th { text-align: left; font-weight: 400; min-width: 20rem; }
tbody th b { display: block; font-family: ui-monospace, monospace; font-size: .85rem; }
tbody.capability th { background: #f3f4f6; font-weight: 600; }
td { text-align: center; min-width: 3.4rem; }
thead th + th { width: 4.6rem; }
.key span { margin-right: 1rem; white-space: nowrap; }
td span { display: block; font-size: 1.1rem; line-height: 1.1; }
td small { font-size: .68rem; }
td.good { background: var(--good); } td.bad { background: var(--bad); font-weight: 700; }
td.quiet, td.off { color: var(--soft); }
td[title] { cursor: help; }
details summary { cursor: pointer; color: var(--soft); font-size: .8rem; }
details p { margin: .2rem 0 .2rem 1rem; font-size: .85rem; overflow-wrap: anywhere; }
dl { columns: 2; font-size: .85rem; } dt { font-weight: 600; } dd { margin: 0 0 .3rem 1rem; }
@media print {
  @page { size: A4 landscape; margin: 10mm; }
  body { margin: 0; max-width: none; font-size: 9px; } td { min-width: 0; }
  table { width: 99.5%; } thead { display: table-header-group; } tr { break-inside: avoid; }
  td.good, td.bad, th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  td.bad { outline: 2px solid var(--ink); } details { display: none; }
  thead th + th { width: auto; }
}
"""


def write_matrix(folder: Path, matrix: Mapping[str, Any]) -> None:
    """Write faults.json, faults.html and faults.svg into `folder`.

    Args:
        folder: the reports.
        matrix: what `Proof.as_dict` returns.
    """
    text = json.dumps(matrix, indent=1, ensure_ascii=False)
    (folder / "faults.json").write_text(text + "\n", encoding="utf-8")
    (folder / "faults.html").write_text(page(matrix), encoding="utf-8")
    (folder / "faults.svg").write_text(picture(matrix, SIGNS), encoding="utf-8")


def capability_of(fault: Fault) -> str:
    """Return the capability that a fault breaks."""
    module = fault.apply.__module__.rpartition(".")[2]
    return next(name for name, each in CAPABILITIES.items() if each == module)


def page(matrix: Mapping[str, Any]) -> str:
    """Return the matrix as one self-contained page."""
    ids = list(matrix["scenarios"])
    heads = "".join(
        f'<th scope="col" title="{escape(title)}">{escape(test_id.removeprefix("QA-WS-"))}</th>'
        for test_id, title in matrix["scenarios"].items()
    )
    body, capability = [], ""
    for fault in matrix["faults"]:
        if fault["capability"] != capability:
            capability = fault["capability"]
            body.append(
                f'<tbody class="capability"><tr><th scope="colgroup" colspan="{len(ids) + 1}">'
                f"{escape(capability.capitalize())}</th></tr></tbody>"
            )
        body.append(_row(fault, ids))
    legend = "".join(
        f"<dt>{sign} {mark}</dt><dd>{escape(LEGEND[mark])}</dd>" for mark, sign in SIGNS.items()
    )
    key = "".join(f"<span>{sign} {mark}</span>" for mark, sign in SIGNS.items())
    scenarios = "".join(f"<li>{escape(title)}</li>" for title in matrix["scenarios"].values())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Faults: is every verdict earned?</title>
<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>
<h1>Is every verdict earned?</h1>
<p>The service was broken on purpose, one way at a time: {escape(matrix["terms"])}.
A scenario that should notice must fail, for the right reason; all others must pass.</p>
<p class="verdict">{escape(matrix["summary"])}</p>
<p>{escape(matrix["ended"])} · {matrix["seconds"]:.0f} s</p>
<p class="key">{key}</p>
<table><thead><tr><th scope="col">Fault, in words of production</th>{heads}</tr></thead>
{"".join(body)}</table>
<h2>Legend</h2><dl>{legend}<dt>(empty)</dt><dd>the scenario was not asked</dd></dl>
<h2>Scenarios</h2><ul>{scenarios}</ul>
</body></html>
"""


def _row(fault: Mapping[str, Any], ids: list[str]) -> str:
    marks = fault["scenarios"]
    cells = "".join(_cell(marks.get(test_id)) for test_id in ids)
    said = "".join(
        f"<p><b>{test_id} {escape(mark['mark'])}</b>: {escape(mark['sentence'])}</p>"
        for test_id, mark in marks.items()
        if mark["sentence"]
    )
    problem = f"<p><b>{escape(fault['problem'])}</b></p>" if fault["problem"] else ""
    return (
        f'<tbody><tr><th scope="row"><b>{escape(fault["name"])}</b>{escape(fault["story"])}'
        f"{problem}<details><summary>what the verdicts said</summary>{said}</details></th>"
        f"{cells}</tr></tbody>\n"
    )


def _cell(judged: Mapping[str, str] | None) -> str:
    if judged is None:
        return '<td class="off"></td>'
    mark = Mark(judged["mark"])
    kind = {Mark.CAUGHT: "good", Mark.QUIET: "quiet"}.get(mark, "bad")
    hover = f' title="{escape(judged["sentence"])}"' if judged["sentence"] else ""
    return f'<td class="{kind}"{hover}><span>{SIGNS[mark]}</span><small>{mark}</small></td>'
