"""Finds what verifies nothing: outlines without rows, scenarios without steps or a Then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline

from qaws.gherkin.matching import Place, is_selected
from qaws.gherkin.plan import shown
from qaws.gherkin.selection import Selection
from qaws.ids import test_id


def without_checks(features: Iterable[Feature], selection: Selection) -> Iterator[str]:
    """Yield the scenarios of a selection that cannot fail, one line each, with file and line.

    Tags that are written as one are among them: what they select does not run at all.
    """
    for feature in features:
        yield from _glued_tags(feature.filename, feature.tags)
        for item in feature.scenarios:
            yield from _glued_tags(item.filename, item.tags)
            for table in item.examples if isinstance(item, ScenarioOutline) else []:
                yield from _glued_tags(item.filename, table.tags)
            place = Place(item, feature)
            if not is_selected(place, selection):
                continue
            if not item.steps:
                yield f"{place.at()}: {_called(item)} has no steps: it verifies nothing"
            elif not any(step.step_type == "then" for step in item.steps):
                yield f"{place.at()}: {_called(item)} has no Then: it cannot fail"


def without_rows(features: Iterable[Feature], selection: Selection) -> Iterator[str]:
    """Yield the tables of a selection that have no rows, one line each, with file and line."""
    for feature in features:
        for item in feature.scenarios:
            place = Place(item, feature)
            if not is_selected(place, selection):
                continue
            if isinstance(item, ScenarioOutline) and selection.is_whole(item, feature):
                if not item.examples:
                    yield f"{place.at()}: the outline {_called(item)} has no Examples"
                for table in item.examples:
                    tags = [*item.effective_tags, *table.tags]
                    if not (table.table and table.table.rows) and selection.by_tags(tags):
                        what = f"these Examples of {_called(item)} have no rows"
                        yield f"{place.at(table.line)}: {what}"
            for step in item.steps:
                if step.table is not None and not step.table.rows:
                    yield f'{place.at(step.line)}: the table below "{step.name}" has no rows'


def _called(item: Scenario) -> str:
    return test_id(item) or f'"{item.name}"'


def _glued_tags(filename: str, tags: Iterable[Any]) -> Iterator[str]:
    for tag in tags:
        if "@" in tag:
            apart = " ".join(f"@{part}" for part in tag.split("@"))
            yield f'{shown(Path(filename))}:{tag.line}: @{tag} is one tag; write "{apart}"'
