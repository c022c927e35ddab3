"""A lint for feature files, and the step catalogue: `qaws lint [--write]`.

What it holds the features to: every scenario bears one id, which its title repeats and one feature
file owns; its description says where the demand comes from; tags keep the grammar; scenarios stay
short and in one Given/When/Then cycle, or two; no Then acts; every step is defined and every
definition is used; docs/steps.md lists them.
docs/target.schema.json has to know what a target file does, and docs/traceability.md which promise
is held by what: `trace_lint` finds what one page has and its neighbour lacks.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline, Step
from behave.parser import ParserError
from behave.step_registry import registry

from qaws import places
from qaws.gherkin import plan_command, row_lint, trace, trace_lint, trace_page
from qaws.gherkin.feature_files import UnreadableFile, parse_file
from qaws.gherkin.step_files import acting_thens, load, shown
from qaws.gherkin.tags import (
    CAPABILITIES,
    CLOSING_STEP,
    EXTRAS,
    KINDS,
    NEED,
    PRIORITIES,
    SEVERITIES,
)
from qaws.gherkin.types import TYPES
from qaws.gherkin.wording import problem_of
from qaws.ids import ID, ids_of, test_id
from qaws.protocol import rows
from qaws.sut.schema import schema_page
from qaws.verdict import Broken

DOCS = places.SUITE / "docs"
STEPS_ALLOWED = (3, 10)
BACKGROUND_STEPS = 2
SOURCES = (
    (range(1, 16), "Plan"),
    (range(16, 26), "Specification"),
    (range(101, 10_000), "Beyond the plan"),
)
"""Numbers of tests, and where what they demand comes from."""
EXIT_USAGE = 2
NOT_BUSINESS = re.compile(r"https?://|wss?://|[{}\[\]]|\bport \d|localhost|\bawait\b|\bjson\.")


def problems(features: Path, *, is_own: bool = False) -> Iterator[str]:
    """Yield what is wrong in the feature files of a folder, one line each, with file and line.

    Args:
        features: the folder; step definitions are in its `steps`.
        is_own: whether it is a team's: ids are the suite's, and further tags may be there.

    Raises:
        Broken: step definitions do not load; without their phrases everything would look wrong.
    """
    parsed, is_whole = [], True
    for file in sorted(features.rglob("*.feature")):
        try:
            parsed.append(parse_file(str(file)))
        except ParserError as problem:
            first, *rest = str(problem).splitlines()
            is_whole = False  # nobody knows which steps it uses
            said = " ".join([first, *rest])
            yield said if isinstance(problem, UnreadableFile) else f"{shown(file)}: {said}"
    load(features / "steps")
    used: set[Any] = set()
    owners: dict[str, tuple[str, str]] = {}
    titles: dict[str, str] = {}
    rows: dict[str, str] = {}
    for feature in filter(None, parsed):
        yield from _feature_problems(feature)
        for scenario in _scenarios(feature):
            if is_own:
                yield from _own_problems(scenario, feature.name, titles)
            else:
                yield from _identity_problems(scenario, owners, titles)
            yield from _row_collisions(scenario, rows)
            yield from _tag_problems(scenario, may_have_others=is_own)
            yield from _shape_problems(scenario)
            yield from _step_problems(scenario, used)
    yield from acting_thens(features / "steps")
    closing = Step("", 0, "Then", "then", CLOSING_STEP)
    used.add(_definition(closing))
    for definition in _definitions():
        if definition not in used and is_whole and _is_within(features, definition):
            yield f'{_where(definition)}: no scenario uses the step "{definition.pattern}"'


def catalogue() -> str:
    """Return docs/steps.md: every phrase that a scenario can use, with what it does."""
    lines = [
        "# Step catalogue",
        "",
        "Every phrase that a scenario can use. Words in *italics* are to be filled in; of "
        "(these / words) one",
        "is said, and [these / words] may be left out. This page is made by `make steps`, and "
        "`make check`",
        "compares it with the code.",
        "",
    ]
    for kind in ("given", "when", "then"):
        lines += [f"## {kind.capitalize()}", "", "| phrase | meaning |", "| --- | --- |"]
        for definition in registry.steps[kind]:
            phrase = re.sub(r"\{(\w+)(?::(\w+))?\}", _blank, definition.pattern)
            meaning = (definition.func.__doc__ or "").strip().partition("\n")[0]
            lines.append(f"| {phrase} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def _blank(found: re.Match[str]) -> str:
    name, kind = found.groups()
    return getattr(TYPES.get(kind), "shown", "") or f"*{name}*"


def _feature_problems(feature: Feature) -> Iterator[str]:
    at = shown(Path(feature.filename))
    if not feature.description:
        yield f"{at}: the feature has no description: say in two lines what it is for"
    if feature.background and len(feature.background.steps) > BACKGROUND_STEPS:
        yield f"{at}: the background has more than {BACKGROUND_STEPS} steps"
    if getattr(feature, "rules", None):
        yield f"{at}: Rule breaks the report; use a feature file of its own"


def _scenarios(feature: Feature) -> Iterator[Scenario]:
    """Yield scenarios and outlines, the latter once."""
    yield from feature.scenarios


def _identity_problems(
    scenario: Scenario, owners: dict[str, tuple[str, str]], titles: dict[str, str]
) -> Iterator[str]:
    """Judge id, title and description.

    Args:
        scenario: the scenario or outline.
        owners: id → where it was first seen, and in which file.
        titles: title → where it was first seen.
    """
    at = _at(scenario)
    ids = list(ids_of(scenario))
    if len(ids) != 1:
        yield f"{at}: needs exactly one tag of the form @QA-WS-006, has {len(ids)}"
        return
    if not scenario.name.startswith(f"{ids[0]} "):
        yield f'{at}: the title must begin with "{ids[0]} "'
    owner_at, file = owners.setdefault(ids[0], (at, scenario.filename))
    if file != scenario.filename:
        yield f"{at}: {ids[0]} is already the id of {owner_at}; an id belongs to one feature file"
    former_at = titles.setdefault(scenario.name, at)
    if former_at != at and file == scenario.filename:
        yield f"{at}: has the title of {former_at}; scenarios of one id differ in their titles"
    if isinstance(scenario, ScenarioOutline) and "<" in scenario.name:
        yield f"{at}: no <parameter> in an outline's title, or its history breaks"
    if not scenario.description:
        yield f'{at}: has no description: say what is demanded in lines that begin with ">"'
        return
    number = int(ids[0].rpartition("-")[2])
    source = next((source for numbers, source in SOURCES if number in numbers), "")
    if source and not scenario.description[0].startswith(f"> {source}:"):
        yield f'{at}: the description of {ids[0]} must begin with "> {source}:"'


def _own_problems(scenario: Scenario, feature: str, titles: dict[str, str]) -> Iterator[str]:
    """Judge what names a scenario of a team's own: nothing that is the suite's, or another's.

    Args:
        scenario: the scenario or outline.
        feature: the title of its feature.
        titles: title of feature and scenario → where they were first seen.
    """
    at = _at(scenario)
    if (former_at := titles.setdefault(f"{feature}: {scenario.name}", at)) != at:
        yield f"{at}: has the title of {former_at}; reports would take them for one, so change it"
    for name, place in ids_of(scenario).items():
        file, _, line = place.rpartition(":")
        yield (
            f"{shown(Path(file))}:{line}: @{name}: ids of this form are the suite's; a scenario of "
            "your own needs none"
        )
    if not scenario.description:
        yield f'{at}: has no description: say who demands it, as in "> Team: …"'


def _row_collisions(scenario: Scenario, rows: dict[str, str]) -> Iterator[str]:
    """Find rows of one id that nothing tells apart: reports know a result by its id and its row.

    Args:
        scenario: the scenario, which counts as one row without cells, or outline.
        rows: id and cells → where they were first seen.
    """
    sid = test_id(scenario)
    for row in scenario.scenarios if isinstance(scenario, ScenarioOutline) else [scenario]:
        cells = sorted(row._row.items()) if row._row else []
        at = _at(row)
        if sid and (former_at := rows.setdefault(f"{sid} {cells}", at)) != at:
            yield (
                f"{at}: {sid} has the same row as {former_at}; where scenarios share an id, one at "
                "most is without rows, and headings or cells of the others differ"
            )


def _tag_problems(scenario: Scenario, *, may_have_others: bool) -> Iterator[str]:
    """Judge the tags of a scenario; of an outline, those that the rows of each table bear."""
    own = list(scenario.effective_tags)
    tables = scenario.examples if isinstance(scenario, ScenarioOutline) else []
    rows = [[*own, *table.tags] for table in tables] or [own]
    at = _at(scenario)
    yield from dict.fromkeys(x for tags in rows for x in _row_problems(at, tags, may_have_others))


def _row_problems(at: str, tags: list[str], may_have_others: bool) -> Iterator[str]:
    for tag in tags:
        need = tag.removeprefix(NEED) if tag.startswith(NEED) else None
        known = (*PRIORITIES, *SEVERITIES, *KINDS, *EXTRAS)
        if need is not None and need not in CAPABILITIES:
            yield f"{at}: @{tag}: known needs are {', '.join(CAPABILITIES)}"
        elif need is None and not (may_have_others or tag in known or ID.match(tag)):
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
    problems: dict[str, str] = {}
    for row in rows:
        for step in row.all_steps:
            definition = _definition(step)
            used.add(definition)
            place = f"{shown(Path(row.filename))}:{step.line}"
            if problem := problem_of(step, registry):
                problems.setdefault(problem, place)
    for problem, place in problems.items():
        yield f"{place}: {problem}"


def _definition(step: Step) -> Any:
    return registry.find_step_definition(step)


def _definitions() -> Iterator[Any]:
    for kind in ("given", "when", "then"):
        yield from registry.steps[kind]


def _where(definition: Any) -> str:
    return f"{shown(Path(definition.location.filename))}:{definition.location.line}"


def _is_within(folder: Path, definition: Any) -> bool:
    return Path(definition.location.filename).resolve().is_relative_to(folder.resolve())


def _at(scenario: Scenario) -> str:
    return f"{shown(Path(scenario.filename))}:{scenario.line}"


def main(arguments: list[str]) -> int:
    """Lint features and rows; with --write also write the pages that show steps, rows and keys.

    In a team's own repository its features and rows are meant; the pages are the suite's.
    """
    if own := places.own_features():
        found = _each_once(_until_broken(_of_own(own)))
        if "--write" in arguments:
            print("nothing to write: docs/steps.md, docs/rows.md and others are of the suite alone")
    elif places.IS_INSTALLED:
        print(
            f"BROKEN: {places.OWN_STEPS} is not there, so this folder is no team's; go to one that "
            'is, or make it one by "qaws init NAME"',
            file=sys.stderr,
        )
        return EXIT_USAGE
    else:
        found = _each_once(_until_broken(_of_the_suite(write="--write" in arguments)))
    for problem in found:
        print(problem)
    phrases = sum(1 for _ in _definitions())
    print(f"features: {len(found)} problems, {phrases} phrases")
    return 1 if found else 0


def _each_once(lines: Iterator[str]) -> list[str]:
    """Leave out what is told again: what is wrong with a row is so wherever that is named, too."""
    told = [*dict.fromkeys(lines)]
    return [line for line in told if not any(line.endswith(f": {each}") for each in told)]


def _until_broken(lines: Iterator[str]) -> Iterator[str]:
    try:
        yield from lines
    except Broken as problem:
        yield str(problem)


def _of_the_suite(*, write: bool) -> Iterator[str]:
    yield from problems(places.FEATURES)
    yield from row_lint.problems(places.FEATURES)
    yield from plan_command.differences(places.FEATURES)
    links = trace.read(places.SUITE)
    yield from trace_lint.problems(links)
    yield from _pages(links, write=write)


def _of_own(own: Path) -> Iterator[str]:
    try:
        rows.use(own / "data")
    except Broken as problem:
        yield str(problem)
        return
    yield from problems(own, is_own=True)
    yield from row_lint.problems(places.FEATURES, own)


def _pages(links: trace.Trace, *, write: bool) -> Iterator[str]:
    """Write the pages that are made from code and data, or yield which are not what those say."""
    for name, make, source in (
        ("steps.md", catalogue, "the step definitions say"),
        ("rows.md", row_lint.page, "features/data has"),
        ("target.schema.json", schema_page, "the sections of a target file are"),
        ("traceability.md", partial(trace_page.page, links), "the pages that it follows say"),
    ):
        page = DOCS / name
        try:
            text = make()
        except Broken:  # which the lint of rows has told
            continue
        if write:
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            yield f"docs/{name}: is not what {source}; run make steps"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
