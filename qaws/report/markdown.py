"""The sign-off sheet in brief, as Markdown: for a pull request, and for the summary of a CI job.

It says what the sheet says, from the same data (`verdict.json`): the two verdicts, the acceptance
criteria, and what did not pass, by cause: scenarios with the same finding stand together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_ROWS = 60
"""So many causes of one verdict are told; a comment has a longest length."""
MOST_NAMES = 6
"""So many rows of one test are named where they have one cause."""
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
    lines += _edited(verdict.get("edits", []))
    causes = by_cause(verdict.get("unpassed", []))
    for word in _ORDER:
        lines += _unpassed(word, [cause for cause in causes if cause[0]["verdict"] == word])
    if missing := signoff.get("missing"):
        lines += ["", f"**Not covered by this run:** {shown(', '.join(missing))}"]
    return "\n".join(lines) + "\n"


def _edited(edits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what features say otherwise than planned; what is stricter stands last."""
    if not edits:
        return []
    ordered = sorted(edits, key=lambda edit: not edit["deviates"])
    told = ordered[:MOST_ROWS]
    rows = [(edit["at"], edit["words"].removeprefix(f"{edit['at']}: ")) for edit in told]
    more = len(edits) - len(told)
    left = ["", f"and {more} more, on the sheet"] if more else []
    return ["", "### Edited since it was planned", "", *_table(("Where", "What"), rows), *left]


def _measured(criterion: Mapping[str, Any]) -> str:
    parts = (criterion.get(each) for each in ("measured", "why", "source"))
    return "; ".join(part for part in parts if part) or "—"


def by_cause(unpassed: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return what did not pass in groups of one cause each, the gravest verdict first.

    Args:
        unpassed: that of `verdict.json`; without a `cause` a scenario stands by itself.
    """
    causes: dict[object, list[Mapping[str, Any]]] = {}
    for number, one in enumerate(unpassed):
        causes.setdefault(one.get("cause", number), []).append(one)
    return sorted(causes.values(), key=lambda cause: _ORDER.index(cause[0]["verdict"]))


def _unpassed(word: str, causes: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    if not causes:
        return []
    rows = [(concerned(cause), finding(cause)) for cause in causes[:MOST_ROWS]]
    more = sum(map(len, causes[MOST_ROWS:]))
    left = ["", f"and {more} more, in the report"] if more else []
    head = ["", f"### {word.capitalize()} ({sum(map(len, causes))})", ""]
    return [*head, *_table(("Scenario", "Reason"), rows), *left]


def finding(cause: Sequence[Mapping[str, Any]]) -> str:
    """Return the reason that scenarios of one cause share, or all of it where there is but one."""
    only = len(cause) == 1
    return str(cause[0]["reason"] if only else cause[0].get("finding", cause[0]["reason"]))


def concerned(cause: Sequence[Mapping[str, Any]]) -> str:
    """Return the names of the scenarios, and of their rows, that have one cause."""
    rows: dict[str, list[str]] = {}
    for one in cause:
        rows.setdefault(named({**one, "row": ""}), []).append(one["row"])
    return "; ".join(_some(name, each) for name, each in rows.items())


def _some(name: str, rows: Sequence[str]) -> str:
    rest = len(rows) - MOST_NAMES
    told = [row for row in rows[:MOST_NAMES] if row] + [f"and {rest} more"] * (rest > 0)
    return " · ".join([name, *told])


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
