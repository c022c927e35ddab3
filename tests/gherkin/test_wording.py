"""What a step that the suite does not understand was meant to say."""

from pathlib import Path

import pytest
from behave.model import Step
from behave.parser import parse_feature

from qaws.gherkin.wording import problem_of, require_understood
from qaws.verdict import Broken

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("kind", "sentence", "said"),
    [
        ("given", "Alice is connected and subscribed to NIFTY", ""),
        ("then", "Alice receives that tick exactly once, within 200ms", ""),
        (
            "given",
            "Alice is connekted and subscribed to NIFTY",
            'no phrase fits "Alice is connekted and subscribed to NIFTY"; the nearest is '
            '"<clients> is/are connected and subscribed to <selection>"',
        ),
        (
            "then",
            "Alice receives that tick exactly once, within 200 msecs",
            '"200 msecs" is not understood there; write a duration, as in "200 ms"',
        ),
        ("when", "Alice is connected", "it fits behind Given, and stands behind When"),
        ("given", "alice is connected", '"alice" is not understood there; write names, as in "Al'),
        (
            "given",
            "Alice is connected and subscribed to nifty",
            '"nifty" is not understood there; write "NIFTY", "NIFTY and BANKNIFTY"',
        ),
        (
            "given",
            "Alice is connected and subscribed to NIFTYY",
            '"NIFTYY": did you mean "NIFTY"? known',
        ),
        ("when", "half of them ping every 1 second", "groups of clients have numbers: say"),
        ("given", "10 other clients are connected", "groups of clients have numbers: say"),
        ("when", "clients 1 to 5 subscribe to NIFTY and BANKNIFTY", ""),
        ("when", "Alice and Bob unsubscribe from NIFTY", ""),
        ("then", "client 1 is connected", ""),
        ("given", "Alice and Alice are connected", '"Alice and Alice" names Alice twice'),
        (
            "then",
            "Alice has received no prices",
            '"prices" is not understood there; write welcome, tick, option tick',
        ),
        (
            "then",
            'Alice is refused with HTTP 401, or closed with code 1008 and a reason containing "no"',
            'is not understood there; write "HTTP 401 or 403", or "HTTP 401, or closed with 1008',
        ),
        ("given", "x", "docs/steps.md lists the phrases"),
    ],
)
def test_a_step_is_told_what_it_was_meant_to_say(registry, kind, sentence, said):
    found = problem_of(Step("", 0, kind.capitalize(), kind, sentence), registry)
    assert said in found
    assert bool(found) == bool(said)
    assert "\n" not in found


STORY = """
Feature: F
  Scenario Outline: S
    Given Alice is connected and subscribed to <what>
    When the moon rises
    Then Alice is connected

    Examples:
      | what |
      | NIFTY |
      | nifty |
"""


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (0, 'a.feature:5, with the row in line 10: no phrase fits "the moon rises"'),
        (1, "a.feature:4, with the row in line 11: no phrase fits"),
    ],
)
def test_a_scenario_is_read_to_its_end_before_anything_is_done(registry, row, said):
    feature = parse_feature(STORY, filename="a.feature")
    scenario = list(feature.walk_scenarios())[row]
    with pytest.raises(Broken) as problem:
        require_understood(scenario, registry)
    assert str(problem.value).startswith(said)
