"""What the machine may excuse is judged last: a doubt about it must not hide what is wrong."""

import re
from pathlib import Path

import pytest
from behave.parser import parse_file

FEATURES = sorted((Path(__file__).parents[2] / "features").glob("*.feature"))
FIGURES = re.compile(
    r"\bp[\d.]+ \S+ latency\b|\b(private|peak) memory growth\b|\bbacklog was drained\b|were offered"
)
"""Sentences about figures that a busy machine, or a heap that is collected now and then, spoils."""

SCENARIOS = [each for file in FEATURES for each in parse_file(str(file)).walk_scenarios()]


def test_some_scenarios_have_such_figures():
    with_figures = [s for s in SCENARIOS if any(FIGURES.search(step.name) for step in s.steps)]
    assert len({scenario.name[:10] for scenario in with_figures}) >= 7


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_behind_a_figure_that_may_be_in_doubt_come_only_others_of_its_kind(scenario):
    are_figures = [bool(FIGURES.search(step.name)) for step in scenario.steps]
    assert are_figures == sorted(are_figures), scenario.name
