"""Finds what verifies nothing: outlines without rows, scenarios without steps or a Then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from behave.model import Feature, ScenarioOutline

from qaws.gherkin.matching import Place, is_selected
from qaws.gherkin.plan import ids_of, shown
from qaws.gherkin.selection import Selection


def hollow(features: Iterable[Feature], selection: Selection | None = None) -> Iterator[str]:
    """Yield what a selection has that verifies nothing, one line each, with file and line.

    An outline without rows, an emptied table, no steps, no Then, and tags that are written as one.
    """
    chosen = selection or Selection()
    for feature in features:
        yield from _glued_tags(feature.filename, feature.tags)
        for item in feature.scenarios:
            place = Place(item, feature)
            yield from _glued_tags(item.filename, item.tags)
            tables = item.examples if isinstance(item, ScenarioOutline) else []
            for table in tables:
                yield from _glued_tags(item.filename, table.tags)
            if not is_selected(place, chosen):
                continue
            what = (ids_of(item) or [f'"{item.name}"'])[0]
            if isinstance(item, ScenarioOutline) and chosen.is_whole(item, feature):
                if not tables:
                    yield f"{place.at()}: the outline {what} has no Examples, and so no rows"
                for table in tables:
                    tags = [*item.effective_tags, *table.tags]
                    if not (table.table and table.table.rows) and chosen.by_tags(tags):
                        yield f"{place.at(table.line)}: these Examples of {what} have no rows"
            if not item.steps:
                yield f"{place.at()}: {what} has no steps: it verifies nothing"
            elif not any(step.step_type == "then" for step in item.steps):
                yield f"{place.at()}: {what} has no Then: it cannot fail"
            for step in item.steps:
                if step.table is not None and not step.table.rows:
                    yield f'{place.at(step.line)}: the table below "{step.name}" has no rows'


def _glued_tags(filename: str, tags: Iterable[Any]) -> Iterator[str]:
    for tag in tags:
        if "@" in tag:
            apart = " ".join(f"@{part}" for part in tag.split("@"))
            yield f'{shown(Path(filename))}:{tag.line}: @{tag} is one tag; write "{apart}"'
