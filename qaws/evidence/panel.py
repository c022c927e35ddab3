"""The panel at the head of a scenario: what was checked, and the picture of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from qaws.verdict import Check

MARKS = {"met": "✔ met", "not met": "✘ not met", "inconclusive": "? inconclusive"}
TINTS = {"met": "#e7f6ec", "not met": "#fde8e8", "inconclusive": "#fff4d6"}


def panel(plan: Sequence[str], checks: Sequence[Check], svg: str) -> str:
    """Return the panel as HTML without scripts or links, the picture inside as a data URI.

    Args:
        plan: the scenario's description in the feature file, line by line.
        checks: what was checked.
        svg: the sequence diagram.
    """
    words = " ".join(line.strip().removeprefix(">").strip() for line in plan)
    picture = b64encode(svg.encode()).decode()
    return (
        f"<p>{escape(words)}</p>{_table(checks)}"
        f'<p><img alt="What went over the wire, step by step" style="max-width:100%" '
        f'src="data:image/svg+xml;base64,{picture}"></p>'
        "<p>Times count from the scenario's begin; a tick's delay counts from when it was due. The "
        "transcript of every connection is attached to the scenario.</p>"
    )


def _table(checks: Sequence[Check]) -> str:
    if not checks:
        return "<p>Nothing was checked: the scenario ended before its first check.</p>"
    look = (
        "border:1px solid #cbd5e1;padding:4px 8px;vertical-align:top;text-align:left;"
        "white-space:normal;overflow-wrap:anywhere"
    )
    cell = f'style="{look}"'
    columns = {"Checked": 34, "Measured": 30, "Allowed": 24, "": 12}
    head = "".join(f'<th style="{look};width:{w}%">{name}</th>' for name, w in columns.items())
    rows = "".join(
        f'<tr style="background:{TINTS[check.verdict]}"><td {cell}>{escape(check.what)}</td>'
        f"<td {cell}><b>{escape(check.measured)}</b></td><td {cell}>{escape(check.allowed)}</td>"
        f"<td {cell}>{MARKS[check.verdict]}</td></tr>"
        for check in checks
    )
    return (
        '<table style="border-collapse:collapse;table-layout:fixed;width:100%;'
        'font-size:13px;color:#0f172a">'
        f"<tr>{head}</tr>{rows}</table>"
    )
