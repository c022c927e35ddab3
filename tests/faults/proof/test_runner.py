"""The order of an outline's rows, and of scenarios that share an id."""

import pytest
from behave.parser import parse_feature

from faults.proof.runner import Runner, is_about, likeness, place

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


def test_a_word_that_few_texts_have_counts_more_and_the_end_of_a_word_nothing():
    texts = ["a token without an issuer", "a token for another audience", "a token"]
    shares = likeness(texts, "Audiences of tokens are compared in part")
    assert shares == pytest.approx([1 / 3, 1 + 1 / 3, 1 / 3])
    assert likeness(texts, "") == [0, 0, 0]


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
      | alone    |
      | so it is |

  @QA-WS-002
  Scenario: other
    Given it

  @QA-WS-001
  Scenario: short
    Given it
"""


@pytest.mark.parametrize(
    ("words", "told", "slow", "order"),
    [
        ((), "", (), [4, 13, 14, 21, 17]),
        ((), "", ("f.feature:4",), [13, 14, 21, 4, 17]),
        (("it so it is",), "", (), [14, 13, 4, 21, 17]),
        ((), "shortly-gone", (), [21, 4, 13, 14, 17]),
        ((), "Alone so.", (), [13, 14, 4, 21, 17]),
        ((), "Alone so long.", ("f.feature:13",), [4, 13, 14, 21, 17]),
        (("it so it is",), "shortly-gone", (), [14, 13, 21, 4, 17]),
    ],
)
def test_what_tells_most_comes_first_among_what_shares_an_id(words, told, slow, order):
    feature = parse_feature(SHARED, filename="f.feature")
    runner = Runner.__new__(Runner)
    runner.words, runner.told, runner.slow = words, told, slow
    runner._order(feature)
    lines = [int(place(row).partition(":")[2]) for row in feature.walk_scenarios()]
    assert lines == order
