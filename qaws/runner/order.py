"""A shuffled order of a run: features, their scenarios, and the rows of each outline.

A scenario that needs its predecessor passes in the order of the files, and fails in another.
"""

from __future__ import annotations

from random import Random
from typing import Any

from behave.model import Feature, ScenarioOutline

from qaws.verdict import Broken


def seed_of(text: str) -> int:
    """Return the seed that `-D order=…` names.

    Raises:
        Broken: it is no whole number.
    """
    if not text.isascii() or not text.isdigit():
        raise Broken(f"-D order={text}: must be a whole number, the seed of a shuffled order")
    return int(text)


def shuffle(features: list[Feature], seed: int) -> None:
    """Shuffle in place; one seed gives one order for one set of feature files.

    A feature's scenarios stay together: behave runs feature by feature.
    """
    random = Random(seed)
    random.shuffle(features)
    for feature in features:
        _shuffle_within(feature, random)


def _shuffle_within(feature: Any, random: Random) -> None:
    random.shuffle(feature.run_items)
    for item in feature.run_items:
        if isinstance(item, ScenarioOutline):
            random.shuffle(item.scenarios)
