"""Finds what one link of the trace has and its neighbour lacks, in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qaws.gherkin.trace import (
    FAULTS,
    PLANNED,
    PREFIX,
    SHEET,
    SOURCE_PLAN,
    SPECIFICATION,
    Trace,
    is_said,
    number_of,
)


def problems(trace: Trace) -> Iterator[str]:
    """Yield each link that one side has and the other lacks, one line each."""
    yield from _promise_problems(trace)
    yield from _demand_problems(trace)
    yield from _feature_problems(trace)
    yield from _fault_problems(trace)
    yield from _sheet_problems(trace)


def _promise_problems(trace: Trace) -> Iterator[str]:
    at = f"docs/{SOURCE_PLAN}"
    seen: set[str] = set()
    for promise in trace.promises:
        if not re.fullmatch(r"(P|SP)-\d\d", promise.id):
            yield f'{at}: the row "{promise.id}" needs an id of its own first, as SP-15'
        elif promise.id in seen:
            yield f"{at}: {promise.id} is the id of two rows"
        seen.add(promise.id)
        if not promise.of:
            yield f"{at}: {promise.id} names no test that holds it"
        for name in promise.of:
            if name not in trace.demands and name not in trace.criteria:
                yield f"{at}: {promise.id} names {name}, which docs/{SPECIFICATION} does not have"
    promised = {name for p in trace.promises if p.id.startswith("P-") for name in p.of}
    wanted = [*(f"{PREFIX}{number:03d}" for number in PLANNED), *trace.criteria]
    for name in wanted:
        if name not in promised:
            yield f"{at}: no row P-… promises {name}"


def _demand_problems(trace: Trace) -> Iterator[str]:
    at = f"docs/{SPECIFICATION}"
    for name, demand in trace.demands.items():
        if not demand.anchor:
            yield f'{at}: {name} has no anchor; write <a id="{name.lower()}"></a> above it'
        if demand.has_scenario and name not in trace.scenarios:
            yield f"{at}: {name} is stated, but no scenario in features/ has that id"
        if not demand.has_scenario and name in trace.scenarios:
            yield f"{at}: {name} has a scenario, but section 6 does not say so"
    beyond = {name for name in trace.scenarios if number_of(name) not in PLANNED}
    for name in sorted(beyond - trace.listed):
        yield f"{at}: {name} has scenarios, but the summary of what has some leaves it out"
    for name in sorted(trace.listed - beyond):
        yield f"{at}: the summary says that {name} has scenarios, but it has none"


def _feature_problems(trace: Trace) -> Iterator[str]:
    for name, mine in trace.scenarios.items():
        if name not in trace.demands:
            yield f"features/{mine.file}: {name} is not in docs/{SPECIFICATION}"
        for phrase, calls in mine.thens.items():
            if not calls:
                yield f'features/{mine.file}: {name}: nothing checks "{phrase}"'


def _fault_problems(trace: Trace) -> Iterator[str]:
    for name, mine in trace.scenarios.items():
        if not trace.faults.get(name):
            yield f"features/{mine.file}: no fault shows that {name} can fail (docs/{FAULTS})"
    for name in sorted(trace.faults.keys() - trace.scenarios.keys()):
        yield f"docs/{FAULTS}: faults of {name}, of which there is no scenario"


def _sheet_problems(trace: Trace) -> Iterator[str]:
    at = f"signoff/{SHEET}"
    tests = {each["id"]: each for each in trace.sheet["requirements"]}
    planned = {name for name in trace.demands if number_of(name) in PLANNED}
    for name in sorted(planned - tests.keys()):
        yield f"{at}: {name} has no line on the sheet"
    for name, each in tests.items():
        demand, mine = trace.demands.get(name), trace.scenarios.get(name)
        if name not in planned or demand is None:
            yield f"{at}: {name} is none of the plan's tests in docs/{SPECIFICATION}"
            continue
        if each["title"] != demand.title:
            yield f'{at}: {name} is "{each["title"]}"; docs/{SPECIFICATION} says "{demand.title}"'
        if mine and mine.kinds != {each["kind"]}:
            yield f"{at}: {name} is {each['kind']}; its scenarios: {', '.join(sorted(mine.kinds))}"
        if mine and sum(mine.rows.values()) < each.get("scenarios", 1):
            yield f"{at}: {name} wants {each['scenarios']} rows, features/{mine.file} has fewer"
    yield from _criteria_problems(trace)


def _criteria_problems(trace: Trace) -> Iterator[str]:
    at = f"signoff/{SHEET}"
    shown = [each.get("id", "") for each in trace.sheet["criteria"]]
    for name in trace.criteria:
        if shown.count(name) != 1:
            count = shown.count(name)
            yield f"{at}: {name} of docs/{SPECIFICATION} has {count} lines on the sheet, not one"
    for each in trace.sheet["criteria"]:
        if each.get("id") not in trace.criteria:
            yield f'{at}: the criterion "{each["name"]}" is not in docs/{SPECIFICATION}, section 4'
        for measure in each.get("measures", ()):
            name = measure.get("id")
            if name and name not in trace.scenarios:
                yield f'{at}: "{each["name"]}" is read from {name}, of which there is no scenario'
            if name and not is_said(measure["what"], trace.said):
                yield f'{at}: "{each["name"]}": no check says "{measure["what"]}"'
