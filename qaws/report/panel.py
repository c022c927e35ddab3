"""The panel at the head of a scenario: what was checked, and the picture of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape as escape_html

from qaws.verdict import Check, readable

EDITED = "Edited:"
"""Begins a line of a description that tells what was planned otherwise."""
MARKS = {"met": "✔ met", "not met": "✘ not met", "inconclusive": "? inconclusive"}
TINTS = {"met": "#e7f6ec", "not met": "#fde8e8", "inconclusive": "#fff4d6"}


def panel(
    plan: Sequence[str],
    checks: Sequence[Check],
    figures: Sequence[tuple[str, str]],
    pictures: Sequence[tuple[str, str]],
) -> str:
    """Return the panel as HTML without scripts or links, the pictures inside as data URIs.

    Args:
        plan: the scenario's description in the feature file, line by line.
        checks: what was checked.
        figures: name and value of further figures that were measured.
        pictures: caption and SVG document of each picture, in order.
    """
    lines = [line.strip().removeprefix(">").strip() for line in plan]
    words = " ".join(line for line in lines if not line.startswith(EDITED))
    edited = "".join(f"<p><b>{escape(line)}</b></p>" for line in lines if line.startswith(EDITED))
    return (
        f"<p>{escape(words)}</p>{edited}{_table(checks)}{_figures(figures)}"
        + "".join(_picture(caption, svg) for caption, svg in pictures)
        + "<p>A delay counts from when the tick was due, other times from the scenario's begin.</p>"
    )


def escape(text: str) -> str:
    """Return text for the page, with what nobody could see spelled out."""
    return escape_html(readable(text))


def _picture(caption: str, svg: str) -> str:
    data = b64encode(svg.encode()).decode()
    return (
        f'<p style="margin-bottom:0"><b>{escape(caption)}</b></p><p><img alt="{escape(caption)}" '
        f'style="max-width:100%" src="data:image/svg+xml;base64,{data}"></p>'
    )


def _figures(figures: Sequence[tuple[str, str]]) -> str:
    if not figures:
        return ""
    return "<p>" + " · ".join(f"{escape(k)} <b>{escape(v)}</b>" for k, v in figures) + "</p>"


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
