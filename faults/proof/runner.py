"""behave's runner, but for what it has at hand and for the order of what shares an id.

Hooks, phrases and features are the same in all runs: they are read once, where the runs are forked.

What tells most comes first.

Once a row has said what a fault declares, what else has its id is left out. So of what shares an id
a row that the declared words are about goes first; then what has most in common with what is told
of the fault; then what takes long goes last. Only the order depends on that: whatever was expected
to fail and is not shown by the first row is asked of all the others.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from behave import runner
from behave.formatter._registry import make_formatters
from behave.model import Feature, Scenario, ScenarioOutline
from behave.runner_util import parse_features
from behave.step_registry import StepRegistry, registry

from faults.proof.scope import ID

SECONDS = Path("seconds.json")
"""Where a run leaves how long its scenarios took, in its own folder."""


STEM = 5
"""Words whose first letters are these are taken for one: "algorithm" and "algorithms"."""

JOINTS = frozenset(
    (
        *("a", "an", "and", "any", "are", "as", "at", "be", "by", "each", "every", "for", "from"),
        *("has", "have", "in", "is", "it", "its", "no", "nobody", "not", "of", "on", "one", "or"),
        *("so", "that", "the", "them", "to", "two", "which", "who", "whom", "whose", "with"),
        "without",
    )
)
"""Words that hold a sentence together and tell nothing."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process has read that forks runs.

    Attributes:
        hooks: those of environment.py, by name.
        phrases: what the step files define.
        features: file → what it says, its outlines filled in; nothing of it has run.
    """

    hooks: dict[str, Any]
    phrases: StepRegistry
    features: dict[str, Feature]


class Runner(runner.Runner):  # type: ignore[misc]
    """Orders the rows, and leaves how long each took."""

    loaded: Loaded | None = None
    """What has been read beforehand; None: read it."""

    words: Collection[str] = ()
    """What verdicts are expected to say."""
    slow: Collection[str] = ()
    """Places of the rows that take long."""
    told: str = ""
    """What is told of the fault: its name and its story."""
    preload: Callable[[], None] = staticmethod(lambda: None)
    """What the suite offers to those who fork runs of it: it makes what is the same for all."""

    def run_with_paths(self) -> bool:
        """Read hooks, phrases and features where they are not at hand, and run the features."""
        if self.loaded is None:
            return bool(super().run_with_paths())
        self.context = runner.Context(self)
        self.hooks, self.step_registry = self.loaded.hooks, self.loaded.phrases
        self.features += [self.loaded.features[file] for file in self._files()]
        self.formatters = make_formatters(self.config, self.config.outputs)
        return self.run_model()

    def _files(self) -> list[str]:
        """Return the feature files that are asked for."""
        return [os.path.abspath(location.filename) for location in self.feature_locations()]

    def keep(self) -> None:
        """Have the runs that are forked from now on find at hand what this one has read.

        What behave knows of phrases is forgotten: it would take the same ones for ambiguous.
        """
        files = self._files()
        # behave notes places as seen from the folder that it is in; each run has another.
        with patch("behave.model_core.make_relpath_if_possible", lambda file, _: file):
            features = dict(zip(files, parse_features(files), strict=True))
            for feature in features.values():
                list(feature.walk_scenarios())  # fills in the outlines
        phrases = StepRegistry()
        phrases.steps = registry.steps
        registry.clear()
        type(self).loaded = Loaded(self.hooks, phrases, features)

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
        ids = [id_of(item) for item in feature.run_items]
        ranks: dict[int, tuple[bool, float, bool]] = {}
        for test_id in dict.fromkeys(ids):
            items = [item for item in feature.run_items if id_of(item) == test_id]
            ranks |= self._ranks([row for item in items for row in rows_of(item)])
        for outline in feature.scenarios:
            if isinstance(outline, ScenarioOutline):
                outline.scenarios.sort(key=lambda row: ranks[id(row)])
        first = {
            id(item): min(ranks[id(row)] for row in rows_of(item)) for item in feature.run_items
        }
        feature.run_items.sort(key=lambda item: (ids.index(id_of(item)), first[id(item)]))

    def _ranks(self, rows: Sequence[Scenario]) -> dict[int, tuple[bool, float, bool]]:
        """Return what rows and scenarios of an id are sorted by; what takes long counts half."""
        texts = [" ".join([row.name, *_cells(row)]) for row in rows]
        told = " ".join([self.told, *self.words])
        ranks = {}
        for row, like in zip(rows, likeness(texts, told), strict=True):
            is_slow = place(row) in self.slow
            about = is_about(_cells(row), self.words)
            ranks[id(row)] = (not about, -like / 2 if is_slow else -like, is_slow)
        return ranks


def rows_of(item: Scenario | ScenarioOutline) -> list[Scenario]:
    """Return the rows of an outline; a scenario is its own only one."""
    return list(item.scenarios) if isinstance(item, ScenarioOutline) else [item]


def id_of(item: Scenario | ScenarioOutline) -> str:
    """Return the QA-WS id, or the title of what has none."""
    return next((str(tag) for tag in item.tags if tag.startswith(ID)), str(item.name))


def place(scenario: Scenario) -> str:
    """Return where a scenario or a row stands, as "name.feature:12"."""
    return f"{Path(scenario.filename).name}:{scenario.line}"


def _cells(row: Scenario) -> Sequence[str]:
    return row._row.cells if row._row else ()


def likeness(texts: Sequence[str], told: str) -> list[float]:
    """Return how much each text has in common with what is told.

    A word counts the more the fewer texts have it; words that begin alike are one.
    """
    have = [_stems(text) for text in texts]
    common = Counter(stem for stems in have for stem in stems)
    looked_for = _stems(told)
    return [sum(1 / common[stem] for stem in stems & looked_for) for stems in have]


def _stems(text: str) -> set[str]:
    """Return the beginnings of the words of a text that tell something."""
    words = set(re.findall(r"[a-z0-9]{2,}", text.lower())) - JOINTS
    return {word[:STEM] for word in words}


def is_about(cells: Iterable[str], words: Iterable[str]) -> bool:
    """Tell whether two words that stand together in `words` stand together in a cell too."""
    pairs = {f" {' '.join(two)} " for text in words for two in pairwise(text.split())}
    return any(pair in f" {cell} " for cell in cells for pair in pairs)
