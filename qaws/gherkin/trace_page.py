"""Makes docs/traceability.md: every promise, and through which links it is held."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from qaws.gherkin.tags import CLOSING_STEP
from qaws.gherkin.trace import PREFIX, Demand, Scenarios, Trace


def page(trace: Trace) -> str:
    """Return docs/traceability.md: every promise, and through which links it is held."""
    lines = [
        "# Traceability",
        "",
        "From each promise to what shows it: [the source plan](source-plan.md), "
        "[the specification](specification.md), feature,",
        "step, check, [fault](faults.md), and the line of the sign-off sheet. This page is made by "
        "`make steps`;",
        "`make check` fails where one link has an id or a row that its neighbour lacks.",
        "",
        "A *check* is a function of `qaws/behaviours/`: what it measured stands under the id in "
        "`checks.jsonl`, in the report, and",
        "on the sheet. Besides its own checks, each scenario ends with:",
        f"*{CLOSING_STEP}*.",
        "",
        "## From the source plan",
        "",
        "| row | held by |",
        "| --- | --- |",
        *(f"| {promise.id} | {_links(promise.of)} |" for promise in trace.promises),
        "",
        "## Acceptance criteria",
        "",
        "| criterion | on the sheet as | measured by |",
        "| --- | --- | --- |",
        *_criteria_lines(trace),
        "",
        "## Tests",
        "",
    ]
    for name, demand in sorted(trace.demands.items()):
        if name in trace.scenarios:
            lines += _test_lines(trace, demand, trace.scenarios[name])
    return "\n".join(lines)


def _criteria_lines(trace: Trace) -> Iterator[str]:
    for each in trace.sheet["criteria"]:
        measures = each.get("measures", ())
        by = list(dict.fromkeys(m["id"] for m in measures if m.get("id")))
        if kind := each.get("kind"):
            by = [one["id"] for one in trace.sheet["requirements"] if one["kind"] == kind]
        source = _links(by) or {"coverage": "`make coverage`", "repeat": "`make repeat`"}.get(
            each.get("from", ""), "signed by hand"
        )
        name = each.get("id", "")
        yield f"| {name} {trace.criteria.get(name, '')} | {each['name']} | {source} |"


def _test_lines(trace: Trace, demand: Demand, mine: Scenarios) -> list[str]:
    promised = [each.id for each in trace.promises if demand.id in each.of]
    tests = {each["id"]: each["section"] for each in trace.sheet["requirements"]}
    titles = [
        f"{title.removeprefix(demand.id).strip()} ({rows} rows)"
        if rows > 1
        else title.removeprefix(demand.id).strip()
        for title, rows in mine.rows.items()
    ]
    faults = ", ".join(f"`{each}`" for each in trace.faults.get(demand.id, ()))
    return [
        f'<a id="{demand.id.lower()}"></a>',
        "",
        f"### {demand.id} {demand.title}",
        "",
        f"- source plan: {', '.join(promised) or 'beyond it'}",
        f"- specification: [{demand.anchor}](specification.md#{demand.anchor})",
        f"- feature: `features/{mine.file}`: {'; '.join(titles)}",
        "- steps and checks:",
        *(
            f"  - Then {_plain(phrase)}: {', '.join(f'`{call}`' for call in calls)}"
            for phrase, calls in sorted(mine.thens.items())
        ),
        f"- faults: {faults}",
        f"- sheet: {tests.get(demand.id, trace.sheet['beyond'])}",
        "",
    ]


def _links(names: Iterable[str]) -> str:
    """Return ids as links to their tests below; criteria stand in the table."""
    return ", ".join(
        f"[{name.removeprefix(PREFIX)}](#{name.lower()})" if name.startswith(PREFIX) else name
        for name in names
    )


def _plain(phrase: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", r"*\1*", phrase)
