"""The sign-off sheet in brief, as Markdown: for a pull request, and for the summary of a CI job.

It says what the sheet says, from the same data (`verdict.json`): the two verdicts, the acceptance
criteria, and each scenario that did not pass, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_ROWS = 60
"""So many scenarios of one verdict are told each by itself; a comment has a longest length."""
LONGEST_REASON = 400

_BLANKS = re.compile(r"[ \t\r\n\xa0\u2000-\u200a\u202f\u205f\u3000]+")
_ORDER = ("FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED")


def summary(verdict: Mapping[str, Any]) -> str:
    """Return the sheet in brief.

    Args:
        verdict: the content of `verdict.json`.
    """
    run, signoff = verdict["run"], verdict["signoff"]
    version = verdict.get("version") and f"version {verdict['version']}"
    facts = [verdict.get("target"), version, verdict.get("started"), verdict.get("suite")]
    lines = [
        f"## {shown(run['verdict'])}: {run['passed']} of {run['total']} scenarios passed",
        "",
        " · ".join(shown(fact) for fact in facts if fact),
        "",
        f"**Run: {shown(run['verdict'])}.** {shown(run['reason'])}",
        "",
        f"**Sign-off: {shown(signoff['verdict'])}.** {shown(signoff['reason'])}",
        "",
        "### Acceptance criteria",
        "",
        *_table(
            ("Criterion", "Bound", "Measured", "Verdict"),
            ((c["name"], c["bound"], _measured(c), c["verdict"]) for c in verdict["criteria"]),
        ),
    ]
    unpassed = verdict.get("unpassed", [])
    for word in _ORDER:
        lines += _unpassed(word, [one for one in unpassed if one["verdict"] == word])
    if missing := signoff.get("missing"):
        lines += ["", f"**Not covered by this run:** {shown(', '.join(missing))}"]
    return "\n".join(lines) + "\n"


def _measured(criterion: Mapping[str, Any]) -> str:
    parts = (criterion.get(each) for each in ("measured", "why", "source"))
    return "; ".join(part for part in parts if part) or "—"


def _unpassed(word: str, scenarios: Sequence[Mapping[str, Any]]) -> list[str]:
    if not scenarios:
        return []
    rows = [(named(one), one["reason"]) for one in scenarios[:MOST_ROWS]]
    more = len(scenarios) - len(rows)
    left = ["", f"and {more} more, in the report"] if more else []
    head = ["", f"### {word.capitalize()} ({len(scenarios)})", ""]
    return [*head, *_table(("Scenario", "Reason"), rows), *left]


def named(scenario: Mapping[str, Any]) -> str:
    """Return what a scenario, or a row of an outline, is called, with its id."""
    title = str(scenario["title"])
    named = title if str(scenario["id"] or "") in title else f"{scenario['id']} {title}"
    return f"{named} · {scenario['row']}" if scenario["row"] else named


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([shown(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def on_one_line(text: object, longest: int) -> str:
    """Return a text on one line, cut to a length; what cannot be seen is spelled out."""
    line = _BLANKS.sub(" ", str(text)).strip(" ")
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def shown(text: object) -> str:
    """Return a text on one line in which nothing is taken for Markdown, HTML or a control.

    What a service says comes through here: it neither ends the table nor becomes a link, a picture
    or a mention. Characters that cannot be seen are spelled out.
    """
    line = (
        on_one_line(text, LONGEST_REASON)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
    return re.sub(r"([\\`*_{}\[\]#|~@!])", r"\\\1", line)
