"""From a promise to what shows it: source plan, specification, feature, step, check, fault, sheet.

This module reads what the pages and files say, each for itself; `trace_lint` finds what one of them
has and its neighbour lacks, `trace_page` makes docs/traceability.md.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline
from behave.parser import ParserError
from behave.step_registry import registry

from qaws.gherkin.feature_files import parse_file
from qaws.gherkin.tags import KINDS
from qaws.ids import test_id

SOURCE_PLAN, SPECIFICATION, FAULTS = "source-plan.md", "specification.md", "faults.md"
SHEET = "requirements.json"
PLANNED = range(1, 26)
"""Numbers of the tests that the source plan promises."""
PREFIX = "QA-WS-"


@dataclass(frozen=True, slots=True)
class Promise:
    """A row of docs/source-plan.md: what it promises, or where it contradicts itself.

    Attributes:
        id: "P-02" or "SP-05".
        of: ids of the tests, or of the criteria, that the row is about.
    """

    id: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """A test as docs/specification.md states it.

    Attributes:
        id: its QA-WS id.
        title: in the words of the specification.
        anchor: of the place that states it.
        has_scenario: whether the page says that there is one.
    """

    id: str
    title: str
    anchor: str
    has_scenario: bool = True


@dataclass(slots=True)
class Scenarios:
    """What the feature files have for one id.

    Attributes:
        file: the feature file's name.
        rows: title → how many rows.
        kinds: of integration, load, security, those that its scenarios bear.
        thens: the phrase of each Then → what it calls of `qaws.behaviours`.
    """

    file: str
    rows: dict[str, int] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    thens: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """All links of the chain, as each page or file has them.

    Attributes:
        promises: rows of the source plan.
        demands: tests of the specification, by id.
        criteria: acceptance criteria of the specification: id → words.
        listed: ids of section 6 of which the specification's summary says that they have scenarios.
        scenarios: what the features have, by id.
        faults: id → names of the faults that it must notice.
        sheet: what signoff/requirements.json says.
        said: patterns of all texts in `qaws.behaviours`, where the words of the checks are.
    """

    promises: tuple[Promise, ...]
    demands: Mapping[str, Demand]
    criteria: Mapping[str, str]
    listed: frozenset[str]
    scenarios: Mapping[str, Scenarios]
    faults: Mapping[str, tuple[str, ...]]
    sheet: Mapping[str, Any]
    said: tuple[str, ...]


def read(root: Path) -> Trace:
    """Read every link; the step definitions have been loaded before.

    Args:
        root: the folder that has docs, features, signoff and qaws.
    """
    docs = root / "docs"
    specification = (docs / SPECIFICATION).read_text(encoding="utf-8")
    return Trace(
        promises=promises_of((docs / SOURCE_PLAN).read_text(encoding="utf-8")),
        demands=demands_of(specification),
        criteria=criteria_of(specification),
        listed=listed_in(specification),
        scenarios=scenarios_of(root / "features"),
        faults=faults_of((docs / FAULTS).read_text(encoding="utf-8")),
        sheet=json.loads((root / "signoff" / SHEET).read_text(encoding="utf-8")),
        said=tuple(texts_in(root / "qaws" / "behaviours")),
    )


def texts_in(folder: Path) -> Iterator[str]:
    """Yield a pattern for each text in Python files; what is filled in may be anything."""
    for file in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.escape(node.value)


def is_said(words: str, said: Iterable[str]) -> bool:
    """Tell whether a check begins with these words, or could."""
    plain = re.escape(words)
    return any(
        not text.startswith(".+") and (text.startswith(plain) or re.fullmatch(text, words))
        for text in said
    )


def promises_of(page: str) -> tuple[Promise, ...]:
    """Return the rows of the source plan's tables; one without an id has an empty one."""
    rows = [_cells(line) for line in page.splitlines() if line.startswith("| ")]
    return tuple(
        Promise(cells[0], ids_in(cells[1]))
        for cells in rows
        if len(cells) > 2 and cells[0] != "id" and set(cells[0]) != {"-"}
    )


