"""A shuffled order: the same for the same seed, and nothing is lost."""

from itertools import pairwise

import pytest
from behave.parser import parse_feature

from qaws.runner.order import seed_of, shuffle
from qaws.verdict import Broken

TEXT = """Feature: {name}
  Scenario: {name} a
    Given x
  Scenario Outline: {name} b
    Given <row>
    Examples:
      | row |
      | 1   |
      | 2   |
      | 3   |
  Scenario: {name} c
    Given x
"""


def features():
    parsed = [parse_feature(TEXT.format(name=name)) for name in ("F", "G", "H")]
    for number, feature in enumerate(parsed):
        for scenario in feature.walk_scenarios():
            scenario.place = (
                number,
                scenario.name,
                tuple(scenario._row.cells if scenario._row else ()),
            )
    return parsed


def order(seed):
    chosen = features()
    shuffle(chosen, seed)
    return [scenario.place for feature in chosen for scenario in feature.walk_scenarios()]


def test_one_seed_is_one_order():
    assert order(7) == order(7)
    assert len({tuple(order(seed)) for seed in range(20)}) > 15


def test_nothing_is_lost_and_a_feature_stays_together():
    plain = [s.place for feature in features() for s in feature.walk_scenarios()]
    for seed in range(10):
        shuffled = order(seed)
        assert sorted(shuffled) == sorted(plain)
        numbers = [number for number, *_ in shuffled]
        assert len([1 for a, b in pairwise(numbers) if a != b]) == 2


def test_rows_change_places_too():
    rows = {tuple(cells for _, _, cells in order(seed) if cells) for seed in range(20)}
    assert len(rows) > 5


@pytest.mark.parametrize("text", ["", "-1", "1.5", "seven", "٣"])
def test_a_seed_is_a_whole_number(text):
    assert seed_of("12") == 12
    with pytest.raises(Broken, match="must be a whole number"):
        seed_of(text)
