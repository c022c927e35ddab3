"""The order of an outline's rows, and of scenarios that share an id."""

import pytest
from behave.parser import parse_feature

from faults.proof.runner import Runner, is_about, place

FLOODS = "floods of 1,000 messages per second"


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("response to floods of 1,000 messages per second", True),
        ("a flood of messages", False),
        ("second", False),
        ("", False),
    ],
)
def test_a_row_is_about_what_is_expected_when_two_neighbouring_words_are(words, about):
    assert is_about(["7", FLOODS], [words]) is about


def test_a_row_without_cells_is_about_nothing():
    assert not is_about([], ["floods of"])


SHARED = """
Feature: F
  @QA-WS-001
  Scenario: long
    Given it

  @QA-WS-001
  Scenario Outline: rows
    Given <it>

    Examples:
      | it       |
      | one      |
      | so it is |

  @QA-WS-002
  Scenario: other
    Given it

  @QA-WS-001
  Scenario: short
    Given it
"""


@pytest.mark.parametrize(
    ("words", "slow", "order"),
    [
        ((), (), [4, 13, 14, 21, 17]),
        ((), ("f.feature:4",), [13, 14, 21, 4, 17]),
        (("it so it is",), (), [14, 13, 4, 21, 17]),
    ],
)
def test_what_tells_most_comes_first_among_what_shares_an_id(words, slow, order):
    feature = parse_feature(SHARED, filename="f.feature")
    runner = Runner.__new__(Runner)
    runner.words, runner.slow = words, slow
    runner._order(feature)
    lines = [int(place(row).partition(":")[2]) for row in feature.walk_scenarios()]
    assert lines == order
