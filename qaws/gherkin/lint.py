"""A lint for feature files, and the step catalogue: `qaws lint [--write]`.

What it holds the features to: every scenario bears one id of its own, which its title repeats; tags
keep the grammar; scenarios stay short and in one Given/When/Then cycle; every step is defined and
every definition is used; docs/steps.md lists them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from behave import register_type
from behave.model import Feature, Scenario, ScenarioOutline, Step
from behave.parser import ParserError, parse_file
from behave.runner_util import load_step_modules
from behave.step_registry import registry

from qaws.gherkin import plan_command
from qaws.gherkin.tags import (
    CAPABILITIES,
    CLOSING_STEP,
    EXTRAS,
    KINDS,
    NEED,
    PRIORITIES,
    SEVERITIES,
    TEST_ID,
)
from qaws.gherkin.types import TYPES

ROOT = Path(__file__).resolve().parents[2]
STEPS_ALLOWED = (3, 10)
BACKGROUND_STEPS = 2
NOT_BUSINESS = re.compile(r"https?://|wss?://|[{}\[\]]|\bport \d|localhost|\bawait\b|\bjson\.")


def problems(features: Path) -> Iterator[str]:
    """Yield what is wrong in the feature files of a folder, one line each, with file and line.

    Args:
        features: the folder; step definitions are in its `steps`.
    """
    parsed = []
    for file in sorted(features.rglob("*.feature")):
        try:
            parsed.append(parse_file(str(file)))
        except ParserError as problem:
            first, *rest = str(problem).splitlines()
            yield f"{_shown(file)}: {' '.join([first, *rest])}"
    register_type(**TYPES)
    load_step_modules([str(features / "steps")])
    used: set[Any] = set()
    seen: dict[str, str] = {}
    for feature in filter(None, parsed):
        yield from _feature_problems(feature)
        for scenario in _scenarios(feature):
            yield from _identity_problems(scenario, seen)
            yield from _tag_problems(scenario)
            yield from _shape_problems(scenario)
            yield from _step_problems(scenario, used)
    closing = Step("", 0, "Then", "then", CLOSING_STEP)
    used.add(_definition(closing))
    for definition in _definitions():
        if definition not in used:
            yield f'{_where(definition)}: no scenario uses the step "{definition.pattern}"'


def catalogue() -> str:
    """Return docs/steps.md: every phrase that a scenario can use, with what it does."""
    lines = [
        "# Step catalogue",
        "",
        "Every phrase that a scenario can use. Words in *italics* are to be filled in; of "
        "(these / words) one",
        "is said, and [these / words] may be left out. This page is made by `make steps`, and the "
        "tests",
        "compare it with the code.",
        "",
    ]
    for kind in ("given", "when", "then"):
        lines += [f"## {kind.capitalize()}", "", "| phrase | meaning |", "| --- | --- |"]
        for definition in registry.steps[kind]:
            phrase = re.sub(r"\{(\w+)(?::(\w+))?\}", _blank, definition.pattern)
            meaning = (definition.func.__doc__ or "").strip().splitlines()[0]
            lines.append(f"| {phrase} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def _blank(found: re.Match[str]) -> str:
    name, kind = found.groups()
    return getattr(TYPES.get(kind), "shown", "") or f"*{name}*"


def _feature_problems(feature: Feature) -> Iterator[str]:
    at = _shown(Path(feature.filename))
    if not feature.description:
        yield f"{at}: the feature has no description: say in two lines what it is for"
    if feature.background and len(feature.background.steps) > BACKGROUND_STEPS:
        yield f"{at}: the background has more than {BACKGROUND_STEPS} steps"
    if getattr(feature, "rules", None):
        yield f"{at}: Rule breaks the report; use a feature file of its own"


def _scenarios(feature: Feature) -> Iterator[Scenario]:
    """Yield scenarios and outlines, the latter once."""
    yield from feature.scenarios


def _identity_problems(scenario: Scenario, seen: dict[str, str]) -> Iterator[str]:
    at = _at(scenario)
    ids = [tag for tag in scenario.tags if TEST_ID.match(tag)]
    if len(ids) != 1:
        yield f"{at}: needs exactly one tag of the form @QA-WS-006, has {len(ids)}"
        return
    if not scenario.name.startswith(f"{ids[0]} "):
        yield f'{at}: the title must begin with "{ids[0]} "'
    if ids[0] in seen:
        yield f"{at}: {ids[0]} is already the id of {seen[ids[0]]}; every scenario has its own"
    seen.setdefault(ids[0], at)
    if isinstance(scenario, ScenarioOutline) and "<" in scenario.name:
        yield f"{at}: no <parameter> in an outline's title, or its history breaks"
    if not scenario.description:
        yield f'{at}: has no description: quote the plan in lines that begin with ">"'


def _tag_problems(scenario: Scenario) -> Iterator[str]:
    """Judge the tags of a scenario; of an outline, those that the rows of each table bear."""
    own = list(scenario.effective_tags)
    tables = scenario.examples if isinstance(scenario, ScenarioOutline) else []
    rows = [[*own, *table.tags] for table in tables] or [own]
    yield from dict.fromkeys(found for tags in rows for found in _row_problems(_at(scenario), tags))


def _row_problems(at: str, tags: list[str]) -> Iterator[str]:
    for tag in tags:
        need = tag.removeprefix(NEED) if tag.startswith(NEED) else None
        known = (*PRIORITIES, *SEVERITIES, *KINDS, *EXTRAS)
        if need is not None and need not in CAPABILITIES:
            yield f"{at}: @{tag}: known needs are {', '.join(CAPABILITIES)}"
        elif need is None and tag not in known and not TEST_ID.match(tag):
            yield f"{at}: @{tag}: known tags are {', '.join(known)}"
    counts = Counter(tags)
    for name, group in (("kind", KINDS), ("severity", SEVERITIES)):
        if sum(counts[tag] for tag in group) != 1:
            yield f"{at}: needs one {name} of {', '.join(group)}"
    priorities = sum(counts[tag] for tag in PRIORITIES)
    if "wip" in counts and priorities:
        yield f"{at}: @wip carries no priority"
    elif "wip" not in counts and priorities != 1:
        yield f"{at}: needs one priority of {', '.join(PRIORITIES)}"


def _shape_problems(scenario: Scenario) -> Iterator[str]:
    at = _at(scenario)
    steps = [*scenario.background_steps, *scenario.steps]
    low, high = STEPS_ALLOWED
    if not low <= len(steps) <= high:
        yield f"{at}: has {len(steps)} steps; {low} to {high} are allowed"
    order = {"given": 0, "when": 1, "then": 2}
    kinds = [order[step.step_type] for step in steps if step.step_type in order]
    again = [place for place, kind in enumerate(kinds[1:], 1) if kind < kinds[place - 1]]
    if any(kinds[place] != 1 or kinds[place - 1] != 2 for place in again):
        yield f"{at}: goes back to Given, or from When; the order is Given, When, Then"
    if len(again) > 1:
        yield f"{at}: goes back from Then to When {len(again)} times; once is allowed"
    if kinds and kinds[-1] != 2:
        yield f"{at}: ends without a Then: what its last When does is verified by nothing"
    if 2 not in kinds:
        yield f"{at}: has no Then: it cannot fail"
    for step in steps:
        if NOT_BUSINESS.search(step.name):
            yield f'{at}: "{step.name}" is not business language'


def _step_problems(scenario: Scenario, used: set[Any]) -> Iterator[str]:
    rows = scenario.scenarios if isinstance(scenario, ScenarioOutline) else [scenario]
    if not rows:
        yield f"{_at(scenario)}: the outline has no rows"
    undefined: dict[str, str] = {}
    for row in rows:
        for step in row.all_steps:
            definition = _definition(step)
            used.add(definition)
            place = f"{_shown(Path(row.filename))}:{step.line}"
            if definition is None:
                undefined.setdefault(step.name, place)
            elif problem := getattr(definition.match(step.name), "stored_error", None):
                yield f"{place}: {problem}"
    for name, place in undefined.items():
        yield f'{place}: no step definition for "{name}"; docs/steps.md lists the phrases'


def _definition(step: Step) -> Any:
    return registry.find_step_definition(step)


def _definitions() -> Iterator[Any]:
    for kind in ("given", "when", "then"):
        yield from registry.steps[kind]


def _where(definition: Any) -> str:
    return f"{_shown(Path(definition.location.filename))}:{definition.location.line}"


def _at(scenario: Scenario) -> str:
    return f"{_shown(Path(scenario.filename))}:{scenario.line}"


def _shown(path: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main(arguments: list[str]) -> int:
    """Lint the features; with --write also write the step catalogue."""
    found = [*problems(ROOT / "features"), *plan_command.differences(ROOT / "features")]
    page = ROOT / "docs" / "steps.md"
    if "--write" in arguments:
        page.write_text(catalogue(), encoding="utf-8")
    elif not page.exists() or page.read_text(encoding="utf-8") != catalogue():
        found.append("docs/steps.md: is not what the step definitions say; run make steps")
    for problem in found:
        print(problem)
    phrases = sum(1 for _ in _definitions())
    print(f"features: {len(found)} problems, {phrases} phrases")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
