"""behave's runner, but for the order of what shares an id: what tells most comes first.

Once a row has said what a fault declares, what else has its id is left out. So of an outline's rows
one that the declared words are about goes first, and one that takes long goes last; and so does a
scenario that takes long among those of its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from behave import runner
from behave.model import Feature, Scenario, ScenarioOutline

from faults.proof.scope import ID

SECONDS = Path("seconds.json")
"""Where a run leaves how long its scenarios took, in its own folder."""


class Runner(runner.Runner):  # type: ignore[misc]
    """Orders the rows, and leaves how long each took."""

    words: Collection[str] = ()
    """What verdicts are expected to say."""
    slow: Collection[str] = ()
    """Places of the rows that take long."""
    preload: Callable[[], None] = staticmethod(lambda: None)
    """What the suite offers to those who fork runs of it: it makes what is the same for all."""

    def run_model(self, features: Any = None) -> bool:
        """Run the features; return whether something failed."""
        type(self).preload = self.hooks.get("preload", type(self).preload)
        for feature in self.features:
            self._order(feature)
        try:
            failed: bool = super().run_model(features)
        finally:
            ran = [s for f in self.features for s in f.walk_scenarios() if s.duration]
            seconds = {place(scenario): round(scenario.duration, 3) for scenario in ran}
            SECONDS.write_text(json.dumps(seconds), encoding="utf-8")
        return failed

    def _order(self, feature: Feature) -> None:
        """Order the rows of each outline, and what shares an id; equal ones stay in order."""
        for outline in feature.scenarios:
            if isinstance(outline, ScenarioOutline):
                outline.scenarios.sort(key=self._rank)
        ids = [id_of(item) for item in feature.run_items]
        ranks = {id(item): min(map(self._rank, rows_of(item))) for item in feature.run_items}
        feature.run_items.sort(key=lambda item: (ids.index(id_of(item)), ranks[id(item)]))

    def _rank(self, row: Scenario) -> tuple[bool, bool]:
        """Return what rows and scenarios are sorted by."""
        return not is_about(row._row.cells if row._row else (), self.words), (
            place(row) in self.slow
        )


def rows_of(item: Scenario | ScenarioOutline) -> list[Scenario]:
    """Return the rows of an outline; a scenario is its own only one."""
    return list(item.scenarios) if isinstance(item, ScenarioOutline) else [item]


def id_of(item: Scenario | ScenarioOutline) -> str:
    """Return the QA-WS id, or the title of what has none."""
    return next((str(tag) for tag in item.tags if tag.startswith(ID)), str(item.name))


def place(scenario: Scenario) -> str:
    """Return where a scenario or a row stands, as "name.feature:12"."""
    return f"{Path(scenario.filename).name}:{scenario.line}"


def is_about(cells: Iterable[str], words: Iterable[str]) -> bool:
    """Tell whether two words that stand together in `words` stand together in a cell too."""
    pairs = {f" {' '.join(two)} " for text in words for two in pairwise(text.split())}
    return any(pair in f" {cell} " for cell in cells for pair in pairs)
