"""The matrix at one glance: an SVG for pages that cannot hold a table; marks are told by shape."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from html import escape
from typing import Any

from faults.proof.judgement import Mark

LEFT, COLUMN, ROW, TOP, FOOT = 290, 24, 13, 64, 34
"""Where the columns begin, their width, the height of rows, of the head, and of the key, in px."""
CHARACTER = 5.7
"""How wide a character of the heading is, in px: enough for any usual font."""

STYLE = """
text { font: 10px ui-monospace, Menlo, Consolas, monospace; fill: #1a1d21 }
.head { font: 600 10px system-ui, sans-serif } .soft { fill: #667 }
.title { font: 600 13px system-ui, sans-serif }
.quiet { stroke: #8a92a0; stroke-width: 2.4; stroke-linecap: round; fill: none }
.caught { stroke: #14663a; stroke-width: 9.5; stroke-linecap: round; fill: none }
.rule { stroke: #d8dbe0; fill: none } .bad { fill: #fff; stroke: #b3261e; stroke-width: 1.6 }
.sign { font: 700 10px system-ui, sans-serif; fill: #b3261e; text-anchor: middle }
.middle { text-anchor: middle }
"""


def picture(matrix: Mapping[str, Any], signs: Mapping[Mark, str]) -> str:
    """Return the matrix as an SVG document.

    Args:
        matrix: what `Proof.as_dict` returns.
        signs: how a mark is told that is neither caught nor quiet.
    """
    ids = list(matrix["scenarios"])
    parts, capability, y = [], "", TOP
    for fault in matrix["faults"]:
        if fault["capability"] != capability:
            capability = fault["capability"]
            y += ROW + 5
            parts.append(_text(8, y - 3, capability.capitalize(), "head"))
            parts.append(f'<path class="rule" d="M8 {y}H{LEFT + COLUMN * len(ids)}"/>')
        y += ROW
        parts.append(_row(fault, ids, y, signs))
    title = f"Faults: {matrix['summary']}"
    width = max(LEFT + COLUMN * len(ids) + 12, round(len(title) * CHARACTER * 1.3) + 16)
    height = y + FOOT
    heads = "".join(
        _text(_x(place), TOP - 4, test_id.rpartition("-")[2], "head middle")
        for place, test_id in enumerate(ids)
    )
    key = _key(height - 12, matrix, signs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{_text(8, 22, title, 'title')}"
        f"{_text(8, 40, 'one row per fault, one column per scenario (QA-WS-…)', 'soft')}"
        f"{heads}{''.join(parts)}{key}</svg>\n"
    )


def _row(fault: Mapping[str, Any], ids: list[str], y: int, signs: Mapping[Mark, str]) -> str:
    """Draw one fault: its dots as two paths, so that a large matrix stays small."""
    line = y - 4
    places: dict[Mark, list[int]] = {}
    for place, test_id in enumerate(ids):
        if judged := fault["scenarios"].get(test_id):
            places.setdefault(Mark(judged["mark"]), []).append(_x(place))
    drawn = [_text(16, y, fault["name"], "")]
    for mark, xs in places.items():
        if mark.is_good:
            steps = (after - x for x, after in itertools.pairwise(xs))
            dots = f"M{xs[0]} {line}h0" + "".join(f"m{step} 0h0" for step in steps)
            drawn.append(f'<path class="{mark}" d="{dots}"/>')
        else:
            drawn += [_bad(x, line, signs[mark]) for x in xs]
    return "".join(drawn) + "\n"


def _key(y: int, matrix: Mapping[str, Any], signs: Mapping[Mark, str]) -> str:
    """Explain the marks that occur."""
    seen = {Mark(each["mark"]) for f in matrix["faults"] for each in f["scenarios"].values()}
    x, drawn = 14, []
    for mark in Mark:
        if mark not in seen | {Mark.CAUGHT, Mark.QUIET}:
            continue
        if mark.is_good:
            drawn.append(f'<path class="{mark}" d="M{x} {y - 4}h0"/>')
        else:
            drawn.append(_bad(x, y - 4, signs[mark]))
        word = {Mark.CAUGHT: "caught, in the declared words", Mark.QUIET: "quiet, as it should be"}
        told = word.get(mark, str(mark))
        drawn.append(_text(x + 9, y, told, ""))
        x += 9 + round(len(told) * 6.1) + 22
    return "".join([*drawn, _text(x - 6, y, "empty: not asked", "soft")])


def _bad(x: int, y: int, sign: str) -> str:
    box = f'<rect class="bad" x="{x - 6}" y="{y - 6}" width="12" height="12"/>'
    return box + _text(x, y + 4, sign, "sign")


def _text(x: int, y: int, words: str, kind: str) -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{shown}>{escape(words)}</text>'


def _x(place: int) -> int:
    return LEFT + COLUMN * place + COLUMN // 2