def ids_in(text: str) -> tuple[str, ...]:
    """Return the ids that "001, 002", "016 to 025" or "AC-01 to AC-11" stand for."""
    found: list[str] = []
    for prefix, first, last in re.findall(r"(AC-)?(\d+)(?: to (?:AC-)?(\d+))?", text):
        width = len(first)
        numbers = range(int(first), int(last or first) + 1)
        found += [f"{prefix or PREFIX}{number:0{width}d}" for number in numbers]
    return tuple(found)


def demands_of(page: str) -> dict[str, Demand]:
    """Return the tests that the specification states: in paragraphs, and in section 6's table."""
    anchors = set(re.findall(r'<a id="(qa-ws-\d+)">', page))
    found: dict[str, Demand] = {}
    for name, title in re.findall(r"^\*\*(QA-WS-\d+) (.+?)\.\*\*", page, re.MULTILINE):
        found[name] = Demand(name, title, name.lower() if name.lower() in anchors else "")
    for cells in map(_cells, page.splitlines()):
        if len(cells) == 3 and re.fullmatch(r"QA-WS-\d+", cells[0]):
            name, title, scenario = cells
            title = re.split(r"[:;] ", title)[0]
            anchor = name.lower() if name.lower() in anchors else "section-6"
            found[name] = Demand(name, title, anchor, scenario == "yes")
    return found


def criteria_of(page: str) -> dict[str, str]:
    """Return the acceptance criteria of the specification: id → words."""
    rows = map(_cells, page.splitlines())
    return {cells[0]: cells[1] for cells in rows if re.fullmatch(r"AC-\d+", cells[0])}


def listed_in(page: str) -> frozenset[str]:
    """Return the ids of section 6 that the specification's summary says have scenarios."""
    found = re.search(r"of section 6, ([^.]*)\.", page)
    return frozenset(ids_in(found[1].replace(PREFIX, "")) if found else ())


def faults_of(page: str) -> dict[str, tuple[str, ...]]:
    """Return id → names of the faults, as docs/faults.md lists them."""
    parts = re.split(r"^### (QA-WS-\d+) .*$", page, flags=re.MULTILINE)
    return {
        name: tuple(re.findall(r"^- `([\w-]+)`: ", body, re.MULTILINE))
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def scenarios_of(features: Path) -> dict[str, Scenarios]:
    """Return what the feature files have for each id."""
    calls = calls_of(features / "steps")
    found: dict[str, Scenarios] = {}
    for file in sorted(features.rglob("*.feature")):
        try:
            feature: Feature | None = parse_file(str(file))
        except ParserError:  # which the lint of features tells
            continue
        for scenario in feature.scenarios if feature else ():
            if name := test_id(scenario):
                mine = found.setdefault(name, Scenarios(file.name))
                _add(mine, scenario, calls)
    return dict(sorted(found.items()))


def _add(mine: Scenarios, scenario: Scenario, calls: Mapping[str, tuple[str, ...]]) -> None:
    rows = scenario.scenarios if isinstance(scenario, ScenarioOutline) else [scenario]
    mine.rows[scenario.name] = len(rows)
    mine.kinds |= {*KINDS} & {str(tag) for tag in scenario.effective_tags}
    for step in (step for row in rows for step in row.all_steps if step.step_type == "then"):
        if definition := registry.find_step_definition(step):
            mine.thens[definition.pattern] = calls.get(definition.pattern, ())


def calls_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the phrase of each Then → what its function calls, as "deliveries.has_each"."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.glob("*.py")):
        for function in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            calls = dict.fromkeys(
                f"{node.value.id}.{node.attr}"
                for node in ast.walk(function)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id != "context"
                and node.attr.islower()
            )
            for decorator in function.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Name(id="then"), args=[ast.Constant(value=str(phrase))]):
                        found[phrase] = tuple(calls)
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")] if "|" in line else [""]


def number_of(name: str) -> int:
    """Return the number of a QA-WS id."""
    return int(name.removeprefix(PREFIX))
